//! The limits of a design. A limit on everything keeps memory and time bounded.

/// Most lanes.
pub const LANES_MAX: usize = 256;
/// Most slots.
pub const SLOTS_MAX: usize = 256;
/// Most planes in parallel.
pub const PLANES_MAX: usize = 8;
/// Most synapses in a cycle: lanes × slots × planes.
pub const SYNAPSES_MAX: usize = 65_536;
/// Narrowest accumulator in bits.
pub const ACC_WIDTH_MIN: u32 = 4;
/// Widest accumulator in bits.
pub const ACC_WIDTH_MAX: u32 = 48;
/// Largest mean count that an encoder aims at.
pub const MEAN_COUNT_MAX: u32 = 64;
/// Fewest values of a vector that move in a cycle: a rotary pair.
pub const ELEMENTS_MIN: usize = 2;
/// Most values of a vector that move in a cycle.
pub const ELEMENTS_MAX: usize = 16;
/// Narrowest value of the vector unit in bits.
pub const VALUE_WIDTH_MIN: u32 = 18;
/// Widest value of the vector unit in bits.
pub const VALUE_WIDTH_MAX: u32 = 24;
/// Most bits of a count's magnitude.
pub const COUNT_WIDTH_MAX: u32 = 15;
/// Most positions of a machine's text.
pub const CONTEXT_MAX: usize = 4096;
/// Fewest balanced ternary digits of a number: one holds no magnitude beside its sign.
pub const DIGITS_MIN: u32 = 2;
/// Most balanced ternary digits of a number.
pub const DIGITS_MAX: u32 = 7;
/// Most block RAMs that a design can be told to fit into.
pub const BLOCK_RAM_MAX: u32 = 65_535;
/// Most tokens of a run.
pub const TOKENS_MAX: usize = 65_536;
/// Largest seed: every JSON reader holds it exactly.
pub const SEED_MAX: u64 = (1 << 53) - 1;
/// Most heads of the seeded network: each has a train of its own, of 128 that an instruction names.
pub const SAMPLE_HEADS_MAX: usize = 120;
/// Most channels of the seeded network.
pub const SAMPLE_WIDTH_MAX: usize = 1024;
/// Most blocks of the seeded network.
pub const SAMPLE_BLOCKS_MAX: usize = 64;
/// Most token ids of the seeded network.
pub const SAMPLE_VOCABULARY_MAX: usize = 4096;
/// Most characters of a design's name.
pub const NAME_LENGTH_MAX: usize = 64;
/// Largest configuration file in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
