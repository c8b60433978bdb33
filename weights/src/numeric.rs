//! The specification of the arithmetic, in plain integers, once.
//!
//! The reference model calls these functions, the block tests compare against them, and the
//! hardware must equal them. Values are `i64` throughout; widths are proven elsewhere.
//!
//! | symbol | meaning |
//! |---|---|
//! | w | stored trit, −1..=1 |
//! | s | flowing spike, one trit of a plane |
//! | c | count: the integer a train stands for |
//! | θ | threshold, positive |

pub mod fixed_point;
pub mod pass;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value in {−1, 0, +1}.
pub type Trit = i8;

/// How the planes of a train add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Radix {
    /// Radix 1, a rate code: the value is the sum of the planes.
    Unary,
    /// Radix 2: plane k, counted from the last, weighs 2^k.
    Bitwise,
}

// ---- stored trits × flowing spikes -------------------------------------------------------------

/// The two stored bits of a trit, `w + 1 = b1 + b0`: 00 → −1, 01 → 0, 11 → +1.
///
/// 10 would also stand for 0; it is never stored, so that equal weights are equal bits.
pub fn offset_bits(w: Trit) -> (bool, bool) {
    (w == 1, w >= 0)
}

/// Σ s·w over one plane.
pub fn dot(weights: &[Trit], spikes: &[Trit]) -> i64 {
    assert_eq!(weights.len(), spikes.len(), "a dot needs as many weights as spikes");
    weights.iter().zip(spikes).map(|(&w, &s)| i64::from(w) * i64::from(s)).sum()
}

/// What one row of the array counts: Σ (x1 + x0) with x_j = active & (b_j ^ negative).
///
/// It equals [`dot`] plus the number of active spikes, a number that all rows share and that a
/// row of zero weights delivers; so the array needs neither signed bits nor a multiplier.
pub fn offset_sum(weights: &[Trit], spikes: &[Trit]) -> i64 {
    let pair = |(&w, &s): (&Trit, &Trit)| {
        let (b1, b0) = offset_bits(w);
        let (active, negative) = (s != 0, s < 0);
        i64::from(active & (b1 ^ negative)) + i64::from(active & (b0 ^ negative))
    };
    weights.iter().zip(spikes).map(pair).sum()
}

/// Adds the sums of the planes of a train, first plane first: `a·r + b`, over and over.
pub fn combine(plane_sums: &[i64], radix: Radix) -> i64 {
    let factor = match radix {
        Radix::Unary => 1,
        Radix::Bitwise => 2,
    };
    plane_sums.iter().fold(0, |total, &sum| total * factor + sum)
}

/// The current of one row: the combined dots of every plane. Equals Σ c·w.
pub fn accumulate(weights: &[Trit], train: &[Vec<Trit>], radix: Radix) -> i64 {
    let sums: Vec<i64> = train.iter().map(|plane| dot(weights, plane)).collect();
    combine(&sums, radix)
}

// ---- rounding ----------------------------------------------------------------------------------

/// `x · 2^-shift` to nearest, ties up: add half, shift.
#[inline]
pub fn round_shift(x: i64, shift: u32) -> i64 {
    if shift == 0 { x } else { (x >> shift) + ((x >> (shift - 1)) & 1) }
}

/// `x / divisor` to nearest, ties to even.
pub fn divide_nearest_even(x: i64, divisor: i64) -> i64 {
    let (quotient, remainder) = (x.div_euclid(divisor), x.rem_euclid(divisor));
    match (2 * remainder).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
        std::cmp::Ordering::Greater => quotient + 1,
    }
}

// ---- trains ------------------------------------------------------------------------------------

/// The count of a value: `round(x / θ)`, ties to even, unclipped (Int2Spike).
pub fn count(x: i64, theta: i64) -> i64 {
    divide_nearest_even(x, theta)
}

/// How many planes a train needs to hold every count up to `count_max` in magnitude; at least one.
pub fn planes_needed(count_max: u64, radix: Radix) -> usize {
    match radix {
        Radix::Unary => (count_max as usize).max(1),
        Radix::Bitwise => (u64::BITS - count_max.leading_zeros()).max(1) as usize,
    }
}

/// The trits of one count, first plane first.
///
/// Unary sends |c| spikes of c's sign in the first planes; bitwise sends the sign times the bits of
/// |c|, most significant first.
///
/// # Panics
/// If `plane_count` planes cannot hold the count.
pub fn count_trits(count: i64, plane_count: usize, radix: Radix) -> Vec<Trit> {
    let magnitude = count.unsigned_abs();
    assert!(
        planes_needed(magnitude, radix) <= plane_count,
        "count {count} needs more than {plane_count} planes"
    );
    let bit = |plane: usize| match radix {
        Radix::Unary => (plane as u64) < magnitude,
        Radix::Bitwise => magnitude >> (plane_count - 1 - plane) & 1 == 1,
    };
    (0..plane_count).map(|plane| Trit::from(bit(plane)) * count.signum() as Trit).collect()
}

/// The train of a vector of counts: `plane_count` planes of one trit per channel.
pub fn encode_counts(counts: &[i64], plane_count: usize, radix: Radix) -> Vec<Vec<Trit>> {
    let mut train = vec![vec![0; counts.len()]; plane_count];
    for (channel, &count) in counts.iter().enumerate() {
        for (plane, trit) in count_trits(count, plane_count, radix).into_iter().enumerate() {
            train[plane][channel] = trit;
        }
    }
    train
}

/// The counts that a train stands for: the inverse of [`encode_counts`].
pub fn decode_counts(train: &[Vec<Trit>], radix: Radix) -> Vec<i64> {
    let channels = train.first().map_or(0, Vec::len);
    let sums = |channel: usize| -> Vec<i64> {
        train.iter().map(|plane| i64::from(plane[channel])).collect()
    };
    (0..channels).map(|channel| combine(&sums(channel), radix)).collect()
}
