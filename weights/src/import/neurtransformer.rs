//! `model_type: neurtransformer`: GPT-2 with spiking self-attention and integrate-and-fire neurons
//! in the feed-forward part (arXiv 2510.00133), under GPT-2's names.
//!
//! The object `spiking` says steps, the neurons of the attention and its scale, and threshold and
//! reset of the neurons of the feed-forward part.

use super::model::Model;
use super::{Dimensions, ImportError, gpt2, lif};
use crate::network::{GptInside, GptShape, GptSpiking, Network, NeuronLayer};
use crate::neuron::{Reset, State};
use serde_json::json;

const STEPS_MAX: u64 = 4096;
const SHIFT_MAX: u64 = 31;

/// Imports a NeurTransformer network.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let shape = read(model)?;
    gpt2::build(model, shape)
}

/// The dimensions of a NeurTransformer network.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    Ok(Dimensions::of_gpt(&read(model)?))
}

fn read(model: &mut Model<'_>) -> Result<GptShape, ImportError> {
    let fields = &model.config;
    fields.neutral("weights", &json!("ternary"))?;
    let Some(spiking) = fields.object("spiking")? else {
        return Err(fields.wrong("spiking", "an object with steps and the neurons' rules"));
    };
    if spiking.text("attention")? != "spiking" {
        return Err(spiking.wrong("attention", "\"spiking\""));
    }
    if spiking.text("feed_forward")? != "integrate_and_fire" {
        return Err(spiking.wrong("feed_forward", "\"integrate_and_fire\""));
    }
    let Some(attention) = spiking.object("attention_lif")? else {
        let expected = "an object with tau, v_threshold and v_reset";
        return Err(spiking.wrong("attention_lif", expected));
    };
    let threshold = lif::threshold(&spiking, "feed_forward_threshold")?;
    let reset = match spiking.text("feed_forward_reset")? {
        "soft" => Reset::Soft,
        "hard" => Reset::Hard,
        _ => return Err(spiking.wrong("feed_forward_reset", "\"soft\" or \"hard\"")),
    };
    let inside = GptSpiking {
        steps: spiking.whole("steps", 1, STEPS_MAX)?,
        attention: lif::read(&attention, State::PerStep)?,
        scale_shift: spiking.whole("attention_scale_shift", 0, SHIFT_MAX)? as u32,
        feed_forward: NeuronLayer::integrate_and_fire(threshold, reset),
    };
    attention.finish()?;
    spiking.finish()?;
    gpt2::shape(model, GptInside::Spiking(inside))
}
