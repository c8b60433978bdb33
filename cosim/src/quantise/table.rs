//! The table at the end of a quantisation.

use serde::Serialize;
use std::fmt::Write as _;
use weights::quantise::Storage;

/// One recipe under one coding of inputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What the weights are.
    pub weights: String,
    /// What the inputs of matrices are.
    pub inputs: String,
    /// Perplexity over the scored text.
    pub perplexity: f64,
    /// Stored trits of a weight: steps of the array for one plane. Nothing for floats.
    pub trits: Option<f64>,
    /// Stored bits of a weight, mask and scales with it; 32 for floats.
    pub bits: f64,
    /// Spikes of an input, nothing for real numbers.
    pub spikes: Option<f64>,
    /// Energy of a token's matrices in nanojoules, where there are spikes.
    pub nanojoules: Option<f64>,
}

impl Row {
    /// The row of a model of floats.
    pub fn float(perplexity: f64) -> Row {
        Row {
            weights: "float".to_owned(),
            inputs: "float".to_owned(),
            perplexity,
            trits: None,
            bits: 32.0,
            spikes: None,
            nanojoules: None,
        }
    }

    /// A row of stored integers.
    pub fn stored(weights: &str, inputs: &str, perplexity: f64, storage: &Storage) -> Row {
        Row {
            weights: weights.to_owned(),
            inputs: inputs.to_owned(),
            perplexity,
            trits: Some(storage.trits),
            bits: storage.bits(),
            spikes: None,
            nanojoules: None,
        }
    }
}

/// The rows as text.
pub fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.weights.chars().count()).max().unwrap_or(0).max(7);
    let inputs = rows.iter().map(|row| row.inputs.chars().count()).max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:<width$}  {:<inputs$} {:>10} {:>7} {:>7} {:>8} {:>9}\n",
        "weights", "inputs", "perplexity", "trits", "bits", "spikes", "nJ/token"
    );
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    for row in rows {
        let _ = writeln!(
            text,
            "{:<width$}  {:<inputs$} {:>10.4} {:>7} {:>7.2} {:>8} {:>9}",
            row.weights,
            row.inputs,
            row.perplexity,
            shown(row.trits),
            row.bits,
            shown(row.spikes),
            shown(row.nanojoules),
        );
    }
    text
}
