//! Labelled texts: a line `label<TAB>text` each.

use super::{ReferenceError, Tokens};

/// Texts as token ids, with the class of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Ids of each text.
    pub texts: Vec<Vec<u32>>,
    /// The class of each text.
    pub answers: Vec<usize>,
    /// Texts that fill the context, and may have been cut to it.
    pub full: usize,
}

/// Why a file holds no labelled texts.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum LabelledError {
    /// A line has no tab.
    #[error(
        "line {line} has no label\n  = each line must be a label, a tab, and a text; `run` reads texts without labels"
    )]
    NoLabel { line: usize },
    /// A label that the model does not have.
    #[error(
        "line {line}: the model has no class `{label}`\n  = its classes are {classes}; a label is a name or a number from 0"
    )]
    Class { line: usize, label: String, classes: String },
    /// A text without a token.
    #[error("line {line}: the text is empty\n  = give each label a text, or remove the line")]
    Empty { line: usize },
    /// A line that the tokenizer refuses.
    #[error("line {line}: {error}")]
    Tokens { line: usize, error: ReferenceError },
}

impl Labelled {
    /// Reads the first `limit` lines of a file; empty lines say nothing.
    ///
    /// # Errors
    /// The first line that is no labelled text.
    pub fn parse(
        content: &str,
        labels: &[String],
        tokens: &Tokens,
        (context, limit): (usize, usize),
    ) -> Result<Labelled, LabelledError> {
        let mut labelled =
            Labelled { labels: labels.to_vec(), texts: Vec::new(), answers: Vec::new(), full: 0 };
        let lines = content.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
        for (index, text) in lines.take(limit) {
            let line = index + 1;
            let (label, text) = text.split_once('\t').ok_or(LabelledError::NoLabel { line })?;
            let answer = class(label.trim(), labels).ok_or_else(|| LabelledError::Class {
                line,
                label: label.trim().chars().take(80).collect(),
                classes: labels.join(", "),
            })?;
            if text.trim().is_empty() {
                return Err(LabelledError::Empty { line });
            }
            let ids = tokens.encode(text).map_err(|error| LabelledError::Tokens { line, error })?;
            labelled.full += usize::from(ids.len() == context);
            labelled.texts.push(ids);
            labelled.answers.push(answer);
        }
        Ok(labelled)
    }

    /// The share of the most frequent class.
    pub fn majority(&self) -> f64 {
        let count = |class| self.answers.iter().filter(|&&answer| answer == class).count();
        let most = (0..self.labels.len()).map(count).max().unwrap_or(0);
        most as f64 / self.answers.len().max(1) as f64
    }

    /// Mean tokens of a text.
    pub fn mean_tokens(&self) -> f64 {
        let tokens: usize = self.texts.iter().map(Vec::len).sum();
        tokens as f64 / self.texts.len().max(1) as f64
    }
}

/// A name wins over a number, where a model calls its classes by numbers.
fn class(label: &str, labels: &[String]) -> Option<usize> {
    let named = labels.iter().position(|name| name == label);
    named.or_else(|| label.parse().ok().filter(|&class| class < labels.len()))
}
