//! `config.json` of a LLaMA model: its dimensions, and how its matrices are stored.

use super::rules;
use crate::import::ImportError;
use crate::import::bitnet::config::llama_shape;
use crate::import::model::Model;
use crate::import::terms::terms;
use crate::llama::{ActivationRules, LlamaShape};
use serde_json::json;

/// How matrices are stored.
pub(super) enum Layout {
    /// As floats.
    Floats,
    /// Integers with scales of the rows; for each term its digits.
    Digits(Vec<u32>),
}

/// What the configuration says.
pub(super) struct Config {
    pub(super) shape: LlamaShape,
    pub(super) layout: Layout,
    pub(super) tied: bool,
    pub(super) activations: Option<ActivationRules>,
}

pub(super) fn read(model: &mut Model<'_>) -> Result<Config, ImportError> {
    let read = llama_shape(model)?;
    let fields = &model.config;
    fields.neutral("sliding_window", &json!(null))?;
    fields.neutral("partial_rotary_factor", &json!(1))?;
    fields.without_effect(&["calibration"]);
    let shape = LlamaShape {
        width: read.width,
        hidden: read.hidden,
        blocks: read.blocks,
        attention: read.attention,
        gate: read.gate,
        vocabulary: read.vocabulary,
        context: read.context,
        epsilon: read.epsilon,
        rotary_base: read.rotary_base,
        begin_token: read.begin_token,
        end_tokens: read.end_tokens,
    };
    let Some(section) = fields.object("spikellm")? else {
        return Ok(Config { shape, layout: Layout::Floats, tied: read.tied, activations: None });
    };
    section.whole("version", 1, 1)?;
    let layout = match section.object("weights")? {
        Some(weights) => Layout::Digits(terms(&weights)?),
        None => return Err(section.wrong("weights", "an object")),
    };
    let activations = section.object("activations")?;
    let activations = activations.map(|object| rules::read(&object, &shape)).transpose()?;
    section.without_effect(&["calibration", "recipe"]);
    section.finish()?;
    Ok(Config { shape, layout, tied: read.tied, activations })
}
