//! `eval` of SpikeLLM's networks: quantised floats beside the integer machine.

use super::{Console, Exit};
use crate::commands::stages::Stages;
use crate::evaluation::{CodedEvaluation, Corpus, code_of};
use crate::pipeline::{PipelineError, Source};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Instant;
use weights::config::DesignFile;
use weights::llama::Coding;
use weights::network::Network;

/// How inputs of matrices become spikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodingChoice {
    /// They are shifted to the planes of one pass.
    Float,
    /// Unclipped counts at a threshold that is a power of two.
    Counts,
    /// Levels of four bits, salient channels in two steps.
    #[value(name = "gif_t2")]
    GifT2,
    /// Levels of four bits, salient channels in four steps.
    #[value(name = "gif_t4")]
    GifT4,
}

impl From<CodingChoice> for Coding {
    fn from(choice: CodingChoice) -> Coding {
        match choice {
            CodingChoice::Float => Coding::Float,
            CodingChoice::Counts => Coding::Counts,
            CodingChoice::GifT2 => Coding::GifT2,
            CodingChoice::GifT4 => Coding::GifT4,
        }
    }
}

/// Lowers the network to a machine of the longest story, scores both, and prints what they say.
pub(super) fn evaluate(
    console: &mut Console,
    stages: &mut Stages,
    network: Network,
    (file, corpus): (&DesignFile, &Corpus),
) -> Result<Exit, PipelineError> {
    let begin = Instant::now();
    let context = corpus.stories.iter().map(Vec::len).max().unwrap_or(1);
    let file = file.with_settings(&[format!("machine.context={context}")])?;
    let source = Source { file, network, texts: Vec::new() };
    let program = source.lower()?;
    let what = format!("{} instructions, {}", program.instructions.len(), code_of(&source.network));
    stages.note(console, "lower", begin, &what);
    let begin = Instant::now();
    let bar = ProgressBar::new(2 * corpus.stories.len() as u64).with_message("floats, machine");
    let style = ProgressStyle::with_template("{msg:<28} {bar:30} {pos}/{len} stories");
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let evaluation = CodedEvaluation::new(&source.network, program, corpus, &bar)?;
    bar.finish_and_clear();
    stages.note(console, "eval", begin, &format!("{:+.2} %", evaluation.above_percent()));
    console.json(&evaluation.to_json());
    console.line(&evaluation.to_string());
    Ok(Exit::Success)
}
