//! The specification of the arithmetic, in plain integers, once.
//!
//! The reference model calls these functions, the block tests compare against them, and the
//! hardware must equal them. Values are `i64` throughout; widths are proven elsewhere, except the
//! membrane's, which is part of the neuron rule and saturates.
//!
//! | symbol | meaning |
//! |---|---|
//! | w | stored trit, −1..=1 |
//! | s | flowing spike, one trit of a plane |
//! | c | count: the integer a train stands for |
//! | u, v | membrane before and after integration |
//! | θ | threshold, positive |

pub mod fixed_point;
pub mod pass;

use crate::neuron::{LastStep, Leak, NeuronRule, Quantise, Reset, SpikeRange, State, Threshold};
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

/// `x / divisor` towards minus infinity.
pub fn divide_floor(x: i64, divisor: i64) -> i64 {
    x.div_euclid(divisor)
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

// ---- neurons -----------------------------------------------------------------------------------

/// What one step of a neuron yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeuronStep {
    /// The emitted spike s.
    pub spike: i64,
    /// The membrane after the reset.
    pub membrane: i64,
    /// Whether the membrane had to saturate; a design whose widths are proven never does.
    pub saturated: bool,
}

/// The threshold of a rule: its own power of two, or the channel's integer.
pub fn threshold(rule: &NeuronRule, channel: i64) -> i64 {
    match rule.threshold {
        Threshold::PowerOfTwo(n) => 1 << n,
        Threshold::PerChannel => channel,
    }
}

/// One step of the GIF pipeline: leak, integrate, quantise, clamp, reset.
///
/// `theta` is positive; `last` marks the last step of a token.
pub fn neuron_step(rule: &NeuronRule, theta: i64, u: i64, current: i64, last: bool) -> NeuronStep {
    let leaked = match rule.leak {
        Leak::None => u,
        Leak::Shift(k) => round_shift(u, k),
        Leak::Decay(k) => u - round_shift(u, k),
    };
    let (v, integrate_saturated) = saturate(rule, leaked + current);
    let quotient = match rule.quantise {
        Quantise::Floor => divide_floor(v, theta),
        Quantise::NearestEven => divide_nearest_even(v, theta),
    };
    let spike = match (rule.range, rule.last_step) {
        (SpikeRange::Unbounded, _) => quotient,
        (_, LastStep::Remainder) if last => quotient,
        _ => quotient.clamp(rule.spike_range().0, rule.spike_range().1),
    };
    let remaining = match rule.reset {
        Reset::Soft => v - theta * spike,
        Reset::Hard => i64::from(spike == 0) * v,
        Reset::SpikelmCode => v * (1 - spike),
    };
    let (membrane, reset_saturated) = saturate(rule, remaining);
    NeuronStep { spike, membrane, saturated: integrate_saturated | reset_saturated }
}

fn saturate(rule: &NeuronRule, value: i64) -> (i64, bool) {
    let (min, max) = rule.membrane_range();
    let clamped = value.clamp(min, max);
    (clamped, clamped != value)
}

/// Runs one neuron over the steps of one token; `membrane` is read and left behind as its state.
pub fn neuron_token(
    rule: &NeuronRule,
    theta: i64,
    membrane: &mut i64,
    currents: &[i64],
) -> Vec<i64> {
    if rule.state == State::PerStep {
        *membrane = 0;
    }
    let last = currents.len().saturating_sub(1);
    let step = |(index, &current): (usize, &i64)| {
        let result = neuron_step(rule, theta, *membrane, current, index == last);
        *membrane = result.membrane;
        result.spike
    };
    currents.iter().enumerate().map(step).collect()
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
