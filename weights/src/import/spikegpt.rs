//! `model_type: spikegpt`: RWKV-4 with binary neurons over tokens (Zhu et al., 2023), under its
//! authors' names.
//!
//! The object `lif` says where the neurons stand, `linear_lif` as published or `lif_linear`, and
//! their τ, threshold and reset. With `binary_embedding` the embedding is its sign, as 0 or 1.

use super::model::Model;
use super::rwkv::{self, BLOCKS_MAX, IDS_MAX, WIDTH_MAX};
use super::{Dimensions, ImportError, generation, lif, pretrained};
use crate::network::{LifPlacement, Network, RwkvShape, RwkvSpiking};
use crate::neuron::State;
use serde_json::json;

/// `ctx_len` is the length of training texts: a recurrent network reads texts of any length.
const WITHOUT_EFFECT: [&str; 2] = ["bos_token_id", "ctx_len"];

/// Channels inside the feed-forward part, in widths: the published code knows no other.
const HIDDEN_WIDTHS: usize = 4;

/// Imports a SpikeGPT network.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let (shape, binary_embedding) = read(model)?;
    rwkv::build(model, shape, binary_embedding)
}

/// The dimensions of a SpikeGPT network.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    Ok(Dimensions::of_rwkv(&read(model)?.0))
}

/// The shape, and whether the embedding is its sign.
fn read(model: &mut Model<'_>) -> Result<(RwkvShape, bool), ImportError> {
    let fields = &model.config;
    pretrained::declare(fields)?;
    fields.without_effect(&WITHOUT_EFFECT);
    fields.neutral("weights", &json!("ternary"))?;
    let width = fields.whole("n_embd", 1, WIDTH_MAX)?;
    let vocabulary = fields.whole("vocab_size", 1, IDS_MAX)?;
    let Some(binary_embedding) = fields.flag("binary_embedding")? else {
        return Err(fields.wrong("binary_embedding", "true or false"));
    };
    let Some(neurons) = fields.object("lif")? else {
        return Err(fields.wrong("lif", "an object with placement, tau, v_threshold and v_reset"));
    };
    let placement = match neurons.text("placement")? {
        "linear_lif" => LifPlacement::BehindParts,
        "lif_linear" => LifPlacement::BeforeMatrices,
        _ => return Err(neurons.wrong("placement", "\"linear_lif\" or \"lif_linear\"")),
    };
    let neuron = lif::read(&neurons, State::PerToken)?;
    neurons.finish()?;
    let blocks = fields.whole("n_layer", 1, BLOCKS_MAX)?;
    let epsilon = rwkv::epsilon(fields)?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let shape = RwkvShape {
        width,
        attention_width: width,
        hidden: HIDDEN_WIDTHS * width,
        blocks,
        vocabulary,
        epsilon,
        spiking: Some(RwkvSpiking { placement, neuron }),
        tied,
        begin_token: None,
        end_tokens: generation::end_tokens(model, vocabulary, u32::MAX)?,
    };
    Ok((shape, binary_embedding))
}
