//! `bench --cost`: the cost model beside synthesis and simulation.
//!
//! ```text
//!  design ─┬─► estimates ───────► predicted ─┬─► table
//!          └─► Yosys ─► nextpnr ─► measured ─┘
//!  program ─┬─► machine_cycles ─► predicted ─┬─► table
//!           └─► simulation ─────► measured ──┘
//! ```

mod designs;
mod measure;

pub(crate) use designs::{Build, DESIGNS};
pub(crate) use measure::Synthesis;

use super::BenchError;
use super::area::progress;
use crate::pipeline::machine::{Arrivals, Session, TokenRun};
use crate::reference::machine::MachineReference;
use crate::tools::{Cache, Packed};
use designs::{CostDesign, SMALL, VECTORS};
use firmware::image::MachineImage;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::cost::{Cells, estimate};
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;

/// Largest error of the predicted cells.
pub const CELLS_ERROR_MAX: f64 = 0.10;
/// Designs of which it must be no larger.
const CLOSE_MIN: usize = 12;
/// Tokens whose cycles are compared, and those before them.
const TOKENS: usize = 3;
const PROMPT: [u32; 2] = [1, 2];

/// A design as predicted and as measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostRow {
    /// `machine`, `board`, `layers` or `matrix`.
    pub kind: &'static str,
    /// Lanes × slots × planes, and what else differs.
    pub what: &'static str,
    /// Cells, predicted and measured.
    pub cells: [u64; 2],
    /// Flip-flops, predicted and measured.
    pub flip_flops: [u64; 2],
    /// Block RAMs, predicted and measured.
    pub block_rams: [u64; 2],
    /// Multipliers, predicted and measured.
    pub multipliers: [u64; 2],
    /// Cycles of some tokens or vectors, predicted and measured.
    pub cycles: Option<[u64; 2]>,
}

impl CostRow {
    fn new(design: &CostDesign, predicted: Cells, measured: Packed) -> CostRow {
        CostRow {
            kind: design.build.name(),
            what: design.what,
            cells: [predicted.cells(), measured.cells],
            flip_flops: [predicted.flip_flops, measured.flip_flops],
            block_rams: [predicted.block_rams, measured.block_rams],
            multipliers: [predicted.multipliers, measured.multipliers],
            cycles: None,
        }
    }

    /// Predicted cells over measured ones, less one.
    pub fn cells_error(&self) -> f64 {
        self.cells[0] as f64 / self.cells[1].max(1) as f64 - 1.0
    }

    /// Whether block RAMs, multipliers and cycles are exact.
    pub fn exact(&self) -> bool {
        let exact = |[predicted, measured]: [u64; 2]| predicted == measured;
        exact(self.block_rams) && exact(self.multipliers) && self.cycles.is_none_or(exact)
    }

    /// Whether cells are close enough, and everything else exact.
    pub fn holds(&self) -> bool {
        self.cells_error().abs() <= CELLS_ERROR_MAX && self.exact()
    }
}

/// Every design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostReport {
    /// One row a design.
    pub rows: Vec<CostRow>,
    /// How the figures came about.
    pub conditions: Vec<String>,
}

/// Measures all designs, or those with one of some texts in their line; half an hour the first
/// time, seconds after that.
pub(crate) fn measure(cache: &Cache, only: &[String]) -> Result<CostReport, BenchError> {
    let asked = |design: &&CostDesign| {
        let line = format!("{} {}", design.build.name(), design.what);
        only.is_empty() || only.iter().any(|text| line.contains(text))
    };
    let designs: Vec<CostDesign> = DESIGNS.iter().filter(asked).copied().collect();
    if designs.is_empty() {
        return Err(BenchError::NoDesign { asked: only.join(",") });
    }
    measure_designs(cache, &designs)
}

/// Measures a few small designs, a minute of work.
///
/// # Errors
/// A tool that cannot be provided or that fails.
pub fn measure_small(cache: &Cache) -> Result<CostReport, BenchError> {
    measure_designs(cache, &SMALL)
}

fn measure_designs(cache: &Cache, designs: &[CostDesign]) -> Result<CostReport, BenchError> {
    let synthesis = Synthesis::new(cache)?;
    let bar = progress(designs.len() as u64, "synthesise");
    let row = |design: &CostDesign| {
        let hardware = design.hardware()?;
        let mut row = CostRow::new(design, estimate(&hardware), synthesis.measure(&hardware)?);
        row.cycles = match design.build {
            Build::Board => None,
            _ => Some(cycles(design)?),
        };
        bar.inc(1);
        Ok(row)
    };
    let rows = designs.par_iter().with_max_len(1).map(row).collect::<Result<_, BenchError>>();
    bar.finish_and_clear();
    Ok(CostReport { rows: rows?, conditions: synthesis.conditions() })
}

/// Cycles of a few tokens or vectors, as the model has them and as the hardware counts them.
fn cycles(design: &CostDesign) -> Result<[u64; 2], BenchError> {
    let program = design.program()?;
    let checked = check(&Machine::observed(&program).module())?;
    let reference = MachineReference::new(&program);
    let image = MachineImage::new(&program)?;
    let fault = |failure| BenchError::Machine { what: design.what, failure };
    let simulation = NativeSimulation::new(&checked);
    let mut session = Session::new(simulation, &image, reference).map_err(fault)?;
    let talk = match design.vectors(&program) {
        Some(vectors) => session.stream(&Arrivals::Vectors(vectors), || 0, |_| ()),
        None => session.converse(&PROMPT, TOKENS, |_| ()),
    };
    if let Some(failure) = talk.failure {
        return Err(fault(failure));
    }
    let sum = |cycles: fn(&TokenRun, &firmware::machine::Program) -> u64| {
        talk.tokens.iter().map(|token| cycles(token, &program)).sum::<u64>()
    };
    Ok([
        sum(|token, program| token.predicted(program).total),
        sum(|token, _| token.counters.cycles.into()),
    ])
}

impl CostReport {
    /// Whether enough designs are as predicted: cells close, everything else exact in all of them.
    pub fn holds(&self) -> bool {
        self.close() >= CLOSE_MIN.min(self.rows.len()) && self.rows.iter().all(CostRow::exact)
    }

    /// Designs whose cells are close enough.
    fn close(&self) -> usize {
        let close = |row: &&CostRow| row.cells_error().abs() <= CELLS_ERROR_MAX;
        self.rows.iter().filter(close).count()
    }
}

impl fmt::Display for CostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Cost model beside synthesis (ECP5) and simulation; each predicted, measured")?;
        writeln!(
            f,
            "  {:<8}{:<44}{:>15}{:>8}{:>12}{:>15}{:>15}",
            "", "lanes x slots x planes", "cells", "error", "block RAM", "flip-flops", "cycles"
        )?;
        for row in &self.rows {
            let pair = |[predicted, measured]: [u64; 2]| format!("{predicted}, {measured}");
            writeln!(
                f,
                "  {:<8}{:<44}{:>15}{:>7.1}%{:>12}{:>15}{:>15}{}",
                row.kind,
                row.what,
                pair(row.cells),
                100.0 * row.cells_error(),
                pair(row.block_rams),
                pair(row.flip_flops),
                row.cycles.map_or_else(|| "-".to_owned(), pair),
                if row.holds() { "" } else { "  MISSED" },
            )?;
        }
        let errors = self.rows.iter().map(|row| row.cells_error().abs());
        let count = self.rows.len().max(1) as f64;
        writeln!(
            f,
            "  {} designs: cells {:.1} % off at most, {:.1} % on average",
            self.rows.len(),
            100.0 * errors.clone().fold(0.0, f64::max),
            100.0 * errors.sum::<f64>() / count,
        )?;
        let inexact = self.rows.iter().filter(|row| !row.exact()).count();
        writeln!(
            f,
            "  {}  cost model: cells within {:.0} % in {} of {}, target >= {}; block RAMs, \
             multipliers, cycles exact in {}, target all",
            if self.holds() { "met   " } else { "MISSED" },
            100.0 * CELLS_ERROR_MAX,
            self.close(),
            self.rows.len(),
            CLOSE_MIN.min(self.rows.len()),
            self.rows.len() - inexact,
        )?;
        writeln!(
            f,
            "  Cycles: of a machine {TOKENS} tokens of the sample network after {} of a prompt, of \
             layers and of a\n  ragged matrix {VECTORS} vectors, every write compared. A board is the \
             machine with its memories loaded.",
            PROMPT.len() - 1
        )?;
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
