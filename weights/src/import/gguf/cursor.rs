//! Reading numbers and texts from the front of a file, never beyond its end.

use crate::import::ImportError;
use crate::import::json::shown;

/// Where reading stands.
pub(super) struct Cursor<'file> {
    pub(super) file: &'file str,
    bytes: &'file [u8],
    at: usize,
}

/// Longest name of a key or a tensor.
const NAME_BYTES_MAX: usize = 256;

impl<'file> Cursor<'file> {
    pub(super) fn new(file: &'file str, bytes: &'file [u8]) -> Cursor<'file> {
        Cursor { file, bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The error of a place.
    pub(super) fn wrong(&self, place: &str, reason: impl Into<String>) -> ImportError {
        wrong(self.file, place, reason)
    }

    /// The next bytes; `place` says what they hold.
    pub(super) fn take(&mut self, place: &str, count: u64) -> Result<&'file [u8], ImportError> {
        if count > self.left() as u64 {
            let reason = format!(
                "it needs {count} bytes at byte {}, the file has {} left",
                self.at,
                self.left()
            );
            return Err(self.wrong(place, reason));
        }
        let begin = self.at;
        self.at += count as usize;
        Ok(&self.bytes[begin..self.at])
    }

    fn array<const N: usize>(&mut self, place: &str) -> Result<[u8; N], ImportError> {
        let bytes = self.take(place, N as u64)?;
        Ok(bytes.try_into().expect("so many bytes were taken"))
    }

    pub(super) fn u32(&mut self, place: &str) -> Result<u32, ImportError> {
        Ok(u32::from_le_bytes(self.array(place)?))
    }

    pub(super) fn u64(&mut self, place: &str) -> Result<u64, ImportError> {
        Ok(u64::from_le_bytes(self.array(place)?))
    }

    /// A text with its length in front.
    pub(super) fn text(&mut self, place: &str) -> Result<&'file str, ImportError> {
        let length = self.u64(place)?;
        let bytes = self.take(place, length)?;
        std::str::from_utf8(bytes).map_err(|error| {
            self.wrong(place, format!("its text is no UTF-8 at byte {}", error.valid_up_to()))
        })
    }

    /// A name: a short text without control characters.
    pub(super) fn name(&mut self, place: &str) -> Result<&'file str, ImportError> {
        let name = self.text(place)?;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            let reason = format!(
                "`{}` is no name of 1..={NAME_BYTES_MAX} bytes without control characters",
                shown(name)
            );
            return Err(self.wrong(place, reason));
        }
        Ok(name)
    }
}

/// The error of a place in a GGUF file.
pub(super) fn wrong(file: &str, place: &str, reason: impl Into<String>) -> ImportError {
    const REMEDY: &str =
        "the file is damaged, or of a kind that is not read here: convert the model again";
    let (file, place) = (file.to_owned(), place.to_owned());
    ImportError::Gguf { file, place, reason: reason.into(), remedy: REMEDY }
}
