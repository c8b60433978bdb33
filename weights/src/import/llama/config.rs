//! `config.json` of a LLaMA model: its dimensions, and how its matrices are stored.

use super::rules;
use crate::import::ImportError;
use crate::import::bitnet::config::llama_shape;
use crate::import::fields::Fields;
use crate::import::model::Model;
use crate::llama::{ActivationRules, LlamaShape};
use crate::network::DIGITS_MAX;
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

/// Most terms of a matrix: a byte a weight says which it is in.
const TERMS_MAX: usize = 256;

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

/// The digits of each term of a matrix.
pub(in crate::import) fn terms(weights: &Fields) -> Result<Vec<u32>, ImportError> {
    let digits = weights.whole("digits", 1, DIGITS_MAX.into())? as u32;
    weights.neutral("radix", &json!(3))?;
    weights.neutral("digit_values", &json!([-1, 0, 1]))?;
    // Sentences for a reader.
    weights.without_effect(&["layout", "scale", "tensors"]);
    let terms = match weights.value("terms") {
        None => vec![digits],
        Some(value) => {
            let wrong = || {
                let expected = format!("a list of up to {TERMS_MAX} numbers of digits");
                weights.wrong("terms", expected)
            };
            let elements = value.as_array().ok_or_else(wrong)?;
            let valid = |digits: &u64| (1..=u64::from(DIGITS_MAX)).contains(digits);
            let digits: Option<Vec<u32>> = elements
                .iter()
                .map(|element| element.as_u64().filter(valid).map(|digits| digits as u32))
                .collect();
            match digits {
                Some(terms) if (1..=TERMS_MAX).contains(&terms.len()) => terms,
                _ => return Err(wrong()),
            }
        }
    };
    weights.finish()?;
    Ok(terms)
}
