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

pub mod machine;
mod map;
mod page;
mod print;
mod table;

pub use map::{FIELDS, Field, MAP, REGISTERS, Register, decode, encode};
pub use page::{HEADER_NAME, c_header, markdown};
pub use table::{Access, FieldSpec, RegisterMap, RegisterSpec};

/// Bits of a byte address inside the register window.
pub const ADDRESS_WIDTH: u32 = 7;

/// Bytes of the register window, a power of two.
pub const WINDOW_BYTES: u32 = 1 << ADDRESS_WIDTH;

/// What register `id` reads: the letters `SPKW`, most significant byte first.
pub const ID_VALUE: u32 = 0x5350_4B57;

/// Raised whenever an offset or a field moves, so that an old driver refuses a new engine.
pub const MAP_VERSION: u32 = 1;

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
