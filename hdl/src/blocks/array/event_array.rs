//! The event array: lanes side by side under one event a cycle.
//!
//! ```text
//!  planes ─► value ─► shift by the pass ──┬─────────┬──── … ──┐
//!                                         ▼         ▼         ▼
//!  weights of its column ──────────────► lane 0   lane 1  …  lane n ─► sums_o
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate), row by row. An event is one
//! column in one pass: its planes become one signed value, once for all rows, so a row costs one
//! addition whatever the planes. Events come last pass first; each pass before is worth
//! 2^`planes` of the one behind it in a bitwise train.

use super::accumulator_array::delay_line;
use super::event_lane::{EventLane, fit, side_by_side};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::Radix;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventArray {
    /// Output rows per tile.
    pub lanes: u32,
    /// Planes of an event.
    pub planes: u32,
    /// How planes add up.
    pub radix: Radix,
    /// Bits of the accumulators; `firmware` proves that every sum fits.
    pub acc_width: u32,
}

impl EventArray {
    /// Bits of a magnitude that the planes of one event can reach.
    fn magnitude_width(&self) -> u32 {
        match self.radix {
            Radix::Bitwise => self.planes,
            Radix::Unary => u32::BITS - self.planes.leading_zeros(),
        }
    }

    /// Bits of the signed value of one event's planes.
    pub(super) fn value_width(&self) -> u32 {
        self.magnitude_width() + 1
    }

    /// Passes that an accumulator can tell apart; those before them are worth a multiple of
    /// 2^`acc_width`, which is nothing.
    fn passes_max(&self) -> u32 {
        match self.radix {
            Radix::Bitwise => self.acc_width.div_ceil(self.planes),
            Radix::Unary => 1,
        }
    }

    /// The module `event_array`.
    pub fn module(&self) -> Arc<Module> {
        let lanes = self.lanes;
        let b = Builder::new("event_array", file!(), &self.summary());
        b.port_group("Weights of the event's column, lane 0 in the lowest bit.");
        let high = b.input("high_i", uint(lanes), "upper bit of each weight");
        let low = b.input("low_i", uint(lanes), "lower bit of each weight");
        b.port_group("Spikes of the column, plane 0 in the lowest bit.");
        let active = b.input("active_i", uint(self.planes), "1: a spike, 0: none");
        let negative = b.input("negative_i", uint(self.planes), "1: the spike is -1");
        b.port_group("What this event is.");
        let valid = b.input("valid_i", uint(1), "an event arrives");
        let first = b.input("first_i", uint(1), "first event of a tile of rows");
        let pass = (self.radix == Radix::Bitwise)
            .then(|| b.input("pass_i", uint(1), "the next event belongs to the pass before"));
        let last = b.input("last_i", uint(1), "last event of a tile of rows");

        b.stage("value of the planes.");
        let always = b.flag(true);
        let hold = |name: &str, signal| b.delay(name, always, signal);
        let value = hold("value_q", self.value(&b, active, negative));
        let (mut high, mut low) = (hold("high_1_q", high), hold("low_1_q", low));
        let value = match pass {
            None => {
                b.unused("first", first, "A unary train adds all passes alike.");
                fit(&b, value, self.acc_width)
            }
            Some(pass) => {
                let late = |name: &str, signal, reset| delay_line(&b, name, signal, 1, reset);
                let valid = late("shift_valid", valid, true);
                let (first, pass) = (late("first", first, false), late("pass", pass, false));
                b.stage("shift by the passes behind.");
                let value = self.shifted(&b, value, valid, first, pass);
                (high, low) = (hold("high_2_q", high), hold("low_2_q", low));
                hold("shifted_q", value)
            }
        };
        let delay = b.latency();
        let accumulate = delay_line(&b, "valid", valid, delay, true);
        let last = delay_line(&b, "last", last, delay, false);

        b.section("Lanes.");
        let lane = EventLane { value_width: value.width(), acc_width: self.acc_width };
        let sums = side_by_side(&b, lane, [high, low], [value, accumulate, last]);
        b.port_group("Results.");
        b.output("sums_o", sums, "sums of all lanes, lane 0 in the lowest bits");
        b.output("done_o", accumulate & last, "the sums are those of a whole tile, for this cycle");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} lanes, one column of {} planes per cycle: {} synapses.",
            self.lanes,
            self.planes,
            self.lanes * self.planes
        )
    }

    /// The signed value of an event's planes.
    pub(super) fn value<'m>(
        &self,
        b: &'m Builder,
        active: Signal<'m>,
        negative: Signal<'m>,
    ) -> Signal<'m> {
        let width = self.value_width();
        let plus = b.wire("plus", active & !negative);
        let magnitude = |name: &str, spikes: Signal<'m>| {
            let bits: Vec<Signal> = (0..self.planes).map(|plane| spikes.bit(plane)).collect();
            match self.radix {
                // The first plane weighs most and stands in the lowest bit.
                Radix::Bitwise => b.wire(name, b.concat(&bits)).extend(width),
                Radix::Unary => count(b, name, &bits, width),
            }
        };
        let (added, taken) = (magnitude("added", plus), magnitude("taken", negative));
        (added - taken).as_sint()
    }

    /// The value times 2^planes for each pass behind this one.
    fn shifted<'m>(
        &self,
        b: &'m Builder,
        value: Signal<'m>,
        valid: Signal<'m>,
        first: Signal<'m>,
        pass: Signal<'m>,
    ) -> Signal<'m> {
        let (passes, width) = (self.passes_max(), self.acc_width);
        let ty = uint(u32::BITS - passes.leading_zeros());
        let behind = b.register("behind_q", ty);
        let now = b.wire("behind", first.select(behind.signal().same(0), behind.signal()));
        let more = b.wire("more", pass & now.ne(now.same(passes.into())));
        behind.when(valid, now + more.extend(ty.width));
        let full = match value.width() > width {
            true => fit(b, value, width),
            false => value.extend(width),
        };
        let full = b.wire("full_value", full);
        let arms: Vec<(i128, Signal)> =
            (0..passes).map(|pass| (pass.into(), full.shift_left(pass * self.planes))).collect();
        b.comment("Passes farther ahead are worth a multiple of the accumulator's range.");
        b.case("shifted", now, &arms, b.literal(0, sint(width)))
    }
}

/// How many of some bits are one.
fn count<'m>(b: &'m Builder, name: &str, bits: &[Signal<'m>], width: u32) -> Signal<'m> {
    let zeros = b.literal(0, uint(width - 1));
    let mut counts: Vec<Signal> = bits.iter().map(|&bit| b.concat(&[zeros, bit])).collect();
    while counts.len() > 1 {
        let pair = |pair: &[Signal<'m>]| pair.iter().skip(1).fold(pair[0], |sum, &more| sum + more);
        counts = counts.chunks(2).map(pair).collect();
    }
    b.wire(name, counts[0])
}
