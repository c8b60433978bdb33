//! The operations of all systems, typed. Sources: SpikeLLM (LLaMA and BitNet blocks), SpikeLM and
//! SpikingBERT (BERT blocks), NeurTransformer (spiking self-attention), SpikeGPT (RWKV).

use super::{DigitMatrix, Function, NeuronLayer, Parameters, SpikeCode, TernaryMatrix};
use serde::Serialize;

/// What an [`Operation::Embed`] looks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbedIndex {
    /// The token id; the table has `vocabulary` rows.
    Token,
    /// The position in the text (BERT, GPT-2); the table has at least `context` rows.
    Position,
}

/// Which two channels of a head a rotation turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RotaryPairing {
    /// `i` and `i + head_width / 2`, as in transformers.
    Halves,
    /// `2i` and `2i + 1`, as in llama2.c and the RoPE paper (Su et al., 2021).
    Neighbours,
}

/// Heads of an attention. Several query heads may share one key and value head (grouped heads).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AttentionShape {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`. Query head h reads head `h / (heads / this)`.
    pub key_value_heads: usize,
    /// Channels of one head.
    pub head_width: usize,
    /// Whether a token sees only itself and earlier ones.
    pub causal: bool,
}

impl AttentionShape {
    /// Width of the query and of the attention's result.
    pub fn query_width(&self) -> usize {
        self.heads * self.head_width
    }

    /// Width of the key and of the value.
    pub fn key_value_width(&self) -> usize {
        self.key_value_heads * self.head_width
    }
}

/// Heads of a spiking self-attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SpikingHeads {
    /// Heads; query, key and value have as many.
    pub heads: usize,
    /// Channels of one head.
    pub head_width: usize,
    /// The scale of the result is `2^-scale_shift`.
    pub scale_shift: u32,
    /// Whether scores of later tokens are zeroed.
    pub causal: bool,
}

/// The vectors of a host: whole numbers below `2^bits` in magnitude, each worth `2^-fraction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VectorInput {
    /// Channels.
    pub width: usize,
    /// Bits of a magnitude.
    pub bits: u32,
    /// Fraction bits.
    pub fraction: u32,
}

impl VectorInput {
    /// The largest magnitude of a number.
    pub const fn most(&self) -> i64 {
        (1 << self.bits) - 1
    }

    /// Why numbers are no vector of these, if they are none.
    pub fn fault(&self, vector: &[i64]) -> Option<String> {
        if vector.len() != self.width {
            return Some(format!("it has {} numbers", vector.len()));
        }
        let at = vector.iter().position(|value| value.abs() > self.most())?;
        Some(format!("number {} is {}", at + 1, vector[at]))
    }

    /// The numbers as they are meant.
    pub fn values(&self, vector: &[i64]) -> Vec<f64> {
        let unit = (-f64::from(self.fraction)).exp2();
        vector.iter().map(|&value| value as f64 * unit).collect()
    }
}

/// One operation. `input`, `left`, `query` and the like name values that earlier operations wrote;
/// `output` names the value it writes. Vectors are of one token and one time step; `[n]` below is a
/// width. Every operation is executed at every step; attention meets keys and values of its own step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the formula of each operation names its fields")]
pub enum Operation {
    /// A vector of the host, one a token: `output [width]`, whole numbers below `2^bits` in magnitude,
    /// each worth `2^-fraction`.
    Input { output: String, width: usize, bits: u32, fraction: u32 },
    /// A row of a table: `output [columns] = table[index]`.
    Embed { table: String, index: EmbedIndex, output: String },
    /// `output [n] = weight · x / sqrt(mean(x²) + epsilon)` (Zhang and Sennrich, 2019).
    RmsNorm { name: String, input: String, output: String, weight: Parameters, epsilon: f32 },
    /// `output [n] = weight · (x − mean) / sqrt(variance + epsilon) + bias` (Ba et al., 2016).
    LayerNorm {
        name: String,
        input: String,
        output: String,
        weight: Parameters,
        bias: Parameters,
        epsilon: f32,
    },
    /// `output [rows] = scale · W · input [columns]`: what the array computes.
    TernaryLinear { input: String, output: String, matrix: TernaryMatrix },
    /// `output [rows] = g · D · input [columns]`, g a scale for each row and D of several digits:
    /// what the array computes digit by digit.
    DigitLinear { input: String, output: String, matrix: DigitMatrix },
    /// `output [n] = input + bias`.
    Bias { name: String, input: String, output: String, bias: Parameters },
    /// Turns pair i of every head by `position · base^(−2i / head_width)` (Su et al., 2021).
    Rotary {
        input: String,
        output: String,
        heads: usize,
        head_width: usize,
        base: f32,
        pairing: RotaryPairing,
    },
    /// Keeps the key, then `output [heads × positions] = query · key / sqrt(head_width)` for
    /// every position kept so far.
    AttentionScores {
        name: String,
        query: String,
        key: String,
        output: String,
        shape: AttentionShape,
    },
    /// Per head, `e^(s − max) / Σ e^(s − max)` over the positions.
    Softmax { input: String, output: String },
    /// Keeps the value, then `output [heads · head_width] = Σ probability · value` over the
    /// positions kept so far.
    WeightedValues {
        name: String,
        probabilities: String,
        value: String,
        output: String,
        shape: AttentionShape,
    },
    /// A function of every channel.
    Apply { function: Function, input: String, output: String },
    /// `output [n] = left · right`, channel by channel: a gate.
    Multiply { left: String, right: String, output: String },
    /// `output [n] = left + right`: a residual.
    Add { left: String, right: String, output: String },
    /// `output [n] = mix · x_t + (1 − mix) · x_{t−1}`, with x before the text zero (RWKV-4).
    TokenShift { name: String, input: String, output: String, mix: Parameters },
    /// `output [width] = input` of the token before, zero at the first: a recurrence. It stands before
    /// the operation that writes `input`.
    Previous { input: String, output: String, width: usize },
    /// RWKV-4's recurrence, kept per channel in the numerically safe form with (p, q, o):
    /// `wkv_t = (Σ e^{k_i − (t−1−i)·decay} v_i + e^{bonus + k_t} v_t) / (the same without v)`.
    Wkv {
        name: String,
        key: String,
        value: String,
        output: String,
        decay: Parameters,
        bonus: Parameters,
    },
    /// `output [n]`: the spikes of this step times their amplitude.
    Neuron { name: String, input: String, output: String, neuron: NeuronLayer },
    /// `output [n]`: what the spikes of a code stand for; the matrices that read it see the spikes.
    Encode { input: String, output: String, code: SpikeCode },
    /// Attention of binary spikes without softmax: `A = popcount(query AND key)`, zero where
    /// masked; `output [heads · head_width] = 2^-scale_shift · A · value` (NeurTransformer).
    SpikingAttention {
        name: String,
        query: String,
        key: String,
        value: String,
        output: String,
        shape: SpikingHeads,
    },
    /// The mean over the steps of a token; the same at every step.
    StepMean { input: String, output: String },
    /// The value at position 0 of the text, for a network that is not causal.
    FirstPosition { input: String, output: String },
    /// `output [rows] = table · input [columns]`, in full precision.
    Head { table: String, input: String, output: String },
}

impl Operation {
    /// The values it reads, in the order of its fields.
    pub fn inputs(&self) -> Vec<&str> {
        match self {
            // What a recurrence takes is there since the token before.
            Operation::Input { .. } | Operation::Embed { .. } | Operation::Previous { .. } => {
                vec![]
            }
            Operation::RmsNorm { input, .. }
            | Operation::LayerNorm { input, .. }
            | Operation::TernaryLinear { input, .. }
            | Operation::DigitLinear { input, .. }
            | Operation::Bias { input, .. }
            | Operation::Rotary { input, .. }
            | Operation::Softmax { input, .. }
            | Operation::Apply { input, .. }
            | Operation::TokenShift { input, .. }
            | Operation::Neuron { input, .. }
            | Operation::Encode { input, .. }
            | Operation::StepMean { input, .. }
            | Operation::FirstPosition { input, .. }
            | Operation::Head { input, .. } => vec![input],
            Operation::AttentionScores { query, key, .. } => vec![query, key],
            Operation::WeightedValues { probabilities, value, .. } => vec![probabilities, value],
            Operation::Multiply { left, right, .. } | Operation::Add { left, right, .. } => {
                vec![left, right]
            }
            Operation::Wkv { key, value, .. } => vec![key, value],
            Operation::SpikingAttention { query, key, value, .. } => vec![query, key, value],
        }
    }

    /// The value it writes.
    pub fn output(&self) -> &str {
        match self {
            Operation::Input { output, .. }
            | Operation::Embed { output, .. }
            | Operation::RmsNorm { output, .. }
            | Operation::LayerNorm { output, .. }
            | Operation::TernaryLinear { output, .. }
            | Operation::DigitLinear { output, .. }
            | Operation::Bias { output, .. }
            | Operation::Rotary { output, .. }
            | Operation::AttentionScores { output, .. }
            | Operation::Softmax { output, .. }
            | Operation::WeightedValues { output, .. }
            | Operation::Apply { output, .. }
            | Operation::Multiply { output, .. }
            | Operation::Add { output, .. }
            | Operation::TokenShift { output, .. }
            | Operation::Previous { output, .. }
            | Operation::Wkv { output, .. }
            | Operation::Neuron { output, .. }
            | Operation::Encode { output, .. }
            | Operation::SpikingAttention { output, .. }
            | Operation::StepMean { output, .. }
            | Operation::FirstPosition { output, .. }
            | Operation::Head { output, .. } => output,
        }
    }

    /// The word for its kind, as in the network file.
    pub fn kind(&self) -> &'static str {
        match self {
            Operation::Input { .. } => "input",
            Operation::Embed { .. } => "embed",
            Operation::RmsNorm { .. } => "rms_norm",
            Operation::LayerNorm { .. } => "layer_norm",
            Operation::TernaryLinear { .. } => "ternary_linear",
            Operation::DigitLinear { .. } => "digit_linear",
            Operation::Bias { .. } => "bias",
            Operation::Rotary { .. } => "rotary",
            Operation::AttentionScores { .. } => "attention_scores",
            Operation::Softmax { .. } => "softmax",
            Operation::WeightedValues { .. } => "weighted_values",
            Operation::Apply { .. } => "apply",
            Operation::Multiply { .. } => "multiply",
            Operation::Add { .. } => "add",
            Operation::TokenShift { .. } => "token_shift",
            Operation::Previous { .. } => "previous",
            Operation::Wkv { .. } => "wkv",
            Operation::Neuron { .. } => "neuron",
            Operation::Encode { .. } => "encode",
            Operation::SpikingAttention { .. } => "spiking_attention",
            Operation::StepMean { .. } => "step_mean",
            Operation::FirstPosition { .. } => "first_position",
            Operation::Head { .. } => "head",
        }
    }
}
