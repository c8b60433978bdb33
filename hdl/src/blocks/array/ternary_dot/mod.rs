//! Ternary dot product: as many trits of weights as of spikes in, their signed sum out.
//!
//! ```text
//!  high_i, low_i ──────┬─► slots ─► counts ─► tree of additions ─► − slots ─► dot_o
//!  active_i, negative_i┘
//! ```
//!
//! Bit-exact to [`numeric::dot`](weights::numeric::dot).
//!
//! Two forms do the same: [`portable`] in what every synthesis knows, [`ecp5`] in an ECP5's carry
//! cells, a slot each. In both a slot counts one and its product, or one less its product: 0, 1 or
//! 2, so that no sum of spikes has to be shared and no sign extended before the last stage.

mod ecp5;
mod portable;
mod slots;

pub use slots::dot_width;

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use slots::Slots;
use std::sync::Arc;
use weights::config::Target;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct TernaryDot {
    /// Input columns per cycle, at least 1.
    pub slots: u32,
    /// What it is built of.
    pub target: Target,
}

impl TernaryDot {
    /// The module `ternary_dot`.
    pub fn module(&self) -> Arc<Module> {
        let Self { slots, target } = *self;
        assert!(slots > 0, "a dot needs at least one slot");
        let promise = match target {
            Target::Portable => portable::promise(slots),
            Target::Ecp5 => ecp5::promise(slots),
        };
        let summary = format!(
            "signed sum of {slots} ternary weights times {slots} ternary spikes, one per cycle.\n\n\
             {promise}"
        );
        let b = Builder::new("ternary_dot", file!(), &summary);
        let vector = uint(slots);
        b.port_group("Weights: 00 is -1, 01 is 0, 11 is +1.");
        let high = b.input("high_i", vector, "upper bit of each weight");
        let low = b.input("low_i", vector, "lower bit of each weight");
        b.port_group("Spikes of one plane.");
        let active = b.input("active_i", vector, "1: a spike, 0: none");
        let negative = b.input("negative_i", vector, "1: the spike is -1; only with active");

        let inputs = Slots { high, low, active, negative };
        let dot = match target {
            Target::Portable => portable::Portable { slots }.body(&b, inputs),
            Target::Ecp5 => ecp5::Ecp5 { slots }.body(&b, inputs),
        };
        b.port_group("Sum.");
        b.output("dot_o", dot, "sum of weight times spike");
        b.finish()
    }
}
