//! The integer reference of the machine against a literal reading of the instruction table.

mod literal;
mod memories;
mod parameters;
mod random;

use cosim::reference::ReferenceError;
use cosim::reference::machine::{Facts, MachineReference, Recorder, Widths, Write};
use firmware::isa::Action;
use literal::Literal;
use memories::Memories;
use std::collections::BTreeSet;

/// Token ids of one text.
fn tokens(seed: u64, count: usize) -> Vec<u32> {
    (0..count as u64)
        .map(|index| ((seed * 31 + index * 13 + index * index * 7) % 21) as u32)
        .collect()
}

/// Runs one text on both and compares every memory after every instruction.
fn compare(seed: u64) -> BTreeSet<&'static str> {
    let program = random::program(seed);
    let mut machine = MachineReference::new(&program);
    let mut literal = Literal::new(&program);
    let mut mirror = Memories::new(&program.parameters);
    let mut seen = BTreeSet::new();
    let mut saturations = 0;
    for (position, token) in tokens(seed, 21).into_iter().enumerate() {
        let asked = position % 3 != 1;
        let mut recorder = Recorder::default();
        let prediction = machine.step_observed(token, asked, &mut recorder).unwrap();
        let prediction = prediction.map(|it| (it.token, it.logits.to_vec()));
        (literal.position, literal.token) = (position, token as usize);
        for record in &recorder.records {
            let action = &program.instructions[record.instruction].action;
            literal.execute(action);
            record.writes.iter().for_each(|write| mirror.apply(write));
            let place = || format!("seed {seed}, p {position}, {}: {action:?}", record.instruction);
            if mirror != literal.memories {
                explain(&mirror, &literal.memories, &place());
            }
            seen.extend(record.writes.iter().map(name));
            if let Facts::Matrix(facts) = record.facts {
                saturations += u64::from(facts.saturations);
                assert!(facts.words >= 1 && facts.passes >= 1, "{}", place());
            }
        }
        let executed = recorder.records.len();
        let skipped = if asked { 2 } else { 5 };
        assert_eq!(executed, program.instructions.len() - skipped);
        let expected = asked.then(|| (literal.prediction, literal.memories.results[..21].to_vec()));
        assert_eq!(prediction, expected);
    }
    assert_eq!(machine.saturations(), saturations + literal.saturations);
    if saturations > 0 {
        seen.insert("saturation");
    }
    seen
}

fn explain(machine: &Memories, literal: &Memories, place: &str) {
    assert_eq!(machine.results, literal.results, "{place}");
    assert_eq!(machine.temporaries, literal.temporaries, "{place}");
    assert_eq!(machine.scalars, literal.scalars, "{place}");
    assert_eq!(machine.maxima, literal.maxima, "{place}");
    assert_eq!(machine.descriptors, literal.descriptors, "{place}");
    assert_eq!(machine.trains, literal.trains, "{place}");
    panic!("keys or values differ: {place}");
}

fn name(write: &Write) -> &'static str {
    match write {
        Write::Results { .. } => "results",
        Write::Temporaries { .. } => "temporaries",
        Write::State { .. } => "state",
        Write::Level { .. } => "level",
        Write::Train { .. } => "train",
        Write::Plane { .. } => "plane",
        Write::Descriptor { .. } => "descriptor",
        Write::Scalar { .. } => "scalar",
        Write::Maximum { .. } => "maximum",
        Write::Key { .. } => "key",
        Write::Value { .. } => "value",
    }
}

#[test]
fn every_write_is_what_the_table_says() {
    let seen: BTreeSet<&str> = (0..60).flat_map(compare).collect();
    assert_eq!(seen.len(), 9, "{seen:?}");
}

/// What the memories held before a text does not matter to it, and a clone goes its own way.
#[test]
fn a_text_starts_from_nothing() {
    for seed in 0..20 {
        let fresh = MachineReference::new(&random::program(seed));
        let run = |machine: &mut MachineReference, salt: u64| -> Vec<Vec<i64>> {
            let step = |token| machine.step(token, true).unwrap().unwrap().logits.to_vec();
            tokens(seed + salt, 21).into_iter().map(step).collect()
        };
        let expected = run(&mut fresh.clone(), 0);
        let mut used = fresh.clone();
        assert_ne!(run(&mut used, 5), expected);
        used.reset();
        assert_eq!(run(&mut used, 0), expected);
    }
}

#[test]
fn tokens_beyond_the_machine_are_refused() {
    let mut machine = MachineReference::new(&random::program(1));
    let refused = machine.step(21, true).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ReferenceError::TokenId { id: 21, position: 0, vocabulary: 21 }));
    tokens(1, 21).into_iter().for_each(|token| {
        machine.step(token, false).unwrap();
    });
    let refused = machine.step(0, true).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ReferenceError::ContextFull { position: 21, context: 21 }));
}

/// The facts of an instruction are those of its train.
#[test]
fn facts_follow_the_train() {
    let program = random::program(0);
    let mut machine = MachineReference::new(&program);
    for token in tokens(3, 21) {
        let mut recorder = Recorder::default();
        machine.step_observed(token, true, &mut recorder).unwrap();
        let mut words = [0; 16];
        for record in &recorder.records {
            for write in &record.writes {
                if let Write::Descriptor { train, words: count, .. } = write {
                    words[*train as usize] = *count;
                }
            }
            let action = &program.instructions[record.instruction].action;
            if let (Action::Matrix(matrix), Facts::Matrix(facts)) = (action, record.facts) {
                let visited = match matrix.store {
                    3 => matrix.stride,
                    _ => words[matrix.train as usize].max(1),
                };
                assert_eq!(facts.words, visited);
            }
        }
    }
}

/// Values that do not fit are named, with the instruction that wrote them.
#[test]
fn widths_are_watched() {
    let mut program = random::program(2);
    program.remarks[0] = "embedded".to_owned();
    program.parameters.count_width = 3;
    let mut machine = MachineReference::new(&program);
    let mut widths = Widths::new(&program);
    machine.step_observed(4, true, &mut widths).unwrap();
    let told = widths.violations().join("\n");
    assert!(told.contains("count_width is 3"), "{told}");
    let mut narrow = program.clone();
    narrow.parameters.value_width = 4;
    let mut widths = Widths::new(&narrow);
    machine.step_observed(4, true, &mut widths).unwrap();
    assert!(widths.violations()[0].starts_with("instruction 0 (embedded): "), "{widths:?}");
}
