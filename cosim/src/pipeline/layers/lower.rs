//! Stage 2: the reference runs the text, and every matrix becomes a job for the engine.
//!
//! Nothing is simulated before every matrix is known to fit the engine and every sum its
//! accumulator: both are refused here, with the line of the design to change.

use crate::harness::{Layer, LayerVector};
use crate::pipeline::{PipelineError, Source};
use crate::reference::{Activation, Reference, Trace, VectorRecord};
use firmware::engine::{EngineError, EngineParameters};
use firmware::widths::{
    LayerWidths, ThresholdRange, TrainForm, WidthError, WidthProof, check_widths,
};
use std::time::{Duration, Instant};
use weights::config::DesignFile;
use weights::network::TernaryMatrix;
use weights::neuron::Threshold;
use weights::numeric::{self, Radix};

/// One ternary matrix, ready for the engine.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its place in the order of execution.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Packed weights, tiling and thresholds.
    pub layer: Layer,
    /// One vector a token, with the currents of the reference.
    pub records: Vec<VectorRecord>,
    /// Planes of the longest train.
    pub plane_count_max: usize,
    /// That no sum leaves the accumulator.
    pub proof: WidthProof,
}

/// All jobs, and what the reference took.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// What the engine is.
    pub engine: EngineParameters,
    /// One job a matrix, in the order of execution.
    pub jobs: Vec<Job>,
    /// Tokens of the run.
    pub tokens: usize,
    /// Wall time of the reference.
    pub reference_time: Duration,
}

impl Job {
    /// Planes of the train of one vector.
    pub fn plane_count(&self, token: usize) -> usize {
        plane_count(&self.records[token], self.layer.engine.radix)
    }

    /// The trains of all vectors.
    pub fn vectors(&self) -> Vec<LayerVector> {
        let radix = self.layer.engine.radix;
        let train = |record: &VectorRecord| {
            let counts: Vec<i64> = record.counts.iter().map(|&count| count.into()).collect();
            numeric::encode_counts(&counts, plane_count(record, radix), radix)
        };
        self.records.iter().map(train).collect()
    }

    /// The currents of the reference.
    pub fn currents(&self) -> Vec<Vec<i64>> {
        self.records.iter().map(|record| record.currents.clone()).collect()
    }

    /// Synapses that its array evaluates in a cycle, at most.
    pub fn synapses_per_cycle(&self) -> usize {
        let entry_cycles = self.layer.entry_cycles() as usize;
        self.layer.engine.synapses_per_cycle().div_ceil(entry_cycles)
    }

    /// Trits times spikes that the vectors ask for: rows × columns × planes of each.
    pub fn synapses(&self) -> u64 {
        let planes: usize = (0..self.records.len()).map(|token| self.plane_count(token)).sum();
        (self.layer.tiling.synapses() * planes) as u64
    }
}

impl Lowered {
    /// Runs the reference over the texts and prepares every matrix.
    ///
    /// # Errors
    /// If the reference refuses the network or the text, or a matrix does not fit the engine; what
    /// the design decides is shown at its line.
    pub fn new(source: &Source) -> Result<Lowered, PipelineError> {
        let design = &source.file.design;
        let engine = EngineParameters::from(design);
        engine.check()?;
        let mean_count = design.encoder.mean_count;
        let activation = Activation::Counts { mean_count: mean_count as f32 };
        let mut reference = Reference::new(&source.network, activation)?;
        let begin = Instant::now();
        let trace = record(&mut reference, &source.texts)?;
        let reference_time = begin.elapsed();
        let matrices = source.network.ternary_matrices().zip(trace.matrices).enumerate();
        let lowered: Vec<Result<Job, Refusal>> = matrices
            .map(|(index, (matrix, records))| lower(source, &engine, index, matrix, records))
            .collect();
        let jobs = accept(&source.file, lowered)?;
        let tokens = source.texts.iter().map(Vec::len).sum();
        Ok(Lowered { engine, jobs, tokens, reference_time })
    }

    /// The job of that name.
    ///
    /// # Errors
    /// If there is none; names some that there are.
    pub fn job(&self, name: &str) -> Result<&Job, PipelineError> {
        const SHOWN: usize = 8;
        self.jobs.iter().find(|job| job.name == name).ok_or_else(|| {
            let mut names: Vec<&str> =
                self.jobs.iter().take(SHOWN).map(|job| job.name.as_str()).collect();
            if self.jobs.len() > SHOWN {
                names.push("…");
            }
            let names = format!("{} ({} in all)", names.join(", "), self.jobs.len());
            PipelineError::UnknownMatrix { name: name.to_owned(), names }
        })
    }

    /// Bits that the packed weights of all matrices take in the weight memory.
    pub fn weight_bits_stored(&self) -> u64 {
        self.jobs.iter().map(|job| 32 * job.layer.image.len() as u64).sum()
    }

    /// Weights of all matrices.
    pub fn weight_count(&self) -> u64 {
        self.jobs.iter().map(|job| job.layer.tiling.synapses() as u64).sum()
    }
}

fn plane_count(record: &VectorRecord, radix: Radix) -> usize {
    let largest = record.counts.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
    numeric::planes_needed(largest.into(), radix)
}

/// Runs text after text; the vectors of a matrix follow in the order of the tokens.
fn record(reference: &mut Reference, texts: &[Vec<u32>]) -> Result<Trace, PipelineError> {
    let mut all = Trace::default();
    for ids in texts {
        let trace = Trace::record(reference, ids)?;
        all.matrices.resize(trace.matrices.len(), Vec::new());
        for (records, more) in all.matrices.iter_mut().zip(trace.matrices) {
            records.extend(more);
        }
    }
    Ok(all)
}

/// Why a matrix is refused.
enum Refusal {
    /// The design has too little of something.
    Shortage(Shortage),
    /// Anything else.
    Other(PipelineError),
}

/// A value of the design that does not do for a matrix.
struct Shortage {
    key: &'static str,
    message: String,
    /// How much the matrix needs.
    needed: u64,
    remedy: String,
}

impl Shortage {
    /// A number that is too small.
    fn of_number(key: &'static str, message: String, needed: u64) -> Shortage {
        Shortage { key, message, needed, remedy: format!("raise this to {needed}") }
    }
}

impl<E: Into<PipelineError>> From<E> for Refusal {
    fn from(error: E) -> Refusal {
        Refusal::Other(error.into())
    }
}

/// All jobs, or the first refusal. A value that is too small is reported for the matrix that needs
/// most of it, so that one change is enough.
fn accept(
    file: &DesignFile,
    lowered: Vec<Result<Job, Refusal>>,
) -> Result<Vec<Job>, PipelineError> {
    let (mut jobs, mut worst) = (Vec::new(), None::<Shortage>);
    for result in lowered {
        match result {
            Ok(job) => jobs.push(job),
            Err(Refusal::Other(error)) => return Err(error),
            Err(Refusal::Shortage(next)) => match &worst {
                Some(worst) if worst.key != next.key || worst.needed >= next.needed => {}
                _ => worst = Some(next),
            },
        }
    }
    match worst {
        None => Ok(jobs),
        Some(Shortage { key, message, remedy, .. }) => {
            Err(file.point_at(key, &message, &remedy).into())
        }
    }
}

fn lower(
    source: &Source,
    engine: &EngineParameters,
    index: usize,
    matrix: &TernaryMatrix,
    records: Vec<VectorRecord>,
) -> Result<Job, Refusal> {
    let counts = records.iter().map(|record| plane_count(record, engine.radix));
    let plane_count_max = counts.max().unwrap_or(1);
    let refused = |error| capacity_refusal(&matrix.name, error);
    let engine = &engine.for_matrix(matrix.rows, matrix.columns).map_err(refused)?;
    engine.check()?;
    let tiling = engine.tiling(matrix.rows, matrix.columns)?;
    engine.check_layer(&tiling, plane_count_max).map_err(refused)?;
    let mean_count = source.file.design.encoder.mean_count;
    let thresholds = thresholds(engine, mean_count, &records);
    let range = ThresholdRange::of_rule(&engine.rule)
        .or_else(|| ThresholdRange::of_channels(&thresholds))
        .unwrap_or(ThresholdRange { min: 1, max: 1 });
    let proof = check_widths(&LayerWidths {
        layer: &matrix.name,
        trits: &matrix.trits,
        columns: matrix.columns,
        train: TrainForm::planes(plane_count_max, engine.radix)?,
        acc_width: engine.acc_width,
        rule: &engine.rule,
        thresholds: range,
        steps: 1,
    })
    .map_err(width_refusal)?;
    let shape = (matrix.rows, matrix.columns);
    let layer = Layer::new(engine, shape, &matrix.trits, thresholds, 1)?;
    Ok(Job { index, name: matrix.name.clone(), layer, records, plane_count_max, proof })
}

/// Thresholds per row, in whole numbers alone: the mean |current| of the row over the run, divided
/// by the mean count that the encoder aims at, so that spikes are about as large as counts.
fn thresholds(engine: &EngineParameters, mean_count: u32, records: &[VectorRecord]) -> Vec<i64> {
    if engine.rule.threshold != Threshold::PerChannel {
        return Vec::new();
    }
    let rows = records.first().map_or(0, |record| record.currents.len());
    let largest = (1i128 << engine.threshold_width()) - 1;
    let divisor = (records.len().max(1) as i128) * i128::from(mean_count.max(1));
    let row = |row: usize| {
        let sum: i128 =
            records.iter().map(|record| i128::from(record.currents[row].unsigned_abs())).sum();
        (sum / divisor).clamp(1, largest) as i64
    };
    (0..rows).map(row).collect()
}

fn capacity_refusal(layer: &str, error: EngineError) -> Refusal {
    let (what, parameter, needed, limit) = match error {
        EngineError::Capacity { what, parameter, needed, limit } => {
            (what, parameter, needed, limit)
        }
        EngineError::Baked { what, needed, limit } => {
            let message =
                format!("layer `{layer}`: {needed} {what}; a baked matrix has {limit} at most");
            let remedy = "choose dense or event, or a smaller network".to_owned();
            let needed = needed as u64;
            return Refusal::Shortage(Shortage { key: "array.form", message, needed, remedy });
        }
        _ => return error.into(),
    };
    let key = match parameter {
        "rows_max" => "neuron.rows_max",
        "weight_depth" => "weight_store.depth",
        "lanes" => "array.lanes",
        "slots" => "array.slots",
        _ => "spike_buffer.depth",
    };
    let name = key.split('.').next_back().unwrap_or(key);
    let message = format!("layer `{layer}`: {needed} {what}, {name} {limit} is too small");
    Refusal::Shortage(Shortage::of_number(key, message, needed as u64))
}

fn width_refusal(error: WidthError) -> Refusal {
    let WidthError::Accumulator { layer, current_max, acc_width, limit, needed, .. } = error else {
        return error.into();
    };
    let message = format!(
        "layer `{layer}`: a sum can reach {current_max}, acc_width {acc_width} holds {limit}"
    );
    Refusal::Shortage(Shortage::of_number("array.acc_width", message, needed.into()))
}
