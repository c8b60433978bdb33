//! The last stage: what a pass gathers over its elements, and what becomes of it.

use super::{choices, limit, normalised_reciprocal};
use crate::numeric::fixed_point::{
    CountTarget, Scale, bit_length, epsilon, folded, inverse_root, peak_scale,
};
use crate::numeric::round_shift;
use serde::Serialize;

/// What is gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduce {
    /// Nothing.
    #[default]
    Nothing,
    /// Σ y.
    Sum,
    /// Σ y².
    Squares,
    /// Σ |y|.
    Magnitudes,
    /// The bitwise or of all magnitudes, [`folded`]: as long as the longest.
    Peak,
    /// The largest y, at least zero.
    Largest,
}

choices!(Reduce {
    Nothing = "nothing",
    Sum = "sum",
    Squares = "squares",
    Magnitudes = "magnitudes",
    Peak = "peak",
    Largest = "largest",
});

/// What becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// A level: `round_shift(sum · factor, shift)`, such as a mean.
    #[default]
    Level,
    /// A scalar: 1 / √(sum + ε) as mantissa and exponent.
    InverseRoot,
    /// A scalar: 1 / sum as mantissa and exponent.
    Reciprocal,
    /// A scalar: the power of two nearest to `sum / target`, as shift and exponent.
    CountScale,
    /// A scalar: the power of two that leaves the peak so many bits, as shift and exponent.
    PeakScale,
}

choices!(Finish {
    Level = "level",
    InverseRoot = "inverse_root",
    Reciprocal = "reciprocal",
    CountScale = "count_scale",
    PeakScale = "peak_scale",
});

/// What a reduction yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// For a level register: a value.
    Level(i64),
    /// For a scalar register.
    Scalar(Scale),
}

/// A reduction and its parameters, as an instruction has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reduction {
    /// What is gathered.
    pub reduce: Reduce,
    /// What becomes of it.
    pub finish: Finish,
    /// The factor of a level, the mantissa of ε, the mantissa of a target, or the bits of a peak; 16
    /// bits, unsigned.
    pub factor: u32,
    /// The right shift of a level, the left shift of ε, or the exponent of a target; 8 bits, signed.
    pub shift: i32,
}

impl Reduction {
    /// `gathered` with one more element.
    #[inline]
    pub fn gather(&self, gathered: i64, y: i64) -> i64 {
        match self.reduce {
            Reduce::Nothing => 0,
            Reduce::Sum => gathered + y,
            Reduce::Squares => gathered + y * y,
            Reduce::Magnitudes => gathered + y.abs(),
            Reduce::Peak => gathered | folded(y),
            Reduce::Largest => gathered.max(y),
        }
    }

    /// What a pass writes when its last element is gathered.
    pub fn finish(&self, gathered: i64, width: u32, saturations: &mut u32) -> Finished {
        let (factor, shift) = (i64::from(self.factor), i64::from(self.shift));
        match self.finish {
            Finish::Level => {
                let shift = shift.clamp(0, 63) as u32;
                Finished::Level(limit(round_shift(gathered * factor, shift), width, saturations))
            }
            Finish::InverseRoot => {
                let (mantissa, half) = inverse_root(gathered + epsilon(factor, shift));
                Finished::Scalar(Scale { mantissa, shift: 0, exponent: half.into() })
            }
            Finish::Reciprocal => {
                let (mantissa, length) = normalised_reciprocal(gathered);
                // A power of two has a mantissa of 2^16, one more than a register holds.
                let mantissa = mantissa.min(65_535);
                Finished::Scalar(Scale { mantissa, shift: 0, exponent: length.into() })
            }
            Finish::CountScale => Finished::Scalar(count_scale(
                gathered,
                CountTarget { mantissa: factor, exponent: shift },
            )),
            Finish::PeakScale => Finished::Scalar(peak_scale(gathered, self.factor, 0)),
        }
    }
}

/// The power of two at which a vector has about the target's mean count; never below one.
/// `sum` is Σ |y|. Counts are `round_shift(y, shift)`, and `y = count · 2^-exponent`.
fn count_scale(sum: i64, target: CountTarget) -> Scale {
    if sum <= 0 {
        return Scale { mantissa: 1, shift: 0, exponent: 0 };
    }
    let length = bit_length(sum);
    let leading = if length >= 16 { sum >> (length - 16) } else { sum << (16 - length) };
    let below = i64::from(leading < target.mantissa);
    let shift = (i64::from(length) - 1 - target.exponent - below).clamp(0, 63);
    Scale { mantissa: 1, shift: shift as u32, exponent: -shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_a_level() {
        let mean =
            Reduction { reduce: Reduce::Sum, factor: 21845, shift: 16, ..Reduction::default() };
        let sum = [5, 7, 9].iter().fold(0, |sum, &y| mean.gather(sum, y));
        assert_eq!(mean.finish(sum, 24, &mut 0), Finished::Level(7));
    }

    #[test]
    fn counts_have_their_mean() {
        let values: Vec<i64> = (0..96).map(|i| (i * 37 % 191 - 95) * 40).collect();
        for mean in [1.0, 2.0, 3.0, 5.0] {
            let CountTarget { mantissa, exponent } = CountTarget::new(mean, values.len());
            let reduction = Reduction {
                reduce: Reduce::Magnitudes,
                finish: Finish::CountScale,
                factor: mantissa as u32,
                shift: exponent as i32,
            };
            let sum = values.iter().fold(0, |sum, &y| reduction.gather(sum, y));
            let Finished::Scalar(scale) = reduction.finish(sum, 24, &mut 0) else { panic!() };
            let exact = sum as f64 / values.len() as f64 / mean;
            assert_eq!(i64::from(scale.shift), exact.log2().round() as i64, "{mean}");
            assert_eq!(scale.exponent, -i64::from(scale.shift));
        }
    }
}
