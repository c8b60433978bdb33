//! The neurons of SpikeLM and SpikingBERT in terms of [`NeuronLayer`].

use super::SpikelmReset;
use crate::network::NeuronLayer;
use crate::neuron::{LastStep, Quantise, Reset, SpikeRange, State};

/// SpikeLM's neuron before a linear: `s_t = clamp(round(m_t / α_t), −1, 1)`, half to even, and the
/// linear's input is `α_t · s_t`.
///
/// The released code multiplies the membrane by `α_{t−1} − out_{t−1} = α_{t−1} · (1 − s_{t−1})`: the
/// factor α of the step before is a part of the leak. Steps beyond the last threshold repeat it, so
/// the leaks have one entry more than the thresholds.
///
/// # Panics
/// If there is no threshold.
pub fn spikelm_input(thresholds: &[f32], beta: f32, reset: SpikelmReset) -> NeuronLayer {
    let (leak, reset) = match reset {
        // The membrane before the first step is zero, whatever its leak.
        SpikelmReset::Code => {
            let later = thresholds.iter().map(|threshold| beta * threshold);
            (std::iter::once(beta * thresholds[0]).chain(later).collect(), Reset::SpikelmCode)
        }
        SpikelmReset::Paper => (vec![beta], Reset::Hard),
    };
    NeuronLayer { leak, reset, ..spikelm_stored(thresholds) }
}

/// SpikeLM's ternary keys and values: the same spikes without memory.
pub fn spikelm_stored(thresholds: &[f32]) -> NeuronLayer {
    NeuronLayer {
        leak: vec![0.0],
        gain: 1.0,
        threshold: thresholds.to_vec(),
        quantise: Quantise::NearestEven,
        range: SpikeRange::Signed(1),
        reset: Reset::Hard,
        state: State::PerStep,
        last_step: LastStep::Same,
        amplitude: thresholds.to_vec(),
    }
}

/// SpikingBERT's neuron: `v = u + x ; s = [v ≥ θ] ; u = leak · (v − θ·s)`, spikes of one.
pub fn spikingbert_neuron(threshold: f32, leak: f32) -> NeuronLayer {
    NeuronLayer {
        leak: vec![leak],
        gain: 1.0,
        threshold: vec![threshold],
        quantise: Quantise::Floor,
        range: SpikeRange::Unsigned(1),
        reset: Reset::Soft,
        state: State::PerStep,
        last_step: LastStep::Same,
        amplitude: vec![1.0],
    }
}
