//! When a word of a pass is where: cycles from its last read.
//!
//! ```text
//!  0 read   3 operands   8 joined   13 found   17 scaled   22 y written   23 counts, digits, terms
//! ```
//!
//! A word is written a cycle behind the last stage that does something to it (its exit): without a function
//! or a product [`JOIN_SAVES`] cycles earlier, without a neuron [`PRODUCT_SAVES`], and so is all behind.

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
/// The function of that is found.
pub const FOUND: u32 = JOINED + 5;
/// It is multiplied.
pub const SCALED: u32 = FOUND + 4;
/// It went through the neuron, and is written to T or S.
pub const RESULT: u32 = SCALED + 5;
/// How much earlier a word is written that leaves behind the join.
pub const JOIN_SAVES: u32 = RESULT - 1 - JOINED;
/// The same behind the product.
pub const PRODUCT_SAVES: u32 = RESULT - 1 - SCALED;
/// Counts, and terms of the reduction.
pub const COUNTS: u32 = RESULT + 1;
/// Digits of keys and values.
pub const DIGITS: u32 = RESULT + 2;

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
}

impl PassDepths {
    /// Those of a unit.
    pub fn new(elements: u32, radix: Radix, digits: u32) -> PassDepths {
        PassDepths {
            result: RESULT,
            vector: COUNTS,
            train: COUNTS + TrainWriter::descriptor_cycles(radix),
            digits: DIGITS + digits,
            finish: COUNTS + PassReduce::cycles(elements) + FINISH_CYCLES,
        }
    }

    /// The largest.
    pub fn most(&self) -> u32 {
        let PassDepths { result, vector, train, digits, finish } = *self;
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
            join_saves: JOIN_SAVES.into(),
            product_saves: PRODUCT_SAVES.into(),
        }
    }
}
