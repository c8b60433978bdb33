//! A design after synthesis, simulated: its netlist and a model of each of its cells, in place of
//! its sources.
//!
//! ```text
//!  sources ──► Yosys ──► netlist.v ─┐
//!  cells of the family ─────────────┴─► Verilator ──► same ports, same host, same comparison
//! ```
//!
//! The ports keep their names, so whatever drives and checks the sources drives and checks the
//! gates, the watched writes included. Registers and LUT RAMs begin with bits drawn from a seed:
//! silicon begins with zeros, and a netlist that needs them would have lost a reset.

mod cells;

pub use cells::{CELLS, CellModel};

use crate::tools::{Cache, Design, Family, Netlist, Tool, ToolError, ToolName, netlist, provide};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A netlist, ready to be simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gates {
    /// Name and text of each Verilog file: the netlist, then the models of its cells.
    pub sources: Vec<(String, String)>,
    /// What it is.
    pub report: GatesReport,
    /// The synthesiser.
    pub tool: Tool,
    /// Whether the netlist came from the cache.
    pub was_cached: bool,
}

/// A netlist in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatesReport {
    /// The family whose cells it has.
    pub family: Family,
    /// Cell type to number of cells.
    pub cells: BTreeMap<String, u64>,
}

impl Gates {
    /// Name of the netlist's file.
    pub const NETLIST: &'static str = "netlist.v";

    /// Synthesises a design with the Yosys that this program provides, or takes its netlist from
    /// the cache.
    ///
    /// # Errors
    /// If Yosys is missing or fails, or a cell has no model.
    pub fn of(design: &Design<'_>, family: Family, cache: &Cache) -> Result<Gates, ToolError> {
        let yosys = provide(ToolName::YowaspYosys, cache)?;
        let Netlist { mut cells, text, was_cached } = netlist(&yosys, cache, design, family)?;
        // A module that synthesis keeps apart is no cell: it is in the netlist.
        cells.retain(|name, _| !text.contains(&format!("module {name}(")));
        let mut models = BTreeSet::new();
        for name in cells.keys() {
            models.insert(CellModel::of(family, name).ok_or_else(|| {
                let (top, family) = (design.top.to_owned(), family.name());
                let reason = format!(
                    "its {family} netlist has a cell `{name}` that has no model\n  remedy: \
                     describe it in a file of cosim/src/gates/cells"
                );
                ToolError::Design { top, reason }
            })?);
        }
        let mut sources = vec![(Gates::NETLIST.to_owned(), text)];
        sources.extend(models.into_iter().map(CellModel::source));
        Ok(Gates { sources, report: GatesReport { family, cells }, tool: yosys, was_cached })
    }
}

impl GatesReport {
    /// The cells in a line, the most frequent first.
    pub fn describe(&self) -> String {
        let mut cells: Vec<(&str, u64)> =
            self.cells.iter().map(|(name, &count)| (name.as_str(), count)).collect();
        cells.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
        let parts: Vec<String> =
            cells.iter().map(|(name, count)| format!("{count} {name}")).collect();
        parts.join(", ")
    }
}
