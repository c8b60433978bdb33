//! A watch on the handshakes of a machine, between its simulation and whoever drives it.
//!
//! The rule of AXI4: what is offered stays, unchanged, until it is taken; and it is offered
//! without waiting for the other side to be ready.

use hdl::language::simulation::{Port, PortIndex, Simulation};
use std::cell::RefCell;
use std::rc::Rc;

/// A channel that the machine drives: its valid, its ready and its data ports.
const CHANNELS: [(&str, &str, &[&str]); 3] = [
    ("m_axis_tvalid", "m_axis_tready", &["m_axis_tdata", "m_axis_tlast"]),
    ("s_axil_bvalid", "s_axil_bready", &["s_axil_bresp"]),
    ("s_axil_rvalid", "s_axil_rready", &["s_axil_rdata", "s_axil_rresp"]),
];

#[derive(Debug)]
struct Channel {
    name: &'static str,
    valid: PortIndex,
    ready: PortIndex,
    data: Vec<PortIndex>,
}

/// A simulation whose output handshakes are watched.
#[derive(Debug)]
pub struct Monitor<S> {
    simulation: S,
    reset: PortIndex,
    channels: Vec<Channel>,
    cycles: u64,
    fault: Rc<RefCell<Option<String>>>,
}

impl<S: Simulation> Monitor<S> {
    /// Watches a simulation of a `machine`; the first handshake that breaks the rule can be read at any
    /// time.
    pub fn new(simulation: S) -> (Monitor<S>, Rc<RefCell<Option<String>>>) {
        let channel = |(valid, ready, data): (&'static str, &str, &[&str])| Channel {
            name: valid,
            valid: simulation.port(valid),
            ready: simulation.port(ready),
            data: data.iter().map(|name| simulation.port(name)).collect(),
        };
        let channels = CHANNELS.map(channel).into();
        let reset = simulation.port("rst_i");
        let fault = Rc::default();
        let shared = Rc::clone(&fault);
        (Monitor { simulation, reset, channels, cycles: 0, fault }, shared)
    }

    fn data(&self, channel: &Channel) -> Vec<u64> {
        let mut all = vec![];
        for &port in &channel.data {
            let mut words = vec![0; self.simulation.ports()[port.0].ty.words()];
            self.simulation.read(port, &mut words);
            all.extend(words);
        }
        all
    }

    /// What each channel offers now; nothing where nothing is offered.
    fn offers(&self) -> Vec<Option<Vec<u64>>> {
        let offer = |channel: &Channel| {
            (self.simulation.read_u64(channel.valid) == 1).then(|| self.data(channel))
        };
        self.channels.iter().map(offer).collect()
    }

    fn note(&mut self, channel: usize, what: &str) {
        let (name, cycle) = (self.channels[channel].name, self.cycles);
        self.fault.borrow_mut().get_or_insert_with(|| format!("{name} in cycle {cycle}: {what}"));
    }
}

impl<S: Simulation> Simulation for Monitor<S> {
    fn ports(&self) -> &[Port] {
        self.simulation.ports()
    }

    fn write(&mut self, port: PortIndex, words: &[u64]) {
        self.simulation.write(port, words);
    }

    fn read(&self, port: PortIndex, words: &mut [u64]) {
        self.simulation.read(port, words);
    }

    fn settle(&mut self) {
        self.simulation.settle();
    }

    fn tick(&mut self) {
        let stale = self.offers();
        self.simulation.settle();
        let before = self.offers();
        let in_reset = self.simulation.read_u64(self.reset) == 1;
        let taken: Vec<bool> =
            self.channels.iter().map(|one| self.simulation.read_u64(one.ready) == 1).collect();
        self.simulation.tick();
        let after = self.offers();
        self.cycles += 1;
        for (channel, before) in before.iter().enumerate() {
            // Nothing has been evaluated before the first settle: what is there follows power-up.
            if stale[channel] != *before && self.cycles > 1 {
                self.note(channel, "the offer follows an input within the cycle");
            }
            if before.is_some() && !in_reset && !taken[channel] && after[channel] != *before {
                self.note(channel, "what was offered and not taken has changed");
            }
        }
    }
}
