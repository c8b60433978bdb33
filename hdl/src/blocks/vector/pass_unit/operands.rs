//! The operands of a pass: reads, words, registers.

use super::{PassUnit, Unit, fitting};
use crate::blocks::vector::choice::Chosen;
use crate::blocks::vector::pass_cycles;
use crate::blocks::vector::pass_multiply::AMOUNT_WIDTH;
use crate::blocks::vector::pass_operand::{MEMORIES, PassOperand};
use crate::blocks::vector::pass_reads::{OPERANDS, PassReads, is_memory, spaces};
use crate::blocks::vector::round_shifter::SHIFT_WIDTH;
use crate::blocks::vector::widths::{EXPONENT_WIDTH, SCALAR_ADDRESS_WIDTH};
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::isa::{Follow, Matrix, Multiply, Pass, Restart, Space};
use std::collections::BTreeSet;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// Registers as operands.
const REGISTERS: [Space; 2] = [Space::Level, Space::Maximum];

/// Fields of the operands that are read: their spaces, and what they are instead.
const SPACES: [&str; 3] = ["a_space", "b_space", "c_space"];
const RESTARTS: [&str; 3] = ["a_restart", "b_restart", "c_restart"];
/// Ports of an operand, in the order of [`MEMORIES`].
const WORDS: [&str; 4] = ["result_i", "temporary_i", "state_i", "constant_i"];

/// The word of the last read is taken; what stands for it is chosen.
const TAKEN: u32 = 1;
const STANDING: u32 = pass_cycles::OPERANDS - 1;

/// What the elements work on.
pub(super) struct Operands<'m> {
    /// a, b, c and membranes, where they are read.
    pub(super) words: [Option<Signal<'m>>; 4],
    /// Mantissa of the scalar.
    pub(super) mantissa: Option<Signal<'m>>,
    /// Shift behind the product, with what the scalar adds to it.
    pub(super) amount: Signal<'m>,
}

impl<'m> Unit<'_, 'm> {
    /// The operands, three cycles after the last read of their word.
    pub(super) fn operands(&self) -> Operands<'m> {
        let memories = self.memories();
        let registers = self.registers();
        self.b.section("Operands.");
        let operand =
            |index: usize| self.operand(index, &memories.0, &memories.1, registers[index]);
        let words = std::array::from_fn(operand);
        let (mantissa, amount) = self.scalar();
        Operands { words, mantissa, amount }
    }

    /// The reads, and the words that come a cycle later.
    fn memories(&self) -> (Outputs<'m>, Vec<(Space, Signal<'m>)>) {
        let (b, choices) = (self.b, &self.unit.choices);
        let address = uint(Pass::FORMAT.field("a").width);
        b.section("Reads.");
        let module = PassReads { choices: choices.clone() }.module();
        let mut inputs = vec![
            ("accept_i", self.accept),
            ("step_i", self.control.get("step_o")),
            ("phase_i", self.control.get("phase_o")),
            ("moves_i", self.control.get("moves_o")),
        ];
        let fields: [(&str, &str, bool); 11] = [
            ("a_i", "a", false),
            ("b_i", "b", false),
            ("c_i", "c", false),
            ("membrane_i", "membrane", false),
            ("a_space_i", "a_space", true),
            ("b_space_i", "b_space", true),
            ("c_space_i", "c_space", true),
            ("b_phase_i", "b_phase", true),
            ("c_phase_i", "c_phase", true),
            ("membrane_phase_i", "membrane_phase", true),
            ("spiking_i", "spiking", true),
        ];
        for (port, field, held) in fields {
            if module.port_type(port).is_some() {
                let field = if held { self.fields.held(field) } else { self.fields.now(field) };
                inputs.push((port, field));
            }
        }
        let reads = b.instance("reads", &module, &inputs);
        let mut words = vec![];
        for ((space, name), (port, letter)) in MEMORIES.into_iter().zip([
            ("result_address_o", "R"),
            ("temporary_read_address_o", "T"),
            ("state_read_address_o", "S"),
            ("constant_address_o", "C"),
        ]) {
            b.port_group(&format!("{letter}, read. A word comes a cycle later and stays."));
            let is_read = choices.reads(space);
            let of = |port: &str, ty: Type| match is_read {
                true => reads.get(port),
                false => b.literal(0, ty),
            };
            b.output(
                &format!("{name}_read_o"),
                of(&format!("{name}_read_o"), uint(1)),
                "read a word",
            );
            b.output(port, of(&format!("{name}_address_o"), address), "which one");
            let word = b.input(&format!("{name}_data_i"), self.unit.word(), "its values");
            match is_read {
                true => words.push((space, word)),
                false => b.unused(&format!("{name}_data"), word, "No pass reads it."),
            }
        }
        (reads, words)
    }

    /// The level or maximum that each operand may be: read one after the other, and kept.
    fn registers(&self) -> [Option<Signal<'m>>; 4] {
        let (b, unit) = (self.b, self.unit);
        let value = sint(unit.value_width);
        let used = |space: Space| {
            (0..3usize).filter(|&index| spaces(&unit.choices, index).contains(&space)).collect()
        };
        let users: [Vec<usize>; 2] = REGISTERS.map(used);
        let operands: BTreeSet<usize> = users.iter().flatten().copied().collect();
        if unit.streams && operands.is_empty() {
            b.unused("start", self.start, "No register is read ahead of the words.");
        }
        b.section("Levels and maxima, one operand after the other.");
        let mut cycle = self.start;
        let mut turns: Vec<(usize, Signal)> = vec![];
        for (place, &index) in operands.iter().enumerate() {
            if place > 0 {
                let name = format!("turn_{place}_q");
                cycle = b.register_reset(&name, uint(1), 0).next(cycle).signal();
            }
            turns.push((index, cycle));
        }
        b.port_group("Registers, read in the cycle of their address.");
        let ports = [
            ("level_read_address_o", "level_i", SCALAR_ADDRESS_WIDTH, "level"),
            ("maximum_address_o", "maximum_i", Matrix::FORMAT.field("maximum").width, "maximum"),
        ];
        let mut read = vec![];
        for &(index, _) in &turns {
            let which = users.iter().position(|users| users.contains(&index)).unwrap_or(0);
            let (held, width) = (self.fields.held(OPERANDS[index]), ports[which].2);
            let above = held.bits(width, held.width() - width);
            b.unused(&format!("{}_above", OPERANDS[index]), above, "There are not so many.");
        }
        for ((port, data, width, name), users) in ports.into_iter().zip(&users) {
            let field = |index: usize| self.fields.held(OPERANDS[index]).bits(0, width);
            let mut address: Option<Signal> = None;
            for (index, turn) in turns.iter().rev().filter(|(index, _)| users.contains(index)) {
                let own = field(*index);
                address = Some(address.map_or(own, |other| turn.select(own, other)));
            }
            let address = address.unwrap_or_else(|| b.literal(0, uint(width)));
            b.output(port, address, &format!("{name} to read"));
            let found = b.input(data, value, &format!("the {name}"));
            match users.is_empty() {
                true => b.unused(data.trim_end_matches("_i"), found, "No pass reads it."),
                false => read.push(found),
            }
        }
        let mut kept = [None; 4];
        for (place, (index, turn)) in turns.into_iter().enumerate() {
            let [levels, maxima] = [0, 1].map(|which| users[which].contains(&index));
            let found = match (levels, maxima) {
                (true, true) => {
                    let (name, made) = (SPACES[index], spaces(&unit.choices, index));
                    let space = Chosen::of(b, name, &made, || self.fields.held(name));
                    let level = space.is(&[Space::Level]);
                    level.select(read[0], read[1])
                }
                (true, false) => read[0],
                (false, _) => read[read.len() - 1],
            };
            let name = OPERANDS[index];
            let register = b.delay(&format!("{name}_register_q"), turn, found);
            // The first turn is early for the last word of the pass before.
            let early = unit.streams && place == 0;
            kept[index] = Some(match early {
                true => b.delay(&format!("{name}_register_late_q"), b.flag(true), register),
                false => register,
            });
        }
        kept
    }

    /// One operand; nothing if no pass reads it.
    fn operand(
        &self,
        index: usize,
        reads: &Outputs<'m>,
        memories: &[(Space, Signal<'m>)],
        register: Option<Signal<'m>>,
    ) -> Option<Signal<'m>> {
        let (b, unit) = (self.b, self.unit);
        let (name, spaces) = (OPERANDS[index], spaces(&unit.choices, index));
        if spaces.is_empty() {
            return None;
        }
        let restarts = match unit.choices.restarts.get(index) {
            Some(restarts) => restarts.clone(),
            None if unit.choices.membrane_restarts => [Restart::Keep, Restart::Zero].into(),
            None => [Restart::Keep].into(),
        };
        let swaps = index == 0 && unit.choices.swaps;
        let in_memory = spaces.iter().any(|space| is_memory(*space));
        let PassUnit { elements, value_width, .. } = *unit;
        let streams = unit.streams;
        let module =
            PassOperand { name, elements, value_width, spaces, restarts, swaps, streams }.module();
        let mut inputs: Vec<(&'static str, Signal)> = vec![];
        for ((memory, _), port) in MEMORIES.into_iter().zip(WORDS) {
            let word = memories.iter().find(|(space, _)| *space == memory);
            inputs.extend(word.map(|(_, word)| (port, *word)));
        }
        if in_memory {
            inputs.push(("taken_i", reads.get(&format!("{name}_taken_o"))));
        }
        if let Some(register) = register {
            inputs.push(("register_i", register));
        }
        let has = |port: &str| module.port_type(port).is_some();
        if has("space_i") {
            inputs.push(("space_i", self.at(SPACES[index], TAKEN)));
        }
        if has("restart_i") {
            let restart = match index {
                3 => {
                    let field = self.at("membrane_restart", STANDING);
                    b.wire("membrane_restart", b.concat(&[b.flag(false), field]))
                }
                _ => self.at(RESTARTS[index], STANDING),
            };
            inputs.push(("restart_i", restart));
        }
        if has("restarts_i") {
            inputs.push(("restarts_i", self.beside("restarts", self.restarts, STANDING)));
        }
        if has("swap_i") {
            inputs.push(("swap_i", self.at("a_swap", TAKEN)));
        }
        let inputs = fitting(&module, &inputs);
        Some(b.instance(name, &module, &inputs).get("operand_o"))
    }

    /// The scalar: its mantissa, and the shift with what it adds.
    fn scalar(&self) -> (Option<Signal<'m>>, Signal<'m>) {
        let (b, choices) = (self.b, &self.unit.choices);
        b.section("The scalar, and the shift behind the product.");
        let reads = choices.reads_scalars();
        // Two cycles before the product; where no other pass is behind, as soon as it is taken.
        let (read, streams) = (self.unit.stages().scalar_read(), self.unit.streams);
        let address = match reads {
            true => self.at("scalar", read),
            false => b.literal(0, uint(SCALAR_ADDRESS_WIDTH)),
        };
        b.port_group("Scalar, read in the cycle of its address.");
        b.output("scalar_read_address_o", address, "scalar to read");
        let input = |name: &str, ty: Type, used: bool, meaning: &str| {
            let signal = b.input(&format!("scalar_{name}_i"), ty, meaning);
            if !used {
                b.unused(&format!("scalar_{name}"), signal, "No pass reads it.");
            }
            signal
        };
        let multiplies = choices.multiplies.contains(&Multiply::Scalar);
        let follow = Chosen::of(b, "follow", &choices.follows, || self.at("follow", read));
        let mantissa = input("mantissa", uint(UNIT_WIDTH), multiplies, "its factor");
        let makes = |choice| follow.makes(&[choice]);
        let shift = input("shift", uint(SHIFT_WIDTH), makes(Follow::Shift), "its right shift");
        let exponent =
            input("exponent", sint(EXPONENT_WIDTH), makes(Follow::Exponent), "its exponent");
        let wide = sint(AMOUNT_WIDTH);
        let more = follow.pick(&[
            (&[Follow::Shift], &|| shift.extend(AMOUNT_WIDTH).as_sint()),
            (&[Follow::Exponent], &|| exponent.extend(AMOUNT_WIDTH)),
            (&[Follow::Nothing], &|| b.literal(0, wide)),
        ]);
        let own = self.at("shift", read).extend(AMOUNT_WIDTH).as_sint();
        let when = if streams { b.flag(true) } else { self.start };
        let amount = b.delay("amount_q", when, own + more);
        let mantissa = multiplies.then(|| b.delay("mantissa_q", when, mantissa));
        let late = || b.delay("amount_late_q", when, amount);
        (mantissa, if streams { late() } else { amount })
    }
}
