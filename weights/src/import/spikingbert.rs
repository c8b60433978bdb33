//! `model_type: spikingbert`: BERT with integrate-and-fire neurons behind every linear but the query
//! (SpikingBERT, Bal and Sengupta, 2024), as the 1/1.58-bit spiking language model keeps it.
//!
//! The object `spiking` says steps, threshold, leak, and whether the pooler is used: the released
//! code hands the rates to the classifier, the paper's pooler is `relu(tanh(W·x + b))` of them.

use super::bert::{self, Description, Kind};
use super::model::Model;
use super::{Dimensions, ImportError};
use crate::network::{BertPooler, BertSpiking, Network};
use serde_json::json;

/// Imports a SpikingBERT encoder.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let description = read(model)?;
    bert::finish(model, description)
}

/// The dimensions of a SpikingBERT encoder.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    Ok(bert::measure(read(model)?))
}

fn read(model: &Model<'_>) -> Result<Description, ImportError> {
    let outline = bert::outline(model)?;
    let Some(spiking) = model.config.object("spiking")? else {
        return Err(model.config.wrong("spiking", "an object with steps, threshold and leak"));
    };
    spiking.neutral("reset", &json!("soft"))?;
    let steps = bert::steps(&spiking)?;
    let threshold =
        spiking.number("threshold", "a positive number", |x| x > 0.0 && (x as f32).is_normal())?;
    let leak = spiking.number("leak", "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
    let pooler = bert::pooler(&spiking, BertPooler::TanhRelu, BertPooler::None)?;
    spiking.finish()?;
    let spiking = BertSpiking::Spikingbert { threshold, leak };
    Ok((outline, Kind { steps, spiking, pooler }))
}
