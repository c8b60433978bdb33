//! The choice of encoder: how the real inputs of a ternary matrix become counts.

use serde::{Deserialize, Serialize};

/// How the inputs of every ternary matrix are represented.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Counts `c = round(x / θ)`, unclipped, with `θ = 2^round(log2(mean |x| / mean_count))` chosen
    /// for each vector (Int2Spike, with the threshold rounded to a power of two).
    Counts {
        /// Spikes per channel aimed at; 3 loses next to nothing, 1 is sparse.
        mean_count: f32,
    },
    /// `c = round(x / s)` with `s = max |x| / (2^(bits − 1) − 1)`: what BitNet models are trained
    /// with, at 8 bits (Ma et al., 2024).
    Absmax {
        /// Bits of an activation, sign included; 2 or more.
        bits: u32,
    },
    /// The real numbers themselves.
    Float,
}

impl Activation {
    /// The published form: 8 bits.
    pub const INT8: Activation = Activation::Absmax { bits: 8 };
}

/// A vector as counts: channel i is about `counts[i] · threshold`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Encoded {
    /// One count a channel.
    pub counts: Vec<i32>,
    /// The value of a count of one.
    pub threshold: f32,
    /// n, where the threshold is `2^n` by definition.
    pub exponent: Option<i32>,
}

/// Smallest and largest exponent of a threshold: those of the normal 32-bit floats.
const EXPONENTS: (i32, i32) = (-126, 127);

impl Activation {
    /// Encodes a vector of finite numbers; `None` for [`Activation::Float`], which has no counts.
    /// A vector of zeros has counts of zero, whatever the threshold; it is then 1.
    pub fn encode(&self, x: &[f32]) -> Option<Encoded> {
        let (threshold, exponent) = match *self {
            Activation::Float => return None,
            Activation::Counts { mean_count } => {
                let exponent = threshold_exponent(x, mean_count);
                (2f32.powi(exponent), Some(exponent))
            }
            Activation::Absmax { bits } => {
                let largest = x.iter().fold(0f32, |largest, x| largest.max(x.abs()));
                let levels = ((1u64 << (bits - 1)) - 1) as f32;
                (if largest > 0.0 { largest / levels } else { 1.0 }, None)
            }
        };
        // The conversion saturates; a count beyond 32 bits would need a mean below 2^-31 of the
        // largest channel.
        let counts = x.iter().map(|x| (x / threshold).round_ties_even() as i32).collect();
        Some(Encoded { counts, threshold, exponent })
    }
}

/// `round(log2(mean |x| / mean_count))`, ties to even, within the exponents of a float.
fn threshold_exponent(x: &[f32], mean_count: f32) -> i32 {
    let sum: f64 = x.iter().map(|x| f64::from(x.abs())).sum();
    if sum == 0.0 {
        return 0;
    }
    let ideal = sum / x.len() as f64 / f64::from(mean_count);
    (ideal.log2().round_ties_even() as i32).clamp(EXPONENTS.0, EXPONENTS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_round_to_even_at_a_power_of_two() {
        let encoder = Activation::Counts { mean_count: 1.0 };
        // mean |x| = 1, so θ = 1
        let encoded = encoder.encode(&[0.5, -1.5, 2.5, -0.5, 0.0]).unwrap();
        assert_eq!(encoded.counts, [0, -2, 2, 0, 0]);
        assert_eq!((encoded.threshold, encoded.exponent), (1.0, Some(0)));
    }

    #[test]
    fn zeros_count_nothing() {
        for encoder in [Activation::Counts { mean_count: 3.0 }, Activation::INT8] {
            let encoded = encoder.encode(&[0.0; 5]).unwrap();
            assert_eq!((encoded.counts, encoded.threshold), (vec![0; 5], 1.0));
        }
        assert_eq!(Activation::Float.encode(&[0.0]), None);
    }

    #[test]
    fn absmax_reaches_both_ends() {
        let encoded = Activation::INT8.encode(&[-2.54, 1.27, 2.54]).unwrap();
        assert_eq!(encoded.counts, [-127, 64, 127]);
        assert_eq!(encoded.exponent, None);
    }

    #[test]
    fn thresholds_stay_within_floats() {
        let encoder = Activation::Counts { mean_count: 3.0 };
        let tiny = encoder.encode(&[f32::from_bits(1); 3]).unwrap();
        assert_eq!(tiny.exponent, Some(-126));
        let huge = encoder.encode(&[f32::MAX; 3]).unwrap();
        assert!(huge.threshold.is_finite() && huge.counts.iter().all(|&count| count == 4));
    }
}
