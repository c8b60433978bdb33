//! What can go wrong between this program and the tools it runs: what, where, and the way out.

use std::io;
use std::path::{Path, PathBuf};
use weights::shown::shown_path;

/// An error of an external tool, of the cache folder, or of a Verilated model.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// A tool that is needed is not on this machine.
    #[error(
        "{tool} is missing (looked in {searched}); needed for {needed_for}\n  remedy: {remedy}"
    )]
    Missing {
        /// Name of the tool.
        tool: &'static str,
        /// The places looked at.
        searched: String,
        /// What this program uses the tool for.
        needed_for: &'static str,
        /// What the user can do.
        remedy: &'static str,
    },

    /// A tool was found but the operating system could not start it.
    #[error(
        "cannot start {}: {source}\n  remedy: check that the file is an executable of this machine",
        shown_path(.path)
    )]
    Start {
        /// The program that was started.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A tool ran and reported a failure.
    #[error("{0}")]
    Failed(Box<Failure>),

    /// A tool ended well but did not say what was asked of it.
    #[error(
        "{tool} printed no {expected}: {got:?}\n  remedy: run `spikewright doctor` and report its table"
    )]
    Answer {
        /// Name of the tool.
        tool: String,
        /// What its output should have held.
        expected: &'static str,
        /// The beginning of what it printed.
        got: String,
    },

    /// A file or folder could not be made, read or written.
    #[error("cannot {doing} {}: {source}", shown_path(.path))]
    File {
        /// The verb: `create`, `read`, `write`, `lock`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A part of the cache that others could have changed.
    #[error(
        "{} {reason}: what is in it may not be ours\n  remedy: remove it, or set SPIKEWRIGHT_CACHE to a folder that only you can write",
        shown_path(.path)
    )]
    Unsafe {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// No folder is known in which tools and models can be kept.
    #[error(
        "no cache folder: SPIKEWRIGHT_CACHE, XDG_CACHE_HOME and HOME are all unset\n  remedy: set SPIKEWRIGHT_CACHE to a folder of yours"
    )]
    NoCacheFolder,

    /// An environment variable holds something this program does not understand.
    #[error("{variable} is {value:?}: {reason}\n  remedy: {remedy}")]
    Setting {
        /// Name of the variable.
        variable: &'static str,
        /// What it holds.
        value: String,
        /// Why that does not work.
        reason: String,
        /// What it may hold.
        remedy: &'static str,
    },

    /// A design cannot be handed to the tools as it is.
    #[error("design `{top}`: {reason}")]
    Design {
        /// The top module.
        top: String,
        /// What is wrong, with the remedy.
        reason: String,
    },

    /// A compiled model could not be loaded, or is not the model that was asked for.
    #[error(
        "cannot use the compiled model {}: {reason}\n  remedy: delete that folder; it is built again",
        shown_path(.path)
    )]
    Model {
        /// The shared object.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The report of a tool that failed.
#[derive(Debug)]
pub struct Failure {
    /// Name of the tool.
    pub tool: String,
    /// What it was doing, for example `Verilate machine`.
    pub doing: String,
    /// How it ended, for example `exit code 1` or `stopped after 600 s`.
    pub ending: String,
    /// The last lines it printed.
    pub tail: String,
    /// The file with everything it printed.
    pub log: PathBuf,
    /// What the user can do.
    pub remedy: &'static str,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} failed to {} ({})", self.tool, self.doing, self.ending)?;
        for line in self.tail.lines() {
            writeln!(f, "  | {line}")?;
        }
        writeln!(f, "  log: {}", shown_path(&self.log))?;
        write!(f, "  remedy: {}", self.remedy)
    }
}

/// Turns an [`io::Error`] into a [`ToolError::File`] that says what was done to which path.
pub(crate) trait AtPath<T> {
    /// Names the action and the path.
    fn at(self, doing: &'static str, path: &Path) -> Result<T, ToolError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, doing: &'static str, path: &Path) -> Result<T, ToolError> {
        self.map_err(|source| ToolError::File { doing, path: path.to_path_buf(), source })
    }
}
