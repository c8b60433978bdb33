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
mod shape;
mod source;

pub use neurons::{spikelm_input, spikelm_stored, spikingbert_neuron};
pub use shape::{BertHead, BertPooler, BertShape, BertSpiking, SpikelmReset};
pub use source::BertSource;

use super::{Network, Readout};
use builder::Builder;

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
