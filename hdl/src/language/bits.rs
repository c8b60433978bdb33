//! Constants of any width.

use crate::language::signal_type::Type;

/// The bits of a constant: little-endian 64-bit words, zero above the width.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bits {
    width: u32,
    words: Vec<u64>,
}

impl Bits {
    /// A constant of a type from an integer.
    ///
    /// # Panics
    /// If the value does not fit the type.
    #[track_caller]
    pub fn new(value: i128, ty: Type) -> Bits {
        let (min, max) = match (ty.signed, ty.width) {
            (false, width) => (0, if width >= 127 { i128::MAX } else { (1 << width) - 1 }),
            (true, width) if width >= 127 => (i128::MIN, i128::MAX),
            (true, width) => (-(1 << (width - 1)), (1 << (width - 1)) - 1),
        };
        assert!((min..=max).contains(&value), "{value} does not fit {ty}: {min}..={max}");
        let fill = if value < 0 { u64::MAX } else { 0 };
        let mut words = vec![fill; ty.words()];
        for (index, word) in words.iter_mut().take(2).enumerate() {
            *word = (value >> (64 * index)) as u64;
        }
        Bits::from_words(ty.width, words)
    }

    /// A constant from its words; bits above the width are cleared.
    pub fn from_words(width: u32, mut words: Vec<u64>) -> Bits {
        words.resize((width as usize).div_ceil(64), 0);
        if let (Some(last), 1..) = (words.last_mut(), width % 64) {
            *last &= (1 << (width % 64)) - 1;
        }
        Bits { width, words }
    }

    /// Width in bits.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Little-endian words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bit `index`, counted from the least significant.
    pub fn bit(&self, index: u32) -> bool {
        self.words[(index / 64) as usize] >> (index % 64) & 1 == 1
    }

    /// The same value in a wider type: zeros above, or copies of the sign bit.
    pub fn extend(&self, ty: Type) -> Bits {
        let mut words = self.words.clone();
        words.resize(ty.words(), 0);
        if ty.signed && self.bit(self.width - 1) {
            for index in self.width..ty.width {
                words[(index / 64) as usize] |= 1 << (index % 64);
            }
        }
        Bits::from_words(ty.width, words)
    }
}
