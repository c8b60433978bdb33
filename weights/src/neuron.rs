//! What neurons choose: one generalised integrate-and-fire (GIF) pipeline for all systems.
//!
//! ```text
//! v = leak(u) + i ;   s = clamp(quantise(v / θ), s_min, s_max) ;   u' = reset(v, s)
//! ```
//!
//! The arithmetic itself is [`Rule::step`](crate::numeric::pass::Rule::step).

use serde::{Deserialize, Serialize};

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
    /// Its factor α joins the leak.
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
