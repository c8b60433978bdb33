//! The types of a design. Their comments and limits are the schema.

use super::limits::*;
use crate::numeric::Radix;
use crate::packing::{Packing, word_bytes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A spiking ternary machine: what is built and what is run on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Outputs go to `build/<name>`: letters, digits, `_`, `-` and `.`, the first a letter or digit.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$"))]
    pub name: String,
    /// The spike accumulator array. Its product, lanes × slots × planes synapses a cycle, is at
    /// most 65536.
    pub array: Array,
    /// The memory that delivers one word, lanes × slots trits, in each cycle.
    pub weight_store: WeightStore,
    /// How the values of a vector become counts.
    #[serde(default)]
    pub encoder: Encoder,
    /// The whole machine around the array: vector unit, kept keys and values, embedding. Its array
    /// has powers of two as lanes and slots.
    #[serde(default)]
    pub machine: Machine,
    /// What `run` feeds the machine.
    #[serde(default)]
    pub run: Run,
    /// The seeded network that is run where no model is given.
    #[serde(default)]
    pub sample: Sample,
}

/// The size of the spike accumulator array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Array {
    /// Output rows worked on side by side.
    #[schemars(range(min = ELEMENTS_MIN, max = LANES_MAX))]
    pub lanes: usize,
    /// Input columns that each lane sees in a cycle.
    #[schemars(range(min = ELEMENTS_MIN, max = SLOTS_MAX))]
    pub slots: usize,
    /// Planes of a train that share one fetch of the weights.
    #[schemars(range(min = 1, max = PLANES_MAX))]
    pub planes: usize,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// How a matrix becomes hardware.
    #[serde(default)]
    pub form: Form,
    /// Bits of an accumulator, two's complement; the worst sum of the actual weights must fit.
    #[schemars(range(min = ACC_WIDTH_MIN, max = ACC_WIDTH_MAX))]
    pub acc_width: u32,
    /// What the dots of the array are built of.
    #[serde(default)]
    pub target: Target,
}

/// What the dots of the array are built of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// What every family's synthesis makes of additions and logic.
    #[default]
    Portable,
    /// The carry cells of an ECP5, placed one by one: smaller and faster there, and nowhere else.
    Ecp5,
}

impl Target {
    /// The name in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Portable => "portable",
            Target::Ecp5 => "ecp5",
        }
    }
}

/// How a matrix becomes hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Lanes × slots weights a cycle meet all their spikes, absent ones too.
    #[default]
    Dense,
    /// One column that spikes a cycle, lanes rows of it: absent spikes take no cycle. Slots are the
    /// columns of a train word.
    Event,
    /// As dense, and the weights are wires: part of the hardware, so that they take cells in the place of
    /// block RAM, and nothing loads them. For small networks.
    Baked,
}

impl Form {
    /// The name in configurations and manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Dense => "dense",
            Form::Event => "event",
            Form::Baked => "baked",
        }
    }
}

/// The on-chip memory of the weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightStore {
    /// How trits are stored.
    pub packing: Packing,
}

/// How the values of a vector become counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Encoder {
    /// k: the power-of-two threshold of a vector is chosen so that its mean |count| is about k.
    /// More is more exact and costs more spikes.
    #[schemars(range(min = 1, max = MEAN_COUNT_MAX))]
    pub mean_count: u32,
}

/// The whole machine around the array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// Values of a vector that move in a cycle; a power of two that divides lanes and slots.
    #[schemars(range(min = ELEMENTS_MIN, max = ELEMENTS_MAX))]
    pub elements: usize,
    /// Bits of a value of the vector unit, two's complement; raw sums of the array must fit too.
    #[schemars(range(min = VALUE_WIDTH_MIN, max = VALUE_WIDTH_MAX))]
    pub value_width: u32,
    /// Most bits of a count's magnitude; counts that would be larger are coarser, those of a code
    /// must fit.
    #[schemars(range(min = 1, max = COUNT_WIDTH_MAX))]
    pub count_width: u32,
    /// Most positions of a text; a model of a shorter context has its own.
    #[schemars(range(min = 1, max = CONTEXT_MAX))]
    pub context: usize,
    /// Most block RAMs of 18 kbit for its memories: of the programs that a network has, the fastest
    /// that fits is taken. 0: as many as the fastest takes.
    #[schemars(range(min = 0, max = BLOCK_RAM_MAX))]
    pub block_ram_max: u32,
    /// Balanced ternary digits of a kept key or value: 4 hold −40..=40.
    #[schemars(range(min = DIGITS_MIN, max = DIGITS_MAX))]
    pub key_value_digits: u32,
    /// Balanced ternary digits of an embedding and of the output head: 5 hold −121..=121.
    #[schemars(range(min = DIGITS_MIN, max = DIGITS_MAX))]
    pub embedding_digits: u32,
    /// Bits of the counts of queries and attention weights; more than planes take several turns of
    /// the array.
    #[schemars(range(min = 1, max = PLANES_MAX))]
    pub attention_bits: u32,
    /// Bits of the counts that the output head sees, and matrices of several digits; more than
    /// planes take several turns of the array.
    #[schemars(range(min = 1, max = PLANES_MAX))]
    pub head_bits: u32,
}

/// What `run` feeds the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// Tokens to run.
    #[schemars(range(min = 1, max = TOKENS_MAX))]
    pub tokens: usize,
    /// Seed of the sample network and of every random stimulus.
    #[schemars(range(min = 0, max = SEED_MAX))]
    pub seed: u64,
}

/// What a seeded network is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleNetwork {
    /// Transformer blocks as BitNet has them.
    #[default]
    Bitnet,
    /// Layers of leaky integrate-and-fire neurons, width of them in each of blocks layers; every second
    /// layer sees its own spikes of the token before.
    Lif,
    /// The same layers between two streams of vectors: spikes of hidden channels, -1, 0 or 1, come in,
    /// those of the last layer go out.
    LifStream,
}

/// The dimensions of the seeded network; its random weights make noise of every text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// What it is made of.
    pub network: SampleNetwork,
    /// Channels of the residual.
    #[schemars(range(min = 2, max = SAMPLE_WIDTH_MAX))]
    pub width: usize,
    /// Channels of the feed-forward layer.
    #[schemars(range(min = 1, max = SAMPLE_WIDTH_MAX))]
    pub hidden: usize,
    /// Transformer blocks.
    #[schemars(range(min = 1, max = SAMPLE_BLOCKS_MAX))]
    pub blocks: usize,
    /// Heads of the queries.
    #[schemars(range(min = 1, max = SAMPLE_HEADS_MAX))]
    pub heads: usize,
    /// Heads of keys and values; divides heads.
    #[schemars(range(min = 1, max = SAMPLE_HEADS_MAX))]
    pub key_value_heads: usize,
    /// Channels of a head, an even number.
    #[schemars(range(min = 2, max = SAMPLE_WIDTH_MAX))]
    pub head_width: usize,
    /// Token ids.
    #[schemars(range(min = 2, max = SAMPLE_VOCABULARY_MAX))]
    pub vocabulary: usize,
    /// Most positions of a text.
    #[schemars(range(min = 1, max = CONTEXT_MAX))]
    pub context: usize,
}

impl Default for Sample {
    fn default() -> Self {
        // Sizes that leave ragged edges on every tile.
        Sample {
            network: SampleNetwork::Bitnet,
            width: 40,
            hidden: 52,
            blocks: 2,
            heads: 4,
            key_value_heads: 2,
            head_width: 10,
            vocabulary: 76,
            context: 64,
        }
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Encoder { mean_count: 26 }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Machine {
            elements: 8,
            value_width: 18,
            count_width: 12,
            context: 64,
            block_ram_max: 0,
            key_value_digits: 4,
            embedding_digits: 5,
            attention_bits: 6,
            head_bits: 6,
        }
    }
}

impl Default for Run {
    fn default() -> Self {
        Run { tokens: 16, seed: 1 }
    }
}

impl Design {
    /// Synapses that the array evaluates in a cycle: lanes × slots × planes; one slot of events.
    pub fn synapses_per_cycle(&self) -> usize {
        self.word_trits() * self.array.planes
    }

    /// Columns of a word of the weight store: the slots, or the one column of an event.
    pub fn word_slots(&self) -> usize {
        match self.array.form {
            Form::Dense | Form::Baked => self.array.slots,
            Form::Event => 1,
        }
    }

    /// Trits of a word of the weight store: lanes × its columns.
    pub fn word_trits(&self) -> usize {
        self.array.lanes * self.word_slots()
    }

    /// Bytes of a word of the weight store, a whole number of 32-bit banks.
    pub fn word_bytes(&self) -> usize {
        word_bytes(self.array.lanes, self.word_slots(), self.weight_store.packing)
    }
}
