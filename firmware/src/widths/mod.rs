//! Widths are proven, never guessed: worst-case sums of a layer from its actual weights.
//!
//! # Currents
//!
//! The current of row r is Σ c·w over the columns. With |c| ≤ `count_max` and w in {−1, 0, +1}:
//!
//! ```text
//!  |current of r| ≤ count_max · Σ|w|
//! ```
//!
//! and the bound is reached by counts of the weights' signs, so no narrower width is safe for every
//! input. It also covers each sum on the way, in whichever order columns, planes and passes come:
//! the spikes of a count have one sign, so what has been added for a column after some planes is
//! never larger than the whole count. For a train whose spikes may change sign (neurons over steps)
//! [`TrainForm::planes`] assumes the most that so many planes can carry, for which the same holds.
//!
//! # Membranes
//!
//! See [`membrane`]: bounds over the steps of a token where the rule allows one, and with them
//! whether the saturation of the membrane can be left out of the hardware.

pub mod membrane;

pub use membrane::{MembraneBound, ThresholdRange, membrane_bound};

use serde::Serialize;
use weights::neuron::NeuronRule;
use weights::numeric::{Radix, Trit};

/// What is known of the counts that flow into a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TrainForm {
    /// Largest count in magnitude.
    pub count_max: u64,
}

impl TrainForm {
    /// Counts up to `count_max` in magnitude, sent by [`weights::numeric::encode_counts`].
    pub const fn counts(count_max: u64) -> Self {
        TrainForm { count_max }
    }

    /// Any train of `plane_count` planes: n unary, 2^n − 1 bitwise.
    ///
    /// # Errors
    /// If the counts of so many planes do not fit 63 bits.
    pub fn planes(plane_count: usize, radix: Radix) -> Result<Self, WidthError> {
        match radix {
            Radix::Unary => Ok(TrainForm { count_max: plane_count as u64 }),
            Radix::Bitwise if plane_count < 64 => {
                Ok(TrainForm { count_max: (1 << plane_count) - 1 })
            }
            Radix::Bitwise => Err(WidthError::Train { plane_count }),
        }
    }
}

/// The row of a matrix that can reach the largest current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WorstRow {
    /// Its index.
    pub row: usize,
    /// Its weights that are not zero: Σ|w|.
    pub weight_count: u64,
    /// The largest current in magnitude: count_max · Σ|w|.
    pub current_max: u64,
}

/// Why a layer does not fit its widths.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WidthError {
    /// A sum can leave the accumulator.
    #[error(
        "layer `{layer}`: a sum can reach {current_max} (row {row}, {weight_count} weights x count \
         {count_max}), acc_width {acc_width} holds {limit}; raise acc_width to {needed}"
    )]
    Accumulator {
        /// Name of the layer.
        layer: String,
        /// The row that reaches it.
        row: usize,
        /// Its weights that are not zero.
        weight_count: u64,
        /// Largest count in magnitude.
        count_max: u64,
        /// The sum.
        current_max: u64,
        /// Bits that there are.
        acc_width: u32,
        /// Largest sum that they hold.
        limit: u64,
        /// Bits that are needed.
        needed: u32,
    },
    /// A sum is beyond 64-bit arithmetic.
    #[error(
        "layer `{layer}`: row {row} with {weight_count} weights x count {count_max} exceeds 63 bits; \
         use fewer planes or a larger threshold for the counts"
    )]
    Sum {
        /// Name of the layer.
        layer: String,
        /// The row.
        row: usize,
        /// Its weights that are not zero.
        weight_count: u64,
        /// Largest count in magnitude.
        count_max: u64,
    },
    /// A bitwise train is too long.
    #[error("a bitwise train of {plane_count} planes exceeds 63 bits; use at most 63 planes")]
    Train {
        /// Planes of the train.
        plane_count: usize,
    },
    /// The weights do not form rows.
    #[error("layer `{layer}`: {weights} weights do not form rows of {columns} columns")]
    Shape {
        /// Name of the layer.
        layer: String,
        /// Weights that were given.
        weights: usize,
        /// Columns of the matrix.
        columns: usize,
    },
}

/// What [`check_widths`] has proven for a layer on an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WidthProof {
    /// The row with the largest current.
    pub worst: WorstRow,
    /// The narrowest accumulator that is safe.
    pub required_acc_width: u32,
    /// What the membranes can reach.
    pub membrane: MembraneBound,
    /// Whether the membrane's saturation can be left out.
    pub saturation: Saturation,
}

/// Whether the hardware of the membrane must saturate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Saturation {
    /// Every membrane stays within its width: comparators and counter can be left out.
    Omit,
    /// A membrane can, or is not known not to, reach its limit: the rule's saturation decides.
    Keep,
}

/// A layer to be checked.
#[derive(Clone, Copy, Debug)]
pub struct LayerWidths<'a> {
    /// Name for messages.
    pub layer: &'a str,
    /// The matrix, row by row.
    pub trits: &'a [Trit],
    /// Columns of the matrix.
    pub columns: usize,
    /// What flows in.
    pub train: TrainForm,
    /// Bits of the engine's accumulators.
    pub acc_width: u32,
    /// The neuron rule, with the width of its membranes.
    pub rule: &'a NeuronRule,
    /// Smallest and largest threshold of the layer.
    pub thresholds: ThresholdRange,
    /// Steps of a token.
    pub steps: u32,
}

/// Proves that no sum of the layer leaves the accumulator, and what its membranes can reach.
///
/// Membranes never make this fail: they saturate by their rule, and the proof says whether they can.
///
/// # Errors
/// If a sum can exceed `acc_width`; names layer, row, value, limit and the width to raise it to.
pub fn check_widths(check: &LayerWidths) -> Result<WidthProof, WidthError> {
    let worst = worst_row(check.layer, check.trits, check.columns, check.train)?;
    let needed = required_width(worst.current_max);
    if needed > check.acc_width {
        return Err(WidthError::Accumulator {
            layer: check.layer.into(),
            row: worst.row,
            weight_count: worst.weight_count,
            count_max: check.train.count_max,
            current_max: worst.current_max,
            acc_width: check.acc_width,
            limit: (1 << check.acc_width.saturating_sub(1)) - 1,
            needed,
        });
    }
    let membrane = membrane_bound(check.rule, check.thresholds, worst.current_max, check.steps);
    let saturation = match membrane.fits(check.rule) {
        true => Saturation::Omit,
        false => Saturation::Keep,
    };
    Ok(WidthProof { worst, required_acc_width: needed, membrane, saturation })
}

/// The row that reaches the largest current; the first of equals.
///
/// # Errors
/// If the weights do not form rows, or a sum is beyond 64-bit arithmetic.
pub fn worst_row(
    layer: &str,
    trits: &[Trit],
    columns: usize,
    train: TrainForm,
) -> Result<WorstRow, WidthError> {
    if columns == 0 || trits.is_empty() || !trits.len().is_multiple_of(columns) {
        return Err(WidthError::Shape { layer: layer.into(), weights: trits.len(), columns });
    }
    let nonzero = |row: &[Trit]| row.iter().filter(|&&trit| trit != 0).count() as u64;
    let (mut row, mut weight_count) = (0, 0);
    for (index, weights) in trits.chunks(columns).enumerate() {
        let count = nonzero(weights);
        if count > weight_count {
            (row, weight_count) = (index, count);
        }
    }
    let count_max = train.count_max;
    match weight_count.checked_mul(count_max).filter(|&sum| sum <= i64::MAX as u64) {
        Some(current_max) => Ok(WorstRow { row, weight_count, current_max }),
        None => Err(WidthError::Sum { layer: layer.into(), row, weight_count, count_max }),
    }
}

/// Bits of two's complement that hold every value up to `magnitude`, of either sign.
pub const fn required_width(magnitude: u64) -> u32 {
    u64::BITS - magnitude.leading_zeros() + 1
}

/// The narrowest accumulator that is safe for a matrix and its trains.
///
/// # Errors
/// As [`worst_row`].
pub fn required_acc_width(
    layer: &str,
    trits: &[Trit],
    columns: usize,
    train: TrainForm,
) -> Result<u32, WidthError> {
    Ok(required_width(worst_row(layer, trits, columns, train)?.current_max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::neuron::presets;
    use weights::numeric::{accumulate, encode_counts};

    fn layer<'a>(trits: &'a [Trit], columns: usize, rule: &'a NeuronRule) -> LayerWidths<'a> {
        LayerWidths {
            layer: "blocks.0.ffn.up",
            trits,
            columns,
            train: TrainForm::counts(7),
            acc_width: 6,
            rule,
            thresholds: ThresholdRange::of_rule(rule).unwrap(),
            steps: 1,
        }
    }

    #[test]
    fn the_bound_is_reached_and_never_passed() {
        let trits: Vec<Trit> = vec![1, -1, 0, 1, -1, -1, 1, 1];
        for (radix, plane_count) in [(Radix::Bitwise, 3), (Radix::Unary, 7)] {
            let train = TrainForm::planes(plane_count, radix).unwrap();
            let worst = worst_row("a", &trits, 4, train).unwrap();
            assert_eq!(worst, WorstRow { row: 1, weight_count: 4, current_max: 28 });
            let counts: Vec<i64> = trits[4..].iter().map(|&w| 7 * i64::from(w)).collect();
            let planes = encode_counts(&counts, plane_count, radix);
            assert_eq!(accumulate(&trits[4..], &planes, radix), 28);
        }
    }

    #[test]
    fn widths_hold_their_bound() {
        let cases = [(0, 1), (1, 2), (2, 3), (3, 3), (127, 8), (128, 9), (43008, 17)];
        for (magnitude, width) in cases {
            assert_eq!(required_width(magnitude), width, "{magnitude}");
        }
    }

    #[test]
    fn a_narrow_accumulator_is_refused_with_the_remedy() {
        let rule = presets::spikelm_paper(3, 12);
        let trits = [1, -1, 0, 0, 1, 1, 1, -1, 1, 0];
        let narrow = LayerWidths { acc_width: 5, ..layer(&trits, 5, &rule) };
        assert_eq!(
            check_widths(&narrow).unwrap_err().to_string(),
            "layer `blocks.0.ffn.up`: a sum can reach 28 (row 1, 4 weights x count 7), acc_width 5 \
             holds 15; raise acc_width to 6"
        );
        let proof = check_widths(&layer(&trits, 5, &rule)).unwrap();
        assert_eq!((proof.required_acc_width, proof.saturation), (6, Saturation::Omit));
    }

    #[test]
    fn a_matrix_of_zeros_is_proven_too() {
        let rule = presets::spikelm_paper(3, 12);
        let proof = check_widths(&layer(&[0; 6], 3, &rule)).unwrap();
        assert_eq!((proof.worst.current_max, proof.required_acc_width), (0, 1));
    }

    #[test]
    fn impossible_input_is_named() {
        let message = |result: Result<WorstRow, WidthError>| result.unwrap_err().to_string();
        assert_eq!(
            message(worst_row("a", &[1; 5], 2, TrainForm::counts(1))),
            "layer `a`: 5 weights do not form rows of 2 columns"
        );
        assert!(message(worst_row("a", &[], 0, TrainForm::counts(1))).contains("0 columns"));
        let huge = TrainForm::planes(63, Radix::Bitwise).unwrap();
        assert!(message(worst_row("a", &[1; 2], 2, huge)).contains("exceeds 63 bits"));
        assert!(worst_row("a", &[1; 2], 1, huge).is_ok());
        assert!(TrainForm::planes(64, Radix::Bitwise).is_err());
    }
}
