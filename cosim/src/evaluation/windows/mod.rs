//! How well a network with neurons predicts held-out text, window by window, and what its spikes
//! cost.
//!
//! ```text
//!  text ─► tail ─► windows ─┬─► float executor ─┬─► bits per character
//!                           │                   ├─► rates of neuron layers
//!                           │                   └─► additions a token ─► energies
//!                           └─► integer machine ─┬─► bits per character, saturations
//!                                                └─► attention in spikes, beside softmax
//! ```
//!
//! The state is cleared before every window, and the first positions of each are not scored.

mod attention;
mod energy;
mod report;
mod tally;

pub use attention::{AttentionOnHardware, AttentionWork, attention_on_hardware};
pub use energy::{Energies, Energy};
pub use report::{MachineWidths, WindowEvaluation, WindowRow};
pub use tally::{AttentionTally, LayerTally, MatrixTally, Tally};

use crate::reference::float::FloatExecutor;
use crate::reference::machine::MachineReference;
use crate::reference::{ReferenceError, Score, Tokens};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Serialize;
use std::ops::Add;
use weights::network::Network;

/// Which part of a text is scored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WindowRule {
    /// Part of the text's characters before the first window, 0 to 1.
    pub from: f64,
    /// Ids of a window.
    pub window: usize,
    /// First positions of a window whose logits are not scored.
    pub skip: usize,
    /// Most windows.
    pub windows: usize,
}

/// A text in windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// The rule.
    pub rule: WindowRule,
    /// The character of the text with which the first window begins.
    pub first_character: usize,
    /// Ids of the text from there on.
    pub tail: usize,
    /// Ids of each window, the begin token in front where the model has one; all of one length.
    pub windows: Vec<Vec<u32>>,
    /// Characters that the scored ids stand for.
    pub characters: usize,
}

impl Windows {
    /// Cuts the tail of a text into whole windows.
    ///
    /// # Errors
    /// If the tokenizer refuses the text.
    pub fn new(
        text: &str,
        tokens: &Tokens,
        begin: Option<u32>,
        rule: WindowRule,
    ) -> Result<Windows, ReferenceError> {
        let first_character = (text.chars().count() as f64 * rule.from) as usize;
        let tail: String = text.chars().skip(first_character).collect();
        let front = begin.iter().len();
        let ids = tokens.encode(&tail)?.split_off(front);
        let (windows, tail) = (Vec::new(), ids.len());
        let mut result = Windows { rule, first_character, tail, windows, characters: 0 };
        let length = rule.window.saturating_sub(front).max(1);
        for window in ids.chunks_exact(length).take(rule.windows) {
            let window: Vec<u32> = begin.into_iter().chain(window.iter().copied()).collect();
            if window.len() > rule.skip + 1 {
                let scored = tokens.decode(&window[rule.skip + 1..])?;
                result.characters += scored.chars().count();
                result.windows.push(window);
            }
        }
        Ok(result)
    }

    /// Why there is no window, and what to do.
    pub fn lack(&self) -> (String, &'static str) {
        let WindowRule { from, window, skip, .. } = self.rule;
        let tail = self.tail;
        if window < 2 {
            let reason =
                format!("a window of {window} token holds none to read and one to predict");
            return (reason, "choose a model with a context of 2 or more");
        }
        if window < skip + 2 {
            let reason = format!("the first {skip} positions of a window of {window} are skipped");
            return (reason, "give a --skip at least 2 below the --window");
        }
        let reason = format!(
            "the text from part {from} on has {tail} tokens, less than a window of {window}"
        );
        (reason, "give a longer text, a smaller --window, or begin earlier with --from")
    }
}

/// Scores every window with the float executor; ticks `bar` once a window.
///
/// # Errors
/// As [`FloatExecutor::new`], or the first error of a window.
pub fn evaluate_windows(
    network: &Network,
    windows: &Windows,
    bar: &ProgressBar,
) -> Result<(Score, Tally), ReferenceError> {
    let executor = FloatExecutor::new(network)?;
    let empty = Tally::new(network);
    let one = |ids: &Vec<u32>| {
        let (mut executor, mut tally) = (executor.clone(), empty.clone());
        let logits = executor.read_observed(ids, &mut |seen| tally.take(seen))?;
        tally.tokens += ids.len();
        bar.inc(1);
        Ok((score(&logits, ids, windows.rule.skip), tally))
    };
    let scores: Vec<Result<_, ReferenceError>> = windows.windows.par_iter().map(one).collect();
    let mut sum = (Score::default(), empty.clone());
    for result in scores {
        let (score, tally) = result?;
        sum.0 = sum.0.add(score);
        sum.1.add(&tally);
    }
    Ok(sum)
}

/// Scores every window with the integer machine; ticks `bar` once a window. Yields the writes that
/// saturated as well.
///
/// # Errors
/// The first error of a window.
pub fn evaluate_machine_windows(
    machine: &MachineReference,
    windows: &Windows,
    bar: &ProgressBar,
) -> Result<(Score, u64), ReferenceError> {
    let one = |ids: &Vec<u32>| {
        let (mut machine, mut read) = (machine.clone(), Vec::with_capacity(ids.len()));
        let before = machine.saturations();
        machine.reset();
        for (position, &id) in ids.iter().enumerate() {
            // What nobody scores is not asked for.
            let scored = (windows.rule.skip..ids.len() - 1).contains(&position);
            let prediction = machine.step(id, scored)?;
            read.push(prediction.map_or(Vec::new(), |prediction| prediction.values().collect()));
        }
        bar.inc(1);
        Ok((score(&read, ids, windows.rule.skip), machine.saturations() - before))
    };
    let scores: Vec<Result<_, ReferenceError>> = windows.windows.par_iter().map(one).collect();
    scores.into_iter().try_fold((Score::default(), 0), |sum, result| {
        let (score, saturations) = result?;
        Ok((sum.0.add(score), sum.1 + saturations))
    })
}

/// The logits of positions from `skip` on are scored on the ids that follow them.
fn score(logits: &[Vec<f64>], ids: &[u32], skip: usize) -> Score {
    let mut score = Score::default();
    for (logits, &id) in logits.iter().zip(&ids[1..]).skip(skip) {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
        score.nats += largest + sum.ln() - logits[id as usize];
        score.scored += 1;
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::sample;

    #[test]
    fn windows_are_whole_and_scored_behind_their_beginning() {
        let network = sample::spikegpt(2, &sample::spikegpt_shape(2));
        let rule = WindowRule { from: 0.5, window: 7, skip: 2, windows: 3 };
        let text: String = ('a'..='z').cycle().take(60).collect();
        let tokens = Tokens::bytes(&network);
        let windows = Windows::new(&text, &tokens, None, rule).unwrap();
        assert_eq!((windows.first_character, windows.windows.len()), (30, 3));
        let bar = ProgressBar::hidden();
        let (found, tally) = evaluate_windows(&network, &windows, &bar).unwrap();
        assert_eq!((found.scored, tally.tokens), (3 * 4, 21));
        let mut expected = Score::default();
        let mut executor = FloatExecutor::new(&network).unwrap();
        for ids in &windows.windows {
            executor.reset();
            for (position, pair) in ids.windows(2).enumerate() {
                let logits = executor.read(&pair[..1]).unwrap().remove(0);
                let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
                if position >= 2 {
                    expected.nats += sum.ln() - logits[pair[1] as usize];
                    expected.scored += 1;
                }
            }
        }
        assert_eq!(found.scored, expected.scored);
        assert!((found.nats - expected.nats).abs() < 1e-9);
    }

    #[test]
    fn a_lack_of_windows_has_its_reason() {
        let network = sample::spikegpt(2, &sample::spikegpt_shape(2));
        let tokens = Tokens::bytes(&network);
        let reason = |window, skip| {
            let rule = WindowRule { from: 0.5, window, skip, windows: 3 };
            let windows = Windows::new("abcdefghij", &tokens, None, rule).unwrap();
            assert!(windows.windows.is_empty());
            windows.lack().0
        };
        assert_eq!(reason(7, 2), "the text from part 0.5 on has 5 tokens, less than a window of 7");
        assert_eq!(reason(4, 3), "the first 3 positions of a window of 4 are skipped");
        assert_eq!(reason(1, 0), "a window of 1 token holds none to read and one to predict");
    }
}
