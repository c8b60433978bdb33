//! Words by the lifetimes of what they hold.
//!
//! ```text
//!  words of R, T, trains, … ─► values: what is written, and all that reads it
//!                              │ apart: each has words of its own, so that instructions may change places
//!                              └ packed: once those have their order, words are taken again
//! ```
//!
//! A value is words that some instruction addresses at once, with all that others find in them. It moves
//! as a whole. What a loop does is seen as one: a value lives through all turns of each loop that touches
//! it. What is read before it is written lives from token to token, and so always.

use super::super::accesses::{accesses, result_words};
use super::super::ranges::Range;
use super::super::spread::{Reach, reaches};
use super::distribute::PRIVATE;
use super::line::advanced;
use crate::isa::{Action, Extent, Instruction, Pointers};
use crate::machine::{MachineParameters, Memory};
use std::collections::{BTreeMap, BTreeSet};

/// An address of an instruction, and the words that it reaches there.
struct Touch {
    field: &'static str,
    range: Range,
    writes: bool,
    /// Whether it leaves some of the words as they are.
    gaps: bool,
}

/// Words that are addressed at once.
#[derive(Clone, Copy, Debug)]
struct Words {
    range: Range,
    /// From token to token, or until the host has read them.
    always: bool,
    at_end: bool,
}

/// An address of an instruction that lies in a value.
#[derive(Clone)]
struct Use {
    instruction: usize,
    field: &'static str,
    value: usize,
}

/// The values of a program.
#[derive(Clone)]
pub(super) struct Values {
    /// Those that are one have one root.
    parents: Vec<usize>,
    words: Vec<Words>,
    uses: Vec<Use>,
    /// What the words hold at the end.
    current: BTreeMap<(Memory, u32), usize>,
    /// How far each value has been moved.
    moved: Vec<i64>,
}

impl Values {
    /// The values of a program; the host reads the words `read_behind` it.
    pub(super) fn of(
        instructions: &[Instruction],
        machine: &MachineParameters,
        read_behind: &[Range],
    ) -> Values {
        let mut values = Values {
            parents: vec![],
            words: vec![],
            uses: vec![],
            current: BTreeMap::new(),
            moved: vec![],
        };
        let reaches = reaches(instructions, machine.context);
        let mut around: Vec<bool> = vec![];
        let mut touched: BTreeSet<(Memory, u32)> = BTreeSet::new();
        for (at, (instruction, reach)) in instructions.iter().zip(&reaches).enumerate() {
            match &instruction.action {
                Action::Loop(turn) => around.push(turn.extent == Extent::Here),
                Action::Next(_) => {
                    around.pop();
                }
                _ => {}
            }
            if around.is_empty() {
                touched.clear();
            }
            // Of all positions that of the token is written; others are there from tokens before.
            let here = around.contains(&true);
            for touch in touches(instruction, reach, machine) {
                let value = match touch.writes {
                    true => values.write(touch.range, here || touch.gaps, &touched),
                    false => values.read(touch.range),
                };
                let root = values.root(value);
                values.words[root].always |= here;
                values.uses.push(Use { instruction: at, field: touch.field, value });
                if !around.is_empty() {
                    touched.extend(places(touch.range));
                }
            }
        }
        for range in read_behind {
            let value = values.read(*range);
            let root = values.root(value);
            values.words[root].at_end = true;
        }
        values.moved = vec![0; values.words.len()];
        values
    }

    fn root(&self, value: usize) -> usize {
        let mut root = value;
        while self.parents[root] != root {
            root = self.parents[root];
        }
        root
    }

    fn add(&mut self, range: Range, always: bool) -> usize {
        self.parents.push(self.words.len());
        self.words.push(Words { range, always, at_end: false });
        self.words.len() - 1
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        let (a, b) = (self.words[one], self.words[other]);
        let first = a.range.first.min(b.range.first);
        let end = (a.range.first + a.range.words).max(b.range.first + b.range.words);
        let range = Range { first, words: end - first, ..a.range };
        self.parents[other] = one;
        self.words[one] =
            Words { range, always: a.always || b.always, at_end: a.at_end || b.at_end };
    }

    fn read(&mut self, range: Range) -> usize {
        let value = self.add(range, false);
        for place in places(range) {
            match self.current.get(&place) {
                Some(&found) => self.join(found, value),
                None => {
                    let root = self.root(value);
                    self.words[root].always = true;
                    self.current.insert(place, value);
                }
            }
        }
        value
    }

    /// Writes words: another value begins there, unless some stay as they are, or the loop at hand has
    /// touched them.
    fn write(&mut self, range: Range, partly: bool, touched: &BTreeSet<(Memory, u32)>) -> usize {
        let value = self.add(range, false);
        for place in places(range) {
            let found = self.current.get(&place).copied();
            let stays = |found: &usize| {
                partly || touched.contains(&place) || self.words[self.root(*found)].always
            };
            if let Some(found) = found.filter(stays) {
                self.join(found, value);
            }
            self.current.insert(place, value);
        }
        value
    }

    /// Gives every value words that no other one has.
    pub(super) fn apart(&mut self, instructions: &mut [Instruction]) {
        let mut depths: BTreeMap<Memory, u32> = BTreeMap::new();
        let mut firsts = BTreeMap::new();
        for value in (0..self.words.len()).filter(|&value| self.root(value) == value) {
            let range = self.words[value].range;
            let depth = depths.entry(range.memory).or_default();
            firsts.insert(value, *depth);
            *depth += range.words;
        }
        self.place(&firsts, instructions);
    }

    /// Instructions now stand in that order.
    pub(super) fn follow(&mut self, order: &[usize]) {
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
        self.uses.iter_mut().for_each(|it| it.instruction = place[it.instruction]);
    }

    /// Gives the values as few words as their lifetimes allow, if words `rest` for so many instructions
    /// before they are taken again. Yields the words of each memory.
    pub(super) fn pack(
        &mut self,
        instructions: &mut [Instruction],
        rest: usize,
    ) -> BTreeMap<Memory, u32> {
        let lives = self.lives(instructions);
        let mut values: Vec<usize> = lives.keys().copied().collect();
        values.sort_by_key(|value| (lives[value], *value));
        let mut depths = BTreeMap::new();
        let mut firsts = BTreeMap::new();
        let mut placed: Vec<(Range, (usize, usize))> = vec![];
        for value in values {
            let (range, (begin, end)) = (self.words[value].range, lives[&value]);
            let beside = |(_, other): &&(Range, (usize, usize))| {
                other.0 <= end + rest && begin <= other.1 + rest
            };
            let mut taken: Vec<Range> = placed
                .iter()
                .filter(|(other, _)| other.memory == range.memory)
                .filter(beside)
                .map(|it| it.0)
                .collect();
            taken.sort_by_key(|range| range.first);
            let mut first = 0;
            for other in taken {
                if first + range.words <= other.first {
                    break;
                }
                first = first.max(other.first + other.words);
            }
            firsts.insert(value, first);
            placed.push((Range { first, ..range }, (begin, end)));
            let depth: &mut u32 = depths.entry(range.memory).or_default();
            *depth = (*depth).max(first + range.words);
        }
        self.place(&firsts, instructions);
        depths
    }

    /// The first and the last instruction that need a value, by value.
    fn lives(&self, instructions: &[Instruction]) -> BTreeMap<usize, (usize, usize)> {
        let loops = outermost(instructions);
        let mut lives: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for it in &self.uses {
            let value = self.root(it.value);
            let around =
                loops.iter().find(|(first, last)| (first..=last).contains(&&it.instruction));
            let (first, last) = around.copied().unwrap_or((it.instruction, it.instruction));
            let life = lives.entry(value).or_insert((first, last));
            *life = (life.0.min(first), life.1.max(last));
            let words = self.words[value];
            if words.always {
                life.0 = 0;
            }
            if words.always || words.at_end {
                life.1 = instructions.len();
            }
        }
        lives
    }

    /// Moves values to their first words.
    fn place(&mut self, firsts: &BTreeMap<usize, u32>, instructions: &mut [Instruction]) {
        let mut by: BTreeMap<usize, i64> = BTreeMap::new();
        for (&value, &first) in firsts {
            by.insert(value, i64::from(first) - i64::from(self.words[value].range.first));
            self.words[value].range.first = first;
            self.moved[value] += by[&value];
        }
        for it in &self.uses {
            let words = by[&self.root(it.value)];
            let instruction = &mut instructions[it.instruction];
            instruction.action = moved(&instruction.action, it.field, words);
        }
    }

    /// Where a word is now that the host reads behind the program.
    pub(super) fn behind(&self, memory: Memory, word: u32) -> u32 {
        let value = self.current.get(&(memory, word)).map(|&value| self.root(value));
        value.map_or(word, |value| (i64::from(word) + self.moved[value]) as u32)
    }
}

fn places(range: Range) -> impl Iterator<Item = (Memory, u32)> {
    (range.first..range.first + range.words).map(move |word| (range.memory, word))
}

/// An action with one of its addresses so many words further on, or back.
fn moved(action: &Action, field: &'static str, words: i64) -> Action {
    // Sums of addresses wrap.
    advanced(action, field, words as u32)
}

/// The words that the addresses of an instruction reach wherever its pointers stand, reads first.
fn touches(instruction: &Instruction, reach: &Reach, machine: &MachineParameters) -> Vec<Touch> {
    let fixed = accesses(&instruction.action, machine);
    let gaps = match &instruction.action {
        Action::Matrix(matrix) => {
            matrix.vectors > 1 && matrix.apart > result_words(matrix, machine)
        }
        _ => false,
    };
    let mut touches = vec![];
    for &field in Pointers::moved(&instruction.action) {
        let further = accesses(&advanced(&instruction.action, field, 1), machine);
        let spread = reach[instruction.pointers.of(&instruction.action, field)];
        let both = [(&fixed.reads, &further.reads, false), (&fixed.writes, &further.writes, true)];
        for (before, behind, writes) in both {
            let own = before.iter().zip(behind).filter(|(before, behind)| before != behind);
            let private = own.filter(|(range, _)| PRIVATE.contains(&range.memory));
            touches.extend(private.map(|(range, _)| {
                let range = Range { words: range.words + spread, ..*range };
                Touch { field, range, writes, gaps: gaps && range.memory == Memory::Results }
            }));
        }
    }
    touches.sort_by_key(|touch| touch.writes);
    touches
}

/// The outermost loops of a program: their first and their last instruction.
fn outermost(instructions: &[Instruction]) -> Vec<(usize, usize)> {
    let (mut loops, mut open) = (vec![], vec![]);
    for (at, instruction) in instructions.iter().enumerate() {
        match instruction.action {
            Action::Loop(_) => open.push(at),
            Action::Next(_) => {
                let first = open.pop();
                if let (Some(first), true) = (first, open.is_empty()) {
                    loops.push((first, at));
                }
            }
            _ => {}
        }
    }
    loops
}
