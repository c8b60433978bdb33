//! Event lanes side by side: an array that takes one column a cycle, worth one number.
//!
//! ```text
//!  value_i ──────────────┬─────────┬──── … ──┐
//!                        ▼         ▼         ▼
//!  weights of column ► lane 0   lane 1  …  lane n ─► sums_o
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate), row by row: what a column's
//! count and the digit of its weights are worth is worked out before, once for all rows, so a row costs
//! one addition whatever planes and digits there are.

use super::event_lane::{EventLane, side_by_side};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventLanes {
    /// Output rows per tile.
    pub lanes: u32,
    /// Bits of an event's value.
    pub value_width: u32,
    /// Bits of the accumulators; `firmware` proves that every sum fits.
    pub acc_width: u32,
}

impl EventLanes {
    /// The module `event_lanes`.
    pub fn module(&self) -> Arc<Module> {
        let EventLanes { lanes, value_width, acc_width } = *self;
        let summary = format!("{lanes} lanes, one column a cycle, worth one number.");
        let b = Builder::new("event_lanes", file!(), &summary);
        b.port_group("Weights of the event's column, lane 0 in the lowest bit.");
        let high = b.input("high_i", uint(lanes), "upper bit of each weight");
        let low = b.input("low_i", uint(lanes), "lower bit of each weight");
        b.port_group("Event.");
        let value = b.input("value_i", sint(value_width), "what it is worth");
        let valid = b.input("valid_i", uint(1), "it is there");
        let last = b.input("last_i", uint(1), "it is the last of a tile of rows");

        b.section("Lanes.");
        let lane = EventLane { value_width, acc_width };
        let sums = side_by_side(&b, lane, [high, low], [value, valid, last]);
        b.port_group("Results.");
        b.output("sums_o", sums, "sums of all lanes, lane 0 in the lowest bits");
        b.output("done_o", valid & last, "the sums are those of a whole tile, for this cycle");
        b.finish()
    }
}
