//! Why a network cannot be lowered to a machine.

use crate::isa::InstructionError;
use weights::config::limits::{ACC_WIDTH_MAX, COUNT_WIDTH_MAX, VALUE_WIDTH_MAX};
use weights::network::NetworkError;

/// Why a network cannot be lowered to a machine.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LowerError {
    /// The network is none.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An operation that the machine does not have, or not in this place.
    #[error("{operation}: {reason}; {remedy}")]
    Operation {
        /// Its kind and the value that it writes.
        operation: String,
        /// What is wrong.
        reason: String,
        /// The way out.
        remedy: &'static str,
    },
    /// A value of the design with which no machine can be made.
    #[error("{message}; {remedy}")]
    Design {
        /// Its dotted key, such as `array.lanes`.
        key: &'static str,
        /// What is wrong, with value and limit.
        message: String,
        /// The way out.
        remedy: String,
    },
    /// A value can leave its width.
    #[error(
        "layer `{layer}`: {quantity} can reach {worst}, {key} {given} holds {limit}; {}",
        width_remedy(.key, .key, *.needed)
    )]
    Width {
        /// The layer.
        layer: String,
        /// What of it.
        quantity: &'static str,
        /// The largest magnitude.
        worst: u64,
        /// Dotted key of the width in the design.
        key: &'static str,
        /// The width.
        given: u32,
        /// The largest magnitude that it holds.
        limit: u64,
        /// The width that is needed.
        needed: u32,
    },
    /// A number of the model is beyond what an instruction can say.
    #[error(
        "layer `{layer}`: {quantity} {value:e} is beyond a 16-bit factor with a shift of 0..=63; \
         lower machine.value_width, or rescale the weights"
    )]
    Factor {
        /// The layer.
        layer: String,
        /// What of it.
        quantity: &'static str,
        /// The number.
        value: f64,
    },
    /// A field of an instruction does not hold what the network needs.
    #[error("{remark}: {error}; {}", field_remedy(.error))]
    Instruction {
        /// What the instruction is for.
        remark: String,
        /// The field.
        error: InstructionError,
    },
    /// A memory is larger than its addresses reach.
    #[error("the {memory} takes {words} words, at most {limit} have addresses; {remedy}")]
    Memory {
        /// Which memory.
        memory: &'static str,
        /// Its words.
        words: u64,
        /// The most there can be.
        limit: u64,
        /// The way out.
        remedy: &'static str,
    },
}

/// What makes the number in a field of an instruction smaller.
fn field_remedy(error: &InstructionError) -> &'static str {
    let InstructionError::Field { field, .. } = error else {
        return "take a smaller model";
    };
    match *field {
        "tiles" | "last_rows" => "raise array.lanes",
        "stride" | "columns" | "source" => "raise array.slots",
        "base" => "raise array.lanes and array.slots",
        "count" => "shorten machine.context",
        "train" | "scalar" | "output" | "maximum" => "take a model of fewer heads",
        // Addresses of vectors, how far they move, and how long they are.
        _ => "raise machine.elements, or take a narrower model",
    }
}

/// What lifts a width that is `called` something in the message: the width itself, or what else there
/// is where no width is enough.
pub fn width_remedy(key: &str, called: &str, needed: u32) -> String {
    let (widest, otherwise) = match key {
        "machine.count_width" => (COUNT_WIDTH_MAX, "quantise the model with a lower --mean-count"),
        "machine.value_width" => (VALUE_WIDTH_MAX, "take a model of narrower matrices"),
        _ => (ACC_WIDTH_MAX, "take a model of narrower matrices"),
    };
    match needed <= widest {
        true => format!("raise {called} to {needed}"),
        false => format!("{widest} bits are the most: {otherwise}"),
    }
}

impl LowerError {
    /// The dotted key of the design to which the error belongs, for a message that points at it.
    pub fn key(&self) -> Option<&'static str> {
        match self {
            LowerError::Design { key, .. } | LowerError::Width { key, .. } => Some(key),
            _ => None,
        }
    }
}
