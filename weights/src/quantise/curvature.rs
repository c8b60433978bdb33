//! What the inputs of a matrix say about its columns: the Hessian of its squared error.

use super::QuantiseError;
use super::triangle::{cholesky, invert_lower};
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

/// Columns of the Hessian that are computed together.
const BLOCK: usize = 128;

/// `H = 2·XᵀX / n` over n inputs: the Hessian of `|W·x − Ŵ·x|²` for every row of W.
#[derive(Clone, Debug)]
pub struct Hessian {
    sum: Array2<f64>,
    count: usize,
}

impl Hessian {
    /// Of no inputs yet.
    pub fn new(columns: usize) -> Hessian {
        Hessian { sum: Array2::zeros((columns, columns)), count: 0 }
    }

    /// Adds inputs, one a row.
    ///
    /// # Panics
    /// If their width is not that of the Hessian.
    pub fn add(&mut self, inputs: ArrayView2<'_, f64>) {
        let columns = self.sum.nrows();
        assert_eq!(inputs.ncols(), columns, "inputs are as wide as the matrix");
        // Only what lies above the diagonal: the rest mirrors it.
        let blocks: Vec<(usize, Array2<f64>)> = (0..columns)
            .into_par_iter()
            .step_by(BLOCK)
            .map(|begin| {
                let end = (begin + BLOCK).min(columns);
                let block = inputs.slice(s![.., ..end]).t().dot(&inputs.slice(s![.., begin..end]));
                (begin, block)
            })
            .collect();
        for (begin, block) in blocks {
            for ((row, column), value) in block.indexed_iter() {
                let column = begin + column;
                if row <= column {
                    self.sum[[row, column]] += value;
                    self.sum[[column, row]] = self.sum[[row, column]];
                }
            }
        }
        self.count += inputs.nrows();
    }

    /// The same of vectors that lie apart.
    ///
    /// # Panics
    /// If one is not as wide as the Hessian.
    pub fn add_vectors(&mut self, vectors: &[&[f64]]) {
        let inputs = Array2::from_shape_vec((vectors.len(), self.sum.nrows()), vectors.concat());
        self.add(inputs.expect("vectors are as wide as the matrix").view());
    }

    /// The mean over the inputs.
    pub fn matrix(&self) -> Array2<f64> {
        &self.sum * (2.0 / self.count.max(1) as f64)
    }
}

/// The Hessian, damped, in the form in which errors are passed on.
#[derive(Clone, Debug)]
pub struct Curvature {
    /// The damped Hessian, by column.
    pub(super) hessian: Array2<f64>,
    /// Columns in the order of rounding.
    pub(super) order: Vec<usize>,
    /// U in that order, upper triangular, with `UᵀU = H⁻¹`.
    pub(super) upper: Array2<f64>,
    /// The diagonal of `H⁻¹`, by column.
    pub(super) inverse_diagonal: Vec<f64>,
}

impl Curvature {
    /// Damps and factors. Columns come by falling diagonal of the Hessian, the lower first where
    /// two are equal, or in their own order without `act_order`.
    ///
    /// # Errors
    /// If the damped Hessian is not positive definite; `matrix` is the name for the message.
    pub fn new(
        matrix: &str,
        hessian: &Hessian,
        damping: f64,
        act_order: bool,
    ) -> Result<Curvature, QuantiseError> {
        let mut damped = hessian.matrix();
        let n = damped.nrows();
        let added = damping * damped.diag().mean().unwrap_or(0.0);
        for column in 0..n {
            // A column that no input ever reaches: any positive curvature will do.
            if damped[[column, column]] == 0.0 {
                damped[[column, column]] = 1.0;
            }
            damped[[column, column]] += added;
        }
        let mut order: Vec<usize> = (0..n).collect();
        if act_order {
            let diagonal = hessian.matrix().diag().to_owned();
            order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]));
        }
        // With J the reversal: H = R·Rᵀ with R = J·L·J upper, so U = R⁻¹ = J·L⁻¹·J.
        let reversed =
            Array2::from_shape_fn((n, n), |(i, j)| damped[[order[n - 1 - i], order[n - 1 - j]]]);
        let lower = cholesky(reversed).map_err(|at| QuantiseError::NotPositive {
            matrix: matrix.to_owned(),
            column: order[n - 1 - at],
            damping,
        })?;
        let inverse = invert_lower(&lower);
        let upper = Array2::from_shape_fn((n, n), |(i, j)| inverse[[n - 1 - i, n - 1 - j]]);
        let mut inverse_diagonal = vec![0.0; n];
        for (place, &column) in order.iter().enumerate() {
            inverse_diagonal[column] = upper.slice(s![..=place, place]).iter().map(|u| u * u).sum();
        }
        Ok(Curvature { hessian: damped, order, upper, inverse_diagonal })
    }

    /// Columns.
    pub fn columns(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Array2<f64> {
        // Column 2 is never reached.
        Array2::from_shape_vec(
            (4, 4),
            vec![
                1.0, 2.0, 0.0, -1.0, 0.5, -3.0, 0.0, 2.0, 1.5, 1.0, 0.0, 0.25, -1.0, 0.5, 0.0, 1.0,
            ],
        )
        .unwrap()
    }

    #[test]
    fn the_hessian_does_not_depend_on_how_inputs_arrive() {
        let x = inputs();
        let (mut whole, mut halves) = (Hessian::new(4), Hessian::new(4));
        whole.add(x.view());
        halves.add(x.slice(s![..2, ..]));
        halves.add(x.slice(s![2.., ..]));
        let expected = x.t().dot(&x) * 0.5;
        for hessian in [whole.matrix(), halves.matrix()] {
            assert!((&hessian - &expected).iter().all(|e| e.abs() < 1e-12));
        }
    }

    #[test]
    fn the_factor_is_that_of_the_inverse() {
        let mut hessian = Hessian::new(4);
        hessian.add(inputs().view());
        for act_order in [false, true] {
            let curvature = Curvature::new("m", &hessian, 0.01, act_order).unwrap();
            let inverse = curvature.upper.t().dot(&curvature.upper);
            let ordered = Array2::from_shape_fn((4, 4), |(i, j)| {
                curvature.hessian[[curvature.order[i], curvature.order[j]]]
            });
            let identity = ordered.dot(&inverse);
            assert!((&identity - &Array2::<f64>::eye(4)).iter().all(|e| e.abs() < 1e-9));
            for (place, &column) in curvature.order.iter().enumerate() {
                let error = inverse[[place, place]] - curvature.inverse_diagonal[column];
                assert!(error.abs() < 1e-12);
            }
        }
        // 14.25, 4.5·…: the diagonal falls from column 1 over 3 to 0, and 2 is empty
        assert_eq!(Curvature::new("m", &hessian, 0.01, true).unwrap().order, [1, 3, 0, 2]);
    }

    #[test]
    fn inputs_that_span_too_little_are_refused() {
        let mut hessian = Hessian::new(3);
        hessian.add(ndarray::arr2(&[[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]]).view());
        let error = Curvature::new("blocks.0.ffn.up", &hessian, 0.0, false).unwrap_err();
        assert!(error.to_string().contains("`blocks.0.ffn.up` leave column"), "{error}");
        assert!(Curvature::new("m", &hessian, 0.01, false).is_ok());
    }
}
