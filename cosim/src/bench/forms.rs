//! `bench --forms`: one matrix in its three forms, cells × cycles over the density of spikes.
//!
//! ```text
//!  matrix ─┬─► dense ─┬─► hdl::cost, form_cycles ──► predicted ─► crossover
//!          ├─► event ─┼─► Yosys, nextpnr ─┐
//!          └─► baked ─┴─► simulation ─────┴────────► measured ──► crossover
//! ```
//!
//! Dense and event evaluate as many synapses a cycle, so what decides is how many of them matter.

use super::BenchError;
use super::area::progress;
use super::cost::Synthesis;
use super::draw::Draw;
use crate::harness::{Harness, Layer, LayerVector, Stalls};
use crate::tools::Cache;
use firmware::driver::OutputMode;
use firmware::engine::EngineParameters;
use hdl::check::check;
use hdl::cost::estimate;
use hdl::simulator::NativeSimulation;
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
/// Densities, in percent of the columns that spike.
const DENSITIES: [u64; 7] = [5, 10, 20, 30, 40, 50, 60];
/// Vectors that follow each other.
const VECTORS: usize = 24;

/// One form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormRow {
    /// Its name.
    pub form: &'static str,
    /// Cells of the whole engine, predicted and measured.
    pub cells: [u64; 2],
    /// Block RAMs of it, predicted and measured.
    pub block_rams: [u64; 2],
    /// Cycles a vector at each density, predicted and measured.
    pub cycles: Vec<[f64; 2]>,
}

/// All forms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FormReport {
    /// One row a form.
    pub rows: Vec<FormRow>,
    /// Percent of the columns that spike.
    pub densities: Vec<u64>,
    /// Percent below which events take fewer cells × cycles than dense, predicted and measured.
    pub crossover: [Option<f64>; 2],
    /// How the figures came about.
    pub conditions: Vec<String>,
}

/// Measures the three forms; minutes the first time, seconds after that.
pub(crate) fn measure(cache: &Cache) -> Result<FormReport, BenchError> {
    let synthesis = Synthesis::new(cache)?;
    let bar = progress(SHAPES.len() as u64, "synthesise");
    let row = |&(form, lanes, slots): &(Form, usize, usize)| {
        let layer = layer(form, lanes, slots)?;
        let hardware = check(&layer.generator().module())?;
        let (predicted, measured) = (estimate(&hardware), synthesis.measure(&hardware)?);
        let cycles = DENSITIES.iter().map(|&density| {
            let vectors = vectors(density);
            let expected = layer.predicted(&vectors);
            let mut harness = Harness::new(NativeSimulation::new(&hardware));
            let fault = |error| BenchError::Layer { matrix: form.name().to_owned(), error };
            layer.load(&mut harness).map_err(fault)?;
            let mut stalls = Stalls::none();
            let run = layer
                .run(&mut harness, &vectors, OutputMode::Currents, &mut stalls)
                .map_err(fault)?;
            let each = |end: u64| end as f64 / VECTORS as f64;
            let found = run.cycles.last().copied().unwrap_or_default() - run.begin;
            Ok([each(expected.last().copied().unwrap_or_default()), each(found)])
        });
        let cycles = cycles.collect::<Result<Vec<_>, BenchError>>()?;
        bar.inc(1);
        Ok(FormRow {
            form: form.name(),
            cells: [predicted.cells(), measured.cells],
            block_rams: [predicted.block_rams, measured.block_rams],
            cycles,
        })
    };
    let rows = SHAPES.par_iter().with_max_len(1).map(row).collect::<Result<Vec<_>, BenchError>>();
    bar.finish_and_clear();
    let rows = rows?;
    let crossover = [0, 1].map(|side| crossover(&rows[0], &rows[1], side));
    let conditions = synthesis.conditions();
    Ok(FormReport { rows, densities: DENSITIES.to_vec(), crossover, conditions })
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

/// The density at which events take as many cells × cycles as dense, between two that were taken.
fn crossover(dense: &FormRow, event: &FormRow, side: usize) -> Option<f64> {
    let excess = |at: usize| {
        let product = |row: &FormRow| row.cells[side] as f64 * row.cycles[at][side];
        product(event) / product(dense) - 1.0
    };
    (1..DENSITIES.len()).find_map(|at| {
        let (before, after) = (excess(at - 1), excess(at));
        let (low, high) = (DENSITIES[at - 1] as f64, DENSITIES[at] as f64);
        (before <= 0.0 && after > 0.0).then(|| low + (high - low) * before.abs() / (after - before))
    })
}

impl fmt::Display for FormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Forms of a matrix of {SIZE} x {SIZE}, one plane; each predicted, measured")?;
        let pair = |[predicted, measured]: [u64; 2]| format!("{predicted}, {measured}");
        for row in &self.rows {
            let (cells, rams) = (pair(row.cells), pair(row.block_rams));
            writeln!(f, "  {:<6} cells {cells}; block RAM {rams}; cycles a vector", row.form)?;
            for (density, [predicted, measured]) in self.densities.iter().zip(&row.cycles) {
                writeln!(f, "    {density:>3} % spike {predicted:>8.1}, {measured:>6.1}")?;
            }
        }
        let [predicted, measured] = self.crossover.map(|density| match density {
            Some(density) => format!("{density:.0} %"),
            None => "none in this range".to_owned(),
        });
        writeln!(f, "  event below dense in cells x cycles up to: {predicted}, {measured}")?;
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
