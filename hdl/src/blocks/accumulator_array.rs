//! The accumulator array: lanes side by side under one broadcast of spikes.
//!
//! ```text
//!  spikes_i ──┬───────────┬──── … ──┐
//!             ▼           ▼         ▼
//!  weights ─► lane 0    lane 1  …  lane n ─► sums_o
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate), row by row. The commands
//! travel with their word and reach all lanes when its sums do.

use super::lane::Lane;
use crate::builder::Builder;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::uint;
use std::sync::Arc;
use weights::numeric::Radix;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct AccumulatorArray {
    /// Output rows per tile.
    pub lanes: u32,
    /// What one lane is.
    pub lane: Lane,
}

impl AccumulatorArray {
    /// The module `accumulator_array`.
    pub fn module(&self) -> Arc<Module> {
        let (lanes, slots) = (self.lanes, self.lane.slots);
        let lane = self.lane.module();
        let b = Builder::new("accumulator_array", file!(), &self.summary());
        b.port_group("Weights, lane 0 in the lowest bits.");
        let high = b.input("high_i", uint(lanes * slots), "upper bit of each weight");
        let low = b.input("low_i", uint(lanes * slots), "lower bit of each weight");
        b.port_group("Spikes for all lanes, plane 0 in the lowest bits.");
        let wide = uint(slots * self.lane.planes);
        let active = b.input("active_i", wide, "1: a spike, 0: none");
        let negative = b.input("negative_i", wide, "1: the spike is -1");
        b.port_group("What this word is.");
        let valid = b.input("valid_i", uint(1), "a word arrives");
        let first = b.input("first_i", uint(1), "first word of a tile of rows");
        let pass = (self.lane.radix == Radix::Bitwise)
            .then(|| b.input("pass_i", uint(1), "first word of a later pass"));
        let digit =
            self.lane.digits.then(|| b.input("digit_i", uint(1), "first word of a later digit"));
        let last = b.input("last_i", uint(1), "last word of a tile of rows");

        b.section("Commands wait for the sums of their word.");
        let delay = lane.latency - 1;
        let accumulate = delay_line(&b, "valid", valid, delay, true);
        let first = delay_line(&b, "first", first, delay, false);
        let pass = pass.map(|pass| delay_line(&b, "pass", pass, delay, false));
        let digit = digit.map(|digit| delay_line(&b, "digit", digit, delay, false));
        let last = delay_line(&b, "last", last, delay, false);
        let done = b.register_reset("done_q", uint(1), 0).next(accumulate & last).signal();

        b.section("Lanes.");
        b.add_latency(lane.latency);
        let mut sums: Vec<Signal> = (0..lanes)
            .map(|index| {
                let mut inputs = vec![
                    ("high_i", high.bits(index * slots, slots)),
                    ("low_i", low.bits(index * slots, slots)),
                    ("active_i", active),
                    ("negative_i", negative),
                    ("accumulate_i", accumulate),
                    ("first_i", first),
                ];
                inputs.extend(pass.map(|pass| ("pass_i", pass)));
                inputs.extend(digit.map(|digit| ("digit_i", digit)));
                b.instance(&format!("lane_{index}"), &lane, &inputs).get("sum_o").as_uint()
            })
            .collect();
        sums.reverse();
        b.port_group("Results.");
        b.output("sums_o", b.concat(&sums), "sums of all lanes, lane 0 in the lowest bits");
        b.output("done_o", done, "the sums are those of a whole tile, for this cycle");
        b.finish()
    }

    fn summary(&self) -> String {
        let Lane { slots, planes, .. } = self.lane;
        format!(
            "{} lanes of {slots} slots and {planes} planes: {} synapses per cycle.",
            self.lanes,
            self.lanes * slots * planes
        )
    }
}

/// `signal` some cycles later; with a reset if it commands something.
pub(super) fn delay_line<'m>(
    b: &'m Builder,
    name: &str,
    signal: Signal<'m>,
    cycles: u32,
    reset: bool,
) -> Signal<'m> {
    let name = format!("{name}_late_q");
    let line = match (cycles, reset) {
        (0, _) => return signal,
        (_, true) => b.register_reset(&name, uint(cycles), 0),
        (_, false) => b.register(&name, uint(cycles)),
    };
    let next = match cycles {
        1 => signal,
        _ => b.concat(&[line.signal().bits(0, cycles - 1), signal]),
    };
    line.next(next).signal().top_bit()
}
