//! Widths of numbers, two's complement.

use super::factor::exp2;
use weights::numeric::fixed_point::bit_length;

/// Bits of a number of that magnitude.
pub(super) fn signed_bits(magnitude: f64) -> u32 {
    bit_length(magnitude.floor() as i64) + 1
}

/// The largest magnitude of both signs in so many bits.
pub(super) fn signed_limit(width: u32) -> f64 {
    exp2(i64::from(width) - 1) - 1.0
}
