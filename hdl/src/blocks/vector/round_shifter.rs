//! Shifts a product right, in two stages, and says whether to round it up.
//!
//! ```text
//!  value_i ─►(>>> 0, 8, 16 …)─►(>>> 0..7)─► floor_o
//!  amount_i ──────┴───────────────┘ └─────► round_up_o
//! ```
//!
//! `floor_o + round_up_o` is bit-exact to [`numeric::round_shift`](weights::numeric::round_shift).
//! Its users add the two: most need a few bits of the sum only, or its magnitude.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;

/// Bits of a shift amount.
pub const SHIFT_WIDTH: u32 = 6;
/// Cycles from a value to its shifted form.
pub const SHIFT_CYCLES: u32 = 2;

/// Bits of the amount that the second stage takes.
const FINE_WIDTH: u32 = 3;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct RoundShifter {
    /// Bits of a value, two's complement.
    pub width: u32,
}

/// What the shifter hands on, in the module that uses it.
#[derive(Clone, Copy)]
pub(in crate::blocks) struct Shifted<'m> {
    /// Rounded down.
    pub(in crate::blocks) floor: Signal<'m>,
    /// Whether the nearest is one more.
    pub(in crate::blocks) round_up: Signal<'m>,
}

impl RoundShifter {
    /// The module `round_shifter_<width>`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "shifts a value right by 0..63, one per cycle.\n\n\
             floor_o + round_up_o is the nearest integer, ties up. A bit below the value keeps the \
             highest bit that the shift drops.";
        let b = Builder::new(&format!("round_shifter_{}", self.width), file!(), summary);
        let value = b.input("value_i", sint(self.width), "value");
        let amount = b.input("amount_i", uint(SHIFT_WIDTH), "right shift");

        b.stage("by a multiple of 8.");
        let wide = b.wire("wide", b.concat(&[value, b.flag(false)]).as_sint());
        let coarse_amount = b.concat(&[
            amount.bits(FINE_WIDTH, SHIFT_WIDTH - FINE_WIDTH),
            b.literal(0, uint(FINE_WIDTH)),
        ]);
        let coarse = b.delay("coarse_q", b.flag(true), wide.shift_right_by(coarse_amount));
        let fine_amount = b.delay("fine_amount_q", b.flag(true), amount.bits(0, FINE_WIDTH));

        b.stage("by the rest.");
        let fine = b.wire("fine", coarse.shift_right_by(fine_amount));
        let floor = b.delay("floor_q", b.flag(true), fine.bits(1, self.width).as_sint());
        let round_up = b.delay("round_up_q", b.flag(true), fine.bit(0));
        b.output("floor_o", floor, "the value, rounded down");
        b.output("round_up_o", round_up, "1: one more is nearer");
        b.finish()
    }

    /// An instance; its outputs come [`SHIFT_CYCLES`] later.
    pub(in crate::blocks) fn instance<'m>(
        &self,
        b: &'m Builder,
        name: &str,
        value: Signal<'m>,
        amount: Signal<'m>,
    ) -> Shifted<'m> {
        let inputs = [("value_i", value), ("amount_i", amount)];
        let outputs = b.instance(name, &self.module(), &inputs);
        Shifted { floor: outputs.get("floor_o"), round_up: outputs.get("round_up_o") }
    }
}
