//! `model_type: rwkv`: RWKV-4, in the layout of transformers or of its authors.
//!
//! | transformers | authors |
//! |---|---|
//! | `rwkv.embeddings`, `rwkv.ln_out`, `head` | `emb`, `ln_out`, `head` |
//! | `rwkv.blocks.N.attention.time_mix_key` | `blocks.N.att.time_mix_k` |
//! | `rwkv.blocks.N.feed_forward.key.weight` | `blocks.N.ffn.key.weight` |

mod source;

pub(super) use source::Source;

use super::fields::Fields;
use super::model::Model;
use super::{Dimensions, ImportError, generation, pretrained};
use crate::network::{Network, RwkvShape, rwkv_network};

/// Largest values of the dimensions: far beyond any model, small enough that no product of two
/// leaves 64 bits.
pub(super) const WIDTH_MAX: u64 = 1 << 18;
pub(super) const BLOCKS_MAX: u64 = 4096;
pub(super) const IDS_MAX: u64 = 1 << 24;

/// Of no effect: the length of training texts, a scale against overflow of half floats that the
/// norms undo, and ids that no tokenizer of this family puts before a text.
const WITHOUT_EFFECT: [&str; 5] =
    ["bos_token_id", "context_length", "ctx_len", "model_max_length", "rescale_every"];

/// The id that transformers ends a text with where no file says one.
const END_TOKEN: u32 = 0;

/// Imports an RWKV-4 network.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let shape = read(model)?;
    let network = build(model, shape, false)?;
    Ok(model.matrices.coded(network))
}

/// The dimensions of an RWKV-4 network.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    let shape = read(model)?;
    Ok(Dimensions { digits: model.matrices.digits(), ..Dimensions::of_rwkv(&shape) })
}

fn read(model: &mut Model<'_>) -> Result<RwkvShape, ImportError> {
    model.matrices.configure(&model.config)?;
    let fields = &model.config;
    pretrained::declare(fields)?;
    fields.without_effect(&WITHOUT_EFFECT);
    let width = fields.whole("hidden_size", 1, WIDTH_MAX)?;
    let attention_width = fields.optional_whole("attention_hidden_size", 1, WIDTH_MAX)?;
    let hidden = fields.optional_whole("intermediate_size", 1, WIDTH_MAX)?;
    let vocabulary = fields.whole("vocab_size", 1, IDS_MAX)?;
    Ok(RwkvShape {
        width,
        attention_width: attention_width.unwrap_or(width),
        hidden: hidden.unwrap_or(4 * width),
        blocks: fields.whole("num_hidden_layers", 1, BLOCKS_MAX)?,
        vocabulary,
        epsilon: epsilon(fields)?,
        spiking: None,
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(false),
        begin_token: None,
        end_tokens: generation::end_tokens(model, vocabulary, END_TOKEN)?,
    })
}

/// What norms add to the variance.
pub(super) fn epsilon(fields: &Fields) -> Result<f32, ImportError> {
    let expected = "a number from 0 to 1";
    let epsilon =
        fields.optional_number("layer_norm_epsilon", expected, |x| (0.0..=1.0).contains(&x))?;
    Ok(epsilon.unwrap_or(1e-5))
}

/// Takes the tensors of a shape.
pub(super) fn build(
    model: &mut Model<'_>,
    mut shape: RwkvShape,
    binary_embedding: bool,
) -> Result<Network, ImportError> {
    let name = model.name.clone();
    let mut source = Source::new(model.parts()?, binary_embedding);
    let untied = shape.tied && source.holds_another_head(shape.vocabulary, shape.width)?;
    shape.tied &= !untied;
    let network = rwkv_network(&name, &shape, &mut source)?;
    if untied {
        model.notes.push(UNTIED.to_owned());
    }
    Ok(network)
}

/// Said of a head that is stored although it should be the embedding.
pub(super) const UNTIED: &str = "`tie_word_embeddings` is true, but a head of other values is \
                                 stored: that head is taken, as transformers does";
