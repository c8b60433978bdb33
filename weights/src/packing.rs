//! Trits as bytes: how weights lie in files, memories and streams.
//!
//! | packing | trits a byte | bits a trit | codes of a group |
//! |---|---|---|---|
//! | `two_bit` | 4 | 2.0 | 3 of 4 |
//! | `base3` | 5 | 1.6 | 243 of 256 |
//!
//! A `two_bit` byte holds the upper offset bits of its trits above the lower ones, first trit in the
//! low bit. The last group is filled up with zero trits.
//! A group that is no code is an error, never a value: damaged weights are found where they are
//! read. [`unpack`] is the exact inverse of [`pack`].

use crate::numeric::{Trit, offset_bits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How trits are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// Two bits a trit, the offset code of the array: no decoder.
    TwoBit,
    /// Five trits a byte, 1.6 bits a trit: a small decoder for every five trits.
    Base3,
}

impl Packing {
    /// Trits in one byte.
    pub const fn trits_per_byte(self) -> usize {
        match self {
            Packing::TwoBit => 4,
            Packing::Base3 => 5,
        }
    }

    /// Bits that one trit of a full byte takes; the information limit is log2 3 = 1.585.
    pub fn bits_per_trit(self) -> f64 {
        8.0 / self.trits_per_byte() as f64
    }

    /// The name in configurations and manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Packing::TwoBit => "two_bit",
            Packing::Base3 => "base3",
        }
    }
}

/// Why packed data cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// There are too few or too many bytes for the trits.
    #[error(
        "{} data for {count} trits takes {expected} bytes, there are {actual}; check the shape and the packing",
        .packing.name()
    )]
    Length {
        /// How the data is packed.
        packing: Packing,
        /// Trits asked for.
        count: usize,
        /// Bytes that they take.
        expected: usize,
        /// Bytes that there are.
        actual: usize,
    },
    /// A group of bits stands for no trit.
    #[error(
        "{} data: byte {byte} is {value:#04x}, no code at trit {trit}; the data is damaged or packed otherwise",
        .packing.name()
    )]
    Code {
        /// How the data is packed.
        packing: Packing,
        /// Index of the byte.
        byte: usize,
        /// The whole byte.
        value: u8,
        /// Index of the first trit without a value.
        trit: usize,
    },
    /// What fills up the last group or the word is not zero.
    #[error(
        "{} data: byte {byte} is {value:#04x}, the part beyond the {count} trits must be zero; check the shape",
        .packing.name()
    )]
    Padding {
        /// How the data is packed.
        packing: Packing,
        /// Trits asked for.
        count: usize,
        /// Index of the byte.
        byte: usize,
        /// The whole byte.
        value: u8,
    },
}

/// Bytes that `count` trits take.
pub const fn packed_len(count: usize, packing: Packing) -> usize {
    count.div_ceil(packing.trits_per_byte())
}

/// Packs trits, first trit first, into [`packed_len`] bytes.
///
/// # Panics
/// If a value is no trit: values are checked where they are imported.
pub fn pack(trits: &[Trit], packing: Packing) -> Vec<u8> {
    let check = |&trit: &Trit| assert!((-1..=1).contains(&trit), "{trit} is no trit");
    trits.iter().for_each(check);
    let byte = |group: &[Trit]| {
        let mut full = [0; 5];
        full[..group.len()].copy_from_slice(group);
        match packing {
            Packing::TwoBit => two_bit_encode([full[0], full[1], full[2], full[3]]),
            Packing::Base3 => base3_encode(full),
        }
    };
    trits.chunks(packing.trits_per_byte()).map(byte).collect()
}

/// Unpacks `count` trits from exactly [`packed_len`] bytes.
///
/// # Errors
/// If the length differs, a group is no code, or the filling of the last group is not zero.
pub fn unpack(bytes: &[u8], count: usize, packing: Packing) -> Result<Vec<Trit>, PackingError> {
    let (expected, actual) = (packed_len(count, packing), bytes.len());
    if expected != actual {
        return Err(PackingError::Length { packing, count, expected, actual });
    }
    let per_byte = packing.trits_per_byte();
    let mut trits = Vec::with_capacity(expected * per_byte);
    for (byte, &value) in bytes.iter().enumerate() {
        let first = byte * per_byte;
        match packing {
            Packing::TwoBit => {
                let group = two_bit_decode(value);
                let bad = |place| PackingError::Code { packing, byte, value, trit: first + place };
                for (place, trit) in group.into_iter().enumerate() {
                    trits.push(trit.ok_or_else(|| bad(place))?);
                }
            }
            Packing::Base3 => {
                let bad = PackingError::Code { packing, byte, value, trit: first };
                trits.extend(base3_decode(value).ok_or(bad)?);
            }
        }
    }
    if trits[count..].iter().any(|&trit| trit != 0) {
        let byte = expected - 1;
        return Err(PackingError::Padding { packing, count, byte, value: bytes[byte] });
    }
    trits.truncate(count);
    Ok(trits)
}

// ---- words of the weight store -----------------------------------------------------------------

/// Bytes of one 32-bit bank of the weight store.
const BANK_BYTES: usize = 4;

/// Banks of 32 bits that deliver one word: the lanes × slots trits of a cycle.
pub const fn word_banks(lanes: usize, slots: usize, packing: Packing) -> usize {
    packed_len(lanes * slots, packing).div_ceil(BANK_BYTES)
}

/// Bytes of one word, a whole number of banks.
pub const fn word_bytes(lanes: usize, slots: usize, packing: Packing) -> usize {
    word_banks(lanes, slots, packing) * BANK_BYTES
}

/// Packs one word: trit index = lane · slots + slot, then zero bytes to a whole number of banks.
///
/// # Panics
/// If a value is no trit.
pub fn pack_word(trits: &[Trit], packing: Packing) -> Vec<u8> {
    let mut bytes = pack(trits, packing);
    bytes.resize(word_bytes(trits.len(), 1, packing), 0);
    bytes
}

/// Unpacks one word of `count` = lanes × slots trits: the inverse of [`pack_word`].
///
/// # Errors
/// As [`unpack`]; the zero bytes at the end are checked too.
pub fn unpack_word(
    bytes: &[u8],
    count: usize,
    packing: Packing,
) -> Result<Vec<Trit>, PackingError> {
    let (expected, actual) = (word_bytes(count, 1, packing), bytes.len());
    if expected != actual {
        return Err(PackingError::Length { packing, count, expected, actual });
    }
    let (packed, filling) = bytes.split_at(packed_len(count, packing));
    if let Some(place) = filling.iter().position(|&value| value != 0) {
        let byte = packed.len() + place;
        return Err(PackingError::Padding { packing, count, byte, value: bytes[byte] });
    }
    unpack(packed, count, packing)
}

// ---- two_bit: the offset bits of four trits, all b1 above all b0 --------------------------------

fn two_bit_encode(group: [Trit; 4]) -> u8 {
    let place = |byte, (place, &trit): (usize, &Trit)| {
        let (b1, b0) = offset_bits(trit);
        byte | u8::from(b1) << (4 + place) | u8::from(b0) << place
    };
    group.iter().enumerate().fold(0, place)
}

fn two_bit_decode(byte: u8) -> [Option<Trit>; 4] {
    [0, 1, 2, 3].map(|place| match (byte >> (4 + place) & 1, byte >> place & 1) {
        (0, 0) => Some(-1),
        (0, 1) => Some(0),
        (1, 1) => Some(1),
        _ => None,
    })
}

// ---- base3: the code of five trits -------------------------------------------------------------

/// Five trits make 3^5 groups.
const BASE3_CODES: usize = 243;

/// The code of each group, by its index Σ (w_i + 1)·3^i: the inverse of [`base3_decode`].
const BASE3_ENCODE: [u8; BASE3_CODES] = {
    let (mut table, mut taken, mut code) = ([0; BASE3_CODES], [false; BASE3_CODES], 0);
    while code < 256 {
        if let Some(group) = base3_decode(code as u8) {
            let index = base3_index(group);
            assert!(!taken[index], "no group of five trits has two codes");
            (table[index], taken[index]) = (code as u8, true);
        }
        code += 1;
    }
    let mut index = 0;
    while index < BASE3_CODES {
        assert!(taken[index], "every group of five trits has a code");
        index += 1;
    }
    table
};

/// Σ (w_i + 1)·3^i.
const fn base3_index(group: [Trit; 5]) -> usize {
    let (mut index, mut place) = (0, 5);
    while place > 0 {
        place -= 1;
        index = index * 3 + (group[place] + 1) as usize;
    }
    index
}

/// The byte that stands for five trits.
///
/// # Panics
/// If a value is no trit.
pub fn base3_encode(group: [Trit; 5]) -> u8 {
    assert!(group.iter().all(|trit| (-1..=1).contains(trit)), "{group:?} are no trits");
    BASE3_ENCODE[base3_index(group)]
}

/// The five trits A, B, C, D, E of a byte, or nothing for the 13 bytes that are no code.
///
/// The choice of code is made here alone; the encoder's table is its inverse. It is chosen for
/// its decoder, 21 LUTs of four inputs. A byte is `{c: 2 bits, p: 3 bits, q: 3 bits}`: c is the
/// offset code of the middle trit C, p names the pair (A, B), q the pair (D, E). Three bits name
/// the eight pairs other than (0, 0):
///
/// | bits | pair |
/// |---|---|
/// | 0 x y | both nonzero: first is ± by x, second ± by y |
/// | 1 0 y | (± by y, 0) |
/// | 1 1 y | (0, ± by y) |
///
/// A pair (0, 0) leaves its place to C, and c says so with 10, which is no trit:
///
/// | c p q | meaning |
/// |---|---|
/// | 10 0tt qqq, tt ≠ 10 | (A, B) = (0, 0), C = tt, q as ever |
/// | 10 1pp xtt | (D, E) = (0, 0), C = tt, p = xpp |
/// | 10 010 0tt | both pairs are (0, 0), C = tt |
pub const fn base3_decode(code: u8) -> Option<[Trit; 5]> {
    let (c, p, q) = (code >> 6, code >> 3 & 7, code & 7);
    let (ab, middle, de) = if c != 0b10 {
        (pair(p), c, pair(q))
    } else if p & 0b100 != 0 {
        (pair(q & 0b100 | p & 0b011), q & 0b011, (0, 0))
    } else if p != 0b010 {
        ((0, 0), p, pair(q))
    } else if q & 0b100 == 0 {
        ((0, 0), q, (0, 0))
    } else {
        return None;
    };
    match middle {
        0b00 => Some([ab.0, ab.1, -1, de.0, de.1]),
        0b01 => Some([ab.0, ab.1, 0, de.0, de.1]),
        0b11 => Some([ab.0, ab.1, 1, de.0, de.1]),
        _ => None,
    }
}

/// The pair, other than (0, 0), that three bits name.
const fn pair(bits: u8) -> (Trit, Trit) {
    let (first, second) = ((bits & 2) as Trit - 1, 2 * (bits & 1) as Trit - 1);
    match bits >> 1 {
        0b10 => (second, 0),
        0b11 => (0, second),
        _ => (first, second),
    }
}
