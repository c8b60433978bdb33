//! Spikewright: what the test rings share.
//!
//! ```text
//!  cases ─► lowered, printed ─► native or Verilated ─► compared with the reference and with numeric
//! ```

pub mod counts;
pub mod coverage;
pub mod encoder_plants;
pub mod event_plants;
pub mod fuzz;
pub mod html;
pub mod machine_account;
pub mod machine_check;
pub mod machine_line;
pub mod machine_plants;
pub mod machines;
pub mod matrices;
pub mod matrix_plants;
pub mod monitor;
pub mod netlists;
pub mod pass_plants;
pub mod pass_programs;
pub mod planted;
pub mod plants;
pub mod serial;
pub mod stream_plants;
pub mod streams;
pub mod systems;
pub mod talks;
mod tally;
pub mod verilog;

/// Whether the environment sets a variable to anything but nothing and `0`.
pub fn asked_for(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
