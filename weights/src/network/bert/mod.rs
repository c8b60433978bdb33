//! The operations of BERT encoders, whatever their weights come from: plain, with SpikeLM's neurons
//! before every linear, or with SpikingBERT's behind it.
//!
//! ```text
//! plain        x ─► q, k, v ─► attention ─► output ─► + x ─► norm ─► up ─► gelu ─► down ─► + ─► norm
//! SpikeLM      x ─► ⚡ ─► q, k ⚡, v ⚡ ─► attention ─► ⚡ ─► output ─► + x ─► norm ─► ⚡ ─► up ─► gelu ─► ⚡ ─► …
//! SpikingBERT  ⚡ ─► q, k ⚡, v ⚡ ─► attention ⚡ ─► output ─► + ─► norm ⚡ ─► up ─► gelu ⚡ ─► down ─► + ─► norm ⚡
//! ```
//!
//! Sources: `modeling_bert.py` of transformers; `spike_bert.py` and `spiking.py` of SpikeLM (Xing
//! et al., 2024); `snn_modules.py` of SpikingBERT (Bal and Sengupta, 2024), whose network the
//! 1/1.58-bit spiking language model (Bal et al., 2024) keeps.

mod builder;
mod neurons;

pub use neurons::{spikelm_input, spikelm_stored, spikingbert_neuron};

use super::{Function, LinearWeights, Network, Readout, Table};
use builder::Builder;
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

/// Where the weights of a BERT encoder come from: a file or a generator.
pub trait BertSource {
    /// Why weights cannot be had.
    type Error;
    /// A float table: `embedding`, `positions` (the embedding of the first token type added to every
    /// row), `pooler`, `classifier`, `head.transform` or `head`.
    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, Self::Error>;
    /// The weight of a norm, such as `blocks.0.ffn.norm`.
    fn gain(&mut self, norm: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// The bias of a norm, a matrix or a table.
    fn bias(&mut self, of: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// The weights of a linear operation, such as `blocks.0.attention.query`.
    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Self::Error>;
    /// The thresholds α of a SpikeLM neuron, one a step: of the input of a linear, by the linear's
    /// name, or `blocks.0.attention.key.stored` and `blocks.0.attention.value.stored`.
    fn thresholds(&mut self, of: &str) -> Result<Vec<f32>, Self::Error>;
}

/// Builds the network of `shape` with the weights of `source`.
///
/// # Errors
/// The first error of the source.
pub fn bert_network<S: BertSource>(
    name: &str,
    shape: &BertShape,
    source: &mut S,
) -> Result<Network, S::Error> {
    let mut builder = Builder::new(shape, source);
    let mut hidden = builder.embedding()?;
    for block in 0..shape.blocks {
        hidden = builder.block(&format!("blocks.{block}"), &hidden)?;
    }
    let output = builder.head(&hidden)?;
    let (tables, operations) = builder.finish();
    let readout = match &shape.head {
        BertHead::Classifier { labels, .. } => Readout::Classes(labels.clone()),
        BertHead::MaskedToken { .. } => Readout::MaskedToken,
    };
    Ok(Network {
        name: name.to_owned(),
        vocabulary: shape.vocabulary,
        context: shape.context,
        steps: shape.steps,
        readout,
        begin_token: shape.begin_token,
        end_tokens: shape.end_token.into_iter().collect(),
        tables,
        operations,
        output,
    })
}
