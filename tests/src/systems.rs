//! Networks of every family on machines of their own: small ones native, trained ones in Verilator.

use crate::counts::compare;
use crate::verilog;
use cosim::pipeline::machine::converse;
use cosim::reference::machine::MachineReference;
use cosim::verilated::Toolchain;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::simulation::Simulation;
use hdl::language::simulator::NativeSimulation;
use weights::config::Design;
use weights::network::Network;

/// Small machines of different shapes.
pub fn design(seed: u64) -> Design {
    let mut design = Design::spiking();
    let (lanes, slots, planes, elements) =
        [(8, 8, 8, 4), (8, 16, 8, 8), (16, 8, 8, 2), (4, 4, 8, 4)][(seed % 4) as usize];
    (design.array.lanes, design.array.slots) = (lanes, slots);
    (design.array.planes, design.machine.elements) = (planes, elements);
    design.machine.context = 16;
    design
}

/// Runs a text through the machine, native: a prompt, then tokens of its own or the class; every write and
/// every cycle is compared.
///
/// # Panics
/// If the network does not lower, or the machine is not its reference.
pub fn runs(network: &Network, design: &Design, prompt: &[u32], length: usize) -> Program {
    runs_on(NativeSimulation::new, network, design, (prompt, length))
}

/// The same in Verilator.
///
/// # Panics
/// As [`runs`], or if there is no Verilator.
pub fn runs_verilated(
    network: &Network,
    design: &Design,
    prompt: &[u32],
    length: usize,
) -> Program {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let simulate = |checked: &Checked| {
        let model = verilog::verilate(&toolchain, checked, &verilog::sources(checked));
        model.unwrap_or_else(|error| panic!("{}: {error}", network.name))
    };
    runs_on(simulate, network, design, (prompt, length))
}

fn runs_on<S: Simulation>(
    simulate: impl Fn(&Checked) -> S,
    network: &Network,
    design: &Design,
    (prompt, length): (&[u32], usize),
) -> Program {
    let name = format!("{} of {} steps", network.name, network.steps);
    let program = lower(network, design).unwrap_or_else(|error| panic!("{name}: {error}"));
    let image = MachineImage::new(&program).unwrap_or_else(|error| panic!("{name}: {error}"));
    let module = Machine::observed(&program).module();
    let checked = check(&module).unwrap_or_else(|error| panic!("{name}: {error}"));
    let reference = MachineReference::new(&program);
    let talk = converse(simulate(&checked), &image, reference, prompt, length, |_| ());
    assert!(talk.failure.is_none(), "{name}: {}", talk.failure.unwrap());
    let cycles = compare(&name, &program, &talk);
    let busy: u64 = talk.tokens.iter().map(|token| u64::from(token.counters.array_cycles)).sum();
    println!(
        "{name}: {} writes equal, {cycles} cycles as predicted, array busy in {busy}",
        talk.compared_writes()
    );
    program.orders.iter().for_each(|order| println!("  {order}"));
    program
}

/// Ids of a text.
pub fn ids(network: &Network, seed: u64, length: usize) -> Vec<u32> {
    let id = |at: usize| ((at as u64 * 7919 + seed * 31 + 13) % network.vocabulary as u64) as u32;
    (0..length.min(network.context)).map(id).collect()
}
