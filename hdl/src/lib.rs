//! A small typed HDL, its Verilog-2005 printer and native simulator, and the hardware blocks.
//!
//! Architecture invariant: this crate touches no files, clocks or randomness. It turns
//! parameters into checked modules, and checked modules into text or into a simulation.

pub mod bits;
pub mod blocks;
pub mod builder;
pub mod check;
pub mod cost;
pub mod expression;
pub mod instance;
pub mod module;
pub mod primitive;
pub mod primitives;
pub mod property;
#[cfg(feature = "rust-hdl")]
pub mod rust_hdl;
pub mod signal;
pub mod signal_type;
pub mod simulation;
pub mod simulator;
pub mod storage;
pub mod verilog;
