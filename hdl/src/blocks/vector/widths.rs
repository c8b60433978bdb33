//! Widths of what the parts of the vector unit tell each other.

/// Bits of a position.
pub const POSITION_WIDTH: u32 = 16;
/// Bits of a word's address in the key or value store.
pub const STORE_ADDRESS_WIDTH: u32 = 16;
/// Bits of a scalar's address.
pub const SCALAR_ADDRESS_WIDTH: u32 = 8;
/// Bits of a scalar's exponent.
pub const EXPONENT_WIDTH: u32 = 8;
