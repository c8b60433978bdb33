//! The page of a run that lies in a folder, made again.

use super::error::ReportError;
use super::{COSIM, PAGE, page};
use crate::pipeline::{Outputs, PipelineError};
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
    let html = page(&read(&folder.join(COSIM))?)?;
    let bytes = html.len();
    Outputs::replace(folder, PAGE, html.into_bytes())?;
    Ok(Written { path: folder.join(PAGE), bytes })
}

fn read(path: &Path) -> Result<String, ReportError> {
    let failed = || PipelineError::file("read", path, "make the outputs again");
    let file = std::fs::File::open(path).map_err(failed())?;
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(failed())?;
    Ok(text)
}
