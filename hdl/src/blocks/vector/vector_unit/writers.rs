//! What follows the elements: sums and scalars, trains, digits.

use super::{Parts, VectorUnit, joined};
use crate::blocks::vector::digit_writer::DigitWriter;
use crate::blocks::vector::scalar_unit::ScalarUnit;
use crate::blocks::vector::train_writer::{TRAIN_ADDRESS_WIDTH, TrainWriter};
use crate::blocks::vector::vector_control::POSITION_WIDTH;
use crate::blocks::vector::vector_reduction::{SUM_WIDTH, VectorReduction};
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::signal_type::uint;

impl VectorUnit {
    pub(super) fn scalars<'m>(&self, b: &'m Builder, parts: &Parts<'m>) -> Outputs<'m> {
        let Parts { control, schedule, elements } = parts;
        b.section("Sums and peaks, and the scalars they give.");
        let element = self.element();
        let reduction = VectorReduction {
            elements: self.elements,
            entering_width: element.entering_width(),
            square_width: element.square_width(),
            value_width: self.value_width,
        };
        let epsilon = b.forward("epsilon", uint(SUM_WIDTH));
        let inputs = [
            ("valid_i", schedule.get("entering_valid_o")),
            ("sum_valid_i", schedule.get("sum_valid_o")),
            ("first_i", schedule.get("entering_first_o")),
            ("last_i", schedule.get("entering_last_o")),
            ("entering_i", joined(b, elements, "entering_o")),
            ("squares_i", joined(b, elements, "square_o")),
            ("epsilon_i", epsilon),
            ("kept_valid_i", schedule.get("result_valid_o")),
            ("kept_first_i", schedule.get("result_first_o")),
            ("kept_last_i", schedule.get("result_last_o")),
            ("kept_i", joined(b, elements, "kept_o")),
            ("softmax_i", control.get("softmax_o")),
        ];
        let sums = b.instance("reduction", &reduction.module(), &inputs);
        let scales = [control.get("rotate_o"), control.get("measure_o"), control.get("softmax_o")];
        let scales = b.wire("scales", b.concat(&scales).any());
        let mut inputs = vec![
            ("sums_valid_i", sums.get("sums_valid_o")),
            ("sum_squares_i", sums.get("sum_squares_o")),
            ("sum_magnitudes_i", sums.get("sum_magnitudes_o")),
            ("peak_valid_i", sums.get("peak_valid_o")),
            ("peak_i", sums.get("peak_o")),
            ("peak_ends_i", schedule.get("peak_ends_o")),
            ("input_exponent_i", schedule.get("exponent_o")),
            ("scales_i", scales),
        ];
        let held = [
            ("start_i", "start_o"),
            ("norm_i", "norm_o"),
            ("softmax_i", "softmax_o"),
            ("bits_i", "bits_o"),
            ("target_i", "target_o"),
            ("target_exponent_i", "target_exponent_o"),
            ("epsilon_i", "epsilon_o"),
            ("epsilon_shift_i", "epsilon_shift_o"),
            ("follows_i", "follows_o"),
            ("output_i", "output_o"),
        ];
        inputs.extend(held.map(|(input, output)| (input, control.get(output))));
        let module = ScalarUnit { peak_width: element.entering_width() - 1 }.module();
        let drives = [("epsilon_o", epsilon)];
        let scalars = b.instance_driving("scalars", &module, &inputs, &drives);
        b.port_group("Scalar, written.");
        b.output("scalar_write_o", scalars.get("write_o"), "write it");
        b.output("scalar_write_address_o", scalars.get("address_o"), "which one");
        b.output("scalar_mantissa_o", scalars.get("mantissa_o"), "factor");
        b.output("scalar_shift_o", scalars.get("shift_o"), "right shift");
        b.output("scalar_exponent_o", scalars.get("exponent_o"), "exponent");
        scalars
    }

    pub(super) fn trains<'m>(&self, b: &'m Builder, parts: &Parts<'m>) -> Outputs<'m> {
        let Parts { control, schedule, elements } = parts;
        b.section("Trains.");
        let VectorUnit { slots, count_width, radix, .. } = *self;
        let writer = TrainWriter { elements: self.elements, slots, count_width, radix };
        let narrow = |port: &str| control.get(port).bits(0, TRAIN_ADDRESS_WIDTH);
        let inputs = [
            ("start_i", control.get("start_o")),
            ("destination_i", narrow("destination_o")),
            ("stride_i", narrow("stride_o")),
            ("train_i", control.get("train_o")),
            ("valid_i", schedule.get("count_valid_o")),
            ("first_i", schedule.get("result_first_o")),
            ("last_i", schedule.get("result_last_o")),
            ("ends_i", schedule.get("result_ends_o")),
            ("negative_i", joined(b, elements, "negative_o")),
            ("magnitude_i", joined(b, elements, "magnitude_o")),
        ];
        let trains = b.instance("trains", &writer.module(), &inputs);
        b.port_group("Train word that is not empty.");
        let pass = |port: &str, meaning: &str| b.output(port, trains.get(port), meaning);
        pass("train_write_o", "write it");
        pass("train_address_o", "where");
        pass("train_column_o", "its column");
        pass("train_negative_o", "signs, slot 0 in the lowest bit");
        pass("train_magnitude_o", "magnitudes, slot 0 in the lowest bits");
        b.port_group("Descriptor of a train.");
        pass("descriptor_write_o", "write it");
        pass("descriptor_address_o", "number of the train");
        pass("descriptor_words_o", "its words that are not empty");
        pass("descriptor_magnitude_o", "its magnitudes: their or, or the largest");
        trains
    }

    pub(super) fn digits<'m>(&self, b: &'m Builder, parts: &Parts<'m>) -> Outputs<'m> {
        let Parts { control, schedule, elements } = parts;
        b.section("Keys and values.");
        let VectorUnit { lanes, slots, digits, .. } = *self;
        let position_width = POSITION_WIDTH;
        let writer = DigitWriter { elements: self.elements, lanes, slots, digits, position_width };
        let mut inputs = vec![
            ("opens_i", schedule.get("opens_o")),
            ("scalar_exponent_i", schedule.get("exponent_o")),
            ("valid_i", schedule.get("digit_valid_o")),
            ("last_i", schedule.get("digit_last_o")),
            ("ends_i", schedule.get("digit_ends_o")),
            ("positive_i", joined(b, elements, "positive_o")),
            ("negative_i", joined(b, elements, "negative_digit_o")),
        ];
        let held = [
            ("start_i", "start_o"),
            ("values_i", "values_o"),
            ("position_i", "position_o"),
            ("base_i", "base_o"),
            ("columns_i", "columns_o"),
            ("stride_i", "stride_o"),
            ("offset_i", "offset_o"),
            ("deficits_i", "deficits_o"),
            ("deficit_stride_i", "deficit_stride_o"),
            ("top_i", "top_o"),
        ];
        inputs.extend(held.map(|(input, output)| (input, control.get(output))));
        let writer = b.instance("digits", &writer.module(), &inputs);
        let pass = |port: &str, meaning: &str| b.output(port, writer.get(port), meaning);
        b.port_group("Key or value store.");
        pass("store_write_o", "write one digit of a word");
        b.output("store_values_o", control.get("values_o"), "0: keys, 1: values");
        pass("store_address_o", "the word");
        let position = control.get("position_o").bits(0, lanes.max(slots).trailing_zeros());
        b.output("store_position_o", position, "p: its low bits are the lane or the slot");
        pass("store_high_o", "upper bit of each trit");
        pass("store_low_o", "lower bit of each trit");
        b.port_group("Deficit of a position.");
        pass("deficit_write_o", "write it");
        b.output("deficit_values_o", control.get("values_o"), "0: of keys, 1: of values");
        b.output("deficit_write_address_o", writer.get("deficit_address_o"), "its word");
        pass("deficit_element_o", "which of the word");
        pass("deficit_data_o", "the deficit");
        writer
    }
}
