//! Stage 4: every matrix on the engine, in both output modes, against the reference.

use super::{Job, Lowered};
use crate::harness::{Harness, Layer, LayerError, LayerResults, LayerVector, Stalls};
use crate::lockstep::{Comparison, Difference, Quantity, compare};
use crate::tools::ToolError;
use crate::verilated::CompiledModel;
use firmware::driver::{Counters, OutputMode};
use hdl::language::simulation::Simulation;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use weights::packing::unpack_word;

/// A waveform to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The VCD file.
    pub path: PathBuf,
    /// First cycle.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
}

/// What came of one matrix.
#[derive(Clone, Debug, Default)]
pub struct MatrixRun {
    /// Values that were compared and equal.
    pub equal: u64,
    /// Values that differ or never came.
    pub mismatches: u64,
    /// The first difference.
    pub first: Option<Difference>,
    /// Why the engine did not finish.
    pub fault: Option<String>,
    /// Currents of the RTL, by token; those of the run that failed are missing.
    pub currents: Vec<Vec<i64>>,
    /// Spikes of the RTL, by token.
    pub spikes: Vec<Vec<i64>>,
    /// Cycle in which the spikes of each token had left.
    pub spike_cycles: Vec<u64>,
    /// Cycles from the first beat of spikes in to the last spike out, of the run that emits spikes.
    pub cycles: u64,
    /// The engine's counters of that run.
    pub counters: Counters,
    /// Cycles simulated in all: loading, both runs, registers.
    pub simulated_cycles: u64,
    /// Wall time of the simulation.
    pub elapsed: Duration,
}

/// What came of all matrices.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// One run a job, in their order.
    pub runs: Vec<MatrixRun>,
    /// Wall time of all.
    pub elapsed: Duration,
}

impl Verified {
    /// Values that differ or never came.
    pub fn mismatches(&self) -> u64 {
        self.runs.iter().map(|run| run.mismatches).sum()
    }

    /// The first difference in the order of the run: token, matrix, currents before spikes, channel.
    pub fn first(&self) -> Option<&Difference> {
        self.runs.iter().filter_map(|run| run.first.as_ref()).min_by_key(|first| first.order())
    }

    /// The first matrix on which the engine did not finish, and why.
    pub fn fault(&self) -> Option<(usize, &str)> {
        let fault = |(index, run): (usize, &'_ MatrixRun)| Some((index, run.fault.clone()?));
        let (index, _) = self.runs.iter().enumerate().find_map(fault)?;
        Some((index, self.runs[index].fault.as_deref()?))
    }
}

/// Simulates every job, each in a simulation of its own, as many at once as there are cores.
/// There is one model for all jobs, or one a job.
///
/// # Errors
/// If a simulation cannot be made. That values differ is a result, not an error.
pub fn verify(lowered: &Lowered, models: &[CompiledModel]) -> Result<Verified, ToolError> {
    let begin = Instant::now();
    // Not drawn where the standard error is no terminal.
    let bar = ProgressBar::new(lowered.jobs.len() as u64).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} matrices  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let run = |(index, job): (usize, &Job)| {
        let run = verify_matrix(job, &models[index % models.len()], None);
        bar.set_message(job.name.clone());
        bar.inc(1);
        run
    };
    let runs = lowered.jobs.par_iter().enumerate().map(run).collect::<Result<Vec<_>, ToolError>>();
    bar.finish_and_clear();
    Ok(Verified { runs: runs?, elapsed: begin.elapsed() })
}

/// Simulates one job from reset: load, currents of every token, spikes of every token. A replay
/// takes the same way, so that it meets every value in the same cycle.
///
/// # Errors
/// If the simulation cannot be made, or the waveform not be written.
pub fn verify_matrix(
    job: &Job,
    model: &CompiledModel,
    trace: Option<&Trace>,
) -> Result<MatrixRun, ToolError> {
    let begin = Instant::now();
    let (simulation, waveform) = match trace {
        None => (model.simulate()?, None),
        Some(trace) => {
            let window = trace.from..=trace.to;
            let (simulation, waveform) = model.simulate_traced(&trace.path, window)?;
            (simulation, Some(waveform))
        }
    };
    let mut harness = Harness::new(simulation);
    let mut run = MatrixRun::default();
    let (vectors, currents) = (job.vectors(), job.currents());
    let spikes = job.layer.spikes(&currents);
    let values = |side: &[Vec<i64>]| side.iter().map(Vec::len).sum::<usize>() as u64;
    let total = values(&currents) + values(&spikes);
    match both_modes(job, &mut harness, &vectors) {
        Ok((mut got_currents, mut got_spikes)) => {
            run.note(job, Quantity::Current, &currents, &got_currents);
            run.note(job, Quantity::Spike, &spikes, &got_spikes);
            run.cycles = got_spikes.cycles.last().map_or(0, |end| end - got_spikes.begin);
            run.counters = got_spikes.counters;
            run.currents = std::mem::take(&mut got_currents.values);
            run.spikes = std::mem::take(&mut got_spikes.values);
            run.spike_cycles = std::mem::take(&mut got_spikes.cycles);
        }
        Err(error) => {
            // What never came was not equal.
            run.mismatches = total;
            run.fault = Some(explain_fault(job, &error));
        }
    }
    run.simulated_cycles = harness.cycles();
    run.elapsed = begin.elapsed();
    drop(harness);
    waveform.map_or(Ok(()), |waveform| waveform.require_whole())?;
    Ok(run)
}

fn both_modes<S: Simulation>(
    job: &Job,
    harness: &mut Harness<S>,
    vectors: &[LayerVector],
) -> Result<(LayerResults, LayerResults), LayerError> {
    let layer: &Layer = &job.layer;
    layer.load(harness)?;
    let currents = layer.run(harness, vectors, OutputMode::Currents, &mut Stalls::none())?;
    let spikes = layer.run(harness, vectors, OutputMode::Spikes, &mut Stalls::none())?;
    Ok((currents, spikes))
}

impl MatrixRun {
    /// Compares one mode and notes what differs.
    fn note(&mut self, job: &Job, quantity: Quantity, expected: &[Vec<i64>], got: &LayerResults) {
        let Comparison { equal, different, first } = compare(expected, &got.values);
        self.equal += equal;
        self.mismatches += different;
        let Some((token, channel)) = first else { return };
        let found = Difference::of(job, quantity, (token, channel), expected, got);
        if self.first.as_ref().is_none_or(|first| found.order() < first.order()) {
            self.first = Some(found);
        }
    }
}

impl Difference {
    fn of(
        job: &Job,
        quantity: Quantity,
        (token, channel): (usize, usize),
        expected: &[Vec<i64>],
        got: &LayerResults,
    ) -> Difference {
        let tiling = &job.layer.tiling;
        let (row_tile, rows, mut words) = Difference::tile(tiling, channel);
        if job.layer.words() == 0 {
            words = 0..0;
        }
        let value = |side: &[Vec<i64>]| {
            side.get(token).and_then(|values| values.get(channel)).copied().unwrap_or_default()
        };
        Difference {
            token,
            matrix_index: job.index,
            matrix: job.name.clone(),
            quantity,
            channel,
            channels: tiling.rows,
            reference: value(expected),
            rtl: value(&got.values),
            row_tile,
            rows,
            words,
            cycle: got.cycles.get(token).copied().unwrap_or_default(),
        }
    }
}

/// Names the matrix, and the word of its image where that explains the engine's complaint.
fn explain_fault(job: &Job, error: &LayerError) -> String {
    let engine = &job.layer.engine;
    let mut text = format!("fault at {}: {error}", job.name);
    let words = job.layer.image.chunks(engine.banks()).enumerate();
    let bad = words.filter_map(|(word, banks)| {
        let bytes: Vec<u8> = banks.iter().flat_map(|bank| bank.to_le_bytes()).collect();
        let error =
            unpack_word(&bytes, engine.lanes * engine.word_slots(), engine.packing).err()?;
        let (row_tile, column_tile) =
            (word / job.layer.tiling.column_tiles, word % job.layer.tiling.column_tiles);
        let (rows, first) =
            (job.layer.tiling.tile_rows(row_tile), column_tile * engine.word_slots());
        Some(format!(
            "\n  weights     word {word} (rows {}..{}, columns from {first}): {error}",
            rows.start, rows.end
        ))
    });
    text.extend(bad.take(1));
    text
}
