//! Norms, rotation and attention, in double precision.

use crate::llama::LlamaShape;
use crate::network::{AttentionShape, Function};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

/// `weight · x / sqrt(mean(x²) + epsilon)`, row by row.
pub(super) fn rms_norm(x: &Array2<f64>, weight: &Array1<f64>, epsilon: f64) -> Array2<f64> {
    let mut normed = x.clone();
    for mut row in normed.axis_iter_mut(Axis(0)) {
        let square = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64 + epsilon;
        // A vector of zeros without an epsilon stays zero.
        let factor = if square == 0.0 { 0.0 } else { 1.0 / square.sqrt() };
        row.zip_mut_with(weight, |x, weight| *x *= factor * weight);
    }
    normed
}

/// The function of a gate.
pub(super) fn function(function: Function) -> fn(f64) -> f64 {
    match function {
        Function::Silu => |x| x / (1.0 + (-x).exp()),
        Function::SquaredRelu => |x| x.max(0.0) * x.max(0.0),
        _ => unreachable!("the importers of LLaMA models know no other gate"),
    }
}

/// How the function of a gate changes.
pub(super) fn slope(function: Function) -> fn(f64) -> f64 {
    match function {
        Function::Silu => |x| {
            let open = 1.0 / (1.0 + (-x).exp());
            open * (1.0 + x * (1.0 - open))
        },
        Function::SquaredRelu => |x| 2.0 * x.max(0.0),
        _ => unreachable!("the importers of LLaMA models know no other gate"),
    }
}

/// Sines and cosines of every position and pair.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    head_width: usize,
    /// `context × head_width / 2`.
    turns: Vec<(f64, f64)>,
}

impl Rotation {
    pub(super) fn new(shape: &LlamaShape, positions: usize) -> Rotation {
        let head_width = shape.attention.head_width;
        let base = f64::from(shape.rotary_base);
        let turn = |position: usize, pair: usize| {
            let frequency = base.powf(-2.0 * pair as f64 / head_width as f64);
            (position as f64 * frequency).sin_cos()
        };
        let turns = (0..positions)
            .flat_map(|position| (0..head_width / 2).map(move |pair| turn(position, pair)))
            .collect();
        Rotation { head_width, turns }
    }

    /// Turns channel i of every head with channel i + half, for the row of each position from
    /// `first` on.
    pub(super) fn turn(&self, x: ArrayViewMut2<'_, f64>, first: usize, stride: usize) {
        self.turn_by(x, |row| first + row * stride, 1.0);
    }

    /// The other way round, for a row of each position.
    pub(super) fn turn_back(&self, x: ArrayViewMut2<'_, f64>) {
        self.turn_by(x, |row| row, -1.0);
    }

    fn turn_by(&self, mut x: ArrayViewMut2<'_, f64>, position: impl Fn(usize) -> usize, sign: f64) {
        let half = self.head_width / 2;
        for (row, mut x) in x.axis_iter_mut(Axis(0)).enumerate() {
            let position = position(row);
            let turns = &self.turns[position * half..(position + 1) * half];
            for head in (0..x.len()).step_by(self.head_width) {
                for (pair, &(sin, cos)) in turns.iter().enumerate() {
                    let sin = sign * sin;
                    let (a, b) = (x[head + pair], x[head + pair + half]);
                    x[head + pair] = a * cos - b * sin;
                    x[head + pair + half] = b * cos + a * sin;
                }
            }
        }
    }
}

/// Attention of one query over the first `positions` rows of keys and values.
pub(super) fn attend(
    shape: &AttentionShape,
    query: &[f64],
    keys: ArrayView2<'_, f64>,
    values: ArrayView2<'_, f64>,
    probabilities: &mut Vec<f64>,
    output: &mut [f64],
) {
    let width = shape.head_width;
    let scale = 1.0 / (width as f64).sqrt();
    let shared = shape.heads / shape.key_value_heads;
    for head in 0..shape.heads {
        let query = &query[head * width..(head + 1) * width];
        let columns = (head / shared) * width..(head / shared + 1) * width;
        probabilities.clear();
        for key in keys.axis_iter(Axis(0)) {
            let key = &key.to_slice().expect("keys are stored row by row")[columns.clone()];
            let score: f64 = query.iter().zip(key).map(|(q, k)| q * k).sum();
            probabilities.push(score * scale);
        }
        let largest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for probability in probabilities.iter_mut() {
            *probability = (*probability - largest).exp();
            sum += *probability;
        }
        let output = &mut output[head * width..(head + 1) * width];
        output.fill(0.0);
        for (probability, value) in probabilities.iter().zip(values.axis_iter(Axis(0))) {
            let value = &value.to_slice().expect("values are stored row by row")[columns.clone()];
            let share = probability / sum;
            output.iter_mut().zip(value).for_each(|(sum, value)| *sum += share * value);
        }
    }
}
