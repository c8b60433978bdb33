//! The model against sums by hand.

use super::*;
use crate::isa::{Emit, End, Instruction, Length, Matrix, Pass};
use crate::lower::lower;
use pretty_assertions::assert_eq;
use weights::config::Design;
use weights::sample;

/// Round constants, so that sums are easy.
fn latency() -> MachineLatency {
    MachineLatency {
        start_cycles: 10,
        turn_cycles: 12,
        here_cycles: 5,
        matrix: MatrixLatency {
            event_cycles: 0,
            embedding_lag_cycles: 0,
            accept_cycles: 2,
            gap_cycles: 1,
            finish_cycles: 20,
            vector_finish_cycles: 17,
            search_cycles: 3,
            embedding_cycles: 4,
            settle_cycles: 2,
            embedding_finish_cycles: 30,
        },
        pass: PassLatency {
            accept_cycles: 2,
            result_cycles: 30,
            vector_cycles: 35,
            train_cycles: 40,
            digit_cycles: 50,
            finish_cycles: 60,
            join_saves: 8,
            product_saves: 3,
            scalar_cycles: 19,
        },
    }
}

/// The machine of the sample, 8 lanes × 16 slots with 8 values a cycle, and other instructions.
fn program(actions: &[(u8, u8, Action)]) -> Program {
    let mut program = lower(&sample::network(1), &Design::bundled()).unwrap();
    program.instructions = actions
        .iter()
        .map(|&(matrix, vector, action)| Instruction::new(Wait { matrix, vector }, action))
        .collect();
    program
}

fn matrix(tiles: u32, stride: u32) -> Action {
    Action::Matrix(Matrix { tiles, stride, digits: 1, last_rows: 8, ..Matrix::default() })
}

/// Issue and done of each instruction, and the sums.
fn run(actions: &[(u8, u8, Action)], position: u32) -> (Vec<(u64, u64)>, TokenCycles) {
    let program = program(actions);
    let cycles = token_cycles(&program, &latency(), position, true, dense(&program));
    let times = cycles.timings.iter().map(|timing| (timing.issued, timing.done)).collect();
    (times, cycles)
}

const END: Action = Action::End(End { unasked: 0 });

#[test]
fn matrices_follow_without_a_gap_and_drain_behind() {
    let (times, cycles) =
        run(&[(7, 7, matrix(4, 3)), (7, 7, matrix(2, 5)), (7, 7, matrix(1, 1)), (0, 0, END)], 0);
    // Twelve entries from 13, ten from 25; one waits in the unit, another in its station. The third is
    // held up by the drain of the second, whose last entry is in 34.
    assert_eq!(times, [(10, 24 + 20), (12, 34 + 20), (14, 36 + 20)]);
    assert_eq!((cycles.array_busy, cycles.vector_busy), (23, 0));
    assert_eq!((cycles.unit_waits, cycles.matrix_waits), (2, 56 - 15));
    assert_eq!((cycles.drain_waits, cycles.total), (1, 57));
}

#[test]
fn a_tile_of_one_entry_waits_for_the_drain() {
    let mut program = program(&[(7, 7, matrix(4, 1)), (7, 7, matrix(4, 1)), (0, 0, END)]);
    program.parameters.lanes = 32;
    let cycles = token_cycles(&program, &latency(), 0, true, dense(&program));
    // Four groups of rows drain from each tile, and one cycle more between instructions.
    let done: Vec<u64> = cycles.timings.iter().map(|timing| timing.done).collect();
    assert_eq!(done, [13 + 12 + 20, 25 + 5 + 12 + 20]);
    assert_eq!(cycles.drain_waits, 3 * 3 + 4 + 3 * 3);
}

/// A pass over so many words that only joins.
fn pass(words: u32) -> Pass {
    Pass { channels: 8 * words, ..Pass::default() }
}

#[test]
fn a_pass_is_taken_when_the_one_before_is_done() {
    let (times, cycles) = run(
        &[
            (7, 7, matrix(1, 1)),
            (0, 7, Action::Pass(pass(6))),
            (7, 7, Action::Pass(pass(2))),
            (7, 0, matrix(1, 1)),
            (7, 7, Action::Pass(pass(4))),
            (0, 0, END),
        ],
        0,
    );
    // A cycle in the station, two to the first read, 22 from the last to the result.
    let (first, second) = (34 + 29, 63 + 25);
    assert_eq!(times, [(10, 33), (33, first), (36, second), (88, 111), (89, 90 + 27)]);
    assert_eq!(cycles.vector_busy, 29 + 25 + 27);
    assert_eq!(cycles.total, 118);
}

#[test]
fn a_pass_with_a_lead_reads_while_the_one_before_drains() {
    let led = |lead| (7, 7, Action::Pass(Pass { lead, ..pass(6) }));
    let (times, cycles) = run(&[led(0), led(10), led(60), (0, 0, END)], 0);
    // A lead is never so long that words of the two would meet.
    let taken: Vec<u64> = cycles.timings.iter().map(|timing| timing.taken).collect();
    assert_eq!(taken, [11, 40 - 10, 30 + 7]);
    assert_eq!(times, [(10, 40), (11 + 2, 59), (30 + 2, 66)]);
    assert_eq!(cycles.vector_busy, 29 + 19 + 7);
}

#[test]
fn what_depends_on_the_position_grows_with_it() {
    let keys = Action::Matrix(Matrix { store: 1, stride: 1, digits: 4, ..Matrix::default() });
    let values =
        Action::Matrix(Matrix { store: 2, tiles: 2, stride: 4, digits: 4, ..Matrix::default() });
    let weights = Action::Pass(Pass { length: Length::Attended, ..Pass::default() });
    let actions = [(7, 7, keys), (7, 7, values), (7, 7, weights), (0, 0, END)];
    let work = |position| {
        let (_, cycles) = run(&actions, position);
        (cycles.array_busy, cycles.vector_busy)
    };
    assert_eq!(work(0), (4 + 8, 24));
    assert_eq!(work(7), (4 + 8, 24));
    assert_eq!(work(8), (8 + 8, 25));
    assert_eq!(work(63), (32 + 2 * 4 * 4, 31));
}

/// Two words of keys fill one store word here: its four digits take longer than they do.
#[test]
fn digits_hold_up_the_words_of_a_store() {
    let work = |emit, words| {
        let action = Action::Pass(Pass { emit, ..pass(words) });
        run(&[(7, 7, action), (0, 0, END)], 0).1.vector_busy - 43
    };
    assert_eq!(work(Emit::Keys, 2), 2);
    assert_eq!(work(Emit::Keys, 6), 1 + 4 + 4 + 1);
    // Values: eight lanes take one word each.
    assert_eq!(work(Emit::Values, 2), 4 + 1);
    assert_eq!(work(Emit::Values, 4), 3 * 4 + 1);
}

#[test]
fn a_token_ends_early_if_nobody_asks() {
    let early = Action::End(End { unasked: 1 });
    let program =
        program(&[(7, 7, matrix(1, 1)), (0, 0, early), (7, 7, matrix(9, 9)), (0, 0, END)]);
    let total = |asked| token_cycles(&program, &latency(), 0, asked, dense(&program)).total;
    assert_eq!(total(false), 34);
    assert!(total(true) > 100);
}

#[test]
fn a_unit_has_no_more_unfinished_than_are_counted() {
    let mut latency = latency();
    latency.matrix.finish_cycles = 100;
    let mut actions = vec![(7, 7, matrix(1, 1)); 8];
    actions.push((0, 0, END));
    let program = program(&actions);
    let cycles = token_cycles(&program, &latency, 0, true, dense(&program));
    assert_eq!(cycles.timings[6].issued, 10 + 2 * 6);
    assert_eq!(cycles.timings[7].issued, cycles.timings[0].done + 1);
}

#[test]
fn a_whole_program_is_consistent() {
    let program = lower(&sample::network(1), &Design::bundled()).unwrap();
    let latency = MachineLatency::of(&program.parameters);
    let mut before = 0;
    for position in [0, 7, 8, 63] {
        let cycles = token_cycles(&program, &latency, position, true, dense(&program));
        let of_units = program.instructions.iter().filter(|it| it.action.unit() != Unit::Sequencer);
        assert!(cycles.timings.len() >= of_units.count(), "loops execute theirs several times");
        assert!(cycles.total >= before, "later positions take no less");
        assert!(cycles.array_busy.max(cycles.vector_busy) < cycles.total);
        assert!(cycles.timings.iter().all(|it| it.ready <= it.issued && it.issued < it.taken));
        spans_add_up(&program, &cycles);
        before = cycles.total;
    }
}

/// The spans of each unit hold its work and its waits, one after the other.
fn spans_add_up(program: &Program, cycles: &TokenCycles) {
    let (mut ends, mut sums) = ([0; 2], [0; 2]);
    let mut embedding = 0;
    for Timing { address, taken, span: (first, last), done, .. } in &cycles.timings {
        let action = &program.instructions[*address].action;
        let which = usize::from(action.unit() == Unit::Vector);
        assert!(ends[which] < *first && taken < first && last <= done, "{address}");
        ends[which] = *last;
        sums[which] += last + 1 - first;
        if matches!(action, Action::Matrix(matrix) if matrix.store == 3) {
            embedding += last + 1 - first;
        }
    }
    assert_eq!(sums[0], cycles.array_busy + cycles.drain_waits + embedding);
    assert_eq!(sums[1], cycles.vector_busy);
}
