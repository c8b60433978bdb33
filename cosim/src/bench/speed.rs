//! Speed of co-simulation, and of the reference that it is compared with.
//!
//! Both are ratios of two loops that are measured in turns within one run, round by round, so that
//! a busy machine slows both. Loops that must do the same work must also show the same result.

use std::time::{Duration, Instant};

use firmware::image::MachineImage;
use firmware::lower::lower;
use hdl::blocks::array::ternary_dot::TernaryDot;
use hdl::blocks::machine::Machine;
use hdl::language::module::Module;
use serde::Serialize;
use weights::config::{self, Target};
use weights::network::Network;
use weights::numeric::{Radix, planes_needed};
use weights::sample;

use super::area::progress;
use super::verdict::{Limit, Quantity, Spread, Verdict};
use super::{BenchError, BenchOptions, designs};
use crate::pipeline::machine::Session;
use crate::reference::machine::{MachineReference, Recorder};
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
    /// The network and the machine.
    pub what: String,
    /// Synapses a second of the bit-packed kernel, packing of the counts included.
    pub packed: Spread,
    /// Synapses a second of one multiplication a synapse.
    pub naive: Spread,
    /// Tokens a second of the machine's integer reference, every value of every memory kept.
    pub tokens: Spread,
    /// Tokens a second of the Verilated machine and the comparison of its writes, the reference's own
    /// time left out.
    pub rtl_tokens: Spread,
    /// Cycles a second of that machine.
    pub rtl_cycles: Spread,
    /// Synapses a second if the array of that machine were never idle at that clock.
    pub rtl_peak: Spread,
    /// The reference's tokens over the machine's.
    pub over_rtl: Spread,
    /// The kernel's speed over the machine's peak.
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
        judge("reference over the RTL it checks", &reference.over_rtl, 1.0),
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

/// Tokens of the sample's text in a round, behind those of its prompt.
const TOKENS: usize = 12;
const PROMPT: [u32; 2] = [1, 2];

/// What one round yields.
struct Round {
    packed: f64,
    naive: f64,
    tokens: f64,
    rtl_tokens: f64,
    rtl_cycles: f64,
    rtl_peak: f64,
}

fn reference(toolchain: &Toolchain, options: &BenchOptions) -> Result<ReferenceSpeed, BenchError> {
    let design = config::Design::bundled();
    let network = sample::network(design.run.seed);
    let activation = Activation::Counts { mean_count: design.encoder.mean_count as f32 };
    let mut runner = Reference::new(&network, activation)?;
    let ids = seeded_ids(&network, design.run.seed, design.run.tokens);
    let trace = Trace::record(&mut runner, &ids)?;
    let planes = mean_planes(&network, &trace, design.array.radix);

    let program = lower(&network, &design)?;
    let model = model(toolchain, &Machine::observed(&program).module())?;
    let reference = MachineReference::new(&program);
    let fault = |failure| BenchError::Machine { what: "the sample network", failure };
    let mut session =
        Session::new(model.simulate()?, &MachineImage::new(&program)?, reference.clone())
            .map_err(fault)?;

    let bar = progress(options.rounds.into(), "reference against RTL");
    let mut rounds = vec![];
    for round in 0..=options.rounds {
        let talk = session.converse(&PROMPT, TOKENS, |_| ());
        if let Some(failure) = talk.failure {
            return Err(fault(failure));
        }
        let fed: Vec<u32> = PROMPT.iter().chain(&talk.answer).copied().collect();
        let steps = PROMPT.len() + talk.tokens.len() - 1;
        let alone = reference_alone(reference.clone(), &fed[..steps])?.as_secs_f64();
        let rtl = (talk.elapsed.as_secs_f64() - alone).max(f64::EPSILON);
        let kernel = kernel_speed(&network, &trace, KERNEL_TIME);
        let rtl_cycles = talk.simulated_cycles as f64 / rtl;
        if round > 0 {
            rounds.push(Round {
                packed: kernel.packed,
                naive: kernel.naive,
                tokens: steps as f64 / alone,
                rtl_tokens: steps as f64 / rtl,
                rtl_cycles,
                rtl_peak: rtl_cycles * design.synapses_per_cycle() as f64 / planes,
            });
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(ReferenceSpeed {
        what: format!(
            "{}, {} matrices, {} vectors, {planes:.2} planes a train; machine {}",
            network.name,
            network.ternary_matrices().count(),
            trace.vector_count(),
            program.parameters.array(),
        ),
        packed: spread(&rounds, |round| round.packed),
        naive: spread(&rounds, |round| round.naive),
        tokens: spread(&rounds, |round| round.tokens),
        rtl_tokens: spread(&rounds, |round| round.rtl_tokens),
        rtl_cycles: spread(&rounds, |round| round.rtl_cycles),
        rtl_peak: spread(&rounds, |round| round.rtl_peak),
        over_rtl: spread(&rounds, |round| round.tokens / round.rtl_tokens),
        over_peak: spread(&rounds, |round| round.packed / round.rtl_peak),
        over_naive: spread(&rounds, |round| round.packed / round.naive),
    })
}

/// Time of the reference over some tokens, everything recorded as for a comparison.
fn reference_alone(
    mut reference: MachineReference,
    tokens: &[u32],
) -> Result<Duration, BenchError> {
    let begin = Instant::now();
    for (index, &token) in tokens.iter().enumerate() {
        let mut recorder = Recorder::default();
        let predicts = index + 1 >= PROMPT.len();
        std::hint::black_box(reference.step_observed(token, predicts, &mut recorder)?);
    }
    Ok(begin.elapsed())
}

/// Planes of a train, weighed with the synapses that it meets.
fn mean_planes(network: &Network, trace: &Trace, radix: Radix) -> f64 {
    let (mut synapses, mut all) = (0.0, 0.0);
    for (matrix, records) in network.ternary_matrices().zip(&trace.matrices) {
        for record in records {
            let largest = record.counts.iter().map(|count| count.unsigned_abs()).max();
            let size = matrix.trits.len() as f64;
            synapses += size;
            all += size * planes_needed(largest.unwrap_or(0).into(), radix) as f64;
        }
    }
    all / synapses
}
