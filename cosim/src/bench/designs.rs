//! What is measured, and what each must reach.

use hdl::blocks::array::accumulator_array::AccumulatorArray;
use hdl::blocks::array::base3_decoder::base3_decoder;
use hdl::blocks::array::lane::Lane;
use hdl::blocks::array::ternary_dot::TernaryDot;
use hdl::blocks::vector::gif_neuron::GifNeuron;
use hdl::language::builder::Builder;
use hdl::language::check::check;
use hdl::language::module::Module;
use hdl::language::simulation::{Direction, Port};
use std::sync::Arc;
use weights::config::Target;
use weights::neuron::{Leak, NeuronRule, presets};
use weights::numeric::Radix;

use super::BenchError;
use super::verdict::{Limit, Quantity};

/// Membrane, threshold and current of the measured neuron, in bits.
const NEURON_WIDTH: u32 = 12;

/// A design whose area and clock are measured out of context.
pub(crate) struct Subject {
    /// What the table calls it.
    pub(crate) what: String,
    /// The top that is synthesised.
    pub(crate) top: Arc<Module>,
    /// Synapses, times planes, that it evaluates in a cycle; none if it is no array.
    pub(crate) synapses: Option<u32>,
    /// What it must reach.
    pub(crate) targets: Vec<(Quantity, Limit)>,
    /// The least that is possible, or that anyone is known to reach.
    pub(crate) bound: &'static str,
}

impl Subject {
    /// Whether every fabric has what it is made of.
    pub(crate) fn is_portable(&self) -> bool {
        !self.what.ends_with(form(Target::Ecp5))
    }
}

/// Everything that is measured, in the order of the table.
pub(crate) fn subjects() -> Vec<Subject> {
    let sizes = [Target::Portable, Target::Ecp5]
        .map(|target| [128, 64, 16].map(|slots| dot(slots, target)));
    let mut subjects: Vec<Subject> = sizes.into_iter().flatten().collect();
    subjects.extend(decoders());
    subjects.push(neuron("gif_neuron 12 bits, u - u/8", Leak::Decay(3)));
    subjects.push(neuron("gif_neuron 12 bits, u/8", Leak::Shift(3)));
    subjects.extend(arrays());
    subjects
}

fn dot(slots: u32, target: Target) -> Subject {
    let targets = match (slots, target) {
        (128, Target::Portable) => vec![
            (Quantity::CellsPerSynapse, Limit::AtMost(5.2)),
            (Quantity::Megahertz, Limit::AtLeast(150.0)),
        ],
        (128, Target::Ecp5) => vec![
            (Quantity::CellsPerSynapse, Limit::AtMost(4.2)),
            (Quantity::Megahertz, Limit::AtLeast(250.0)),
        ],
        _ => vec![],
    };
    Subject {
        what: format!("ternary_dot {slots} slots, {}", form(target)),
        top: registered(&TernaryDot { slots, target }.module(), false),
        synapses: Some(slots),
        targets,
        bound: "1.33 a synapse by its four inputs; elsewhere 4.09 at best, CUTIE 6.0",
    }
}

/// What the table calls a target.
fn form(target: Target) -> &'static str {
    match target {
        Target::Portable => "portable",
        Target::Ecp5 => "ecp5",
    }
}

fn decoders() -> [Subject; 2] {
    let decoder = base3_decoder();
    let bound = "10: two bits a trit, a cell a bit; elsewhere 42 at best";
    let targets = vec![(Quantity::Cells, Limit::AtMost(45.0))];
    let timed = registered(&decoder, true);
    let what = |form: &str| format!("base3_decoder {form}");
    [
        Subject { what: what("5 trits"), top: decoder, synapses: None, targets, bound },
        Subject {
            what: what("between registers"),
            top: timed,
            synapses: None,
            targets: vec![],
            bound,
        },
    ]
}

fn neuron(what: &str, leak: Leak) -> Subject {
    let rule = NeuronRule { leak, ..presets::spikingbert(leak, NEURON_WIDTH) };
    let neuron = GifNeuron { rule, current_width: NEURON_WIDTH, saturates: false };
    Subject {
        what: what.to_owned(),
        top: registered(&neuron.module(), false),
        synapses: None,
        targets: vec![
            (Quantity::Cells, Limit::AtMost(70.0)),
            (Quantity::Megahertz, Limit::AtLeast(126.0)),
        ],
        bound: match leak {
            Leak::Decay(_) => {
                "48: a cell a bit to leak, add, compare, select; Spiker+ 113 at 105 MHz"
            }
            _ => "36: a cell a bit to add, compare, select; ODIN 116 at 98 MHz",
        },
    }
}

/// What the dots cost in their place: a lane, and lanes side by side, with planes that share a
/// word of weights.
fn arrays() -> Vec<Subject> {
    let subject = |what: String, module: &Arc<Module>, synapses| Subject {
        what,
        top: registered(module, false),
        synapses: Some(synapses),
        targets: vec![],
        bound: "its dots, two planes of 64 slots a lane",
    };
    let of = |target| {
        let lane = Lane {
            slots: 64,
            planes: 2,
            radix: Radix::Bitwise,
            acc_width: 20,
            target,
            digits: false,
            digit_passes: false,
            vectors: false,
        };
        let array = AccumulatorArray { lanes: 2, lane };
        let form = form(target);
        [
            subject(format!("lane 64 slots x 2 planes, {form}"), &lane.module(), 128),
            subject(format!("accumulator_array 2 such lanes, {form}"), &array.module(), 256),
        ]
    };
    [Target::Portable, Target::Ecp5].into_iter().flat_map(of).collect()
}

/// `module` behind a register on each input, and on each output if `outputs`; blocks that end in
/// registers of their own need none. No logic is added.
pub(crate) fn registered(module: &Arc<Module>, outputs: bool) -> Arc<Module> {
    let summary = format!(
        "`{}` with every input registered{}, for its area and clock out of context.",
        module.name,
        if outputs { " and every output registered" } else { "" }
    );
    let b = Builder::new(&format!("{}_registered", module.name), file!(), &summary);
    let always = b.flag(true);
    let of = |direction| {
        let ports: Vec<Port> = module.ports();
        ports.into_iter().filter(move |port| port.direction == direction && port.name != "rst_i")
    };
    b.stage("inputs.");
    let inputs: Vec<(String, _)> = of(Direction::Input)
        .map(|port| {
            let input = b.input(&port.name, port.ty, &port.meaning);
            let name = format!("{}_q", port.name.trim_end_matches("_i"));
            (port.name, b.delay(&name, always, input))
        })
        .collect();
    b.section("The block.");
    b.add_latency(module.latency);
    let connections: Vec<_> = inputs.iter().map(|(name, signal)| (&name[..], *signal)).collect();
    let block = b.instance("block", module, &connections);
    if outputs {
        b.stage("outputs.");
    }
    for port in of(Direction::Output) {
        let signal = block.get(&port.name);
        let name = format!("{}_q", port.name.trim_end_matches("_o"));
        let driver = if outputs { b.delay(&name, always, signal) } else { signal };
        b.output(&port.name, driver, &port.meaning);
    }
    b.finish()
}

/// The Verilog of a module and of all below it: file names and texts.
///
/// # Errors
/// If the module breaks a rule of the HDL, which is a fault of its generator.
pub(crate) fn verilog(top: &Arc<Module>) -> Result<Vec<(String, String)>, BenchError> {
    let checked = check(top)?;
    Ok(hdl::language::verilog::print(&checked)
        .into_iter()
        .map(|file| (file.name, file.text))
        .collect())
}
