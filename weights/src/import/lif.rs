//! Leaky integrate-and-fire neurons as spikingjelly and the models made with it describe them.

use super::ImportError;
use super::fields::Fields;
use crate::network::NeuronLayer;
use crate::neuron::State;
use serde_json::json;

const TAU_MAX: f64 = 1e6;
const THRESHOLD_MAX: f64 = 1e6;

/// The neurons that an object with `tau`, `v_threshold`, `v_reset` and `decay_input` describes:
/// binary, with a hard reset to zero. `decay_input` says whether the current is divided by τ too.
pub(super) fn read(fields: &Fields, state: State) -> Result<NeuronLayer, ImportError> {
    let tau = fields.number("tau", "a number from 1 to 1e6", |x| (1.0..=TAU_MAX).contains(&x))?;
    let threshold = threshold(fields, "v_threshold")?;
    // Null stands for a soft reset there, and absent would have to be guessed.
    if !fields.has("v_reset") {
        return Err(fields.wrong("v_reset", "0: the membrane is reset to zero"));
    }
    fields.neutral("v_reset", &json!(0.0))?;
    let layer = NeuronLayer::lif(tau, threshold, state);
    match fields.flag("decay_input")? {
        None | Some(true) => Ok(layer),
        Some(false) => Ok(NeuronLayer { gain: 1.0, ..layer }),
    }
}

/// A threshold.
pub(super) fn threshold(fields: &Fields, field: &str) -> Result<f32, ImportError> {
    let expected = "a number above 0, at most 1e6";
    let valid = |x: f64| x >= f64::from(f32::MIN_POSITIVE) && x <= THRESHOLD_MAX;
    fields.number(field, expected, valid)
}
