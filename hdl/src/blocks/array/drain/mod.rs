//! The drain: tiles of sums in, a group of rows a cycle out to R.
//!
//! ```text
//!  start ─► [ instructions ] ─► scalar
//!                                    ▼
//!  array, row reader ─► tile ─► group of rows ─► drain_row … ─┬─► R
//!                                                             └─► maximum_search
//! ```
//!
//! It never waits and never makes anyone wait: the walker keeps tiles so far apart that each finds
//! the one before it gone. Instructions that start leave their parameters in a short queue; each is
//! looked at when its first tile arrives.

mod groups;
mod queue;
mod vectors;

pub use queue::QUEUE_DEPTH;

use super::drain_row::{FACTOR_WIDTH, RESULT_CYCLES};
use crate::blocks::vector::maximum_search::MaximumSearch;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use queue::{Arrival, Head, parameter_width};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bits of a scalar's exponent.
pub const EXPONENT_WIDTH: u32 = 8;
/// Cycles from the arrival of a tile to the write of its first group.
pub const DRAIN_CYCLES: u32 = RESULT_CYCLES + 1;

/// What an instruction tells the drain, lowest bits first.
const PARAMETERS: [(&str, &str); 8] = [
    ("rows", "valid rows of its last tile"),
    ("address", "first word of the results"),
    ("multiplier", "its own factor"),
    ("shift", "its own shift"),
    ("scaling", "what it takes of the scalar"),
    ("scalar", "number of the scalar"),
    ("search", "1: maximum, 2: and its row"),
    ("maximum", "maximum register"),
];

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Rows of a tile.
    pub lanes: u32,
    /// Rows of a group.
    pub elements: u32,
    /// Bits of a sum.
    pub acc_width: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// Bits of a value of the row reader.
    pub read_width: u32,
    /// Vectors that a tile may have results of; none where all planes are added.
    pub vectors: Option<u32>,
    /// Whether it says when a prediction is a new one.
    pub announces: bool,
    /// Whether it looks for maxima; without it, no instruction may ask for one.
    pub searches: bool,
    /// What every instruction tells alike.
    pub same: BTreeMap<&'static str, i64>,
}

/// What an instruction with vectors tells too.
const OF_VECTORS: [(&str, &str); 2] = [
    ("apart", "words from one vector's results to the next"),
    ("further_vectors", "its vectors but one"),
];

/// Tiles of vectors, when they arrive.
#[derive(Clone, Copy)]
struct VectorInputs<'m> {
    done: Signal<'m>,
    ends: Signal<'m>,
    sums: Signal<'m>,
}

impl Drain {
    /// What every instruction tells the drain alike, where these fields are the same in all of them.
    pub fn same(
        fields: &BTreeMap<&'static str, i64>,
        [has_keys, has_vectors]: [bool; 2],
    ) -> BTreeMap<&'static str, i64> {
        let held = |(name, _): &(&'static str, &str)| {
            let value = match *name {
                // Keys have as many rows as the text.
                "rows" if has_keys => None,
                "rows" => fields.get("last_rows").copied(),
                other => fields.get(other).copied(),
            };
            Some((*name, value?))
        };
        let apart = &OF_VECTORS[..usize::from(has_vectors)];
        PARAMETERS.iter().chain(apart).filter_map(held).collect()
    }

    /// The search behind it.
    pub fn search(&self) -> MaximumSearch {
        let &Drain { elements, value_width, announces, .. } = self;
        MaximumSearch { elements, value_width, announces }
    }

    /// The module `drain`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("drain", file!(), &self.summary());
        let (acc, elements) = (self.acc_width, self.elements);
        b.port_group("Instruction that starts.");
        let start = b.input("start_i", uint(1), "an instruction starts");
        let inputs: Vec<Signal> = self
            .parameters()
            .map(|(name, meaning)| {
                b.input(&format!("{name}_i"), uint(parameter_width(name)), meaning)
            })
            .collect();
        b.port_group("Array.");
        let done = b.input("done_i", uint(1), "a tile is there, for this cycle");
        let ends = b.input("final_i", uint(1), "of the last tile of its instruction");
        let sums = b.input("sums_i", uint(self.lanes * acc), "the sums, lane 0 lowest");
        b.port_group("Row reader.");
        let read = b.input("row_done_i", uint(1), "values of an embedding are there");
        let read_ends = b.input("row_final_i", uint(1), "its last ones");
        let values_type = uint(elements * self.read_width);
        let values = b.input("row_values_i", values_type, "the values, element 0 lowest");
        let vectors = self.vectors.map(|count| {
            b.port_group("Array: vectors.");
            let sums = uint(count * self.lanes * acc);
            VectorInputs {
                done: b.input("vectors_done_i", uint(1), "a tile of vectors is there"),
                ends: b.input("vectors_final_i", uint(1), "of the last tile of its instruction"),
                sums: b.input("vectors_i", sums, "their sums, vector 0 lowest, in it lane 0"),
            }
        });
        b.port_group("Scalar that scalar_address_o names.");
        let mantissa = b.input("scalar_mantissa_i", uint(FACTOR_WIDTH), "a factor");
        let exponent = b.input("scalar_exponent_i", sint(EXPONENT_WIDTH), "a shift");

        b.section("Instructions under way.");
        let finished = b.forward("finished", uint(1));
        let (done, ends, sums) = match vectors {
            None => (done, ends, sums),
            Some(vectors) => {
                let sums = match vectors.sums.width() - sums.width() {
                    0 => sums,
                    above => b.concat(&[b.literal(0, uint(above)), sums]),
                };
                let sums = vectors.done.select(vectors.sums, sums);
                let ends = vectors.done.select(vectors.ends, ends);
                (done | vectors.done, b.wire("ends", ends), b.wire("tile", sums))
            }
        };
        let arrives = b.wire("arrives", done | read);
        let last = b.wire("arrives_last", arrives & read.select(read_ends, ends));
        let head = Head::of_queue(&b, start, (self.parameters(), &inputs), last, &self.same);
        let quiet = queue::under_way(&b, start, finished);
        let fresh = b.register_reset("fresh_q", uint(1), 1);
        fresh.when(arrives, last);
        let arrival = Arrival { arrives, read, fresh: fresh.signal(), last };
        let group = self.group(&b, &head, &arrival, [sums, values], mantissa, exponent);

        b.section("What travels with a group.");
        let [known, written] = self.travel(&b, &group);
        b.section("Rows.");
        let rows = self.rows(&b, &group);
        let joined = |port: &str| {
            let parts: Vec<Signal> = rows.iter().rev().map(|row| row.get(port)).collect();
            b.concat(&parts)
        };
        let search = match self.searches {
            true => Some(self.maximum(&b, &known, joined("value_o"))),
            false => {
                let values = joined("value_o");
                b.unused("values", values, "No instruction looks for a maximum.");
                None
            }
        };
        let saturated = b.wire("saturated", joined("saturated_o"));
        let result = b.wire("result", joined("result_o"));

        b.section("Writes.");
        b.comment("A group without a valid row is no more than time: its words belong to others.");
        let writes = b.wire("writes", written.valid & written.rows.any());
        let ends = written.valid & written.last;
        match &search {
            None => b.assign(finished, ends),
            Some(search) => {
                let found = search.get("maximum_write_o");
                b.assign(finished, (ends & written.search.is(0)) | found);
            }
        }
        b.port_group("Walker.");
        b.output("quiet_o", quiet, "no started instruction is unfinished");
        b.port_group("Scalar.");
        b.output("scalar_address_o", head.get("scalar"), "scalar of the next instruction");
        b.port_group("R.");
        b.output("result_write_o", writes, "write a word");
        b.output("result_address_o", written.address, "its address");
        b.output("result_data_o", result, "its values");
        b.port_group("Maximum and prediction.");
        let mut outputs = vec![
            ("maximum_write_o", "write a maximum register"),
            ("maximum_address_o", "which"),
            ("maximum_data_o", "its value"),
            ("prediction_o", "row of the last maximum that predicts"),
        ];
        if self.announces {
            outputs.push(("predicted_o", "it is a new one"));
        }
        let module = self.search().module();
        for (name, meaning) in outputs {
            let nothing = || b.literal(0, module.port_type(name).expect("an output of the search"));
            let found = search.as_ref().map_or_else(nothing, |search| search.get(name));
            b.output(name, found, meaning);
        }
        b.port_group("Status.");
        b.output("done_o", finished, "an instruction is finished");
        let counted = b.wire("counted", saturated & written.rows);
        b.output(
            "saturated_o",
            written.valid & counted.any(),
            "a valid row of the write saturated",
        );
        b.finish()
    }

    /// What an instruction tells it that not all tell alike.
    fn parameters(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let of_vectors = self.vectors.iter().flat_map(|_| OF_VECTORS);
        let all = PARAMETERS.into_iter().chain(of_vectors);
        all.filter(|(name, _)| !self.same.contains_key(name))
    }

    fn summary(&self) -> String {
        format!(
            "{} rows a cycle of tiles of {}: scaled, saturated and written.\n\n\
             The first group of a tile is written {DRAIN_CYCLES} cycles after its arrival, the \
             others follow; a maximum is there {} cycles after its last group. No tile arrives \
             before the one before it has gone.",
            self.elements,
            self.lanes,
            self.search().cycles() - 1
        )
    }
}
