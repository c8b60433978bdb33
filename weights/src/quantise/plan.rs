//! Which weights of a matrix share a scale, and what that scale is.

use super::{Code, Curvature, Grain, QuantiseError, Recipe, Saliency, Salient};
use crate::llama::FloatMatrix;
use crate::network::digit_limit;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

/// The integers and the scales of one term.
pub(super) struct Term {
    pub(super) code: Code,
    pub(super) row_scales: Vec<f32>,
}

/// The terms of a matrix, and which of them each weight is in.
pub(super) struct Plan {
    pub(super) terms: Vec<Term>,
    /// Row-major, as the weights.
    pub(super) members: Vec<u16>,
}

/// Candidates of a row scale, as shares of the scale that clips nothing.
const CANDIDATES: usize = 160;
/// The smallest candidate.
const SMALLEST: f64 = 0.2;

/// The row scale of `digits` digits: of 160 shares in 0.2..=1 of `max |w| / L`, the one with the
/// least squared error, the smaller where two are equal. 1 for a row of zeros.
pub fn row_scale(row: &[f64], digits: u32) -> f64 {
    let limit = digit_limit(digits) as f64;
    let largest = row.iter().fold(0f64, |largest, w| largest.max(w.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    let step = (1.0 - SMALLEST) / (CANDIDATES - 1) as f64;
    let (mut best, mut least) = (largest / limit, f64::INFINITY);
    for candidate in 0..CANDIDATES {
        let scale = (SMALLEST + candidate as f64 * step) * largest / limit;
        let error: f64 = row
            .iter()
            .map(|w| w - scale * (w / scale).round_ties_even().clamp(-limit, limit))
            .map(|error| error * error)
            .sum();
        if error < least {
            (best, least) = (scale, error);
        }
    }
    best
}

/// The scale of weights of a row in a code.
fn scale(weights: &[f64], code: Code) -> f32 {
    let mean = weights.iter().map(|w| w.abs()).sum::<f64>() / weights.len().max(1) as f64;
    let scale = match code {
        Code::Digits(digits) => row_scale(weights, digits),
        Code::Binary => mean,
        Code::Counts(count) => mean / count,
    };
    let stored = scale as f32;
    if stored > 0.0 && stored.is_finite() { stored } else { 1.0 }
}

/// How many of `total` a share makes salient: at least one, and never all.
pub fn salient_count(total: usize, share: f64) -> usize {
    let rest = ((1.0 - share) * total as f64 + 1e-9).floor() as usize;
    (total - rest.min(total)).clamp(1, total.saturating_sub(1).max(1))
}

impl Plan {
    /// Chooses the terms of a matrix.
    pub(super) fn new(
        matrix: &FloatMatrix,
        curvature: Option<&Curvature>,
        recipe: &Recipe,
    ) -> Result<Plan, QuantiseError> {
        let (rows, columns) = (matrix.rows, matrix.columns);
        let group = recipe.group.unwrap_or(columns).min(columns);
        let groups = columns.div_ceil(group);
        let salient = match &recipe.salient {
            None => vec![false; rows * columns],
            Some(salient) => choose(matrix, curvature, salient, recipe.seed)?,
        };
        let per_group = if recipe.salient.is_some() { 2 } else { 1 };
        if groups * per_group > usize::from(u16::MAX) {
            let expected = format!("at least {}", columns * 2 / usize::from(u16::MAX) + 1);
            return Err(QuantiseError::Recipe {
                what: "group",
                value: group.to_string(),
                expected,
            });
        }
        let member = |index: usize| {
            let (column, group) = (index % columns, group);
            (per_group * (column / group) + usize::from(salient[index])) as u16
        };
        let members: Vec<u16> = (0..rows * columns).into_par_iter().map(member).collect();
        let codes = (0..groups * per_group).map(|term| match &recipe.salient {
            Some(salient) if term % 2 == 1 => Code::Digits(salient.digits),
            _ => recipe.code,
        });
        let terms = codes.enumerate().map(|(term, code)| {
            let row_scales = (0..rows).into_par_iter().map(|row| {
                let range = row * columns..(row + 1) * columns;
                let weights: Vec<f64> = range
                    .filter(|&index| usize::from(members[index]) == term)
                    .map(|index| f64::from(matrix.values[index]))
                    .collect();
                scale(&weights, code)
            });
            Term { code, row_scales: row_scales.collect() }
        });
        Ok(Plan { terms: terms.collect(), members })
    }
}

/// Which weights are salient, row-major.
fn choose(
    matrix: &FloatMatrix,
    curvature: Option<&Curvature>,
    salient: &Salient,
    seed: u64,
) -> Result<Vec<bool>, QuantiseError> {
    let columns = matrix.columns;
    let value = |index: usize| f64::from(matrix.values[index]);
    let mut saliency: Vec<f64> = match (salient.saliency, curvature) {
        (Saliency::Magnitude, _) => (0..matrix.values.len()).map(|i| value(i).abs()).collect(),
        (Saliency::SecondOrder, Some(curvature)) => {
            let of = |index: usize| {
                let ratio = value(index) / curvature.inverse_diagonal[index % columns];
                ratio * ratio
            };
            (0..matrix.values.len()).map(of).collect()
        }
        (Saliency::SecondOrder, None) => {
            return Err(QuantiseError::Recipe {
                what: "saliency",
                value: "second order".to_owned(),
                expected: "by magnitude or random where no inputs are known".to_owned(),
            });
        }
        (Saliency::Random, _) => {
            // The name keeps the choices of the matrices apart.
            let name =
                matrix.name.bytes().fold(0u64, |hash, b| hash.wrapping_mul(257) + u64::from(b));
            let mut stream = ChaCha8Rng::seed_from_u64(seed ^ name.rotate_left(17));
            let count = match salient.grain {
                Grain::Weight => matrix.values.len(),
                Grain::Column => columns,
            };
            (0..count).map(|_| stream.next_u64() as f64).collect()
        }
    };
    if salient.grain == Grain::Column && saliency.len() != columns {
        let mut sums = vec![0.0; columns];
        for row in saliency.chunks_exact(columns) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        saliency = sums;
    }
    let mut order: Vec<usize> = (0..saliency.len()).collect();
    order.par_sort_by(|&a, &b| saliency[b].total_cmp(&saliency[a]).then(a.cmp(&b)));
    let mut chosen = vec![false; saliency.len()];
    for &index in &order[..salient_count(saliency.len(), salient.share)] {
        chosen[index] = true;
    }
    Ok(match salient.grain {
        Grain::Weight => chosen,
        Grain::Column => (0..matrix.values.len()).map(|index| chosen[index % columns]).collect(),
    })
}
