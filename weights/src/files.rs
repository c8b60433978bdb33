//! Reading files of a user: regular ones, within a limit.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// The bytes of a regular file of at most `bytes_max` bytes.
///
/// A pipe or a device is refused before it is opened: it has no size, may never end, and opening it
/// may wait for ever.
///
/// # Errors
/// If it is missing, something else than a regular file, too large, or cannot be read.
pub fn read_regular(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let metadata = regular(path)?;
    let refuse = |bytes: u64| {
        let reason = format!("it holds {bytes} bytes, above the limit of {bytes_max} bytes");
        Err(Error::new(ErrorKind::FileTooLarge, reason))
    };
    if metadata.len() > bytes_max {
        return refuse(metadata.len());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // It may grow while it is read.
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { refuse(bytes.len() as u64) } else { Ok(bytes) }
}

/// What is known of a regular file.
///
/// # Errors
/// If it is missing or something else.
pub fn regular(path: &Path) -> Result<Metadata> {
    let metadata = std::fs::metadata(path)?;
    let kind = metadata.file_type();
    let found = match kind {
        kind if kind.is_file() => return Ok(metadata),
        kind if kind.is_dir() => "a folder",
        _ => "a pipe or a device",
    };
    Err(Error::new(ErrorKind::InvalidInput, format!("it is {found}, not a regular file")))
}
