//! One way to drive a design, whoever simulates it.
//!
//! The native simulator of this crate and a Verilated model both implement [`Simulation`], so a
//! stimulus is written once and its results can be compared bit for bit.

use crate::language::signal_type::Type;

/// Which way a port points, seen from inside the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Driven by the surroundings.
    Input,
    /// Driven by the module.
    Output,
}

/// A port of a module as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Name in the printed Verilog.
    pub name: String,
    /// Input or output.
    pub direction: Direction,
    /// Width and sign.
    pub ty: Type,
    /// One line for the port table.
    pub meaning: String,
}

/// Position of a port in the port list of a module; the clock is not in that list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortIndex(pub usize);

/// A running simulation of one module with one clock, `clk_i`, which only [`tick`] moves.
///
/// Values travel as little-endian 64-bit words, `ty.words()` of them; bits above the width are
/// zero in both directions, for signed ports too.
///
/// [`tick`]: Simulation::tick
pub trait Simulation {
    /// The ports in order, without the clock.
    fn ports(&self) -> &[Port];

    /// Sets an input. Takes effect at the next [`settle`](Self::settle) or [`tick`](Self::tick).
    fn write(&mut self, port: PortIndex, words: &[u64]);

    /// Reads a port as it stood after the last settle or tick.
    fn read(&self, port: PortIndex, words: &mut [u64]);

    /// Lets combinational logic follow the inputs, without a clock edge.
    fn settle(&mut self);

    /// Settles, then gives one rising clock edge, then settles again.
    fn tick(&mut self);

    /// Looks a port up by name.
    ///
    /// # Panics
    /// If the module has no such port.
    #[track_caller]
    fn port(&self, name: &str) -> PortIndex {
        match self.ports().iter().position(|port| port.name == name) {
            Some(index) => PortIndex(index),
            None => panic!("no port `{name}` in this module"),
        }
    }

    /// Sets an input of at most 64 bits.
    fn write_u64(&mut self, port: PortIndex, value: u64) {
        self.write(port, &[value]);
    }

    /// Reads a port of at most 64 bits, without sign extension.
    fn read_u64(&self, port: PortIndex) -> u64 {
        let mut word = [0];
        self.read(port, &mut word);
        word[0]
    }

    /// Reads a port of at most 64 bits as two's complement.
    fn read_i64(&self, port: PortIndex) -> i64 {
        let shift = 64 - self.ports()[port.0].ty.width;
        ((self.read_u64(port) << shift) as i64) >> shift
    }
}
