//! What can go wrong in a benchmark.

use firmware::image::ImageError;
use firmware::lower::LowerError;
use hdl::language::check::CheckError;
use weights::config::ConfigError;

use crate::machine::MachineError;
use crate::reference::ReferenceError;
use crate::tools::ToolError;

/// Why a benchmark has no result. A missed target is a result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A tool is missing or failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A generated module breaks a rule of the HDL.
    #[error("a generated block is no legal module: {0}\n  remedy: correct its generator")]
    Check(#[from] CheckError),
    /// The bundled model cannot be read.
    #[error(transparent)]
    Import(#[from] weights::import::ImportError),
    /// The reference cannot run the sample network.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A design that is measured is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The sample network does not fit a design that is measured.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// Its program does not fit the machine.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A machine differs from the reference, or stalls.
    #[error("{what}: {failure}")]
    Machine {
        /// The design.
        what: &'static str,
        /// What went wrong.
        failure: MachineError,
    },
    /// Two loops that must do the same work did not.
    #[error(
        "{what} differ: {left:#018x} and {right:#018x}\n  remedy: a fault of this program; report it with the tool versions of `spikewright doctor`"
    )]
    Different {
        /// Which two.
        what: &'static str,
        /// One checksum.
        left: u64,
        /// The other one.
        right: u64,
    },
    /// No design has a text in its line.
    #[error(
        "no design of the cost model has `{asked}` in its line\n  = take words such as machine, layers, matrix, event, 8 x 16"
    )]
    NoDesign {
        /// What was asked for.
        asked: String,
    },
    /// An option that leaves nothing to measure.
    #[error("{option} is 0; give at least 1")]
    Zero {
        /// Name of the option.
        option: &'static str,
    },
}
