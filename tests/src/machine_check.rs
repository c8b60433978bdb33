//! Every check that a machine goes through, one after the other.

use crate::machine_account::account;
use crate::machine_line::{DIVISOR, serial};
use crate::machines::MachineCase;
use crate::talks::{Lowered, by_itself, step_by_step};
use cosim::machine::MachineError;
use firmware::bus::DriverError;
use firmware::pass_choices::PassChoices;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::simulation::Simulation;
use std::fmt;

/// Who talks to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// A processor, through registers and streams.
    Registers,
    /// A serial line; the memories are loaded with the design.
    Serial,
}

/// A machine, lowered, and who talks to it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// What it executes.
    pub case: MachineCase,
    /// Its program and its image.
    pub lowered: Lowered,
    /// Who talks to it.
    pub host: Host,
}

/// What is not as it must be.
#[derive(Debug)]
pub struct Caught {
    /// In which check.
    pub check: &'static str,
    /// What it is.
    pub error: MachineError,
}

impl Whole {
    /// Lowers a case.
    ///
    /// # Panics
    /// If the network does not fit its machine.
    pub fn new(case: MachineCase, host: Host) -> Whole {
        let lowered = Lowered::new(&case);
        Whole { case, lowered, host }
    }

    /// The checked design.
    ///
    /// # Panics
    /// If the generator made a mistake.
    pub fn design(&self) -> Checked {
        let parameters = self.lowered.program.parameters;
        let module = match self.host {
            Host::Registers => Machine::observed(&self.lowered.program).module(),
            Host::Serial => MachineUart {
                parameters,
                contents: self.lowered.image.clone(),
                choices: PassChoices::of(&self.lowered.program),
                divisor: DIVISOR,
                generate_count: self.case.generate as u32,
                end_token: None,
            }
            .module(),
        };
        check(&module).unwrap_or_else(|error| panic!("{}: {error}", self.case.name))
    }

    /// All checks, each with a fresh simulation.
    ///
    /// # Errors
    /// The first difference.
    pub fn check<S: Simulation>(&self, simulate: impl Fn() -> S) -> Result<(), Caught> {
        let Whole { case, lowered, host } = self;
        let caught = |check| move |error| Caught { check, error };
        if *host == Host::Serial {
            return serial(simulate(), lowered, case).map_err(caught("serial line"));
        }
        step_by_step(simulate(), lowered, case).map_err(caught("step by step"))?;
        by_itself(simulate(), lowered, case).map_err(caught("by itself"))?;
        account(simulate(), lowered, case).map_err(caught("account"))
    }
}

impl Caught {
    /// What caught it, in a word.
    pub fn caught_by(&self) -> &'static str {
        match &self.error {
            MachineError::Difference(_) => "write",
            MachineError::Prediction { .. } | MachineError::Vector { .. } => "prediction",
            MachineError::Stall { .. } => "stall",
            MachineError::Driver(DriverError::Mismatch { .. }) => "constants",
            MachineError::Bus(_) | MachineError::Driver(_) => "bus",
            MachineError::Machine(what) if what.starts_with("the counter") => "counter",
            MachineError::Machine(_) => "status",
            MachineError::Reference(_) => "reference",
        }
    }
}

impl fmt::Display for Caught {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.error.to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        write!(out, "{}: {}", self.check, words.join(" "))
    }
}
