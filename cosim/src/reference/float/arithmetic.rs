//! Arithmetic on one vector, in 64-bit floats.

use std::f64::consts::PI;
use weights::network::{DigitMatrix, Function, RotaryPairing, Table, TernaryMatrix};

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

/// A function of one number.
pub(super) fn apply(function: Function, x: f64) -> f64 {
    match function {
        Function::Silu => x * sigmoid(x),
        Function::Gelu => x * 0.5 * (1.0 + erf(x / 2f64.sqrt())),
        Function::GeluTanh => {
            0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
        }
        Function::Relu => x.max(0.0),
        Function::Tanh => x.tanh(),
        Function::SquaredRelu => x.max(0.0) * x.max(0.0),
        Function::Sigmoid => sigmoid(x),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The error function by `2/√π · e^(−x²) · Σ 2^n x^(2n+1) / (1·3·…·(2n+1))`, whose terms all have
/// one sign, so that nothing cancels (Abramowitz and Stegun, 7.1.6).
fn erf(x: f64) -> f64 {
    // Beyond it the complement is below half a unit in the last place of 1.
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > sum.abs() * 1e-17 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_function_at_known_points() {
        // Table 7.1 of Abramowitz and Stegun, and tails beyond it.
        let table = [(0.5, 0.5204998778), (1.0, 0.8427007929), (2.0, 0.9953222650)];
        for (x, expected) in table {
            assert!((erf(x) - expected).abs() < 1e-10, "erf({x}) = {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert_eq!(erf(0.0), 0.0);
        assert!((erf(5.9) - 1.0).abs() < 1e-14 && (erf(6.1) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn the_two_gelus_are_near_and_differ() {
        for step in -40..=40 {
            let x = f64::from(step) / 10.0;
            let distance = (apply(Function::Gelu, x) - apply(Function::GeluTanh, x)).abs();
            assert!(distance < 5e-4, "{distance} at {x}");
        }
        assert!((apply(Function::Gelu, 1.0) - 0.8413447460685429).abs() < 1e-14);
        assert!((apply(Function::GeluTanh, 1.0) - 0.8411919906082768).abs() < 1e-14);
    }

    #[test]
    fn norms_of_nothing_stay_nothing() {
        assert_eq!(rms_norm(&[0.0, 0.0], &[1.0, 2.0], 0.0), [0.0, 0.0]);
        assert_eq!(layer_norm(&[3.0, 3.0], &[1.0, 2.0], &[0.5, 0.25], 0.0), [0.5, 0.25]);
        assert_eq!(layer_norm(&[1.0, 3.0], &[1.0, 2.0], &[0.0, 1.0], 0.0), [-1.0, 3.0]);
    }
}
