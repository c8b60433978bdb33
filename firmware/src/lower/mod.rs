//! Lowering: a network becomes a program for a machine.
//!
//! ```text
//!  Network + Design ─► general: passes, matrices, loops, in several orders ─► the fastest ─► Program
//!                                     └─► accesses ─► schedule ─► waits ─► hazards: proof
//! ```
//!
//! [`general`] makes instructions of operations; beside it lies what asks nothing of networks: words that
//! instructions use (`accesses`, `spread`), their order (`schedule`) and their waits, and the memories
//! that they are given (`pool`, `layout`, `sizes`).
//!
//! Fractions, factors and shifts are static and follow from bounds over the actual weights, never from
//! sample inputs; what varies from token to token travels in scalars.

mod accesses;
mod bounds;
mod error;
mod factor;
mod general;
pub mod hazards;
mod layout;
mod pass_accesses;
mod pool;
mod quantised;
mod ranges;
mod schedule;
mod sizes;
mod spread;
mod waits;

#[cfg(test)]
mod tests;

pub use accesses::accesses;
pub use error::{LowerError, width_remedy};
pub use general::PositionOrder;
pub use ranges::{Accesses, Range};
pub use sizes::STORE_WORDS_MAX;
pub use spread::{Reach, reaches, spread_accesses};

use crate::machine::Program;
use weights::config::Design;
use weights::network::Network;

/// Lowers `network` to a machine of `design`.
///
/// # Errors
/// If the network is none, has an operation in a place where the machine cannot execute it, or a
/// width, a memory or a field of an instruction does not hold what the weights can ask for.
pub fn lower(network: &Network, design: &Design) -> Result<Program, LowerError> {
    network.check()?;
    let program = general::lower(network, design)?;
    if let Err(hazard) = hazards::check(&program) {
        panic!("{hazard}: {}", program.remarks[hazard.later]);
    }
    sizes::require_baked(&program.parameters)?;
    Ok(program.marked())
}

/// Every program of a network, by the order in which it goes over the positions of a text: [`lower`]
/// takes the fastest. All have the same results.
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
