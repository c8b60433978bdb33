//! `model_type: spikelm`: BERT with SpikeLM's ternary neurons before every linear (Xing et al., 2024).
//!
//! The object `spiking` says steps, β and the form of the reset. Thresholds are tensors, one a step:
//! `<linear>.act_clip_val.<t>`, `attention.self.clip_key.<t>` and `clip_value.<t>`. Fewer steps use
//! the first of them, more repeat the last.

use super::bert::{self, Description, Kind};
use super::model::Model;
use super::{Dimensions, ImportError};
use crate::network::{BertPooler, BertSpiking, Network, SpikelmReset};
use serde_json::json;

/// Imports a SpikeLM encoder.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let description = read(model)?;
    bert::finish(model, description)
}

/// The dimensions of a SpikeLM encoder.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    Ok(bert::measure(read(model)?))
}

fn read(model: &Model<'_>) -> Result<Description, ImportError> {
    let outline = bert::outline(model)?;
    let Some(spiking) = model.config.object("spiking")? else {
        return Err(model.config.wrong("spiking", "an object with steps, beta and reset"));
    };
    // Ternary spikes have two bits; the released code knows no others for which it has results.
    spiking.neutral("input_bits", &json!(2))?;
    let steps = bert::steps(&spiking)?;
    let beta = spiking.number("beta", "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
    let reset = match spiking.text("reset")? {
        "code" => SpikelmReset::Code,
        "paper" => SpikelmReset::Paper,
        _ => return Err(spiking.wrong("reset", "\"code\" or \"paper\"")),
    };
    let pooler = bert::pooler(&spiking, BertPooler::Tanh, BertPooler::Tanh)?;
    spiking.finish()?;
    let spiking = BertSpiking::Spikelm { beta, reset };
    Ok((outline, Kind { steps, spiking, pooler }))
}
