//! Neuron rules by name: the published systems', and what they leave untouched.

use weights::neuron::{
    LastStep, Leak, NeuronRule, Quantise, Reset, SpikeRange, State, Threshold, presets,
};

/// A rule and what tables call it.
pub type NamedRule = (&'static str, NeuronRule);

/// SpikeLLM's multi-level neuron; the last step emits the remainder.
pub fn spikellm() -> NamedRule {
    ("spikellm", presets::spikellm(2, 16))
}

/// SpikeLM as in the paper.
pub fn spikelm_paper() -> NamedRule {
    ("spikelm_paper", presets::spikelm_paper(3, 14))
}

/// SpikeLM as released, α = 1/2.
pub fn spikelm_code() -> NamedRule {
    ("spikelm_code", presets::spikelm_code(3, 4, 14))
}

/// SpikeLM as released, α = 2, in a membrane that the doubling overflows.
pub fn spikelm_code_tight() -> NamedRule {
    ("spikelm_code_tight", presets::spikelm_code(4, 3, 7))
}

/// SpikeLM's released reset with a threshold per channel.
pub fn spikelm_code_channels() -> NamedRule {
    let rule = presets::spikelm_code(3, 3, 9);
    ("spikelm_code_channels", NeuronRule { threshold: Threshold::PerChannel, ..rule })
}

/// SpikeGPT's LIF: hard reset, membranes that live from token to token.
pub fn spikegpt() -> NamedRule {
    ("spikegpt", presets::spikegpt(3, 12))
}

/// SpikingBERT's IF.
pub fn spikingbert_if() -> NamedRule {
    ("spikingbert_if", presets::spikingbert(Leak::None, 14))
}

/// SpikingBERT's LIF.
pub fn spikingbert_lif() -> NamedRule {
    ("spikingbert_lif", presets::spikingbert(Leak::Decay(3), 13))
}

/// Int2Spike's count with a threshold of 2^3.
pub fn int2spike() -> NamedRule {
    ("int2spike", presets::int2spike(Threshold::PowerOfTwo(3), 20))
}

/// Int2Spike's count with a threshold per channel.
pub fn int2spike_channels() -> NamedRule {
    ("int2spike_channels", presets::int2spike(Threshold::PerChannel, 15))
}

/// Signed levels, rounded to nearest, one threshold a channel, over tokens.
pub fn signed_channels() -> NamedRule {
    let rule = NeuronRule {
        leak: Leak::Shift(3),
        quantise: Quantise::NearestEven,
        range: SpikeRange::Signed(3),
        reset: Reset::Soft,
        state: State::PerToken,
        threshold: Threshold::PerChannel,
        last_step: LastStep::Same,
        membrane_width: 11,
    };
    ("signed_channels", rule)
}

/// Signed levels rounded down: away from zero below it.
pub fn signed_floor_channels() -> NamedRule {
    let (_, rule) = signed_channels();
    let rule = NeuronRule { quantise: Quantise::Floor, state: State::PerStep, ..rule };
    ("signed_floor_channels", NeuronRule { reset: Reset::Hard, ..rule })
}

/// Unsigned levels, hard reset, one threshold a channel, over tokens.
pub fn hard_channels() -> NamedRule {
    let rule = NeuronRule {
        leak: Leak::Decay(1),
        quantise: Quantise::Floor,
        range: SpikeRange::Unsigned(3),
        reset: Reset::Hard,
        state: State::PerToken,
        threshold: Threshold::PerChannel,
        last_step: LastStep::Same,
        membrane_width: 10,
    };
    ("hard_channels", rule)
}

/// Unsigned levels rounded to nearest, one threshold a channel.
pub fn nearest_channels() -> NamedRule {
    let (_, rule) = hard_channels();
    let rule = NeuronRule { quantise: Quantise::NearestEven, reset: Reset::Soft, ..rule };
    ("nearest_channels", NeuronRule { state: State::PerStep, ..rule })
}

/// Signed levels of a power of two; the last step emits the remainder, membranes live on.
pub fn signed_remainder() -> NamedRule {
    let rule = NeuronRule {
        leak: Leak::Decay(2),
        quantise: Quantise::NearestEven,
        range: SpikeRange::Signed(2),
        reset: Reset::Soft,
        state: State::PerToken,
        threshold: Threshold::PowerOfTwo(1),
        last_step: LastStep::Remainder,
        membrane_width: 9,
    };
    ("signed_remainder", rule)
}

/// The narrowest membrane that a leak and a level of two bits leave room for.
pub fn narrow() -> NamedRule {
    let rule = NeuronRule {
        leak: Leak::Shift(1),
        quantise: Quantise::Floor,
        range: SpikeRange::Unsigned(2),
        reset: Reset::Soft,
        state: State::PerStep,
        threshold: Threshold::PowerOfTwo(0),
        last_step: LastStep::Same,
        membrane_width: 3,
    };
    ("narrow", rule)
}

/// The narrowest membrane of all: two bits, binary spikes.
pub fn narrowest() -> NamedRule {
    let (_, rule) = narrow();
    ("narrowest", NeuronRule { membrane_width: 2, range: SpikeRange::Unsigned(1), ..rule })
}

/// The widest membrane, and a count that is as wide.
pub fn widest() -> NamedRule {
    ("widest", presets::int2spike(Threshold::PowerOfTwo(1), 48))
}

/// A long division: a count of 40 bits by a threshold of 32.
pub fn wide_channels() -> NamedRule {
    ("wide_channels", presets::int2spike(Threshold::PerChannel, 40))
}

/// A count without bounds, over tokens, for which the last step is nothing special.
pub fn unbounded_remainder() -> NamedRule {
    let (_, rule) = signed_remainder();
    ("unbounded_remainder", NeuronRule { range: SpikeRange::Unbounded, ..rule })
}
