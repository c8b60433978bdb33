//! Errors that show the line.
//!
//! ```text
//! error: acc_width 60 is above the limit of 48
//!   --> design.toml:14:13
//!    |
//! 14 | acc_width = 60
//!    |             ^^ choose 4..=48
//! ```

use super::limits::FILE_BYTES_MAX;
use std::fmt;
use std::ops::Range;

/// Why a configuration cannot be used. Whoever prints it puts `error: ` before it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file_name} cannot be read: {source}; `spikewright init` writes a starter")]
    Read {
        /// The file as the user named it.
        file_name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no configuration, by its size.
    #[error(
        "{file_name} is above the limit of {FILE_BYTES_MAX} bytes; a design takes about a hundred lines"
    )]
    TooLarge {
        /// The file as the user named it.
        file_name: String,
    },
    /// A setting is no `KEY=VALUE`.
    #[error(
        "`{setting}` is no setting; write a dotted key and its value, such as machine.value_width=20"
    )]
    Setting {
        /// The setting as the user wrote it.
        setting: String,
    },
    /// A place in the file is wrong.
    #[error(transparent)]
    At(Box<Diagnostic>),
}

/// One place in a configuration, what is wrong there, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, with the value and the limit.
    pub message: String,
    /// The way out.
    pub remedy: String,
    /// The file as the user named it.
    pub file_name: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is shown of the line: printable, at most [`SHOWN_MAX`] characters.
    shown: String,
    /// Characters of `shown` before the carets.
    indent: usize,
    /// How many carets.
    carets: usize,
}

/// Most characters of a line that are shown.
const SHOWN_MAX: usize = 100;
/// Characters that stay before the carets when a long line is cut.
const CONTEXT: usize = 40;
/// Most characters of a quoted value or key.
const QUOTED_MAX: usize = 40;

impl std::error::Error for Diagnostic {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { message, remedy, file_name, line, column, shown, .. } = self;
        let gutter = " ".repeat(line.to_string().len());
        let (indent, carets) = (" ".repeat(self.indent), "^".repeat(self.carets));
        writeln!(f, "{message}")?;
        writeln!(f, "{gutter}--> {file_name}:{line}:{column}")?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{}", format!("{line} | {shown}").trim_end())?;
        write!(f, "{gutter} | {indent}{carets} {remedy}")
    }
}

/// The text of a configuration and its name.
#[derive(Clone, Debug)]
pub(super) struct Source {
    file_name: String,
    text: String,
}

impl Source {
    /// Takes the bytes of a file that is small enough and text.
    pub(super) fn new(file_name: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let file_name: String = file_name.chars().map(printable).collect();
        if bytes.len() > FILE_BYTES_MAX {
            return Err(ConfigError::TooLarge { file_name });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source { file_name, text: text.into() }),
            Err(error) => {
                let start = error.valid_up_to();
                let text = String::from_utf8_lossy(bytes).into_owned();
                let message = format!("byte {:#04x} is not UTF-8", bytes[start]);
                let source = Source { file_name, text };
                Err(source.error_at(start..start + 1, &message, "save the file as UTF-8 text"))
            }
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands at a place, shortened.
    pub(super) fn quote(&self, span: Range<usize>) -> String {
        let span = self.clamp(span);
        shorten(&self.text[span])
    }

    /// The error for a place in the text; a place over several lines is shown by its first.
    pub(super) fn error_at(&self, span: Range<usize>, message: &str, remedy: &str) -> ConfigError {
        let span = self.clamp(span);
        let line_start = self.text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = self.text[line_start..].lines().next().unwrap_or_default();
        let before = self.text[line_start..span.start].chars().count();
        let length = line_text.chars().count();
        let marked = self.text[span.clone()].lines().next().unwrap_or_default().chars().count();

        // A long line is shown as a window around the place.
        let skipped = if length > SHOWN_MAX { before.saturating_sub(CONTEXT) } else { 0 };
        let window = line_text.chars().skip(skipped).take(SHOWN_MAX);
        let indent = before - skipped;
        let carets = marked.clamp(1, SHOWN_MAX.saturating_sub(indent).max(1));
        ConfigError::At(Box::new(Diagnostic {
            message: message.into(),
            remedy: remedy.into(),
            file_name: self.file_name.clone(),
            line: self.text[..line_start].matches('\n').count() + 1,
            column: before + 1,
            shown: window.map(printable).collect(),
            indent,
            carets,
        }))
    }

    /// The error that the TOML parser found; what it expected there becomes the remedy.
    pub(super) fn syntax_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let text = error.message().replace('\n', ", ");
        let (message, remedy) = match text.split_once(", expected ") {
            Some((message, "nothing")) => (message.to_string(), "remove this".to_string()),
            Some((message, wanted)) => (message.to_string(), format!("expected {wanted}")),
            None if text == "duplicate key" => (
                format!("duplicate key {}", self.quote(span.clone())),
                "keep one of the two".into(),
            ),
            None => (text, "write it as `spikewright init` does".into()),
        };
        self.error_at(span, &message, &remedy)
    }

    /// A range of whole characters within the text.
    fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let boundary = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = boundary(span.start);
        start..boundary(span.end).max(start)
    }
}

/// The beginning of a text, printable, for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_MAX).map(printable).collect();
    if text.chars().nth(QUOTED_MAX).is_some() {
        short.push('…');
    }
    short
}

/// A tab is shown as one blank, so that carets stay below their characters, and what would move
/// the cursor is replaced.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if character.is_control() => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}
