//! What a board becomes of a design: `synth.json`.

use crate::pipeline::ToolVersion;
use crate::tools::Family;
use firmware::machine::MachineParameters;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The content of `synth.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynthReport {
    /// Name of the design.
    pub design: String,
    /// Name of the network.
    pub network: String,
    /// blake3 of the design's TOML: the run in `5-cosim.json` beside it is of the same design if
    /// `0-config.toml` has this digest.
    pub config_blake3: String,
    /// Name of the board in `constraints/boards.toml`.
    pub board: String,
    /// The FPGA as its vendor writes it.
    pub part: String,
    /// Its family.
    pub family: Family,
    /// The clocks.
    pub clock: ClockReport,
    /// What the machine is.
    pub machine: MachineParameters,
    /// Ternary weights of the network.
    pub weights: usize,
    /// Cells after synthesis, by the vendor's names.
    pub cells: BTreeMap<String, u64>,
    /// What is used of the part, after placement of the best seed.
    pub utilisation: Vec<Utilisation>,
    /// The memories that synthesis found, by what they became.
    pub memories: Vec<MemoryFound>,
    /// One row a seed of the placer, the best clock first.
    pub seeds: Vec<SeedReport>,
    /// The clocks of all seeds.
    pub megahertz: ClockSpread,
    /// Whether the best seed reaches the machine's clock.
    pub timing_met: bool,
    /// The slowest path of the best seed, from register to register.
    pub critical_path: CriticalPath,
    /// What a token takes.
    pub token: TokenReport,
    /// File name of the bitstream beside this file; none if the timing is missed.
    pub bitstream: Option<String>,
    /// Tools that took part.
    pub tools: Vec<ToolVersion>,
    /// The commands that were run, without folders.
    pub commands: Vec<String>,
}

/// The clocks of a board, MHz.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockReport {
    /// At the pin.
    pub board_mhz: f64,
    /// Of the machine.
    pub machine_mhz: f64,
    /// The cell that makes one of the other, with its dividers.
    pub pll: Option<String>,
}

/// A kind of cell of the part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utilisation {
    /// What it is, for people: `LUT4`, `flip-flop`, `block RAM`, `multiplier`.
    pub what: String,
    /// The vendor's name.
    pub cell: String,
    /// How many are used.
    pub used: u64,
    /// How many the part has.
    pub available: u64,
}

impl Utilisation {
    /// Used of available, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.used as f64 / self.available.max(1) as f64
    }
}

/// A memory of the design, or several alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemoryFound {
    /// Its place in the design, `*` where instances are alike: `core.vector.join_*.words`.
    pub name: String,
    /// The cell that it became.
    pub cell: String,
    /// How many memories are meant.
    pub copies: u64,
    /// How many cells they take together.
    pub cells: u64,
}

/// A run of the placer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedReport {
    /// Where it began.
    pub seed: u32,
    /// The highest clock after routing, MHz.
    pub megahertz: f64,
}

/// The clocks of several seeds, MHz.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockSpread {
    /// The highest.
    pub best: f64,
    /// The median.
    pub median: f64,
    /// The lowest.
    pub worst: f64,
}

/// The slowest path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CriticalPath {
    /// Its length, ns.
    pub nanoseconds: f64,
    /// Part of it that is wires, ns.
    pub routing_nanoseconds: f64,
    /// Its stages, in order.
    pub steps: Vec<PathStep>,
}

/// A stage of a path: a cell, or the wire behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathStep {
    /// `clk-to-q`, `logic`, `routing` or `setup`.
    pub kind: String,
    /// Its length, ns.
    pub nanoseconds: f64,
    /// The signal of the design that it drives, or that the last cell takes; `near` it, where the
    /// tools' own name is cells away from it.
    pub signal: String,
}

/// What a token takes, by the cycle model, with trains in which every word holds a spike and that
/// take one pass each: the most words that there can be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenReport {
    /// Cycles of the token at position 0.
    pub cycles_first: u64,
    /// Cycles of the token at the last position.
    pub cycles_last: u64,
    /// Mean over all positions of the context.
    pub cycles_mean: f64,
    /// machine clock / `cycles_mean`.
    pub tokens_per_second: f64,
}

impl MemoryFound {
    /// Whether it is made of LUTs: the cells of these hold 16 words.
    pub fn is_of_luts(&self) -> bool {
        self.cell.starts_with("RAM16") || self.cell == "TRELLIS_DPR16X4"
    }
}

impl SynthReport {
    /// The text of `synth.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("strings, integers and finite floats always serialise");
        text.push('\n');
        text
    }

    /// What is used of one kind of cell.
    pub fn used(&self, what: &str) -> Option<&Utilisation> {
        self.utilisation.iter().find(|row| row.what == what)
    }

    /// What the part has least of left: pins and clocks are the board's, not the design's.
    pub fn fullest(&self) -> Option<&Utilisation> {
        fullest(&self.utilisation)
    }
}

/// What is used most of, in percent, but for pins and PLLs.
pub(super) fn fullest(rows: &[Utilisation]) -> Option<&Utilisation> {
    let of_design = rows.iter().filter(|row| row.what != "pin" && row.what != "PLL");
    of_design.max_by(|a, b| a.percent().total_cmp(&b.percent()))
}

impl ClockSpread {
    /// The spread of some clocks; nothing for none.
    pub fn of(clocks: &[f64]) -> Option<ClockSpread> {
        let mut sorted = clocks.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let upper = sorted[sorted.len() / 2];
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(ClockSpread { best: last, median: (lower + upper) / 2.0, worst: first })
    }
}
