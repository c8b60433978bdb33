//! Spikewright: what the test rings share.
//!
//! ```text
//!  configurations ─► Case: matrix, vectors, what numeric says ─► check ◄─ native or Verilated
//! ```
//!
//! Architecture invariant: every comparison of an engine with the specification goes through
//! [`check`], and what it compares with comes from [`weights::numeric`] alone, never from another
//! simulation.

pub mod case;
pub mod configuration;
pub mod counts;
pub mod coverage;
mod difference;
mod door;
pub mod encoder_plants;
pub mod event_plants;
pub mod fuzz;
pub mod html;
pub mod machine_account;
pub mod machine_check;
pub mod machine_line;
pub mod machine_plants;
pub mod machines;
pub mod monitor;
pub mod netlists;
pub mod pass_plants;
pub mod pass_programs;
pub mod planted;
pub mod plants;
mod provocation;
pub mod rules;
pub mod serial;
pub mod stream_plants;
pub mod streams;
pub mod systems;
pub mod table;
pub mod talks;
mod tally;
pub mod verilog;

pub use difference::Difference;
pub use door::{Fault, Report, check};

/// Whether the environment sets a variable to anything but nothing and `0`.
pub fn asked_for(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
