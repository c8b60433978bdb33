//! The co-simulation of a whole machine: every write of every memory against the reference.

mod axi_lite;
mod error;
mod harness;
mod lockstep;
mod watcher;

pub use error::{BusError, MachineError};
pub use harness::{Answer, Expected, MachineHarness};
pub use lockstep::{Compared, Lockstep, Memory, WriteDifference};
