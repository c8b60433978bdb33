//! The boards of `constraints/`: what `boards.toml` says of each, and its constraint file.
//!
//! ```text
//!  constraints/boards.toml ─┐
//!  constraints/<file>       ┴─► Board   part, clocks, button, lamps, pins
//! ```
//!
//! Both are compiled in, so that an installed binary needs no checkout beside it.

mod pins;

use crate::tools::Family;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use pins::{constrained_ports, port_bits};

/// The text of `constraints/boards.toml`.
const TABLE: &str = include_str!("../../../constraints/boards.toml");

/// Name and text of each constraint file.
const FILES: [(&str, &str); 5] = [
    ("ulx3s.lpf", include_str!("../../../constraints/ulx3s.lpf")),
    ("colorlight-i5.lpf", include_str!("../../../constraints/colorlight-i5.lpf")),
    ("icebreaker.pcf", include_str!("../../../constraints/icebreaker.pcf")),
    ("tang-nano-9k.cst", include_str!("../../../constraints/tang-nano-9k.cst")),
    ("tang-nano-20k.cst", include_str!("../../../constraints/tang-nano-20k.cst")),
];

/// Most lamps that a top drives.
pub const LEDS_MAX: u32 = 8;
/// Fastest oscillator in MHz.
const CLOCK_MAX: u32 = 200;

/// A board.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// What `--board` calls it.
    pub name: String,
    /// What the table says of it.
    pub facts: BoardFacts,
    /// The text of its constraint file.
    pub constraints: &'static str,
}

/// A table of `boards.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFacts {
    /// Maker and name.
    pub description: String,
    /// Which synthesis and which placer.
    pub family: Family,
    /// The FPGA as its vendor writes it.
    pub part: String,
    /// What nextpnr is told about the part.
    pub device: Vec<String>,
    /// What the packer of a Gowin device is told.
    pub pack: Option<String>,
    /// Name of the constraint file.
    pub constraints: String,
    /// Oscillator at the pin of `clk_i`, MHz.
    pub clock_mhz: u32,
    /// The machine's clock unless `--freq` says otherwise, MHz.
    pub machine_mhz: f64,
    /// How a pressed button reads.
    pub button: Level,
    /// The lamps.
    pub leds: Leds,
    /// The block RAM of the part.
    pub block_ram: BlockRam,
    /// What else part and board hold, in words.
    pub memory: String,
    /// The design that is built unless one is given.
    pub design: String,
}

/// A level of a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The supply.
    High,
    /// Ground.
    Low,
}

/// The lamps of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leds {
    /// How many.
    pub count: u32,
    /// What lights them.
    pub lit: Level,
}

/// The block RAM of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRam {
    /// How many.
    pub count: u32,
    /// Bits of each in units of 1024.
    pub kbit: u32,
}

impl BlockRam {
    /// Bits of all together.
    pub fn bits(self) -> u64 {
        (u64::from(self.count) * u64::from(self.kbit)) << 10
    }
}

/// Why there is no such board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    /// No table of that name.
    #[error("there is no board `{name}`\n  = choose one of {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The file is no table of boards.
    #[error("boards.toml: {0}")]
    Syntax(String),
    /// A table says something that cannot be.
    #[error("boards.toml: board `{board}`: {key} {reason}\n  = {remedy}")]
    Value {
        /// The board.
        board: String,
        /// Its key.
        key: &'static str,
        /// What is wrong.
        reason: String,
        /// The way out.
        remedy: String,
    },
}

impl Board {
    /// All boards, by name.
    ///
    /// # Errors
    /// As [`Board::parse`].
    pub fn all() -> Result<Vec<Board>, BoardError> {
        Board::parse(TABLE)
    }

    /// The board of that name.
    ///
    /// # Errors
    /// [`BoardError::Unknown`], which names the others.
    pub fn find(name: &str) -> Result<Board, BoardError> {
        let boards = Board::all()?;
        let known: Vec<&str> = boards.iter().map(|board| board.name.as_str()).collect();
        let known = known.join(", ");
        let unknown = BoardError::Unknown { name: name.to_owned(), known };
        boards.into_iter().find(|board| board.name == name).ok_or(unknown)
    }

    /// The boards of a text.
    ///
    /// # Errors
    /// The first thing wrong, with its place.
    pub fn parse(text: &str) -> Result<Vec<Board>, BoardError> {
        let tables: BTreeMap<String, BoardFacts> = toml::from_str(text)
            .map_err(|error| BoardError::Syntax(error.to_string().trim_end().to_owned()))?;
        tables.into_iter().map(|(name, facts)| Board::new(name, facts)).collect()
    }

    fn new(name: String, facts: BoardFacts) -> Result<Board, BoardError> {
        let refuse = |key, reason: String, remedy: &str| {
            let remedy = remedy.to_owned();
            Err(BoardError::Value { board: name.clone(), key, reason, remedy })
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return refuse("name", "is no plain name".into(), "use a-z, 0-9 and -");
        }
        if !(1..=CLOCK_MAX).contains(&facts.clock_mhz) {
            let reason = format!("{} is no oscillator", facts.clock_mhz);
            return refuse("clock_mhz", reason, &format!("choose 1..={CLOCK_MAX}"));
        }
        if !(1.0..=f64::from(CLOCK_MAX)).contains(&facts.machine_mhz) {
            let reason = format!("{} is no clock", facts.machine_mhz);
            return refuse("machine_mhz", reason, &format!("choose 1..={CLOCK_MAX}"));
        }
        if !(1..=LEDS_MAX).contains(&facts.leds.count) {
            let reason = format!("has {} lamps", facts.leds.count);
            return refuse("leds", reason, &format!("choose 1..={LEDS_MAX}"));
        }
        if facts.family == Family::Gowin && facts.pack.is_none() {
            return refuse("pack", "is missing".into(), "name the device as gowin_pack does");
        }
        if weights::config::DesignFile::named(&facts.design).is_none() {
            let reason = format!("`{}` is no design of weights/designs", facts.design);
            return refuse("design", reason, "add it there and to the list of designs");
        }
        match FILES.iter().find(|(file, _)| *file == facts.constraints) {
            Some((_, constraints)) => Ok(Board { name, facts, constraints }),
            None => {
                let reason = format!("`{}` is no constraint file", facts.constraints);
                refuse("constraints", reason, "add the file and its line in boards/mod.rs")
            }
        }
    }

    /// The file name that the constraints have beside the netlist.
    pub fn constraint_name(&self) -> &str {
        &self.facts.constraints
    }
}

#[cfg(test)]
mod tests;
