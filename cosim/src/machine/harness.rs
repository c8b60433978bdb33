//! A machine in a simulation, its host's bus and its two streams of tokens or vectors.
//!
//! ```text
//!  host   ──► Bus ─────► s_axil ┐                         ┌─► observe_* ─► Lockstep ◄─ reference
//!  ids    ──► token ───► s_axis ├─ Simulation ────────────┤
//!  answer ◄─ prediction  m_axis ┘  (native or Verilated)  └─► who waits on whom
//! ```
//!
//! Every cycle is watched: the first write that differs from the reference's ends the run.

use super::axi_lite::{AxiLite, Clocked};
use super::error::BusError;
use super::error::MachineError;
use super::lockstep::{Lockstep, WriteDifference};
use super::watcher::{Event, Watcher};
use crate::reference::machine::{MachineReference, Prediction, Record, Recorder};
use firmware::bus::Bus;
use firmware::isa::Unit;
use firmware::machine::Program;
use firmware::registers::Register;
use hdl::language::simulation::{PortIndex, Simulation};
use std::sync::Arc;

/// Cycles without any event after which a run is given up; the longest instruction of a large
/// model takes fewer.
const IDLE_CYCLES_MAX: u64 = 200_000;

/// Ports of the token streams.
#[derive(Clone, Copy, Debug)]
struct Ports {
    reset: PortIndex,
    bus: AxiLite,
    token: PortIndex,
    token_valid: PortIndex,
    token_last: PortIndex,
    token_ready: PortIndex,
    prediction: PortIndex,
    prediction_valid: PortIndex,
    prediction_last: PortIndex,
    prediction_ready: PortIndex,
    waits: PortIndex,
}

impl Ports {
    fn of(simulation: &impl Simulation) -> Ports {
        let port = |name: &str| simulation.port(name);
        Ports {
            reset: port("rst_i"),
            bus: AxiLite::of(simulation),
            token: port("s_axis_tdata"),
            token_valid: port("s_axis_tvalid"),
            token_last: port("s_axis_tlast"),
            token_ready: port("s_axis_tready"),
            prediction: port("m_axis_tdata"),
            prediction_valid: port("m_axis_tvalid"),
            prediction_last: port("m_axis_tlast"),
            prediction_ready: port("m_axis_tready"),
            waits: port("observe_waits_o"),
        }
    }
}

/// A prediction as it leaves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The token id.
    pub token: u32,
    /// Whether it ends the answer.
    pub last: bool,
}

/// A machine in a simulation, in lock-step with its reference.
pub struct MachineHarness<S> {
    simulation: S,
    ports: Ports,
    watcher: Watcher,
    lockstep: Lockstep,
    reference: MachineReference,
    program: Arc<Program>,
    cycles: u64,
    /// Cycles since the last event.
    idle: u64,
    /// Instructions issued and not finished, oldest first: matrix unit, vector unit.
    open: [Vec<usize>; 2],
    difference: Option<Box<WriteDifference>>,
}

impl<S: Simulation> MachineHarness<S> {
    /// Takes a simulation of a `machine` that executes the reference's program, and resets it.
    pub fn new(simulation: S, program: Arc<Program>, reference: MachineReference) -> Self {
        let ports = Ports::of(&simulation);
        let watcher = Watcher::new(&simulation, &program.parameters);
        let mut harness = MachineHarness {
            simulation,
            ports,
            watcher,
            lockstep: Lockstep::new(Arc::clone(&program)),
            reference,
            program,
            cycles: 0,
            idle: 0,
            open: [Vec::new(), Vec::new()],
            difference: None,
        };
        harness.reset();
        harness
    }

    /// Clock edges so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// What was compared so far.
    pub fn lockstep(&self) -> &Lockstep {
        &self.lockstep
    }

    /// The program that is executed.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Holds `rst_i` for two cycles, with all inputs idle; the reference begins a new text.
    pub fn reset(&mut self) {
        let ports = self.ports;
        ports.bus.idle(&mut self.simulation);
        self.simulation.write_u64(ports.token_valid, 0);
        self.simulation.write_u64(ports.prediction_ready, 0);
        self.simulation.write_u64(ports.reset, 1);
        self.simulation.tick();
        self.simulation.tick();
        self.simulation.write_u64(ports.reset, 0);
        self.cycles += 2;
        self.forget();
        self.tick();
    }

    /// Begins a new text in the reference; the machine was cleared.
    pub fn forget(&mut self) {
        self.reference.reset();
        self.lockstep.clear();
        self.open.iter_mut().for_each(Vec::clear);
        self.idle = 0;
    }

    /// Lets a vector come to the reference in the place of a token id: [`expect`](Self::expect) token 0.
    ///
    /// # Errors
    /// If it is no vector of the network.
    pub fn present(&mut self, vector: &[i64]) -> Result<(), MachineError> {
        Ok(self.reference.present(vector)?)
    }

    /// The words of the vector that follows what was expected last, where the machine gives vectors.
    pub fn expected_words(&self) -> Option<Vec<i64>> {
        self.reference.output_words().map(<[i64]>::to_vec)
    }

    /// Executes a token in the reference alone and expects its writes; the prediction, if asked.
    ///
    /// # Errors
    /// If the reference refuses the token.
    pub fn expect(&mut self, token: u32, asked: bool) -> Result<Expected, MachineError> {
        let position = self.reference.position();
        let mut recorder = Recorder::default();
        let prediction = self.reference.step_observed(token, asked, &mut recorder)?;
        let answer = prediction.as_ref().map_or_else(Vec::new, Prediction::tokens);
        let prediction = answer.last().copied();
        self.lockstep.expect(position, recorder.records.clone());
        Ok(Expected { prediction, answer, records: recorder.records })
    }

    /// Offers a token until it is taken.
    ///
    /// # Errors
    /// If the machine writes something wrong meanwhile, or nothing moves.
    pub fn send(&mut self, token: u32, last: bool) -> Result<(), MachineError> {
        self.send_beat(&[token.into()], last)
    }

    /// Offers a beat until it is taken: a token, or a word of a vector, the first 64 bits first.
    ///
    /// # Errors
    /// As [`send`](MachineHarness::send).
    pub fn send_beat(&mut self, beat: &[u64], last: bool) -> Result<(), MachineError> {
        let ports = self.ports;
        self.simulation.write(ports.token, beat);
        self.simulation.write_u64(ports.token_last, last.into());
        self.simulation.write_u64(ports.token_valid, 1);
        loop {
            let taken = self.simulation.read_u64(ports.token_ready) == 1;
            self.step("the host offers a token (s_axis_tvalid is 1)")?;
            if taken {
                self.simulation.write_u64(ports.token_valid, 0);
                return Ok(());
            }
        }
    }

    /// Waits for a prediction and takes it.
    ///
    /// # Errors
    /// As [`send`](MachineHarness::send).
    pub fn receive(&mut self) -> Result<Answer, MachineError> {
        let (beat, last) = self.receive_beat()?;
        Ok(Answer { token: beat[0] as u32, last })
    }

    /// Waits for a beat and takes it: a prediction, or a word of a vector; and whether it is the last.
    ///
    /// # Errors
    /// As [`send`](MachineHarness::send).
    pub fn receive_beat(&mut self) -> Result<(Vec<u64>, bool), MachineError> {
        let ports = self.ports;
        let mut beat = vec![0; self.simulation.ports()[ports.prediction.0].ty.words()];
        self.simulation.write_u64(ports.prediction_ready, 1);
        loop {
            let valid = self.simulation.read_u64(ports.prediction_valid) == 1;
            self.simulation.read(ports.prediction, &mut beat);
            let last = self.simulation.read_u64(ports.prediction_last) == 1;
            self.step("the host waits for a prediction (m_axis_tvalid is 0)")?;
            if valid {
                self.simulation.write_u64(ports.prediction_ready, 0);
                return Ok((beat, last));
            }
        }
    }

    /// Lets `cycles` pass.
    ///
    /// # Errors
    /// If the machine writes something wrong meanwhile.
    pub fn pause(&mut self, cycles: u64) -> Result<(), MachineError> {
        (0..cycles).try_for_each(|_| self.step("the host waits for the machine to be idle"))
    }

    /// Complains of writes that should have come by now; after the last prediction of a text.
    ///
    /// # Errors
    /// If a write is missing.
    pub fn settled(&self) -> Result<(), MachineError> {
        match self.lockstep.missing(self.cycles) {
            None => Ok(()),
            Some(missing) => Err(MachineError::Difference(Box::new(missing))),
        }
    }

    fn step(&mut self, host: &str) -> Result<(), MachineError> {
        self.tick();
        if let Some(difference) = self.difference.take() {
            return Err(MachineError::Difference(difference));
        }
        if self.idle > IDLE_CYCLES_MAX {
            let (idle, cycle, waits) = (self.idle, self.cycles, self.waits(host));
            return Err(MachineError::Stall { idle, cycle, waits });
        }
        Ok(())
    }

    fn waits(&self, host: &str) -> String {
        let mut text = host.to_owned();
        for (unit, open) in ["matrix unit", "vector unit"].iter().zip(&self.open) {
            if let Some(&oldest) = open.first() {
                let remark = &self.program.remarks[oldest];
                text.push_str(&format!("; the {unit} is at {oldest:#06x}, {remark}"));
            }
        }
        let held = self.simulation.read_u64(self.ports.waits);
        for (bit, what) in hdl::blocks::host::watch::WAITS.iter().enumerate() {
            if held >> bit & 1 == 1 {
                text.push_str(&format!("; the next instruction waits for {what}"));
            }
        }
        text
    }
}

/// What the reference did for a token.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The prediction, if one was asked for; the last of several.
    pub prediction: Option<u32>,
    /// All predictions, in the order in which they leave the machine.
    pub answer: Vec<u32>,
    /// Every instruction with its writes and facts.
    pub records: Vec<Record>,
}

impl<S: Simulation> Clocked for MachineHarness<S> {
    type Simulation = S;

    fn simulation(&mut self) -> &mut S {
        &mut self.simulation
    }

    fn cycles(&self) -> u64 {
        self.cycles
    }

    fn tick(&mut self) {
        self.simulation.tick();
        self.cycles += 1;
        self.idle += 1;
        let MachineHarness { simulation, watcher, lockstep, open, program, difference, .. } = self;
        let (cycle, mut moved) = (self.cycles, false);
        watcher.look(simulation, |event| {
            moved = true;
            match event {
                Event::Issue(index) => {
                    let instruction = program.instructions.get(index);
                    match instruction.map(|instruction| instruction.action.unit()) {
                        Some(Unit::Matrix) => open[0].push(index),
                        Some(Unit::Vector) => open[1].push(index),
                        Some(Unit::Sequencer) | None => {}
                    }
                }
                Event::MatrixDone if !open[0].is_empty() => drop(open[0].remove(0)),
                Event::VectorDone if !open[1].is_empty() => drop(open[1].remove(0)),
                Event::MatrixDone | Event::VectorDone => {}
                Event::Write(write) => {
                    if difference.is_none() {
                        *difference = lockstep.observe(cycle, &write).err();
                    }
                }
            }
        });
        if moved {
            self.idle = 0;
        }
    }
}

impl<S: Simulation> Bus for MachineHarness<S> {
    type Error = BusError;

    /// Whatever the host does is a move, but for asking whether the machine moves: a large one is loaded, and
    /// its results are read, for longer than one may stand still.
    fn read(&mut self, offset: u32) -> Result<u32, BusError> {
        if offset != Register::Status.offset() {
            self.idle = 0;
        }
        let bus = self.ports.bus;
        bus.read(offset, self)
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), BusError> {
        self.idle = 0;
        let bus = self.ports.bus;
        bus.write(offset, value, self)
    }
}
