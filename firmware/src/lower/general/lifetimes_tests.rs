//! Values that move to other words are found where they are read.

use super::super::accesses::accesses;
use super::super::ranges::Range;
use super::distribute::PRIVATE;
use super::lifetimes::Values;
use super::orders::orders;
use crate::control::Control;
use crate::isa::{
    ANY, Action, Destination, End, Extent, Instruction, Loop, Next, Pass, Space, Wait,
};
use crate::machine::{Memory, Program};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use weights::config::Design;
use weights::network::Network;
use weights::sample;

/// Who wrote a word: the how manieth executed instruction, and which of its words.
type Writer = Option<(usize, usize)>;

/// Who wrote the words that each executed instruction reads, in three tokens of a text.
fn readings(program: &Program, instructions: &[Instruction]) -> Vec<Vec<Writer>> {
    let mut written: BTreeMap<(Memory, u32), (usize, usize)> = BTreeMap::new();
    let mut readings = vec![];
    let tokens = program.parameters.context.clamp(1, 3);
    for token in 0..tokens {
        let mut control = Control::new(token);
        loop {
            let instruction = &instructions[control.next()];
            let set = accesses(&instruction.moved(&control.pointers()), &program.parameters);
            let words = |ranges: &[Range]| -> Vec<(Memory, u32)> {
                let private = ranges.iter().filter(|range| PRIVATE.contains(&range.memory));
                private
                    .flat_map(|it| (it.first..it.first + it.words).map(|word| (it.memory, word)))
                    .collect()
            };
            let read = words(&set.reads);
            readings.push(read.iter().map(|word| written.get(word).copied()).collect());
            for (index, word) in words(&set.writes).into_iter().enumerate() {
                written.insert(word, (readings.len(), index));
            }
            if Control::ends(instruction, token + 1 == tokens) {
                break;
            }
            control.advance(instruction);
        }
    }
    readings
}

fn behind(program: &Program) -> [Range; 1] {
    let words = program.logits_count.div_ceil(program.parameters.elements);
    [Range { memory: Memory::Results, first: program.logits_address, words }]
}

fn depth(depths: &BTreeMap<Memory, u32>) -> u32 {
    depths.get(&Memory::Results).unwrap_or(&0) + depths.get(&Memory::Temporaries).unwrap_or(&0)
}

#[test]
fn values_are_found_where_they_went() {
    let mut design = Design::bundled();
    design.array.acc_width = 24;
    design.machine.value_width = 24;
    let (mut checked, mut fewer) = (0, 0);
    for seed in 0..4 {
        let networks: [Network; 6] = [
            sample::network(seed),
            sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
            sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
            sample::spikelm(seed, &sample::spikelm_shape(seed)),
            sample::spikingbert(seed, &sample::spikingbert_shape(seed)),
            sample::spikellm(seed, &sample::spikellm_shape(seed)).network().unwrap(),
        ];
        for network in &networks {
            for (order, program) in orders(network, &design).unwrap() {
                let known = readings(&program, &program.instructions);
                let mut instructions = program.instructions.clone();
                let mut values = Values::of(&instructions, &program.parameters, &behind(&program));
                values.apart(&mut instructions);
                assert_eq!(readings(&program, &instructions), known, "apart: {order:?}");
                for rest in [0, 16] {
                    let (mut packed, mut values) = (instructions.clone(), values.clone());
                    let depths = values.pack(&mut packed, rest);
                    assert_eq!(readings(&program, &packed), known, "{}, {order:?}", network.name);
                    let before =
                        program.parameters.result_depth + program.parameters.temporary_depth;
                    fewer += usize::from(depth(&depths) < before);
                }
                checked += 1;
            }
        }
    }
    println!("{checked} programs, {fewer} with fewer words");
    assert!(checked > 80 && fewer > checked / 4, "{fewer} of {checked}");
}

/// A pass over one word from one place of T to another.
fn copy(a: u32, write: u32) -> Instruction {
    let pass = Pass {
        channels: 4,
        a_space: Space::Temporaries,
        a,
        destination: Destination::Temporaries,
        write,
        ..Pass::default()
    };
    Instruction::new(Wait { matrix: ANY, vector: ANY }, Action::Pass(pass))
}

fn places(instructions: &[Instruction]) -> Vec<(u32, u32)> {
    let place = |it: &Instruction| match &it.action {
        Action::Pass(pass) => Some((pass.a, pass.write)),
        _ => None,
    };
    instructions.iter().filter_map(place).collect()
}

#[test]
fn words_rest_before_they_are_taken_again() {
    let program = crate::lower::lower(&sample::matrix(1, (10, 14), 4), &Design::bundled());
    let machine = program.unwrap().parameters;
    // Word 9 lives from token to token; what 5 holds has two lives.
    let end = Instruction::new(Wait { matrix: ANY, vector: ANY }, Action::End(End::default()));
    let mut program = vec![copy(9, 5), copy(5, 6), copy(6, 5), copy(5, 9), end];
    let mut values = Values::of(&program, &machine, &[]);
    values.apart(&mut program);
    assert_eq!(places(&program), [(0, 1), (1, 2), (2, 3), (3, 0)]);
    let packed = |rest: usize| {
        let mut packed = program.clone();
        let depths = values.clone().pack(&mut packed, rest);
        (places(&packed), depths[&Memory::Temporaries])
    };
    assert_eq!(packed(0), (vec![(1, 0), (0, 2), (2, 0), (0, 1)], 3));
    assert_eq!(packed(1), (vec![(1, 0), (0, 2), (2, 3), (3, 1)], 4));
}

/// What a turn of a loop leaves to the next one stays where it is, and all that a loop touches lives
/// through all of its turns.
#[test]
fn loops_are_one() {
    let program = crate::lower::lower(&sample::matrix(1, (10, 14), 4), &Design::bundled());
    let machine = program.unwrap().parameters;
    let any = Wait { matrix: ANY, vector: ANY };
    let turn = Action::Loop(Loop { extent: Extent::Count, count: 3, ..Loop::default() });
    let [turn, next, end] = [turn, Action::Next(Next { level: 0 }), Action::End(End::default())]
        .map(|it| Instruction::new(any, it));
    let mut program = vec![
        copy(9, 5),
        turn,
        copy(5, 6),
        copy(6, 5),
        next,
        copy(5, 9),
        copy(9, 6),
        copy(6, 9),
        end,
    ];
    let mut values = Values::of(&program, &machine, &[]);
    values.apart(&mut program);
    let found = [(0, 1), (1, 2), (2, 1), (1, 0), (0, 3), (3, 0)];
    assert_eq!(places(&program), found);
    assert_eq!(values.pack(&mut program, 0)[&Memory::Temporaries], 3);
    assert_eq!(places(&program)[1..3], [(0, 2), (2, 0)]);
}
