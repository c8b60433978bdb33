//! Attention over the positions of a text, with and without softmax.

use super::arithmetic::dot;
use super::value::Value;
use weights::network::{AttentionShape, SpikingHeads};

/// Keys, or values, or both, of the positions so far: by position, then by step.
#[derive(Clone, Default)]
pub(super) struct Cache {
    keys: Vec<Vec<Vec<f64>>>,
    values: Vec<Vec<Vec<f64>>>,
}

/// Appends the positions of a block.
fn keep(kept: &mut Vec<Vec<Vec<f64>>>, block: &Value) {
    for position in 0..block.positions() {
        kept.push((0..block.steps()).map(|step| block.at(position, step).to_vec()).collect());
    }
}

fn of_step(steps: &[Vec<f64>], step: usize) -> &[f64] {
    &steps[if steps.len() == 1 { 0 } else { step }]
}

/// The positions that a position sees.
fn seen<T>(kept: &[T], position: usize, causal: bool) -> &[T] {
    if causal { &kept[..=position] } else { kept }
}

/// Steps that differ in a value that is computed from `inputs`.
fn steps_of(inputs: &[&Value]) -> usize {
    inputs.iter().map(|input| input.steps()).max().unwrap_or(1)
}

/// One vector for each position of `over` and each step.
fn each(over: &Value, steps: usize, mut row: impl FnMut(usize, usize) -> Vec<f64>) -> Value {
    let mut rows = Vec::with_capacity(over.positions() * steps);
    for position in 0..over.positions() {
        rows.extend((0..steps).map(|step| row(position, step)));
    }
    Value::of_steps(steps, rows)
}

impl Cache {
    /// Keeps the keys; yields `heads × positions` scores, head-major.
    pub(super) fn scores(
        &mut self,
        shape: &AttentionShape,
        query: &Value,
        key: &Value,
        begin: usize,
    ) -> Value {
        keep(&mut self.keys, key);
        let root = (shape.head_width as f64).sqrt();
        each(query, steps_of(&[query, key]), |position, step| {
            let keys = seen(&self.keys, begin + position, shape.causal);
            let queries = query.at(position, step).chunks_exact(shape.head_width).enumerate();
            let mut scores = Vec::with_capacity(shape.heads * keys.len());
            for (head, query) in queries {
                let channels = key_value_channels(shape, head);
                scores.extend(
                    keys.iter()
                        .map(|steps| dot(query, &of_step(steps, step)[channels.clone()]) / root),
                );
            }
            scores
        })
    }

    /// Keeps the values; yields `Σ probability · value` over the positions.
    pub(super) fn weighted_values(
        &mut self,
        shape: &AttentionShape,
        probabilities: &Value,
        value: &Value,
        begin: usize,
    ) -> Value {
        keep(&mut self.values, value);
        each(probabilities, steps_of(&[probabilities, value]), |position, step| {
            let values = seen(&self.values, begin + position, shape.causal);
            let mut output = vec![0.0; shape.query_width()];
            let heads = output.chunks_exact_mut(shape.head_width);
            let probabilities = probabilities.at(position, step).chunks_exact(values.len());
            for ((head, sums), probabilities) in heads.enumerate().zip(probabilities) {
                let channels = key_value_channels(shape, head);
                for (steps, &probability) in values.iter().zip(probabilities) {
                    add_scaled(sums, probability, &of_step(steps, step)[channels.clone()]);
                }
            }
            output
        })
    }

    /// Keeps the spikes of keys and values; yields `2^-scale_shift · A · value`, where A counts
    /// what query and key have in common. `show` takes A: `heads × positions`.
    pub(super) fn spiking(
        &mut self,
        shape: &SpikingHeads,
        [query, key, value]: [&Value; 3],
        begin: usize,
        mut show: impl FnMut(usize, usize, &[f64]),
    ) -> Value {
        keep(&mut self.keys, key);
        keep(&mut self.values, value);
        let scale = 2f64.powi(-(shape.scale_shift as i32));
        each(query, steps_of(&[query, key, value]), |position, step| {
            let keys = seen(&self.keys, begin + position, shape.causal);
            let values = seen(&self.values, begin + position, shape.causal);
            let queries = query.at(position, step).chunks_exact(shape.head_width).enumerate();
            let (mut scores, mut output) = (Vec::new(), vec![0.0; shape.heads * shape.head_width]);
            for (head, query) in queries {
                let channels = head * shape.head_width..(head + 1) * shape.head_width;
                let sums = &mut output[channels.clone()];
                for (keys, values) in keys.iter().zip(values) {
                    let score = dot(query, &of_step(keys, step)[channels.clone()]);
                    add_scaled(sums, score, &of_step(values, step)[channels.clone()]);
                    scores.push(score);
                }
                sums.iter_mut().for_each(|sum| *sum *= scale);
            }
            show(position, step, &scores);
            output
        })
    }
}

fn key_value_channels(shape: &AttentionShape, head: usize) -> std::ops::Range<usize> {
    let begin = head / (shape.heads / shape.key_value_heads) * shape.head_width;
    begin..begin + shape.head_width
}

fn add_scaled(sums: &mut [f64], factor: f64, x: &[f64]) {
    if factor != 0.0 {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += factor * x);
    }
}
