//! What the values of a network are on the machine: where they lie and what a unit of them is.

use super::bounds::CountBound;
use super::pool::Area;
use std::rc::Rc;
use weights::network::{RotaryPairing, TernaryMatrix};

/// A value of the network, as its consumers find it.
#[derive(Clone)]
pub(super) enum Value<'n> {
    /// The sum that lives in X from the embedding to the last norm.
    Residual,
    /// The counts of a norm.
    Counts(Rc<Counts>),
    /// Raw sums of a matrix in R.
    Raw(Rc<Raw<'n>>),
    /// Raw sums that a silu opens when they are multiplied.
    Opened(Rc<Raw<'n>>),
    /// Turned queries or keys in T.
    Turned(Rc<Turned>),
    /// Scores that are computed head by head, when their values are known.
    Scores(Rc<Scores>),
    /// Their softmax.
    Probabilities(Rc<Scores>),
    /// A vector that a norm can read.
    Vector(Rc<Vector>),
    /// A matrix's result that the matrix unit has added to X.
    Added,
    /// The logits.
    Logits,
}

impl Value<'_> {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Residual => "a residual",
            Value::Counts(_) => "a norm's result",
            Value::Raw(_) => "a ternary matrix's result",
            Value::Opened(_) => "a silu's result",
            Value::Turned(_) => "a rotary's result",
            Value::Scores(_) => "attention scores",
            Value::Probabilities(_) => "attention probabilities",
            Value::Vector(_) => "a product or mixed values",
            Value::Added => "a matrix's result that belongs to an add",
            Value::Logits => "the logits",
        }
    }
}

/// Where the channels of a vector lie: `places[channel]` in its words, the rest zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) places: Vec<usize>,
    /// Places in whole words.
    pub(super) width: usize,
}

impl Layout {
    /// Channels in their own order.
    pub(super) fn plain(channels: usize, elements: usize) -> Layout {
        let width = channels.next_multiple_of(elements);
        Layout { places: (0..channels).collect(), width }
    }

    /// Channels in another order: the one that comes first lies first.
    pub(super) fn ordered(order: &[usize], elements: usize) -> Layout {
        let mut places = vec![0; order.len()];
        for (place, &channel) in order.iter().enumerate() {
            places[channel] = place;
        }
        Layout { places, width: order.len().next_multiple_of(elements) }
    }

    /// Heads in whole words; the two channels of a rotary pair are neighbours.
    pub(super) fn heads(
        heads: usize,
        head_width: usize,
        elements: usize,
        pairing: RotaryPairing,
    ) -> Layout {
        let padded = head_width.next_multiple_of(elements);
        let place = |channel: usize| match pairing {
            RotaryPairing::Neighbours => channel,
            RotaryPairing::Halves => {
                let half = head_width / 2;
                2 * (channel % half) + channel / half
            }
        };
        let places = (0..heads * head_width)
            .map(|channel| channel / head_width * padded + place(channel % head_width))
            .collect();
        Layout { places, width: heads * padded }
    }
}

/// A norm's counts: `normed = gain · count · 2^-f`.
pub(super) struct Counts {
    /// Name of the norm.
    pub(super) name: String,
    /// The train's descriptor and words.
    pub(super) train: Area,
    pub(super) words: Area,
    /// Its scalar holds f.
    pub(super) scalar: Area,
    pub(super) gain: f64,
    pub(super) bound: CountBound,
    pub(super) layout: Layout,
}

/// A matrix's raw sums in R: `value = unit · sum · 2^-f`, f of the counts.
pub(super) struct Raw<'n> {
    pub(super) area: Area,
    pub(super) layout: Layout,
    pub(super) unit: f64,
    pub(super) counts: Rc<Counts>,
    pub(super) matrix: &'n TernaryMatrix,
}

/// Heads in T with a scalar each: `value = unit · y · 2^-f`.
pub(super) struct Turned {
    /// Name of the matrix.
    pub(super) name: String,
    pub(super) area: Area,
    pub(super) heads: usize,
    pub(super) head_width: usize,
    /// Words of a head.
    pub(super) head_words: usize,
    /// One scalar a head.
    pub(super) scalars: Area,
    pub(super) unit: f64,
    /// Largest |y| · 2^-f.
    pub(super) real_max: f64,
    /// Smallest f.
    pub(super) exponent_min: i64,
}

/// Attention scores, not yet computed: `score = unit · acc · 2^-f · 2^-deficit`, f of the query.
pub(super) struct Scores {
    /// Name of the attention.
    pub(super) name: String,
    pub(super) heads: usize,
    pub(super) key_value_heads: usize,
    pub(super) head_width: usize,
    pub(super) head_words: usize,
    /// Trains of the queries: descriptors, words, and words from head to head.
    pub(super) trains: Area,
    pub(super) words: Area,
    pub(super) train_words: usize,
    /// One scalar a query head.
    pub(super) scalars: Area,
    /// First key word, words from head to head, and words of a digit of a tile.
    pub(super) keys: u32,
    pub(super) key_stride: usize,
    pub(super) key_columns: usize,
    /// First deficit word.
    pub(super) deficits: u32,
    pub(super) unit: f64,
    /// Smallest f of a query.
    pub(super) exponent_min: i64,
}

/// A vector in R or T: `value = unit · y · 2^-(times · f)`.
pub(super) struct Vector {
    /// The `space` field of instructions.
    pub(super) space: u32,
    pub(super) area: Area,
    pub(super) layout: Layout,
    pub(super) unit: f64,
    /// The counts whose f it follows twice.
    pub(super) follows: Option<Rc<Counts>>,
}
