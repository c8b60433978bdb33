//! When a word of a pass is where: cycles from its last read.
//!
//! ```text
//!  0 read   3 operands   8 joined   13 found   17 scaled   22 y written   23 counts, digits, terms
//! ```
//!
//! A word is written a cycle behind the last stage that does something to it (its exit): without a function
//! or a product [`join_saves`](PassStages::join_saves) cycles earlier, without a neuron
//! [`PRODUCT_SAVES`], and so is all behind. Where no pass of the program has a function, there is no such
//! stage, and all behind it is five cycles earlier.

use super::pass_finish::FINISH_CYCLES;
use super::pass_reduce::PassReduce;
use super::train_writer::TrainWriter;
use firmware::machine_cycles::PassLatency;
use weights::numeric::Radix;

/// Cycles from the acceptance of a pass to its first read.
pub const ACCEPT_CYCLES: u32 = 2;
/// The operands are there.
pub const OPERANDS: u32 = 3;
/// They are joined.
pub const JOINED: u32 = OPERANDS + 5;
/// How much later than its results the counts of a word are there, and the terms of its reduction.
pub const COUNTS_BEHIND: u32 = 1;
/// The same of the digits of keys and values.
pub const DIGITS_BEHIND: u32 = 2;
/// How much earlier a word is written that leaves behind the product.
pub const PRODUCT_SAVES: u32 = NEURON_CYCLES - 1;

/// Cycles of the function of a value.
const FUNCTION_CYCLES: u32 = 5;
/// Cycles of its product.
const PRODUCT_CYCLES: u32 = 4;
/// Cycles of its neuron, and of its way to T or S.
const NEURON_CYCLES: u32 = 5;

/// The stages that a unit has for its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassStages {
    /// Whether there are functions.
    pub functions: bool,
}

impl PassStages {
    /// The function of a joined value is found.
    pub const fn found(self) -> u32 {
        if self.functions { JOINED + FUNCTION_CYCLES } else { JOINED }
    }

    /// Its scalar is read, where another pass may be behind: two cycles before it is multiplied.
    pub const fn scalar_read(self) -> u32 {
        self.found() - 2
    }

    /// It is multiplied.
    pub const fn scaled(self) -> u32 {
        self.found() + PRODUCT_CYCLES
    }

    /// It went through the neuron, and is written to T or S.
    pub const fn result(self) -> u32 {
        self.scaled() + NEURON_CYCLES
    }

    /// How much earlier a word is written that leaves behind the join.
    pub const fn join_saves(self) -> u32 {
        self.result() - 1 - JOINED
    }
}

/// Cycles from the last read of a pass to its last write, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassDepths {
    /// Anything: T or S.
    pub result: u32,
    /// The last word of a vector.
    pub vector: u32,
    /// The descriptor of a train.
    pub train: u32,
    /// The last digit of a key or value.
    pub digits: u32,
    /// A level or a scalar.
    pub finish: u32,
    /// What all that is less where the words leave behind the join.
    pub join_saves: u32,
    /// The read of the scalar, where another pass may be behind.
    pub scalar: u32,
}

impl PassDepths {
    /// Those of a unit.
    pub fn new(stages: PassStages, elements: u32, radix: Radix, digits: u32) -> PassDepths {
        let result = stages.result();
        let counts = result + COUNTS_BEHIND;
        PassDepths {
            result,
            vector: counts,
            train: counts + TrainWriter::descriptor_cycles(radix),
            digits: result + DIGITS_BEHIND + digits,
            finish: counts + PassReduce::cycles(elements) + FINISH_CYCLES,
            join_saves: stages.join_saves(),
            scalar: stages.scalar_read(),
        }
    }

    /// The largest.
    pub fn most(&self) -> u32 {
        let PassDepths { result, vector, train, digits, finish, join_saves: _, scalar: _ } = *self;
        [result, vector, train, digits, finish].into_iter().max().unwrap_or(result)
    }

    /// What the cycle model takes of these.
    pub fn latency(&self) -> PassLatency {
        PassLatency {
            accept_cycles: ACCEPT_CYCLES.into(),
            result_cycles: self.result.into(),
            vector_cycles: self.vector.into(),
            train_cycles: self.train.into(),
            digit_cycles: self.digits.into(),
            finish_cycles: self.finish.into(),
            join_saves: self.join_saves.into(),
            product_saves: PRODUCT_SAVES.into(),
            scalar_cycles: self.scalar.into(),
        }
    }
}
