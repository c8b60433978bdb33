//! The module `matrix_unit`: its parts, wired.

use super::MatrixUnit;
use super::ports::{Inputs, Wires};
use crate::blocks::array::accumulator_array::delay_line;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::numeric::Radix;

/// Outputs of a part, for the inputs of another: `<name>_o` to `<name>_i`.
fn pass<'m, const N: usize>(
    from: &Outputs<'m>,
    names: [(&'static str, &'static str); N],
) -> Wires<'m> {
    names.map(|(output, input)| (input, from.get(output))).to_vec()
}

/// What the walker tells the drain of an instruction, where not all are alike.
const TOLD: [(&str, &str); 8] = [
    ("rows_o", "rows_i"),
    ("address_o", "address_i"),
    ("multiplier_o", "multiplier_i"),
    ("shift_o", "shift_i"),
    ("scaling_o", "scaling_i"),
    ("scalar_o", "scalar_i"),
    ("search_o", "search_i"),
    ("maximum_o", "maximum_i"),
];

/// What the events tell the walker: the wire, the output that drives it, the input that it drives.
const EVENTS: [(&str, &str, &str); 5] = [
    ("words_ready", "words_ready_o", "words_ready_i"),
    ("tile_leaves", "tile_leaves_o", "tile_leaves_i"),
    ("final_leaves", "final_leaves_o", "final_leaves_i"),
    ("events_idle", "idle_o", "idle_i"),
    ("event_waits", "waits_o", "waits_i"),
];

impl MatrixUnit {
    /// The module `matrix_unit`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("matrix_unit", file!(), &self.summary());
        let inputs = self.inputs(&b);

        b.section("Wires that lead back.");
        let word = uint(self.matrix_word.rows * self.matrix_word.columns);
        let quiet = b.forward("quiet", uint(1));
        let weights = [b.forward("weight_high", word), b.forward("weight_low", word)];

        b.section("Walker: which entry goes.");
        let events = self.events.then(|| EVENTS.map(|(name, ..)| b.forward(name, uint(1))));
        let walker = self.place_walker(&b, &inputs, quiet, events);
        b.section("Fetcher: from the entry to its trits and spikes.");
        let fetcher = match events {
            None => self.place_fetcher(&b, &inputs, &walker, weights),
            Some(events) => self.place_event_fetcher(&b, &inputs, &walker, (weights, events)),
        };
        b.section("Weights.");
        let bad_code = self.place_weights(&b, &inputs, &fetcher, weights);
        b.section("Array: the sums of a tile.");
        let (array, array_ends) = match self.events {
            true => self.place_event_lanes(&b, &fetcher),
            false => self.place_array(&b, &fetcher),
        };
        let reader = self.place_row_reader(&b, &walker, &fetcher, weights);

        b.section("Drain: from sums to values in R.");
        let module = self.drain().module();
        let mut wires = pass(&walker, [("start_o", "start_i")]);
        let apart = self.vectors.then_some(("apart_o", "apart_i"));
        for (output, input) in TOLD.into_iter().chain(apart) {
            match module.port_type(input) {
                Some(_) => wires.push((input, walker.get(output))),
                None => {
                    let name = format!("told_{}", output.trim_end_matches("_o"));
                    b.unused(&name, walker.get(output), "The same in every instruction.");
                }
            }
        }
        if self.vectors {
            wires.extend(pass(&walker, [("further_vectors_o", "further_vectors_i")]));
            wires.extend(pass(&array, [("planes_done_o", "vectors_done_i")]));
            wires.extend(pass(&array, [("planes_o", "vectors_i")]));
            let (ends, cycles) = (fetcher.get("final_o"), self.array().vector_cycles());
            let ends = delay_line(&b, "vectors_final", ends, cycles, false);
            wires.push(("vectors_final_i", ends));
        }
        wires.extend(pass(&array, [("done_o", "done_i"), ("sums_o", "sums_i")]));
        wires.push(("final_i", array_ends));
        wires.extend(reader);
        wires.extend(inputs.all(["scalar_mantissa_i", "scalar_exponent_i"]));
        let drain = b.instance_driving("drain", &module, &wires, &[("quiet_o", quiet)]);

        self.outputs(&b, &walker, &fetcher, &drain);
        b.output("bad_code_o", bad_code, "a byte that the host stores is no code");
        b.finish()
    }

    fn summary(&self) -> String {
        let Self { lanes, slots, planes, elements, .. } = self;
        format!(
            "stored trits times a train: {lanes} lanes of {slots} slots and {planes} planes.\n\n\
             One store word a cycle; {elements} rows a cycle drain to R. The next instruction \
             walks while the results of earlier ones drain; all are done in order, {} cycles after \
             their last entry, {} more with a search, {} for an embedding.",
            self.finish_cycles(),
            self.search_cycles(),
            self.embedding_finish_cycles(),
        )
    }

    fn place_walker<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        quiet: Signal<'m>,
        events: Option<[Signal<'m>; 5]>,
    ) -> Outputs<'m> {
        let mut wires = inputs.all([
            "instruction_valid_i",
            "instruction_i",
            "position_i",
            "token_i",
            "descriptor_words_i",
        ]);
        wires.push(("quiet_i", quiet));
        wires.extend(events.into_iter().flat_map(|events| {
            EVENTS.into_iter().zip(events).map(|((.., port), event)| (port, event))
        }));
        if self.selector().pass_type().is_some() {
            wires.extend(inputs.all(["descriptor_magnitude_i"]));
        } else {
            let magnitude = inputs.get("descriptor_magnitude_i");
            b.unused("descriptor_magnitude", magnitude, "Every train fits one pass.");
        }
        b.instance("walker", &self.walker().module(), &wires)
    }

    fn place_fetcher<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        walker: &Outputs<'m>,
        weights: [Signal<'m>; 2],
    ) -> Outputs<'m> {
        let mut wires = pass(
            walker,
            [
                ("step_o", "step_i"),
                ("store_o", "store_i"),
                ("embedding_o", "embedding_i"),
                ("empty_o", "empty_i"),
                ("base_o", "base_i"),
                ("column_o", "column_i"),
                ("first_o", "first_i"),
                ("later_digit_o", "later_digit_i"),
                ("last_o", "last_i"),
                ("final_o", "final_i"),
            ],
        );
        if self.selector().pass_type().is_some() {
            wires.extend(pass(walker, [("pass_o", "pass_i")]));
        }
        if self.walker().group_type().is_some() {
            wires.extend(pass(walker, [("group_o", "group_i")]));
        }
        if self.radix == Radix::Bitwise {
            wires.extend(pass(walker, [("later_pass_o", "later_pass_i")]));
        }
        if self.vectors {
            wires.extend(pass(walker, [("vectors_o", "vectors_i")]));
            wires.extend(pass(walker, [("train_word_o", "plane_word_i")]));
            wires.extend(inputs.all(["plane_active_i", "plane_negative_i"]));
        }
        wires.extend([("weight_high_i", weights[0]), ("weight_low_i", weights[1])]);
        wires.extend(inputs.all([
            "key_high_i",
            "key_low_i",
            "value_high_i",
            "value_low_i",
            "train_column_i",
            "train_negative_i",
            "train_magnitude_i",
        ]));
        b.instance("fetcher", &self.fetcher().module(), &wires)
    }

    fn place_event_fetcher<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        walker: &Outputs<'m>,
        (weights, events): ([Signal<'m>; 2], [Signal<'m>; 5]),
    ) -> Outputs<'m> {
        let mut wires = pass(
            walker,
            [
                ("step_o", "step_i"),
                ("embedding_o", "embedding_i"),
                ("empty_o", "empty_i"),
                ("base_o", "base_i"),
                ("column_o", "column_i"),
                ("first_o", "first_i"),
                ("digits_after_o", "digits_after_i"),
                ("last_o", "last_i"),
                ("final_o", "final_i"),
                ("room_o", "room_i"),
            ],
        );
        if self.walker().group_type().is_some() {
            wires.extend(pass(walker, [("group_o", "group_i")]));
        }
        b.unused("walker_store", walker.get("store_o"), "Weights are all there is.");
        wires.extend([("weight_high_i", weights[0]), ("weight_low_i", weights[1])]);
        wires.extend(inputs.all(["train_column_i", "train_negative_i", "train_magnitude_i"]));
        let drives: Vec<(&str, Signal)> =
            EVENTS.into_iter().zip(events).map(|((_, port, _), wire)| (port, wire)).collect();
        b.instance_driving("fetcher", &self.event_fetcher().module(), &wires, &drives)
    }

    /// The weight store; gives its complaint.
    fn place_weights<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        fetcher: &Outputs<'m>,
        [high, low]: [Signal<'m>; 2],
    ) -> Signal<'m> {
        let address = fetcher.get("address_o");
        let width = address_width(self.weight_depth);
        if self.events && width < address.width() {
            let above = address.bits(width, address.width() - width);
            b.unused("address", above, "The weight store is not that deep.");
        }
        let mut wires =
            vec![("read_i", fetcher.get("weight_read_o")), ("read_word_i", address.bits(0, width))];
        let drives = [("high_o", high), ("low_o", low)];
        if self.baked {
            for name in ["weight_write_i", "weight_bank_i", "weight_word_i", "weight_data_i"] {
                b.unused(name.trim_end_matches("_i"), inputs.get(name), "The weights are wires.");
            }
            b.instance_driving("weights", &self.baked_store().module(), &wires, &drives);
            return b.flag(false);
        }
        wires.extend([
            ("write_i", inputs.get("weight_write_i")),
            ("write_bank_i", inputs.get("weight_bank_i")),
            ("write_word_i", inputs.get("weight_word_i")),
            ("data_i", inputs.get("weight_data_i")),
        ]);
        let store = self.weight_store().module();
        b.instance_driving("weights", &store, &wires, &drives).get("bad_code_o")
    }

    /// The array, and whether the tile that it finishes is the last of its instruction.
    fn place_array<'m>(&self, b: &'m Builder, fetcher: &Outputs<'m>) -> (Outputs<'m>, Signal<'m>) {
        let mut wires = pass(
            fetcher,
            [
                ("high_o", "high_i"),
                ("low_o", "low_i"),
                ("active_o", "active_i"),
                ("negative_o", "negative_i"),
                ("valid_o", "valid_i"),
                ("first_o", "first_i"),
                ("later_digit_o", "digit_i"),
                ("last_o", "last_i"),
            ],
        );
        if self.radix == Radix::Bitwise {
            wires.extend(pass(fetcher, [("later_pass_o", "pass_i")]));
        }
        if self.vectors {
            wires.extend(pass(fetcher, [("vectors_o", "vectors_i")]));
        }
        let array = self.array().module();
        let sums = b.instance("array", &array, &wires);
        (sums, delay_line(b, "final", fetcher.get("final_o"), array.latency, false))
    }

    /// The same of events.
    fn place_event_lanes<'m>(
        &self,
        b: &'m Builder,
        fetcher: &Outputs<'m>,
    ) -> (Outputs<'m>, Signal<'m>) {
        let lanes = self.event_lanes();
        let names = [
            ("high_o", "high_i"),
            ("low_o", "low_i"),
            ("valid_o", "valid_i"),
            ("last_o", "last_i"),
        ];
        let mut wires = pass(fetcher, names);
        let (value, width) = (fetcher.get("value_o"), lanes.value_width);
        if value.width() > width {
            let above = value.bits(width, value.width() - width);
            b.unused("value_above", above, "Sums wrap, and whole ones are proven to fit.");
        }
        wires.push(("value_i", value.truncate(width)));
        let array = lanes.module();
        let sums = b.instance("array", &array, &wires);
        (sums, delay_line(b, "final", fetcher.get("final_o"), array.latency, false))
    }

    /// What the row reader tells the drain; nothing, in a program that looks up no row.
    fn place_row_reader<'m>(
        &self,
        b: &'m Builder,
        walker: &Outputs<'m>,
        fetcher: &Outputs<'m>,
        [high, low]: [Signal<'m>; 2],
    ) -> Wires<'m> {
        let told =
            [("done_o", "row_done_i"), ("final_o", "row_final_i"), ("values_o", "row_values_i")];
        let module = self.row_reader().module();
        let (lane, group) = (self.table_word.rows > 1, self.walker().group_type().is_some());
        if !self.rows {
            let unused = "No row of a table is looked up.";
            for port in ["row_valid_o", "row_first_o", "row_last_o", "row_final_o"] {
                b.unused(port.trim_end_matches("_o"), fetcher.get(port), unused);
            }
            if lane {
                b.unused("lane", walker.get("lane_o"), unused);
            }
            if group {
                b.unused("row_group", fetcher.get("row_group_o"), unused);
            }
            let nothing = |port: &str| b.literal(0, module.port_type(port).expect("an output"));
            return told.map(|(output, input)| (input, nothing(output))).to_vec();
        }
        b.section("Row reader: values of an embedding.");
        let mut wires = pass(
            fetcher,
            [
                ("row_valid_o", "valid_i"),
                ("row_first_o", "first_i"),
                ("row_last_o", "last_i"),
                ("row_final_o", "final_i"),
            ],
        );
        wires.extend([("high_i", high), ("low_i", low)]);
        if lane {
            wires.extend(pass(walker, [("lane_o", "lane_i")]));
        }
        if group {
            wires.extend(pass(fetcher, [("row_group_o", "group_i")]));
        }
        pass(&b.instance("row_reader", &module, &wires), told)
    }
}
