//! Lines of a program, their loops taken apart, their passes joined, their pointers chosen.

use super::distribute::{PRIVATE, distribute};
use super::draft::{Moves, Over};
use super::fuse::fuse;
use super::line::Line;
use super::pointers::assign;
use super::streams::{Turns, turns};
use crate::isa::{
    Action, Destination, Extent, Finish, Instruction, Join, Loop, Next, Pass, Reduce, Space,
};
use crate::lower::lower;
use crate::machine::{MachineParameters, Memory};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use weights::config::Design;
use weights::sample;

const CHUNK: u32 = 4;

fn machine() -> MachineParameters {
    let program = lower(&sample::network(1), &Design::bundled()).expect("the sample fits");
    MachineParameters { elements: 4, context: 16, key_value_digits: 1, ..program.parameters }
}

fn line(action: Action, moves: &[(&'static str, Moves)]) -> Line {
    let (moves, remark) = (moves.to_vec(), String::new());
    Line { action, moves, over: None, all: false, remark }
}

fn begin(over: Over, extent: Extent, count: u32) -> Line {
    let turn = Loop { extent, count, ..Loop::default() };
    Line { over: Some(over), ..line(Action::Loop(turn), &[]) }
}

fn end(level: u32) -> Line {
    line(Action::Next(Next { level }), &[])
}

/// A pass over two words from one place of T to another, both of which move so much within a chunk.
fn copy(a: u32, write: u32, within: [u32; 2]) -> Line {
    let pass = Pass {
        channels: 8,
        a_space: Space::Temporaries,
        a,
        destination: Destination::Temporaries,
        write,
        ..Pass::default()
    };
    let moves = |within| [0, 0, 0, 0, within];
    line(Action::Pass(pass), &[("a", moves(within[0])), ("write", moves(within[1]))])
}

fn in_chunk(body: Vec<Line>) -> Vec<Line> {
    let mut lines = vec![
        begin(Over::Chunks, Extent::Chunks, CHUNK),
        begin(Over::Within, Extent::Within, CHUNK),
    ];
    lines.extend(body);
    lines.extend([end(1), end(0)]);
    lines
}

fn depths() -> BTreeMap<Memory, u32> {
    PRIVATE.into_iter().map(|memory| (memory, 100)).collect()
}

fn pass_of(line: &Line) -> Pass {
    match line.action {
        Action::Pass(pass) => pass,
        other => panic!("{other:?} is no pass"),
    }
}

#[test]
fn what_is_written_first_each_turn_has_to_itself() {
    // Own words, to scratch that all turns share, to own words again.
    let body = vec![copy(0, 40, [2, 0]), copy(40, 20, [0, 2])];
    let mut depths = depths();
    let apart = distribute(in_chunk(body), &machine(), false, &mut depths);
    let kinds: Vec<bool> = apart.iter().map(|it| matches!(it.action, Action::Pass(_))).collect();
    assert_eq!(kinds, [false, false, true, false, false, true, false, false]);
    let (first, second) = (pass_of(&apart[2]), pass_of(&apart[5]));
    assert_eq!((first.write, second.a), (100, 100), "behind all others");
    assert_eq!(apart[2].stride("write", &apart[1]), 2);
    assert_eq!(apart[5].stride("a", &apart[4]), 2);
    assert_eq!(depths[&Memory::Temporaries], 100 + 2 * CHUNK);
    let (instructions, _) = assign(apart).expect("there are enough pointers");
    for at in [2, 5] {
        assert_eq!(turns(&instructions, &machine(), at), Turns::Stream);
    }
}

#[test]
fn what_a_turn_leaves_to_the_next_stays_in_one_loop() {
    // The second turn reads what the first has written.
    let body = vec![copy(40, 20, [0, 2]), copy(0, 40, [2, 0]), copy(20, 0, [2, 2])];
    let apart = distribute(in_chunk(body), &machine(), false, &mut depths());
    let kinds: Vec<bool> = apart.iter().map(|it| matches!(it.action, Action::Pass(_))).collect();
    assert_eq!(kinds, [false, false, true, true, false, false, true, false, false]);
    assert_eq!((pass_of(&apart[2]).a, pass_of(&apart[3]).write), (40, 40));
}

#[test]
fn registers_that_do_not_suffice_are_shared() {
    // One level a turn, but registers end at 256.
    let mean = Pass {
        channels: 8,
        a_space: Space::Temporaries,
        reduce: Reduce::Sum,
        finish: Finish::Level,
        ..Pass::default()
    };
    let less = Pass {
        b_space: Space::Level,
        join: Join::Subtract,
        destination: Destination::Temporaries,
        reduce: Reduce::Nothing,
        ..mean
    };
    let own = ("a", [0, 0, 0, 0, 2]);
    let body = || {
        let to = ("write", [0, 0, 0, 0, 2]);
        vec![line(Action::Pass(mean), &[own]), line(Action::Pass(less), &[own, to])]
    };
    for (taken, loops) in [(100, 2), (250, 2), (254, 1)] {
        let mut depths = depths();
        depths.insert(Memory::Levels, taken);
        let apart = distribute(in_chunk(body()), &machine(), false, &mut depths);
        let within = apart.iter().filter(|it| it.over == Some(Over::Within)).count();
        assert_eq!(within, loops, "{taken} levels are taken");
    }
}

/// The pass of a loop of so many turns.
fn looped(pass: Line) -> Vec<Instruction> {
    let lines = vec![begin(Over::Within, Extent::Within, CHUNK), pass, end(0)];
    assign(lines).expect("there are enough pointers").0
}

#[test]
fn a_turn_waits_for_what_it_reads() {
    let found = |pass: Line| turns(&looped(pass), &machine(), 1);
    // Words of its own; the same words in place; those of the turn before; words that none moves.
    assert_eq!(found(copy(0, 40, [2, 2])), Turns::Stream);
    assert_eq!(found(copy(0, 0, [2, 2])), Turns::Stream);
    assert_eq!(found(copy(0, 2, [2, 2])), Turns::Wait);
    assert_eq!(found(copy(0, 0, [0, 0])), Turns::Wait);
    assert_eq!(found(copy(0, 2, [0, 0])), Turns::Stream);
    let mut two = vec![begin(Over::Within, Extent::Within, CHUNK), copy(0, 40, [2, 2])];
    two.extend([copy(8, 48, [2, 2]), end(0)]);
    let two = assign(two).expect("there are enough pointers").0;
    assert_eq!(turns(&two, &machine(), 1), Turns::Apart);
}

#[test]
fn a_join_goes_into_its_only_reader() {
    let sum = Pass {
        b_space: Space::Constants,
        b: 7,
        join: Join::Add,
        join_shift: 3,
        ..pass_of(&copy(0, 40, [2, 2]))
    };
    let sum = || Line { action: Action::Pass(sum), ..copy(0, 40, [2, 2]) };
    let spikes = || {
        let pass = Pass { spiking: 1, membrane: 9, ..pass_of(&copy(40, 60, [2, 2])) };
        Line { action: Action::Pass(pass), ..copy(40, 60, [2, 2]) }
    };
    let fused = fuse(&[sum(), spikes()], &machine());
    assert_eq!(fused.len(), 1);
    let pass = pass_of(&fused[0]);
    assert_eq!((pass.a, pass.b, pass.join, pass.join_shift), (0, 7, Join::Add, 3));
    assert_eq!((pass.spiking, pass.membrane, pass.write), (1, 9, 60));
    // Another one reads the sum too, or first writes another value in its place.
    assert_eq!(fuse(&[sum(), spikes(), copy(40, 80, [2, 2])], &machine()).len(), 3);
    assert_eq!(fuse(&[sum(), spikes(), copy(80, 40, [2, 2])], &machine()).len(), 2);
    // A value beside it, where a longer chunk would reach, is none in its place.
    let beside = [sum(), spikes(), copy(80, 48, [2, 2]), copy(40, 80, [2, 2])];
    assert_eq!(fuse(&beside, &machine()).len(), 4);
    // Heads read it, further on than one of them says.
    let heads = |count| {
        let read = Line { moves: vec![("a", [0, 0, 2, 0, 0])], ..copy(34, 80, [0, 0]) };
        let lines = [sum(), spikes(), begin(Over::Heads, Extent::Count, count), read, end(0)];
        fuse(&lines, &machine()).len()
    };
    assert_eq!((heads(2), heads(4)), (4, 5));
    // It takes other words.
    assert_eq!(fuse(&[sum(), copy(42, 60, [2, 2])], &machine()).len(), 2);
    assert_eq!(fuse(&[sum(), copy(40, 60, [4, 2])], &machine()).len(), 2);
}

#[test]
fn a_pass_gathers_what_it_makes() {
    let mean = Pass {
        channels: 8,
        a_space: Space::Temporaries,
        a: 40,
        reduce: Reduce::Sum,
        finish: Finish::Level,
        factor: 5,
        output: 3,
        ..Pass::default()
    };
    let reads = ("a", [0, 0, 0, 0, 2]);
    let fused = fuse(&[copy(0, 40, [2, 2]), line(Action::Pass(mean), &[reads])], &machine());
    assert_eq!(fused.len(), 1);
    let pass = pass_of(&fused[0]);
    assert_eq!((pass.a, pass.write, pass.reduce, pass.output), (0, 40, Reduce::Sum, 3));
}

#[test]
fn pointers_are_shared_where_loops_agree() {
    // Two loops in one: both move by whole chunks alike, and within them each its own way.
    let own = |words: u32| {
        let both = [0, words, 0, 0, words];
        let mut line = copy(0, 40, [0, 0]);
        line.moves = vec![("a", both), ("write", [0, 0, 0, 0, words])];
        line
    };
    let mut lines = vec![begin(Over::Chunks, Extent::Chunks, CHUNK)];
    for words in [2, 2, 3] {
        lines.extend([begin(Over::Within, Extent::Within, CHUNK), own(words), end(1)]);
    }
    lines.push(end(0));
    let (instructions, _) = assign(lines).expect("there are enough pointers");
    let selected = |at: usize| {
        let it: &Instruction = &instructions[at];
        [it.pointers.of(&it.action, "a"), it.pointers.of(&it.action, "write")]
    };
    assert_eq!((selected(2), selected(5), selected(8)), ([1, 2], [1, 2], [3, 2]));
    let strides = |at: usize| match instructions[at].action {
        Action::Loop(turn) => [turn.stride_1, turn.stride_2, turn.stride_3],
        other => panic!("{other:?} is no loop"),
    };
    assert_eq!((strides(0), strides(1), strides(7)), ([8, 0, 12], [2, 2, 0], [0, 3, 3]));
}
