//! Ring `cycles`: the cycle model says what the hardware's counters say, token by token.

use cosim::pipeline::machine::{Conversation, converse};
use cosim::reference::machine::MachineReference;
use firmware::machine::Program;
use firmware::machine_cycles::TokenCycles;
use firmware::machine_driver::MachineCounters;
use hdl::blocks::machine::Machine;
use hdl::check::check;
use hdl::simulator::NativeSimulation;
use pretty_assertions::assert_eq;
use rayon::prelude::*;
use tests::machines::{CASES, machine_case};
use tests::talks::Lowered;
use weights::config::Design;
use weights::sample;

/// Every so many machines one is measured.
const EVERY: usize = 5;

/// What both count.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    cycles: u64,
    array: u64,
    vector: u64,
    drain_waits: u64,
    matrix_waits: u64,
    vector_waits: u64,
    unit_waits: u64,
}

impl From<&MachineCounters> for Counts {
    fn from(measured: &MachineCounters) -> Counts {
        Counts {
            cycles: measured.cycles.into(),
            array: measured.array_cycles.into(),
            vector: measured.vector_cycles.into(),
            drain_waits: measured.drain_waits.into(),
            matrix_waits: measured.matrix_waits.into(),
            vector_waits: measured.vector_waits.into(),
            unit_waits: measured.unit_waits.into(),
        }
    }
}

impl From<&TokenCycles> for Counts {
    fn from(predicted: &TokenCycles) -> Counts {
        Counts {
            cycles: predicted.total,
            array: predicted.array_busy,
            vector: predicted.vector_busy,
            drain_waits: predicted.drain_waits,
            matrix_waits: predicted.matrix_waits,
            vector_waits: predicted.vector_waits,
            unit_waits: predicted.unit_waits,
        }
    }
}

fn converse_natively(lowered: &Lowered, prompt: &[u32], length: usize) -> Conversation {
    let module = Machine::observed(lowered.program.parameters).module();
    let checked = check(&module).unwrap_or_else(|error| panic!("{error}"));
    let simulation = NativeSimulation::new(&checked);
    let reference = MachineReference::new(&lowered.program);
    converse(simulation, &lowered.image, reference, prompt, length, |_| ())
}

/// Compares every predicted token, and says how many cycles they took.
fn compare(name: &str, program: &Program, talk: &Conversation) -> u64 {
    assert!(talk.failure.is_none() && !talk.tokens.is_empty(), "{name}: {:?}", talk.failure);
    let mut cycles = 0;
    for token in &talk.tokens {
        let (predicted, measured) =
            (Counts::from(&token.predicted(program)), Counts::from(&token.counters));
        assert_eq!(predicted, measured, "{name}: predicted, measured at {}", token.position);
        cycles += measured.cycles;
    }
    cycles
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
