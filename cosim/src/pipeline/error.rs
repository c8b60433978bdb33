//! Why the pipeline stops before it has a result. All of these are bad input or a missing tool.

use crate::reference::{LabelledError, ReferenceError};
use crate::tools::ToolError;
use firmware::image::ImageError;
use firmware::lower::LowerError;
use hdl::language::check::CheckError;
use std::path::{Path, PathBuf};
use weights::config::ConfigError;
use weights::import::ImportError;
use weights::shown::shown_path;

/// An error of a stage.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The configuration is wrong, or too small for the network.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The model cannot be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The reference cannot run the network or the text.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The network cannot be lowered to a machine.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The program does not fit the machine.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The generated design does not pass its own check.
    #[error("the generated design is wrong: {0}\n  = this is a defect: report it with the design")]
    Check(#[from] CheckError),
    /// A tool is missing or fails.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A file of the user cannot be read, or an output not written.
    #[error("cannot {doing} {}: {source}\n  = {remedy}", shown_path(.path))]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// The way out.
        remedy: &'static str,
    },
    /// A text file is no text, or too long.
    #[error("{} {reason}\n  = give plain UTF-8 text", shown_path(.path))]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A line of a file is no vector.
    #[error(
        "{}, line {line}: {reason}\n  = write {width} whole numbers from -{most} to {most} a line, with space between",
        shown_path(.path)
    )]
    Vectors {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// Numbers of a vector.
        width: usize,
        /// Largest magnitude of a number.
        most: i64,
    },
    /// A file holds no labelled texts.
    #[error("{}, {error}", .path.display())]
    Labelled {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<LabelledError>,
    },
    /// Nothing of the text can be scored.
    #[error("nothing of {} can be scored: {reason}\n  = {remedy}", shown_path(.path))]
    NothingScored {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The text has no token.
    #[error("the text of {} has no token\n  = give a text that is not empty", shown_path(.path))]
    NoToken {
        /// The file.
        path: PathBuf,
    },
    /// The network has nothing for the array.
    #[error("network `{network}` has no ternary matrix\n  = give a model with ternary weights")]
    NoMatrix {
        /// Name of the network.
        network: String,
    },
    /// A matrix of that name does not exist.
    #[error("there is no matrix `{name}`\n  = the network has {names}")]
    UnknownMatrix {
        /// What was asked for.
        name: String,
        /// What there is.
        names: String,
    },
    /// A model that is too large, by its dimensions alone.
    #[error("{reason}\n  = {remedy}")]
    Capacity {
        /// What it takes, and the limit.
        reason: String,
        /// The way out, or that there is none.
        remedy: String,
    },
    /// Options that do not go together.
    #[error("{reason}\n  = {remedy}")]
    Options {
        /// What is wrong.
        reason: String,
        /// The way out.
        remedy: &'static str,
    },
    /// The output folder belongs to someone else.
    #[error(
        "{} exists and was not written by this program\n  = move it away, or choose another name or --out",
        shown_path(.path)
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder holds the outputs of another model of the same name.
    #[error(
        "{} holds the outputs of another model of that name, {}\n  = choose another --out, or move the folder away",
        shown_path(.path),
        shown_path(.model)
    )]
    OtherModel {
        /// The folder.
        path: PathBuf,
        /// The folder of the other model.
        model: PathBuf,
    },
    /// A file of an output folder is not the one that was written.
    #[error(
        "{} {reason}\n  = make the outputs again, with the same command as before",
        shown_path(.path)
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl PipelineError {
    /// An error of a file, with the remedy.
    pub(crate) fn file(
        doing: &'static str,
        path: &Path,
        remedy: &'static str,
    ) -> impl FnOnce(std::io::Error) -> PipelineError + use<> {
        let path = path.to_owned();
        move |source| PipelineError::File { doing, path, source, remedy }
    }
}
