//! What `eval` and `run` do with networks that read texts whole: classes, and masks that are filled.

use super::gates::GateOptions;
use super::stages::Stages;
use super::{Console, Exit};
use crate::bench::progress;
use crate::evaluation::classify::{
    Activity, Classification, Column, FloatClassifier, MaskColumn, MaskEvaluation, MaskRow,
    MaskedTexts, RtlCheck, StepRow, check_texts, column, column_of, published, score_texts,
};
use crate::pipeline::machine::MachineRtl;
use crate::pipeline::{PipelineError, Source};
use crate::reference::float::FloatExecutor;
use crate::reference::machine::MachineReference;
use crate::reference::{Labelled, Tokens, argmax};
use firmware::image::MachineImage;
use firmware::machine::Program;
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
    /// Texts that the RTL reads too.
    pub(super) rtl: usize,
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
        let file = fitted(file, &labelled.texts)?;
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
            let program = source.lower()?;
            let machine = MachineReference::new(&program);
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
            let (mut columns, mut rtl) = (vec![float, machine], None);
            if self.rtl > 0 {
                let (column, check) = self.rtl(console, stages, &program, &labelled)?;
                columns.push(column);
                rtl = Some(check);
            }
            rows.push(StepRow::new(steps, columns, activity, rtl));
        }
        Ok(Classification {
            network: self.network.name.clone(),
            texts: labelled.texts.len(),
            mean_tokens: labelled.mean_tokens(),
            full: labelled.full,
            majority: labelled.majority(),
            labels: labelled.labels,
            answers: labelled.answers,
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
        let differs = |row: &StepRow| row.rtl.as_ref().is_some_and(|rtl| rtl.failure.is_some());
        Ok(if table.rows.iter().any(differs) { Exit::Failure } else { Exit::Success })
    }

    /// The RTL's column of the first texts.
    fn rtl(
        &self,
        console: &mut Console,
        stages: &mut Stages,
        program: &Program,
        labelled: &Labelled,
    ) -> anyhow::Result<(Column, RtlCheck)> {
        let texts = &labelled.texts[..self.rtl.min(labelled.texts.len())];
        let (check, answers) = on_rtl(console, stages, program, texts)?;
        let class = |answer: &Vec<u32>| answer.first().map_or(usize::MAX, |&id| id as usize);
        let predicted = answers.iter().map(class).collect();
        Ok((column_of(&format!("RTL, {} texts", texts.len()), predicted, labelled), check))
    }

    /// Accuracy and perplexity of a network that fills masks, at tokens of a text that are hidden.
    pub(super) fn evaluate_masks(
        &self,
        console: &mut Console,
        stages: &mut Stages,
        (path, text): (&Path, &str),
        (file, limit): (&DesignFile, usize),
    ) -> anyhow::Result<MaskEvaluation> {
        let mask = self.tokens.mask().ok_or_else(|| PipelineError::Options {
            reason: format!("the tokenizer of network `{}` has no mask", self.network.name),
            remedy: "give the folder of the model with its own tokenizer.json",
        })?;
        let masked = MaskedTexts::new(text, &self.tokens, mask, limit)?;
        if masked.texts.is_empty() {
            return Err(PipelineError::NoToken { path: path.to_owned() }.into());
        }
        let file = fitted(file, &masked.texts)?;
        let mut rows = Vec::new();
        for network in self.networks()? {
            let (steps, begin) = (network.steps, Instant::now());
            let float = masked.float(&FloatExecutor::new(&network)?)?;
            let note = |column: &MaskColumn| {
                format!("{steps} steps: accuracy {:.2} %", 100.0 * column.accuracy)
            };
            stages.note(console, "float", begin, &note(&float));
            let begin = Instant::now();
            let program = Source { file: file.clone(), network, texts: Vec::new() }.lower()?;
            let machine = masked.machine(&MachineReference::new(&program))?;
            stages.note(console, "machine", begin, &note(&machine));
            let (mut columns, mut rtl) = (vec![float, machine], None);
            if self.rtl > 0 {
                let texts = &masked.texts[..self.rtl.min(masked.texts.len())];
                let (check, answers) = on_rtl(console, stages, &program, texts)?;
                columns.push(masked.rtl(&answers));
                rtl = Some(check);
            }
            rows.push(MaskRow { steps, columns, rtl });
        }
        Ok(MaskEvaluation {
            network: self.network.name.clone(),
            texts: masked.texts.len(),
            tokens: masked.texts.iter().map(Vec::len).sum(),
            masks: masked.hidden.iter().map(Vec::len).sum(),
            rows,
        })
    }

    /// Prints the table of a network that fills masks.
    pub(super) fn show_masks(console: &mut Console, table: &MaskEvaluation) -> Exit {
        console.json(&table.to_json());
        console.line(table.to_string().trim_end());
        let differs = |row: &MaskRow| row.rtl.as_ref().is_some_and(|rtl| rtl.failure.is_some());
        if table.rows.iter().any(differs) { Exit::Failure } else { Exit::Success }
    }

    fn labelled(&self, path: &Path, text: &str, limit: usize) -> Result<Labelled, PipelineError> {
        let labels = match &self.network.readout {
            Readout::Classes(labels) => labels.as_slice(),
            _ => &[],
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
}

/// The design for some texts: the longest says how many positions the machine has; sums that always
/// fit change no value.
fn fitted(file: &DesignFile, texts: &[Vec<u32>]) -> anyhow::Result<DesignFile> {
    let context = texts.iter().map(Vec::len).max().unwrap_or(1);
    let settings = [
        format!("array.acc_width={ACC_WIDTH_MAX}"),
        format!("machine.context={}", context.min(CONTEXT_MAX)),
    ];
    Ok(file.with_settings(&settings)?)
}

/// Reads texts on the RTL, in lock-step with the machine; yields what was compared and the answers.
fn on_rtl(
    console: &mut Console,
    stages: &mut Stages,
    program: &Program,
    texts: &[Vec<u32>],
) -> anyhow::Result<(RtlCheck, Vec<Vec<u32>>)> {
    let (rtl, image) = (MachineRtl::new(program)?, MachineImage::new(program)?);
    let built = GateOptions::default().build(console, stages, rtl.design(), false, 0)?;
    let begin = Instant::now();
    let bar = progress(texts.len() as u64, "texts on the RTL");
    let found = check_texts(&built.model, program, &image, texts, &bar)?;
    bar.finish_and_clear();
    stages.note(console, "rtl", begin, &format!("{} of {} texts", found.1.len(), texts.len()));
    Ok(found)
}

/// A line of the class of a text, and its scores.
pub(super) fn scores_line(labels: &[String], scores: &[f64], text: &str) -> String {
    let each: Vec<String> =
        labels.iter().zip(scores).map(|(label, score)| format!("{label} {score:+.3}")).collect();
    format!("{:<12} {}   {text}", labels[argmax(scores)], each.join("  "))
}
