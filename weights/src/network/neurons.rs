//! Neurons between real numbers: what a published model says of them, before any fixed point.

use crate::neuron::{LastStep, Quantise, Reset, SpikeRange, State};
use serde::Serialize;

/// A layer of neurons in real numbers; every channel has a membrane u of its own. At step t:
///
/// ```text
/// v = leak[t] · u + gain · x ;   s = clamp(quantise(v / threshold[t])) ;   u = reset(v, s)
/// output = amplitude[t] · s
/// ```
///
/// `leak`, `threshold` and `amplitude` hold one number for all steps, or one a step; steps beyond
/// the last take the last. A soft reset takes `threshold · s`. A neuron without memory has a leak of
/// 0. A leak that follows the reset, as SpikingBERT's, is the leak of the next step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NeuronLayer {
    /// What the membrane keeps before the current is added.
    pub leak: Vec<f32>,
    /// Factor of the input: 1/τ of a neuron that averages, otherwise 1.
    pub gain: f32,
    /// θ, positive.
    pub threshold: Vec<f32>,
    /// How `v / θ` is rounded.
    pub quantise: Quantise,
    /// The spikes that exist.
    pub range: SpikeRange,
    /// What a spike takes away.
    pub reset: Reset,
    /// Whether the membrane starts from zero at the first step of each token, or of each text.
    pub state: State,
    /// Whether the last step emits all that is left.
    pub last_step: LastStep,
    /// The value of a spike of one.
    pub amplitude: Vec<f32>,
}

impl NeuronLayer {
    /// The leak, the threshold and the amplitude of a step.
    ///
    /// # Panics
    /// If one of them has no entry; a checked network's have.
    pub fn at(&self, step: usize) -> (f32, f32, f32) {
        let of = |values: &[f32]| values[step.min(values.len() - 1)];
        (of(&self.leak), of(&self.threshold), of(&self.amplitude))
    }

    /// τ of a neuron that averages, whose gain is `1 / τ` and whose leak is `1 − 1 / τ`: what
    /// divides by it meets thresholds as exactly as the publication, whose `u + (x − u) / τ` it is.
    pub fn time_constant(&self) -> Option<f64> {
        let near = (1.0 / f64::from(self.gain)) as f32;
        let averages =
            |tau: f32| tau > 1.0 && 1.0 / tau == self.gain && self.leak == [1.0 - 1.0 / tau];
        // Neighbouring floats can have one reciprocal: the roundest is what somebody wrote.
        let candidates = [near, near.next_down(), near.next_up()];
        let fitting = candidates.into_iter().filter(|&tau| averages(tau));
        fitting.max_by_key(|tau| tau.to_bits().trailing_zeros()).map(f64::from)
    }

    /// A binary leaky neuron with a hard reset whose membrane averages over `tau` steps:
    /// `v = u + (x − u) / τ`, as SpikeGPT and NeurTransformer have it.
    pub fn lif(tau: f32, threshold: f32, state: State) -> NeuronLayer {
        NeuronLayer {
            leak: vec![1.0 - 1.0 / tau],
            gain: 1.0 / tau,
            threshold: vec![threshold],
            quantise: Quantise::Floor,
            range: SpikeRange::Unsigned(1),
            reset: Reset::Hard,
            state,
            last_step: LastStep::Same,
            amplitude: vec![1.0],
        }
    }

    /// A binary neuron that keeps all of its membrane for the steps of a token; a spike is worth
    /// the threshold that it takes: what a ReLU is converted to (NeurTransformer).
    pub fn integrate_and_fire(threshold: f32, reset: Reset) -> NeuronLayer {
        NeuronLayer {
            leak: vec![1.0],
            gain: 1.0,
            reset,
            amplitude: vec![threshold],
            ..NeuronLayer::lif(1.0, threshold, State::PerStep)
        }
    }
}

/// What the output of a network is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readout {
    /// At every position the logits of the next token; the network is causal.
    #[default]
    NextToken,
    /// One vector for a whole text: the logits of these classes.
    Classes(Vec<String>),
    /// At every position the logits of the token that stands there, for filling masks.
    MaskedToken,
    /// At every position the output itself, as a vector.
    Vector,
}
