//! `bench --forms`: one matrix in its three forms, cells × cycles over the density of spikes: of the
//! whole engine, and of its array alone.
//!
//! ```text
//!  matrix ─┬─► dense ─┬─► estimates, form_cycles ──► predicted ─► crossover
//!          ├─► event ─┼─► Yosys, nextpnr ─┐
//!          └─► baked ─┴─► simulation ─────┴────────► measured ──► crossover
//! ```
//!
//! Dense and event evaluate as many synapses a cycle, so what decides is how many of them matter.

use super::BenchError;
use super::area::progress;
use super::cost::{CELLS_ERROR_MAX, Synthesis};
use super::draw::Draw;
use crate::harness::{Harness, Layer, LayerVector, Stalls};
use crate::tools::Cache;
use firmware::driver::OutputMode;
use firmware::engine::EngineParameters;
use hdl::language::check::{Checked, check};
use hdl::language::cost::estimate;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;
use weights::config::{DesignFile, Form};
use weights::numeric::Trit;

/// Rows and columns of the matrix.
const SIZE: usize = 64;
/// Lanes and slots of each form; synapses a cycle are those of one plane.
const SHAPES: [(Form, usize, usize); 3] =
    [(Form::Dense, 4, 16), (Form::Event, SIZE, 16), (Form::Baked, SIZE, SIZE)];
/// Densities that are drawn, in percent of the columns that spike.
const DENSITIES: [u64; 7] = [5, 10, 20, 30, 40, 50, 60];
/// Percent below which an event array was expected to win when the forms were designed.
const ARRAY_CROSSOVER_EXPECTED: u64 = 29;
/// Vectors that follow each other.
const VECTORS: usize = 24;

/// What a part of the hardware takes; each predicted and measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PartCost {
    /// Cells.
    pub cells: [u64; 2],
    /// Block RAMs.
    pub block_rams: [u64; 2],
    /// Cycles a vector at each density.
    pub cycles: Vec<[f64; 2]>,
}

/// One form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormRow {
    /// Its name.
    pub form: &'static str,
    /// The whole engine, from the first beat of spikes to the last result.
    pub engine: PartCost,
    /// Its array alone, in the cycles in which it works.
    pub array: PartCost,
}

/// All forms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormReport {
    /// One row a form.
    pub rows: Vec<FormRow>,
    /// Percent of the columns that spike in the vectors that were drawn.
    pub densities: Vec<f64>,
    /// Percent below which events take fewer cells × cycles than dense, predicted and measured.
    pub crossover: [Option<f64>; 2],
    /// The same of the arrays alone.
    pub array_crossover: [Option<f64>; 2],
    /// How the figures came about.
    pub conditions: Vec<String>,
}

impl PartCost {
    /// Whether cells are close enough, and block RAMs and cycles exact.
    fn holds(&self) -> bool {
        let cells = self.cells.map(|cells| cells as f64);
        (cells[0] - cells[1]).abs() <= CELLS_ERROR_MAX * cells[1]
            && self.block_rams[0] == self.block_rams[1]
            && self.cycles.iter().all(|[predicted, measured]| predicted == measured)
    }

    fn product(&self, at: usize, side: usize) -> f64 {
        self.cells[side] as f64 * self.cycles[at][side]
    }
}

impl FormRow {
    /// Whether the predictions hold for the engine and for its array.
    pub fn holds(&self) -> bool {
        self.engine.holds() && self.array.holds()
    }
}

/// Measures the three forms; minutes the first time, seconds after that.
pub(crate) fn measure(cache: &Cache) -> Result<FormReport, BenchError> {
    let synthesis = Synthesis::new(cache)?;
    measure_with(synthesis.conditions(), |hardware| {
        let packed = synthesis.measure(hardware)?;
        Ok((packed.cells, packed.block_rams))
    })
}

/// The same, with cells and block RAMs of a design from `synthesise`.
pub(super) fn measure_with(
    conditions: Vec<String>,
    synthesise: impl Fn(&Checked) -> Result<(u64, u64), BenchError> + Sync,
) -> Result<FormReport, BenchError> {
    let bar = progress(SHAPES.len() as u64, "synthesise");
    let row = |&(form, lanes, slots): &(Form, usize, usize)| {
        let layer = layer(form, lanes, slots)?;
        let hardware = check(&layer.generator().module())?;
        let part = |hardware: &Checked| {
            let (predicted, (cells, block_rams)) = (estimate(hardware), synthesise(hardware)?);
            let block_rams = [predicted.block_rams, block_rams];
            let cells = [predicted.cells(), cells];
            Ok::<_, BenchError>(PartCost { cells, block_rams, cycles: vec![] })
        };
        let (mut engine, mut array) = (part(&hardware)?, part(&array_of(&hardware)?)?);
        for density in DENSITIES {
            let [of_engine, of_array] = cycles(&layer, &hardware, &vectors(density))?;
            engine.cycles.push(of_engine);
            array.cycles.push(of_array);
        }
        bar.inc(1);
        Ok(FormRow { form: form.name(), engine, array })
    };
    let rows = SHAPES.par_iter().with_max_len(1).map(row).collect::<Result<Vec<_>, BenchError>>();
    bar.finish_and_clear();
    Ok(FormReport::new(rows?, conditions))
}

/// The array of an engine: all that multiplies and adds, with its accumulators.
fn array_of(engine: &Checked) -> Result<Checked, BenchError> {
    let arrays = ["accumulator_array", "event_array", "baked_array"];
    let is_array = |name: &str| arrays.contains(&name);
    let array = engine.modules().iter().find(|module| is_array(&module.name));
    Ok(check(array.expect("every form has one of the arrays"))?)
}

/// Cycles a vector of the engine and of its array, each predicted and measured.
fn cycles(
    layer: &Layer,
    hardware: &Checked,
    vectors: &[LayerVector],
) -> Result<[[f64; 2]; 2], BenchError> {
    let fault = |error| {
        let matrix = layer.engine.form.name().to_owned();
        BenchError::Layer { matrix, error }
    };
    let mut harness = Harness::new(NativeSimulation::new(hardware));
    layer.load(&mut harness).map_err(fault)?;
    let mut stalls = Stalls::none();
    let run = layer.run(&mut harness, vectors, OutputMode::Currents, &mut stalls).map_err(fault)?;
    let end = layer.predicted(vectors).pop().unwrap_or_default();
    let found = run.cycles.last().copied().unwrap_or_default() - run.begin;
    let worked = u64::from(run.counters.array_cycles) * layer.entry_cycles();
    let each = |cycles: u64| cycles as f64 / vectors.len() as f64;
    Ok([[end, found], [layer.array_cycles(vectors), worked]].map(|pair| pair.map(each)))
}

/// The matrix on an engine of the bundled design's neurons, one plane.
fn layer(form: Form, lanes: usize, slots: usize) -> Result<Layer, BenchError> {
    let settings = ["array.planes=1", "array.radix=unary", "array.acc_width=10"];
    let settings: Vec<String> = settings.map(str::to_owned).to_vec();
    let design = DesignFile::bundled().with_settings(&settings)?.design;
    let engine = EngineParameters {
        form,
        lanes,
        slots,
        weight_depth: if form == Form::Baked { 2 } else { 64 },
        spike_depth: 64,
        rows_max: SIZE,
        ..EngineParameters::from(&design)
    };
    let mut bits = Draw::new(1);
    let trits: Vec<Trit> = (0..SIZE * SIZE).map(|_| bits.trit()).collect();
    let fault = |error| BenchError::Layer { matrix: form.name().to_owned(), error };
    let thresholds = vec![1; SIZE];
    Layer::new(&engine, (SIZE, SIZE), &trits, thresholds, 1).map_err(fault)
}

/// Vectors of one plane in which so many percent of the columns spike.
fn vectors(density: u64) -> Vec<LayerVector> {
    let mut bits = Draw::new(density);
    (0..VECTORS).map(|_| vec![(0..SIZE).map(|_| bits.spike(density)).collect()]).collect()
}

/// Percent of the columns that spike.
fn spiking(vectors: &[LayerVector]) -> f64 {
    let trits: Vec<Trit> = vectors.iter().flatten().flatten().copied().collect();
    let spikes = trits.iter().filter(|&&trit| trit != 0).count();
    100.0 * spikes as f64 / trits.len() as f64
}

impl FormReport {
    /// Dense first, then event.
    pub(super) fn new(rows: Vec<FormRow>, conditions: Vec<String>) -> FormReport {
        let densities = DENSITIES.map(|density| spiking(&vectors(density)));
        let of = |part: fn(&FormRow) -> &PartCost| {
            [0, 1].map(|side| crossover(&densities, part(&rows[0]), part(&rows[1]), side))
        };
        let (crossover, array_crossover) = (of(|row| &row.engine), of(|row| &row.array));
        let densities = densities.to_vec();
        FormReport { rows, densities, crossover, array_crossover, conditions }
    }
}

/// The density at which events take as many cells × cycles as dense, between two that were taken.
fn crossover(densities: &[f64], dense: &PartCost, event: &PartCost, side: usize) -> Option<f64> {
    let excess = |at: usize| event.product(at, side) / dense.product(at, side) - 1.0;
    (1..densities.len()).find_map(|at| {
        let (before, after) = (excess(at - 1), excess(at));
        let (low, high) = (densities[at - 1], densities[at]);
        (before <= 0.0 && after > 0.0).then(|| low + (high - low) * before.abs() / (after - before))
    })
}

impl fmt::Display for FormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Forms of a matrix of {SIZE} x {SIZE}, one plane; each predicted, measured")?;
        let pair = |[predicted, measured]: [u64; 2]| format!("{predicted}, {measured}");
        for FormRow { form, engine, array } in &self.rows {
            for (what, part) in [("engine", engine), ("array", array)] {
                let (cells, rams) = (pair(part.cells), pair(part.block_rams));
                let missed = if part.holds() { "" } else { "  MISSED" };
                writeln!(f, "  {form} {what:<6}  cells {cells}; block RAM {rams}{missed}")?;
            }
            writeln!(f, "    cycles a vector {:>20}{:>20}", "engine", "array works")?;
            for (at, density) in self.densities.iter().enumerate() {
                let cycles = |part: &PartCost| part.cycles[at].map(|cycles| format!("{cycles:.1}"));
                let (engine, array) = (cycles(engine).join(", "), cycles(array).join(", "));
                writeln!(f, "    {density:>5.1} % spike   {engine:>20}{array:>20}")?;
            }
        }
        let text = |crossover: [Option<f64>; 2]| {
            let side = |density: Option<f64>| match density {
                Some(density) => format!("{density:.0} %"),
                None => "none in this range".to_owned(),
            };
            crossover.map(side).join(", ")
        };
        writeln!(f, "  event below dense in cells x cycles up to: {}", text(self.crossover))?;
        let arrays = text(self.array_crossover);
        let expected = ARRAY_CROSSOVER_EXPECTED;
        writeln!(f, "  the same of the arrays alone: {arrays}; about {expected} % were expected")?;
        writeln!(f, "  {}", self.reason())?;
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl FormReport {
    /// Whether every prediction holds.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(FormRow::holds)
    }

    /// Why the two crossovers differ, in measured cells.
    fn reason(&self) -> String {
        let [dense, event] = [&self.rows[0], &self.rows[1]];
        let around = |row: &FormRow| row.engine.cells[1].saturating_sub(row.array.cells[1]);
        let each = |row: &FormRow| row.array.cells[1] as f64 / SIZE as f64;
        format!(
            "An array alone crosses at {:.1} cells a synapse over {:.1} cells a row of events; the \
             {} and {} cells around them bring the engines together.",
            each(dense),
            each(event),
            around(dense),
            around(event),
        )
    }
}
