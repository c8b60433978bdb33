//! Verilated models: built from Verilog, kept in the cache, loaded, and driven as a
//! [`Simulation`](hdl::language::simulation::Simulation).
//!
//! ```text
//!  Verilog ──► verilator --cc ──► C++ ─┐
//!  port list ─────────────────► shim ─┴─► g++, one unit ──► model.so ──► load ──► simulate
//!                 run-time library, precompiled header (once) ──┘
//! ```
//!
//! Architecture invariant: all `unsafe` code of the workspace is in `ffi.rs`, and nothing outside
//! `shim.rs` and `ffi.rs` knows how Verilator stores a port.

mod build;
mod ffi;
mod model;
mod options;
mod runtime;
mod shim;
mod throughput;

#[cfg(test)]
mod tests;

pub use model::{CompiledModel, VerilatedModel, Waveform};
pub use options::{BuildOptions, Optimisation, PowerUp};
pub use throughput::drive;

use crate::tools::{Cache, Tool, ToolError, ToolName, Verilator, VerilatorChoice, locate};

/// What builds a model: a Verilator, a C++ compiler, and the cache that keeps the results.
#[derive(Clone, Debug)]
pub struct Toolchain {
    verilator: Verilator,
    compiler: Tool,
    compiler_identity: String,
    cache: Cache,
}

impl Toolchain {
    /// The toolchain that the environment names; Verilator is installed if there is none.
    ///
    /// # Errors
    /// A missing compiler, Verilator or cache folder, each with the remedy.
    pub fn find() -> Result<Self, ToolError> {
        Self::with(&VerilatorChoice::of_environment(), &Cache::of_user()?)
    }

    /// A toolchain with the Verilator and the cache of the caller's choice.
    ///
    /// # Errors
    /// As for [`find`](Self::find).
    pub fn with(choice: &VerilatorChoice, cache: &Cache) -> Result<Self, ToolError> {
        // First what the user has to install, then what we would download.
        let compiler = locate(ToolName::Gxx)?;
        let verilator = Verilator::find(choice, cache)?;
        let Tool { path, arguments, version, .. } = &compiler;
        let compiler_identity = format!("{} {} {version}", path.display(), arguments.join(" "));
        Ok(Self { verilator, compiler, compiler_identity, cache: cache.clone() })
    }

    /// The Verilator in use.
    pub fn verilator(&self) -> &Verilator {
        &self.verilator
    }

    /// The tools in use, for reports.
    pub fn tools(&self) -> [&Tool; 2] {
        [&self.verilator.tool, &self.compiler]
    }

    /// The cache in use.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }
}
