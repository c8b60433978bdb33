//! From a design to the bitstream of a board.
//!
//! ```text
//!  Program ──► BoardRtl ──► Yosys ──► nextpnr, once a seed ──► bitstream of the best
//!               │            └ memories  └ use, clock, path
//!               └ PLL                      └──────────────────► SynthReport
//! ```

mod board_rtl;
mod error;
mod fit;
mod memories;
mod names;
mod nextpnr;
mod report;
mod show;

pub use board_rtl::{BoardRtl, machine_clock};
pub use error::SynthError;
pub use fit::{excess, memory_excess};
pub use nextpnr::Routed;
pub use report::{
    ClockReport, ClockSpread, CriticalPath, MemoryFound, PathStep, SeedReport, SynthReport,
    TokenReport, Utilisation,
};

use crate::bench::progress;
use crate::boards::Board;
use crate::tools::{
    Cache, Design, Family, Kept, Placing, Tool, ToolError, counts_in, pack, place_kept, provide,
    synthesise_kept,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The tools of one family and where their results are kept.
pub struct Road {
    yosys: Tool,
    placer: Tool,
    packer: Tool,
    cache: Cache,
    family: Family,
}

/// What synthesis made of a design.
#[derive(Clone, Debug)]
pub struct Synthesised {
    /// Netlist, statistics and log.
    pub kept: Kept,
    /// Cells by the vendor's names.
    pub cells: BTreeMap<String, u64>,
    /// The memories that were found.
    pub memories: Vec<MemoryFound>,
}

/// One run of the placer.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Where it began.
    pub seed: u32,
    /// What came out.
    pub routed: Routed,
    /// Report, log and the routed design.
    pub kept: Kept,
}

impl Road {
    /// Provides the tools of a family.
    ///
    /// # Errors
    /// A tool that is missing, with the remedy.
    pub fn open(family: Family, cache: &Cache) -> Result<Road, ToolError> {
        Ok(Road {
            yosys: provide(crate::tools::ToolName::YowaspYosys, cache)?,
            placer: provide(family.placer(), cache)?,
            packer: provide(family.packer(), cache)?,
            cache: cache.clone(),
            family,
        })
    }

    /// The tools, in the order of their work.
    pub fn tools(&self) -> [&Tool; 3] {
        [&self.yosys, &self.placer, &self.packer]
    }

    /// Synthesises the Verilog of a board.
    ///
    /// # Errors
    /// If Yosys fails, or leaves something unreadable.
    pub fn synthesise(&self, rtl: &BoardRtl) -> Result<Synthesised, SynthError> {
        let design = Design { top: BoardRtl::TOP, sources: &rtl.sources };
        let kept = synthesise_kept(&self.yosys, &self.cache, &design, self.family)?;
        let unreadable = |expected| ToolError::Answer {
            tool: self.yosys.name.name().to_owned(),
            expected,
            got: kept.path("").display().to_string(),
        };
        let cells = counts_in(&kept.text("stat.json")?).ok_or(unreadable("cell counts"))?;
        let memories = memories::memories(&kept.text("netlist.json")?, BoardRtl::TOP);
        let memories = memories.ok_or(unreadable("netlist"))?;
        Ok(Synthesised { kept, cells, memories })
    }

    /// Places and routes with every seed up to `seeds`; the fastest comes first.
    ///
    /// # Errors
    /// [`SynthError::Fit`] if the design is too large, else the failure of the placer.
    pub fn place(
        &self,
        board: &Board,
        netlist: &Kept,
        megahertz: f64,
        seeds: u32,
    ) -> Result<Vec<Placed>, SynthError> {
        let bar = progress(seeds.into(), "place and route");
        bar.enable_steady_tick(std::time::Duration::from_millis(500));
        let one = |seed: u32| {
            let placed = self.place_once(board, netlist, megahertz, seed);
            bar.inc(1);
            placed
        };
        // A design that does not fit fails while it is packed: soon, and no further seed starts.
        let placed: Result<Vec<Placed>, SynthError> =
            (1..=seeds).into_par_iter().map(one).collect();
        let mut placed = placed?;
        bar.finish_and_clear();
        placed.sort_by(|a, b| b.routed.megahertz.total_cmp(&a.routed.megahertz));
        Ok(placed)
    }

    fn place_once(
        &self,
        board: &Board,
        netlist: &Kept,
        megahertz: f64,
        seed: u32,
    ) -> Result<Placed, SynthError> {
        let placing = Placing {
            family: self.family,
            device: &board.facts.device,
            constraints: (board.constraint_name(), board.constraints),
            megahertz,
            seed,
        };
        let part = &board.facts.part;
        let netlist = netlist.path("netlist.json");
        match place_kept(&self.placer, &self.cache, &netlist, &placing)? {
            Ok(kept) => {
                let report = kept.text("report.json")?;
                let routed = nextpnr::routed(self.family, &report);
                let routed = routed.ok_or_else(|| ToolError::Answer {
                    tool: self.placer.name.name().to_owned(),
                    expected: "clock",
                    got: report.chars().take(200).collect(),
                })?;
                Ok(Placed { seed, routed, kept })
            }
            Err(failure) => {
                let rows = nextpnr::table(self.family, &failure.log);
                if let Some(text) = fit::excess(part, &rows) {
                    return Err(SynthError::Fit(text));
                }
                let gave_up = ["Unable to place", "no legal placement", "unable to find legal"];
                if !rows.is_empty() && gave_up.iter().any(|text| failure.log.contains(text)) {
                    return Err(SynthError::Fit(fit::too_full(part, &rows)));
                }
                Err(failure.error.into())
            }
        }
    }

    /// The bitstream of a placed design, and the command that wrote it.
    ///
    /// # Errors
    /// If the packer fails.
    pub fn pack(&self, board: &Board, placed: &Placed) -> Result<(Vec<u8>, String), SynthError> {
        let device = board.facts.pack.as_deref().unwrap_or_default();
        Ok(pack(&self.packer, &self.cache, &placed.kept, self.family, device)?)
    }
}
