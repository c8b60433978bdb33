//! Words of memories that are read and written.

use crate::machine::Memory;
use serde::Serialize;

/// Words of one memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The memory.
    pub memory: Memory,
    /// First word.
    pub first: u32,
    /// Words.
    pub words: u32,
}

impl Range {
    /// Whether the two share a word.
    pub fn meets(&self, other: &Range) -> bool {
        self.memory == other.memory
            && self.first < other.first + other.words
            && other.first < self.first + self.words
    }
}

/// What an instruction reads and writes. Weights and constants never change, so they are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// Words that it reads.
    pub reads: Vec<Range>,
    /// Words that it writes.
    pub writes: Vec<Range>,
}

impl Accesses {
    /// Whether the two may not change places: one writes what the other reads or writes.
    pub fn conflicts(&self, other: &Accesses) -> bool {
        let meet = |a: &[Range], b: &[Range]| a.iter().any(|a| b.iter().any(|b| a.meets(b)));
        meet(&self.writes, &other.writes)
            || meet(&self.writes, &other.reads)
            || meet(&self.reads, &other.writes)
    }

    pub(super) fn read(&mut self, memory: Memory, first: u32, words: u32) {
        self.reads.push(Range { memory, first, words });
    }

    pub(super) fn write(&mut self, memory: Memory, first: u32, words: u32) {
        self.writes.push(Range { memory, first, words });
    }
}
