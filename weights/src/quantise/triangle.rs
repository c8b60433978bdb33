//! Triangular factors of symmetric matrices, in double precision.
//!
//! Written here because the few lines below, whose time goes into ndarray's matrix product, spare a
//! linear-algebra library; panels keep the rest in cache.

use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// Columns of a panel.
const PANEL: usize = 64;

/// `L` with `L·Lᵀ = matrix`, lower triangular; `Err` with the first column that has no positive
/// pivot. Only the lower triangle of the matrix is read.
pub(super) fn cholesky(mut matrix: Array2<f64>) -> Result<Array2<f64>, usize> {
    let n = matrix.nrows();
    for begin in (0..n).step_by(PANEL) {
        let end = (begin + PANEL).min(n);
        // What the columns before leave of this panel.
        let known = matrix.slice(s![begin.., ..begin]).to_owned();
        let top = known.slice(s![..end - begin, ..]).to_owned();
        let mut panel = matrix.slice_mut(s![begin.., begin..end]);
        let rows: Vec<_> = panel.axis_chunks_iter_mut(Axis(0), PANEL).enumerate().collect();
        rows.into_par_iter().for_each(|(chunk, mut rows)| {
            let first = chunk * PANEL;
            let left = known.slice(s![first..first + rows.nrows(), ..]);
            rows -= &left.dot(&top.t());
        });
        factor_panel(panel).map_err(|column| begin + column)?;
    }
    for row in 0..n {
        matrix.slice_mut(s![row, row + 1..]).fill(0.0);
    }
    Ok(matrix)
}

/// The columns of one panel, its square part on top.
fn factor_panel(mut panel: ArrayViewMut2<'_, f64>) -> Result<(), usize> {
    for column in 0..panel.ncols() {
        let pivot = panel[[column, column]];
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(column);
        }
        let root = pivot.sqrt();
        panel[[column, column]] = root;
        for row in column + 1..panel.nrows() {
            panel[[row, column]] /= root;
        }
        for other in column + 1..panel.ncols() {
            let factor = panel[[other, column]];
            for row in other..panel.nrows() {
                let product = panel[[row, column]] * factor;
                panel[[row, other]] -= product;
            }
        }
    }
    Ok(())
}

/// The inverse of a lower triangular matrix with a positive diagonal.
pub(super) fn invert_lower(lower: &Array2<f64>) -> Array2<f64> {
    let n = lower.nrows();
    let mut inverse = Array2::<f64>::zeros((n, n));
    for begin in (0..n).step_by(PANEL) {
        let end = (begin + PANEL).min(n);
        // L[b, ..b]·X[..b] + L[b, b]·X[b] = I[b]
        let before = lower.slice(s![begin..end, ..begin]);
        let mut panel = inverse.slice(s![..begin, ..begin]).to_owned();
        panel = -before.dot(&panel);
        inverse.slice_mut(s![begin..end, ..begin]).assign(&panel);
        for row in begin..end {
            inverse[[row, row]] = 1.0;
            for earlier in begin..row {
                let factor = lower[[row, earlier]];
                let (done, mut rest) = inverse.view_mut().split_at(Axis(0), row);
                let source = done.slice(s![earlier, ..=earlier]);
                rest.slice_mut(s![0, ..=earlier]).scaled_add(-factor, &source);
            }
            let pivot = lower[[row, row]];
            inverse.slice_mut(s![row, ..=row]).mapv_inplace(|x| x / pivot);
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    fn positive(n: usize) -> Array2<f64> {
        let mut stream = ChaCha8Rng::seed_from_u64(n as u64);
        let random = |_| f64::from(stream.next_u32()) / f64::from(u32::MAX) - 0.5;
        let x = Array2::from_shape_vec((2 * n, n), (0..2 * n * n).map(random).collect()).unwrap();
        x.t().dot(&x) + Array2::<f64>::eye(n) * 0.01
    }

    #[test]
    fn factors_give_the_matrix_back() {
        // below, at, above and far above the width of a panel
        for n in [1, 2, 63, 64, 65, 200] {
            let matrix = positive(n);
            let lower = cholesky(matrix.clone()).unwrap();
            let error = (&lower.dot(&lower.t()) - &matrix).mapv(f64::abs);
            assert!(error.iter().all(|&e| e < 1e-10), "n = {n}");
            let identity = lower.dot(&invert_lower(&lower));
            let error = (&identity - &Array2::<f64>::eye(n)).mapv(f64::abs);
            assert!(error.iter().all(|&e| e < 1e-8), "n = {n}");
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_is_refused_at_its_column() {
        let mut matrix = positive(100);
        matrix[[70, 70]] = -1.0;
        assert_eq!(cholesky(matrix), Err(70));
        let mut matrix = positive(3);
        matrix[[0, 0]] = f64::NAN;
        assert_eq!(cholesky(matrix), Err(0));
    }
}
