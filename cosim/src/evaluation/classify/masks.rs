//! How well a network fills masks: tokens of texts are hidden, and every executor says what stands there.
//!
//! ```text
//!  text ─► ids, every seventh hidden ─► executor ─► scores at the masks ─► accuracy, perplexity
//! ```

use super::RtlCheck;
use crate::reference::float::FloatExecutor;
use crate::reference::machine::MachineReference;
use crate::reference::{ReferenceError, Tokens, argmax};
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;

/// One of so many tokens is hidden: BERT hides 15 % of them.
const HIDDEN_EVERY: usize = 7;

/// Texts with hidden tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedTexts {
    /// Token ids of each text, masks in the place of those that are hidden.
    pub texts: Vec<Vec<u32>>,
    /// Positions of the masks of each text, and what stood there.
    pub hidden: Vec<Vec<(usize, u32)>>,
}

/// One executor over all masks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskColumn {
    /// What filled the masks.
    pub executor: String,
    /// Masks that it filled.
    pub masks: usize,
    /// The share of those in which it put what stood there.
    pub accuracy: f64,
    /// exp of the mean negative logarithm of what it gave to what stood there; nothing for an
    /// executor that yields ids alone.
    pub perplexity: Option<f64>,
}

/// One step count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskRow {
    /// Time steps of a token.
    pub steps: usize,
    /// Executors, the float network first.
    pub columns: Vec<MaskColumn>,
    /// What the RTL did with the first texts, if it read some.
    pub rtl: Option<RtlCheck>,
}

/// The table of a network that fills masks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MaskEvaluation {
    /// Name of the network.
    pub network: String,
    /// Texts.
    pub texts: usize,
    /// Tokens of all of them.
    pub tokens: usize,
    /// Hidden ones.
    pub masks: usize,
    /// By step count.
    pub rows: Vec<MaskRow>,
}

impl MaskedTexts {
    /// Hides tokens in the first `limit` lines of a text: no token of the tokenizer's frame, and at
    /// least one of every line that has others.
    ///
    /// # Errors
    /// If the tokenizer refuses a line.
    pub fn new(
        content: &str,
        tokens: &Tokens,
        mask: u32,
        limit: usize,
    ) -> Result<MaskedTexts, ReferenceError> {
        let mut masked = MaskedTexts::default();
        let lines = content.lines().filter(|line| !line.trim().is_empty());
        for (number, line) in lines.take(limit).enumerate() {
            let mut ids = tokens.encode(line)?;
            let mut words = Vec::new();
            for (position, &id) in ids.iter().enumerate() {
                if !tokens.decode(&[id])?.trim().is_empty() {
                    words.push(position);
                }
            }
            let mut hidden = Vec::new();
            // Another place in every line, within its words.
            let first = number % HIDDEN_EVERY % words.len().max(1);
            for &position in words.iter().skip(first).step_by(HIDDEN_EVERY) {
                hidden.push((position, ids[position]));
                ids[position] = mask;
            }
            if !hidden.is_empty() {
                masked.texts.push(ids);
                masked.hidden.push(hidden);
            }
        }
        Ok(masked)
    }

    /// A column of an executor that scores every id at every position.
    fn column(&self, executor: &str, scores: &[Vec<Vec<f64>>]) -> MaskColumn {
        let (mut masks, mut right, mut loss) = (0, 0, 0.0);
        for (hidden, rows) in self.hidden.iter().zip(scores) {
            for &(position, id) in hidden {
                let row = &rows[position];
                masks += 1;
                right += usize::from(argmax(row) as u32 == id);
                loss += surprise(row, id as usize);
            }
        }
        let of = masks.max(1) as f64;
        let (accuracy, perplexity) = (right as f64 / of, Some((loss / of).exp()));
        MaskColumn { executor: executor.to_owned(), masks, accuracy, perplexity }
    }

    /// The column of the float network.
    ///
    /// # Errors
    /// The first error of a text.
    pub fn float(&self, executor: &FloatExecutor) -> Result<MaskColumn, ReferenceError> {
        let read = |executor: &mut FloatExecutor, ids: &Vec<u32>| executor.read(ids);
        let texts = self.texts.par_iter().map_init(|| executor.clone(), read);
        Ok(self.column("float", &texts.collect::<Result<Vec<_>, _>>()?))
    }

    /// The column of the integer machine.
    ///
    /// # Errors
    /// The first error of a text.
    pub fn machine(&self, machine: &MachineReference) -> Result<MaskColumn, ReferenceError> {
        let read = |machine: &mut MachineReference, ids: &Vec<u32>| machine.position_scores(ids);
        let texts = self.texts.par_iter().map_init(|| machine.clone(), read);
        Ok(self.column("machine", &texts.collect::<Result<Vec<_>, _>>()?))
    }

    /// The column of the ids that the RTL put at the positions of its texts.
    pub fn rtl(&self, answers: &[Vec<u32>]) -> MaskColumn {
        let (mut masks, mut right) = (0, 0);
        for (hidden, answer) in self.hidden.iter().zip(answers) {
            masks += hidden.len();
            right += hidden.iter().filter(|(at, id)| answer.get(*at) == Some(id)).count();
        }
        let executor = format!("RTL, {} texts", answers.len());
        let accuracy = right as f64 / masks.max(1) as f64;
        MaskColumn { executor, masks, accuracy, perplexity: None }
    }
}

/// −ln of the share that scores give an id.
fn surprise(row: &[f64], id: usize) -> f64 {
    let most = row.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = row.iter().map(|score| (score - most).exp()).sum();
    sum.ln() + most - row[id]
}

impl MaskEvaluation {
    /// The table as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and strings serialise");
        text.push('\n');
        text
    }
}

impl fmt::Display for MaskEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MaskEvaluation { network, texts, tokens, masks, rows } = self;
        writeln!(f, "{network}: {texts} texts, {masks} of {tokens} tokens hidden")?;
        writeln!(
            f,
            "{:>5}  {:<20}{:>7}{:>11}{:>12}",
            "steps", "", "masks", "accuracy", "perplexity"
        )?;
        for row in rows {
            for MaskColumn { executor, masks, accuracy, perplexity } in &row.columns {
                let perplexity = perplexity.map_or("-".to_owned(), |it| format!("{it:.3}"));
                let accuracy = format!("{:.1} %", 100.0 * accuracy);
                writeln!(
                    f,
                    "{:>5}  {executor:<20}{masks:>7}{accuracy:>11}{perplexity:>12}",
                    row.steps
                )?;
            }
        }
        for row in rows {
            if let Some(rtl) = &row.rtl {
                writeln!(f, "{} steps: {rtl}", row.steps)?;
            }
        }
        Ok(())
    }
}
