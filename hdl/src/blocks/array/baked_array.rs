//! The baked array: all rows and all columns of a constant matrix, one entry at a time.
//!
//! ```text
//!  planes of a column ─► column_value ─┐
//!  …                                   ├─► baked_dots ─► row 0: (+)─► sum_q ─► sums_o
//!  planes of a column ─► column_value ─┘                 row …
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate), row by row. The planes of an
//! entry become one value a column; these pass the matrix bit by bit, so entries come at least
//! [`entry_cycles`](BakedArray::entry_cycles) apart. Passes add up as in the
//! [`lane`](super::lane) of the dense array.

use super::accumulator_array::delay_line;
use super::baked_dots::{BakedDots, BakedMatrix};
use super::event_array::EventArray;
use super::lane::Lane;
use crate::blocks::array::baked_dots::share::Sharing;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;
use weights::numeric::Radix;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct BakedArray<'a> {
    /// Sums that leave, at least the rows of the matrix.
    pub lanes: u32,
    /// How planes and passes combine; its slots are those of an entry.
    pub lane: Lane,
    /// The matrix.
    pub matrix: &'a BakedMatrix,
}

impl BakedArray<'_> {
    /// The block that knows the weights.
    fn dots(&self) -> BakedDots {
        let sharing = Sharing::new(&self.matrix.trits, self.matrix.columns);
        BakedDots { sharing, value_width: self.values().value_width() }
    }

    /// The planes of a column, as events know them.
    fn values(&self) -> EventArray {
        let Lane { planes, radix, acc_width, .. } = self.lane;
        EventArray { lanes: self.lanes, planes, radix, acc_width }
    }

    /// Cycles from one entry to the next, at least.
    pub fn entry_cycles(&self) -> u32 {
        self.dots().dot_width()
    }

    /// The module `baked_array`.
    pub fn module(&self) -> Arc<Module> {
        let Lane { slots, planes, radix, acc_width, .. } = self.lane;
        let dots = self.dots();
        let (dot_width, rows) = (dots.dot_width(), self.matrix.rows() as u32);
        let dots = dots.module();
        let lane = self.lane_module(dot_width);
        let b = Builder::new("baked_array", file!(), &self.summary());
        b.port_group("Spikes of all columns, plane 0 in the lowest bits.");
        let wide = uint(slots * planes);
        let active = b.input("active_i", wide, "1: a spike, 0: none");
        let negative = b.input("negative_i", wide, "1: the spike is -1");
        b.port_group("What this entry is.");
        let valid = b.input("valid_i", uint(1), "an entry arrives");
        let first = b.input("first_i", uint(1), "first entry of a vector");
        let pass = (radix == Radix::Bitwise)
            .then(|| b.input("pass_i", uint(1), "first entry of a later pass"));
        let last = b.input("last_i", uint(1), "last entry of a vector");

        b.section("Commands wait for the sums of their entry.");
        let delay = dots.latency + lane.latency - 1;
        let accumulate = delay_line(&b, "valid", valid, delay, true);
        let first = delay_line(&b, "first", first, delay, false);
        let pass = pass.map(|pass| delay_line(&b, "pass", pass, delay, false));
        let last = delay_line(&b, "last", last, delay, false);
        let done = b.register_reset("done_q", uint(1), 0).next(accumulate & last).signal();

        b.section("Values of the columns.");
        let value = self.value_module();
        let columns = self.matrix.columns as u32;
        let values: Vec<Signal> = (0..columns)
            .map(|column| {
                let inputs = [
                    ("active_i", self.of_column(&b, active, column)),
                    ("negative_i", self.of_column(&b, negative, column)),
                ];
                b.instance(&format!("column_{column}"), &value, &inputs).get("value_o").as_uint()
            })
            .collect();
        let spare: Vec<Signal> = (columns..slots)
            .flat_map(|slot| [active, negative].map(|spikes| self.of_column(&b, spikes, slot)))
            .collect();
        if !spare.is_empty() {
            b.unused("spare", b.concat(&spare), "The matrix has fewer columns than an entry.");
        }

        b.section("Matrix.");
        b.add_latency(dots.latency);
        let values: Vec<Signal> = values.into_iter().rev().collect();
        let inputs = [("load_i", valid), ("values_i", b.concat(&values))];
        let dots = b.instance("dots", &dots, &inputs).get("dots_o");

        b.section("Rows.");
        b.add_latency(lane.latency);
        let row = |row: u32| {
            let mut inputs = vec![
                ("dot_i", dots.bits(row * dot_width, dot_width)),
                ("accumulate_i", accumulate),
                ("first_i", first),
            ];
            inputs.extend(pass.map(|pass| ("pass_i", pass)));
            b.instance(&format!("row_{row}"), &lane, &inputs).get("sum_o").as_uint()
        };
        let mut sums: Vec<Signal> = (0..rows).map(row).collect();
        if self.lanes > rows {
            sums.push(b.literal(0, uint((self.lanes - rows) * acc_width)));
        }
        sums.reverse();
        b.port_group("Results.");
        b.output("sums_o", b.concat(&sums), "sums of all rows, row 0 in the lowest bits");
        b.output("done_o", done, "the sums are those of a whole vector, for this cycle");
        b.finish()
    }

    fn summary(&self) -> String {
        let (rows, columns) = (self.matrix.rows(), self.matrix.columns);
        format!(
            "{rows} rows of {columns} constant weights, {} planes at once.\n\n\
             Entries come at least {} cycles apart.",
            self.lane.planes,
            self.entry_cycles()
        )
    }

    /// The spikes of one column, plane 0 in the lowest bit.
    fn of_column<'m>(&self, b: &'m Builder, spikes: Signal<'m>, column: u32) -> Signal<'m> {
        let Lane { slots, planes, .. } = self.lane;
        let plane = |plane| spikes.bit(plane * slots + column);
        let bits: Vec<Signal> = (0..planes).rev().map(plane).collect();
        b.concat(&bits)
    }

    /// The module `column_value`: what the planes of one column stand for.
    fn value_module(&self) -> Arc<Module> {
        let b = Builder::new("column_value", file!(), "what the planes of one column stand for.");
        let planes = uint(self.lane.planes);
        let active = b.input("active_i", planes, "1: a spike, plane 0 in the lowest bit");
        let negative = b.input("negative_i", planes, "1: the spike is -1; only with active");
        let value = self.values().value(&b, active, negative);
        b.output("value_o", value, "signed");
        b.finish()
    }

    /// The module `baked_lane`: a lane whose dot comes from outside.
    fn lane_module(&self, dot_width: u32) -> Arc<Module> {
        let summary = "one output row: accumulates the dots of an entry's planes.\n\n\
             The commands accompany the dot.";
        let b = Builder::new("baked_lane", file!(), summary);
        let dot = b.input("dot_i", uint(dot_width), "signed dot of an entry");
        let accumulate = b.input("accumulate_i", uint(1), "take the dot");
        let first = b.input("first_i", uint(1), "1: start from zero");
        let pass = (self.lane.radix == Radix::Bitwise)
            .then(|| b.input("pass_i", uint(1), "1: a later pass begins, shift what is there"));
        let dot = b.wire("dot", dot.as_sint());
        let sum = self.lane.combine(&b, vec![dot], accumulate, first, [pass, None]);
        b.port_group("Result.");
        b.output("sum_o", sum, "accumulated sum of this row");
        b.finish()
    }
}
