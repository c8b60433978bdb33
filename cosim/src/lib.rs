//! Integer reference model, Verilator harness, lock-step comparison and the command line.
//!
//! Architecture invariant: no arithmetic is defined here. What a value must be comes from
//! [`weights::numeric`]; this crate only asks whether it is.

pub mod bench;
pub mod boards;
pub mod commands;
pub mod evaluation;
pub mod explore;
pub mod formal;
pub mod gates;
pub mod machine;
pub mod pipeline;
pub mod quantise;
pub mod reference;
pub mod report;
pub mod spikes;
pub mod synth;
pub mod tools;
pub mod verilated;
