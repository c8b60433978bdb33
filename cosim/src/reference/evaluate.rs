//! Quality: how well a network predicts text, and what it writes.

use super::{Reference, ReferenceError, Tokens, argmax};
use rayon::prelude::*;
use std::ops::Add;

/// What predicting a text has cost.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Score {
    /// Sum of −ln p over the scored ids.
    pub nats: f64,
    /// Ids that were predicted: all but the begin token of each story.
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

/// Scores one story from position 0. Ids beyond the context are dropped.
///
/// # Errors
/// As [`Reference::step`].
pub fn score_story(reference: &mut Reference, ids: &[u32]) -> Result<Score, ReferenceError> {
    reference.reset();
    let ids = &ids[..ids.len().min(reference.network().context)];
    let mut score = Score::default();
    for (position, pair) in ids.windows(2).enumerate() {
        let (id, vocabulary) = (pair[1], reference.network().vocabulary);
        let logits = reference.step(pair[0])?;
        let Some(&scored) = logits.get(id as usize) else {
            return Err(ReferenceError::TokenId { id, position: position + 1, vocabulary });
        };
        let largest = f64::from(logits[argmax(logits)]);
        let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
        score.nats += largest + sum.ln() - f64::from(scored);
        score.scored += 1;
    }
    Ok(score)
}

/// Scores stories in parallel, each on its own. The sum is taken in their order, so it does not
/// depend on the number of threads.
///
/// # Errors
/// The first error of a story.
pub fn score_stories(
    reference: &Reference,
    tokens: &Tokens,
    stories: &[&str],
) -> Result<Score, ReferenceError> {
    let score = |story: &&str| score_story(&mut reference.clone(), &tokens.encode(story)?);
    let scores: Vec<Result<Score, ReferenceError>> = stories.par_iter().map(score).collect();
    scores.into_iter().try_fold(Score::default(), |total, score| Ok(total + score?))
}

/// Continues `prompt` by the likeliest ids, the lowest on ties: at most `length`, up to and with
/// the model's end token, within its context.
///
/// # Errors
/// As [`Reference::step`].
pub fn greedy(
    reference: &mut Reference,
    prompt: &[u32],
    length: usize,
) -> Result<Vec<u32>, ReferenceError> {
    reference.reset();
    let end_token = reference.network().end_token;
    let room = reference.network().context.saturating_sub(prompt.len()) + 1;
    let mut next = 0;
    for &id in prompt {
        next = argmax(reference.step(id)?) as u32;
    }
    let mut written = Vec::new();
    while written.len() < length.min(room) && !prompt.is_empty() {
        written.push(next);
        if Some(next) == end_token || written.len() == length.min(room) {
            break;
        }
        next = argmax(reference.step(next)?) as u32;
    }
    Ok(written)
}
