//! Lowering: a network of BitNet blocks becomes a program for a machine.
//!
//! ```text
//!  Network + Design ─► bounds of the residual ─► one function an operation ─► waits ─► Program
//!                                                    │ memory, frames, proofs     └► hazards: proof
//! ```
//!
//! Operations are lowered in their order; each takes its inputs from where the producers put them
//! and says where its result lies and what a unit of it is. Frames, factors and shifts are static
//! and follow from bounds over the actual weights, never from sample inputs; what varies from token
//! to token travels in scalars.
//!
//! | operation | becomes |
//! |---|---|
//! | embed | Matrix: a row of the table, as balanced ternary digits |
//! | rms_norm | Norm, Encode: its counts; the gain joins the factors behind it |
//! | ternary_linear | Matrix: raw sums to R, or added to X where an add is all that reads it |
//! | rotary | Rotate: R to T |
//! | attention_scores | Encode of the queries, Store of the keys |
//! | softmax, weighted_values | Measure, Store of the values; a head: Matrix, Softmax, Encode, Matrix |
//! | apply (silu), multiply | Gate: R to T, in pieces |
//! | add | nothing: the matrix has added |
//! | head | Matrix over the table's digits: logits and prediction |

mod accesses;
mod attention;
mod bounds;
mod emitter;
mod error;
mod factor;
mod feed_forward;
mod gain;
mod general;
pub mod hazards;
mod heads;
mod linear;
mod norm;
mod pass_accesses;
mod pool;
mod quantised;
mod ranges;
mod residual;
mod rotary;
mod schedule;
mod sizes;
mod spread;
mod tables;
mod values;
mod waits;

#[cfg(test)]
mod tests;

pub use accesses::{accesses, argument};
pub use error::{LowerError, width_remedy};
pub use general::PositionOrder;
pub use ranges::{Accesses, Range};
pub use sizes::STORE_WORDS_MAX;
pub use spread::{Reach, reaches, spread_accesses};

use crate::machine::Program;
use emitter::Emitter;
use schedule::Order;
use values::Value;
use weights::config::Design;
use weights::network::{EmbedIndex, Function, Network, Operation, Readout, bitnet_shape};

/// Lowers `network` to a machine of `design`.
///
/// # Errors
/// If the network is none, has an operation in a place where the machine cannot execute it, or a
/// width, a memory or a field of an instruction does not hold what the weights can ask for.
pub fn lower(network: &Network, design: &Design) -> Result<Program, LowerError> {
    let program = lower_in(network, design, schedule::order)?;
    sizes::require_baked(&program.parameters)?;
    Ok(program.marked())
}

/// Every program of a network of passes, by the order in which it goes over the positions of a text:
/// [`lower`] takes the fastest. All have the same results.
///
/// # Errors
/// As [`lower`].
pub fn position_orders(
    network: &Network,
    design: &Design,
) -> Result<Vec<(PositionOrder, Program)>, LowerError> {
    network.check()?;
    let orders = general::orders(network, design)?;
    Ok(orders.into_iter().map(|(order, program)| (order, program.marked())).collect())
}

/// [`lower`] with the instructions in any legal order.
fn lower_in(network: &Network, design: &Design, order: Order) -> Result<Program, LowerError> {
    network.check()?;
    // Its instructions know one function of a gate, and norms before all matrices; passes know all.
    let own =
        |shape: weights::network::BitnetShape| shape.sub_norms && shape.gate == Function::Silu;
    let answers_ids = network.readout == Readout::NextToken;
    if !(answers_ids && bitnet_shape(network).is_some_and(own)) {
        return general::lower(network, design);
    }
    let mut emitter = Emitter::new(network, design)?;
    for (index, operation) in network.operations.iter().enumerate() {
        emitter.begin(index);
        let value = emitter.operation(operation)?;
        emitter.finish_operation(value);
    }
    let program = emitter.program(order)?;
    if let Err(hazard) = hazards::check(&program) {
        panic!("{hazard}: {}", program.remarks[hazard.later]);
    }
    Ok(program)
}

impl<'n> Emitter<'n> {
    /// Emits what an operation becomes.
    fn operation(&mut self, operation: &'n Operation) -> Result<Value<'n>, LowerError> {
        match operation {
            Operation::Embed { table, index: EmbedIndex::Token, .. } => self.embed(table),
            Operation::RmsNorm { name, input, weight, epsilon, .. } => {
                self.rms_norm(name, input, weight.values(), *epsilon)
            }
            Operation::TernaryLinear { input, matrix, .. } => self.linear(input, matrix),
            Operation::Rotary { input, head_width, base, pairing, .. } => {
                self.rotary(input, *head_width, *base, *pairing)
            }
            Operation::AttentionScores { name, query, key, shape, .. } if shape.causal => {
                self.attention_scores(name, query, key, shape)
            }
            Operation::Softmax { input, .. } => self.softmax(input),
            Operation::WeightedValues { probabilities, value, shape, .. } if shape.causal => {
                self.weighted_values(probabilities, value)
            }
            Operation::Apply { function: Function::Silu, input, .. } => self.silu(input),
            Operation::Multiply { left, right, .. } => self.multiply(left, right),
            Operation::Add { left, right, .. } => self.add(left, right),
            Operation::Head { table, input, .. } => self.head(table, input),
            _ => Err(self.refuse(
                "the machine does not execute it",
                "lower a BitNet network: embed, rms_norm, ternary_linear, rotary, causal \
                 attention, silu, multiply, add, head",
            )),
        }
    }
}
