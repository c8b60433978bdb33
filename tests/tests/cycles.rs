//! Ring `cycles`: the cycle model says what the hardware's counters say, token by token.

use cosim::pipeline::machine::{Conversation, converse};
use cosim::reference::machine::MachineReference;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use tests::counts::compare;
use tests::machines::{CASES, machine_case};
use tests::talks::Lowered;
use weights::config::Design;
use weights::sample;

/// Every so many machines one is measured.
const EVERY: usize = 5;

fn converse_natively(lowered: &Lowered, prompt: &[u32], length: usize) -> Conversation {
    let module = Machine::observed(&lowered.program).module();
    let checked = check(&module).unwrap_or_else(|error| panic!("{error}"));
    let simulation = NativeSimulation::new(&checked);
    let reference = MachineReference::new(&lowered.program);
    converse(simulation, &lowered.image, reference, prompt, length, |_| ())
}

#[test]
fn the_model_is_exact_on_random_machines() {
    let run = |index: u64| {
        let case = machine_case(index);
        let lowered = Lowered::new(&case);
        let talk = converse_natively(&lowered, &case.prompt, case.generate);
        (talk.tokens.len(), compare(&case.name, &lowered.program, &talk))
    };
    let indices: Vec<u64> = (0..CASES).step_by(EVERY).collect();
    let results: Vec<(usize, u64)> = indices.into_par_iter().map(run).collect();
    let tokens: usize = results.iter().map(|result| result.0).sum();
    let cycles: u64 = results.iter().map(|result| result.1).sum();
    println!("{} machines, {tokens} tokens, {cycles} cycles: as predicted", results.len());
}

#[test]
fn the_model_is_exact_on_the_sample() {
    let design = Design::bundled();
    let program = firmware::lower::lower(&sample::network(design.run.seed), &design)
        .unwrap_or_else(|error| panic!("{error}"));
    let image = firmware::image::MachineImage::new(&program).expect("it fits its own machine");
    let lowered = Lowered { program, image };
    let talk = converse_natively(&lowered, &[1, 2, 3, 4, 5, 6, 7, 8], 4);
    compare("sample", &lowered.program, &talk);
}
