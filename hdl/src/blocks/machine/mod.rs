//! The whole machine: its core, and the core behind its host port.

pub mod machine_core;
pub(in crate::blocks) mod net;
mod top;

pub use top::Machine;
