//! What `eval` and `run` do with networks that read texts whole: classes, and gaps that are filled.

use super::stages::Stages;
use super::{Console, Exit};
use crate::evaluation::classify::{
    Activity, Classification, Classifier, FloatClassifier, StepRow, column, fill_masks, published,
    score_texts,
};
use crate::pipeline::{PipelineError, Source};
use crate::reference::float::FloatExecutor;
use crate::reference::machine::MachineReference;
use crate::reference::{Labelled, Tokens, argmax};
use std::path::Path;
use std::time::Instant;
use weights::config::DesignFile;
use weights::config::limits::{ACC_WIDTH_MAX, CONTEXT_MAX};
use weights::network::{Network, Readout};

/// Most time steps to try.
pub(super) const STEPS_MAX: i64 = 4096;

/// A network and its tokenizer.
pub(super) struct Classify {
    pub(super) network: Network,
    pub(super) tokens: Tokens,
    /// Step counts to try; the model's own if there is none.
    pub(super) steps: Vec<u32>,
}

/// The line of the import.
pub(super) fn describe(network: &Network) -> String {
    format!(
        "{}: {} ternary matrices, {} weights, {} steps",
        network.name,
        network.ternary_matrices().count() + network.digit_matrices().count(),
        network.weight_count(),
        network.steps,
    )
}

/// The network of so many steps.
pub(super) fn at_steps(network: Network, steps: u32) -> Result<Network, PipelineError> {
    network.with_steps(steps as usize).map_err(|error| PipelineError::Options {
        reason: error.to_string(),
        remedy: "leave out --steps: the model has no neurons that could take other steps",
    })
}

impl Classify {
    /// Accuracy, spikes and energy over the labelled texts of a file.
    pub(super) fn evaluate(
        &self,
        console: &mut Console,
        stages: &mut Stages,
        (path, text): (&Path, &str),
        (file, limit): (&DesignFile, usize),
    ) -> anyhow::Result<Classification> {
        let labelled = self.labelled(path, text, limit)?;
        // The longest text says how many positions the machine has; sums that always fit change no
        // value.
        let context = labelled.texts.iter().map(Vec::len).max().unwrap_or(1);
        let settings = [
            format!("array.acc_width={ACC_WIDTH_MAX}"),
            format!("machine.context={}", context.min(CONTEXT_MAX)),
        ];
        let file = file.with_settings(&settings)?;
        let mut rows = Vec::new();
        for network in self.networks()? {
            let begin = Instant::now();
            let classifier = FloatClassifier::new(&network)?;
            let read = score_texts(&classifier, &labelled.texts, |scores, classifier| {
                (scores, classifier.take_activity())
            })?;
            let (scores, activities): (Vec<_>, Vec<_>) = read.into_iter().unzip();
            let mut activities = activities.into_iter();
            let mut activity = activities.next().unwrap_or_else(Activity::default);
            activities.for_each(|other| activity.add(&other));
            let float = column("float", &scores, &labelled);
            let steps = network.steps;
            let what = format!("{steps} steps: accuracy {:.2} %", 100.0 * float.accuracy);
            stages.note(console, "float", begin, &what);
            let begin = Instant::now();
            let (file, network) = (file.clone(), network.clone());
            let source = Source { file, network, texts: Vec::new() };
            let machine = MachineReference::new(&source.lower()?);
            let scores = score_texts(&machine, &labelled.texts, |scores, machine| {
                (scores, machine.saturations())
            })?;
            let (scores, saturations): (Vec<_>, Vec<_>) = scores.into_iter().unzip();
            let machine = column("machine", &scores, &labelled);
            let saturated = saturations.into_iter().max().unwrap_or(0);
            let what = format!(
                "{steps} steps: accuracy {:.2} %, {saturated} saturations",
                100.0 * machine.accuracy
            );
            stages.note(console, "machine", begin, &what);
            rows.push(StepRow { steps, columns: vec![float, machine], activity });
        }
        Ok(Classification {
            network: self.network.name.clone(),
            texts: labelled.texts.len(),
            mean_tokens: labelled.mean_tokens(),
            full: labelled.full,
            majority: labelled.majority(),
            labels: labelled.labels,
            rows,
            published: published(&self.network),
        })
    }

    /// Prints the table, and writes its picture where one is asked for.
    pub(super) fn show(
        console: &mut Console,
        table: &Classification,
        picture: Option<&Path>,
    ) -> anyhow::Result<Exit> {
        if let Some(path) = picture {
            let failed = PipelineError::file("write", path, "choose a file that can be written");
            std::fs::write(path, table.picture()).map_err(failed)?;
        }
        console.json(&table.to_json());
        console.line(table.to_string().trim_end());
        Ok(Exit::Success)
    }

    fn labelled(&self, path: &Path, text: &str, limit: usize) -> Result<Labelled, PipelineError> {
        let Readout::Classes(labels) = &self.network.readout else {
            return Err(PipelineError::Options {
                reason: format!("network `{}` fills masks and has no classes", self.network.name),
                remedy: "let `run --prompt` fill the masks of a text",
            });
        };
        let failed =
            |error| PipelineError::Labelled { path: path.to_owned(), error: Box::new(error) };
        let labelled = Labelled::parse(text, labels, &self.tokens, (self.network.context, limit))
            .map_err(failed)?;
        match labelled.texts.is_empty() {
            true => Err(PipelineError::NoToken { path: path.to_owned() }),
            false => Ok(labelled),
        }
    }

    /// The network at every step count.
    fn networks(&self) -> Result<Vec<Network>, PipelineError> {
        if self.steps.is_empty() {
            return Ok(vec![self.network.clone()]);
        }
        self.steps.iter().map(|&steps| at_steps(self.network.clone(), steps)).collect()
    }

    /// Prints the class and the scores of each text, or the text with its masks filled.
    pub(super) fn answer(&self, console: &mut Console, texts: &[String]) -> anyhow::Result<Exit> {
        for network in self.networks()? {
            let mut executor = FloatExecutor::new(&network)?;
            for text in texts {
                let ids = self.tokens.encode(text)?;
                let line = match &network.readout {
                    Readout::Classes(labels) => {
                        let mut classifier = FloatClassifier::new(&network)?;
                        scores_line(labels, &classifier.scores(&ids)?, text)
                    }
                    _ => self.filled(&mut executor, ids)?,
                };
                console.line(&line);
            }
        }
        Ok(Exit::Success)
    }

    /// The text of ids with the likeliest token at every mask.
    fn filled(&self, executor: &mut FloatExecutor, ids: Vec<u32>) -> anyhow::Result<String> {
        let missing = |reason: String| PipelineError::Options {
            reason,
            remedy: "write the tokenizer's mask, such as [MASK], where a token is missing",
        };
        let mask = self.tokens.mask().ok_or_else(|| {
            missing(format!("the tokenizer of network `{}` has no mask", self.network.name))
        })?;
        if !ids.contains(&mask) {
            return Err(missing("the text has no mask".to_owned()).into());
        }
        Ok(self.tokens.decode(&fill_masks(executor, &ids, mask)?)?)
    }
}

pub(super) fn scores_line(labels: &[String], scores: &[f64], text: &str) -> String {
    let each: Vec<String> =
        labels.iter().zip(scores).map(|(label, score)| format!("{label} {score:+.3}")).collect();
    format!("{:<12} {}   {text}", labels[argmax(scores)], each.join("  "))
}
