//! How well a network classifies labelled texts, step count by step count, and what its spikes cost.
//!
//! ```text
//!  label<TAB>text ─► ids ─► classifier ─► scores ─► accuracy      one column an executor
//!                               └──────► spikes ─► additions      one row a step count
//! ```

mod activity;
mod masks;
mod picture;
mod published;
mod rtl;
mod table;

pub use activity::{Activity, LayerActivity, Watcher};
pub use masks::{MaskColumn, MaskEvaluation, MaskRow, MaskedTexts};
pub use published::{Published, published};
pub use rtl::{RtlCheck, check_texts};
pub use table::{Classification, Column, StepRow};

use crate::reference::float::FloatExecutor;
use crate::reference::machine::MachineReference;
use crate::reference::{Labelled, ReferenceError, argmax};
use rayon::prelude::*;
use weights::network::Network;

/// What scores a text: a float network, an integer machine, the RTL.
pub trait Classifier {
    /// The score of every class.
    ///
    /// # Errors
    /// If the text cannot be read.
    fn scores(&mut self, ids: &[u32]) -> Result<Vec<f64>, ReferenceError>;
}

/// The float network, which notes what its neurons do.
#[derive(Clone)]
pub struct FloatClassifier {
    executor: FloatExecutor,
    watcher: Watcher,
}

impl FloatClassifier {
    /// Prepares a network.
    ///
    /// # Errors
    /// As [`FloatExecutor::new`].
    pub fn new(network: &Network) -> Result<FloatClassifier, ReferenceError> {
        let executor = FloatExecutor::new(network)?;
        Ok(FloatClassifier { executor, watcher: Watcher::new(network) })
    }

    /// What the neurons did since the last call.
    pub fn take_activity(&mut self) -> Activity {
        self.watcher.take()
    }
}

impl Classifier for FloatClassifier {
    fn scores(&mut self, ids: &[u32]) -> Result<Vec<f64>, ReferenceError> {
        let FloatClassifier { executor, watcher } = self;
        watcher.begin(ids.len());
        let mut logits = executor.read_observed(ids, &mut |seen| watcher.see(seen))?;
        // A text without a token has no scores; callers give none.
        Ok(logits.pop().unwrap_or_default())
    }
}

impl Classifier for MachineReference {
    fn scores(&mut self, ids: &[u32]) -> Result<Vec<f64>, ReferenceError> {
        self.reset();
        let Some((&last, first)) = ids.split_last() else { return Ok(Vec::new()) };
        for &id in first {
            self.step(id, false)?;
        }
        let prediction = self.step(last, true)?.expect("a prediction was asked for");
        Ok(prediction.values().collect())
    }
}

/// Scores texts on all threads, in their order; `each` takes the scores and the classifier that made
/// them.
///
/// # Errors
/// The first error of a text.
pub fn score_texts<C, T>(
    classifier: &C,
    texts: &[Vec<u32>],
    each: impl Fn(Vec<f64>, &mut C) -> T + Sync,
) -> Result<Vec<T>, ReferenceError>
where
    C: Classifier + Clone + Send + Sync,
    T: Send,
{
    let score = |classifier: &mut C, ids: &Vec<u32>| {
        let scores = classifier.scores(ids)?;
        Ok(each(scores, classifier))
    };
    texts.par_iter().map_init(|| classifier.clone(), score).collect()
}

/// The ids of a text with those of an answer, an id a position, at every mask.
pub fn fill_masks(ids: &[u32], answer: &[u32], mask: u32) -> Vec<u32> {
    let filled = ids.iter().zip(answer);
    filled.map(|(&id, &likeliest)| if id == mask { likeliest } else { id }).collect()
}

/// A column from the scores of all texts.
pub fn column(name: &str, scores: &[Vec<f64>], labelled: &Labelled) -> Column {
    let predicted = scores.iter().map(|scores| argmax(scores)).collect();
    column_of(name, predicted, labelled)
}

/// A column from the classes of the first texts.
pub fn column_of(name: &str, predicted: Vec<usize>, labelled: &Labelled) -> Column {
    let right = predicted.iter().zip(&labelled.answers).filter(|(a, b)| a == b).count();
    let accuracy = right as f64 / predicted.len().max(1) as f64;
    Column { executor: name.to_owned(), accuracy, predicted, differ: 0 }
}
