//! The vector unit of passes: a stream of words through the stages that a program chooses.
//!
//! Ports only so far: nothing is executed.

use crate::blocks::machine::digit_writer::STORE_ADDRESS_WIDTH;
use crate::blocks::machine::round_shifter::SHIFT_WIDTH;
use crate::blocks::machine::scalar_unit::{EXPONENT_WIDTH, SCALAR_ADDRESS_WIDTH};
use crate::blocks::machine::train_writer::{
    DESCRIPTOR_ADDRESS_WIDTH, DESCRIPTOR_WORDS_WIDTH, TRAIN_ADDRESS_WIDTH,
};
use crate::blocks::machine::vector_control::POSITION_WIDTH;
use crate::builder::Builder;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::{Type, sint, uint};
use firmware::isa::{LONG_WIDTH, Matrix, Pass};
use firmware::machine::MachineParameters;
use firmware::pass_choices::PassChoices;
use std::sync::Arc;
use weights::numeric::Radix;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// Parameters of the block; what they mean stands at [`MachineParameters`].
#[derive(Clone, Debug)]
pub struct PassUnit {
    /// Elements of a word, 2..=16.
    pub elements: u32,
    /// Rows of the array, a multiple of `elements`.
    pub lanes: u32,
    /// Columns of the array, a multiple of `elements`.
    pub slots: u32,
    /// Bits of a value, 16..=24.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// What the passes choose.
    pub choices: PassChoices,
}

impl PassUnit {
    /// The unit of a machine for a program that makes these choices.
    pub fn new(machine: &MachineParameters, choices: PassChoices) -> PassUnit {
        PassUnit {
            elements: machine.elements,
            lanes: machine.lanes,
            slots: machine.slots,
            value_width: machine.value_width,
            count_width: machine.count_width,
            digits: machine.key_value_digits,
            radix: machine.radix,
            choices,
        }
    }

    /// The module `pass_unit`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("pass_unit", file!(), "ports of the vector unit of passes.");
        let PassUnit { elements, lanes, slots, value_width, count_width, .. } = *self;
        let word = uint(elements * value_width);
        let value = sint(value_width);
        let address = uint(Pass::FORMAT.field("a").width);
        let bit = uint(1);
        let input = |name: &str, ty: Type, meaning: &str| {
            let signal = b.input(name, ty, meaning);
            b.unused(name.trim_end_matches("_i"), signal, "Nothing is executed yet.");
        };
        let zero = |name: &str, ty: Type, meaning: &str| {
            let silent: Signal = b.literal(0, ty);
            b.output(name, silent, meaning);
        };
        b.port_group("Instruction, its pointers added; what stands beside it is taken with it.");
        input("instruction_valid_i", bit, "an instruction waits");
        input("instruction_i", uint(LONG_WIDTH), "its bits");
        input("position_i", uint(POSITION_WIDTH), "position p");
        input("attended_i", uint(POSITION_WIDTH), "the last attended position");
        input("restarts_i", bit, "its state begins anew");
        zero("instruction_ready_o", bit, "it is taken if it is valid");
        zero("done_o", bit, "the oldest instruction is finished, its last write happens");
        zero("vector_busy_o", bit, "an instruction is under way");
        zero("saturations_o", uint(elements.ilog2() + 2), "values that saturated in this cycle");
        for (name, port, letter) in [
            ("residual", "residual_read_address_o", "X"),
            ("result", "result_address_o", "R"),
            ("temporary", "temporary_read_address_o", "T"),
            ("state", "state_read_address_o", "S"),
            ("constant", "constant_address_o", "C"),
        ] {
            b.port_group(&format!("{letter}, read. A word comes a cycle later and stays."));
            zero(&format!("{name}_read_o"), bit, "read a word");
            zero(port, address, "which one");
            input(&format!("{name}_data_i"), word, "its values");
        }
        b.port_group("Registers, read in the cycle of their address.");
        zero("scalar_read_address_o", uint(SCALAR_ADDRESS_WIDTH), "scalar to read");
        input("scalar_mantissa_i", uint(UNIT_WIDTH), "its factor");
        input("scalar_shift_i", uint(SHIFT_WIDTH), "its right shift");
        input("scalar_exponent_i", sint(EXPONENT_WIDTH), "its exponent");
        zero("level_read_address_o", uint(SCALAR_ADDRESS_WIDTH), "level to read");
        input("level_i", value, "the level");
        let maximum = uint(Matrix::FORMAT.field("maximum").width);
        zero("maximum_address_o", maximum, "maximum to read");
        input("maximum_i", value, "the maximum");
        for (name, letter) in [("temporary", "T"), ("state", "S")] {
            b.port_group(&format!("{letter}, written."));
            zero(&format!("{name}_write_o"), bit, "write a word");
            zero(&format!("{name}_write_address_o"), address, "which one");
            zero(&format!("{name}_write_data_o"), word, "its values");
        }
        b.port_group("Train word that is not empty.");
        zero("train_write_o", bit, "write it");
        zero("train_address_o", uint(TRAIN_ADDRESS_WIDTH), "where");
        zero("train_column_o", uint(TRAIN_ADDRESS_WIDTH), "its column");
        zero("train_negative_o", uint(slots), "signs, slot 0 in the lowest bit");
        zero("train_magnitude_o", uint(slots * count_width), "magnitudes, slot 0 lowest");
        b.port_group("Descriptor of a train.");
        zero("descriptor_write_o", bit, "write it");
        zero("descriptor_address_o", uint(DESCRIPTOR_ADDRESS_WIDTH), "number of the train");
        zero("descriptor_words_o", uint(DESCRIPTOR_WORDS_WIDTH), "its words that are not empty");
        zero("descriptor_magnitude_o", uint(count_width), "its magnitudes: or, or largest");
        b.port_group("Key or value store.");
        let side = lanes.max(slots);
        zero("store_write_o", bit, "write one digit of a word");
        zero("store_values_o", bit, "0: keys, 1: values");
        zero("store_address_o", uint(STORE_ADDRESS_WIDTH), "the word");
        zero("store_position_o", uint(side.trailing_zeros()), "p: its low bits");
        zero("store_high_o", uint(side), "upper bit of each trit");
        zero("store_low_o", uint(side), "lower bit of each trit");
        b.port_group("Scalar, written.");
        zero("scalar_write_o", bit, "write it");
        zero("scalar_write_address_o", uint(SCALAR_ADDRESS_WIDTH), "which one");
        zero("scalar_mantissa_o", uint(UNIT_WIDTH), "factor");
        zero("scalar_shift_o", uint(SHIFT_WIDTH), "right shift");
        zero("scalar_exponent_o", sint(EXPONENT_WIDTH), "exponent");
        b.port_group("Level, written.");
        zero("level_write_o", bit, "write it");
        zero("level_write_address_o", uint(SCALAR_ADDRESS_WIDTH), "which one");
        zero("level_data_o", value, "its value");
        b.finish()
    }
}
