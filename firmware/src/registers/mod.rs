//! The AXI4-Lite register map of `layer_engine`: every bit defined once.
//!
//! ```text
//!            ┌──► hdl: address decoder        ┌──► c_header(): spikewright_layer_engine.h
//!  map.rs ───┼──► driver: offsets and fields  │
//!            └────────────────────────────────┴──► markdown(): the page for people
//! ```
//!
//! Registers and fields are enums, so a misspelt one does not compile; a table whose fields
//! overlap or leave the word does not compile either.

mod map;
mod print;

pub use map::{FIELDS, Field, REGISTERS, Register};
pub use print::{HEADER_NAME, c_header, markdown};

/// Bits of a byte address inside the register window.
pub const ADDRESS_WIDTH: u32 = 7;

/// Bytes of the register window, a power of two.
pub const WINDOW_BYTES: u32 = 1 << ADDRESS_WIDTH;

/// What register `id` reads: the letters `SPKW`, most significant byte first.
pub const ID_VALUE: u32 = 0x5350_4B57;

/// Raised whenever an offset or a field moves, so that an old driver refuses a new engine.
pub const MAP_VERSION: u32 = 1;

/// Who may do what with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only, the same in every engine: the reset value.
    Constant,
    /// Read only, fixed when the engine is generated: a parameter of the design.
    Parameter,
    /// Read only, set by the hardware.
    ReadOnly,
    /// Written by the host, read back as written.
    ReadWrite,
    /// Written by the host, reads as zero.
    WriteOnly,
    /// Acts in the cycle in which a one is written, reads as zero.
    Pulse,
}

impl Access {
    /// Whether a read delivers the field rather than zero.
    pub const fn is_readable(self) -> bool {
        !matches!(self, Access::WriteOnly | Access::Pulse)
    }

    /// Whether a write has an effect.
    pub const fn is_writable(self) -> bool {
        matches!(self, Access::ReadWrite | Access::WriteOnly | Access::Pulse)
    }

    /// The short form of the documentation.
    pub const fn label(self) -> &'static str {
        match self {
            Access::Constant | Access::Parameter | Access::ReadOnly => "RO",
            Access::ReadWrite => "RW",
            Access::WriteOnly => "WO",
            Access::Pulse => "pulse",
        }
    }
}

/// One 32-bit register.
#[derive(Clone, Copy, Debug)]
pub struct RegisterSpec {
    /// Its name in Rust.
    pub register: Register,
    /// Its name everywhere else, in snake case.
    pub name: &'static str,
    /// Byte offset in the window, a multiple of 4.
    pub offset: u32,
    /// What it is for, in one line.
    pub meaning: &'static str,
}

/// One field of a register.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Its name in Rust.
    pub field: Field,
    /// The register that holds it.
    pub register: Register,
    /// Its name everywhere else, in snake case.
    pub name: &'static str,
    /// Lowest bit.
    pub low: u32,
    /// Bits.
    pub width: u32,
    /// Who may do what with it.
    pub access: Access,
    /// Value after reset; without meaning for [`Access::Parameter`].
    pub reset: u32,
    /// What it says, with its unit, in one line.
    pub meaning: &'static str,
    /// Named values, for fields that are a choice.
    pub values: &'static [(u32, &'static str)],
}

impl FieldSpec {
    /// Highest bit.
    pub const fn high(&self) -> u32 {
        self.low + self.width - 1
    }

    /// Largest value that fits.
    pub const fn value_max(&self) -> u32 {
        u32::MAX >> (32 - self.width)
    }

    /// The field's bits in its register.
    pub const fn mask(&self) -> u32 {
        self.value_max() << self.low
    }
}

impl Register {
    /// All registers, in the order of their offsets.
    pub fn all() -> impl Iterator<Item = Register> {
        REGISTERS.iter().map(|spec| spec.register)
    }

    /// The register's row in the table.
    pub const fn spec(self) -> &'static RegisterSpec {
        &REGISTERS[self as usize]
    }

    /// Byte offset in the window.
    pub const fn offset(self) -> u32 {
        self.spec().offset
    }

    /// Name in snake case.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Its fields, from bit 0 upwards.
    pub fn fields(self) -> impl Iterator<Item = &'static FieldSpec> {
        FIELDS.iter().filter(move |field| field.register == self)
    }

    /// Bits that exist, whatever their access.
    pub fn implemented_mask(self) -> u32 {
        self.fields().fold(0, |mask, field| mask | field.mask())
    }

    /// Bits from 0 to the highest that exists.
    pub fn width(self) -> u32 {
        32 - self.implemented_mask().leading_zeros()
    }

    /// Value after reset; fields that the design's parameters fix count as zero.
    pub fn reset(self) -> u32 {
        self.fields().fold(0, |word, field| word | field.reset << field.low)
    }

    /// Whether a read delivers anything.
    pub fn is_readable(self) -> bool {
        self.fields().any(|field| field.access.is_readable())
    }

    /// Whether a write has any effect.
    pub fn is_writable(self) -> bool {
        self.fields().any(|field| field.access.is_writable())
    }

    /// Whether the value is the same for the life of the engine.
    pub fn is_constant(self) -> bool {
        self.fields().all(|field| matches!(field.access, Access::Constant | Access::Parameter))
    }
}

impl Field {
    /// The field's row in the table.
    pub const fn spec(self) -> &'static FieldSpec {
        &FIELDS[self as usize]
    }

    /// The field's value moved to its bits, all other bits zero.
    ///
    /// # Panics
    /// If the value does not fit: callers check what comes from outside.
    pub fn place(self, value: u32) -> u32 {
        let spec = self.spec();
        assert!(
            value <= spec.value_max(),
            "{value} does not fit field {} of {} bits",
            spec.name,
            spec.width
        );
        value << spec.low
    }

    /// The field's value in a word read from its register.
    pub const fn extract(self, word: u32) -> u32 {
        (word & self.spec().mask()) >> self.spec().low
    }

    /// Whether the field is set in a word read from its register; for fields of one bit.
    pub const fn is_set(self, word: u32) -> bool {
        self.extract(word) != 0
    }
}

/// The word to write to a register, unnamed fields zero.
///
/// # Panics
/// If a field belongs to another register or a value does not fit.
pub fn encode(register: Register, fields: &[(Field, u32)]) -> u32 {
    fields.iter().fold(0, |word, &(field, value)| {
        let spec = field.spec();
        assert!(
            spec.register == register,
            "field {} is not in register {}",
            spec.name,
            register.name()
        );
        word | field.place(value)
    })
}

/// The fields of a word read from a register, from bit 0 upwards.
pub fn decode(register: Register, word: u32) -> impl Iterator<Item = (Field, u32)> {
    register.fields().map(move |spec| (spec.field, spec.field.extract(word)))
}

// The table is checked while compiling: a mistake in it is a build error, not a broken device.
const _: () = {
    let mut index = 0;
    while index < REGISTERS.len() {
        let spec = &REGISTERS[index];
        assert!(spec.register as usize == index, "registers out of order");
        assert!(
            spec.offset.is_multiple_of(4) && spec.offset < WINDOW_BYTES,
            "offset outside the window"
        );
        assert!(index == 0 || REGISTERS[index - 1].offset < spec.offset, "offsets must rise");
        index += 1;
    }
    let mut index = 0;
    while index < FIELDS.len() {
        let spec = &FIELDS[index];
        assert!(spec.field as usize == index, "fields out of order");
        assert!(spec.width > 0 && spec.low + spec.width <= 32, "a field leaves the word");
        assert!(spec.reset <= spec.value_max(), "a reset value does not fit");
        if index > 0 && FIELDS[index - 1].register as usize == spec.register as usize {
            assert!(FIELDS[index - 1].high() < spec.low, "fields overlap or fall");
        }
        index += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_has_fields_and_names_are_unique() {
        let mut names: Vec<_> = REGISTERS.iter().map(|spec| spec.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REGISTERS.len());
        assert!(Register::all().all(|register| register.fields().count() > 0));
    }

    #[test]
    fn encode_and_decode_are_inverse() {
        for register in Register::all() {
            for pattern in [0, u32::MAX, 0x5A5A_A5A5, 0x1234_5678] {
                let word = pattern & register.implemented_mask();
                let fields: Vec<_> = decode(register, word).collect();
                assert_eq!(encode(register, &fields), word, "{}", register.name());
            }
        }
    }

    #[test]
    fn known_words() {
        assert_eq!(
            encode(Register::LanesSlots, &[(Field::Slots, 128), (Field::Lanes, 64)]),
            0x80_0040
        );
        assert_eq!(encode(Register::Control, &[(Field::Clear, 1)]), 2);
        assert_eq!(Register::Id.reset(), ID_VALUE);
        assert_eq!(Register::Steps.reset(), 1);
        assert_eq!(Register::WeightDepth.width(), 17);
        assert!(Register::Rule.is_constant() && !Register::Rule.is_writable());
        assert!(!Register::WeightData.is_readable());
    }

    #[test]
    #[should_panic(expected = "field busy is not in register control")]
    fn a_field_of_another_register_is_a_bug() {
        encode(Register::Control, &[(Field::Busy, 1)]);
    }

    #[test]
    #[should_panic(expected = "65536 does not fit field steps of 16 bits")]
    fn a_value_that_does_not_fit_is_a_bug() {
        encode(Register::Steps, &[(Field::Steps, 65536)]);
    }
}
