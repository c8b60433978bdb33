//! The fixed-point arithmetic of the vector unit and of the array's drain, in plain integers.
//!
//! A value is `mantissa · 2^-fraction`. Mantissas are signed and `value_width` bits wide; the
//! fraction of a vector is known when the program is made, except where an encoder chose a
//! power-of-two threshold: there a [`Scale`] carries it from instruction to instruction.
//!
//! | function | table entries | input | largest error |
//! |---|---|---|---|
//! | [`inverse_root`] | 384 | any sum > 0 | 0.196 % |

use super::Trit;
use std::sync::LazyLock;

/// Fraction bits of a table's entries: 1.0 is `2^UNIT_WIDTH`.
pub const UNIT_WIDTH: u32 = 16;
/// Index bits of the inverse root's table; the lowest quarter of its entries is never read.
pub const ROOT_INDEX_WIDTH: u32 = 9;
/// What an encoder found out about a vector: the scalar register's contents.
///
/// `count = round_shift(x · mantissa, shift)` encodes; `2^-exponent` is the value of a count of
/// one, up to a factor that is known when the program is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scale {
    /// 16 bits, unsigned.
    pub mantissa: i64,
    /// 6 bits, unsigned.
    pub shift: u32,
    /// 8 bits, signed.
    pub exponent: i64,
}

/// Bits of a non-negative number: 0 for 0.
#[inline]
pub fn bit_length(x: i64) -> u32 {
    debug_assert!(x >= 0);
    i64::BITS - x.leading_zeros()
}

/// What stands for a magnitude in the search for the longest: `x` if not negative, else `!x`.
#[inline]
pub fn folded(x: i64) -> i64 {
    x ^ (x >> 63)
}

/// Clamps to `width` bits, two's complement; the flag tells whether it had to.
#[inline]
pub fn saturate(x: i64, width: u32) -> (i64, bool) {
    let limit = 1i64 << (width - 1);
    let clamped = x.clamp(-limit, limit - 1);
    (clamped, clamped != x)
}

/// A right shift with what is added to it at run time, limited to 0..=63. Beyond either end there
/// is nothing but zeros to shift: every value is shorter than 63 bits.
#[inline]
pub fn limited_shift(shift: u32, more: i64) -> u32 {
    (i64::from(shift) + more).clamp(0, 63) as u32
}

// ---- tables ------------------------------------------------------------------------------------

fn rounded(x: f64) -> u32 {
    x.round() as u32
}

/// `2^16 / sqrt((i + ½) / 128)`, for i in 128..512; zero below.
pub static ROOT_TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let entry = |index: u32| match index {
        0..128 => 0,
        _ => rounded(65536.0 / ((f64::from(index) + 0.5) / 128.0).sqrt()),
    };
    (0..512).map(entry).collect()
});

/// `1 / sqrt(sum)` as `mantissa · 2^-(16 + half)`: (mantissa, half). (0, 0) for a sum of 0.
#[inline]
pub fn inverse_root(sum: i64) -> (i64, u32) {
    if sum <= 0 {
        return (0, 0);
    }
    let half = (bit_length(sum) - 1) / 2;
    // sum = m · 4^half with m in 1..4; seven fraction bits of m are the index.
    let index = if 2 * half >= 7 { sum >> (2 * half - 7) } else { sum << (7 - 2 * half) };
    (i64::from(ROOT_TABLE[index as usize]), half)
}

// ---- encoders ----------------------------------------------------------------------------------

/// The mean count that an encoder aims at, times the channels, over √2, as
/// `mantissa · 2^(exponent − 15)` with a mantissa of 16 bits whose top bit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CountTarget {
    /// 2^15..2^16.
    pub mantissa: i64,
    /// −1 or more.
    pub exponent: i64,
}

impl CountTarget {
    /// The target for `mean_count · channels` spikes.
    pub fn new(mean_count: f64, channels: usize) -> CountTarget {
        let target = mean_count * channels as f64 / std::f64::consts::SQRT_2;
        let exponent = target.log2().floor();
        let mantissa = (target / exponent.exp2() * 32768.0).round();
        let (mantissa, exponent) =
            if mantissa >= 65536.0 { (32768.0, exponent + 1.0) } else { (mantissa, exponent) };
        CountTarget { mantissa: mantissa as i64, exponent: exponent as i64 }
    }
}

/// The scale at which the largest count of a vector has `bits` bits; `exponent` is the vector's.
/// `peak` is the bitwise or of all [`folded`] values.
#[inline]
pub fn peak_scale(peak: i64, bits: u32, exponent: i64) -> Scale {
    let shift = bit_length(peak).saturating_sub(bits);
    Scale { mantissa: 1, shift, exponent: exponent - i64::from(shift) }
}

/// What a norm adds to its sum of squares: `mantissa · 2^left`, `left` limited to ±31.
pub fn epsilon(mantissa: i64, left: i64) -> i64 {
    if left >= 0 { mantissa << left.min(31) } else { mantissa >> (-left).min(31) }
}

// ---- digits ------------------------------------------------------------------------------------

/// Bits of the magnitudes that `digits` balanced ternary digits hold: `2^bits ≤ (3^digits − 1)/2`.
pub fn digit_magnitude_bits(digits: u32) -> u32 {
    ((3u64.pow(digits) - 1) / 2).ilog2()
}

/// The balanced ternary digits of `x`, most significant first: `x = Σ digit · 3^place`.
///
/// # Panics
/// If `digits` digits cannot hold `x`.
pub fn balanced_digits(x: i64, digits: u32) -> Vec<Trit> {
    let mut rest = x;
    let mut places: Vec<Trit> = (0..digits)
        .map(|_| {
            let digit = (rest + 1).rem_euclid(3) - 1;
            rest = (rest - digit) / 3;
            digit as Trit
        })
        .collect();
    assert_eq!(rest, 0, "{x} has more than {digits} balanced ternary digits");
    places.reverse();
    places
}
