//! A machine behind a serial line, against the reference.

use crate::machines::MachineCase;
use crate::serial::SerialHost;
use crate::talks::{Lowered, equal};
use cosim::machine::MachineError;
use cosim::reference::machine::MachineReference;
use hdl::blocks::host::uart_bridge::CLEAR_ID;
use hdl::language::simulation::Simulation;

/// Cycles of a bit.
pub const DIVISOR: u32 = 5;

/// Cycles in which a prediction must come.
const ANSWER_CYCLES: u64 = 50_000;

/// A text, another after it was cleared, and then what must light the lamps.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// If the case has no prompt.
pub fn serial<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<(), MachineError> {
    let mut host = SerialHost::new(simulation, DIVISOR as usize);
    let mut reference = MachineReference::new(&lowered.program);
    let (last, first) = case.prompt.split_last().expect("a prompt");
    let room = case.network.context - first.len();
    let count = case.generate.min(room);
    for _ in 0..2 {
        // The words wait in the queue while the tokens before them run.
        host.send(CLEAR_ID, false);
        reference.reset();
        for &token in first {
            host.send(token, false);
            reference.step(token, false)?;
        }
        host.send(*last, true);
        let mut token = *last;
        for index in 0..count {
            let position = first.len() + index;
            let predicted = reference.step(token, true)?.map(|found| found.token);
            let cycle = host.cycles();
            let stall = |waits| MachineError::Stall { idle: ANSWER_CYCLES, cycle, waits };
            let (rtl, ends) = host.wait(ANSWER_CYCLES).map_err(stall)?;
            let reference = predicted.unwrap_or_default();
            if rtl != reference {
                return Err(MachineError::Prediction { position, reference, rtl, cycle });
            }
            equal("the mark of the last prediction", ends, index + 1 == count)?;
            token = rtl;
        }
        host.pause(u64::from(20 * DIVISOR));
        equal("error_o, busy_o", (host.is("error_o"), host.is("busy_o")), (false, false))?;
        equal("context_full_o", host.is("context_full_o"), count == room)?;
    }
    host.send(CLEAR_ID, false);
    host.pause(u64::from(24 * DIVISOR));
    equal("context_full_o after clear", host.is("context_full_o"), false)?;
    host.send_break();
    host.pause(u64::from(16 * DIVISOR));
    equal("error_o after a break", host.is("error_o"), true)
}
