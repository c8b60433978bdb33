//! A compiled model, and the simulations of it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hdl::language::simulation::{Port, PortIndex, Simulation};

use super::ffi::{Instance, Loaded, Status};
use crate::tools::{AtPath, ToolError};

/// A model that is built and loaded; cheap to clone, and shared between threads.
#[derive(Clone, Debug)]
pub struct CompiledModel {
    loaded: Arc<Loaded>,
    ports: Arc<[Port]>,
    top: Arc<str>,
    was_cached: bool,
    seed: Option<u32>,
}

impl CompiledModel {
    pub(crate) fn new(
        loaded: Arc<Loaded>,
        ports: Arc<[Port]>,
        top: Arc<str>,
        was_cached: bool,
    ) -> Self {
        Self { loaded, ports, top, was_cached, seed: None }
    }

    /// Whether the model came from the cache rather than from Verilator and the compiler.
    pub fn was_cached(&self) -> bool {
        self.was_cached
    }

    /// The same model, for simulations whose registers and memories begin with bits drawn from a
    /// seed, all but those with stated contents. It must have been built with
    /// [`PowerUp::Seeded`](super::PowerUp).
    #[must_use]
    pub fn seeded(self, seed: u32) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// A new simulation, in the state of power-up: every register zero unless the model is
    /// [`seeded`](Self::seeded), every input zero.
    ///
    /// # Errors
    /// [`ToolError::Model`] if the model's ports are not stored as expected, or it is seeded but
    /// was not built for that.
    pub fn simulate(&self) -> Result<VerilatedModel, ToolError> {
        let instance = Instance::new(&self.loaded, &self.ports, self.seed)?;
        let (ports, top) = (Arc::clone(&self.ports), Arc::clone(&self.top));
        Ok(VerilatedModel { instance, ports, top, cycles: 0, finished: false })
    }

    /// A new simulation that records the cycles in `window` into a VCD file.
    ///
    /// Cycle 0 is the first tick. In the file a cycle takes 10 ns: inputs settle at 10·n, the
    /// clock rises at 10·n + 5. The file is complete when the simulation is dropped, if there was
    /// room for it, as the [`Waveform`] then says.
    ///
    /// # Errors
    /// [`ToolError::Model`] if the model was built without traces, [`ToolError::File`] if the
    /// file cannot be written.
    pub fn simulate_traced(
        &self,
        path: &Path,
        window: RangeInclusive<u64>,
    ) -> Result<(VerilatedModel, Waveform), ToolError> {
        let mut simulation = self.simulate()?;
        simulation.instance.open_trace(path, *window.start(), *window.end())?;
        let lost = simulation.instance.trace_lost();
        Ok((simulation, Waveform { path: path.to_path_buf(), lost }))
    }
}

/// The file of a simulation that is recorded.
#[derive(Clone, Debug)]
pub struct Waveform {
    path: PathBuf,
    lost: Arc<AtomicBool>,
}

impl Waveform {
    /// Requires that the file could be written to its end; asked once its simulation is dropped.
    ///
    /// # Errors
    /// [`ToolError::File`] if there was no room.
    pub fn require_whole(&self) -> Result<(), ToolError> {
        let reason = "it could not be written to its end: make room, or record fewer cycles";
        match self.lost.load(Ordering::Acquire) {
            true => Err(std::io::Error::other(reason)).at("write", &self.path),
            false => Ok(()),
        }
    }
}

/// A running simulation of a Verilated model.
///
/// # Panics
/// [`settle`](Simulation::settle) and [`tick`](Simulation::tick) panic, with the Verilog's file,
/// line and message, if the design stops with an error: `$stop`, `$fatal`, or a combinational
/// loop that does not converge.
#[derive(Debug)]
pub struct VerilatedModel {
    instance: Instance,
    ports: Arc<[Port]>,
    top: Arc<str>,
    cycles: u64,
    finished: bool,
}

impl VerilatedModel {
    /// How many clock edges there were.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Whether the design has called `$finish`.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Runs [`drive`](super::drive) in C++, inside the model: the yardstick for its speed.
    pub fn bare_loop(&mut self, cycles: u64, seed: u64) -> u64 {
        self.cycles += cycles;
        self.instance.bare_loop(cycles, seed)
    }

    #[inline]
    fn note(&mut self, status: Status) {
        if status != Status::Running {
            self.note_end(status);
        }
    }

    #[cold]
    fn note_end(&mut self, status: Status) {
        self.finished = true;
        if status == Status::Stopped {
            let (top, cycle) = (&self.top, self.cycles);
            panic!("`{top}` stopped in cycle {cycle}: {}", self.instance.message());
        }
    }
}

impl Simulation for VerilatedModel {
    fn ports(&self) -> &[Port] {
        &self.ports
    }

    #[inline]
    fn write(&mut self, port: PortIndex, words: &[u64]) {
        self.instance.write(port.0, words);
    }

    #[inline]
    fn read(&self, port: PortIndex, words: &mut [u64]) {
        self.instance.read(port.0, words);
    }

    #[inline]
    fn settle(&mut self) {
        let status = self.instance.settle();
        self.note(status);
    }

    #[inline]
    fn tick(&mut self) {
        let status = self.instance.tick();
        self.note(status);
        self.cycles += 1;
    }
}
