//! The dimensions of an encoder.

use crate::network::Function;
use serde::Serialize;

/// The dimensions of a BERT encoder and what stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct BertShape {
    /// Channels between blocks.
    pub width: usize,
    /// Channels inside the feed-forward part.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heads of the attention; divides `width`.
    pub heads: usize,
    /// The function of the feed-forward part.
    pub function: Function,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text.
    pub context: usize,
    /// What every norm adds to the variance.
    pub epsilon: f32,
    /// Time steps; 1 without neurons.
    pub steps: usize,
    /// Which neurons there are, and where.
    pub spiking: BertSpiking,
    /// What follows the last block.
    pub head: BertHead,
    /// The id that starts every text.
    pub begin_token: Option<u32>,
    /// The id that ends a text.
    pub end_token: Option<u32>,
}

/// The neurons of an encoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BertSpiking {
    /// None: a plain BERT.
    Plain,
    /// Ternary neurons before every linear; keys and values are ternary without memory.
    Spikelm {
        /// β, what the membrane keeps.
        beta: f32,
        /// What a spike takes away.
        reset: SpikelmReset,
    },
    /// Binary neurons behind everything but the query, with a soft reset.
    Spikingbert {
        /// θ of every neuron.
        threshold: f32,
        /// What the membrane keeps, applied after the reset.
        leak: f32,
    },
}

/// The two forms of SpikeLM's membrane, with out = α·s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikelmReset {
    /// The released code: `m_t = β · m_{t−1} · (α_{t−1} − out_{t−1}) + x_t`.
    Code,
    /// The paper: `m_t = β · m_{t−1} · (1 − |s_{t−1}|) + x_t`.
    Paper,
}

/// What follows the last block and the mean over the steps.
#[derive(Clone, Debug, PartialEq)]
pub enum BertHead {
    /// The first position, a pooler, and a linear to one logit a class.
    Classifier {
        /// Names of the classes.
        labels: Vec<String>,
        /// What stands between the first position and the classifier.
        pooler: BertPooler,
    },
    /// At every position a linear, a function, a norm, and a logit a token.
    MaskedToken {
        /// Whether the output table is the embedding.
        tied: bool,
    },
}

/// What stands between the first position and the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BertPooler {
    /// Nothing.
    None,
    /// `tanh(W·x + b)`, as in BERT.
    Tanh,
    /// `relu(tanh(W·x + b))`, as SpikingBERT's pooler neuron in equilibrium.
    TanhRelu,
}
