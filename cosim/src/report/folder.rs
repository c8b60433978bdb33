//! The page of a run that lies in a folder, made again.

use super::error::ReportError;
use super::{COSIM, PAGE, SYNTH, page};
use crate::pipeline::{Outputs, PipelineError};
use crate::synth::SynthReport;
use std::path::{Path, PathBuf};
use weights::files::read_regular;
use weights::shown::shown_path;

/// Most bytes of a JSON file: a run of the longest text writes far less.
const BYTES_MAX: u64 = 256 << 20;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: usize,
}

/// Makes the page of the run in `folder` from its JSON files, and notes it in the manifest.
///
/// # Errors
/// If the folder holds no run of this version, one of its files is not the one that was written, or
/// the page cannot be written.
pub fn write_again(folder: &Path) -> Result<Written, ReportError> {
    if !Outputs::is_ours(folder) || !folder.join(COSIM).is_file() {
        return Err(ReportError::NoRun { path: folder.to_owned() });
    }
    Outputs::require_whole(folder, Some(PAGE))?;
    let html = page(&read(&folder.join(COSIM))?, &boards_of(folder)?)?;
    let bytes = html.len();
    Outputs::replace(folder, PAGE, html.into_bytes())?;
    Ok(Written { path: folder.join(PAGE), bytes })
}

/// What boards became of the machine of a run, in the order of their names; often nothing.
///
/// # Errors
/// If one of the files is not what `synth` of this version writes.
pub fn boards_of(folder: &Path) -> Result<Vec<SynthReport>, ReportError> {
    let Ok(entries) = std::fs::read_dir(folder.join(SYNTH.0)) else { return Ok(Vec::new()) };
    let files = entries.flatten().map(|entry| entry.path().join(SYNTH.1));
    let mut files: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    files.sort();
    let board = |path: &PathBuf| {
        // What a tool of another project left there has no manifest of ours.
        if let Some(board) = path.parent().filter(|board| Outputs::is_ours(board)) {
            Outputs::require_whole(board, None)?;
        }
        serde_json::from_str(&read(path)?).map_err(|error| ReportError::Content {
            file: shown_path(path.strip_prefix(folder).unwrap_or(path)),
            reason: error.to_string(),
        })
    };
    files.iter().map(board).collect()
}

fn read(path: &Path) -> Result<String, ReportError> {
    let failed = || PipelineError::file("read", path, "make the outputs again");
    let bytes = read_regular(path, BYTES_MAX).map_err(failed())?;
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|error| failed()(std::io::Error::other(error)))?)
}
