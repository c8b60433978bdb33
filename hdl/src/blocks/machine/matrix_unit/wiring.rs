//! The module `matrix_unit`: its parts, wired.

use super::MatrixUnit;
use crate::blocks::accumulator_array::delay_line;
use crate::blocks::machine::drain::EXPONENT_WIDTH;
use crate::blocks::machine::drain_row::{DEFICIT_WIDTH, FACTOR_WIDTH};
use crate::blocks::machine::matrix_walker::{TOKEN_WIDTH, TRAIN_WORDS_WIDTH};
use crate::blocks::weight_store::{BANK_WIDTH, HOST_ADDRESS_WIDTH};
use crate::builder::Builder;
use crate::instance::Outputs;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::{sint, uint};
use crate::storage::address_width;
use firmware::isa::{INSTRUCTION_WIDTH, Matrix};
use std::sync::Arc;
use weights::numeric::Radix;

/// A port's name and what it is connected to.
type Wires<'m> = Vec<(&'static str, Signal<'m>)>;

/// The input ports of the unit.
struct Inputs<'m>(Wires<'m>);

impl<'m> Inputs<'m> {
    fn get(&self, name: &str) -> Signal<'m> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("no input {name}")).1
    }

    /// Inputs of a part that have the unit's own names.
    fn all<const N: usize>(&self, names: [&'static str; N]) -> Wires<'m> {
        names.map(|name| (name, self.get(name))).to_vec()
    }
}

/// Outputs of a part, for the inputs of another: `<name>_o` to `<name>_i`.
fn pass<'m, const N: usize>(
    from: &Outputs<'m>,
    names: [(&'static str, &'static str); N],
) -> Wires<'m> {
    names.map(|(output, input)| (input, from.get(output))).to_vec()
}

impl MatrixUnit {
    /// The module `matrix_unit`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("matrix_unit", file!(), &self.summary());
        let inputs = self.inputs(&b);

        b.section("Wires that lead back.");
        let word = uint(self.lanes * self.slots);
        let quiet = b.forward("quiet", uint(1));
        let weights = [b.forward("weight_high", word), b.forward("weight_low", word)];

        b.section("Walker: which entry goes.");
        let walker = self.place_walker(&b, &inputs, quiet);
        b.section("Fetcher: from the entry to its trits and spikes.");
        let fetcher = self.place_fetcher(&b, &inputs, &walker, weights);
        b.section("Weights.");
        let bad_code = self.place_weights(&b, &inputs, &fetcher, weights);
        b.section("Array: the sums of a tile.");
        let (array, array_ends) = self.place_array(&b, &fetcher);
        b.section("Row reader: values of an embedding.");
        let reader = self.place_row_reader(&b, &walker, &fetcher, weights);

        b.section("Drain: from sums to values in R or X.");
        let mut wires = pass(
            &walker,
            [
                ("start_o", "start_i"),
                ("keys_o", "keys_i"),
                ("rows_o", "rows_i"),
                ("destination_o", "destination_i"),
                ("address_o", "address_i"),
                ("multiplier_o", "multiplier_i"),
                ("shift_o", "shift_i"),
                ("scaling_o", "scaling_i"),
                ("scalar_o", "scalar_i"),
                ("search_o", "search_i"),
                ("maximum_o", "maximum_i"),
                ("deficits_o", "deficits_i"),
            ],
        );
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
        wires.extend(pass(
            &reader,
            [("done_o", "row_done_i"), ("final_o", "row_final_i"), ("values_o", "row_values_i")],
        ));
        wires.extend(inputs.all(["scalar_mantissa_i", "scalar_exponent_i", "residual_data_i"]));
        wires.push(("deficit_words_i", inputs.get("deficits_i")));
        let drain =
            b.instance_driving("drain", &self.drain().module(), &wires, &[("quiet_o", quiet)]);

        self.outputs(&b, &walker, &fetcher, &drain);
        b.output("bad_code_o", bad_code, "a byte that the host stores is no code");
        b.finish()
    }

    fn summary(&self) -> String {
        let Self { lanes, slots, planes, elements, .. } = self;
        format!(
            "stored trits times a train: {lanes} lanes of {slots} slots and {planes} planes.\n\n\
             One store word a cycle; {elements} rows a cycle drain to R or X. The next instruction \
             walks while the results of earlier ones drain; all are done in order, {} cycles after \
             their last entry, {} more with a search, {} for an embedding.",
            self.finish_cycles(),
            self.search_cycles(),
            self.embedding_finish_cycles(),
        )
    }

    fn inputs<'m>(&self, b: &'m Builder) -> Inputs<'m> {
        let field = |name: &str| uint(Matrix::FORMAT.field(name).width);
        let (trits, host) = (uint(self.lanes * self.slots), uint(HOST_ADDRESS_WIDTH));
        let token = uint(TOKEN_WIDTH);
        let counts = uint(self.slots * self.count_width);
        let deficits = uint(self.elements * DEFICIT_WIDTH);
        let word = uint(self.elements * self.value_width);
        let groups = [
            (
                "Instruction.",
                vec![
                    ("instruction_valid_i", uint(1), "an instruction is there"),
                    ("instruction_i", uint(INSTRUCTION_WIDTH), "its bits"),
                    ("position_i", token, "position of the token"),
                    ("token_i", token, "id of the token"),
                ],
            ),
            (
                "Host side of the weight store.",
                vec![
                    ("weight_write_i", uint(1), "store one bank word"),
                    ("weight_bank_i", host, "its bank"),
                    ("weight_word_i", host, "its word"),
                    ("weight_data_i", uint(BANK_WIDTH), "its four bytes of packed trits"),
                ],
            ),
            (
                "Keys and values, lane 0 lowest, two cycles after the fetch.",
                vec![
                    ("key_high_i", trits, "upper bit of each trit"),
                    ("key_low_i", trits, "lower bit of each trit"),
                    ("value_high_i", trits, "upper bit of each trit"),
                    ("value_low_i", trits, "lower bit of each trit"),
                ],
            ),
            (
                "Train word, a cycle after the fetch.",
                vec![
                    ("train_column_i", field("stride"), "its column"),
                    ("train_negative_i", uint(self.slots), "signs of its counts"),
                    ("train_magnitude_i", counts, "magnitudes, slot 0 lowest"),
                ],
            ),
            (
                "Descriptor that descriptor_address_o names.",
                vec![
                    ("descriptor_words_i", uint(TRAIN_WORDS_WIDTH), "non-empty words of the train"),
                    ("descriptor_magnitude_i", uint(self.count_width), self.magnitude_meaning()),
                ],
            ),
            (
                "Scalar that scalar_address_o names.",
                vec![
                    ("scalar_mantissa_i", uint(FACTOR_WIDTH), "a factor"),
                    ("scalar_exponent_i", sint(EXPONENT_WIDTH), "a shift"),
                ],
            ),
            (
                "Key deficits and X, element 0 lowest, a cycle after the fetch.",
                vec![
                    ("deficits_i", deficits, "shifts of the positions of a group"),
                    ("residual_data_i", word, "a word of X"),
                ],
            ),
        ];
        let trits = uint(self.slots * self.planes);
        let planes = (
            "Word of every plane, a cycle after its fetch, plane 0 lowest.",
            vec![
                ("plane_active_i", trits, "1: a spike"),
                ("plane_negative_i", trits, "1: it is -1"),
            ],
        );
        let planes = self.vectors.then_some(planes);
        let mut ports = vec![];
        for (title, group) in groups.into_iter().chain(planes) {
            b.port_group(title);
            ports.extend(group.into_iter().map(|(name, ty, text)| (name, b.input(name, ty, text))));
        }
        Inputs(ports)
    }

    fn magnitude_meaning(&self) -> &'static str {
        match self.radix {
            Radix::Bitwise => "or of its magnitudes",
            Radix::Unary => "its largest magnitude",
        }
    }

    fn place_walker<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        quiet: Signal<'m>,
    ) -> Outputs<'m> {
        let mut wires = inputs.all([
            "instruction_valid_i",
            "instruction_i",
            "position_i",
            "token_i",
            "descriptor_words_i",
        ]);
        wires.push(("quiet_i", quiet));
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
        let wires = [
            ("write_i", inputs.get("weight_write_i")),
            ("write_bank_i", inputs.get("weight_bank_i")),
            ("write_word_i", inputs.get("weight_word_i")),
            ("data_i", inputs.get("weight_data_i")),
            ("read_i", fetcher.get("weight_read_o")),
            ("read_word_i", address.bits(0, width)),
        ];
        let drives = [("high_o", high), ("low_o", low)];
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

    fn place_row_reader<'m>(
        &self,
        b: &'m Builder,
        walker: &Outputs<'m>,
        fetcher: &Outputs<'m>,
        [high, low]: [Signal<'m>; 2],
    ) -> Outputs<'m> {
        let mut wires = pass(
            fetcher,
            [
                ("row_valid_o", "valid_i"),
                ("row_first_o", "first_i"),
                ("row_last_o", "last_i"),
                ("row_final_o", "final_i"),
            ],
        );
        wires.extend([("high_i", high), ("low_i", low), ("lane_i", walker.get("lane_o"))]);
        if self.walker().group_type().is_some() {
            wires.extend(pass(fetcher, [("row_group_o", "group_i")]));
        }
        b.instance("row_reader", &self.row_reader().module(), &wires)
    }

    fn outputs<'m>(
        &self,
        b: &'m Builder,
        walker: &Outputs<'m>,
        fetcher: &Outputs<'m>,
        drain: &Outputs<'m>,
    ) {
        let group = |title: &str, part: &Outputs<'m>, ports: &[(&str, &str, &str)]| {
            b.port_group(title);
            for (name, port, meaning) in ports {
                b.output(name, part.get(port), meaning);
            }
        };
        group(
            "Instruction.",
            walker,
            &[
                ("instruction_ready_o", "instruction_ready_o", "it is taken if it is there"),
                ("descriptor_address_o", "descriptor_address_o", "train of the next one"),
            ],
        );
        group("Trains.", walker, &[("train_address_o", "train_word_o", "word to fetch")]);
        group(
            "Stores: fetch a word.",
            fetcher,
            &[
                ("train_read_o", "train_read_o", "of the train store"),
                ("key_read_o", "key_read_o", "of the key store"),
                ("key_address_o", "address_o", "its address"),
                ("value_read_o", "value_read_o", "of the value store"),
                ("value_address_o", "address_o", "its address"),
            ],
        );
        if self.vectors {
            let title = "Plane store.";
            let read = ("plane_read_o", "plane_read_o", "fetch a word of every plane");
            let address = ("plane_address_o", "plane_address_o", "its address");
            group(title, fetcher, &[read, address]);
        }
        group("Array.", fetcher, &[("array_busy_o", "valid_o", "an entry enters the array")]);
        group(
            "Walker.",
            walker,
            &[("drain_waits_o", "drain_waits_o", "an entry waits for the drain")],
        );
        group(
            "Drain.",
            drain,
            &[
                ("done_o", "done_o", "an instruction is finished with this cycle's writes"),
                ("saturated_o", "saturated_o", "a valid row of this write saturated"),
                ("scalar_address_o", "scalar_address_o", "scalar to look up"),
                ("deficit_read_o", "deficit_read_o", "fetch a word of key deficits"),
                ("deficit_address_o", "deficit_address_o", "its address"),
                ("residual_read_o", "residual_read_o", "fetch a word of X"),
                ("residual_read_address_o", "residual_read_address_o", "its address"),
                ("residual_write_o", "residual_write_o", "write a word of X"),
                ("residual_write_address_o", "residual_write_address_o", "its address"),
                ("residual_write_data_o", "residual_write_data_o", "its values"),
                ("result_write_o", "result_write_o", "write a word of R"),
                ("result_address_o", "result_address_o", "its address"),
                ("result_data_o", "result_data_o", "its values"),
                ("maximum_write_o", "maximum_write_o", "write a maximum register"),
                ("maximum_address_o", "maximum_address_o", "which"),
                ("maximum_data_o", "maximum_data_o", "its value"),
                ("prediction_o", "prediction_o", "row of the last maximum that predicts"),
            ],
        );
    }
}
