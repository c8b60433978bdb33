//! Text files of the user.

use super::PipelineError;
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;
use weights::files::regular;

/// Largest text file in bytes: a context holds far less.
const TEXT_BYTES_MAX: u64 = 64 << 20;
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Reads a text as Python's text mode does, which the published evaluations use: every line ends
/// with a line feed, and a byte order mark in front is no part of it. Either is told in `notes`.
///
/// # Errors
/// If the file cannot be read, is too large or no UTF-8.
pub fn read_text(path: &Path, notes: &mut Vec<String>) -> Result<String, PipelineError> {
    let failed = || PipelineError::file("read", path, "give a text file that exists");
    regular(path).map_err(failed())?;
    let file = std::fs::File::open(path).map_err(failed())?;
    let mut bytes = Vec::new();
    file.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed())?;
    let refused = |reason| PipelineError::Text { path: path.to_owned(), reason };
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        return Err(refused(format!("is above the limit of {TEXT_BYTES_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        refused(format!("is no UTF-8 at byte {}", error.utf8_error().valid_up_to()))
    })?;
    Ok(plain(&text, notes).into_owned())
}

/// A text without byte order mark and carriage returns.
fn plain<'text>(text: &'text str, notes: &mut Vec<String>) -> Cow<'text, str> {
    let text = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => {
            notes.push("the text begins with a byte order mark, which is left out".to_owned());
            rest
        }
        None => text,
    };
    let returns = text.matches('\r').count();
    if returns == 0 {
        return text.into();
    }
    notes.push(format!("the text has {returns} lines that end with CR or CR LF: read as LF"));
    text.replace("\r\n", "\n").replace('\r', "\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_marks_are_no_text() {
        let read = |text: &str| {
            let mut notes = Vec::new();
            let plain = plain(text, &mut notes).into_owned();
            (plain, notes.join("; "))
        };
        assert_eq!(read("One.\nTwo.\n"), ("One.\nTwo.\n".to_owned(), String::new()));
        let (text, notes) = read("\u{feff}One.\r\nTwo.\rThree\u{feff}.\r\r\n");
        assert_eq!(text, "One.\nTwo.\nThree\u{feff}.\n\n");
        assert!(notes.contains("byte order mark") && notes.contains("4 lines"), "{notes}");
    }
}
