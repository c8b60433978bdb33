//! What one machine is: the parameters that generate it.
//!
//! ```text
//!  tokens ─► sequencer ─┬─► matrix unit ─► results
//!                       └─► vector unit ─► trains, temporaries, state, keys and values
//! ```
//!
//! Lowering derives every size from the network and the design; the hardware, the reference and
//! the cycle model read them here.

use crate::isa::Instruction;
use crate::vector_stream::{VectorMap, VectorStream};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use weights::config::{Form, Target};
use weights::numeric::pass::FunctionTable;
use weights::numeric::{Radix, Trit};
use weights::packing::Packing;

/// The parameters of one machine. Depths are in words of that memory; `lanes`, `slots` and
/// `elements` are powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MachineParameters {
    /// How the array meets a train: words of columns, or one column that spikes after the other.
    #[serde(default)]
    pub form: Form,
    /// Rows of weights that the array covers at once; a multiple of `elements`.
    pub lanes: u32,
    /// Columns of a word of a train, and of weights that a dense array covers at once; a multiple
    /// of `elements`.
    pub slots: u32,
    /// Planes of a train that share one weight word.
    pub planes: u32,
    /// Whether counts of more bits than the planes meet weights of several digits.
    #[serde(default)]
    pub digit_passes: bool,
    /// Whether passes may be under way one behind the other, each as early as its lead says.
    #[serde(default)]
    pub streams: bool,
    /// Whether loops run over chunks of positions.
    #[serde(default)]
    pub chunks: bool,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// Bits of an accumulated current, two's complement.
    pub acc_width: u32,
    /// What the dots are built of.
    pub target: Target,
    /// Code of the trits in the weight store.
    pub packing: Packing,
    /// Elements of a vector that move in a cycle; even.
    pub elements: u32,
    /// Bits of a value's mantissa, two's complement.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Balanced ternary digits of a kept key or value.
    pub key_value_digits: u32,
    /// Balanced ternary digits of an embedding.
    pub embedding_digits: u32,
    /// Positions of a text; 0 where no instruction depends on the position, and texts have no end.
    pub context: u32,
    /// Token ids.
    pub vocabulary: u32,
    /// Words of the weight store, each the trits of a [`WordShape`].
    pub weight_depth: u32,
    /// Words of the key store, each lanes (positions) × slots (channels) trits.
    pub key_depth: u32,
    /// Words of the value store, each lanes (channels) × slots (positions) trits.
    pub value_depth: u32,
    /// Words of the result memory, `elements` values each.
    pub result_depth: u32,
    /// Words of the temporary memory, `elements` values each.
    pub temporary_depth: u32,
    /// Words of the constant memory, `elements` values each.
    pub constant_depth: u32,
    /// Words of the train store, `slots` counts each.
    pub train_depth: u32,
    /// Trains that have a descriptor.
    pub train_count: u32,
    /// Scalar registers.
    pub scalar_count: u32,
    /// Instructions of the program memory.
    pub program_depth: u32,
    /// Words of the state memory, `elements` values each.
    pub state_depth: u32,
    /// Level registers.
    pub level_count: u32,
    /// How deep loops nest.
    pub loop_depth: u32,
    /// Words of the plane store, `slots` trits of each plane; 0 for a program without vectors that
    /// share weights.
    pub plane_depth: u32,
    /// Whether an answer is a prediction for every position of the text, not one for what follows.
    #[serde(default)]
    pub answers_positions: bool,
    /// Whether passes have functions; without them there is no such stage.
    #[serde(default = "with_functions")]
    pub functions: bool,
    /// Vectors that come in the place of token ids: words of C.
    #[serde(default)]
    pub input: Option<VectorStream>,
    /// Vectors that go out in the place of predictions: words of T.
    #[serde(default)]
    pub output: Option<VectorStream>,
    /// Which programs it is made for; 0 where the other parameters tell.
    #[serde(default)]
    pub fingerprint: u32,
}

/// What is true of machines of older files.
const fn with_functions() -> bool {
    true
}

/// The rows and columns of a matrix that one word of the weight store covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordShape {
    /// Rows side by side.
    pub rows: u32,
    /// Columns of each row.
    pub columns: u32,
}

/// The last position that is told apart: 16 bits hold it.
pub const POSITION_MAX: usize = (1 << 16) - 1;

/// Predictions of an answer where texts have no end.
const ANSWER_LENGTH: u32 = 256;

impl MachineParameters {
    /// Whether a column that spikes is an event, and no other takes a cycle.
    pub const fn has_events(&self) -> bool {
        matches!(self.form, Form::Event)
    }

    /// Whether the weights are part of the hardware, so that none are loaded.
    pub const fn is_baked(&self) -> bool {
        matches!(self.form, Form::Baked)
    }

    /// What a word of a matrix covers: what the array takes in a cycle.
    pub const fn matrix_word(&self) -> WordShape {
        match self.has_events() {
            true => WordShape { rows: self.lanes, columns: 1 },
            false => WordShape { rows: self.lanes, columns: self.slots },
        }
    }

    /// What a word of a table covers that is looked up row by row. One column of many rows would
    /// hold a single value of the row that is asked for.
    pub const fn table_word(&self) -> WordShape {
        match self.has_events() {
            true => WordShape { rows: 1, columns: self.lanes },
            false => self.matrix_word(),
        }
    }

    /// Trits of a word of the weight store.
    pub const fn word_trits(&self) -> u32 {
        let WordShape { rows, columns } = self.matrix_word();
        rows.saturating_mul(columns)
    }

    /// Synapses that the array evaluates in a cycle: the trits of a word times the planes that they
    /// meet; an event is one number whatever its planes.
    pub const fn synapses(&self) -> u32 {
        let planes = if self.has_events() { 1 } else { self.planes };
        self.word_trits().saturating_mul(planes)
    }

    /// The array in words.
    pub fn array(&self) -> String {
        let MachineParameters { lanes, slots, planes, .. } = self;
        match self.has_events() {
            true => format!("{lanes} lanes x 1 column that spikes, of words of {slots}"),
            false => format!("{lanes} lanes x {slots} slots x {planes} planes"),
        }
    }

    /// What comes in, one after the other: a token or a vector.
    pub const fn arrival(&self) -> &'static str {
        match self.input {
            None => "token",
            Some(_) => "vector",
        }
    }

    /// Tokens that a text has room for.
    pub const fn room(&self) -> usize {
        match self.context {
            0 => usize::MAX,
            context => context as usize,
        }
    }

    /// The position behind another: where texts have no end, the last stays.
    pub const fn position_after(&self, position: usize) -> usize {
        match (self.context, position) {
            (0, POSITION_MAX) => POSITION_MAX,
            _ => position + 1,
        }
    }

    /// The texts that it takes, in words.
    pub fn texts(&self) -> String {
        match self.context {
            0 => "texts of any length".to_owned(),
            context => format!("texts of {context} positions"),
        }
    }

    /// Predictions of an answer that nobody gave a length: all that a text has room for, or as many
    /// as a page holds.
    pub const fn answer_length(&self) -> u32 {
        match self.context {
            0 => ANSWER_LENGTH,
            context => context,
        }
    }

    /// Whether planes of its array can be vectors of their own.
    pub const fn has_vectors(&self) -> bool {
        self.plane_depth > 0
    }
}

/// A ternary matrix as it lies in the weight store, padded with zeros to whole tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMatrix {
    /// Name of the matrix or table.
    pub name: String,
    /// First word: `word(tile, digit, column) = base + (tile · digits + digit) · stride + column`.
    pub base: u32,
    /// What a word of it covers.
    pub word: WordShape,
    /// Rows, a multiple of those of a word.
    pub rows: usize,
    /// Columns, a multiple of those of a word; `stride` is how many times.
    pub columns: usize,
    /// Its balanced ternary digits, most significant first, each `rows · columns` trits row by row;
    /// one for a ternary matrix.
    pub digits: Vec<Vec<Trit>>,
}

impl StoredMatrix {
    /// Words of one digit of one tile of rows.
    pub fn stride(&self) -> usize {
        self.columns / self.word.columns as usize
    }

    /// Words of all digits of one tile of rows.
    pub fn tile_words(&self) -> usize {
        self.digits.len() * self.stride()
    }

    /// Words of all of it.
    pub fn words(&self) -> usize {
        self.rows / self.word.rows as usize * self.tile_words()
    }
}

/// A network lowered to a machine: everything that is generated, loaded or executed.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Name of the network.
    pub name: String,
    /// The machine it runs on.
    pub parameters: MachineParameters,
    /// What the sequencer executes for each token, from the first to an `End`.
    pub instructions: Vec<Instruction>,
    /// What each instruction is for: the operation of the network, and what of it.
    pub remarks: Vec<String>,
    /// The contents of the weight store.
    pub matrices: Vec<StoredMatrix>,
    /// The contents of the constant memory: `elements` values a word.
    pub constants: Vec<i64>,
    /// The tables that passes look into, by number.
    pub tables: Vec<FunctionTable>,
    /// First word in R of the logits, one a token id.
    pub logits_address: u32,
    /// How many logits there are: token ids, or classes.
    pub logits_count: u32,
    /// The value of one unit of a logit, but for the factor `2^-f` of scalar `logits_scalar`.
    pub logits_unit: f64,
    /// Scalar whose exponent the logits have.
    pub logits_scalar: u32,
    /// What the vectors mean that come in, where the machine takes some.
    pub input: Option<VectorMap>,
    /// What the vectors mean that go out, where the machine gives some.
    pub output: Option<VectorMap>,
    /// The id that starts every text, where the model has one.
    pub begin_token: Option<u32>,
    /// The ids that end a text: any of them does.
    pub end_tokens: BTreeSet<u32>,
    /// What every width must hold, and what it holds.
    pub widths: Vec<WidthProof>,
    /// What lies for good in the weight, key, value, state and constant memories.
    pub areas: Vec<MemoryArea>,
    /// Orders of the same network by the cycle model, where there are several: that of the program
    /// first.
    pub orders: Vec<OrderCost>,
}

/// What a text costs in one order, no word of a train being empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OrderCost {
    /// Tokens of the text.
    pub tokens: u32,
    /// Positions that share a fetched word of a matrix.
    pub positions: u32,
    /// Cycles.
    pub cycles: u64,
    /// Words of weights, keys and values that are fetched: cycles in which the array is busy.
    pub fetches: u64,
}

impl std::fmt::Display for OrderCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let OrderCost { tokens, positions, cycles, fetches } = self;
        let plural = if *positions == 1 { "" } else { "s" };
        write!(
            f,
            "{positions} position{plural} a weight word: {cycles} cycles and {fetches} fetched words \
             for {tokens} tokens"
        )
    }
}

impl Program {
    /// The id that the machine's register of the end token holds. It has room for one, so a machine
    /// that answers by itself ends at the lowest; a host that reads every id ends at any.
    pub fn end_token(&self) -> Option<u32> {
        self.end_tokens.first().copied()
    }
}

/// A number that the weights bound, and the width that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WidthProof {
    /// The layer.
    pub layer: String,
    /// What of it.
    pub quantity: &'static str,
    /// Its largest magnitude.
    pub worst: u64,
    /// Bits that this takes.
    pub needed: u32,
    /// Dotted key of the width in the design.
    pub key: &'static str,
    /// Bits that there are.
    pub given: u32,
}

/// A memory or a set of registers that instructions of both units use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[allow(missing_docs, reason = "the names of the machine's memories")]
pub enum Memory {
    Results,
    Temporaries,
    State,
    Constants,
    Weights,
    Keys,
    Values,
    Trains,
    Planes,
    Descriptors,
    Scalars,
    Levels,
    Maxima,
    Prediction,
}

/// Words of a memory that belong to one thing for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryArea {
    /// The memory.
    pub memory: Memory,
    /// Whose words they are.
    pub name: String,
    /// First word.
    pub first: u32,
    /// Words.
    pub words: u32,
}
