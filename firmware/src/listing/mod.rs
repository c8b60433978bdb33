//! A program as text: its machine, its memories, its widths, and every instruction.
//!
//! ```text
//!  0x0003  m-  v0  Matrix  store=weights base=150 tiles=8 …  ; blocks.0.attention.q: …
//! ```
//!
//! `m2` waits until at most two instructions of the matrix unit are unfinished, `m-` does not wait;
//! `v` is the vector unit. Fields that are zero are left out.

mod context;
mod streams;

use crate::isa::{ANY, Action, Instruction};
use crate::machine::{Memory, Program};
use crate::machine_memories::MemoryUse;
use std::fmt::Write;

impl Program {
    /// The whole program as text. Equal programs give equal bytes.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        self.list_machine(&mut text);
        self.list_orders(&mut text);
        self.list_streams(&mut text);
        self.list_memories(&mut text);
        self.list_context(&mut text);
        self.list_areas(&mut text);
        self.list_widths(&mut text);
        self.list_instructions(&mut text);
        text
    }

    fn list_machine(&self, text: &mut String) {
        let machine = &self.parameters;
        let trits: usize = self
            .matrices
            .iter()
            .map(|matrix| matrix.digits.len() * matrix.rows * matrix.columns)
            .sum();
        line(text, format_args!("Program of {}", self.name));
        line(
            text,
            format_args!(
                "{}, {} values a cycle; {} instructions, {trits} stored trits",
                machine.array(),
                machine.elements,
                self.instructions.len(),
            ),
        );
        if machine.fingerprint != 0 {
            let fingerprint = machine.fingerprint;
            line(text, format_args!("runs on machines of fingerprint {fingerprint:#010x}"));
        }
    }

    fn list_orders(&self, text: &mut String) {
        let Some((own, others)) = self.orders.split_first() else { return };
        line(text, format_args!("{own}"));
        others.iter().for_each(|other| line(text, format_args!("  instead of {other}")));
    }

    fn list_memories(&self, text: &mut String) {
        heading(text, "Memories");
        line(
            text,
            format_args!(
                "{:<12} {:>6} {:>7} {:>6} {:>10} {:>10}",
                "memory", "copies", "words", "bits", "all bits", "block RAMs"
            ),
        );
        let memories = self.memories();
        for memory in &memories {
            let MemoryUse { name, copies, depth, width, .. } = memory;
            let blocks = match memory.blocks() {
                0 => "LUTs".to_owned(),
                blocks => blocks.to_string(),
            };
            line(
                text,
                format_args!(
                    "{name:<12} {copies:>6} {depth:>7} {width:>6} {:>10} {blocks:>10}",
                    memory.bits()
                ),
            );
        }
        let in_luts = memories.iter().filter(|memory| memory.blocks() == 0);
        let in_luts: u64 = in_luts.map(MemoryUse::bits).sum();
        let blocks: u32 = memories.iter().map(MemoryUse::blocks).sum();
        line(text, format_args!("all: {blocks} block RAMs of 18 kbit, {in_luts} bits in LUTs"));
    }

    fn list_areas(&self, text: &mut String) {
        heading(text, "What lies where for good");
        let mut areas: Vec<_> = self.areas.iter().collect();
        areas.sort_by_key(|area| (area.memory, area.first));
        for area in areas {
            let last = area.first + area.words - 1;
            let memory = memory_name(area.memory);
            line(text, format_args!("{memory:<14} {:>6} ..= {last:<6} {}", area.first, area.name));
        }
    }

    fn list_widths(&self, text: &mut String) {
        heading(text, "Widths, from the weights");
        line(
            text,
            format_args!(
                "{:<28} {:<24} {:>9} {:>6} {:>6}  width",
                "layer", "quantity", "largest", "needs", "has"
            ),
        );
        for width in &self.widths {
            line(
                text,
                format_args!(
                    "{:<28} {:<24} {:>9} {:>6} {:>6}  {}",
                    width.layer, width.quantity, width.worst, width.needed, width.given, width.key
                ),
            );
        }
    }

    fn list_instructions(&self, text: &mut String) {
        heading(text, "Instructions");
        for (address, (instruction, remark)) in
            self.instructions.iter().zip(&self.remarks).enumerate()
        {
            line(text, format_args!("{address:#06x}  {}  ; {remark}", show(instruction)));
        }
    }
}

/// An instruction with its waits and its fields by name, as in the listing.
pub fn show(instruction: &Instruction) -> String {
    let wait = |letter: char, most: u8| match most {
        ANY => format!("{letter}-"),
        most => format!("{letter}{most}"),
    };
    let (matrix, vector) = (wait('m', instruction.wait.matrix), wait('v', instruction.wait.vector));
    let action = &instruction.action;
    let format = action.format();
    let mut text = format!("{matrix} {vector}  {:<7}", format.name);
    for (field, value) in format.fields.iter().zip(action.values()) {
        let choices = (field.choices)();
        let choice = usize::try_from(value).ok().and_then(|code| choices.get(code).copied());
        match choice.filter(|_| value != 0).or(code_name(action, field.name, value)) {
            Some(name) => text.push_str(&format!(" {}={name}", field.name)),
            None if value == 0 => {}
            None => text.push_str(&format!(" {}={value}", field.name)),
        }
    }
    text
}

/// The word for the value of a field that is a choice.
fn code_name(action: &Action, field: &str, value: i64) -> Option<&'static str> {
    match (action, field) {
        (Action::Matrix(_), "store") => {
            ["weights", "keys", "values", "embedding"].get(usize::try_from(value).ok()?).copied()
        }
        _ => None,
    }
}

fn memory_name(memory: Memory) -> &'static str {
    match memory {
        Memory::Results => "results",
        Memory::Temporaries => "temporaries",
        Memory::State => "state",
        Memory::Constants => "constants",
        Memory::Weights => "weights",
        Memory::Keys => "keys",
        Memory::Values => "values",
        Memory::Trains => "trains",
        Memory::Planes => "planes",
        Memory::Descriptors => "descriptors",
        Memory::Scalars => "scalars",
        Memory::Levels => "levels",
        Memory::Maxima => "maxima",
        Memory::Prediction => "prediction",
    }
}

fn heading(text: &mut String, title: &str) {
    line(text, format_args!("\n{title}\n"));
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes everything");
}

#[cfg(test)]
mod tests;
