//! How well a network predicts a text, encoder by encoder, and what its spikes cost.
//!
//! ```text
//!  text ─► stories ─┬─► float reference   real numbers, int8, counts
//!                   └─► integer machine   counts; planes, spikes and cycles by radix
//! ```
//!
//! Every story starts from position 0; every id but its first is scored, up to the context. Spikes
//! and planes are those of the inputs of the ternary matrices, weighted by their synapses.

pub mod classify;
mod coded;
mod corpus;
mod cost;
mod float;
mod machine;
mod report;
mod windows;

pub use coded::{CodedEvaluation, code_of, is_coded};
pub use corpus::Corpus;
pub use cost::{Cost, Costs};
pub use machine::{MachineRow, evaluate_machines};
pub use report::{Evaluation, RadixCost, Row, Speed};
pub use windows::{
    AttentionOnHardware, AttentionTally, AttentionWork, Energies, Energy, LayerTally,
    MachineWidths, MatrixTally, Tally, WindowEvaluation, WindowRow, WindowRule, Windows,
    attention_on_hardware, evaluate_machine_windows, evaluate_windows,
};

use crate::reference::{Activation, Reference, ReferenceError, Score, score_each};
use float::FloatPredictor;
use indicatif::ProgressBar;
use std::ops::Add;
use weights::network::Network;

/// Scores the float reference with an encoder; ticks `bar` once a story.
///
/// # Errors
/// As [`Reference::new`], or the first error of a story.
pub fn evaluate_float(
    network: &Network,
    activation: Activation,
    corpus: &Corpus,
    bar: &ProgressBar,
) -> Result<(Score, Costs), ReferenceError> {
    let predictor = FloatPredictor::new(Reference::new(network, activation)?);
    let scores = score_each(&predictor, &corpus.stories, |score, predictor| {
        bar.inc(1);
        (score, predictor.costs)
    })?;
    let sum = |(a, b): (Score, Costs), (c, d)| (a.add(c), b.add(d));
    Ok(scores.into_iter().fold((Score::default(), Costs::default()), sum))
}
