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
//!
//! With vectors, the planes of a word may be vectors of their own. The sums of these leave the lanes
//! earlier than others: nothing is added across planes.

use super::lane::Lane;
use super::ternary_dot::TernaryDot;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
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
        let vectors = self.lane.vectors.then(|| {
            b.input("vectors_i", uint(1), "its planes are vectors, with sums of their own")
        });
        let own = vectors.map(|vectors| self.vector_commands(&b, vectors & valid, first, digit));
        let valid = vectors.map_or(valid, |vectors| b.wire("of_train", valid & !vectors));
        let early = vectors.zip(own.as_ref()).map(|(vectors, own)| {
            let delay = delay_line(&b, "plane_last", last & vectors, own.cycles, false);
            b.register_reset("planes_done_q", uint(1), 0).next(own.accumulate & delay).signal()
        });

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
        let mut planes = vec![];
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
                if let Some(own) = &own {
                    inputs.push(("plane_accumulate_i", own.accumulate));
                    inputs.push(("plane_first_i", own.first));
                    inputs.extend(own.digit.map(|digit| ("plane_digit_i", digit)));
                }
                let placed = b.instance(&format!("lane_{index}"), &lane, &inputs);
                planes.extend(own.as_ref().map(|_| placed.get("planes_o")));
                placed.get("sum_o").as_uint()
            })
            .collect();
        sums.reverse();
        b.port_group("Results.");
        b.output("sums_o", b.concat(&sums), "sums of all lanes, lane 0 in the lowest bits");
        b.output("done_o", done, "the sums are those of a whole tile, for this cycle");
        if let Some(early) = early {
            let width = self.lane.acc_width;
            let of_plane =
                |plane: u32| planes.iter().rev().map(move |lane| lane.bits(plane * width, width));
            let vectors: Vec<Signal> = (0..self.lane.planes).rev().flat_map(of_plane).collect();
            b.port_group("Results of vectors.");
            b.output("planes_o", b.concat(&vectors), "vector 0 lowest, in it lane 0");
            let meaning = "they are those of a whole tile, for this cycle";
            b.output("planes_done_o", early, meaning);
        }
        b.finish()
    }

    /// Cycles from a word to the sums of its vectors.
    pub fn vector_cycles(&self) -> u32 {
        TernaryDot { slots: self.lane.slots, target: self.lane.target }.module().latency + 1
    }

    /// The commands of vectors when the dots of their word are there.
    fn vector_commands<'m>(
        &self,
        b: &'m Builder,
        valid: Signal<'m>,
        first: Signal<'m>,
        digit: Option<Signal<'m>>,
    ) -> Commands<'m> {
        b.section("Commands of vectors wait for the dots of their word.");
        let cycles = self.vector_cycles() - 1;
        Commands {
            cycles,
            accumulate: delay_line(b, "plane_valid", valid, cycles, true),
            first: delay_line(b, "plane_first", first, cycles, false),
            digit: digit.map(|digit| delay_line(b, "plane_digit", digit, cycles, false)),
        }
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

/// What the lanes do with the dots of vectors.
struct Commands<'m> {
    /// How long a word takes to them.
    cycles: u32,
    accumulate: Signal<'m>,
    first: Signal<'m>,
    digit: Option<Signal<'m>>,
}

/// `signal` some cycles later; with a reset if it commands something.
pub(in crate::blocks) fn delay_line<'m>(
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
