//! The type of a signal: a width in bits and a sign.

use std::fmt;

/// Width and sign of a signal. Made by [`uint`] and [`sint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Width in bits, at least 1.
    pub width: u32,
    /// Whether the bits are read as two's complement.
    pub signed: bool,
}

/// An unsigned type of `width` bits.
///
/// # Panics
/// If `width` is zero: a signal has at least one bit.
#[track_caller]
pub fn uint(width: u32) -> Type {
    assert!(width > 0, "a signal needs at least one bit");
    Type { width, signed: false }
}

/// A signed (two's complement) type of `width` bits.
///
/// # Panics
/// If `width` is zero.
#[track_caller]
pub fn sint(width: u32) -> Type {
    assert!(width > 0, "a signal needs at least one bit");
    Type { width, signed: true }
}

impl Type {
    /// How many 64-bit words hold a value of this type.
    pub fn words(self) -> usize {
        (self.width as usize).div_ceil(64)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", if self.signed { "sint" } else { "uint" }, self.width)
    }
}
