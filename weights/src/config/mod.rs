//! The configuration: one design, in TOML, read at run time.
//!
//! ```text
//!  design.toml ──► syntax ──► schema ──► relations ──► Design
//!                    │          │            │
//!                    └──────────┴────────────┴──► the line, carets under it, the remedy
//! ```
//!
//! The types in `design` are the one description: their comments and limits become the JSON
//! schema that editors complete from, the comments of the starter, and the very rules that a file
//! is checked by. What a schema cannot say, such as one number dividing another, is in `relations`.
//!
//! Architecture invariant: a `Design` from a file is within every limit below, so the stages to
//! the right need not check sizes again.

mod design;
mod diagnostic;
mod relations;
mod schema;
mod settings;
mod walk;
mod write;

pub use design::{
    Array, Design, Encoder, Form, Machine, Neuron, Run, Sample, SampleNetwork, SpikeBuffer, Target,
    WeightStore,
};
pub use diagnostic::{ConfigError, Diagnostic};
pub use schema::schema;

use crate::files::regular;
use crate::shown::shown_path;
use diagnostic::Source;
use serde::Deserialize;
use std::io::Read;
use std::path::Path;
use toml::de::{DeTable, Deserializer};

/// The limits of a design. A limit on everything keeps memory and time bounded.
pub mod limits {
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
    /// Most words or entries of a memory.
    pub const DEPTH_MAX: usize = 65_536;
    /// Most trits of a memory: its depth times the trits of a word or an entry.
    pub const MEMORY_TRITS_MAX: usize = 1 << 26;
    /// Most channels with a membrane on chip.
    pub const ROWS_MAX: usize = 65_536;
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
}

/// The text of the starter, `designs/sample.toml`: every key with its comment.
const SAMPLE: &str = include_str!("../../designs/sample.toml");
/// The text of `designs/tinystories.toml`.
const TINYSTORIES: &str = include_str!("../../designs/tinystories.toml");
/// The text of `designs/spiking.toml`.
const SPIKING: &str = include_str!("../../designs/spiking.toml");
/// The text of `designs/spikellm.toml`.
const SPIKELLM: &str = include_str!("../../designs/spikellm.toml");
/// Name and text of each design in `designs/`.
const SHIPPED: [(&str, &str); 13] = [
    ("sample", SAMPLE),
    ("tinystories", TINYSTORIES),
    ("spiking", SPIKING),
    ("spikellm", SPIKELLM),
    ("lif", include_str!("../../designs/lif.toml")),
    ("spikellm-ulx3s", include_str!("../../designs/spikellm-ulx3s.toml")),
    ("spikelm-ulx3s", include_str!("../../designs/spikelm-ulx3s.toml")),
    ("spikingbert-ulx3s", include_str!("../../designs/spikingbert-ulx3s.toml")),
    ("ulx3s-85f", include_str!("../../designs/ulx3s-85f.toml")),
    ("ecp5-25f", include_str!("../../designs/ecp5-25f.toml")),
    ("icebreaker", include_str!("../../designs/icebreaker.toml")),
    ("tang-nano-9k", include_str!("../../designs/tang-nano-9k.toml")),
    ("tang-nano-20k", include_str!("../../designs/tang-nano-20k.toml")),
];

/// The commented starter that `init` writes: the design of the bundled sample network.
pub fn starter() -> &'static str {
    SAMPLE
}

/// Name and text of each design that `init` writes, the starter first; every key has its comment.
pub fn starters() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHIPPED.into_iter()
}

/// A design and the file that it came from, so that later stages can point at its lines too.
#[derive(Clone, Debug)]
pub struct DesignFile {
    /// What the file says.
    pub design: Design,
    source: Source,
}

impl DesignFile {
    /// Reads a file of at most [`limits::FILE_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// If it cannot be read, or as [`DesignFile::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file_name = shown_path(path);
        let unreadable = |source| ConfigError::Read { file_name: file_name.clone(), source };
        regular(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let limit = limits::FILE_BYTES_MAX as u64 + 1;
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::parse(&file_name, &bytes)
    }

    /// Parses the bytes of a configuration; `file_name` is what messages call it.
    ///
    /// # Errors
    /// The first thing wrong, with its line and the remedy.
    pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let source = Source::new(file_name, bytes)?;
        let syntax = |error: toml::de::Error| source.syntax_error(&error);
        let root = DeTable::parse(source.text()).map_err(syntax)?;
        walk::check(&source, root.get_ref())?;
        // The walk has seen every key, type and limit; serde can only add what it overlooked.
        let design = Design::deserialize(Deserializer::from(root)).map_err(syntax)?;
        let file = DesignFile { design, source };
        relations::check(&file)?;
        Ok(file)
    }

    /// The design of the bundled sample network.
    pub fn bundled() -> Self {
        Self::shipped("weights/designs/sample.toml", SAMPLE)
    }

    /// The design for the 1.18 M-weight TinyStories model: matrices of 64 to 256 rows and columns.
    pub fn tinystories() -> Self {
        Self::shipped("weights/designs/tinystories.toml", TINYSTORIES)
    }

    /// The design for networks of neurons of up to a million weights.
    pub fn spiking() -> Self {
        Self::shipped("weights/designs/spiking.toml", SPIKING)
    }

    /// The design for SpikeLLM's networks of a few hundred thousand weights of several digits: their
    /// keys and values have more digits, for all tokens share one unit.
    pub fn spikellm() -> Self {
        Self::shipped("weights/designs/spikellm.toml", SPIKELLM)
    }

    /// The design `weights/designs/<name>.toml`, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Some(Self::shipped(&format!("weights/designs/{name}.toml"), text))
    }

    fn shipped(file_name: &str, text: &str) -> Self {
        match Self::parse(file_name, text.as_bytes()) {
            Ok(file) => file,
            Err(error) => panic!("a design of the repository is wrong: {error}"),
        }
    }

    /// An error of a later stage that points at the value of a key, such as `array.acc_width`.
    ///
    /// A key that the file leaves to its default is shown by the header of its table, or by the
    /// first line.
    pub fn point_at(&self, key: &str, message: &str, remedy: &str) -> ConfigError {
        // The text was parsed before, so it parses again.
        let span = DeTable::parse(self.source.text())
            .map_or(0..0, |root| walk::span_of(root.get_ref(), key));
        self.source.error_at(span, message, remedy)
    }
}

impl Design {
    /// Parses the bytes of a configuration; `file_name` is what messages call it.
    ///
    /// # Errors
    /// As [`DesignFile::parse`].
    pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        Ok(DesignFile::parse(file_name, bytes)?.design)
    }

    /// The design of the bundled sample network.
    pub fn bundled() -> Self {
        DesignFile::bundled().design
    }

    /// The design for the 1.18 M-weight TinyStories model.
    pub fn tinystories() -> Self {
        DesignFile::tinystories().design
    }

    /// The design for networks of neurons of up to a million weights.
    pub fn spiking() -> Self {
        DesignFile::spiking().design
    }

    /// The design for SpikeLLM's networks.
    pub fn spikellm() -> Self {
        DesignFile::spikellm().design
    }

    /// The whole configuration as TOML, defaults included: parsing it gives the same design.
    pub fn to_toml(&self) -> String {
        write::write(self, false)
    }

    /// As [`Design::to_toml`], with each key's comment from the schema above it.
    pub fn to_commented_toml(&self) -> String {
        write::write(self, true)
    }
}
