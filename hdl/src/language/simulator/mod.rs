//! The native two-state simulator.
//!
//! The hierarchy is flattened into a list of operations in dependency order over one vector of
//! 64-bit words; wires, ports and instances cost nothing. Registers and memories start at zero.

mod elaborate;
mod native;
mod operation;
mod property;
mod state;

pub use native::NativeSimulation;
