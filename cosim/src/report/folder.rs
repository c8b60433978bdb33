//! The page of a run that lies in a folder, made again.

use super::error::ReportError;
use super::{COSIM, PAGE, SYNTH, page};
use crate::pipeline::{Outputs, PipelineError};
use crate::synth::SynthReport;
use std::io::Read;
use std::path::{Path, PathBuf};

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
/// If the folder holds no run of this version, or the page cannot be written.
pub fn write_again(folder: &Path) -> Result<Written, ReportError> {
    if !Outputs::is_ours(folder) || !folder.join(COSIM).is_file() {
        return Err(ReportError::NoRun { path: folder.to_owned() });
    }
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
        serde_json::from_str(&read(path)?).map_err(|error| ReportError::Content {
            file: path.strip_prefix(folder).unwrap_or(path).display().to_string(),
            reason: error.to_string(),
        })
    };
    files.iter().map(board).collect()
}

fn read(path: &Path) -> Result<String, ReportError> {
    let failed = || PipelineError::file("read", path, "make the outputs again");
    let file = std::fs::File::open(path).map_err(failed())?;
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(failed())?;
    Ok(text)
}
