//! The AXI4-Lite register map of `machine`: every bit defined once.
//!
//! ```text
//!            ┌──► hdl: address decoder        ┌──► c_header(): spikewright_machine.h
//!  map.rs ───┼──► driver: offsets and fields  │
//!            └────────────────────────────────┴──► markdown(): the page for people
//! ```
//!
//! Registers and fields are enums, so a misspelt one does not compile; a table whose fields
//! overlap or leave the word does not compile either.

mod map;
mod page;
mod print;
mod table;
mod window;

pub use map::{FIELDS, Field, MAP, REGISTERS, Register, decode, encode};
pub use page::{HEADER_NAME, c_header, markdown};
pub use table::{Access, FieldSpec, RegisterMap, RegisterSpec};
pub use window::{ADDRESS_WIDTH, ID_VALUE, MAP_VERSION, WINDOW_BYTES};

use crate::machine::MachineParameters;
use weights::numeric::Radix;
use weights::packing::Packing;

impl MachineParameters {
    /// What the constant registers of this machine read.
    ///
    /// # Panics
    /// If a parameter does not fit its field.
    pub fn constants(&self) -> impl Iterator<Item = (Register, u32)> {
        let constant = Register::all().filter(|register| register.is_constant());
        constant.map(|register| (register, self.constant(register)))
    }

    /// What one constant register of this machine reads; zero for the others.
    ///
    /// # Panics
    /// If a parameter does not fit its field.
    pub fn constant(&self, register: Register) -> u32 {
        match register.is_constant() {
            false => 0,
            true => register.fields().fold(0, |word, spec| {
                word | spec.field.place(self.parameter(spec.field).unwrap_or(spec.reset))
            }),
        }
    }

    /// The value of a parameter field, or nothing if the field is no parameter.
    fn parameter(&self, field: Field) -> Option<u32> {
        let value = match field {
            Field::Lanes => self.lanes,
            Field::Slots => self.slots,
            Field::Planes => self.planes,
            Field::Elements => self.elements,
            Field::Radix => u32::from(self.radix == Radix::Bitwise),
            Field::Packing => u32::from(self.packing == Packing::Base3),
            Field::AccWidth => self.acc_width,
            Field::ValueWidth => self.value_width,
            Field::CountWidth => self.count_width,
            Field::KeyValueDigits => self.key_value_digits,
            Field::EmbeddingDigits => self.embedding_digits,
            Field::Context => self.context,
            Field::Vocabulary => self.vocabulary,
            Field::WeightDepth => self.weight_depth,
            Field::ProgramDepth => self.program_depth,
            Field::KeyDepth => self.key_depth,
            Field::ValueDepth => self.value_depth,
            Field::ResultDepth => self.result_depth,
            Field::TemporaryDepth => self.temporary_depth,
            Field::ConstantDepth => self.constant_depth,
            Field::TrainDepth => self.train_depth,
            Field::TrainCount => self.train_count,
            Field::ScalarCount => self.scalar_count,
            Field::Fingerprint => self.fingerprint,
            _ => return None,
        };
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fields_survive() {
        let mut names: Vec<_> = REGISTERS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REGISTERS.len());
        for register in Register::all() {
            let word = 0x5A5A_A5A5 & register.implemented_mask();
            let fields: Vec<_> = decode(register, word).collect();
            assert_eq!(encode(register, &fields), word, "{}", register.name());
        }
    }
}
