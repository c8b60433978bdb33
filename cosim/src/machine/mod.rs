//! The co-simulation of a whole machine: every write of every memory against the reference.

mod harness;
mod lockstep;
mod watcher;

pub use harness::{Answer, Expected, MachineError, MachineHarness};
pub use lockstep::{Compared, Lockstep, Memory, WriteDifference};
