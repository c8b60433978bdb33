//! How the inputs of matrices become spikes: the rules that a quantised model carries.

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

/// Bits of a channel that is not salient.
pub const GIF_BITS: u32 = 4;
/// Smallest scale of a GIF code, as the released code clamps it.
pub const GIF_SCALE_MIN: f64 = 1e-5;
/// Largest scale of a GIF code.
pub const GIF_SCALE_MAX: f64 = 1e4;

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
