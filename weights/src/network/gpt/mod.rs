//! The operations of GPT-2, plain or as NeurTransformer: spiking self-attention without softmax and
//! a feed-forward part of integrate-and-fire neurons.
//!
//! ```text
//! x ─► norm ─► query, key, value ─► attention ─► output ─► + x
//! x ─► norm ─► up ─► function or neurons ─► down ─► + x
//! ```
//!
//! NeurTransformer has neurons behind query, key, value and attention too, and T steps a token.
//! Sources: `modeling_gpt2.py` of transformers after Radford et al. (2019); NeurTransformer
//! (arXiv 2510.00133), whose code is not public.

mod block;

use super::named::Builder;
use super::{EmbedIndex, Function, NamedSource, Network, NeuronLayer, Operation, Readout};
use std::collections::BTreeSet;

/// The dimensions of a GPT-2 network.
#[derive(Clone, Debug, PartialEq)]
pub struct GptShape {
    /// Channels between blocks.
    pub width: usize,
    /// Channels inside the feed-forward part.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heads of the attention; divides `width`.
    pub heads: usize,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text.
    pub context: usize,
    /// What every norm adds to the variance.
    pub epsilon: f32,
    /// Whether it spikes, and how.
    pub inside: GptInside,
    /// Whether the output head is the embedding.
    pub tied: bool,
    /// The id that starts every text.
    pub begin_token: Option<u32>,
    /// The ids that end a text.
    pub end_tokens: BTreeSet<u32>,
}

/// What stands between the matrices.
#[derive(Clone, Debug, PartialEq)]
pub enum GptInside {
    /// Softmax attention, and a function in the feed-forward part.
    Plain(Function),
    /// Spiking self-attention, and neurons in the feed-forward part.
    Spiking(GptSpiking),
}

/// NeurTransformer's neurons; all membranes live for the steps of one token.
#[derive(Clone, Debug, PartialEq)]
pub struct GptSpiking {
    /// Time steps of a token.
    pub steps: usize,
    /// The neurons behind query, key, value and attention.
    pub attention: NeuronLayer,
    /// The scale of the attention is `2^-scale_shift`.
    pub scale_shift: u32,
    /// The neurons of the feed-forward part.
    pub feed_forward: NeuronLayer,
}

/// Builds the network of `shape` with the weights of `source`.
///
/// # Errors
/// The first error of the source.
pub fn gpt_network<S: NamedSource>(
    name: &str,
    shape: &GptShape,
    source: &mut S,
) -> Result<Network, S::Error> {
    let (width, vocabulary, context) = (shape.width, shape.vocabulary, shape.context);
    let mut builder = Builder::new(source, shape.epsilon);
    let mut rows = Vec::new();
    for (name, count, index) in
        [("embedding", vocabulary, EmbedIndex::Token), ("positions", context, EmbedIndex::Position)]
    {
        builder.table(name, count, width)?;
        let (table, output) = (name.to_owned(), format!("{name}.row"));
        rows.push(builder.push(Operation::Embed { table, index, output }));
    }
    let [left, right] = <[String; 2]>::try_from(rows).expect("two tables give two rows");
    let output = "embedding.sum".to_owned();
    let mut residual = builder.push(Operation::Add { left, right, output });
    for block in 0..shape.blocks {
        residual = builder.attention(shape, &format!("blocks.{block}.attention"), &residual)?;
        residual = builder.feed_forward(shape, &format!("blocks.{block}.ffn"), &residual)?;
    }
    let mut input = builder.norm("norm", &residual, width)?;
    let mut steps = 1;
    if let GptInside::Spiking(spiking) = &shape.inside {
        steps = spiking.steps;
        input = builder.push(Operation::StepMean { input, output: "mean".to_owned() });
    }
    let table = if shape.tied { "embedding" } else { "head" }.to_owned();
    if !shape.tied {
        builder.table("head", vocabulary, width)?;
    }
    let output = builder.push(Operation::Head { table, input, output: "logits".to_owned() });
    Ok(Network {
        name: name.to_owned(),
        vocabulary,
        context,
        steps,
        readout: Readout::NextToken,
        begin_token: shape.begin_token,
        end_tokens: shape.end_tokens.clone(),
        tables: builder.tables,
        operations: builder.operations,
        output,
    })
}
