//! The ports of the module `matrix_unit`.

use super::MatrixUnit;
use crate::blocks::array::drain::EXPONENT_WIDTH;
use crate::blocks::array::drain_row::FACTOR_WIDTH;
use crate::blocks::array::matrix_walker::{TOKEN_WIDTH, TRAIN_WORDS_WIDTH};
use crate::blocks::memory::weight_store::{BANK_WIDTH, HOST_ADDRESS_WIDTH};
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{INSTRUCTION_WIDTH, Matrix};
use weights::numeric::Radix;

/// A port's name and what it is connected to.
pub(super) type Wires<'m> = Vec<(&'static str, Signal<'m>)>;

/// The input ports of the unit.
pub(super) struct Inputs<'m>(Wires<'m>);

impl<'m> Inputs<'m> {
    pub(super) fn get(&self, name: &str) -> Signal<'m> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("no input {name}")).1
    }

    /// Inputs of a part that have the unit's own names.
    pub(super) fn all<const N: usize>(&self, names: [&'static str; N]) -> Wires<'m> {
        names.map(|name| (name, self.get(name))).to_vec()
    }
}

impl MatrixUnit {
    pub(super) fn inputs<'m>(&self, b: &'m Builder) -> Inputs<'m> {
        let field = |name: &str| uint(Matrix::FORMAT.field(name).width);
        let (trits, host) = (uint(self.lanes * self.slots), uint(HOST_ADDRESS_WIDTH));
        let token = uint(TOKEN_WIDTH);
        let counts = uint(self.slots * self.count_width);
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
        ];
        let plane_trits = uint(self.slots * self.planes);
        let planes = (
            "Word of every plane, a cycle after its fetch, plane 0 lowest.",
            vec![
                ("plane_active_i", plane_trits, "1: a spike"),
                ("plane_negative_i", plane_trits, "1: it is -1"),
            ],
        );
        let planes = self.vectors.then_some(planes);
        let kept = (
            "Keys and values, lane 0 lowest, two cycles after the fetch.",
            vec![
                ("key_high_i", trits, "upper bit of each trit"),
                ("key_low_i", trits, "lower bit of each trit"),
                ("value_high_i", trits, "upper bit of each trit"),
                ("value_low_i", trits, "lower bit of each trit"),
            ],
        );
        let kept = (!self.events).then_some(kept);
        let mut ports = vec![];
        for (title, group) in groups.into_iter().chain(kept).chain(planes) {
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

    pub(super) fn outputs<'m>(
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
        let reads = [
            ("train_read_o", "train_read_o", "of the train store"),
            ("key_read_o", "key_read_o", "of the key store"),
            ("key_address_o", "address_o", "its address"),
            ("value_read_o", "value_read_o", "of the value store"),
            ("value_address_o", "address_o", "its address"),
        ];
        let reads = if self.events { &reads[..1] } else { &reads[..] };
        group("Stores: fetch a word.", fetcher, reads);
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
                ("result_write_o", "result_write_o", "write a word of R"),
                ("result_address_o", "result_address_o", "its address"),
                ("result_data_o", "result_data_o", "its values"),
                ("maximum_write_o", "maximum_write_o", "write a maximum register"),
                ("maximum_address_o", "maximum_address_o", "which"),
                ("maximum_data_o", "maximum_data_o", "its value"),
                ("prediction_o", "prediction_o", "row of the last maximum that predicts"),
            ],
        );
        if self.announces {
            b.output("predicted_o", drain.get("predicted_o"), "it is a new one");
        }
    }
}
