//! Arithmetic on one vector, in 64-bit floats.

use weights::network::{DigitMatrix, RotaryPairing, Table, TernaryMatrix};

/// A matrix of trits or digits by columns: silent inputs cost nothing.
pub(super) struct Columns {
    values: Values,
    /// By row.
    scales: Vec<f64>,
}

/// Column-major.
enum Values {
    Integers(Vec<i16>),
    Reals(Vec<f64>),
}

impl Columns {
    pub(super) fn of_trits(matrix: &TernaryMatrix) -> Columns {
        let value = |index: usize| matrix.trits[index].into();
        Columns::new(matrix.columns, value, vec![matrix.scale.into(); matrix.rows])
    }

    pub(super) fn of_digits(matrix: &DigitMatrix) -> Columns {
        let scales = matrix.row_scales.iter().map(|&scale| scale.into()).collect();
        Columns::new(matrix.columns, |index| matrix.values[index], scales)
    }

    /// A matrix of real numbers, row-major.
    pub(super) fn of_reals(rows: usize, columns: usize, value: impl Fn(usize) -> f64) -> Columns {
        let values = Values::Reals(turned(rows, columns, value));
        Columns { values, scales: vec![1.0; rows] }
    }

    fn new(columns: usize, value: impl Fn(usize) -> i16, scales: Vec<f64>) -> Columns {
        let values = Values::Integers(turned(scales.len(), columns, value));
        Columns { values, scales }
    }

    /// `scale · W·x`; the sum is taken first, so that of spikes is an integer.
    pub(super) fn product(&self, x: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.scales.len()];
        match &self.values {
            Values::Integers(values) => add_columns(&mut sums, values, x),
            Values::Reals(values) => add_columns(&mut sums, values, x),
        }
        sums.iter_mut().zip(&self.scales).for_each(|(sum, scale)| *sum *= scale);
        sums
    }
}

fn turned<T>(rows: usize, columns: usize, value: impl Fn(usize) -> T) -> Vec<T> {
    let value = &value;
    let column = |column| (0..rows).map(move |row| value(row * columns + column));
    (0..columns).flat_map(column).collect()
}

fn add_columns<T: Copy + Into<f64>>(sums: &mut [f64], values: &[T], x: &[f64]) {
    for (&x, column) in x.iter().zip(values.chunks_exact(sums.len())) {
        if x != 0.0 {
            sums.iter_mut().zip(column).for_each(|(sum, &value)| *sum += x * value.into());
        }
    }
}

/// `Σ a·b`.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `table · x`.
pub(super) fn head(table: &Table, x: &[f64]) -> Vec<f64> {
    let row = |row: &[f32]| row.iter().zip(x).map(|(&weight, x)| f64::from(weight) * x).sum();
    table.values.chunks_exact(table.columns).map(row).collect()
}

/// `weight · x / sqrt(mean(x²) + epsilon)`.
pub(super) fn rms_norm(x: &[f64], weight: &[f32], epsilon: f64) -> Vec<f64> {
    let root = (dot(x, x) / x.len() as f64 + epsilon).sqrt();
    x.iter().zip(weight).map(|(x, &weight)| f64::from(weight) * quotient(*x, root)).collect()
}

/// `weight · (x − mean) / sqrt(variance + epsilon) + bias`.
pub(super) fn layer_norm(x: &[f64], weight: &[f32], bias: &[f32], epsilon: f64) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let squares: f64 = x.iter().map(|x| (x - mean) * (x - mean)).sum();
    let root = (squares / x.len() as f64 + epsilon).sqrt();
    let parameters = weight.iter().zip(bias);
    let normal = x.iter().zip(parameters).map(|(x, (&weight, &bias))| {
        f64::from(weight) * quotient(x - mean, root) + f64::from(bias)
    });
    normal.collect()
}

/// A vector without any extent stays zero where there is no epsilon.
fn quotient(x: f64, root: f64) -> f64 {
    if x == 0.0 && root == 0.0 { 0.0 } else { x / root }
}

/// Rotates the pairs of every head by the angles of `position`.
pub(super) fn rotate(
    x: &[f64],
    head_width: usize,
    base: f64,
    pairing: RotaryPairing,
    position: usize,
) -> Vec<f64> {
    let half = head_width / 2;
    let mut rotated = x.to_vec();
    for (head, out) in x.chunks_exact(head_width).zip(rotated.chunks_exact_mut(head_width)) {
        for pair in 0..half {
            let frequency = base.powf(-2.0 * pair as f64 / head_width as f64);
            let (sin, cos) = (position as f64 * frequency).sin_cos();
            let (first, second) = match pairing {
                RotaryPairing::Halves => (pair, pair + half),
                RotaryPairing::Neighbours => (2 * pair, 2 * pair + 1),
            };
            out[first] = head[first] * cos - head[second] * sin;
            out[second] = head[second] * cos + head[first] * sin;
        }
    }
    rotated
}

/// Per head, `e^(x − max) / Σ e^(x − max)`.
pub(super) fn softmax(scores: &[f64], heads: usize) -> Vec<f64> {
    let mut probabilities = scores.to_vec();
    for head in probabilities.chunks_exact_mut(scores.len() / heads) {
        let largest = head.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        head.iter_mut().for_each(|x| *x = (*x - largest).exp());
        let sum: f64 = head.iter().sum();
        head.iter_mut().for_each(|x| *x /= sum);
    }
    probabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_of_nothing_stay_nothing() {
        assert_eq!(rms_norm(&[0.0, 0.0], &[1.0, 2.0], 0.0), [0.0, 0.0]);
        assert_eq!(layer_norm(&[3.0, 3.0], &[1.0, 2.0], &[0.5, 0.25], 0.0), [0.5, 0.25]);
        assert_eq!(layer_norm(&[1.0, 3.0], &[1.0, 2.0], &[0.0, 1.0], 0.0), [-1.0, 3.0]);
    }
}
