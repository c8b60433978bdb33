//! `bench`: what the blocks cost and how fast co-simulation is, beside the bounds and the targets.
//!
//! ```text
//!  blocks ──► Verilog ─┬► Yosys ─► nextpnr ─► cells, MHz ──────────────┐
//!                      └► Verilator ─► our loop : C++ loop ────────────┼─► table, JSON, verdicts
//!  sample network ─► reference : Verilated machine : naive loop ───────┤
//!  designs ─► cost model : Yosys, nextpnr --pack-only, simulation ──────┘
//! ```
//!
//! Areas and clocks depend on the Verilog and the tools alone and are kept in the cache; speeds are
//! measured anew each time, as ratios within one run.

mod area;
mod cost;
mod designs;
mod draw;
mod error;
mod fabrics;
mod forms;
mod options;
mod speed;
mod spikes;
mod table;
mod verdict;

pub(crate) use area::progress;
pub(crate) use cost::Synthesis;

pub use area::{AreaReport, AreaRow};
pub use cost::{CELLS_ERROR_MAX, CostReport, CostRow, measure_small};
pub use error::BenchError;
pub use fabrics::{FabricCells, FabricRow};
pub use forms::{FormReport, FormRow, PartCost};
pub use options::BenchOptions;
pub use speed::{CosimulationSpeed, ReferenceSpeed, SpeedReport};
pub use spikes::{SpikeReport, SpikeRow};
pub use verdict::{Limit, Quantity, Spread, Verdict};

use serde::Serialize;

use crate::tools::Cache;

/// What was measured. Its `Display` is the table, its `Serialize` the JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BenchReport {
    /// Cells and clocks, if asked for.
    pub area: Option<AreaReport>,
    /// Speeds, if asked for.
    pub speed: Option<SpeedReport>,
    /// The cost model beside synthesis, if asked for.
    pub cost: Option<CostReport>,
    /// The forms of a matrix, if asked for.
    pub forms: Option<FormReport>,
    /// Dense machines and those of events, if asked for.
    pub spikes: Option<SpikeReport>,
}

impl BenchReport {
    /// Every target with what was measured for it.
    pub fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        let area = self.area.iter().flat_map(|area| &area.rows).flat_map(|row| &row.targets);
        area.chain(self.speed.iter().flat_map(|speed| &speed.targets))
    }

    /// The targets that are not reached; `bench --check` fails if there is any.
    pub fn missed(&self) -> Vec<&Verdict> {
        self.verdicts().filter(|verdict| !verdict.met).collect()
    }
}

/// Measures what the options ask for. A missed target is no error: see [`BenchReport::missed`].
///
/// # Errors
/// An option of zero, a tool that cannot be provided or fails, or a result that is wrong.
pub fn run(options: &BenchOptions) -> Result<BenchReport, BenchError> {
    let given = [
        ("seeds", u64::from(options.seeds)),
        ("rounds", options.rounds.into()),
        ("cycles", options.cycles),
    ];
    if let Some(&(option, _)) = given.iter().find(|(_, value)| *value == 0) {
        return Err(BenchError::Zero { option });
    }
    let cache = Cache::of_user()?;
    Ok(BenchReport {
        area: options.area.then(|| area::measure(&cache, options.seeds)).transpose()?,
        speed: options.speed.then(|| speed::measure(&cache, options)).transpose()?,
        cost: options.cost.then(|| cost::measure(&cache, &options.only)).transpose()?,
        forms: options.forms.then(|| forms::measure(&cache)).transpose()?,
        spikes: options.spikes.then(|| spikes::measure(&cache)).transpose()?,
    })
}

#[cfg(test)]
mod tests;
