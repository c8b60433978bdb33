//! Values of a network: where they lie and what a unit of them is.

use super::super::layout::Layout;
use super::super::pool::Area;
use crate::isa::Space;
use std::rc::Rc;
use weights::network::AttentionShape;

/// The first word of something, and how far it moves from step to step, from position to position,
/// and from one position to the next within a chunk: what lives no longer than its chunk moves only
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) space: Space,
    pub(super) first: u32,
    pub(super) per_step: u32,
    pub(super) per_position: u32,
    pub(super) within: u32,
}

impl At {
    /// The same place at every step and position.
    pub(super) fn fixed(space: Space, first: u32) -> At {
        At { space, first, per_step: 0, per_position: 0, within: 0 }
    }

    /// The same place at every step, so many words further at every position.
    pub(super) fn each_position(self, words: u32) -> At {
        At { per_position: words, within: words, ..self }
    }

    /// A word further on.
    pub(super) fn plus(self, words: usize) -> At {
        At { first: self.first + words as u32, ..self }
    }
}

/// A vector: `value = unit · mantissa · 2^-fraction`, `|mantissa · 2^-fraction| ≤ bound`.
#[derive(Clone)]
pub(super) struct Vector {
    pub(super) at: At,
    /// Keeps its words.
    pub(super) _area: Option<Area>,
    pub(super) layout: Rc<Layout>,
    pub(super) fraction: i64,
    pub(super) unit: f64,
    pub(super) bound: f64,
    /// How long it can be, where that is less than its channels allow.
    pub(super) energy: Option<Energy>,
}

/// Each channel is its gain times that of a vector of at most this length, in the unit of the bound.
#[derive(Clone)]
pub(super) struct Energy {
    pub(super) length: f64,
    /// All are one where there are none.
    pub(super) gains: Option<Rc<[f64]>>,
}

/// A vector as a train: `value = theta · count · 2^-f`, `|count| ≤ bound`, with f the exponent of its
/// scalar where it has one.
#[derive(Clone)]
pub(super) struct Train {
    /// None of vectors.
    pub(super) descriptor: Option<Area>,
    pub(super) words: Area,
    pub(super) layout: Rc<Layout>,
    pub(super) theta: f64,
    pub(super) bound: u64,
    /// Whether counts can be negative.
    pub(super) signed: bool,
    /// Whether it is one plane for each position of a chunk.
    pub(super) vectors: bool,
    /// The scalar whose exponent its counts follow.
    pub(super) scalar: Option<Area>,
    /// The largest |value|.
    pub(super) largest: f64,
    /// How long the vector is that it stands for.
    pub(super) energy: Energy,
    /// The most that its scalar takes from a shift.
    pub(super) taken: i64,
    /// The largest value of a count of one, where counts are rounded.
    pub(super) step: f64,
}

/// A vector as the spikes of a code: the sum of its parts.
pub(super) struct Coded {
    pub(super) parts: Vec<Part>,
}

/// Some channels of a code, or all of them.
pub(super) struct Part {
    pub(super) train: Rc<Train>,
    /// The value of a count, where it is no power of two.
    pub(super) scale: Option<LevelScale>,
}

/// A value in a level register: `unit · mantissa · 2^-fraction`.
pub(super) struct LevelScale {
    pub(super) level: Area,
    pub(super) fraction: i64,
    pub(super) unit: f64,
}

impl Train {
    /// The number of its descriptor.
    pub(super) fn number(&self) -> u32 {
        self.descriptor.as_ref().map_or(0, Area::first)
    }
}

/// Heads of an attention whose keys and values are in the cache.
pub(super) struct Scores<'n> {
    pub(super) name: &'n str,
    pub(super) query: Rc<Vector>,
    pub(super) shape: AttentionShape,
    pub(super) keys: Cache,
}

/// One operand of an attention in its store: `value = theta · integer`.
#[derive(Clone, Copy)]
pub(super) struct Cache {
    /// First word of head 0 at step 0.
    pub(super) first: u32,
    pub(super) per_step: u32,
    /// Words from head to head.
    pub(super) per_head: u32,
    /// Words of one digit of one tile.
    pub(super) columns: u32,
    pub(super) theta: f64,
    /// The largest magnitude of an integer.
    pub(super) bound: f64,
}

/// What is known of a neuron's membranes behind a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membrane {
    /// What one is worth.
    pub(super) worth: f64,
    /// What one was worth at the first step.
    pub(super) first: f64,
    /// The most that a reset leaves, a number as it is meant, not a mantissa.
    pub(super) left: f64,
}

/// Cosines and sines of the position at hand, once for each head.
#[derive(Clone)]
pub(super) struct Angles {
    pub(super) cosines: At,
    pub(super) sines: At,
    pub(super) fraction: i64,
    /// Keep their words.
    pub(super) _areas: [Area; 2],
}

/// Where the logits are.
pub(super) struct Logits {
    pub(super) address: u32,
    pub(super) count: u32,
    pub(super) unit: f64,
    /// Keep their words.
    pub(super) _areas: [Area; 2],
}

/// A value of the network, as its consumers find it.
#[derive(Clone)]
pub(super) enum Value<'n> {
    Vector(Rc<Vector>),
    Coded(Rc<Coded>),
    Scores(Rc<Scores<'n>>),
    Probabilities(Rc<Scores<'n>>),
}

impl Value<'_> {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Vector(_) => "a vector",
            Value::Coded(_) => "the spikes of a code",
            Value::Scores(_) => "attention scores",
            Value::Probabilities(_) => "attention probabilities",
        }
    }
}
