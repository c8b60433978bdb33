//! A pass of the vector unit in plain integers: one element through the stages.
//!
//! ```text
//!  a b c ─► join ─► function ─► multiply ─► neuron ─► write, emit
//!           shift   table        shift       state      └─► reduce ─► finish
//! ```
//!
//! Every stage is a choice of its own file: what it means, its value, its code. Values are mantissas
//! of `value_width` bits, at most [`VALUE_WIDTH_MAX`]; a stage that could leave them saturates, and
//! saturations are counted.
//!
//! | stage | file | choices |
//! |---|---|---|
//! | join | `join` | a, sum, difference, maximum, product, product and sum, interpolation |
//! | function | `function` | none, 1/x, a table of the program |
//! | multiply | `multiply` | none, by an operand, by a scalar; a shift that may follow a scalar |
//! | neuron | `spiking` | none, or a generalised integrate-and-fire rule with its membrane in S |
//! | reduce | `reduce` | sum, sum of squares, sum of magnitudes, peak; and what becomes of it |

mod function;
mod join;
mod multiply;
mod reduce;
mod spiking;

pub use function::{
    ENTRY_WIDTH, FunctionTable, RECIPROCAL, SEGMENT_WIDTH, SEGMENTS, TableError,
    normalised_reciprocal,
};
pub use join::{JOIN_SHIFT_MAX, Join};
pub use multiply::{Follow, Multiply};
pub use reduce::{Finish, Finished, Reduce, Reduction};
pub use spiking::{
    LEAK_FRACTION, LEAK_WIDTH, Quantiser, Rule, RuleReset, SpikeLevels, SpikeStep, Theta,
};

/// Most bits of a value of a pass.
pub const VALUE_WIDTH_MAX: u32 = 24;

/// Clamps to `width` bits and counts it if it had to.
#[inline]
pub(super) fn limit(x: i64, width: u32, saturations: &mut u32) -> i64 {
    let (value, saturated) = super::fixed_point::saturate(x, width);
    *saturations += u32::from(saturated);
    value
}

/// A choice that is a field of an instruction.
pub trait Choice: Copy + 'static {
    /// Every choice, in the order of the codes.
    const ALL: &'static [Self];
    /// The name in listings and in the Verilog.
    fn name(self) -> &'static str;
}

/// Implements [`Choice`] of an enum without fields.
macro_rules! choices {
    ($type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        impl super::Choice for $type {
            const ALL: &'static [$type] = &[$($type::$variant),*];
            fn name(self) -> &'static str {
                match self { $($type::$variant => $name),* }
            }
        }
    };
}
pub(crate) use choices;
