//! The fixed-point arithmetic of the vector unit and of the array's drain, in plain integers.
//!
//! A value is `mantissa · 2^-fraction`. Mantissas are signed and `value_width` bits wide; the
//! fraction of a vector is known when the program is made, except where an encoder chose a
//! power-of-two threshold: there a [`Scale`] carries it from instruction to instruction.
//!
//! | function | table entries | input | largest error |
//! |---|---|---|---|
//! | [`inverse_root`] | 384 | any sum > 0 | 0.196 % |
//! | [`reciprocal`] | 256 | any sum > 0 | 0.196 % |
//! | [`exponential`] | 256 | any argument ≥ 0 | 2^-16 |
//! | [`softmax_weight`] | | any score ≤ maximum | −2^-16, +0.28 % |
//! | [`sigmoid`] | 256 | \|x\| < 256; beyond | 2^-17; 0.00036 |
//! | [`gated`] | | all | 0.4 % of gate · up, and a rounding |

use super::{Trit, round_shift};
use std::sync::LazyLock;

/// Fraction bits of a table's entries: 1.0 is `2^UNIT_WIDTH`.
pub const UNIT_WIDTH: u32 = 16;
/// Index bits of a function table of the vector unit.
pub const TABLE_INDEX_WIDTH: u32 = 8;
/// Index bits of the inverse root's table; the lowest quarter of its entries is never read.
pub const ROOT_INDEX_WIDTH: u32 = 9;
/// Fraction bits of the exponential's argument, in octaves.
pub const OCTAVE_FRACTION_WIDTH: u32 = 8;
/// Octaves after which the exponential is zero.
pub const OCTAVES: i64 = 32;
/// Fraction bits of the sigmoid's argument.
pub const SIGMOID_FRACTION_WIDTH: u32 = 5;
/// Largest shift that travels with a kept key or value.
pub const DEFICIT_MAX: i64 = 31;

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

/// `2^16 / (1 + (i + ½) / 256)`.
pub static RECIPROCAL_TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| {
    (0..256).map(|index| rounded(65536.0 / (1.0 + (f64::from(index) + 0.5) / 256.0))).collect()
});

/// What the exponential has for 1: `63 · 2^10`, so that a weight of 1 is the largest count of six
/// bits, and of fewer to within a count. Softmax weights are divided by their sum, so their unit is
/// free; with `2^16` a weight of 1 would be a count of 32, a bit lost.
pub const EXPONENTIAL_ONE: i64 = 63 << 10;

/// `EXPONENTIAL_ONE · 2^(−i/256)`.
pub static EXPONENTIAL_TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let entry = |index: u32| EXPONENTIAL_ONE as f64 * (-f64::from(index) / 256.0).exp2();
    (0..256).map(|index| rounded(entry(index))).collect()
});

/// `2^16 · σ(i / 32)`: its index is rounded to nearest.
pub static SIGMOID_TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let entry = |index: u32| 65536.0 / (1.0 + (-f64::from(index) / 32.0).exp());
    (0..256).map(|index| rounded(entry(index))).collect()
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

/// `1 / sum` as `mantissa · 2^-(16 + length)`: (mantissa, length). (0, 0) for a sum of 0.
#[inline]
pub fn reciprocal(sum: i64) -> (i64, u32) {
    if sum <= 0 {
        return (0, 0);
    }
    let length = bit_length(sum) - 1;
    let index = if length >= 8 { sum >> (length - 8) } else { sum << (8 - length) };
    (i64::from(RECIPROCAL_TABLE[(index & 255) as usize]), length)
}

/// `EXPONENTIAL_ONE · 2^-(octaves / 256)`, zero from 32 octaves on.
#[inline]
pub fn exponential(octaves: i64) -> i64 {
    debug_assert!(octaves >= 0);
    let whole = octaves >> OCTAVE_FRACTION_WIDTH;
    if whole >= OCTAVES {
        0
    } else {
        i64::from(EXPONENTIAL_TABLE[(octaves & 255) as usize]) >> whole
    }
}

/// `2^16 · σ(x / 32)`.
#[inline]
pub fn sigmoid(x: i64) -> i64 {
    let positive = i64::from(SIGMOID_TABLE[x.abs().min(255) as usize]);
    if x < 0 { (1 << UNIT_WIDTH) - positive } else { positive }
}

// ---- encoders ----------------------------------------------------------------------------------

/// `x · weight`, where `weight` has `value_width − 2` fraction bits: what a norm looks at.
#[inline]
pub fn weighted(x: i64, weight: Option<i64>, value_width: u32) -> i64 {
    weight.map_or(x, |weight| round_shift(x * weight, value_width - 2))
}

/// The mean count that a norm's encoder aims at, times the channels, over √2, as
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

/// The scale at which a normed vector has about the target's mean count.
///
/// `sum_squares` = Σ x² + ε, `sum_magnitudes` = Σ |y| with y = [`weighted`] x. With
/// 1/√sum_squares = m · 2^-(16 + half), counts are `round_shift(y · m, shift)` and
/// `y / √sum_squares = count · 2^-exponent`.
pub fn mean_scale(sum_squares: i64, sum_magnitudes: i64, target: CountTarget) -> Scale {
    let (mantissa, half) = inverse_root(sum_squares);
    if mantissa == 0 || sum_magnitudes == 0 {
        return Scale { mantissa, shift: 0, exponent: i64::from(UNIT_WIDTH + half) };
    }
    let dropped = bit_length(sum_magnitudes).saturating_sub(16);
    let product = (sum_magnitudes >> dropped) * mantissa;
    let length = bit_length(product);
    let leading = (product << (33 - length)) >> 17;
    let below = i64::from(leading < target.mantissa);
    let shift = i64::from(dropped + length) - 1 - target.exponent - below;
    let shift = shift.max(0);
    let exponent = i64::from(UNIT_WIDTH + half) - shift;
    Scale { mantissa, shift: shift as u32, exponent }
}

/// The scale at which the largest of a normed vector's counts has `bits` bits.
/// `peak` is the bitwise or of all [`folded`] y.
pub fn peak_norm_scale(sum_squares: i64, peak: i64, bits: u32) -> Scale {
    let (mantissa, half) = inverse_root(sum_squares);
    let shift = (bit_length(peak) + UNIT_WIDTH).saturating_sub(bits);
    let exponent = i64::from(UNIT_WIDTH + half) - i64::from(shift);
    Scale { mantissa, shift, exponent }
}

/// The scale at which the largest count of a vector has `bits` bits; `exponent` is the vector's.
/// `peak` is the bitwise or of all [`folded`] values.
#[inline]
pub fn peak_scale(peak: i64, bits: u32, exponent: i64) -> Scale {
    let shift = bit_length(peak).saturating_sub(bits);
    Scale { mantissa: 1, shift, exponent: exponent - i64::from(shift) }
}

/// `round_shift(y · mantissa, shift)`, its magnitude limited to `bits` bits.
#[inline]
pub fn scaled_count(y: i64, scale: Scale, bits: u32) -> i64 {
    let limit = (1i64 << bits) - 1;
    round_shift(y * scale.mantissa, scale.shift).clamp(-limit, limit)
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

/// How far a kept vector of this scale is shifted below the top of its frame.
#[inline]
pub fn deficit(top: i64, scale: Scale) -> i64 {
    (top + scale.exponent).clamp(0, DEFICIT_MAX)
}

// ---- the vector unit's elements ----------------------------------------------------------------

/// One channel of a rotation: `x · cosine + partner · sine`, both with `value_width − 2` fraction
/// bits; `shift` leaves guard bits.
#[inline]
pub fn rotated(x: i64, partner: i64, cosine: i64, sine: i64, shift: u32) -> i64 {
    round_shift(x * cosine + partner * sine, shift)
}

/// `EXPONENTIAL_ONE · 2^(−(maximum − score) · multiplier · 2^-shift / 256)`: one element of a softmax.
#[inline]
pub fn softmax_weight(maximum: i64, score: i64, multiplier: i64, shift: u32) -> i64 {
    exponential(((maximum - score) * multiplier) >> shift)
}

/// `gate · σ(gate · multiplier · 2^-shift / 32) · up`, its product shifted by `product_shift`.
#[inline]
pub fn gated(gate: i64, up: i64, multiplier: i64, shift: u32, product_shift: u32) -> i64 {
    let openness = sigmoid(round_shift(gate * multiplier, shift));
    round_shift(round_shift(gate * up, product_shift) * openness, UNIT_WIDTH)
}
