//! Speed of co-simulation, and of the reference that it is compared with.
//!
//! Both are ratios of two loops that are measured in turns within one run, round by round, so that
//! a busy machine slows both. Loops that must do the same work must also show the same result.

use std::time::{Duration, Instant};

use firmware::driver::OutputMode;
use firmware::engine::EngineParameters;
use hdl::blocks::array::ternary_dot::TernaryDot;
use hdl::blocks::engine::layer_engine::LayerEngine;
use hdl::language::module::Module;
use serde::Serialize;
use weights::config::{self, Target};
use weights::network::Network;
use weights::numeric::{encode_counts, planes_needed};
use weights::sample;

use super::area::progress;
use super::verdict::{Limit, Quantity, Spread, Verdict};
use super::{BenchError, BenchOptions, designs};
use crate::harness::{Harness, Layer, LayerVector, Stalls};
use crate::reference::{Activation, Reference, Trace, kernel_speed, seeded_ids};
use crate::tools::{Cache, Design, VerilatorChoice};
use crate::verilated::{BuildOptions, CompiledModel, Toolchain, VerilatedModel, drive};

/// Slots of the dot that is simulated.
const SLOTS: u32 = 128;

/// Seed of the stimulus.
const SEED: u64 = 1;

/// Slices that a round of co-simulation is cut into.
const SLICES: u64 = 20;

/// How long the reference's kernel and the naive loop each run in a round.
const KERNEL_TIME: Duration = Duration::from_millis(100);

/// What a driver in Rust costs over a loop in C++.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CosimulationSpeed {
    /// What is simulated.
    pub what: String,
    /// Cycles a second of our loop: one call a cycle, all inputs written, all outputs read.
    pub driven: Spread,
    /// Cycles a second of the same loop in C++, inside the model.
    pub bare: Spread,
    /// Ours as a share of the bare loop's speed, round by round.
    pub relative: Spread,
    /// Cycles of each loop in each round.
    pub cycles: u64,
}

/// The reference and the RTL over the same vectors of the same matrices.
///
/// A synapse here is one trit of weight with one count, over all planes of its train.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReferenceSpeed {
    /// The network and the engine.
    pub what: String,
    /// Synapses a second of the bit-packed kernel, packing of the counts included.
    pub packed: Spread,
    /// Synapses a second of one multiplication a synapse.
    pub naive: Spread,
    /// Synapses a second of the Verilated engine behind the harness, loading excluded.
    pub engine: Spread,
    /// Cycles a second of that engine.
    pub engine_cycles: Spread,
    /// Synapses a second if the array of that engine were never idle at that clock.
    pub engine_peak: Spread,
    /// The kernel's speed over the engine's.
    pub over_engine: Spread,
    /// The kernel's speed over the engine's peak.
    pub over_peak: Spread,
    /// The kernel's speed over the naive loop's.
    pub over_naive: Spread,
}

/// All figures of speed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpeedReport {
    /// Rust against C++.
    pub cosimulation: CosimulationSpeed,
    /// Reference against RTL.
    pub reference: ReferenceSpeed,
    /// Rounds that each figure is the median of.
    pub rounds: u32,
    /// What they must reach.
    pub targets: Vec<Verdict>,
    /// Tools with their versions.
    pub conditions: Vec<String>,
}

/// Measures both.
///
/// # Errors
/// A tool that cannot be provided or fails, or loops that must agree and do not.
pub(crate) fn measure(cache: &Cache, options: &BenchOptions) -> Result<SpeedReport, BenchError> {
    let toolchain = Toolchain::with(&VerilatorChoice::of_environment(), cache)?;
    let cosimulation = cosimulation(&toolchain, options)?;
    let reference = reference(&toolchain, options)?;
    let judge = |what: &str, spread: &Spread, least| {
        let limit = Limit::AtLeast(least);
        Verdict::new(what, Quantity::RelativeSpeed, spread.median, limit)
    };
    let targets = vec![
        judge("co-simulation over a bare C++ loop", &cosimulation.relative, 0.9),
        judge("reference over the RTL it checks", &reference.over_engine, 1.0),
        judge("reference over the RTL at its peak", &reference.over_peak, 1.0),
        judge("reference over the naive loop", &reference.over_naive, 1.0),
    ];
    let conditions = toolchain.tools().iter().map(|tool| tool.version.clone()).collect();
    Ok(SpeedReport { cosimulation, reference, rounds: options.rounds, targets, conditions })
}

/// Verilates a module.
fn model(
    toolchain: &Toolchain,
    module: &std::sync::Arc<Module>,
) -> Result<CompiledModel, BenchError> {
    let sources = designs::verilog(module)?;
    let design = Design { top: &module.name, sources: &sources };
    Ok(toolchain.build(&design, &module.ports(), BuildOptions::default())?)
}

/// Figures round by round; there is at least one round.
fn spread<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> Spread {
    let values: Vec<f64> = rounds.iter().map(figure).collect();
    Spread::of(&values).unwrap_or(Spread { median: f64::NAN, min: f64::NAN, max: f64::NAN })
}

fn cosimulation(
    toolchain: &Toolchain,
    options: &BenchOptions,
) -> Result<CosimulationSpeed, BenchError> {
    let model = model(toolchain, &TernaryDot { slots: SLOTS, target: Target::Portable }.module())?;
    let mut pair = [model.simulate()?, model.simulate()?];
    let bar = progress(options.rounds.into(), "co-simulation against C++");
    let mut rounds = vec![];
    // Round 0 only warms up.
    for round in 0..=options.rounds {
        let speeds = race(&mut pair, options.cycles)?;
        if round > 0 {
            rounds.push(speeds);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(CosimulationSpeed {
        what: format!("ternary_dot {SLOTS} slots"),
        driven: spread(&rounds, |round| round.0),
        bare: spread(&rounds, |round| round.1),
        relative: spread(&rounds, |round| round.0 / round.1),
        cycles: options.cycles,
    })
}

/// One round: both loops in turns, slice by slice; cycles a second of our loop and of the bare
/// one, each in its fastest slice. A slice is shorter than what the operating system gives a
/// thread at a time, so on a busy machine some slices still run undisturbed. The simulations
/// change places after each slice: where one happens to lie in memory also decides its speed.
fn race(pair: &mut [VerilatedModel; 2], cycles: u64) -> Result<(f64, f64), BenchError> {
    let cycles = cycles.div_ceil(SLICES);
    let timed =
        |run: fn(&mut VerilatedModel, u64, u64) -> u64, model: &mut VerilatedModel, seed| {
            let begin = Instant::now();
            let sum = run(model, cycles, seed);
            (sum, begin.elapsed())
        };
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for slice in 0..SLICES {
        let (left, right);
        let seed = SEED + slice;
        let [driven, bare] = &mut *pair;
        if slice / 2 % 2 == 0 {
            left = timed(drive, driven, seed);
            right = timed(VerilatedModel::bare_loop, bare, seed);
        } else {
            right = timed(VerilatedModel::bare_loop, bare, seed);
            left = timed(drive, driven, seed);
        }
        if left.0 != right.0 {
            let what = "the checksums of our loop and the C++ loop";
            return Err(BenchError::Different { what, left: left.0, right: right.0 });
        }
        (ours, theirs) = (ours.min(left.1), theirs.min(right.1));
        pair.swap(0, 1);
    }
    let speed = |time: Duration| cycles as f64 / time.as_secs_f64();
    Ok((speed(ours), speed(theirs)))
}

/// One matrix, loaded into an engine of its own, with its vectors as trains.
struct Loaded {
    name: String,
    layer: Layer,
    harness: Harness<VerilatedModel>,
    trains: Vec<LayerVector>,
}

/// What one round over all matrices yields.
struct Round {
    packed: f64,
    naive: f64,
    engine: f64,
    engine_cycles: f64,
    engine_peak: f64,
}

fn reference(toolchain: &Toolchain, options: &BenchOptions) -> Result<ReferenceSpeed, BenchError> {
    let design = config::Design::bundled();
    let network = sample::network(design.run.seed);
    let activation = Activation::Counts { mean_count: design.encoder.mean_count as f32 };
    let mut runner = Reference::new(&network, activation)?;
    let ids = seeded_ids(&network, design.run.seed, design.run.tokens);
    let trace = Trace::record(&mut runner, &ids)?;

    let engine = EngineParameters::from(&design);
    let model =
        model(toolchain, &LayerEngine { parameters: engine, image: vec![], baked: None }.module())?;
    let mut matrices = load(&model, &engine, &network, &trace)?;
    let (synapses, synapse_planes) = work(&matrices);
    let planes = synapse_planes / synapses;

    let bar = progress(options.rounds.into(), "reference against RTL");
    let mut rounds = vec![];
    for round in 0..=options.rounds {
        let (seconds, cycles) = run_engine(&mut matrices, &trace)?;
        let kernel = kernel_speed(&network, &trace, KERNEL_TIME);
        let engine_cycles = cycles as f64 / seconds;
        if round > 0 {
            rounds.push(Round {
                packed: kernel.packed,
                naive: kernel.naive,
                engine: synapses / seconds,
                engine_cycles,
                engine_peak: engine_cycles * design.synapses_per_cycle() as f64 / planes,
            });
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(ReferenceSpeed {
        what: format!(
            "{}, {} matrices, {} vectors, {planes:.2} planes a train; engine {} lanes x {} slots x {} planes",
            network.name,
            matrices.len(),
            trace.vector_count(),
            engine.lanes,
            engine.slots,
            engine.planes
        ),
        packed: spread(&rounds, |round| round.packed),
        naive: spread(&rounds, |round| round.naive),
        engine: spread(&rounds, |round| round.engine),
        engine_cycles: spread(&rounds, |round| round.engine_cycles),
        engine_peak: spread(&rounds, |round| round.engine_peak),
        over_engine: spread(&rounds, |round| round.packed / round.engine),
        over_peak: spread(&rounds, |round| round.packed / round.engine_peak),
        over_naive: spread(&rounds, |round| round.packed / round.naive),
    })
}

/// Synapses over all vectors, and the same counted once a plane.
fn work(matrices: &[Loaded]) -> (f64, f64) {
    let per_matrix = |matrix: &Loaded| {
        let size = (matrix.layer.tiling.rows * matrix.layer.tiling.columns) as f64;
        let planes: usize = matrix.trains.iter().map(Vec::len).sum();
        (size * matrix.trains.len() as f64, size * planes as f64)
    };
    let add = |sum: (f64, f64), part: (f64, f64)| (sum.0 + part.0, sum.1 + part.1);
    matrices.iter().map(per_matrix).fold((0.0, 0.0), add)
}

/// Loads every matrix into an engine of its own, and turns the recorded counts into trains.
fn load(
    model: &CompiledModel,
    engine: &EngineParameters,
    network: &Network,
    trace: &Trace,
) -> Result<Vec<Loaded>, BenchError> {
    let mut loaded = vec![];
    for (matrix, records) in network.ternary_matrices().zip(&trace.matrices) {
        let fail = |error| BenchError::Layer { matrix: matrix.name.clone(), error };
        let shape = (matrix.rows, matrix.columns);
        let thresholds = vec![1; matrix.rows];
        let layer = Layer::new(engine, shape, &matrix.trits, thresholds, 1).map_err(fail)?;
        let mut harness = Harness::new(model.simulate()?);
        layer.load(&mut harness).map_err(fail)?;
        let train = |counts: &[i32]| {
            let counts: Vec<i64> = counts.iter().map(|&count| count.into()).collect();
            let largest = counts.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
            encode_counts(&counts, planes_needed(largest, engine.radix), engine.radix)
        };
        let trains = records.iter().map(|record| train(&record.counts)).collect();
        loaded.push(Loaded { name: matrix.name.clone(), layer, harness, trains });
    }
    Ok(loaded)
}

/// Runs all vectors through all engines: seconds and cycles. Every current must be the recorded.
fn run_engine(matrices: &mut [Loaded], trace: &Trace) -> Result<(f64, u64), BenchError> {
    let (mut seconds, mut cycles) = (0.0, 0);
    for (matrix, records) in matrices.iter_mut().zip(&trace.matrices) {
        let Loaded { name, layer, harness, trains } = matrix;
        let before = harness.cycles();
        let begin = Instant::now();
        let results = layer
            .run(harness, trains, OutputMode::Currents, &mut Stalls::none())
            .map_err(|error| BenchError::Layer { matrix: name.clone(), error })?;
        seconds += begin.elapsed().as_secs_f64();
        cycles += harness.cycles() - before;
        for (values, record) in results.values.iter().zip(records) {
            let differing = values.iter().zip(&record.currents).find(|(left, right)| left != right);
            if let Some((&left, &right)) = differing {
                let what = "a current of the engine and the reference's";
                return Err(BenchError::Different { what, left: left as u64, right: right as u64 });
            }
        }
    }
    Ok((seconds, cycles))
}
