//! The portable blocks on the other fabrics: cells for iCE40 and Gowin, as Yosys maps them.
//!
//! A cell of an iCE40 holds a LUT of four inputs, the carry beside it and a flip-flop, so its LUTs
//! count; Gowin adds in cells of their own, so its LUTs and its adder cells count.

use super::BenchError;
use super::designs::{self, Subject};
use crate::tools::{
    Cache, Design, Family, ToolError, ToolName, counts_in, provide, synthesise_kept,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The fabrics of the columns.
const FAMILIES: [Family; 2] = [Family::Ice40, Family::Gowin];

/// A block on one fabric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FabricCells {
    /// LUTs of up to four inputs, those of a constant or a wire included.
    pub luts: u64,
    /// Carries: beside a LUT on an iCE40, a cell each on Gowin.
    pub carries: u64,
    /// Cells of the fabric that both take.
    pub cells: u64,
}

/// A block on each fabric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FabricRow {
    /// The block and its parameters.
    pub what: String,
    /// Synapses, times planes, in a cycle; none for a block that is no array.
    pub synapses: Option<u32>,
    /// On iCE40 and on Gowin.
    pub fabrics: [FabricCells; FAMILIES.len()],
}

/// Maps every portable block; a minute the first time, nothing after that.
///
/// # Errors
/// A tool that cannot be provided or that fails.
pub(super) fn measure(cache: &Cache) -> Result<Vec<FabricRow>, BenchError> {
    let yosys = provide(ToolName::YowaspYosys, cache)?;
    let row = |Subject { what, top, synapses, .. }: Subject| {
        let sources = designs::verilog(&top)?;
        let design = Design { top: &top.name, sources: &sources };
        let mut fabrics = [FabricCells::default(); FAMILIES.len()];
        for (cells, family) in fabrics.iter_mut().zip(FAMILIES) {
            let kept = synthesise_kept(&yosys, cache, &design, family)?;
            let statistics = kept.text("stat.json")?;
            let counts = counts_in(&statistics).ok_or_else(|| ToolError::Answer {
                tool: yosys.name.name().to_owned(),
                expected: "cell counts",
                got: statistics.chars().take(200).collect(),
            })?;
            *cells = FabricCells::of(family, &counts);
        }
        Ok(FabricRow { what, synapses, fabrics })
    };
    designs::subjects().into_iter().filter(Subject::is_portable).map(row).collect()
}

impl FabricCells {
    fn of(family: Family, counts: &BTreeMap<String, u64>) -> FabricCells {
        let sum = |is: fn(&str) -> bool| {
            counts.iter().filter(|(name, _)| is(name)).map(|(_, count)| count).sum::<u64>()
        };
        match family {
            Family::Gowin => {
                let luts = sum(|name| matches!(name, "LUT1" | "LUT2" | "LUT3" | "LUT4"));
                let carries = sum(|name| name == "ALU");
                FabricCells { luts, carries, cells: luts + carries }
            }
            _ => {
                let (luts, carries) =
                    (sum(|name| name == "SB_LUT4"), sum(|name| name == "SB_CARRY"));
                FabricCells { luts, carries, cells: luts.max(carries) }
            }
        }
    }
}

/// The heads of the columns, for rows of [`FabricRow`].
pub(super) fn heading() -> String {
    let columns = FAMILIES.map(|family| format!("{:>8}{:>14}", family.name(), "cells/synapse"));
    format!("{:<40}{}", "block", columns.concat())
}

impl fmt::Display for FabricRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<40}", self.what)?;
        for FabricCells { cells, .. } in self.fabrics {
            let density = self.synapses.map(|synapses| cells as f64 / f64::from(synapses));
            let density = density.map_or("-".to_owned(), |value| format!("{value:.2}"));
            write!(f, "{cells:>8}{density:>14}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_the_fabric() {
        let counts = |cells: &[(&str, u64)]| {
            cells.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
        };
        let ice40 = counts(&[("SB_LUT4", 90), ("SB_CARRY", 40), ("SB_DFFE", 70)]);
        let cells = FabricCells { luts: 90, carries: 40, cells: 90 };
        assert_eq!(FabricCells::of(Family::Ice40, &ice40), cells);
        let gowin = counts(&[("LUT4", 50), ("LUT2", 7), ("ALU", 30), ("MUX2_LUT5", 4), ("DFF", 9)]);
        let cells = FabricCells { luts: 57, carries: 30, cells: 87 };
        assert_eq!(FabricCells::of(Family::Gowin, &gowin), cells);
    }
}
