//! Float arithmetic of what stays real: norms, rotary angles, softmax, gates.

use weights::network::{Function, RotaryPairing};

/// Sums kept side by side, so that the compiler adds them in one instruction. The order is fixed,
/// hence the result is the same on every machine.
const LANES: usize = 8;

/// `Σ a·b`.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// `sum += factor · x`.
pub(super) fn add_scaled(sum: &mut [f32], factor: f32, x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum += factor * x;
    }
}

/// Σ trit·x for each row: the float mode's matrix product.
pub(super) fn ternary_product(trits: &[i8], x: &[f32]) -> Vec<f32> {
    let mut floats = vec![0f32; x.len()];
    let row = |trits: &[i8]| {
        floats.iter_mut().zip(trits).for_each(|(float, &trit)| *float = f32::from(trit));
        dot(&floats, x)
    };
    trits.chunks_exact(x.len()).map(row).collect()
}

/// `weight · x / sqrt(mean(x²) + epsilon)`.
pub(super) fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32) -> Vec<f32> {
    let mean_square = dot(x, x) / x.len() as f32;
    let factor = match mean_square + epsilon {
        // A vector of zeros without an epsilon stays zero.
        0.0 => 0.0,
        // One that overflows must not pass for a vector of zeros.
        infinite if !infinite.is_finite() => f32::NAN,
        square => 1.0 / square.sqrt(),
    };
    x.iter().zip(weight).map(|(x, weight)| weight * (x * factor)).collect()
}

/// Turns the pairs of every head by the angles of `position`.
pub(super) fn rotate(
    x: &[f32],
    head_width: usize,
    base: f32,
    pairing: RotaryPairing,
    position: usize,
) -> Vec<f32> {
    let half = head_width / 2;
    let turns: Vec<(f32, f32)> = (0..half)
        .map(|pair| {
            let frequency = base.powf(-2.0 * pair as f32 / head_width as f32);
            (position as f32 * frequency).sin_cos()
        })
        .collect();
    let mut turned = x.to_vec();
    for (head, out) in x.chunks_exact(head_width).zip(turned.chunks_exact_mut(head_width)) {
        for (pair, &(sin, cos)) in turns.iter().enumerate() {
            let (first, second) = match pairing {
                RotaryPairing::Halves => (pair, pair + half),
                RotaryPairing::Neighbours => (2 * pair, 2 * pair + 1),
            };
            out[first] = head[first] * cos - head[second] * sin;
            out[second] = head[second] * cos + head[first] * sin;
        }
    }
    turned
}

/// `e^(x − max) / Σ e^(x − max)`, in place.
pub(super) fn softmax(x: &mut [f32]) {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for x in x.iter_mut() {
        *x = (*x - largest).exp();
        sum += *x;
    }
    for x in x.iter_mut() {
        *x /= sum;
    }
}

/// A function of one number; `None` for one that has no implementation here.
pub(super) fn function(function: Function) -> Option<fn(f32) -> f32> {
    match function {
        Function::Silu => Some(|x| x * sigmoid(x)),
        Function::Sigmoid => Some(sigmoid),
        Function::SquaredRelu => Some(|x| x.max(0.0) * x.max(0.0)),
        Function::Relu => Some(|x| x.max(0.0)),
        Function::Tanh => Some(f32::tanh),
        _ => None,
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The index of the largest number, the lowest on ties.
pub fn argmax<T: PartialOrd>(x: &[T]) -> usize {
    let better = |best: usize, (index, value): (usize, &T)| {
        if *value > x[best] { index } else { best }
    };
    x.iter().enumerate().fold(0, better)
}
