//! The residual's frame: how large the sum in X can become, before anything is emitted.
//!
//! ```text
//!  |x_c| ≤ max |embedding_c| + Σ over the matrices added to it  scale · gain · (largest row sum · 2^-f)
//! ```
//!
//! Every row of every matrix has its own bound, so the worst channel decides.

use super::LowerError;
use super::bounds::{Coefficients, CountBound, signed_limit};
use super::factor::exp2;
use super::gain::Gain;
use super::quantised::Quantised;
use crate::machine::MachineParameters;
use std::collections::BTreeMap;
use weights::config::Design;
use weights::network::{Network, Operation};
use weights::numeric::fixed_point::CountTarget;

/// The residual in X: `x = mantissa · 2^-fraction`.
#[derive(Clone, Debug, Default)]
pub(super) struct Residual {
    pub(super) channels: usize,
    /// Words of X, those included that only an embedding writes.
    pub(super) words: u32,
    pub(super) fraction: i64,
    /// Largest mantissa after each matrix, by the matrix's name; the embedding's by the table's.
    pub(super) worst: BTreeMap<String, f64>,
}

impl Residual {
    /// Bounds the sums of `network`. A network without an embedding has no residual; what is
    /// wrong with it is said where it is lowered.
    pub(super) fn new(
        network: &Network,
        design: &Design,
        machine: &MachineParameters,
    ) -> Result<Residual, LowerError> {
        let Some(Operation::Embed { table, .. }) = network.operations.first() else {
            return Ok(Residual::default());
        };
        let quantised = Quantised::new(&network.tables[table], machine.embedding_digits);
        let channels = quantised.columns;
        let mut bounds = quantised.column_max();
        let largest = |bounds: &[f64]| bounds.iter().copied().fold(0.0, f64::max);
        let mut steps = vec![(table.clone(), largest(&bounds))];
        let mut finest = i64::MAX;
        for operation in &network.operations {
            let Operation::TernaryLinear { input, output, matrix } = operation else { continue };
            let is_added = network.operations.iter().any(|other| {
                matches!(other, Operation::Add { left, right, .. } if left == output || right == output)
            });
            let norm = network.operations.iter().find(|other| other.output() == input);
            let Some(Operation::RmsNorm { weight, .. }) = norm else { continue };
            if !is_added || matrix.rows != channels {
                continue;
            }
            let target =
                CountTarget::new(f64::from(design.encoder.mean_count), weight.values().len());
            let counts = CountBound::mean(target, weight.values().len(), true, 1.0);
            let unit = f64::from(matrix.scale) * Gain::new(weight.values()).gain;
            finest = finest.min(finest_fraction(unit, counts.exponent_min));
            for (row, bound) in bounds.iter_mut().enumerate() {
                *bound += unit * counts.real(Coefficients::row(matrix.row(row)));
            }
            steps.push((matrix.name.clone(), largest(&bounds)));
        }
        let limit = signed_limit(machine.value_width);
        // Each sum is rounded once.
        let rounding = steps.len() as f64;
        let fraction = ((limit - rounding) / largest(&bounds).max(1e-300)).log2().floor() as i64;
        let fraction = fraction.min(finest);
        let worst = |(name, bound): (String, f64)| (name, bound * exp2(fraction) + rounding);
        Ok(Residual {
            channels,
            words: (channels.next_multiple_of(machine.slots as usize) as u32) / machine.elements,
            fraction,
            worst: steps.into_iter().map(worst).collect(),
        })
    }
}

/// The most fraction bits at which a unit of a sum still is a factor of an instruction, whose shift
/// goes to the right only. More would say nothing: the sums are that coarse.
fn finest_fraction(unit: f64, exponent_min: i64) -> i64 {
    let largest = 65535.0 * exp2(exponent_min.min(0));
    match unit > 0.0 {
        true => (largest / unit).log2().floor() as i64,
        false => i64::MAX,
    }
}
