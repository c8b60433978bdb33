//! `bench --forms`: the machine of one matrix in its three forms, cells × cycles over the density of
//! spikes: of the whole machine, and of its matrix unit alone.
//!
//! ```text
//!  matrix ─┬─► dense ─┬─► estimates, cycle model ──► predicted ─► crossover
//!          ├─► event ─┼─► Yosys, nextpnr ─┐
//!          └─► baked ─┴─► simulation ─────┴────────► measured ──► crossover
//! ```
//!
//! All evaluate as many synapses a cycle. Dense and event differ in how many of them matter, dense and
//! baked in where the weights are.

use super::BenchError;
use super::area::progress;
use super::cost::{CELLS_ERROR_MAX, Synthesis};
use super::draw::Draw;
use crate::pipeline::machine::{Arrivals, Session};
use crate::reference::machine::MachineReference;
use crate::tools::Cache;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::cost::estimate;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;
use weights::config::{DesignFile, Form};
use weights::sample;

/// Rows and columns of the matrix.
const SIZE: usize = 64;
/// Lanes and slots of each form; synapses a cycle are those of one plane.
const SHAPES: [(Form, usize, usize); 3] =
    [(Form::Dense, 4, 16), (Form::Event, SIZE, 16), (Form::Baked, 4, 16)];
/// Densities that are drawn, in percent of the columns that spike.
const DENSITIES: [u64; 7] = [5, 10, 20, 30, 40, 50, 60];
/// Vectors that follow each other.
const VECTORS: usize = 24;
/// Seed of the matrix.
const SEED: u64 = 1;

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
    /// The whole machine, while a vector is under way.
    pub machine: PartCost,
    /// Its matrix unit alone, in the cycles in which its array works.
    pub unit: PartCost,
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
    /// The same of the matrix units alone.
    pub unit_crossover: [Option<f64>; 2],
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
    /// Whether the predictions hold for the machine and for its matrix unit.
    pub fn holds(&self) -> bool {
        self.machine.holds() && self.unit.holds()
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
        let program = program(form, lanes, slots)?;
        let hardware = check(&Machine::new(&program).module())?;
        let part = |hardware: &Checked| {
            let (predicted, (cells, block_rams)) = (estimate(hardware), synthesise(hardware)?);
            let block_rams = [predicted.block_rams, block_rams];
            let cells = [predicted.cells(), cells];
            Ok::<_, BenchError>(PartCost { cells, block_rams, cycles: vec![] })
        };
        let (mut machine, mut unit) = (part(&hardware)?, part(&unit_of(&hardware)?)?);
        let observed = check(&Machine::observed(&program).module())?;
        for density in DENSITIES {
            let [of_machine, of_unit] = cycles(&program, &observed, vectors(density))?;
            machine.cycles.push(of_machine);
            unit.cycles.push(of_unit);
        }
        bar.inc(1);
        Ok(FormRow { form: form.name(), machine, unit })
    };
    let rows = SHAPES.par_iter().with_max_len(1).map(row).collect::<Result<Vec<_>, BenchError>>();
    bar.finish_and_clear();
    Ok(FormReport::new(rows?, conditions))
}

/// The matrix unit of a machine: weights, array, drain.
fn unit_of(machine: &Checked) -> Result<Checked, BenchError> {
    let unit = machine.modules().iter().find(|module| module.name == "matrix_unit");
    Ok(check(unit.expect("every machine has one"))?)
}

/// Cycles a vector of the machine and of its array, each predicted and measured.
fn cycles(
    program: &Program,
    hardware: &Checked,
    vectors: Vec<Vec<i64>>,
) -> Result<[[f64; 2]; 2], BenchError> {
    let what = program.parameters.form.name();
    let fault = |failure| BenchError::Machine { what, failure };
    let (simulation, reference) = (NativeSimulation::new(hardware), MachineReference::new(program));
    let image = MachineImage::new(program)?;
    let mut session = Session::new(simulation, &image, reference).map_err(fault)?;
    let count = vectors.len() as f64;
    let talk = session.stream(&Arrivals::Vectors(vectors), || 0, |_| ());
    if let Some(failure) = talk.failure {
        return Err(fault(failure));
    }
    let mut sums = [[0u64; 2]; 2];
    for token in &talk.tokens {
        let predicted = token.predicted(program);
        let found = &token.counters;
        sums[0][0] += predicted.total;
        sums[0][1] += u64::from(found.cycles);
        sums[1][0] += predicted.array_busy;
        sums[1][1] += u64::from(found.array_cycles);
    }
    Ok(sums.map(|pair| pair.map(|cycles| cycles as f64 / count)))
}

/// The matrix on a machine of one plane.
fn program(form: Form, lanes: usize, slots: usize) -> Result<Program, BenchError> {
    let settings = [
        format!("array.form={}", form.name()),
        format!("array.lanes={lanes}"),
        format!("array.slots={slots}"),
        "array.planes=1".to_owned(),
        "array.acc_width=10".to_owned(),
        "machine.elements=4".to_owned(),
    ];
    let design = DesignFile::bundled().with_settings(&settings)?.design;
    Ok(lower(&sample::matrix(SEED, (SIZE, SIZE), 1), &design)?)
}

/// Vectors of spikes of either sign, on so many percent of the columns.
fn vectors(density: u64) -> Vec<Vec<i64>> {
    let mut draws = Draw::new(density);
    (0..VECTORS).map(|_| (0..SIZE).map(|_| draws.spike(density).into()).collect()).collect()
}

/// Percent of the columns that spike.
fn spiking(vectors: &[Vec<i64>]) -> f64 {
    let all = vectors.iter().flatten();
    let spikes = all.clone().filter(|&&value| value != 0).count();
    100.0 * spikes as f64 / all.count() as f64
}

impl FormReport {
    /// Dense first, then event.
    pub(super) fn new(rows: Vec<FormRow>, conditions: Vec<String>) -> FormReport {
        let densities = DENSITIES.map(|density| spiking(&vectors(density)));
        let of = |part: fn(&FormRow) -> &PartCost| {
            [0, 1].map(|side| crossover(&densities, part(&rows[0]), part(&rows[1]), side))
        };
        let (crossover, unit_crossover) = (of(|row| &row.machine), of(|row| &row.unit));
        let densities = densities.to_vec();
        FormReport { rows, densities, crossover, unit_crossover, conditions }
    }

    /// Whether every prediction holds.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(FormRow::holds)
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
        for FormRow { form, machine, unit } in &self.rows {
            for (what, part) in [("machine", machine), ("matrix unit", unit)] {
                let (cells, rams) = (pair(part.cells), pair(part.block_rams));
                let missed = if part.holds() { "" } else { "  MISSED" };
                writeln!(f, "  {form} {what:<11}  cells {cells}; block RAM {rams}{missed}")?;
            }
            writeln!(f, "    cycles a vector {:>20}{:>20}", "machine", "array works")?;
            for (at, density) in self.densities.iter().enumerate() {
                let cycles = |part: &PartCost| part.cycles[at].map(|cycles| format!("{cycles:.1}"));
                let (machine, unit) = (cycles(machine).join(", "), cycles(unit).join(", "));
                writeln!(f, "    {density:>5.1} % spike   {machine:>20}{unit:>20}")?;
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
        writeln!(f, "  the same of the matrix units alone: {}", text(self.unit_crossover))?;
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
