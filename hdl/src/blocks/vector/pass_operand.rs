//! One operand of a pass: its word from the memory it is in, or what stands for it.
//!
//! ```text
//!  R T S C ─► memory of its space ─► word_q ─► level, maximum, zero, lowest ─► operand_o
//! ```
//!
//! The membrane of a neuron is an operand that comes from S.

use super::choice::Chosen;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{Restart, Space};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The memories of values, and the ports of their words.
pub const MEMORIES: [(Space, &str); 4] = [
    (Space::Results, "result"),
    (Space::Temporaries, "temporary"),
    (Space::State, "state"),
    (Space::Constants, "constant"),
];

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassOperand {
    /// Which one: `a`, `b`, `c` or `membrane`.
    pub name: &'static str,
    /// Elements of a word.
    pub elements: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// Where it is read.
    pub spaces: BTreeSet<Space>,
    /// What it is where the state begins anew.
    pub restarts: BTreeSet<Restart>,
    /// Whether neighbours may change places.
    pub swaps: bool,
    /// Whether another pass may be behind: fields come with the words.
    pub streams: bool,
}

impl PassOperand {
    /// The module `pass_operand_<name>`.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "operand {} of a pass.\n\n\
             A word of a memory is taken in the cycle after its read, in the phase of this \
             operand; what becomes of it is there two cycles later.",
            self.name
        );
        let b = Builder::new(&format!("pass_operand_{}", self.name), file!(), &summary);
        let width = self.elements * self.value_width;
        b.port_group(match self.streams {
            true => "The pass: its space as the word is taken, a cycle before what stands for it.",
            false => "The pass, held.",
        });
        let space = Chosen::input(&b, "space", &self.told_apart(), "where it is");
        let restart = Chosen::input(&b, "restart", &self.restarts, "what it is instead");
        b.port_group("Words, a cycle after their read.");
        let memories: Vec<(Space, Signal)> = MEMORIES
            .iter()
            .filter(|(memory, _)| self.spaces.contains(memory))
            .map(|&(memory, port)| (memory, b.input(&format!("{port}_i"), uint(width), "word")))
            .collect();
        let mut word = b.literal(0, uint(width));
        if !memories.is_empty() {
            let taken = b.input("taken_i", uint(1), "this one is of this operand");
            b.section("The word of its memory.");
            let chosen = b.wire("chosen", space.pick_ready(&memories));
            let chosen = self.swapped(&b, chosen);
            word = b.delay("word_q", taken, chosen);
        }
        b.section("What stands for it.");
        let repeated = |port: &str, meaning: &str| {
            let value = b.input(port, sint(self.value_width), meaning);
            value.as_uint().repeat(self.elements)
        };
        let in_memory: Vec<Space> = memories.iter().map(|(memory, _)| *memory).collect();
        let late = self.streams.then(|| space.later("standing", 1));
        let standing = late.as_ref().unwrap_or(&space).pick(&[
            (&[Space::Nothing], &|| word.same(0)),
            (&[Space::Level, Space::Maximum], &|| repeated("register_i", "the level or maximum")),
            (&in_memory, &|| word),
        ]);
        let lowest = || {
            let lowest = [b.literal(0b11, uint(2)), b.literal(0, uint(self.value_width - 2))];
            b.wire("lowest", b.concat(&lowest)).repeat(self.elements)
        };
        let anew = restart.pick(&[
            (&[Restart::Zero], &|| word.same(0)),
            (&[Restart::Lowest], &lowest),
            (&[Restart::Keep], &|| standing),
        ]);
        let operand = if restart.makes(&[Restart::Zero, Restart::Lowest]) {
            let restarts = b.input("restarts_i", uint(1), "the state begins anew");
            restarts.select(anew, standing)
        } else {
            standing
        };
        let operand = b.delay("operand_q", b.flag(true), operand);
        b.port_group("Two cycles after the last word was taken.");
        b.output("operand_o", operand, "the operand");
        b.finish()
    }

    /// The spaces, levels for maxima too: whoever reads the registers has chosen between them.
    fn told_apart(&self) -> BTreeSet<Space> {
        let only = |space: &Space| matches!(space, Space::Level | Space::Maximum);
        match self.spaces.iter().all(only) {
            true => BTreeSet::from([Space::Level]),
            false => self.spaces.clone(),
        }
    }

    /// Neighbours in each other's places, if the pass says so.
    fn swapped<'m>(&self, b: &'m Builder, word: Signal<'m>) -> Signal<'m> {
        if !self.swaps {
            return word;
        }
        let swap = b.input("swap_i", uint(1), "neighbours change places");
        let element = |index: u32| word.bits((index ^ 1) * self.value_width, self.value_width);
        let elements: Vec<Signal> = (0..self.elements).rev().map(element).collect();
        swap.select(b.concat(&elements), word)
    }
}
