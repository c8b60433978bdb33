//! Why there is no report.

use crate::pipeline::PipelineError;
use std::path::PathBuf;

/// An error of a report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file of the run is not what this version writes.
    #[error(
        "{file} is no file of this version: {reason}\n  = make the outputs again, with the same command as before"
    )]
    Content {
        /// Name of the file inside the folder.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder was not written by a run.
    #[error("{} holds no run\n  = give a folder that `spikewright run` has written, such as build/sample", weights::shown::shown_path(.path))]
    NoRun {
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}
