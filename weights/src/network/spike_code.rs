//! How a vector becomes spikes for the matrices that read it: SpikeLLM's codes.

use crate::neuron::LastStep;
use serde::Serialize;

/// Bits of a channel that is not salient.
pub const GIF_BITS: u32 = 4;
/// Smallest scale of a GIF code, as the released code clamps it.
pub const GIF_SCALE_MIN: f64 = 1e-5;
/// Largest scale of a GIF code.
pub const GIF_SCALE_MAX: f64 = 1e4;
/// Most bits that a salient channel has on top of [`GIF_BITS`].
pub const ADDED_BITS_MAX: u32 = 4;

/// The code of a vector.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikeCode {
    /// Unclipped counts `c = round(x / θ)`, `θ = 2^round(log2(mean |x| / k))`.
    Counts {
        /// k.
        mean_count: f64,
    },
    /// Levels between the smallest and the largest channel of a token.
    Levels(LevelCode),
}

/// Levels `round(x / S) + Z`, `S = (max − min) / 15`, `Z = round(−min / S)`: a generalised
/// integrate-and-fire neuron of four bits; salient channels fire in more steps, so that they have more
/// levels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelCode {
    /// Bits that a salient channel has on top of [`GIF_BITS`]; it fires in as many steps as they count.
    pub added_bits: u32,
    /// Whether the last step emits all that is left, or at most the largest level of a step.
    pub last_step: LastStep,
    /// Whether the scale of salient channels is that of the others over the steps; otherwise they
    /// have a scale of their own, from the range.
    pub tied: bool,
    /// The salient channels, ascending.
    pub salient: Vec<usize>,
}

impl LevelCode {
    /// Steps of a salient channel.
    pub fn steps(&self) -> u32 {
        1 << self.added_bits
    }

    /// The largest level of a salient channel.
    pub fn salient_top(&self) -> i64 {
        (1 << (GIF_BITS + self.added_bits)) - 1
    }

    /// The most that the spikes of a salient channel add up to.
    pub fn emitted_max(&self) -> i64 {
        match self.last_step {
            LastStep::Remainder => self.salient_top(),
            LastStep::Same => {
                self.salient_top().min(((1 << GIF_BITS) - 1) * i64::from(self.steps()))
            }
        }
    }
}

impl SpikeCode {
    /// The first thing that is wrong with the code of a vector of `width` channels: what, its value,
    /// what it must be.
    pub(super) fn fault(&self, width: usize) -> Option<(String, String, &'static str)> {
        let fault = |what: &str, value: String, expected| Some((what.to_owned(), value, expected));
        match self {
            SpikeCode::Counts { mean_count } if !(0.01..=1000.0).contains(mean_count) => {
                fault("mean_count", mean_count.to_string(), "a number from 0.01 to 1000")
            }
            SpikeCode::Counts { .. } => None,
            SpikeCode::Levels(code) => {
                if !(1..=ADDED_BITS_MAX).contains(&code.added_bits) {
                    return fault("added_bits", code.added_bits.to_string(), "in 1..=4");
                }
                let ascending = code.salient.windows(2).all(|pair| pair[0] < pair[1]);
                let inside = code.salient.last().is_none_or(|&last| last < width);
                match ascending && inside {
                    true => None,
                    false => fault(
                        "salient channels",
                        format!("{:?}", code.salient),
                        "ascending and below the width of the input",
                    ),
                }
            }
        }
    }
}
