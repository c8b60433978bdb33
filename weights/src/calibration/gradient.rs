//! How the divergence of a model from another changes with its weights: the executor, backwards.
//!
//! Spikes are passed straight through: what they stand for changes as what was encoded does
//! (Bengio et al., 2013). So do the digits of keys and values.

use super::arithmetic::{function, slope};
use super::{CalibrationError, LlamaExecutor};
use crate::llama::Linear;
use crate::network::AttentionShape;
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

/// What one unit of each weight adds to the divergence of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// `Σ p · ln(p / q)` over positions and ids, with p of the model to follow: nats.
    pub divergence: f64,
    /// Weights of the last norm.
    pub norm: Array1<f64>,
    /// Block by block.
    pub blocks: Vec<BlockGradient>,
}

/// The part of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockGradient {
    /// Its norms, in the order of execution.
    pub norms: Vec<Array1<f64>>,
    /// Its matrices, in the order of [`Linear::ALL`].
    pub matrices: [Array2<f64>; 7],
}

/// The vectors of a block that its way back needs, one position a row.
struct Forward {
    hidden: Array2<f64>,
    qkv_input: Array2<f64>,
    query: Array2<f64>,
    keys: Array2<f64>,
    values: Array2<f64>,
    attended: Array2<f64>,
    output_input: Array2<f64>,
    middle: Array2<f64>,
    gate_up_input: Array2<f64>,
    gate: Array2<f64>,
    up: Array2<f64>,
    gated: Array2<f64>,
    down_input: Array2<f64>,
}

impl LlamaExecutor {
    /// The divergence of this model's predictions of a text from those of `float`, and how it
    /// changes with each weight.
    ///
    /// # Errors
    /// If the text does not fit a model, or a value overflows.
    pub fn gradient(
        &self,
        float: &LlamaExecutor,
        ids: &[u32],
    ) -> Result<Gradient, CalibrationError> {
        let wanted = float.logits(ids)?;
        let mut hidden = self.embed(ids)?;
        let mut inputs = Vec::with_capacity(self.shape().blocks);
        for block in 0..self.shape().blocks {
            inputs.push(hidden.clone());
            self.run_block(block, &mut hidden);
        }
        let mut errors = self.output(&hidden);
        let mut divergence = 0.0;
        for (position, (mut row, wanted)) in
            errors.outer_iter_mut().zip(wanted.outer_iter()).enumerate()
        {
            divergence += diverge(&mut row, wanted);
            if !divergence.is_finite() {
                let value = "divergence".to_owned();
                return Err(CalibrationError::NotFinite { value, position });
            }
        }
        let errors = errors.dot(&self.head());
        let (mut errors, norm) = self.norm_back(&hidden, &self.norm, errors);
        // A block is executed again on its way back, so that the vectors of one are held at a time.
        let mut blocks = Vec::with_capacity(inputs.len());
        for (block, hidden) in inputs.into_iter().enumerate().rev() {
            blocks.push(self.block_back(block, self.forward(block, hidden), &mut errors));
        }
        blocks.reverse();
        Ok(Gradient { divergence, norm, blocks })
    }

    /// The same divergence by itself.
    ///
    /// # Errors
    /// As [`gradient`](LlamaExecutor::gradient).
    pub fn divergence(&self, float: &LlamaExecutor, ids: &[u32]) -> Result<f64, CalibrationError> {
        let (wanted, mut own) = (float.logits(ids)?, self.logits(ids)?);
        let rows = own.outer_iter_mut().zip(wanted.outer_iter());
        Ok(rows.map(|(mut own, wanted)| diverge(&mut own, wanted)).sum())
    }

    fn forward(&self, block: usize, hidden: Array2<f64>) -> Forward {
        let qkv_input = self.qkv_input(block, &hidden);
        let query = self.queries(block, &qkv_input, 0, 1);
        let (keys, values) = self.keys_and_values(block, &qkv_input, 0, 1);
        let attended = self.attention(&query, &keys, &values);
        let output_input = self.attended(block, attended.clone());
        let mut middle = hidden.clone();
        self.add(block, Linear::Output, &output_input, &mut middle);
        let gate_up_input = self.gate_up_input(block, &middle);
        let gate = self.product(block, Linear::Gate, &gate_up_input);
        let up = self.product(block, Linear::Up, &gate_up_input);
        let gated = self.gated(gate.clone(), &up);
        let down_input = self.behind_gate(block, gated.clone());
        Forward {
            hidden,
            qkv_input,
            query,
            keys,
            values,
            attended,
            output_input,
            middle,
            gate_up_input,
            gate,
            up,
            gated,
            down_input,
        }
    }

    /// Takes `errors`, those behind a block, to those before it.
    fn block_back(&self, block: usize, of: Forward, errors: &mut Array2<f64>) -> BlockGradient {
        let weights = self.block(block);
        let back = |linear: Linear, errors: &Array2<f64>| errors.dot(weights.matrix(linear));
        let maybe_norm = |x: &Array2<f64>, norm: Option<&Array1<f64>>, errors: Array2<f64>| {
            let Some(norm) = norm else { return (errors, None) };
            let (errors, norm) = self.norm_back(x, norm, errors);
            (errors, Some(norm))
        };
        let shape = self.shape();

        let down = errors.t().dot(&of.down_input);
        let (mut gate_errors, ffn_sub_norm) =
            maybe_norm(&of.gated, weights.ffn_sub_norm.as_ref(), back(Linear::Down, errors));
        let up_errors = &gate_errors * &of.gate.mapv(function(shape.gate));
        gate_errors *= &of.up;
        gate_errors *= &of.gate.mapv(slope(shape.gate));
        let gate = gate_errors.t().dot(&of.gate_up_input);
        let up = up_errors.t().dot(&of.gate_up_input);
        let inner = back(Linear::Gate, &gate_errors) + back(Linear::Up, &up_errors);
        let (inner, ffn_norm) = self.norm_back(&of.middle, &weights.ffn_norm, inner);
        *errors += &inner;

        let output = errors.t().dot(&of.output_input);
        let (inner, attention_sub_norm) = maybe_norm(
            &of.attended,
            weights.attention_sub_norm.as_ref(),
            back(Linear::Output, errors),
        );
        let [mut query, mut keys, values] = attention_back(&shape.attention, &of, &inner);
        self.rotation.turn_back(query.view_mut());
        self.rotation.turn_back(keys.view_mut());
        let three = [(Linear::Query, &query), (Linear::Key, &keys), (Linear::Value, &values)];
        let [query, key, value] = three.map(|(_, errors)| errors.t().dot(&of.qkv_input));
        let inner = three
            .map(|(linear, errors)| back(linear, errors))
            .into_iter()
            .reduce(|sum, part| sum + part)
            .expect("three matrices");
        let (inner, attention_norm) = self.norm_back(&of.hidden, &weights.attention_norm, inner);
        *errors += &inner;

        let norms = [Some(attention_norm), attention_sub_norm, Some(ffn_norm), ffn_sub_norm];
        BlockGradient {
            norms: norms.into_iter().flatten().collect(),
            matrices: [query, key, value, output, gate, up, down],
        }
    }

    /// Errors before an RMS norm from those behind it, and the change with its weights.
    fn norm_back(
        &self,
        x: &Array2<f64>,
        weight: &Array1<f64>,
        mut errors: Array2<f64>,
    ) -> (Array2<f64>, Array1<f64>) {
        let mut change = Array1::zeros(weight.len());
        for (x, mut errors) in x.outer_iter().zip(errors.outer_iter_mut()) {
            let square = x.dot(&x) / x.len() as f64 + self.epsilon();
            let factor = if square == 0.0 { 0.0 } else { 1.0 / square.sqrt() };
            change += &(&errors * &x * factor);
            errors *= weight;
            let along = errors.dot(&x) * factor.powi(3) / x.len() as f64;
            errors *= factor;
            errors.scaled_add(-along, &x);
        }
        (errors, change)
    }
}

/// Replaces the logits of a position by the change of the divergence with each; gives the divergence.
fn diverge(logits: &mut ndarray::ArrayViewMut1<'_, f64>, wanted: ArrayView1<'_, f64>) -> f64 {
    let logs = |row: ArrayView1<'_, f64>| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
        row.mapv(|logit| logit - largest - sum.ln())
    };
    let (own, wanted) = (logs(logits.view()), logs(wanted));
    let mut divergence = 0.0;
    for ((error, own), wanted) in logits.iter_mut().zip(own).zip(wanted) {
        divergence += wanted.exp() * (wanted - own);
        *error = own.exp() - wanted.exp();
    }
    divergence
}

/// Errors of queries, keys and values, each behind its rotation.
fn attention_back(shape: &AttentionShape, of: &Forward, errors: &Array2<f64>) -> [Array2<f64>; 3] {
    let width = shape.head_width;
    let scale = 1.0 / (width as f64).sqrt();
    let shared = shape.heads / shape.key_value_heads;
    let mut back = [&of.query, &of.keys, &of.values].map(|of| Array2::zeros(of.raw_dim()));
    for head in 0..shape.heads {
        let own = s![.., head * width..(head + 1) * width];
        let kept = s![.., (head / shared) * width..(head / shared + 1) * width];
        let (query, errors) = (of.query.slice(own), errors.slice(own));
        let (keys, values) = (of.keys.slice(kept), of.values.slice(kept));
        let mut probabilities = query.dot(&keys.t()) * scale;
        for (position, mut row) in probabilities.axis_iter_mut(Axis(0)).enumerate() {
            row.slice_mut(s![position + 1..]).fill(f64::NEG_INFINITY);
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.mapv_inplace(|score| (score - largest).exp());
            let sum = row.sum();
            row /= sum;
        }
        let mut scores = errors.dot(&values.t()) * &probabilities;
        for (mut row, probabilities) in scores.outer_iter_mut().zip(probabilities.outer_iter()) {
            let sum = row.sum();
            row.scaled_add(-sum, &probabilities);
            row *= scale;
        }
        let [queries_back, keys_back, values_back] = &mut back;
        queries_back.slice_mut(own).assign(&scores.dot(&keys));
        let mut keys_back = keys_back.slice_mut(kept);
        keys_back += &scores.t().dot(&query);
        let mut values_back = values_back.slice_mut(kept);
        values_back += &probabilities.t().dot(&errors);
    }
    back
}
