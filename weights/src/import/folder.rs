//! Reading files of a folder, within limits.

use super::ImportError;
use super::json::shown;
use crate::bundled;
use crate::shown::shown_path;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// How the pointer that Git LFS leaves in the place of a large file begins.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Requires that `folder` is one.
pub(super) fn require(folder: &Path) -> Result<(), ImportError> {
    if bundled::files(folder).is_some() {
        return Ok(());
    }
    let found = match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => "a file",
        Err(_) => "missing",
    };
    Err(ImportError::Folder { folder: shown_path(folder), found })
}

/// Whether the folder has that file.
pub(super) fn has(folder: &Path, file: &str) -> bool {
    match bundled::files(folder) {
        Some(files) => files.iter().any(|(name, _)| *name == file),
        None => folder.join(file).exists(),
    }
}

/// The names in a folder, in the order of the alphabet; none if it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    if let Some(files) = bundled::files(folder) {
        return files.iter().map(|(name, _)| (*name).to_owned()).collect();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| shown(&entry.file_name().to_string_lossy())).collect();
    names.sort();
    names
}

/// The bytes of one file; its size is checked first, and no more is read than it had then.
pub(super) fn read(folder: &Path, file: &str, limit: u64) -> Result<Vec<u8>, ImportError> {
    beginning(folder, file, limit, u64::MAX).map(|(bytes, _)| bytes)
}

/// The first `most` bytes of one file, and how many it has, which is checked too.
pub(super) fn beginning(
    folder: &Path,
    file: &str,
    limit: u64,
    most: u64,
) -> Result<(Vec<u8>, u64), ImportError> {
    let failed = |reason: String| ImportError::File { file: file.to_owned(), reason };
    if let Some(files) = bundled::files(folder) {
        let found = files.iter().find(|(name, _)| *name == file);
        let Some((_, bytes)) = found else {
            return Err(failed("there is no such file".to_owned()));
        };
        let first = &bytes[..bytes.len().min(most as usize)];
        return Ok((first.to_vec(), bytes.len() as u64));
    }
    let path = folder.join(file);
    // A device or a pipe has no size to check and may never end.
    let metadata = fs::metadata(&path).map_err(|error| failed(reason(&error)))?;
    if !metadata.is_file() {
        return Err(failed("it is no regular file".to_owned()));
    }
    let bytes = metadata.len();
    if bytes > limit {
        return Err(ImportError::FileTooLarge { file: file.to_owned(), bytes, limit });
    }
    let mut content = Vec::with_capacity(bytes.min(most) as usize);
    let opened = File::open(&path).map_err(|error| failed(reason(&error)))?;
    opened
        .take(bytes.min(most))
        .read_to_end(&mut content)
        .map_err(|error| failed(reason(&error)))?;
    if content.starts_with(POINTER) {
        return Err(ImportError::Pointer { file: file.to_owned() });
    }
    Ok((content, bytes))
}

/// The cause in words that are equal on every system.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        _ => error.to_string(),
    }
}
