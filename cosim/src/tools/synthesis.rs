//! Synthesis with Yosys, for one figure: how many cells of each kind a design becomes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::carry;
use super::check::{read_command, yosys_step};
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::locate::Tool;

/// An FPGA family that Yosys maps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Lattice ECP5: `synth_ecp5`.
    Ecp5,
    /// Lattice iCE40: `synth_ice40`.
    Ice40,
    /// Gowin LittleBee and Arora: `synth_gowin`. Nobody has models of its cells here yet.
    #[value(skip)]
    Gowin,
}

impl Family {
    /// Its name as its maker writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ecp5 => "ECP5",
            Self::Ice40 => "iCE40",
            Self::Gowin => "Gowin",
        }
    }

    /// The synthesis command of the family.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Ecp5 => "synth_ecp5",
            Self::Ice40 => "synth_ice40",
            Self::Gowin => "synth_gowin",
        }
    }

    /// The cells that are block RAM.
    pub fn block_ram_cells(self) -> &'static [&'static str] {
        match self {
            Self::Ecp5 => &["DP16KD", "PDPW16KD"],
            Self::Ice40 => &["SB_RAM40_4K", "SB_SPRAM256KA"],
            Self::Gowin => &["SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9"],
        }
    }
}

/// What a design became in synthesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellCounts {
    /// The family it was mapped to.
    pub family: Family,
    /// The synthesiser and its version: area differs from one to the next.
    pub tool: String,
    /// Cell type to number of cells.
    pub cells: BTreeMap<String, u64>,
    /// The mapped netlist as Yosys' JSON, which nextpnr reads; the ends of an ECP5's carry chains
    /// are open where nothing comes or goes.
    #[serde(skip)]
    pub netlist: String,
}

impl CellCounts {
    /// How many cells of these types there are.
    pub fn count(&self, types: &[&str]) -> u64 {
        types.iter().filter_map(|name| self.cells.get(*name)).sum()
    }

    /// How many block RAMs there are.
    pub fn block_rams(&self) -> u64 {
        self.count(self.family.block_ram_cells())
    }
}

/// Synthesises a design and counts its cells.
///
/// `options` are passed to the synthesis command, for example `-nowidelut` or
/// `-abc9`.
///
/// # Errors
/// [`ToolError::Failed`] if Yosys fails, [`ToolError::Answer`] if its statistics are unreadable.
pub fn synthesise(
    yosys: &Tool,
    cache: &Cache,
    design: &Design<'_>,
    family: Family,
    options: &[&str],
) -> Result<CellCounts, ToolError> {
    let folder = design.staged()?;
    let command = family.command();
    let mut script = read_command(design.synthesis_names());
    let _ = writeln!(script, "{command} -top {} {}", design.top, options.join(" "));
    let _ = writeln!(script, "tee -q -o stat.json stat -json\nwrite_json netlist.json");
    yosys_step(yosys, folder.path(), &script, format!("synthesise {}", design.top))?
        .limit(Duration::from_secs(3600))
        .progress(format!("{command} {}", design.top))
        .remedy("read the log; a design too large for Yosys needs fewer lanes or slots")
        .require(cache)?;
    let read = |name: &str| {
        let path = folder.path().join(name);
        std::fs::read_to_string(&path).at("read", &path)
    };
    let statistics = read("stat.json")?;
    let cells = counts_in(&statistics).ok_or_else(|| ToolError::Answer {
        tool: yosys.name.name().to_owned(),
        expected: "cell counts",
        got: statistics.chars().take(200).collect(),
    })?;
    let tool = yosys.version.clone();
    let netlist = read("netlist.json")?;
    let netlist = match family {
        Family::Ecp5 => carry::open_chain_ends(&netlist).ok_or_else(|| ToolError::Answer {
            tool: yosys.name.name().to_owned(),
            expected: "a netlist",
            got: netlist.chars().take(200).collect(),
        })?,
        _ => netlist,
    };
    Ok(CellCounts { family, tool, cells, netlist })
}

/// The cell counts of the whole design in the output of `stat -json`.
pub(crate) fn counts_in(statistics: &str) -> Option<BTreeMap<String, u64>> {
    // Some versions print other lines around the object.
    let begin = statistics.find('{')?;
    let end = statistics.rfind('}')?;
    let value: serde_json::Value = serde_json::from_str(statistics.get(begin..=end)?).ok()?;
    let counts = value.get("design")?.get("num_cells_by_type")?.as_object()?;
    counts.iter().map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_between_other_lines() {
        let text = "\n20. Printing statistics.\n{ \"creator\": \"Yosys\", \"design\": \
                    { \"num_cells\": 5, \"num_cells_by_type\": { \"LUT4\": 3, \"DP16KD\": 2 } } }\n";
        let cells = counts_in(text).unwrap();
        assert_eq!(cells, BTreeMap::from([("DP16KD".into(), 2), ("LUT4".into(), 3)]));
        assert_eq!(counts_in("{ \"design\": {} }"), None);
        assert_eq!(counts_in("} {"), None);
    }
}
