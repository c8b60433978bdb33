//! A host at the other end of a serial line, 8N1.

use hdl::language::simulation::{PortIndex, Simulation};
use std::collections::VecDeque;

/// Bits of a frame: start, 8 data bits, stop.
const FRAME_BITS: usize = 10;

/// A machine on a board, and the serial line to it.
pub struct SerialHost<S> {
    simulation: S,
    divisor: usize,
    into: PortIndex,
    out: PortIndex,
    /// Levels still to be driven, one a cycle.
    levels: VecDeque<bool>,
    /// Cycles since the start bit of the byte that comes, and its bits so far.
    coming: Option<(usize, u16)>,
    bytes: Vec<u8>,
    /// A frame had no stop bit.
    broken: bool,
    cycles: u64,
}

impl<S: Simulation> SerialHost<S> {
    /// Takes a simulation with ports `serial_i` and `serial_o`, and resets it where it has `rst_i`.
    pub fn new(mut simulation: S, divisor: usize) -> SerialHost<S> {
        let (into, out) = (simulation.port("serial_i"), simulation.port("serial_o"));
        simulation.write_u64(into, 1);
        if simulation.ports().iter().any(|port| port.name == "rst_i") {
            let reset = simulation.port("rst_i");
            simulation.write_u64(reset, 1);
            simulation.tick();
            simulation.write_u64(reset, 0);
        }
        let (levels, bytes) = (VecDeque::new(), vec![]);
        let (coming, broken, cycles) = (None, false, 0);
        SerialHost { simulation, divisor, into, out, levels, coming, bytes, broken, cycles }
    }

    /// Clock edges so far.
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Whether a port of one bit is set.
    pub fn is(&self, port: &str) -> bool {
        self.simulation.read_u64(self.simulation.port(port)) == 1
    }

    /// Sets an input beside the line.
    pub fn set(&mut self, port: &str, value: u64) {
        let port = self.simulation.port(port);
        self.simulation.write_u64(port, value);
    }

    /// The bits of an output beside the line.
    pub fn shown(&self, port: &str) -> u64 {
        self.simulation.read_u64(self.simulation.port(port))
    }

    /// Queues a token: two bytes, the lower first.
    pub fn send(&mut self, id: u32, last: bool) {
        self.send_bytes(&(id as u16 | u16::from(last) << 15).to_le_bytes());
    }

    /// Queues bytes.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let frame = u16::from(byte) << 1 | 1 << (FRAME_BITS - 1);
            for bit in 0..FRAME_BITS {
                let level = frame >> bit & 1 == 1;
                self.levels.extend(std::iter::repeat_n(level, self.divisor));
            }
        }
    }

    /// Waits for a prediction; its id, and whether it is the last of its answer.
    ///
    /// # Panics
    /// If none comes in `limit` cycles, or a frame has no stop bit.
    pub fn receive(&mut self, limit: u64) -> (u32, bool) {
        self.wait(limit).unwrap_or_else(|what| panic!("{what}"))
    }

    /// Queues a break: longer low than any byte.
    pub fn send_break(&mut self) {
        self.levels.extend(std::iter::repeat_n(false, (FRAME_BITS + 2) * self.divisor));
    }

    /// Waits for a prediction; its id, and whether it is the last of its answer.
    ///
    /// # Errors
    /// If none comes in `limit` cycles, or a frame has no stop bit.
    pub fn wait(&mut self, limit: u64) -> Result<(u32, bool), String> {
        let bytes = self.bytes(2, limit)?;
        let word = u16::from_le_bytes([bytes[0], bytes[1]]);
        Ok((u32::from(word & 0x7FFF), word >> 15 == 1))
    }

    /// Waits for some bytes.
    ///
    /// # Errors
    /// If they do not come in `limit` cycles, or a frame has no stop bit.
    pub fn bytes(&mut self, count: usize, limit: u64) -> Result<Vec<u8>, String> {
        let end = self.cycles + limit;
        while self.bytes.len() < count {
            if self.broken {
                return Err("a frame without its stop bit".to_owned());
            }
            if self.cycles >= end {
                return Err(format!("no prediction in {limit} cycles"));
            }
            self.tick();
        }
        Ok(self.bytes.drain(..count).collect())
    }

    /// Lets `cycles` pass.
    pub fn pause(&mut self, cycles: u64) {
        (0..cycles).for_each(|_| self.tick());
    }

    fn tick(&mut self) {
        let level = self.levels.pop_front().unwrap_or(true);
        self.simulation.write_u64(self.into, level.into());
        self.simulation.tick();
        self.cycles += 1;
        let level = self.simulation.read_u64(self.out) == 1;
        match self.coming {
            None if !level => self.coming = Some((0, 0)),
            None => {}
            Some((cycle, bits)) => self.sample(cycle + 1, bits, level),
        }
    }

    /// Takes each bit at its middle.
    fn sample(&mut self, cycle: usize, mut bits: u16, level: bool) {
        if cycle % self.divisor == self.divisor / 2 {
            bits |= u16::from(level) << (cycle / self.divisor);
        }
        self.coming = Some((cycle, bits));
        if cycle / self.divisor == FRAME_BITS - 1 && cycle % self.divisor == self.divisor / 2 {
            self.broken |= !level;
            self.bytes.push((bits >> 1) as u8);
            self.coming = None;
        }
    }
}
