//! The vector unit: norms, encoders, rotations, softmax, gates, and what attention keeps.
//!
//! ```text
//!  instruction ─► vector_control ─► reads ─► elements ─┬─► T
//!                       │ tags                │        ├─► train_writer ─► trains
//!                       └─► vector_schedule ──┤        ├─► digit_writer ─► keys, values, deficits
//!                                             └─► vector_reduction ─► scalar_unit ─► scalars
//! ```
//!
//! Executes the instructions of [`firmware::isa`] in their order: the next one reads while this one
//! drains, and finds all that this one writes to T and to the scalars of its groups. Only the scalar
//! of an argument (Softmax, Gate) is read at its beginning: whoever writes that must be done. Within
//! an instruction one word enters each cycle, and groups follow each other without a gap.
//!
//! Cycles from the one that accepts an instruction to that of `done_o`, where `n` is the number of
//! its words in all groups, D the digits, and tree = ⌈log2(elements) / 2⌉; the next instruction is
//! taken so many cycles before `done_o` as the smaller of its lead and this one's overlap says:
//!
//! | instruction | cycles | | | lead | overlap |
//! |---|---|---|---|---|---|
//! | Norm | n + 12 + tree | weighted | + 5 | 1, weighted 6 | 10 + tree |
//! | Encode | n + 8 | weighted | + 5 | 1, weighted 6 | 6 |
//! | | | unary | + 1 | | + 1 |
//! | Rotate | 2 n + 12 | | | 9 | 3 |
//! | Measure | n + 5 | | | 1 | 3 |
//! | Store | n + 8 + D | words of the store complete less than D cycles apart | + waits | 1 | 6 + D |
//! | Softmax | n + 18 | | | 7 | 5 |
//! | Gate | 2 n + 12 | | | 7 | 0 |
//!
//! [`VectorCycles`] has them as functions.

mod parameters;
mod writers;

pub use parameters::VectorUnit;

use super::function_table::{INDEX_WIDTH, function_table};
use super::round_shifter::SHIFT_WIDTH;
use super::scalar_unit::EXPONENT_WIDTH;
use super::vector_control::{POSITION_WIDTH, VectorControl};
use super::vector_cycles::VectorCycles;
use super::vector_element::{DEFICIT_WIDTH, VectorElement};
use super::vector_schedule::VectorSchedule;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::isa::INSTRUCTION_WIDTH;
use std::sync::Arc;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// The instances whose outputs others read.
struct Parts<'m> {
    control: Outputs<'m>,
    schedule: Outputs<'m>,
    elements: Vec<Outputs<'m>>,
}

impl VectorUnit {
    fn element(&self) -> VectorElement {
        let VectorUnit { value_width, count_width, digits, .. } = *self;
        VectorElement { value_width, count_width, digits }
    }

    /// The module `vector_unit`.
    ///
    /// # Panics
    /// If `elements` is no power of two from 2 to 16.
    pub fn module(&self) -> Arc<Module> {
        let elements = self.elements;
        assert!(matches!(elements, 2 | 4 | 8 | 16), "{elements} elements are not 2, 4, 8 or 16");
        let b = Builder::new("vector_unit", file!(), &self.summary());
        let finished = b.forward("finished", uint(1));
        let control = self.control(&b, finished);
        let schedule = self.schedule(&b, &control);
        let elements = self.elements(&b, &control, &schedule);
        let parts = Parts { control, schedule, elements };
        let scalars = self.scalars(&b, &parts);
        let trains = self.trains(&b, &parts);
        let digits = self.digits(&b, &parts);
        b.section("The last write of an instruction.");
        let last_writes = [&scalars, &trains, &digits, &parts.schedule];
        let last_writes = last_writes.map(|writer| writer.get("finished_o"));
        let any = last_writes.into_iter().reduce(|any, one| any | one);
        b.assign(finished, any.unwrap_or_else(|| unreachable!("there are writers")));
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} elements per cycle: norms, encoders, rotations, softmax, gates, kept digits.\n\n\
             Instructions are executed in order, one reads while the one before drains; each finds \
             all that the one before has written, but for the scalar of an argument.",
            self.elements
        )
    }

    fn word(&self) -> Type {
        uint(self.elements * self.value_width)
    }

    fn control<'m>(&self, b: &'m Builder, finished: Signal<'m>) -> Outputs<'m> {
        b.port_group("Instruction.");
        let valid = b.input("instruction_valid_i", uint(1), "an instruction waits");
        let instruction = b.input("instruction_i", uint(INSTRUCTION_WIDTH), "its bits");
        let position = b.input("position_i", uint(POSITION_WIDTH), "position p of the token");
        b.section("Instruction and reads.");
        let VectorUnit { elements, lanes, slots, digits, .. } = *self;
        let cycles = VectorCycles { unit: *self };
        let control = VectorControl { elements, lanes, slots, digits, cycles }.module();
        let inputs = [
            ("instruction_valid_i", valid),
            ("instruction_i", instruction),
            ("position_i", position),
            ("finished_i", finished),
        ];
        let control = b.instance("control", &control, &inputs);
        let output = |port: &str, from: &str, meaning: &str| {
            b.output(port, control.get(from), meaning);
        };
        output("instruction_ready_o", "instruction_ready_o", "it is taken if it is valid");
        output("done_o", "done_o", "an instruction is finished, its last write happens");
        output("vector_busy_o", "busy_o", "an instruction is under way");
        control
    }

    fn schedule<'m>(&self, b: &'m Builder, control: &Outputs<'m>) -> Outputs<'m> {
        b.port_group("Scalar and maximum, in the cycle of their address.");
        let mantissa = b.input("scalar_mantissa_i", uint(UNIT_WIDTH), "factor");
        let shift = b.input("scalar_shift_i", uint(SHIFT_WIDTH), "right shift");
        let exponent = b.input("scalar_exponent_i", sint(EXPONENT_WIDTH), "exponent");
        let argument = b.input("argument_exponent_i", sint(EXPONENT_WIDTH), "of an argument");
        let maximum = b.input("maximum_i", sint(self.value_width), "largest score");
        b.section("Which word is where.");
        let VectorUnit { elements, value_width, count_width, .. } = *self;
        let schedule = VectorSchedule { elements, value_width, count_width }.module();
        let position = control.get("position_o").bits(0, elements.trailing_zeros());
        let mut inputs = vec![
            ("scalar_mantissa_i", mantissa),
            ("scalar_shift_i", shift),
            ("scalar_exponent_i", exponent),
            ("argument_exponent_i", argument),
            ("maximum_i", maximum),
            ("position_i", position),
        ];
        let held = [
            ("norm_i", "norm_o"),
            ("encode_i", "encode_o"),
            ("rotate_i", "rotate_o"),
            ("store_i", "store_o"),
            ("softmax_i", "softmax_o"),
            ("gate_i", "gate_o"),
            ("start_i", "start_o"),
            ("reading_rotate_i", "reading_rotate_o"),
            ("reading_softmax_i", "reading_softmax_o"),
            ("reading_gate_i", "reading_gate_o"),
            ("reading_weighted_i", "reading_weighted_o"),
            ("reading_early_i", "reading_early_o"),
            ("read_start_i", "read_start_o"),
            ("accept_i", "accept_o"),
            ("hand_over_i", "hand_over_o"),
            ("valid_i", "valid_o"),
            ("first_i", "first_o"),
            ("last_i", "last_o"),
            ("ends_i", "ends_o"),
            ("shift_i", "reading_shift_o"),
            ("product_shift_i", "reading_product_shift_o"),
            ("scalar_i", "reading_scalar_o"),
            ("bits_i", "bits_o"),
            ("deficits_i", "deficits_o"),
            ("destination_i", "destination_o"),
        ];
        inputs.extend(held.map(|(input, output)| (input, control.get(output))));
        let schedule = b.instance("schedule", &schedule, &inputs);
        b.output("scalar_read_address_o", schedule.get("scalar_address_o"), "scalar to read");
        b.output("argument_address_o", control.get("reading_scalar_o"), "scalar of an argument");
        b.output("maximum_address_o", control.get("reading_maximum_o"), "maximum to read");
        schedule
    }

    /// The memories of values and the elements between them.
    fn elements<'m>(
        &self,
        b: &'m Builder,
        control: &Outputs<'m>,
        schedule: &Outputs<'m>,
    ) -> Vec<Outputs<'m>> {
        let memory = |name: &str, port: &str, address: &str, letter: &str| {
            b.port_group(&format!("{letter}, read. A word comes a cycle later and stays."));
            let read = control.get(&format!("{name}_read_o"));
            b.output(&format!("{name}_read_o"), read, "read a word");
            let meaning = "which one";
            b.output(port, control.get(address), meaning);
            b.input(&format!("{name}_data_i"), self.word(), "its values")
        };
        let words = [
            ("residual_i", memory("residual", "residual_read_address_o", "address_o", "X")),
            ("result_i", memory("result", "result_address_o", "result_address_o", "R")),
            ("temporary_i", memory("temporary", "temporary_read_address_o", "address_o", "T")),
            ("constant_i", memory("constant", "constant_address_o", "constant_address_o", "C")),
        ];
        b.port_group("Deficits of values, a cycle after their read.");
        let deficit_type = uint(self.elements * DEFICIT_WIDTH);
        b.output("deficit_read_o", schedule.get("deficit_read_o"), "read a word");
        b.output("deficit_address_o", schedule.get("deficit_address_o"), "which one");
        let deficits = b.input("deficits_i", deficit_type, "deficits of its positions");

        b.section("Elements. Neighbours are the channels of a pair, and share a table.");
        let module = self.element().module();
        let forward = |name: &str, ty: Type| -> Vec<Signal<'m>> {
            (0..self.elements).map(|index| b.forward(&format!("{name}_{index}"), ty)).collect()
        };
        let sources = forward("source", sint(self.value_width));
        let indices = forward("index", uint(INDEX_WIDTH));
        let table = function_table(self.functions);
        let looked_up = |(pair, indices): (usize, &[Signal<'m>])| {
            let inputs = [("index_0_i", indices[0]), ("index_1_i", indices[1])];
            let found = b.instance(&format!("table_{pair}"), &table, &inputs);
            [found.get("entry_0_o"), found.get("entry_1_o")]
        };
        let entries: Vec<Signal> = indices.chunks(2).enumerate().flat_map(looked_up).collect();
        let from_control = [
            ("norm_i", "norm_o"),
            ("weighted_i", "weighted_o"),
            ("encode_i", "encode_o"),
            ("softmax_i", "softmax_o"),
            ("gate_i", "gate_o"),
            ("reading_rotate_i", "reading_rotate_o"),
            ("reading_softmax_i", "reading_softmax_o"),
            ("reading_gate_i", "reading_gate_o"),
            ("reading_early_i", "reading_early_o"),
            ("space_i", "reading_space_o"),
            ("multiplier_i", "reading_multiplier_o"),
        ];
        let from_schedule = [
            ("second_i", "second_o"),
            ("first_shift_i", "first_shift_o"),
            ("maximum_i", "maximum_o"),
            ("mantissa_i", "mantissa_o"),
            ("second_shift_i", "second_shift_o"),
            ("limit_i", "limit_o"),
        ];
        let element = |index: u32| {
            let own =
                |word: Signal<'m>| word.bits(index * self.value_width, self.value_width).as_sint();
            let mut inputs: Vec<(&str, Signal)> = vec![];
            inputs.extend(words.map(|(port, word)| (port, own(word))));
            inputs.extend(from_control.map(|(port, output)| (port, control.get(output))));
            inputs.extend(from_schedule.map(|(port, output)| (port, schedule.get(output))));
            let deficit = deficits.bits(index * DEFICIT_WIDTH, DEFICIT_WIDTH);
            inputs.push(("deficit_i", deficit));
            inputs.push(("masked_i", schedule.get("masked_o").bit(index)));
            inputs.push(("partner_i", sources[(index ^ 1) as usize]));
            let at = index as usize;
            inputs.push(("entry_i", entries[at]));
            let drives = [("source_o", sources[at]), ("index_o", indices[at])];
            b.instance_driving(&format!("element_{index}"), &module, &inputs, &drives)
        };
        let elements: Vec<Outputs> = (0..self.elements).map(element).collect();
        b.port_group("T, written.");
        b.output("temporary_write_o", schedule.get("temporary_write_o"), "write a word");
        let address = schedule.get("temporary_address_o");
        b.output("temporary_write_address_o", address, "which one");
        let rotate = control.get("rotate_o");
        let written =
            rotate.select(joined(b, &elements, "turned_o"), joined(b, &elements, "kept_o"));
        b.output("temporary_write_data_o", written, "its values");
        elements
    }
}

/// An output of all elements side by side, the first in the lowest bits.
fn joined<'m>(b: &'m Builder, elements: &[Outputs<'m>], port: &str) -> Signal<'m> {
    let parts: Vec<Signal> =
        elements.iter().rev().map(|element| element.get(port).as_uint()).collect();
    b.concat(&parts)
}
