//! The network: typed operations on named values, in the order in which a token passes them.
//!
//! ```text
//! token ──► Embed ──► RmsNorm ──► TernaryLinear ──► … ──► Head ──► logits
//! ```
//!
//! Every value is written once and read after it was written, so the list is its own schedule. A
//! value holds what one token has at that place: a vector, or the attention scores of its heads.
//! State that lives from token to token (keys and values, shifted tokens, membranes) belongs to the
//! operation that keeps it.

mod alone;
mod bert;
mod bitnet;
mod check;
mod digits;
mod error;
mod function;
mod gpt;
mod linear;
mod matrix;
mod named;
mod neurons;
mod operation;
mod rwkv;
mod shape;
mod spike_code;

pub use bert::{
    BertHead, BertPooler, BertShape, BertSource, BertSpiking, SpikelmReset, bert_network,
    spikelm_input, spikelm_stored, spikingbert_neuron,
};
pub use bitnet::{BitnetShape, BitnetSource, bitnet_network, bitnet_shape};
pub use digits::{DIGITS_MAX, DigitMatrix, digit_limit};
pub use error::NetworkError;
pub use function::{Function, Gate};
pub use gpt::{GptInside, GptShape, GptSpiking, gpt_network};
pub use linear::LinearWeights;
pub use matrix::{MatrixSummary, Parameters, Table, TernaryMatrix};
pub use named::NamedSource;
pub use neurons::{NeuronLayer, Readout};
pub use operation::{
    AttentionShape, EmbedIndex, Operation, RotaryPairing, SpikingHeads, VectorInput,
};
pub use rwkv::{LifPlacement, RwkvShape, RwkvSpiking, rwkv_network};
pub use shape::{Shape, Shapes};
pub use spike_code::{
    ADDED_BITS_MAX, GIF_BITS, GIF_SCALE_MAX, GIF_SCALE_MIN, LevelCode, SpikeCode,
};

use crate::neuron::{SpikeRange, State};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The context of a recurrent network: its texts may have any length.
pub const CONTEXT_UNBOUNDED: usize = u32::MAX as usize;

/// A language model as a list of operations. Serialises to `1-network.json`: structure, shapes,
/// scales and checksums, but not the weights themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    /// Name of the model: the folder it came from, or `sample-<seed>`.
    pub name: String,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text: positions are `0..context`. [`CONTEXT_UNBOUNDED`] where no operation
    /// keeps positions.
    pub context: usize,
    /// Time steps of a token, at least 1.
    pub steps: usize,
    /// What the output is.
    pub readout: Readout,
    /// The id that starts every text, where the model has one.
    pub begin_token: Option<u32>,
    /// The ids that end a text: any of them does.
    pub end_tokens: BTreeSet<u32>,
    /// Float tables by name; a tied embedding is one table that two operations name.
    pub tables: BTreeMap<String, Table>,
    /// The operations, in the order of execution.
    pub operations: Vec<Operation>,
    /// The value that holds the logits: `vocabulary` numbers, or one a class.
    pub output: String,
}

impl Network {
    /// The ternary matrices in the order of execution; their position is their index in traces and
    /// programs.
    pub fn ternary_matrices(&self) -> impl Iterator<Item = &TernaryMatrix> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::TernaryLinear { matrix, .. } => Some(matrix),
            _ => None,
        })
    }

    /// The matrices of several digits in the order of execution.
    pub fn digit_matrices(&self) -> impl Iterator<Item = &DigitMatrix> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::DigitLinear { matrix, .. } => Some(matrix),
            _ => None,
        })
    }

    /// The vectors that the host sends in the place of token ids, if it does.
    pub fn input(&self) -> Option<VectorInput> {
        self.operations.iter().find_map(|operation| match *operation {
            Operation::Input { width, bits, fraction, .. } => {
                Some(VectorInput { width, bits, fraction })
            }
            _ => None,
        })
    }

    /// How many ternary weights all matrices hold together: the synapses of one token.
    pub fn ternary_weight_count(&self) -> usize {
        self.ternary_matrices().map(|matrix| matrix.trits.len()).sum()
    }

    /// How many weights all matrices hold together, whatever their digits.
    pub fn weight_count(&self) -> usize {
        let digits: usize = self.digit_matrices().map(|matrix| matrix.values.len()).sum();
        self.ternary_weight_count() + digits
    }

    /// Whether all keys and values that attention keeps are spikes, so that a ternary digit holds one.
    pub fn keeps_spikes(&self) -> bool {
        let spikes = self.operations.iter().filter_map(|it| match it {
            Operation::Neuron { output, neuron, .. } => {
                (neuron.range != SpikeRange::Unbounded).then_some(output)
            }
            _ => None,
        });
        let spikes: BTreeSet<&String> = spikes.collect();
        let kept = self.operations.iter().flat_map(|it| match it {
            Operation::AttentionScores { key, .. } => vec![key],
            Operation::WeightedValues { value, .. } => vec![value],
            Operation::SpikingAttention { key, value, .. } => vec![key, value],
            _ => vec![],
        });
        let mut kept = kept.peekable();
        kept.peek().is_some() && kept.all(|name| spikes.contains(name))
    }

    /// The same network with another number of time steps: fewer take the first thresholds of its
    /// neurons, more repeat the last.
    ///
    /// # Errors
    /// If no neuron starts anew at each token, so that steps mean nothing to it.
    pub fn with_steps(self, steps: usize) -> Result<Network, NetworkError> {
        let stepped = self.operations.iter().any(|operation| match operation {
            Operation::Neuron { neuron, .. } => neuron.state == State::PerStep,
            _ => false,
        });
        if steps > 0 && (stepped || steps == self.steps) {
            return Ok(Network { steps, ..self });
        }
        let expected = format!("be {}: its neurons have no steps", self.steps);
        let operation = format!("network `{}`", self.name);
        Err(NetworkError::Dimension { operation, what: "steps", value: steps, expected })
    }

    /// The text of `1-network.json`: equal networks give equal bytes.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("strings, integers and floats always serialise");
        text.push('\n');
        text
    }
}
