//! The language: signals, modules, checks, the Verilog printer, the simulator, the cost of an expression.

pub mod bits;
pub mod builder;
pub mod check;
mod claims;
pub mod cost;
pub mod expression;
pub mod instance;
pub mod module;
pub mod primitive;
pub mod primitives;
pub mod property;
pub mod signal;
pub mod signal_type;
pub mod simulation;
pub mod simulator;
mod state;
pub mod storage;
pub mod verilog;
