//! A machine behind a serial line: bytes in, bytes out, against the reference.

use crate::machines::MachineCase;
use crate::talks::{Lowered, equal};
use cosim::machine::MachineError;
use cosim::reference::machine::MachineReference;
use hdl::blocks::machine::uart_bridge::CLEAR_ID;
use hdl::simulation::{PortIndex, Simulation};

/// Cycles of a bit.
pub const DIVISOR: u32 = 5;

/// Cycles in which an answer must begin.
const ANSWER_CYCLES: u64 = 50_000;

/// The host's end of the line.
struct Line<S> {
    simulation: S,
    send: PortIndex,
    receive: PortIndex,
    cycles: u64,
}

impl<S: Simulation> Line<S> {
    fn new(mut simulation: S) -> Line<S> {
        let (send, receive) = (simulation.port("serial_i"), simulation.port("serial_o"));
        let reset = simulation.port("rst_i");
        simulation.write_u64(send, 1);
        simulation.write_u64(reset, 1);
        simulation.tick();
        simulation.tick();
        simulation.write_u64(reset, 0);
        Line { simulation, send, receive, cycles: 2 }
    }

    fn hold(&mut self, level: bool, cycles: u32) {
        self.simulation.write_u64(self.send, level.into());
        for _ in 0..cycles {
            self.simulation.tick();
            self.cycles += 1;
        }
    }

    fn send_byte(&mut self, byte: u8, stop: bool) {
        self.hold(false, DIVISOR);
        (0..8).for_each(|bit| self.hold(byte >> bit & 1 == 1, DIVISOR));
        self.hold(stop, DIVISOR);
        self.hold(true, 0);
    }

    fn send_word(&mut self, word: u32) {
        (word as u16).to_le_bytes().into_iter().for_each(|byte| self.send_byte(byte, true));
    }

    fn level(&self) -> bool {
        self.simulation.read_u64(self.receive) == 1
    }

    fn receive_byte(&mut self) -> Result<u8, MachineError> {
        let mut idle = 0;
        while self.level() {
            if idle == ANSWER_CYCLES {
                let (cycle, waits) = (self.cycles, "the host waits for a byte".to_owned());
                return Err(MachineError::Stall { idle, cycle, waits });
            }
            self.hold(true, 1);
            idle += 1;
        }
        self.hold(true, DIVISOR / 2);
        equal("the start bit", self.level(), false)?;
        let mut byte = 0;
        for bit in 0..8 {
            self.hold(true, DIVISOR);
            byte |= u8::from(self.level()) << bit;
        }
        self.hold(true, DIVISOR);
        equal("the stop bit", self.level(), true)?;
        Ok(byte)
    }

    fn receive_word(&mut self) -> Result<u32, MachineError> {
        Ok(u16::from_le_bytes([self.receive_byte()?, self.receive_byte()?]).into())
    }

    fn lamp(&self, name: &str) -> bool {
        self.simulation.read_u64(self.simulation.port(name)) == 1
    }
}

/// A text, another after it was cleared, and then what must light the lamps.
///
/// # Errors
/// The first difference.
pub fn serial<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<(), MachineError> {
    let mut line = Line::new(simulation);
    let mut reference = MachineReference::new(&lowered.program);
    for _ in 0..2 {
        // The words wait in the queue while the tokens before them run.
        line.send_word(CLEAR_ID);
        reference.reset();
        let (last, first) = case.prompt.split_last().expect("a prompt");
        first.iter().for_each(|&token| line.send_word(token));
        line.send_word(last | 0x8000);
        for &token in first {
            reference.step(token, false)?;
        }
        let room = case.network.context - first.len();
        let count = case.generate.min(room);
        let mut token = *last;
        for index in 0..count {
            let position = first.len() + index;
            let prediction = reference.step(token, true)?.map(|found| found.token);
            let expected = prediction.unwrap_or_default();
            let rtl = line.receive_word()?;
            equal("the mark of the last prediction", rtl >> 15 == 1, index + 1 == count)?;
            if rtl & 0x7FFF != expected {
                let (reference, rtl) = (expected, rtl & 0x7FFF);
                return Err(MachineError::Prediction {
                    position,
                    reference,
                    rtl,
                    cycle: line.cycles,
                });
            }
            token = expected;
        }
        line.hold(true, 20 * DIVISOR);
        equal("error_o, busy_o", (line.lamp("error_o"), line.lamp("busy_o")), (false, false))?;
        equal("context_full_o", line.lamp("context_full_o"), count == room)?;
    }
    line.send_word(CLEAR_ID);
    line.send_byte(0, false);
    line.hold(true, 4 * DIVISOR);
    equal("error_o after a break", line.lamp("error_o"), true)?;
    Ok(())
}
