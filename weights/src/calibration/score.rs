//! How well a model predicts texts.

use super::{CalibrationError, LlamaExecutor};
use rayon::prelude::*;
use std::ops::Add;

/// What predicting texts has cost.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Score {
    /// Sum of −ln p over the scored ids.
    pub nats: f64,
    /// Ids that were predicted: all but the first of each text.
    pub scored: usize,
}

impl Score {
    /// `exp(nats / scored)`.
    pub fn perplexity(&self) -> f64 {
        (self.nats / self.scored as f64).exp()
    }
}

impl Add for Score {
    type Output = Score;

    fn add(self, other: Score) -> Score {
        Score { nats: self.nats + other.nats, scored: self.scored + other.scored }
    }
}

/// Scores texts in parallel, each from position 0 and cut at the context: all ids but the first.
/// The sum is taken in their order, so it does not depend on the number of threads.
///
/// # Errors
/// The first error of a text.
pub fn score_texts(
    model: &LlamaExecutor,
    texts: &[Vec<u32>],
    tick: impl Fn() + Sync,
) -> Result<Score, CalibrationError> {
    let score = |ids: &Vec<u32>| {
        let score = score_text(model, &ids[..ids.len().min(model.context())]);
        tick();
        score
    };
    let scores: Vec<Result<Score, CalibrationError>> = texts.par_iter().map(score).collect();
    scores.into_iter().try_fold(Score::default(), |sum, score| Ok(sum.add(score?)))
}

fn score_text(model: &LlamaExecutor, ids: &[u32]) -> Result<Score, CalibrationError> {
    let mut score = Score::default();
    let Some((_, scored)) = ids.split_first().filter(|(_, scored)| !scored.is_empty()) else {
        return Ok(score);
    };
    let logits = model.logits(&ids[..scored.len()])?;
    for (position, (&id, logits)) in scored.iter().zip(logits.outer_iter()).enumerate() {
        let Some(&chosen) = logits.get(id as usize) else {
            let vocabulary = logits.len();
            return Err(CalibrationError::TokenId { id, position: position + 1, vocabulary });
        };
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|&logit| (logit - largest).exp()).sum();
        score.nats += largest + sum.ln() - chosen;
        score.scored += 1;
    }
    Ok(score)
}
