//! `token_loop` takes, answers, feeds back and refuses tokens, with a sequencer and stand-in units.

#[path = "support/control.rs"]
mod control;
mod support;

use control::{Machine, VOCABULARY, end, matrix, plain_sequencer, short, vector};
use firmware::isa::ANY;
use hdl::blocks::control::sequencer::Sequencer;

/// The early End ends only a token whose prediction nobody asked for.
#[test]
fn an_unasked_token_ends_early() {
    let any = (ANY, ANY);
    let program = [matrix(any, 0), end((0, 0), 1), matrix(any, 2), end((0, 0), 0)];
    let mut machine = Machine::new(&program, 2, 4);
    machine.bench.set("prediction_i", 17);
    machine.send(1, false, 1);
    machine.finish();
    assert_eq!(machine.addresses(), [0, 1]);
    machine.send(1, true, 1);
    machine.finish();
    assert_eq!(machine.addresses(), [0, 1, 0, 1, 2, 3]);
    assert_eq!(machine.answers, [(17, true)]);
    assert_eq!(machine.bench.get("position_o"), 2);
}

/// Its own predictions are fed back until there are enough; a slow reader loses none.
#[test]
fn generation_feeds_back() {
    for slow_reader in [1, 30] {
        let mut machine = Machine::new(&short(), 1, 3);
        machine.slow_reader = slow_reader;
        machine.bench.set("generate_count_i", 4);
        machine.bench.set("prediction_i", 9);
        machine.send(5, true, 1);
        assert_eq!(machine.bench.get("current_token_o"), 5);
        machine.finish();
        let expected = [(9, false), (9, false), (9, false), (9, true)];
        assert_eq!(machine.answers, expected, "reader {slow_reader}");
        assert_eq!(machine.bench.get("position_o"), 4);
        assert_eq!(machine.bench.get("current_token_o"), 9);
    }
}

/// The end token is sent, and is the last of its answer.
#[test]
fn the_end_token_ends_an_answer() {
    let mut machine = Machine::new(&short(), 1, 3);
    machine.bench.set("generate_count_i", 5);
    machine.bench.set("prediction_i", 9);
    machine.bench.set("end_token_i", 9);
    machine.bench.set("end_token_enable_i", 1);
    machine.send(5, true, 1);
    machine.finish();
    assert_eq!(machine.answers, [(9, true)]);
}

/// A full context ends an answer and refuses tokens until it is cleared.
#[test]
fn a_full_context_refuses() {
    let mut machine = Machine::new(&short(), 1, 3);
    machine.bench.set("generate_count_i", 100);
    machine.bench.set("prediction_i", 8);
    for _ in 0..3 {
        machine.send(5, false, 100).unwrap();
    }
    machine.send(5, true, 100).unwrap();
    machine.finish();
    assert_eq!(machine.answers, [(8, false), (8, false), (8, true)]);
    assert!(machine.bench.is("context_full_o"));
    assert_eq!(machine.send(5, false, 50), None);
    machine.bench.set("clear_i", 1);
    machine.step();
    machine.bench.set("clear_i", 0);
    assert!(!machine.bench.is("context_full_o"));
    assert_eq!(machine.bench.get("position_o"), 0);
    assert!(machine.send(5, true, 1).is_some());
}

/// Where texts have no end, none is ever full: a position beyond the last that is told apart stays
/// there, and never looks like the first.
#[test]
fn an_endless_text_goes_on() {
    let endless = Sequencer { context: 0, ..plain_sequencer() };
    let mut machine = Machine::with(&endless, &short(), 1, 1);
    machine.bench.set("generate_count_i", 100);
    machine.bench.set("prediction_i", 8);
    for answer in 1..=660u64 {
        machine.send(5, true, 100).unwrap();
        machine.finish();
        assert_eq!(machine.answers.len() as u64, answer * 100);
        assert_eq!(machine.bench.get("position_o"), (answer * 100).min(65_535));
        assert!(!machine.bench.is("context_full_o"));
    }
    machine.bench.set("clear_i", 1);
    machine.step();
    assert_eq!(machine.bench.get("position_o"), 0);
}

/// `clear` in mid-token finishes what was issued, sends nothing and begins a new text.
#[test]
fn clear_abandons_a_token() {
    for when in 1..40 {
        let any = (ANY, ANY);
        let program = [matrix(any, 0), vector((0, 0), 1), matrix((0, 0), 2), end((0, 0), 0)];
        let mut machine = Machine::new(&program, 2, 12);
        machine.send(4, false, 1);
        machine.finish();
        machine.send(5, true, 1);
        for _ in 1..when {
            machine.step();
        }
        let (sent, under_way) = (machine.answers.len(), machine.bench.is("busy_o"));
        machine.bench.set("clear_i", 1);
        machine.step();
        machine.bench.set("clear_i", 0);
        machine.finish();
        if under_way {
            assert_eq!(machine.answers.len(), sent, "cleared after {when}");
        }
        assert!(machine.units.iter().all(|unit| unit.inside.is_empty()));
        assert_eq!(machine.bench.get("position_o"), 0);
        machine.issues.clear();
        machine.send(6, true, 1).unwrap();
        machine.finish();
        assert_eq!(machine.addresses(), [0, 1, 2, 3]);
    }
}

/// A reset in mid-token leaves nothing of it.
#[test]
fn reset_in_mid_token() {
    for when in 0..12 {
        let mut machine = Machine::new(&short(), 2, 6);
        machine.send(5, true, 1);
        for _ in 0..when {
            machine.step();
        }
        machine.bench.set("rst_i", 1);
        machine.step();
        machine.bench.set("rst_i", 0);
        machine.units.iter_mut().for_each(|unit| unit.inside.clear());
        for name in ["busy_o", "running_o", "prediction_valid_o", "matrix_valid_o"] {
            assert!(!machine.bench.is(name), "{name} after {when}");
        }
        (machine.issues, machine.answers) = (vec![], vec![]);
        machine.send(6, true, 1).unwrap();
        machine.finish();
        assert_eq!((machine.addresses(), machine.answers.len()), (vec![0, 1], 1));
        assert_eq!(machine.bench.get("position_o"), 1);
    }
}

/// Without `run` nothing is taken; a token beyond the vocabulary is dropped aloud.
#[test]
fn refused_tokens() {
    let mut machine = Machine::new(&short(), 2, 6);
    machine.bench.set("run_i", 0);
    assert_eq!(machine.send(5, true, 20), None);
    machine.bench.set("run_i", 1);
    machine.bench.set("token_i", VOCABULARY.into());
    machine.bench.set("token_valid_i", 1);
    machine.bench.settle();
    assert!(machine.bench.is("bad_token_o"));
    machine.send(VOCABULARY.into(), true, 1).unwrap();
    assert!(!machine.bench.is("busy_o"));
    assert!(machine.send(u64::from(VOCABULARY) - 1, true, 1).is_some());
    assert!(machine.bench.is("busy_o"));
}
