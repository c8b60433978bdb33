//! Row scales, fitted again once the integers are known.

use super::Curvature;
use super::plan::Plan;
use crate::llama::FloatMatrix;
use ndarray::{Array1, Array2};
use rayon::prelude::*;

/// Replaces the scales of each row by those with the least error `(w − q) H (w − q)`: for one term
/// `g · (w H q) / (q H q)`, for more the same in every direction. A row keeps its scales where the
/// fit would make one of them zero or negative.
pub(super) fn refit(
    matrix: &FloatMatrix,
    plan: &mut Plan,
    rows: &[Vec<f64>],
    curvature: &Curvature,
) {
    let columns = matrix.columns;
    let count = plan.terms.len();
    let fitted: Vec<Option<Vec<f32>>> = (0..matrix.rows)
        .into_par_iter()
        .map(|row| {
            let range = row * columns..(row + 1) * columns;
            let members = &plan.members[range.clone()];
            let mut parts = Array2::<f64>::zeros((count, columns));
            for (column, (&integer, &member)) in rows[row].iter().zip(members).enumerate() {
                parts[[usize::from(member), column]] = integer;
            }
            let weights: Array1<f64> = matrix.values[range].iter().map(|&w| f64::from(w)).collect();
            let curved = parts.dot(&curvature.hessian);
            let scales = solve(curved.dot(&parts.t()), curved.dot(&weights))?;
            let stored: Vec<f32> = scales.iter().map(|&scale| scale as f32).collect();
            stored.iter().all(|scale| *scale > 0.0 && scale.is_finite()).then_some(stored)
        })
        .collect();
    for (row, scales) in fitted.into_iter().enumerate() {
        for (term, scale) in plan.terms.iter_mut().zip(scales.into_iter().flatten()) {
            term.row_scales[row] = scale;
        }
    }
}

/// Gaussian elimination; nothing where a pivot vanishes, as it does for a term without weights.
fn solve(mut matrix: Array2<f64>, mut right: Array1<f64>) -> Option<Array1<f64>> {
    let n = right.len();
    for pivot in 0..n {
        let head = matrix[[pivot, pivot]];
        if head <= 0.0 {
            return None;
        }
        for row in pivot + 1..n {
            let factor = matrix[[row, pivot]] / head;
            for column in pivot..n {
                let taken = factor * matrix[[pivot, column]];
                matrix[[row, column]] -= taken;
            }
            right[row] -= factor * right[pivot];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| matrix[[row, column]] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[[row, row]];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved() {
        let matrix = ndarray::arr2(&[[4.0, 1.0], [1.0, 3.0]]);
        let right = ndarray::arr1(&[1.0, 2.0]);
        let found = solve(matrix.clone(), right.clone()).unwrap();
        assert!((matrix.dot(&found) - right).iter().all(|e| e.abs() < 1e-12));
        assert_eq!(solve(ndarray::arr2(&[[0.0]]), ndarray::arr1(&[1.0])), None);
    }
}
