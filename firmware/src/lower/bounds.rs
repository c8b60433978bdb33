//! What is proven of the counts that a norm's encoder makes, and of sums over them.
//!
//! Let u = y / √(Σ x² + ε), so that ‖u‖ ≤ 1, and c = round(u · 2^f) the counts. Then for
//! coefficients w (a row of trits, or two rows turned by an angle):
//!
//! ```text
//!  |Σ w c|        ≤ max|w| · Σ|u 2^f|   + Σ|w| / 2      the encoder limits Σ|u 2^f|
//!  |Σ w c| · 2^-f ≤ ‖w‖ · ‖u‖           + Σ|w| / 2 · 2^-f   Cauchy-Schwarz
//! ```
//!
//! The first bounds raw sums, the second what they stand for. [`mean_scale`] chooses f so that
//! t ≤ Σ|u 2^f| < 2t for a target t; from ‖u‖ ≤ 1 follows how small f can be.
//!
//! [`mean_scale`]: weights::numeric::fixed_point::mean_scale

use super::factor::exp2;
use weights::numeric::Trit;
use weights::numeric::fixed_point::{CountTarget, UNIT_WIDTH, bit_length};

/// How far `inverse_root` is off at most, as a factor: half of 1/128 of a square, and rounding.
const ROOT_ERROR: f64 = 1.0 + 1.0 / 400.0;
/// How far the target of `mean_scale` is off at most, as a factor: it keeps 16 bits of a sum.
const TARGET_ERROR: f64 = 1.0 + 1.0 / 16384.0;
/// A target below this is reached by shifting: an inverse root has 15 bits at least.
const UNSHIFTED: f64 = 16384.0;

/// Coefficients of a sum over counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Coefficients {
    /// max |w|.
    pub(super) largest: f64,
    /// √Σ w².
    pub(super) norm: f64,
    /// Σ |w|.
    pub(super) sum: f64,
}

impl Coefficients {
    /// A row of trits.
    pub(super) fn row(trits: &[Trit]) -> Coefficients {
        let nonzero = trits.iter().filter(|&&trit| trit != 0).count() as f64;
        Coefficients { largest: nonzero.min(1.0), norm: nonzero.sqrt(), sum: nonzero }
    }

    /// The worst of `a · cos + b · sin` over all angles.
    pub(super) fn turned(a: &[Trit], b: &[Trit]) -> Coefficients {
        let square = |row: &[Trit]| row.iter().filter(|&&trit| trit != 0).count() as f64;
        let pairs = || a.iter().zip(b).map(|(&a, &b)| (f64::from(a), f64::from(b)));
        let dot: f64 = pairs().map(|(a, b)| a * b).sum();
        let (a_square, b_square) = (square(a), square(b));
        // The larger eigenvalue of the two rows' Gram matrix.
        let half = (a_square - b_square) / 2.0;
        let eigenvalue = (a_square + b_square) / 2.0 + half.hypot(dot);
        let length = |(a, b): (f64, f64)| a.hypot(b);
        Coefficients {
            largest: pairs().map(length).fold(0.0, f64::max),
            norm: eigenvalue.sqrt(),
            sum: pairs().map(length).sum(),
        }
    }
}

/// What is proven of the counts of one vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CountBound {
    /// Largest Σ |u 2^f|.
    pub(super) sum: f64,
    /// Largest count.
    pub(super) count_max: u64,
    /// Smallest f of a vector that is not zero.
    pub(super) exponent_min: i64,
    /// Largest f of a vector that is not zero.
    pub(super) exponent_max: i64,
}

impl CountBound {
    /// Counts of `mean_scale`. `plain`: neither weights nor ε can make Σ|u| small.
    pub(super) fn mean(
        target: CountTarget,
        channels: usize,
        plain: bool,
        squares_max: f64,
    ) -> CountBound {
        let target = target.mantissa as f64 * exp2(target.exponent - 15);
        let sum = 2.0 * target * TARGET_ERROR;
        let least = target / TARGET_ERROR / (ROOT_ERROR * (channels as f64).sqrt());
        let largest = (sum * ROOT_ERROR).log2().floor() as i64;
        let unshifted = i64::from(UNIT_WIDTH) + (squares_max.log2() / 2.0).floor() as i64;
        CountBound {
            sum,
            count_max: (sum + 0.5).floor() as u64,
            exponent_min: (least.log2().ceil() as i64).min(i64::from(UNIT_WIDTH)),
            exponent_max: if plain && target < UNSHIFTED { largest } else { unshifted },
        }
    }

    /// Counts of `peak_norm_scale`.
    pub(super) fn peak(bits: u32, channels: usize, squares_max: f64) -> CountBound {
        let count_max = (1u64 << bits) - 1;
        CountBound {
            sum: (count_max + 1) as f64 * channels as f64,
            count_max,
            exponent_min: i64::from(bits) - 1,
            exponent_max: i64::from(bits) + (squares_max.log2() / 2.0).ceil() as i64,
        }
    }

    /// Largest |Σ w c|.
    pub(super) fn raw(&self, w: Coefficients) -> f64 {
        (w.largest * self.sum + w.sum / 2.0).min(self.count_max as f64 * w.sum)
    }

    /// Largest |Σ w c| · 2^-f.
    pub(super) fn real(&self, w: Coefficients) -> f64 {
        ROOT_ERROR * w.norm + w.sum / 2.0 * exp2(-self.exponent_min)
    }
}

/// The smallest exponent that `peak_scale` finds for vectors of which no mantissa · 2^-f is above
/// `real`, f being at least `exponent_min`.
pub(super) fn peak_exponent_min(real: f64, bits: u32, exponent_min: i64) -> i64 {
    if real == 0.0 {
        return exponent_min;
    }
    // Shifted by s > 0, the peak is at least 2^(bits - 1 + s).
    let shifted = (f64::from(bits - 1) - real.log2()).ceil() as i64;
    exponent_min.min(shifted)
}

/// Bits of a two's complement number of that magnitude.
pub(super) fn signed_bits(magnitude: f64) -> u32 {
    bit_length(magnitude.floor() as i64) + 1
}

/// The largest magnitude of both signs in so many bits, two's complement.
pub(super) fn signed_limit(width: u32) -> f64 {
    exp2(i64::from(width) - 1) - 1.0
}
