//! `sequencer` issues everything once, in order and in time, to stand-in units of random speed.

#[path = "support/control.rs"]
mod control;
mod support;

use control::{Machine, end, matrix, plain_sequencer, short, vector};
use firmware::isa::{ANY, Instruction, LONG_WORDS, Wait};
use support::Random;

/// Without waits an instruction is issued every cycle, the first two cycles after the token.
#[test]
fn one_instruction_a_cycle() {
    let any = (ANY, ANY);
    let program = [matrix(any, 1), vector(any, 2), matrix(any, 3), vector(any, 4), end((0, 0), 0)];
    let mut machine = Machine::new(&program, 8, 0);
    let taken = machine.send(3, false, 1).unwrap();
    machine.finish();
    assert_eq!(machine.addresses(), [0, 1, 2, 3, 4]);
    let cycles: Vec<u64> = machine.issues.iter().map(|issue| issue.cycle - taken).collect();
    let first = u64::from(plain_sequencer().start_cycles());
    // The station of passes takes another two cycles after the one before has left it. A unit that needs
    // one cycle is done two after the issue, and End leaves with that.
    assert_eq!(cycles, [first, first + 1, first + 2, first + 4, first + 6]);
    assert!(machine.answers.is_empty());
}

/// A dependent instruction is issued with `done`.
#[test]
fn a_wait_ends_with_done() {
    let program = [matrix((ANY, ANY), 1), vector((0, ANY), 2), matrix((ANY, 0), 3), end((0, 0), 0)];
    let mut machine = Machine::new(&program, 8, 9);
    machine.send(3, false, 1);
    machine.finish();
    for (issue, done) in machine.issues[1..].iter().zip(&machine.finishes) {
        assert_eq!(issue.cycle, *done);
    }
}

/// In any program, with units of any speed and room, everything is issued once, in order, and
/// never before its waits are met.
#[test]
fn order_and_waits_hold() {
    let mut random = Random(11);
    for round in 0..60 {
        let mut program = vec![];
        for index in 0..12 {
            let mut wait = || match random.below(3) {
                0 => ANY,
                _ => random.below(4) as u8,
            };
            let wait = (wait(), wait());
            program.push(match random.below(2) {
                0 => matrix(wait, index),
                _ => vector(wait, index),
            });
        }
        program.push(end((random.below(8) as u8, random.below(8) as u8), 0));
        let room = [1, 2, 3, 20][round % 4];
        let mut machine = Machine::new(&program, room, [0, 1, 5, 40][round / 4 % 4]);
        for _ in 0..2 {
            machine.issues.clear();
            machine.send(1, false, 1000).unwrap();
            machine.finish();
            assert_eq!(machine.addresses(), (0..13).collect::<Vec<u64>>(), "round {round}");
            for (issue, instruction) in machine.issues.iter().zip(&program) {
                let Wait { matrix, vector } = instruction.wait;
                let limits = [matrix, vector].map(usize::from);
                let met = issue.unfinished.iter().zip(limits).all(|(count, limit)| *count <= limit);
                assert!(met, "{issue:?} waits for {limits:?}");
            }
            assert!(machine.units.iter().all(|unit| unit.inside.is_empty()), "units run on");
        }
    }
}

/// Never more than seven instructions of a unit are unfinished, whatever the unit takes.
#[test]
fn seven_unfinished_at_most() {
    let mut program: Vec<Instruction> = (0..12).map(|index| vector((ANY, ANY), index)).collect();
    program.push(end((ANY, ANY), 0));
    let mut machine = Machine::new(&program, 20, 300);
    machine.send(1, false, 1);
    machine.finish();
    let most = machine.issues.iter().map(|issue| issue.unfinished[1] + 1).max();
    assert_eq!((machine.issues.len(), most), (13, Some(7)));
}

/// An opcode without a meaning ends the token aloud.
#[test]
fn an_unknown_opcode_ends_the_token() {
    let mut machine = Machine::new(&short(), 2, 6);
    machine.load(1, &[0xF; LONG_WORDS as usize]);
    machine.send(5, true, 1);
    (0..40).for_each(|_| machine.step());
    assert_eq!(machine.bad, 1);
    machine.bench.settle();
    assert!(!machine.bench.is("busy_o"));
}
