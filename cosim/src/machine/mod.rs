//! The co-simulation of a whole machine: every write of every memory against the reference.

mod lockstep;

pub use lockstep::{Lockstep, Memory, WriteDifference};
