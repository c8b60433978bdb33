//! One matrix on the engine: load, run, unpack.

use super::{Harness, HarnessError, ResultFrame, Stalls};
use firmware::driver::{Counters, Driver, DriverError, LayerSetting, OutputMode, Status};
use firmware::engine::{EngineError, EngineParameters};
use firmware::form_cycles::{VectorLoad, entry_cycles, vector_ends};
use firmware::stream::{ResultError, ResultLayout, frame};
use firmware::tiling::{Tiling, TilingError};
use hdl::blocks::array::baked_dots::BakedMatrix;
use hdl::blocks::engine::layer_engine::LayerEngine;
use hdl::language::simulation::Simulation;
use weights::config::Form;
use weights::neuron::{State, Threshold};
use weights::numeric::{self, Trit};

/// The train of one vector: planes of one trit per column, first plane first.
pub type LayerVector = Vec<Vec<Trit>>;

/// A matrix, prepared for an engine.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The engine it is prepared for.
    pub engine: EngineParameters,
    /// How the matrix is cut.
    pub tiling: Tiling,
    /// Its weights, row by row.
    pub trits: Vec<Trit>,
    /// Its packed weights, bank word by bank word; none where the weights are wires.
    pub image: Vec<u32>,
    /// Thresholds of its rows; unused where the rule has its own.
    pub thresholds: Vec<i64>,
    /// Vectors of a token.
    pub steps: u32,
}

/// Why a layer did not run.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// The matrix cannot be tiled.
    #[error(transparent)]
    Tiling(#[from] TilingError),
    /// The matrix does not fit the engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The driver refused.
    #[error(transparent)]
    Driver(#[from] DriverError<HarnessError>),
    /// The simulation did not go on.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// The result stream is malformed.
    #[error("result frame {frame}: {error}")]
    Result {
        /// Which vector's.
        frame: usize,
        /// What is wrong with it.
        error: ResultError,
    },
    /// The engine reports an error.
    #[error("the engine reports: {0}")]
    Status(Status),
}

/// What came out.
#[derive(Clone, Debug)]
pub struct LayerResults {
    /// One value per row, vector by vector.
    pub values: Vec<Vec<i64>>,
    /// Cycle in which the first beat was offered.
    pub begin: u64,
    /// Cycle in which the last value of each vector left.
    pub cycles: Vec<u64>,
    /// The engine's own counters.
    pub counters: Counters,
    /// The engine's own state.
    pub status: Status,
}

impl Layer {
    /// Prepares a matrix of `trits`, row by row.
    ///
    /// # Errors
    /// If the matrix cannot be tiled.
    pub fn new(
        engine: &EngineParameters,
        (rows, columns): (usize, usize),
        trits: &[Trit],
        thresholds: Vec<i64>,
        steps: u32,
    ) -> Result<Layer, LayerError> {
        let tiling = engine.tiling(rows, columns)?;
        let image = match engine.form {
            Form::Baked => vec![],
            Form::Dense | Form::Event => tiling.image(trits, engine.packing)?,
        };
        let trits = trits.to_vec();
        Ok(Layer { engine: *engine, tiling, trits, image, thresholds, steps })
    }

    /// Words of the weight memory that it takes; none where the weights are wires.
    pub fn words(&self) -> usize {
        self.image.len() / self.engine.banks()
    }

    /// The engine to generate; of the baked form, the one that is this matrix.
    pub fn generator(&self) -> LayerEngine {
        let baked = (self.engine.form == Form::Baked)
            .then(|| BakedMatrix { columns: self.tiling.columns, trits: self.trits.clone() });
        LayerEngine { parameters: self.engine, image: vec![], baked }
    }

    /// Cycles from one entry of the array to the next, at least.
    pub fn entry_cycles(&self) -> u64 {
        entry_cycles(&self.engine, &self.trits, self.tiling.columns)
    }

    /// Cycles in which the array works on some vectors.
    pub fn array_cycles(&self, vectors: &[LayerVector]) -> u64 {
        let entries = |train: &LayerVector| VectorLoad::new(&self.engine, train).entries;
        let entries: u64 = vectors.iter().map(entries).sum();
        entries * self.tiling.row_tiles as u64 * self.entry_cycles()
    }

    /// Cycles from the first beat to the last result of each vector, both included, if neither
    /// stream ever waits.
    pub fn predicted(&self, vectors: &[LayerVector]) -> Vec<u64> {
        let load = |train: &LayerVector| VectorLoad::new(&self.engine, train);
        let loads: Vec<VectorLoad> = vectors.iter().map(load).collect();
        vector_ends(&self.engine, &self.tiling, &loads, &self.generator().timing())
    }

    /// The frames of some vectors.
    pub fn frames(&self, vectors: &[LayerVector]) -> Vec<Vec<Vec<u64>>> {
        let engine = &self.engine;
        vectors.iter().map(|train| frame(train, engine.slots, engine.planes)).collect()
    }

    /// Loads weights and thresholds.
    ///
    /// # Errors
    /// If the engine is another one, the layer does not fit it, or a word of the image is no code.
    pub fn load<S: Simulation>(&self, harness: &mut Harness<S>) -> Result<(), LayerError> {
        let mut driver = Driver::connect(harness, self.engine)?;
        driver.stop()?;
        driver.clear()?;
        driver.load_weights(&self.image)?;
        if self.engine.rule.threshold == Threshold::PerChannel {
            driver.load_thresholds(&self.thresholds)?;
        }
        // The engine looks at codes as they arrive; a run begins by clearing what it found.
        let status = driver.status()?;
        if status.has_error() { Err(LayerError::Status(status)) } else { Ok(()) }
    }

    /// Runs vectors over the loaded layer, from cleared membranes.
    ///
    /// # Errors
    /// If the simulation stalls, or the engine reports an error.
    pub fn run<S: Simulation>(
        &self,
        harness: &mut Harness<S>,
        vectors: &[LayerVector],
        mode: OutputMode,
        stalls: &mut Stalls,
    ) -> Result<LayerResults, LayerError> {
        let longest = vectors.iter().map(Vec::len).max().unwrap_or(0);
        self.engine.check_layer(&self.tiling, longest)?;
        let setting = LayerSetting::new(&self.tiling, self.steps, mode);
        let mut driver = Driver::connect(&mut *harness, self.engine)?;
        driver.stop()?;
        driver.clear()?;
        driver.configure(&setting)?;
        driver.run()?;
        let begin = harness.cycles();
        let frames = harness.stream(&self.frames(vectors), stalls, self.idle_max(longest))?;
        let mut driver = Driver::connect(&mut *harness, self.engine)?;
        driver.stop()?;
        let status = driver.wait_idle(64)?;
        let counters = driver.counters()?;
        if status.has_error() {
            return Err(LayerError::Status(status));
        }
        let cycles = frames.iter().map(|frame| frame.cycle).collect();
        Ok(LayerResults { values: self.unpack(&frames)?, begin, cycles, counters, status })
    }

    /// Cycles after which silence means a stall: far more than a vector takes.
    fn idle_max(&self, planes: usize) -> u64 {
        let entries = self.tiling.entries(planes.max(1), self.engine.planes);
        let busy = self.tiling.row_tiles * (entries + self.engine.lanes) + entries;
        16 * busy as u64 + 10_000
    }

    fn unpack(&self, frames: &[ResultFrame]) -> Result<Vec<Vec<i64>>, LayerError> {
        let layout = ResultLayout::new(&self.tiling, &self.engine);
        let unpack = |(frame, result): (usize, &ResultFrame)| {
            layout.values(&result.beats).map_err(|error| LayerError::Result { frame, error })
        };
        frames.iter().enumerate().map(unpack).collect()
    }

    /// The spikes that the neurons must emit for these currents, from cleared membranes.
    pub fn spikes(&self, currents: &[Vec<i64>]) -> Vec<Vec<i64>> {
        let rule = &self.engine.rule;
        let mut membranes = vec![0; self.tiling.rows];
        let mut spikes = Vec::with_capacity(currents.len());
        for (index, currents) in currents.iter().enumerate() {
            let step = index as u32 % self.steps;
            if step == 0 && rule.state == State::PerStep {
                membranes.fill(0);
            }
            let last = step + 1 == self.steps;
            let row = |(row, &current): (usize, &i64)| {
                let channel = self.thresholds.get(row).copied().unwrap_or(1);
                let theta = numeric::threshold(rule, channel);
                let result = numeric::neuron_step(rule, theta, membranes[row], current, last);
                membranes[row] = result.membrane;
                result.spike
            };
            spikes.push(currents.iter().enumerate().map(row).collect());
        }
        spikes
    }
}
