//! `bench --spikes`: what spikes buy. The bundled spiking network on machines of one plane, their array
//! dense or one of events: cells, cycles, fetched words and energy of the same text.
//!
//! ```text
//!  SpikeGPT ─► lower ─┬─► dense machines ─┬─► estimates, Yosys ──────────► cells ──┐
//!                     └─► event machines ─┴─► reference, cycle model ─► cycles ────┴─► cells × cycles
//! ```
//!
//! All compute the same numbers; `run` proves each equal to the reference, and its cycles exact.

use super::BenchError;
use super::area::progress;
use super::cost::Synthesis;
use crate::explore::activity::{Activity, activity};
use crate::tools::Cache;
use firmware::lower::lower;
use firmware::machine::Program;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::cost::estimate;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use weights::bundled;
use weights::config::{DesignFile, Form};
use weights::import;
use weights::network::Network;

/// Form, lanes and slots of the machines: dense ones, then those of events from as many rows a cycle on.
const SHAPES: [(Form, usize, usize); 6] = [
    (Form::Dense, 8, 8),
    (Form::Dense, 16, 16),
    (Form::Event, 16, 16),
    (Form::Event, 32, 16),
    (Form::Event, 64, 16),
    (Form::Event, 128, 16),
];
/// Tokens of the text, and the ids that it begins with.
const TOKENS: usize = 64;
const PROMPT: usize = 16;

/// One machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpikeRow {
    /// How its array meets a train.
    pub form: Form,
    /// Rows that its array takes at once.
    pub lanes: usize,
    /// Columns of a train word; of weights too, if it is dense.
    pub slots: usize,
    /// Cells of the whole machine, predicted.
    pub machine_cells: u64,
    /// Block RAMs of it.
    pub block_rams: u64,
    /// Cells of its matrix unit, predicted and, if it was synthesised, measured.
    pub unit_cells: [Option<u64>; 2],
    /// Mean cycles of a token.
    pub cycles: f64,
    /// Those in which a word enters the array: words that are fetched.
    pub words: f64,
    /// Mean bits of weights that are fetched for a token.
    pub bits: f64,
    /// Nanojoules of a token: the matrices, the vector unit.
    pub nanojoules: [f64; 2],
    /// Part of the columns that spike, each counted for every weight that it meets; of an array of
    /// events.
    pub rate: Option<f64>,
}

/// All machines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpikeReport {
    /// Name of the network.
    pub network: String,
    /// Dense machines first.
    pub rows: Vec<SpikeRow>,
    /// How the figures came about.
    pub conditions: Vec<String>,
}

impl SpikeRow {
    /// Cells of the matrix unit, measured if they were.
    fn cells(&self) -> f64 {
        let [predicted, measured] = self.unit_cells;
        measured.or(predicted).unwrap_or_default() as f64
    }

    /// Cells × cycles of the machine, and of the matrix unit in the cycles in which its array works.
    pub fn products(&self) -> [f64; 2] {
        [self.machine_cells as f64 * self.cycles, self.cells() * self.words]
    }
}

impl SpikeReport {
    /// The rate at which the cheapest unit of events takes as many cells × cycles as the cheapest dense
    /// one. Words of events grow with the rate; those of a dense array hardly do.
    pub fn crossing(&self) -> Option<f64> {
        let least = |event: bool| {
            let rows = self.rows.iter().filter(|row| (row.form == Form::Event) == event);
            rows.min_by(|a, b| a.products()[1].total_cmp(&b.products()[1]))
        };
        let (dense, event) = (least(false)?, least(true)?);
        Some(event.rate? * dense.products()[1] / event.products()[1])
    }
}

/// Measures all machines: cells by synthesis too, minutes the first time and seconds after that.
pub(crate) fn measure(cache: &Cache) -> Result<SpikeReport, BenchError> {
    let synthesis = Synthesis::new(cache)?;
    measure_with(synthesis.conditions(), |unit| Ok(Some(synthesis.measure(unit)?.cells)))
}

/// The same, with the cells of a matrix unit from `synthesise`.
pub(super) fn measure_with(
    conditions: Vec<String>,
    synthesise: impl Fn(&Checked) -> Result<Option<u64>, BenchError>,
) -> Result<SpikeReport, BenchError> {
    let network = import::import(Path::new(bundled::MODEL))?;
    let bar = progress(SHAPES.len() as u64, "synthesise");
    let row = |&shape: &(Form, usize, usize)| {
        let row = row(&network, shape, &synthesise);
        bar.inc(1);
        row
    };
    let rows = SHAPES.iter().map(row).collect::<Result<Vec<_>, BenchError>>();
    bar.finish_and_clear();
    Ok(SpikeReport { network: network.name.clone(), rows: rows?, conditions })
}

fn row(
    network: &Network,
    (form, lanes, slots): (Form, usize, usize),
    synthesise: impl Fn(&Checked) -> Result<Option<u64>, BenchError>,
) -> Result<SpikeRow, BenchError> {
    let settings = [
        format!("array.form={}", form.name()),
        format!("array.lanes={lanes}"),
        format!("array.slots={slots}"),
        "array.planes=1".to_owned(),
    ];
    let design = DesignFile::spiking().with_settings(&settings)?.design;
    let program: Program = lower(network, &design)?;
    let machine = check(&Machine::new(&program).module())?;
    let is_unit = |name: &str| name == "matrix_unit";
    let unit = machine.modules().iter().find(|module| is_unit(&module.name));
    let unit = check(unit.expect("every machine has one"))?;
    let (cells, unit_cells) = (estimate(&machine), estimate(&unit).cells());
    let prompt: Vec<u32> = (0..PROMPT as u32).map(|id| id % network.vocabulary as u32).collect();
    let found: Activity = activity(&program, &prompt, TOKENS)?;
    let each = |sum: u64| sum as f64 / found.tokens.max(1) as f64;
    let energy = found.work.energy();
    // A thousand picojoules are a nanojoule.
    let nanojoules = |picojoules: f64| picojoules / found.tokens.max(1) as f64 / 1000.0;
    Ok(SpikeRow {
        form,
        lanes,
        slots,
        machine_cells: cells.cells(),
        block_rams: cells.block_rams,
        unit_cells: [Some(unit_cells), synthesise(&unit)?],
        cycles: each(found.cycles),
        words: each(found.words),
        bits: each(found.work.fetched_bits),
        nanojoules: [energy.total() - energy.vector, energy.vector].map(nanojoules),
        rate: (form == Form::Event).then(|| found.met[0] as f64 / found.met[1] as f64),
    })
}

impl fmt::Display for SpikeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = &self.network;
        writeln!(f, "{network} on one plane, dense and by events; mean of {TOKENS} tokens")?;
        writeln!(
            f,
            "  {:<18}{:>9}{:>6}{:>16}{:>9}{:>8}{:>9}{:>9}{:>9}{:>11}{:>11}",
            "array",
            "cells",
            "RAM",
            "matrix unit",
            "cycles",
            "words",
            "kbit",
            "nJ",
            "nJ",
            "cells x",
            "cells x"
        )?;
        writeln!(
            f,
            "  {:<18}{:>9}{:>6}{:>16}{:>9}{:>8}{:>9}{:>9}{:>9}{:>11}{:>11}",
            "",
            "",
            "",
            "model, Yosys",
            "a token",
            "fetched",
            "fetched",
            "matrices",
            "vectors",
            "cycles, M",
            "words, M"
        )?;
        for row in &self.rows {
            let array = match row.form {
                Form::Event => format!("event {} rows", row.lanes),
                _ => format!("dense {} x {}", row.lanes, row.slots),
            };
            let cells = row.unit_cells.map(|cells| cells.map_or("-".into(), |it| it.to_string()));
            let [machine, unit] = row.products().map(|product| product / 1e6);
            let [matrices, vectors] = row.nanojoules;
            writeln!(
                f,
                "  {array:<18}{:>9}{:>6}{:>16}{:>9.0}{:>8.0}{:>9.1}{matrices:>9.1}{vectors:>9.1}\
                 {machine:>11.1}{unit:>11.2}",
                row.machine_cells,
                row.block_rams,
                cells.join(", "),
                row.cycles,
                row.words,
                row.bits / 1e3,
            )?;
        }
        let rate = self.rows.iter().find_map(|row| row.rate).unwrap_or_default();
        writeln!(
            f,
            "  {:.1} % of the columns spike, each counted for every weight that it meets",
            100.0 * rate
        )?;
        match self.crossing() {
            Some(crossing) => writeln!(
                f,
                "  events take fewer cells x words than the best dense unit up to {:.0} %",
                100.0 * crossing
            )?,
            None => writeln!(f, "  no machine of events to compare")?,
        }
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
