//! Why there is no bitstream.

use crate::boards::BoardError;
use crate::pipeline::PipelineError;
use crate::tools::ToolError;
use hdl::language::check::CheckError;

/// An error on the road to a bitstream.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// There is no such board, or its table is wrong.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The design cannot be read, lowered or written.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A tool is missing or fails.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The generated design does not pass its own check.
    #[error("the generated design is wrong: {0}\n  = this is a defect: report it with the design")]
    Check(#[from] CheckError),
    /// A clock that the board cannot have.
    #[error("{wanted} MHz is no clock of this board: {reason}\n  = {remedy}")]
    Clock {
        /// What was asked for, MHz.
        wanted: f64,
        /// Why it cannot be.
        reason: String,
        /// The way out.
        remedy: String,
    },
    /// The design does not fit: what, by how much, what to turn.
    #[error("{0}")]
    Fit(String),
}
