//! The harness: one engine in a simulation, its two streams and its bus.
//!
//! ```text
//!  driver ──► Bus ──────► s_axil ┐
//!  frames ──► gaps ─────► s_axis ├─ Simulation (native or Verilated)
//!  results ◄─ back-pressure m_axis┘
//! ```
//!
//! Architecture invariant: the handshake outputs of the engine follow its registers alone, never
//! its inputs, so the harness reads them after one clock edge and drives the next.

mod axi_lite;
mod error;
mod layer;
mod stalls;

pub(crate) use axi_lite::{AxiLite, Clocked};
pub use error::HarnessError;
pub use layer::{Layer, LayerError, LayerResults, LayerVector};
pub use stalls::Stalls;

use firmware::driver::Bus;
use firmware::stream::ResultBeat;
use hdl::language::simulation::{PortIndex, Simulation};

use error::FRAME_BEATS_MAX;

/// Ports of the engine.
#[derive(Clone, Copy, Debug)]
struct Ports {
    reset: PortIndex,
    bus: AxiLite,
    spikes: PortIndex,
    spikes_valid: PortIndex,
    spikes_last: PortIndex,
    spikes_ready: PortIndex,
    values: PortIndex,
    values_keep: PortIndex,
    values_valid: PortIndex,
    values_last: PortIndex,
    values_ready: PortIndex,
}

impl Ports {
    fn of(simulation: &impl Simulation) -> Ports {
        let port = |name: &str| simulation.port(name);
        Ports {
            reset: port("rst_i"),
            bus: AxiLite::of(simulation),
            spikes: port("s_axis_tdata"),
            spikes_valid: port("s_axis_tvalid"),
            spikes_last: port("s_axis_tlast"),
            spikes_ready: port("s_axis_tready"),
            values: port("m_axis_tdata"),
            values_keep: port("m_axis_tkeep"),
            values_valid: port("m_axis_tvalid"),
            values_last: port("m_axis_tlast"),
            values_ready: port("m_axis_tready"),
        }
    }
}

/// An engine in a simulation.
#[derive(Debug)]
pub struct Harness<S> {
    simulation: S,
    ports: Ports,
    cycles: u64,
}

/// A frame that leaves the engine, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFrame {
    /// Its beats.
    pub beats: Vec<ResultBeat>,
    /// Cycle in which the last beat left.
    pub cycle: u64,
}

impl<S: Simulation> Harness<S> {
    /// Takes a simulation of a `layer_engine` and resets it.
    pub fn new(simulation: S) -> Harness<S> {
        let ports = Ports::of(&simulation);
        let mut harness = Harness { simulation, ports, cycles: 0 };
        harness.reset();
        harness
    }

    /// Clock edges so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Gives the simulation back.
    pub fn into_simulation(self) -> S {
        self.simulation
    }

    /// Holds `rst_i` for two cycles, with all inputs idle.
    pub fn reset(&mut self) {
        let ports = self.ports;
        ports.bus.idle(&mut self.simulation);
        self.simulation.write_u64(ports.spikes_valid, 0);
        self.simulation.write_u64(ports.values_ready, 0);
        self.simulation.write_u64(ports.reset, 1);
        self.tick();
        self.tick();
        self.simulation.write_u64(ports.reset, 0);
        self.tick();
    }

    fn tick(&mut self) {
        self.simulation.tick();
        self.cycles += 1;
    }

    /// Sends frames and receives as many result frames.
    ///
    /// `idle_max` is the number of cycles in which at least one beat must move.
    ///
    /// # Errors
    /// [`HarnessError::Stall`] if nothing moves for too long.
    pub fn stream(
        &mut self,
        frames: &[Vec<Vec<u64>>],
        stalls: &mut Stalls,
        idle_max: u64,
    ) -> Result<Vec<ResultFrame>, HarnessError> {
        let beats: Vec<(&[u64], bool)> = frames
            .iter()
            .flat_map(|frame| {
                let last = frame.len().saturating_sub(1);
                frame.iter().enumerate().map(move |(at, beat)| (beat.as_slice(), at == last))
            })
            .collect();
        let (mut sent, mut offered, mut idle) = (0, false, 0);
        let mut results: Vec<ResultFrame> = vec![];
        let mut open = vec![];
        while results.len() < frames.len() {
            offered = self.offer(beats.get(sent), offered, stalls);
            let ready = stalls.output_ready();
            self.simulation.write_u64(self.ports.values_ready, ready.into());
            let taken = offered && self.simulation.read_u64(self.ports.spikes_ready) == 1;
            let received = ready && self.simulation.read_u64(self.ports.values_valid) == 1;
            if received {
                open.push(self.result_beat());
            }
            self.tick();
            if open.last().is_some_and(|beat: &ResultBeat| beat.last) {
                results.push(ResultFrame { beats: std::mem::take(&mut open), cycle: self.cycles });
            }
            if open.len() > FRAME_BEATS_MAX {
                return Err(HarnessError::Endless { frame: results.len(), cycle: self.cycles });
            }
            sent += usize::from(taken);
            offered &= !taken;
            idle = if taken || received { 0 } else { idle + 1 };
            if idle > idle_max {
                return Err(self.stalled(idle, sent, beats.len(), results.len(), frames.len()));
            }
        }
        self.simulation.write_u64(self.ports.spikes_valid, 0);
        self.simulation.write_u64(self.ports.values_ready, 0);
        Ok(results)
    }

    /// Sends the first `count` beats of a frame and stops there.
    pub fn stream_part(&mut self, frame: &[Vec<u64>], count: usize) {
        let mut sent = 0;
        for _ in 0..1000 {
            let Some(beat) = frame.get(sent).filter(|_| sent < count) else { break };
            self.simulation.write(self.ports.spikes, beat);
            self.simulation.write_u64(self.ports.spikes_last, (sent + 1 == frame.len()).into());
            self.simulation.write_u64(self.ports.spikes_valid, 1);
            sent += usize::from(self.simulation.read_u64(self.ports.spikes_ready) == 1);
            self.tick();
        }
        self.simulation.write_u64(self.ports.spikes_valid, 0);
    }

    /// Lets some cycles pass with idle streams.
    pub fn idle(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.tick();
        }
    }

    /// Offers the next beat; one that was offered and not taken stays.
    fn offer(&mut self, beat: Option<&(&[u64], bool)>, offered: bool, stalls: &mut Stalls) -> bool {
        let Some((data, last)) = beat else {
            self.simulation.write_u64(self.ports.spikes_valid, 0);
            return false;
        };
        let offer = offered || stalls.input_valid();
        if offer && !offered {
            self.simulation.write(self.ports.spikes, data);
            self.simulation.write_u64(self.ports.spikes_last, (*last).into());
        }
        self.simulation.write_u64(self.ports.spikes_valid, offer.into());
        offer
    }

    fn result_beat(&self) -> ResultBeat {
        let words = |port: PortIndex| {
            let mut words = vec![0; self.simulation.ports()[port.0].ty.words()];
            self.simulation.read(port, &mut words);
            words
        };
        ResultBeat {
            data: words(self.ports.values),
            keep: words(self.ports.values_keep),
            last: self.simulation.read_u64(self.ports.values_last) == 1,
        }
    }

    fn stalled(
        &self,
        idle: u64,
        sent: usize,
        beats: usize,
        received: usize,
        frames: usize,
    ) -> HarnessError {
        let flag = |port: PortIndex| self.simulation.read_u64(port) == 1;
        let input = match (sent < beats, flag(self.ports.spikes_ready)) {
            (false, _) => "the source has sent everything",
            (true, true) => "the engine waits on the source (s_axis_tready is 1)",
            (true, false) => "the source waits on the engine (s_axis_tready is 0)",
        };
        let output = match flag(self.ports.values_valid) {
            true => "the engine waits on the sink (m_axis_tvalid is 1)",
            false => "the sink waits on the engine (m_axis_tvalid is 0)",
        };
        let waits = format!("{input}; {output}");
        HarnessError::Stall { idle, cycle: self.cycles, sent, beats, received, frames, waits }
    }
}

impl<S: Simulation> Bus for Harness<S> {
    type Error = HarnessError;

    fn read(&mut self, offset: u32) -> Result<u32, HarnessError> {
        let bus = self.ports.bus;
        bus.read(offset, self)
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), HarnessError> {
        let bus = self.ports.bus;
        bus.write(offset, value, self)
    }
}

impl<S: Simulation> Clocked for Harness<S> {
    type Simulation = S;

    fn simulation(&mut self) -> &mut S {
        &mut self.simulation
    }

    fn cycles(&self) -> u64 {
        self.cycles
    }

    fn tick(&mut self) {
        Harness::tick(self);
    }
}
