//! One lane of the event array: one output row.
//!
//! ```text
//!  value_i ─► × weight ─►(+)─► sum_o
//!                         └◄─ sum_q, zero after the last event of a tile
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate), event by event: the value is
//! what one column's planes stand for. The product is a choice of wires and the sum one addition.
//! A tile's sums leave in the cycle of its last event, and the same clock edge clears the register:
//! so the adder needs no "start from zero", and the next tile follows at once.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventLane {
    /// Bits of an event's value.
    pub value_width: u32,
    /// Bits of the accumulator; `firmware` proves that every sum fits.
    pub acc_width: u32,
}

impl EventLane {
    /// The module `event_lane`.
    pub fn module(&self) -> Arc<Module> {
        let (value_width, width) = (self.value_width, self.acc_width);
        let summary = "one output row: adds an event's value, subtracts it, or leaves it.\n\n\
             The sum leaves in the cycle of the last event of its tile.";
        let b = Builder::new("event_lane", file!(), summary);
        b.port_group("Weight of this row: 00 is -1, 01 is 0, 11 is +1.");
        let high = b.input("high_i", uint(1), "upper bit");
        let low = b.input("low_i", uint(1), "lower bit");
        b.port_group("Event.");
        let value = b.input("value_i", sint(value_width), "what its planes stand for");
        let accumulate = b.input("accumulate_i", uint(1), "an event is there");
        let last = b.input("last_i", uint(1), "last event of a tile of rows");

        b.section("Product: a weight of -1 inverts the bits and carries one in.");
        let counts = b.wire("counts", !(high ^ low));
        let minus = b.wire("minus", counts & !high);
        let bits = (value.as_uint() ^ minus.repeat(value_width)) & counts.repeat(value_width);
        let product = b.wire("product", bits.as_sint());

        b.section("Sum: the lowest bit of both operands only carries in.");
        let sum = b.register_reset("sum_q", sint(width), 0);
        let product = product.extend(width).as_uint();
        let left = b.concat(&[sum.signal(), b.flag(true)]);
        let total = b.wire("total", left + b.concat(&[product, minus]));
        b.unused("total", total.bit(0), "The lowest bit only carries in.");
        let total = total.bits(1, width).as_sint();
        sum.when(accumulate & last, sum.signal().same(0)).when(accumulate, total);
        b.port_group("Result.");
        b.output("sum_o", total, "sum of this row, this event included");
        b.finish()
    }
}

/// Lanes side by side under one event: their sums, lane 0 in the lowest bits.
pub(super) fn side_by_side<'m>(
    b: &'m Builder,
    lane: EventLane,
    [high, low]: [Signal<'m>; 2],
    [value, accumulate, last]: [Signal<'m>; 3],
) -> Signal<'m> {
    let lane = lane.module();
    let sum = |index: u32| {
        let inputs = [
            ("high_i", high.bit(index)),
            ("low_i", low.bit(index)),
            ("value_i", value),
            ("accumulate_i", accumulate),
            ("last_i", last),
        ];
        b.instance(&format!("lane_{index}"), &lane, &inputs).get("sum_o").as_uint()
    };
    let mut sums: Vec<Signal> = (0..high.width()).map(sum).collect();
    sums.reverse();
    b.concat(&sums)
}
