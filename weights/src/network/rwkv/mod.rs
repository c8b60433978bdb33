//! The operations of RWKV-4, plain or with SpikeGPT's neurons.
//!
//! ```text
//! x ─► norm ─► shift ─► key, value ─► wkv ─► · σ(receptance) ─► output ─► + x
//! x ─► norm ─► shift ─► key ─► max(·, 0)² ─► value ─► · σ(receptance) ─► + x
//! ```
//!
//! SpikeGPT has a neuron layer behind each part, as published, or before each matrix, where only it
//! saves multiplications. Membranes live over the tokens of a text. Sources: `modeling_rwkv.py` of
//! transformers after Peng et al., "RWKV" (2023); `model.py` of SpikeGPT (Zhu et al., 2023).

mod block;

use super::named::Builder;
use super::{CONTEXT_UNBOUNDED, EmbedIndex, NamedSource, Network, NeuronLayer, Operation, Readout};
use std::collections::BTreeSet;

/// The dimensions of an RWKV-4 network.
#[derive(Clone, Debug, PartialEq)]
pub struct RwkvShape {
    /// Channels between blocks.
    pub width: usize,
    /// Channels of key, value and receptance.
    pub attention_width: usize,
    /// Channels inside the feed-forward part.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Number of token ids.
    pub vocabulary: usize,
    /// What every norm adds to the variance.
    pub epsilon: f32,
    /// The neurons, where there are some.
    pub spiking: Option<RwkvSpiking>,
    /// Whether the output head is the embedding.
    pub tied: bool,
    /// The id that starts every text.
    pub begin_token: Option<u32>,
    /// The ids that end a text.
    pub end_tokens: BTreeSet<u32>,
}

/// SpikeGPT's neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct RwkvSpiking {
    /// Where they stand.
    pub placement: LifPlacement,
    /// Their rule, with membranes that live over the tokens.
    pub neuron: NeuronLayer,
}

/// Where SpikeGPT's neurons stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifPlacement {
    /// Linear → LIF, as published: behind each part, before its residual.
    BehindParts,
    /// LIF → Linear: before each matrix, which then sees binary spikes.
    BeforeMatrices,
}

/// Builds the network of `shape` with the weights of `source`. Its texts may have any length.
///
/// # Errors
/// The first error of the source.
pub fn rwkv_network<S: NamedSource>(
    name: &str,
    shape: &RwkvShape,
    source: &mut S,
) -> Result<Network, S::Error> {
    let (width, vocabulary) = (shape.width, shape.vocabulary);
    let mut builder = Builder::new(source, shape.epsilon);
    builder.table("embedding", vocabulary, width)?;
    let row = builder.push(Operation::Embed {
        table: "embedding".to_owned(),
        index: EmbedIndex::Token,
        output: "embedding.row".to_owned(),
    });
    let mut residual = builder.norm("embedding.norm", &row, width)?;
    for block in 0..shape.blocks {
        residual = builder.time_mix(shape, &format!("blocks.{block}.attention"), &residual)?;
        residual = builder.channel_mix(shape, &format!("blocks.{block}.ffn"), &residual)?;
    }
    let input = builder.norm("norm", &residual, width)?;
    let table = if shape.tied { "embedding" } else { "head" }.to_owned();
    if !shape.tied {
        builder.table("head", vocabulary, width)?;
    }
    let output = builder.push(Operation::Head { table, input, output: "logits".to_owned() });
    Ok(Network {
        name: name.to_owned(),
        vocabulary,
        context: CONTEXT_UNBOUNDED,
        steps: 1,
        readout: Readout::NextToken,
        begin_token: shape.begin_token,
        end_tokens: shape.end_tokens.clone(),
        tables: builder.tables,
        operations: builder.operations,
        output,
    })
}
