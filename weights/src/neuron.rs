//! The neuron rule: one generalised integrate-and-fire (GIF) pipeline for all systems.
//!
//! ```text
//! v = leak(u) + i ;   s = clamp(quantise(v / θ), s_min, s_max) ;   u' = reset(v, s)
//! ```
//!
//! A [`NeuronRule`] says which leak, quantiser, range, reset and state a layer uses. The
//! arithmetic itself is [`numeric::neuron_step`](crate::numeric::neuron_step).

use serde::{Deserialize, Serialize};

/// What remains of the membrane before the current is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Leak {
    /// All of it: `u`.
    None,
    /// A fraction: `u · 2^-k`, rounded to nearest, ties up.
    Shift(u32),
    /// All but a fraction: `u − u · 2^-k`, the subtrahend rounded to nearest, ties up.
    Decay(u32),
}

/// How the ratio of membrane to threshold becomes an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantise {
    /// Towards minus infinity: the classic "has it crossed the threshold".
    Floor,
    /// To nearest, ties to even, as the published training code rounds.
    NearestEven,
}

/// Which spikes a neuron can emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SpikeRange {
    /// `0..=2^bits − 1`; one bit is the classic binary spike.
    Unsigned(u32),
    /// `−(2^bits − 1)..=2^bits − 1`; one bit is the ternary spike.
    Signed(u32),
    /// Any count the membrane can reach.
    Unbounded,
}

/// What a spike takes from the membrane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// Soft, by subtraction: `v − θ·s`.
    Soft,
    /// Hard, to zero: `s = 0 ? v : 0`.
    Hard,
    /// As SpikeLM's released code multiplies the membrane: `v · (1 − s)`, so `s = −1` doubles it.
    /// Its factor α = 2^(n − f) joins the leak: a [`Leak::Shift`] of `2 + f − n` for a threshold
    /// of `2^n` and `f` fraction bits.
    SpikelmCode,
}

/// When the membrane starts again from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At the first step of each token: the membrane lives for the steps of one token.
    PerStep,
    /// Never: the membrane lives on from token to token.
    PerToken,
}

/// Where the threshold θ comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Threshold {
    /// `2^n` for every channel: dividing is a choice of wires.
    PowerOfTwo(u32),
    /// A positive integer per channel, loaded at run time; dividing takes one stage per bit.
    PerChannel,
}

/// Whether the last step of a token is special.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastStep {
    /// No.
    Same,
    /// It emits all that is left, beyond the range: the correction without which SpikeLLM's
    /// multi-level neuron loses its top codes (T·(L−1) < 2^(b+a) − 1).
    Remainder,
}

/// A complete rule. Membrane, current and threshold are integers of the same scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeuronRule {
    /// What the membrane keeps between steps.
    pub leak: Leak,
    /// How `v / θ` is rounded.
    pub quantise: Quantise,
    /// The spikes that exist.
    pub range: SpikeRange,
    /// What a spike takes away.
    pub reset: Reset,
    /// When the membrane is cleared.
    pub state: State,
    /// The threshold's form.
    pub threshold: Threshold,
    /// The last step of a token.
    pub last_step: LastStep,
    /// Bits of the membrane, two's complement; sums beyond it saturate and are counted.
    pub membrane_width: u32,
}

/// The widest membrane a rule may ask for.
pub const MEMBRANE_WIDTH_MAX: u32 = 48;

/// Why a rule cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The membrane has a width outside the limits.
    #[error("membrane_width {0} is outside 2..={MEMBRANE_WIDTH_MAX}; choose a width in that range")]
    MembraneWidth(u32),
    /// A shift or exponent does not fit the membrane.
    #[error(
        "{what} {value} is outside {min}..={max} for a membrane of {width} bits; lower it or raise membrane_width"
    )]
    Shift {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: u32,
        /// Smallest legal value.
        min: u32,
        /// Largest legal value.
        max: u32,
        /// The membrane's width.
        width: u32,
    },
    /// Two choices that exclude each other.
    #[error("{0} cannot be combined with {1}; {2}")]
    Combination(&'static str, &'static str, &'static str),
}

impl NeuronRule {
    /// Checks that every part fits the membrane and that the parts fit each other.
    ///
    /// # Errors
    /// Names the parameter, its value and the limits.
    pub fn check(&self) -> Result<(), RuleError> {
        let width = self.membrane_width;
        if !(2..=MEMBRANE_WIDTH_MAX).contains(&width) {
            return Err(RuleError::MembraneWidth(width));
        }
        let fits = |what, value: u32, min: u32, max: u32| match (min..=max).contains(&value) {
            true => Ok(()),
            false => Err(RuleError::Shift { what, value, min, max, width }),
        };
        if let Leak::Shift(k) | Leak::Decay(k) = self.leak {
            fits("leak shift", k, 1, width - 1)?;
        }
        if let SpikeRange::Unsigned(bits) | SpikeRange::Signed(bits) = self.range {
            fits("spike bits", bits, 1, width - 1)?;
        }
        if let Threshold::PowerOfTwo(n) = self.threshold {
            fits("threshold exponent", n, 0, width - 2)?;
        }
        let per_channel = self.threshold == Threshold::PerChannel;
        if self.last_step == LastStep::Remainder && per_channel {
            return Err(RuleError::Combination(
                "last_step = \"remainder\"",
                "a per-channel threshold",
                "give the threshold as power_of_two",
            ));
        }
        if self.reset == Reset::SpikelmCode && self.range != SpikeRange::Signed(1) {
            return Err(RuleError::Combination(
                "reset = \"spikelm_code\"",
                "a range other than ternary",
                "set range = { signed = 1 }",
            ));
        }
        if self.reset == Reset::SpikelmCode && self.last_step == LastStep::Remainder {
            return Err(RuleError::Combination(
                "reset = \"spikelm_code\"",
                "last_step = \"remainder\"",
                "set last_step = \"same\"",
            ));
        }
        Ok(())
    }

    /// Smallest and largest membrane.
    pub fn membrane_range(&self) -> (i64, i64) {
        let top = 1i64 << (self.membrane_width - 1);
        (-top, top - 1)
    }

    /// Smallest and largest spike before the last step's exception.
    pub fn spike_range(&self) -> (i64, i64) {
        match self.range {
            SpikeRange::Unsigned(bits) => (0, (1 << bits) - 1),
            SpikeRange::Signed(bits) => (1 - (1 << bits), (1 << bits) - 1),
            SpikeRange::Unbounded => self.membrane_range(),
        }
    }

    /// Bits of a spike in two's complement: enough for the range, and for the remainder of the
    /// last step, which can be as large as the membrane.
    pub fn spike_width(&self) -> u32 {
        match (self.range, self.last_step) {
            (SpikeRange::Unbounded, _) | (_, LastStep::Remainder) => self.membrane_width,
            (SpikeRange::Unsigned(bits) | SpikeRange::Signed(bits), LastStep::Same) => bits + 1,
        }
    }
}

/// The published systems' rules, as starting points. Widths are the caller's.
pub mod presets {
    use super::*;

    /// SpikeLLM's multi-level GIF over `2^bits` levels: the membrane starts as the quantised
    /// value, each step emits at most `2^bits − 1`, the last step emits the remainder.
    /// Source: the released code's `s = m ≥ LV ? LV − 1 : m`, with the last step corrected.
    pub fn spikellm(bits: u32, membrane_width: u32) -> NeuronRule {
        NeuronRule {
            leak: Leak::None,
            quantise: Quantise::Floor,
            range: SpikeRange::Unsigned(bits),
            reset: Reset::Soft,
            state: State::PerStep,
            threshold: Threshold::PowerOfTwo(0),
            last_step: LastStep::Remainder,
            membrane_width,
        }
    }

    /// SpikeLM as in the paper: `m = ¼·m·(1 − |s|) + x`, ternary, θ = α = `2^exponent`.
    pub fn spikelm_paper(exponent: u32, membrane_width: u32) -> NeuronRule {
        NeuronRule {
            leak: Leak::Shift(2),
            quantise: Quantise::NearestEven,
            range: SpikeRange::Signed(1),
            reset: Reset::Hard,
            state: State::PerStep,
            threshold: Threshold::PowerOfTwo(exponent),
            last_step: LastStep::Same,
            membrane_width,
        }
    }

    /// SpikeLM as released: `m = ¼·m·α·(1 − s) + x`, with α = `2^(exponent − fraction_width)`.
    ///
    /// # Panics
    /// If α exceeds 2: the leak would amplify.
    pub fn spikelm_code(exponent: u32, fraction_width: u32, membrane_width: u32) -> NeuronRule {
        assert!(exponent <= fraction_width + 1, "alpha above 2 makes the leak an amplifier");
        NeuronRule {
            leak: Leak::Shift(2 + fraction_width - exponent),
            reset: Reset::SpikelmCode,
            ..spikelm_paper(exponent, membrane_width)
        }
    }

    /// SpikeGPT's LIF over tokens: `v = (v + u)/2 ; s = [v ≥ 1] ; v = s ? 0 : v`. The membrane is
    /// kept doubled, `w = 2v = w/2 + u`, so the threshold is twice the unit: `2^(unit + 1)`.
    pub fn spikegpt(unit_exponent: u32, membrane_width: u32) -> NeuronRule {
        NeuronRule {
            leak: Leak::Shift(1),
            quantise: Quantise::Floor,
            range: SpikeRange::Unsigned(1),
            reset: Reset::Hard,
            state: State::PerToken,
            threshold: Threshold::PowerOfTwo(unit_exponent + 1),
            last_step: LastStep::Same,
            membrane_width,
        }
    }

    /// SpikingBERT's IF, and its LIF with `leak`: soft reset, binary, over many steps.
    pub fn spikingbert(leak: Leak, membrane_width: u32) -> NeuronRule {
        NeuronRule {
            leak,
            quantise: Quantise::Floor,
            range: SpikeRange::Unsigned(1),
            reset: Reset::Soft,
            state: State::PerStep,
            threshold: Threshold::PerChannel,
            last_step: LastStep::Same,
            membrane_width,
        }
    }

    /// Int2Spike's count: `c = round(x / θ)`, unclipped and without memory.
    pub fn int2spike(threshold: Threshold, membrane_width: u32) -> NeuronRule {
        NeuronRule {
            leak: Leak::None,
            quantise: Quantise::NearestEven,
            range: SpikeRange::Unbounded,
            reset: Reset::Soft,
            state: State::PerStep,
            threshold,
            last_step: LastStep::Same,
            membrane_width,
        }
    }
}
