//! Quality: how well a network predicts text, and what it writes.

use super::machine::MachineReference;
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

/// A model that predicts token by token.
pub trait Predictor: Clone + Send + Sync {
    /// Forgets the text.
    fn reset(&mut self);

    /// Most tokens of a text.
    fn context(&self) -> usize;

    /// Reads an id at the next position, and puts the logits of the one after it into `logits`.
    ///
    /// # Errors
    /// If the id is outside the vocabulary, the context is full, or a value overflows.
    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError>;
}

impl Predictor for Reference {
    fn reset(&mut self) {
        Reference::reset(self);
    }

    fn context(&self) -> usize {
        self.network().context
    }

    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError> {
        logits.clear();
        logits.extend(self.step(id)?.iter().map(|&logit| f64::from(logit)));
        Ok(())
    }
}

impl Predictor for MachineReference {
    fn reset(&mut self) {
        MachineReference::reset(self);
    }

    fn context(&self) -> usize {
        self.parameters().room()
    }

    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError> {
        let prediction = self.step(id, true)?.expect("a prediction was asked for");
        logits.clear();
        logits.extend(prediction.values());
        Ok(())
    }
}

/// Scores one story from position 0. Ids beyond the context are dropped.
///
/// # Errors
/// As [`Predictor::predict`].
pub fn score_story<P: Predictor>(predictor: &mut P, ids: &[u32]) -> Result<Score, ReferenceError> {
    predictor.reset();
    let ids = &ids[..ids.len().min(predictor.context())];
    let (mut score, mut logits) = (Score::default(), Vec::new());
    for (position, pair) in ids.windows(2).enumerate() {
        let id = pair[1];
        predictor.predict(pair[0], &mut logits)?;
        let Some(&scored) = logits.get(id as usize) else {
            let vocabulary = logits.len();
            return Err(ReferenceError::TokenId { id, position: position + 1, vocabulary });
        };
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|&logit| (logit - largest).exp()).sum();
        score.nats += largest + sum.ln() - scored;
        score.scored += 1;
    }
    Ok(score)
}

/// Scores stories in parallel, each on a predictor of its own, and yields in their order what
/// `finish` makes of each predictor.
///
/// # Errors
/// The first error of a story.
pub fn score_each<P: Predictor, T: Send>(
    predictor: &P,
    stories: &[Vec<u32>],
    finish: impl Fn(Score, P) -> T + Sync,
) -> Result<Vec<T>, ReferenceError> {
    let score = |ids: &Vec<u32>| {
        let mut own = predictor.clone();
        score_story(&mut own, ids).map(|score| finish(score, own))
    };
    let scores: Vec<Result<T, ReferenceError>> = stories.par_iter().map(score).collect();
    scores.into_iter().collect()
}

/// Scores stories in parallel, each on its own. The sum is taken in their order, so it does not
/// depend on the number of threads.
///
/// # Errors
/// The first error of a story.
pub fn score_stories<P: Predictor>(
    predictor: &P,
    tokens: &Tokens,
    stories: &[&str],
) -> Result<Score, ReferenceError> {
    let ids: Result<Vec<_>, _> = stories.iter().map(|story| tokens.encode(story)).collect();
    let scores = score_each(predictor, &ids?, |score, _| score)?;
    Ok(scores.into_iter().fold(Score::default(), Score::add))
}

/// Continues `prompt` by the likeliest ids, the lowest on ties: at most `length`, up to and with
/// an end token of the model, within its context.
///
/// # Errors
/// As [`Reference::step`].
pub fn greedy(
    reference: &mut Reference,
    prompt: &[u32],
    length: usize,
) -> Result<Vec<u32>, ReferenceError> {
    reference.reset();
    let room = reference.network().context.saturating_sub(prompt.len()) + 1;
    let mut next = 0;
    for &id in prompt {
        next = argmax(reference.step(id)?) as u32;
    }
    let mut written = Vec::new();
    while written.len() < length.min(room) && !prompt.is_empty() {
        written.push(next);
        if reference.network().end_tokens.contains(&next) || written.len() == length.min(room) {
            break;
        }
        next = argmax(reference.step(next)?) as u32;
    }
    Ok(written)
}
