//! The fields of the vector unit's instructions, merged: one signal for each meaning.
//!
//! ```text
//!  instruction_i ─► fields of each format ─► case of the opcode ─► one field
//! ```

use crate::blocks::control::instruction::{Fields, unused_bits};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use firmware::isa::{Encode, Format, Gate, Measure, Norm, OPCODE_WIDTH, Rotate, Softmax, Store};

/// Bits of an address in X, R, T or C.
pub(super) const MEMORY_ADDRESS_WIDTH: u32 = 14;

/// The formats that the vector unit executes.
pub(super) const VECTOR_FORMATS: [Format; 7] = [
    Norm::FORMAT,
    Encode::FORMAT,
    Rotate::FORMAT,
    Measure::FORMAT,
    Store::FORMAT,
    Softmax::FORMAT,
    Gate::FORMAT,
];

/// An instruction, seen as each of the formats.
pub(super) struct VectorFields<'m> {
    builder: &'m Builder,
    opcode: Signal<'m>,
    formats: Vec<Fields<'m>>,
}

impl<'m> VectorFields<'m> {
    /// The fields of an instruction that is valid.
    pub(super) fn of(b: &'m Builder, instruction: Signal<'m>) -> VectorFields<'m> {
        let opcode = b.wire("opcode", instruction.bits(0, OPCODE_WIDTH));
        unused_bits(b, instruction, &VECTOR_FORMATS);
        let formats = VECTOR_FORMATS.iter().map(|format| Fields::of(b, instruction, format));
        VectorFields { builder: b, opcode, formats: formats.collect() }
    }

    /// Whether it is of this format.
    pub(super) fn is(&self, format: &Format) -> Signal<'m> {
        self.opcode.is(format.opcode.into())
    }

    /// A field of one format.
    pub(super) fn get(&self, format: &Format, field: &str) -> Signal<'m> {
        let index = VECTOR_FORMATS.iter().position(|known| known.opcode == format.opcode);
        let index = index.unwrap_or_else(|| unreachable!("{} is not ours", format.name));
        self.formats[index].get(field)
    }

    /// The signal of the chosen format, as a case table; the default belongs to all others.
    pub(super) fn choose(
        &self,
        name: &str,
        arms: &[(Format, Signal<'m>)],
        default: Signal<'m>,
    ) -> Signal<'m> {
        let arms: Vec<(i128, Signal<'m>, &str)> = arms
            .iter()
            .map(|(format, signal)| (i128::from(format.opcode), *signal, format.name))
            .collect();
        self.builder.case_remarked(name, self.opcode, &arms, default)
    }

    /// The fields of that meaning as one unsigned signal of a width; 0 for formats without it.
    pub(super) fn merged(&self, name: &str, width: u32, fields: &[(Format, &str)]) -> Signal<'m> {
        let ty: Type = uint(width);
        let arms: Vec<(Format, Signal<'m>)> = fields
            .iter()
            .map(|(format, field)| (*format, self.get(format, field).extend(width)))
            .collect();
        self.choose(name, &arms, self.builder.literal(0, ty))
    }
}
