//! The one door: a case and a simulation of its engine go in, the first difference comes out.

use crate::case::Case;
use crate::difference::Difference;
use crate::monitor::Monitor;
use crate::provocation;
use cosim::harness::{Harness, LayerError, LayerResults, Stalls};
use firmware::driver::{Driver, LayerSetting, OutputMode};
use hdl::language::simulation::Simulation;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// What a simulation went through without a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Vectors whose results were compared, over all runs.
    pub vectors: usize,
    /// Clock cycles.
    pub cycles: u64,
}

/// The first thing that is not as it must be.
#[derive(Debug)]
pub struct Fault {
    /// Which configuration.
    pub configuration: String,
    /// Which run of it.
    pub run: &'static str,
    /// What it is.
    pub difference: Difference,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, {}: ", self.configuration, self.run)?;
        match &self.difference {
            Difference::Value { vector, row, expected, found } => {
                write!(out, "vector {vector}, row {row}: numeric {expected}, engine {found}")
            }
            Difference::Counter { name, expected, found } => {
                write!(out, "{name} must be {expected}, the engine says {found}")
            }
            Difference::Handshake(what) => write!(out, "{what}"),
            Difference::Engine(error) => write!(out, "{error}"),
        }
    }
}

/// The runs of a case, with the shares of cycles in which the source and the sink pause; a reset in
/// mid-frame stands between the second and the third. A sink that hardly ever takes a beat fills
/// every queue.
const RUNS: [(&str, OutputMode, f64, f64); 4] = [
    ("currents to a slow sink", OutputMode::Currents, 0.1, 0.9),
    ("spikes", OutputMode::Spikes, 0.0, 0.0),
    ("currents after reset", OutputMode::Currents, 0.0, 0.0),
    ("spikes with stalls after reset", OutputMode::Spikes, 0.5, 0.5),
];

/// Loads the case's layer, runs its vectors for currents and for spikes, with and without stalls,
/// before and after resets in mid-frame, and compares every value and every counter. Then it does
/// what a host must not do, and sees that the engine says so. All the while the handshakes are
/// watched.
///
/// # Errors
/// The first difference.
pub fn check<S: Simulation>(case: &Case, simulation: S) -> Result<Report, Box<Fault>> {
    let mut harness = Harness::new(Monitor::new(simulation));
    let fault = |run, difference| {
        Box::new(Fault { configuration: case.configuration.to_string(), run, difference })
    };
    case.layer.load(&mut harness).map_err(|error| fault("load", Difference::Engine(error)))?;
    for (index, (run, mode, source, sink)) in RUNS.into_iter().enumerate() {
        if index == 2 {
            resets(case, &mut harness)
                .map_err(|error| fault("reset in mid-frame", Difference::Engine(error)))?;
        }
        let mut stalls = match source + sink {
            0.0 => Stalls::none(),
            _ => Stalls::random(case.seed, source, sink),
        };
        let results = case
            .layer
            .run(&mut harness, &case.vectors, mode, &mut stalls)
            .map_err(|error| fault(run, Difference::Engine(error)))?;
        compare(case, mode, &results).map_err(|difference| fault(run, difference))?;
        if source + sink == 0.0 {
            on_time(case, &results).map_err(|difference| fault(run, difference))?;
        }
    }
    provocation::all(case, &mut harness).map_err(|difference| fault("provocation", difference))?;
    let cycles = harness.cycles();
    match harness.into_simulation().fault() {
        Some(what) => Err(fault("all runs", Difference::Handshake(what.to_string()))),
        None => Ok(Report { vectors: RUNS.len() * case.vectors.len(), cycles }),
    }
}

/// Resets the engine a few times: within a frame of spikes, and within the work that follows it.
fn resets<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), LayerError> {
    let mut random = ChaCha8Rng::seed_from_u64(case.seed);
    let frame = &case.layer.frames(&case.vectors[..1])[0];
    let setting = LayerSetting::new(&case.layer.tiling, case.layer.steps, OutputMode::Spikes);
    for _ in 0..4 {
        let mut driver = Driver::connect(&mut *harness, case.layer.engine)?;
        driver.configure(&setting)?;
        driver.run()?;
        harness.stream_part(frame, frame.len());
        harness.stream_part(frame, random.random_range(0..frame.len()).max(1));
        harness.idle(random.random_range(0..40));
        harness.reset();
    }
    Ok(())
}

/// Where neither stream waits, every vector leaves in the cycle that the model says.
fn on_time(case: &Case, results: &LayerResults) -> Result<(), Difference> {
    for (predicted, found) in case.layer.predicted(&case.vectors).into_iter().zip(&results.cycles) {
        let found = found - results.begin;
        if predicted != found {
            let (expected, found) = (predicted as u32, found as u32);
            return Err(Difference::Counter { name: "cycles of a vector", expected, found });
        }
    }
    Ok(())
}

fn compare(case: &Case, mode: OutputMode, results: &LayerResults) -> Result<(), Difference> {
    for (vector, expected) in case.expected(mode).iter().enumerate() {
        let found = &results.values[vector];
        for (row, (&expected, &found)) in expected.iter().zip(found).enumerate() {
            if expected != found {
                return Err(Difference::Value { vector, row, expected, found });
            }
        }
    }
    let beats = case.layer.tiling.rows.div_ceil(case.layer.engine.neurons);
    let saturations = if mode == OutputMode::Spikes { case.saturations } else { 0 };
    let counters = &results.counters;
    for (name, expected, found) in [
        ("vectors", case.vectors.len() as u32, counters.vectors),
        ("results", (case.vectors.len() * beats) as u32, counters.results),
        ("array_cycles", case.array_cycles, counters.array_cycles),
        ("saturations", saturations, counters.saturations),
        ("saturated", (saturations > 0).into(), results.status.saturated.into()),
    ] {
        if expected != found {
            return Err(Difference::Counter { name, expected, found });
        }
    }
    Ok(())
}
