//! How the inputs of matrices become spikes: the rules that a quantised model carries.

use crate::network::{LevelCode, SpikeCode};
use crate::neuron::LastStep;

/// Where inputs are encoded: matrices that read one vector share its train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Site {
    /// The input of queries, keys and values.
    Qkv,
    /// The attention output.
    Output,
    /// The input of gate and up.
    GateUp,
    /// The gated vector.
    Down,
}

impl Site {
    /// All, in the order of execution.
    pub const ALL: [Site; 4] = [Site::Qkv, Site::Output, Site::GateUp, Site::Down];

    /// Its name in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Site::Qkv => "qkv",
            Site::Output => "o",
            Site::GateUp => "gate_up",
            Site::Down => "down",
        }
    }
}

/// Generalised integrate-and-fire coding with more steps for salient channels (SpikeLLM).
#[derive(Clone, Debug, PartialEq)]
pub struct GifRule {
    /// Bits that a salient channel has on top of [`GIF_BITS`].
    pub added_bits: u32,
    /// What the last step of a salient channel emits: the remainder, or at most the largest level
    /// of a step, as in the released code, which so loses the largest levels.
    pub last_step: LastStep,
    /// Whether the scale of salient channels is that of the others over the steps, so that one
    /// sum is enough; otherwise they have a scale of their own, from the range.
    pub tied: bool,
    /// Share of the channels that calibration called salient.
    pub salient_share: f64,
    /// By site, then by block: the salient input channels, ascending.
    pub salient: [Vec<Vec<usize>>; 4],
}

impl GifRule {
    /// Steps of a salient channel.
    pub fn steps(&self) -> u32 {
        1 << self.added_bits
    }

    /// The code of a site of a block.
    pub fn code(&self, site: Site, block: usize) -> LevelCode {
        LevelCode {
            added_bits: self.added_bits,
            last_step: self.last_step,
            tied: self.tied,
            salient: self.salient[site as usize][block].clone(),
        }
    }
}

/// How inputs of matrices are represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// As they are.
    Float,
    /// Unclipped counts at a threshold that is a power of two.
    Counts,
    /// GIF coding, salient channels in two steps.
    GifT2,
    /// GIF coding, salient channels in four steps.
    GifT4,
}

impl Coding {
    /// All.
    pub const ALL: [Coding; 4] = [Coding::Float, Coding::Counts, Coding::GifT2, Coding::GifT4];

    /// Its name in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Float => "float",
            Coding::Counts => "counts",
            Coding::GifT2 => "gif_t2",
            Coding::GifT4 => "gif_t4",
        }
    }
}

impl ActivationRules {
    /// The code of a site of a block; nothing where real numbers are meant, or there is no rule.
    pub fn code(&self, coding: Coding, site: Site, block: usize) -> Option<SpikeCode> {
        let levels = |rule: &Option<GifRule>| {
            rule.as_ref().map(|rule| SpikeCode::Levels(rule.code(site, block)))
        };
        match coding {
            Coding::Float => None,
            Coding::Counts => self.mean_count.map(|mean_count| SpikeCode::Counts { mean_count }),
            Coding::GifT2 => levels(&self.gif_t2),
            Coding::GifT4 => levels(&self.gif_t4),
        }
    }

    /// Whether there is a rule for a coding.
    pub fn has(&self, coding: Coding) -> bool {
        match coding {
            Coding::Float => true,
            Coding::Counts => self.mean_count.is_some(),
            Coding::GifT2 => self.gif_t2.is_some(),
            Coding::GifT4 => self.gif_t4.is_some(),
        }
    }
}

/// The rules of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivationRules {
    /// What is meant where nothing else is said.
    pub default: Coding,
    /// Mean count k of `c = round(x / 2^round(log2(mean |x| / k)))`.
    pub mean_count: Option<f64>,
    /// GIF coding in two steps.
    pub gif_t2: Option<GifRule>,
    /// GIF coding in four steps.
    pub gif_t4: Option<GifRule>,
}
