//! An instruction's bits as named wires: the decoder that all units share.
//!
//! ```text
//!  instruction_i ─► Header: opcode, waits
//!                ─► Fields of a format: matrix_tiles, matrix_base, …
//! ```
//!
//! Every position comes from the table in [`firmware::isa`]; no unit names a bit.

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use firmware::isa::{
    Field, Format, HEADER_WIDTH, INSTRUCTION_WIDTH, LONG_WIDTH, OPCODE_WIDTH, WAIT_WIDTH,
};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The fields of one format, each a wire from its first use on.
pub struct Fields<'m> {
    builder: &'m Builder,
    instruction: Signal<'m>,
    format: Format,
    prefix: String,
    wires: RefCell<BTreeMap<&'static str, Signal<'m>>>,
}

impl<'m> Fields<'m> {
    /// The fields of an instruction of that format, as wires called `<format>_<field>`.
    #[track_caller]
    pub fn of(b: &'m Builder, instruction: Signal<'m>, format: &Format) -> Fields<'m> {
        Fields::named(b, &format.name.to_lowercase(), instruction, format)
    }

    /// The same with wires called `<prefix>_<field>`, for a module that looks at two instructions.
    ///
    /// # Panics
    /// If the signal is not as wide as an instruction.
    #[track_caller]
    pub fn named(
        b: &'m Builder,
        prefix: &str,
        instruction: Signal<'m>,
        format: &Format,
    ) -> Fields<'m> {
        let width = instruction.width();
        let is_whole = [INSTRUCTION_WIDTH, LONG_WIDTH].contains(&width);
        assert!(is_whole, "{width} bits are no instruction");
        let (prefix, format) = (prefix.into(), *format);
        Fields { builder: b, instruction, format, prefix, wires: RefCell::default() }
    }

    /// The wire of a field, signed if the field is.
    ///
    /// # Panics
    /// If the format has no such field.
    #[track_caller]
    pub fn get(&self, name: &str) -> Signal<'m> {
        let field = self.format.field(name);
        if let Some(wire) = self.wires.borrow().get(field.name) {
            return *wire;
        }
        let bits = slice(self.instruction, field);
        let wire = self.builder.wire(&format!("{}_{}", self.prefix, field.name), bits);
        self.wires.borrow_mut().insert(field.name, wire);
        wire
    }

    /// Whether the instruction is of this format.
    #[track_caller]
    pub fn is_chosen(&self) -> Signal<'m> {
        self.instruction.bits(0, OPCODE_WIDTH).is(self.format.opcode.into())
    }
}

/// The bits of a field in an instruction, without a name.
#[track_caller]
fn slice<'m>(instruction: Signal<'m>, field: &Field) -> Signal<'m> {
    let bits = instruction.bits(field.low, field.width);
    if field.signed { bits.as_sint() } else { bits }
}

/// The header that all instructions share.
#[derive(Clone, Copy)]
pub struct Header<'m> {
    /// Which format it is.
    pub opcode: Signal<'m>,
    /// Most unfinished instructions of the matrix unit.
    pub matrix_wait: Signal<'m>,
    /// Most unfinished instructions of the vector unit.
    pub vector_wait: Signal<'m>,
}

impl<'m> Header<'m> {
    /// The header of an instruction, as wires.
    #[track_caller]
    pub fn of(b: &'m Builder, instruction: Signal<'m>) -> Header<'m> {
        let wire = |name: &str, low: u32, width: u32| b.wire(name, instruction.bits(low, width));
        Header {
            opcode: wire("opcode", 0, OPCODE_WIDTH),
            matrix_wait: wire("matrix_wait", OPCODE_WIDTH, WAIT_WIDTH),
            vector_wait: wire("vector_wait", OPCODE_WIDTH + WAIT_WIDTH, WAIT_WIDTH),
        }
    }
}

/// Says that a unit does not look at the header's waits, nor at bits that no field of its
/// `formats` covers. What the unit reads beyond that is its own to declare.
#[track_caller]
pub fn unused_bits<'m>(b: &'m Builder, instruction: Signal<'m>, formats: &[Format]) {
    let mut covered = [false; INSTRUCTION_WIDTH as usize];
    covered[..OPCODE_WIDTH as usize].fill(true);
    for field in formats.iter().flat_map(|format| format.fields) {
        covered[field.low as usize..(field.low + field.width) as usize].fill(true);
    }
    let waits = instruction.bits(OPCODE_WIDTH, HEADER_WIDTH - OPCODE_WIDTH);
    b.unused("waits", waits, "The sequencer has waited.");
    let top = covered.iter().rposition(|&bit| bit).map_or(0, |bit| bit as u32 + 1);
    if top < INSTRUCTION_WIDTH {
        let above = instruction.bits(top, INSTRUCTION_WIDTH - top);
        b.unused("spare_bits", above, "No instruction of this unit is that long.");
    }
}
