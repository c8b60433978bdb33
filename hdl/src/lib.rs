//! A small typed HDL, its Verilog-2005 printer and native simulator, and the hardware blocks.
//!
//! Architecture invariant: this crate touches no files, clocks or randomness. It turns
//! parameters into checked modules, and checked modules into text or into a simulation.

pub mod blocks;
pub mod language;
#[cfg(feature = "rust-hdl")]
pub mod rust_hdl;
