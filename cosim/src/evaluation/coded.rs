//! SpikeLLM's networks: matrices of several digits, whose inputs are codes of spikes. The float
//! executor says what the quantised model is worth, the machine what is left of it in integers.

use super::{Corpus, evaluate_machines};
use crate::pipeline::PipelineError;
use crate::reference::float::FloatExecutor;
use crate::reference::{Score, score_each};
use firmware::machine::Program;
use indicatif::ProgressBar;
use serde::Serialize;
use std::fmt;
use std::ops::Add;
use weights::network::{Network, Operation, SpikeCode};
use weights::numeric::Radix;

/// What an evaluation of coded inputs says.
#[derive(Clone, Debug, Serialize)]
pub struct CodedEvaluation {
    /// The network.
    pub network: String,
    /// The code of its inputs.
    pub code: String,
    /// The text.
    pub corpus: Corpus,
    /// Perplexity of the quantised model in floats.
    pub float: f64,
    /// Perplexity of the integer machine.
    pub machine: f64,
    /// Mean cycles of a token, as the cycle model has them.
    pub cycles_per_token: f64,
    /// Part of those cycles in which the array works.
    pub array_utilisation: f64,
}

/// Whether a network is evaluated here.
pub fn is_coded(network: &Network) -> bool {
    let coded =
        |it: &Operation| matches!(it, Operation::Encode { .. } | Operation::DigitLinear { .. });
    network.operations.iter().any(coded)
}

/// The code of a network's inputs, for people.
pub fn code_of(network: &Network) -> String {
    let code = network.operations.iter().find_map(|operation| match operation {
        Operation::Encode { code, .. } => Some(code),
        _ => None,
    });
    match code {
        None => "real numbers".to_owned(),
        Some(SpikeCode::Counts { mean_count }) => format!("counts of mean {mean_count}"),
        Some(SpikeCode::Levels(code)) => format!(
            "levels, salient channels in {} steps{}",
            code.steps(),
            if code.tied { " of a tied scale" } else { "" }
        ),
    }
}

impl CodedEvaluation {
    /// Scores floats and machine; ticks `bar` twice a story.
    ///
    /// # Errors
    /// If the network is no network, or the first error of a story.
    pub fn new(
        network: &Network,
        program: Program,
        corpus: &Corpus,
        bar: &ProgressBar,
    ) -> Result<CodedEvaluation, PipelineError> {
        let scores = score_each(&FloatExecutor::new(network)?, &corpus.stories, |score, _| {
            bar.inc(1);
            score
        })?;
        let float = scores.into_iter().fold(Score::default(), Score::add).perplexity();
        let programs = vec![(Radix::Bitwise, Ok(program))];
        let row = evaluate_machines(network, 1, programs, corpus, bar)?;
        let cycles = row.cycles.into_iter().find_map(|(_, cycles)| cycles.ok());
        let (cycles_per_token, array_utilisation) = cycles.unwrap_or_default();
        Ok(CodedEvaluation {
            network: network.name.clone(),
            code: code_of(network),
            corpus: corpus.clone(),
            float,
            machine: row.score.perplexity(),
            cycles_per_token,
            array_utilisation,
        })
    }

    /// How far the machine's perplexity lies above the floats', in percent.
    pub fn above_percent(&self) -> f64 {
        (self.machine / self.float - 1.0) * 100.0
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers always serialise")
    }
}

impl fmt::Display for CodedEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stories, scored) = (self.corpus.stories.len(), self.corpus.scored);
        writeln!(f, "{}: {}; {stories} stories, {scored} ids", self.network, self.code)?;
        writeln!(f, "  perplexity of the quantised floats   {:.4}", self.float)?;
        writeln!(
            f,
            "  perplexity of the integer machine    {:.4}, {:+.2} %",
            self.machine,
            self.above_percent()
        )?;
        write!(
            f,
            "  cycles a token                       {:.0}, array busy {:.1} %",
            self.cycles_per_token,
            self.array_utilisation * 100.0
        )
    }
}
