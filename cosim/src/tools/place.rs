//! Place and route with nextpnr, for two figures: cells and the highest clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::error::{AtPath, ToolError};
use super::held::Held;
use super::locate::Tool;

/// The ECP5 that figures are for: 24k LUTs, speed grade 6, the slowest.
pub const ECP5_DEVICE: [&str; 5] = ["--25k", "--package", "CABGA381", "--speed", "6"];

/// What a netlist became on the device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Cells of one LUT4 each, those of carry chains and their ends included (`TRELLIS_COMB`).
    pub cells: u64,
    /// Flip-flops (`TRELLIS_FF`).
    pub flip_flops: u64,
    /// Block RAMs (`DP16KD`).
    pub block_rams: u64,
    /// Highest clock in MHz, after routing; none if no path runs between two flip-flops.
    pub megahertz: Option<f64>,
}

/// Places and routes the netlist of [`synthesise`](super::synthesise) on an [`ECP5_DEVICE`], out
/// of context: its ports are no pins.
///
/// `megahertz` is what the router aims at, `seed` where the placer begins.
///
/// # Errors
/// [`ToolError::Failed`] if nextpnr fails, [`ToolError::Answer`] if its report is unreadable.
pub fn place_and_route(
    nextpnr: &Tool,
    cache: &Cache,
    netlist: &str,
    megahertz: u32,
    seed: u32,
) -> Result<Placement, ToolError> {
    let folder = Held::work().at("create a folder in", &std::env::temp_dir())?;
    let path = folder.path().join("netlist.json");
    std::fs::write(&path, netlist).at("write", &path)?;
    nextpnr
        .step(format!("place and route with seed {seed}"))
        .inside(folder.path())
        .args(ECP5_DEVICE)
        .args(["--json", "netlist.json", "--report", "report.json"])
        .args(["--out-of-context", "--timing-allow-fail", "-q"])
        .args(["--freq", &megahertz.to_string(), "--seed", &seed.to_string()])
        .limit(Duration::from_secs(3600))
        .remedy("read the log; a design too large for the device needs fewer lanes or slots")
        .require(cache)?;
    let path = folder.path().join("report.json");
    let report = std::fs::read_to_string(&path).at("read", &path)?;
    placement_in(&report).ok_or_else(|| ToolError::Answer {
        tool: nextpnr.name.name().to_owned(),
        expected: "utilisation",
        got: report.chars().take(200).collect(),
    })
}

/// The figures in nextpnr's report.
fn placement_in(report: &str) -> Option<Placement> {
    let report: serde_json::Value = serde_json::from_str(report).ok()?;
    let used = |cell: &str| report.get("utilization")?.get(cell)?.get("used")?.as_u64();
    let clocks = report.get("fmax")?.as_object()?;
    let achieved = |clock: &serde_json::Value| clock.get("achieved")?.as_f64();
    Some(Placement {
        cells: used("TRELLIS_COMB")?,
        flip_flops: used("TRELLIS_FF")?,
        block_rams: used("DP16KD")?,
        megahertz: clocks.values().filter_map(achieved).reduce(f64::min),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_yields_its_figures() {
        let used = r#""utilization": { "TRELLIS_COMB": { "available": 9, "used": 3 },
            "TRELLIS_FF": { "used": 2 }, "DP16KD": { "used": 0 } }"#;
        let report = |fmax: &str| format!("{{ \"fmax\": {{ {fmax} }}, {used} }}");
        let clocked = placement_in(&report(r#""clk": { "achieved": 150.5, "constraint": 9.0 }"#));
        let expected = Placement { cells: 3, flip_flops: 2, block_rams: 0, megahertz: Some(150.5) };
        assert_eq!(clocked, Some(expected));
        let combinational = placement_in(&report(""));
        assert_eq!(combinational, Some(Placement { megahertz: None, ..expected }));
        assert_eq!(placement_in("{}"), None);
    }
}
