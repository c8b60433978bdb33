//! `sequencer` runs random nested loops as `firmware::control` does: every address, every pointer,
//! p, what is attended, where state begins anew, and every cycle.

#[path = "support/control.rs"]
mod control;
mod support;

use control::{Machine, Sent, end, looping_sequencer};
use firmware::control::Control;
use firmware::isa::{
    ANY, Action, Coded, Encoded, Extent, INSTRUCTION_WIDTH, Instruction, LONG_WIDTH, Loop, Matrix,
    Next, Pass, Pointers, RestartAt, SELECTOR_COUNT, Wait,
};
use support::Random;
use weights::numeric::pass::Choice;

fn wait(random: &mut Random) -> Wait {
    let mut one = || if random.once_in(2) { ANY } else { random.below(4) as u8 };
    Wait { matrix: one(), vector: one() }
}

/// A value that leaves room for the pointers that are added to it.
fn address(random: &mut Random, width: u32) -> u32 {
    random.below(1 << (width - 1)) as u32
}

fn unit_instruction(random: &mut Random) -> Instruction {
    let action = match random.below(2) {
        0 => Action::Matrix(Matrix {
            base: address(random, 16),
            train: address(random, 7),
            source: address(random, 10),
            address: address(random, 14),
            scalar: address(random, 8),
            maximum: address(random, 5),
            multiplier: random.below(1 << 16) as u32,
            ..Matrix::default()
        }),
        _ => Action::Pass(Pass {
            a: address(random, 16),
            b: address(random, 16),
            c: address(random, 16),
            membrane: address(random, 16),
            write: address(random, 16),
            train: address(random, 7),
            words: address(random, 16),
            scalar: address(random, 8),
            output: address(random, 8),
            restart_at: RestartAt::ALL[random.below(RestartAt::ALL.len() as u64) as usize],
            threshold: random.below(1 << 23) as u32,
            ..Pass::default()
        }),
    };
    let mut pointers = Pointers { all: random.once_in(3), ..Pointers::default() };
    // Fields of five and seven bits move only by the pointers that stay small.
    for (at, name) in Pointers::moved(&action).iter().enumerate() {
        let small = action.format().field(name).width < 16;
        pointers.selectors[at] = match random.below(3) {
            0 => 0,
            _ if small => 1 + random.below(2) as u8,
            _ => random.below(8) as u8,
        };
    }
    assert!(Pointers::moved(&action).len() <= SELECTOR_COUNT);
    Instruction { wait: wait(random), action, pointers }
}

/// Adds a body of a few instructions and loops.
fn body(random: &mut Random, program: &mut Vec<Instruction>, level: u32, depth: u32) {
    for _ in 0..=random.below(2) {
        program.push(unit_instruction(random));
        if level < depth && random.once_in(2) && program.len() < 26 {
            turn(random, program, level, depth);
        }
    }
}

fn turn(random: &mut Random, program: &mut Vec<Instruction>, level: u32, depth: u32) {
    let extent = Extent::ALL[random.below(Extent::ALL.len() as u64) as usize];
    // Pointers 1 and 2 stay below 16 whatever nests, so that a maximum's number holds them.
    let mut large = || random.below(300) as u32;
    let (stride_3, stride_4, stride_5) = (large(), large(), large());
    let (stride_6, stride_7) = (large(), large());
    let stride_1 = u32::from(level == 0 && random.once_in(2));
    let stride_2 = u32::from(level == 1 && random.once_in(2));
    let count = match extent {
        Extent::Chunks | Extent::Within => 1 << random.below(3),
        _ => random.below(4) as u32,
    };
    let action = Action::Loop(Loop {
        extent,
        count,
        stride_1,
        stride_2,
        stride_3,
        stride_4,
        stride_5,
        stride_6,
        stride_7,
    });
    program.push(Instruction::new(wait(random), action));
    body(random, program, level + 1, depth);
    program.push(Instruction::new(wait(random), Action::Next(Next { level })));
}

fn bits(encoded: &Encoded, width: u32) -> Vec<bool> {
    (0..width).map(|bit| encoded[bit as usize / 32] >> (bit % 32) & 1 == 1).collect()
}

/// What the units get: matrix, vector.
type Units<T> = [Vec<T>; 2];

/// What `firmware::control` says of a token: every address, and what the units get.
fn expected(program: &[Instruction], position: u32) -> (Vec<u64>, Units<(Action, Sent)>) {
    let mut control = Control::new(position);
    let (mut addresses, mut sent) = (vec![], Units::default());
    loop {
        let instruction = program[control.next()];
        addresses.push(control.next() as u64);
        match instruction.action {
            Action::End(_) => return (addresses, sent),
            Action::Loop(_) | Action::Next(_) => {}
            _ => {
                let action = instruction.moved(&control.pointers());
                let encoded = Instruction { action, ..instruction }.encode();
                let encoded = encoded.expect("pointers leave it in its fields");
                let (width, pass) = match action {
                    Action::Pass(pass) => (LONG_WIDTH, Some(pass)),
                    _ => (INSTRUCTION_WIDTH, None),
                };
                let expected = Sent {
                    instruction: bits(&encoded, width),
                    position: pass.map(|_| control.position()),
                    attended: control.attended(&instruction),
                    restarts: pass.map(|pass| control.restarts(pass.restart_at)),
                };
                sent[usize::from(pass.is_some())].push((action, expected));
            }
        }
        control.advance(&instruction);
    }
}

fn compare(machine: &mut Machine, expected: &Units<(Action, Sent)>, place: &str) {
    for (unit, expected) in machine.units.iter_mut().zip(expected) {
        assert_eq!(unit.sent.len(), expected.len(), "{place}");
        for (index, (found, (action, expected))) in unit.sent.drain(..).zip(expected).enumerate() {
            assert_eq!(found, *expected, "{place}, instruction {index} of its unit: {action:?}");
        }
    }
}

#[test]
fn random_loops_are_those_of_the_specification() {
    let mut random = Random(5);
    let mut turns = [0; Extent::ALL.len()];
    for round in 0..60 {
        let (depth, context) = (1 + round % 4, [2, 3, 5, 6][round as usize / 4 % 4]);
        let mut program = vec![];
        body(&mut random, &mut program, 0, depth);
        turn(&mut random, &mut program, 0, depth);
        program.push(unit_instruction(&mut random));
        program.push(end((random.below(8) as u8, random.below(8) as u8), 0));
        if program.len() > 40 {
            continue;
        }
        for instruction in &program {
            if let Action::Loop(turn) = instruction.action {
                turns[turn.extent.code() as usize] += 1;
            }
        }
        let room = [1, 2, 20][round as usize % 3];
        let slow = [0, 1, 5, 40][round as usize / 3 % 4];
        let mut machine = Machine::with(&looping_sequencer(depth, context), &program, room, slow);
        for position in 0..context {
            machine.issues.clear();
            machine.send(1, false, 4000).expect("a token is taken");
            machine.finish();
            let (addresses, sent) = expected(&program, position);
            let place = format!("round {round}, depth {depth}, position {position}");
            assert_eq!(machine.addresses(), addresses, "{place}");
            compare(&mut machine, &sent, &place);
            for issue in &machine.issues {
                let Wait { matrix, vector } = program[issue.address as usize].wait;
                let limits = [matrix, vector].map(usize::from);
                let met = issue.unfinished.iter().zip(limits).all(|(count, limit)| *count <= limit);
                assert!(met, "{place}: {issue:?} waits for {limits:?}");
            }
        }
    }
    assert!(turns.iter().all(|&count| count > 10), "{turns:?}");
}

/// Long instructions without loops: at once, and where the token stands.
#[test]
fn passes_without_loops() {
    let mut random = Random(9);
    let pass = |restart_at| {
        let action = Action::Pass(Pass { a: 17, restart_at, ..Pass::default() });
        Instruction::new(Wait { matrix: ANY, vector: ANY }, action)
    };
    let program = [pass(RestartAt::Never), pass(RestartAt::Text), end((0, 0), 0)];
    let sequencer = looping_sequencer(0, 6);
    let mut machine = Machine::with(&sequencer, &program, 2, 1 + random.below(3));
    for position in 0..3 {
        machine.issues.clear();
        let taken = machine.send(1, false, 1).unwrap();
        machine.finish();
        assert_eq!(machine.issues[0].cycle - taken, u64::from(sequencer.start_cycles()));
        compare(&mut machine, &expected(&program, position).1, &format!("position {position}"));
    }
}

/// A Loop, a Next, and a loop here take as many cycles as the sequencer says.
#[test]
fn turns_take_their_cycles() {
    let any = Wait { matrix: ANY, vector: ANY };
    let pass = Instruction::new(any, Action::Pass(Pass::default()));
    let turn = |extent, count| {
        let action = Action::Loop(Loop { extent, count, stride_1: 3, ..Loop::default() });
        Instruction::new(any, action)
    };
    let next = Instruction::new(any, Action::Next(Next { level: 0 }));
    let matrix = Instruction::new(any, Action::Matrix(Matrix::default()));
    let loops = [turn(Extent::Count, 2), matrix, pass, next];
    let here = [turn(Extent::Here, 0), pass, next, end((ANY, ANY), 0)];
    let program: Vec<Instruction> = loops.into_iter().chain(here).collect();
    for context in [2, 5, 6] {
        let sequencer = looping_sequencer(1, context);
        let (start, here) = (u64::from(sequencer.start_cycles()), sequencer.here_cycles());
        let mut machine = Machine::with(&sequencer, &program, 20, 0);
        let taken = machine.send(3, false, 1).unwrap();
        machine.finish();
        let mut cycle = start;
        let mut expected = vec![];
        for address in [0, 1, 2, 3, 1, 2, 3, 4, 5, 6, 7] {
            expected.push((address, cycle));
            cycle += match address {
                0 | 3 | 6 => start,
                4 => start + u64::from(here),
                _ => 1,
            };
        }
        let found: Vec<(u64, u64)> =
            machine.issues.iter().map(|issue| (issue.address, issue.cycle - taken)).collect();
        assert_eq!(found, expected, "context {context}");
    }
}

/// A token that is abandoned in its loops leaves nothing to the next.
#[test]
fn a_text_that_is_cleared_forgets_its_loops() {
    let mut random = Random(21);
    let any = Wait { matrix: ANY, vector: ANY };
    let action =
        Action::Loop(Loop { extent: Extent::Count, count: 9, stride_3: 40, ..Loop::default() });
    let mut program = vec![Instruction::new(any, action)];
    let here = Action::Loop(Loop { extent: Extent::Here, stride_4: 9, ..Loop::default() });
    program.push(Instruction::new(any, here));
    program.extend((0..3).map(|_| unit_instruction(&mut random)));
    program.push(Instruction::new(any, Action::Next(Next { level: 1 })));
    program.push(Instruction::new(any, Action::Next(Next { level: 0 })));
    program.push(end((0, 0), 0));
    let mut machine = Machine::with(&looping_sequencer(2, 6), &program, 2, 4);
    for cycles in 0..60 {
        machine.send(1, false, 4000).expect("a token is taken");
        (0..cycles).for_each(|_| machine.step());
        machine.bench.set("clear_i", 1);
        machine.step();
        machine.bench.set("clear_i", 0);
        machine.finish();
        machine.issues.clear();
        machine.units.iter_mut().for_each(|unit| unit.sent.clear());
        machine.send(1, false, 4000).expect("a token is taken");
        machine.finish();
        let (addresses, sent) = expected(&program, 0);
        assert_eq!(machine.addresses(), addresses, "after {cycles} cycles");
        compare(&mut machine, &sent, &format!("after {cycles} cycles"));
        machine.bench.set("clear_i", 1);
        machine.step();
        machine.bench.set("clear_i", 0);
    }
}
