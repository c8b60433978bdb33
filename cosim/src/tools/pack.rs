//! Packing with nextpnr, without placing: what a netlist takes of an ECP5, in seconds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::error::{AtPath, ToolError};
use super::held::Held;
use super::locate::Tool;

/// The largest ECP5: what a netlist takes does not depend on the size.
const DEVICE: [&str; 5] = ["--85k", "--package", "CABGA381", "--speed", "6"];

/// What a netlist takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Cells of one LUT4 each, those of carry chains with their ends and of LUT RAMs with their
    /// write ports included (`TRELLIS_COMB`).
    pub cells: u64,
    /// Flip-flops (`TRELLIS_FF`).
    pub flip_flops: u64,
    /// Block RAMs (`DP16KD`).
    pub block_rams: u64,
    /// Multipliers (`MULT18X18D`).
    pub multipliers: u64,
}

/// Packs the netlist of [`synthesise`](super::synthesise) out of context: its ports are no pins.
///
/// # Errors
/// [`ToolError::Failed`] if nextpnr fails, [`ToolError::Answer`] if its log is unreadable.
pub fn pack_only(nextpnr: &Tool, cache: &Cache, netlist: &str) -> Result<Packed, ToolError> {
    let folder = Held::work().at("create a folder in", &std::env::temp_dir())?;
    let path = folder.path().join("netlist.json");
    std::fs::write(&path, netlist).at("write", &path)?;
    let ended = nextpnr
        .step("pack")
        .inside(folder.path())
        .args(DEVICE)
        .args(["--json", "netlist.json", "--pack-only", "--out-of-context"])
        .limit(Duration::from_secs(1800))
        .remedy("read the log; a design too large for the device needs fewer lanes or slots")
        .require(cache)?;
    packed_in(&ended.log()).ok_or_else(|| ToolError::Answer {
        tool: nextpnr.name.name().to_owned(),
        expected: "utilisation",
        got: ended.log().chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect(),
    })
}

/// The figures in nextpnr's log: the last line of each cell.
fn packed_in(log: &str) -> Option<Packed> {
    let used = |cell: &str| {
        let line = log.lines().rev().find(|line| line.contains(&format!("{cell}:")))?;
        line.rsplit(':').next()?.split('/').next()?.trim().parse::<u64>().ok()
    };
    Some(Packed {
        cells: used("TRELLIS_COMB")?,
        flip_flops: used("TRELLIS_FF")?,
        block_rams: used("DP16KD")?,
        multipliers: used("MULT18X18D")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_yields_its_figures() {
        let log = "Info: \t   DP16KD:      19/    208     9%\nInfo: MULT18X18D: 11/ 156 7%\n\
                   Info: \t          TRELLIS_FF:    4371/  83640     5%\n\
                   Info: \t        TRELLIS_COMB:    9747/  83640    11%\n";
        let expected = Packed { cells: 9747, flip_flops: 4371, block_rams: 19, multipliers: 11 };
        assert_eq!(packed_in(log), Some(expected));
        assert_eq!(packed_in("Info: TRELLIS_COMB: many"), None);
    }
}
