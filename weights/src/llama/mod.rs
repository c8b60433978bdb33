//! LLaMA models: what is quantised, and what quantising makes of it.
//!
//! ```text
//! x ─► norm ─► q, k, v ─► rotary ─► attention ─► (sub_norm) ─► output ─► + x
//! x ─► norm ─► act(gate) · up ─► (sub_norm) ─► down ─► + x
//! ```
//!
//! A model holds floats, or integers with scales, matrix by matrix; with integers everywhere it is
//! a [`Network`](crate::network::Network). The norms in brackets are those of BitNet.
//!
//! Formula: `modeling_llama.py` of transformers, after Touvron et al. (2023).

mod activation;
mod matrix;
mod network;

pub use crate::network::{GIF_BITS, GIF_SCALE_MAX, GIF_SCALE_MIN};
pub use activation::{ActivationRules, Coding, GifRule, Site};
pub use matrix::{FloatMatrix, LlamaMatrix};

use crate::network::{AttentionShape, BitnetShape, Function, Table};
use std::collections::BTreeSet;

/// The dimensions of a LLaMA model.
#[derive(Clone, Debug, PartialEq)]
pub struct LlamaShape {
    /// Channels between blocks.
    pub width: usize,
    /// Channels inside the feed-forward part.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heads of the attention; causal. Rotary turns channel i with i + head_width / 2.
    pub attention: AttentionShape,
    /// The function of the gate.
    pub gate: Function,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text.
    pub context: usize,
    /// What every norm adds to the mean square.
    pub epsilon: f32,
    /// Base of the rotary angles.
    pub rotary_base: f32,
    /// The id that starts every text.
    pub begin_token: Option<u32>,
    /// The ids that end a text.
    pub end_tokens: BTreeSet<u32>,
}

/// The matrices of a block, in the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Linear {
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// Behind the attention.
    Output,
    /// Under the gate's function.
    Gate,
    /// Beside the gate.
    Up,
    /// Behind the gate.
    Down,
}

impl Linear {
    /// All, in the order of execution: the order of [`LlamaBlock::matrices`].
    pub const ALL: [Linear; 7] = [
        Linear::Query,
        Linear::Key,
        Linear::Value,
        Linear::Output,
        Linear::Gate,
        Linear::Up,
        Linear::Down,
    ];

    /// Its name inside a block, such as `ffn.up`.
    pub fn name(self) -> &'static str {
        match self {
            Linear::Query => "attention.q",
            Linear::Key => "attention.k",
            Linear::Value => "attention.v",
            Linear::Output => "attention.output",
            Linear::Gate => "ffn.gate",
            Linear::Up => "ffn.up",
            Linear::Down => "ffn.down",
        }
    }

    /// Where its input is encoded.
    pub fn site(self) -> Site {
        match self {
            Linear::Query | Linear::Key | Linear::Value => Site::Qkv,
            Linear::Output => Site::Output,
            Linear::Gate | Linear::Up => Site::GateUp,
            Linear::Down => Site::Down,
        }
    }
}

impl LlamaShape {
    /// Rows and columns of a matrix.
    pub fn size(&self, linear: Linear) -> (usize, usize) {
        let (query, key_value) = (self.attention.query_width(), self.attention.key_value_width());
        match linear {
            Linear::Query => (query, self.width),
            Linear::Key | Linear::Value => (key_value, self.width),
            Linear::Output => (self.width, query),
            Linear::Gate | Linear::Up => (self.hidden, self.width),
            Linear::Down => (self.width, self.hidden),
        }
    }

    /// The dimensions of a BitNet transformer without norms inside its blocks' parts, which has
    /// matrices of the same sizes.
    pub fn to_bitnet(&self) -> BitnetShape {
        BitnetShape {
            width: self.width,
            hidden: self.hidden,
            blocks: self.blocks,
            attention: self.attention,
            gate: self.gate,
            sub_norms: false,
            vocabulary: self.vocabulary,
            context: self.context,
            epsilon: self.epsilon,
            rotary_base: self.rotary_base,
            tied: true,
            begin_token: self.begin_token,
            end_tokens: self.end_tokens.clone(),
        }
    }

    /// Weights of the matrices of all blocks: the synapses of one token.
    pub fn weight_count(&self) -> usize {
        let sizes = Linear::ALL.map(|linear| self.size(linear));
        self.blocks * sizes.iter().map(|(rows, columns)| rows * columns).sum::<usize>()
    }
}

/// One block.
#[derive(Clone, Debug, PartialEq)]
pub struct LlamaBlock {
    /// Weights of the norm before the attention.
    pub attention_norm: Vec<f32>,
    /// Weights of the norm between attention and output, where there is one (BitNet).
    pub attention_sub_norm: Option<Vec<f32>>,
    /// Weights of the norm before gate and up.
    pub ffn_norm: Vec<f32>,
    /// Weights of the norm between gate and down, where there is one (BitNet).
    pub ffn_sub_norm: Option<Vec<f32>>,
    /// The matrices, in the order of [`Linear::ALL`].
    pub matrices: [LlamaMatrix; 7],
}

impl LlamaBlock {
    /// One of its matrices.
    pub fn matrix(&self, linear: Linear) -> &LlamaMatrix {
        &self.matrices[linear as usize]
    }
}

/// A LLaMA model.
#[derive(Clone, Debug, PartialEq)]
pub struct Llama {
    /// Name of the model: the folder or the file it came from.
    pub name: String,
    /// Its dimensions.
    pub shape: LlamaShape,
    /// A row for each token id.
    pub embedding: Table,
    /// The output head; the embedding where there is none.
    pub head: Option<Table>,
    /// Weights of the last norm.
    pub norm: Vec<f32>,
    /// The blocks.
    pub blocks: Vec<LlamaBlock>,
    /// How inputs of matrices become spikes, where the model says so.
    pub activations: Option<ActivationRules>,
}

impl Llama {
    /// Whether every matrix holds integers.
    pub fn is_quantised(&self) -> bool {
        let matrices = self.blocks.iter().flat_map(|block| &block.matrices);
        matrices.into_iter().all(|matrix| matches!(matrix, LlamaMatrix::Digits(_)))
    }

    /// Name of a matrix, such as `blocks.0.ffn.up`.
    pub fn matrix_name(block: usize, linear: Linear) -> String {
        format!("blocks.{block}.{}", linear.name())
    }
}
