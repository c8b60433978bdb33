//! A count of what a machine shows of itself, between its simulation and whoever drives it.

use hdl::blocks::host::watch::{WAITS, WATCHED};
use hdl::language::simulation::{Port, PortIndex, Simulation};
use std::cell::Cell;
use std::rc::Rc;

/// Cycles since the count was cleared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// A token was under way: none could be taken.
    pub(crate) busy: u32,
    /// Of each of what is [`watched`](hdl::blocks::host::watch::watched), in its order.
    pub(crate) strobes: [u32; WATCHED.len()],
    /// Of each of [`WAITS`].
    pub(crate) waits: [u32; WAITS.len()],
}

/// A simulation whose outputs are counted.
pub(crate) struct Tally<S> {
    simulation: S,
    ready: PortIndex,
    strobes: PortIndex,
    waits: PortIndex,
    counts: Rc<Cell<Counts>>,
}

impl<S: Simulation> Tally<S> {
    /// Counts a simulation of a `machine`; the counts are read, and cleared, through the cell.
    pub(crate) fn new(simulation: S) -> (Tally<S>, Rc<Cell<Counts>>) {
        let ready = simulation.port("s_axis_tready");
        let strobes = simulation.port("observe_strobes_o");
        let waits = simulation.port("observe_waits_o");
        let counts = Rc::new(Cell::new(Counts::default()));
        (Tally { simulation, ready, strobes, waits, counts: Rc::clone(&counts) }, counts)
    }
}

impl<S: Simulation> Simulation for Tally<S> {
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
        self.simulation.settle();
        let mut counts = self.counts.get();
        let (strobes, waits) =
            (self.simulation.read_u64(self.strobes), self.simulation.read_u64(self.waits));
        counts.busy += u32::from(self.simulation.read_u64(self.ready) == 0);
        for (bit, count) in counts.strobes.iter_mut().enumerate() {
            *count += (strobes >> bit & 1) as u32;
        }
        for (bit, count) in counts.waits.iter_mut().enumerate() {
            *count += (waits >> bit & 1) as u32;
        }
        self.counts.set(counts);
        self.simulation.tick();
    }
}
