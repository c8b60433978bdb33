//! Order and waits: each wait is needed, and together they are enough.

use super::*;
use crate::isa::{ANY, Action};
use pretty_assertions::assert_eq;

#[test]
fn every_wait_is_needed() {
    for (seed, (shape, design)) in shapes().into_iter().enumerate() {
        let program = lower(&sample::network_of(seed as u64, &shape), &design).unwrap();
        assert_eq!(hazards::check(&program), Ok(()));
        let mut found = 0;
        for at in 0..program.instructions.len() {
            if let Action::End(_) = program.instructions[at].action {
                continue;
            }
            let wait = program.instructions[at].wait;
            for (matrix, vector) in [(wait.matrix + 1, wait.vector), (wait.matrix, wait.vector + 1)]
            {
                if matrix > ANY || vector > ANY {
                    continue;
                }
                let mut relaxed = program.clone();
                relaxed.instructions[at].wait = crate::isa::Wait { matrix, vector };
                let hazard = hazards::check(&relaxed).unwrap_err();
                assert_eq!(hazard.later, at, "{}", program.remarks[at]);
                found += 1;
            }
        }
        assert!(found > 10, "only {found} waits");
    }
}

#[test]
fn a_hazard_names_both_instructions() {
    let mut program = lower(&sample::network(1), &Design::bundled()).unwrap();
    let waits = program.instructions.iter().position(|it| it.wait.matrix == 0);
    assert_eq!(waits, Some(2), "the embedding is squared");
    program.instructions[2].wait.matrix = ANY;
    assert_eq!(
        hazards::check(&program).unwrap_err().to_string(),
        "instruction 2 can be issued while instruction 0 still uses what it needs"
    );
}

/// A token must leave nothing behind: the next one starts with the same addresses.
#[test]
fn an_end_that_does_not_wait_is_a_hazard() {
    let mut program = lower(&sample::network(1), &Design::bundled()).unwrap();
    let last = program.instructions.len() - 1;
    program.instructions[last].wait.matrix = 1;
    assert_eq!(hazards::check(&program).unwrap_err().later, last);
}

/// The schedule is for something: the same instructions in the order of the operations take longer.
#[test]
fn ordering_hides_the_vector_unit() {
    let shape = BitnetShape { width: 128, hidden: 256, blocks: 2, ..sample::shape() };
    let mut design = Design::bundled();
    design.array.acc_width = 20;
    let programs = position_orders(&sample::network_of(2, &shape), &design).unwrap();
    let cycles = |wanted: PositionOrder| {
        let (_, program) = programs.iter().find(|(order, _)| *order == wanted).unwrap();
        let position = program.parameters.context - 1;
        let latency = MachineLatency::of(&program.parameters);
        token_cycles(program, &latency, position, true, dense(program))
    };
    let plain = cycles(PositionOrder::default());
    let ordered = cycles(PositionOrder { scheduled: true, ..PositionOrder::default() });
    assert_eq!(ordered.array_busy, plain.array_busy);
    assert!(ordered.total < plain.total, "{} of {}", ordered.total, plain.total);
}
