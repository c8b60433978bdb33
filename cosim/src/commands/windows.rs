//! `eval` of networks with neurons, norms with means and recurrences: held-out text in windows, by
//! the float executor.

use super::stages::Stages;
use super::{Console, Exit};
use crate::evaluation::{WindowEvaluation, WindowRule, Windows, evaluate_windows};
use crate::pipeline::PipelineError;
use crate::reference::Tokens;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::Instant;
use weights::network::{Network, Operation, Readout};

/// How a text is cut into windows.
#[derive(Args, Debug)]
pub(super) struct WindowArguments {
    /// Networks with neurons: part of the text before the first window that is scored.
    #[arg(long, value_name = "PART", default_value_t = 0.9, value_parser = part)]
    from: f64,
    /// Networks with neurons: tokens of a window, the state cleared before each; without it, the
    /// context, at most 256.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    window: Option<u32>,
    /// Networks with neurons: positions of a window that are not scored; without it, a quarter of the
    /// window, at most 32.
    #[arg(long, value_name = "N")]
    skip: Option<u32>,
    /// Networks with neurons: most windows.
    #[arg(long, value_name = "N", default_value_t = u32::MAX, hide_default_value = true)]
    windows: u32,
}

const WINDOW_MAX: usize = 256;
const SKIP_MAX: usize = 32;

fn part(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(part) if (0.0..1.0).contains(&part) => Ok(part),
        _ => Err("choose a number from 0, below 1".to_owned()),
    }
}

/// Whether a network is evaluated here: one that continues texts and has operations that the
/// reference with counts does not execute.
pub(super) fn is_for(network: &Network) -> bool {
    let by_floats = |operation: &Operation| {
        matches!(
            operation,
            Operation::LayerNorm { .. } | Operation::Wkv { .. } | Operation::Neuron { .. }
        )
    };
    network.readout == Readout::NextToken && network.operations.iter().any(by_floats)
}

/// The network at every step count; as it is without any.
fn of_steps(network: &Network, steps: &[u32]) -> Result<Vec<Network>, PipelineError> {
    if steps.is_empty() {
        return Ok(vec![network.clone()]);
    }
    let of = |&steps: &u32| network.clone().with_steps(steps as usize);
    steps.iter().map(of).collect::<Result<_, _>>().map_err(|error| PipelineError::Options {
        reason: error.to_string(),
        remedy: "leave out --steps: the model has no neurons that could take other steps",
    })
}

impl WindowArguments {
    fn rule(&self, context: usize) -> WindowRule {
        let window = self.window.map_or(context.min(WINDOW_MAX), |window| window as usize);
        let skip = self.skip.map_or((window / 4).min(SKIP_MAX), |skip| skip as usize);
        WindowRule { from: self.from, window, skip, windows: self.windows as usize }
    }

    /// Scores the windows of a text and prints what they say.
    pub(super) fn execute(
        &self,
        console: &mut Console,
        network: &Network,
        tokens: &Tokens,
        (path, text): (&Path, &str),
        steps: &[u32],
    ) -> anyhow::Result<Exit> {
        let networks = of_steps(network, steps)?;
        let (mut stages, begin) = (Stages::default(), Instant::now());
        let rule = self.rule(network.context);
        let windows = Windows::new(text, tokens, network.begin_token, rule)?;
        if windows.windows.is_empty() {
            return Err(PipelineError::NoToken { path: path.to_owned() }.into());
        }
        let count = windows.windows.len();
        let what = format!(
            "{}: {} weights; {count} windows of {}",
            network.name,
            network.ternary_weight_count(),
            rule.window,
        );
        stages.note(console, "import", begin, &what);
        let mut evaluations = Vec::new();
        for network in &networks {
            let bar = ProgressBar::new(count as u64).with_message("float");
            let style = ProgressStyle::with_template("{msg:<28} {bar:30} {pos}/{len} windows");
            let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let begin = Instant::now();
            let (score, tally) = evaluate_windows(network, &windows, &bar)?;
            bar.finish_and_clear();
            let evaluation = WindowEvaluation::new(network, &windows, score, tally);
            let bits = evaluation.rows[0].bits_per_character;
            stages.note(console, "float", begin, &format!("{bits:.4} bits per character"));
            evaluations.push(evaluation);
        }
        let mut evaluation = evaluations.remove(0);
        evaluation.rows.extend(evaluations.into_iter().flat_map(|other| other.rows));
        console.json(&evaluation.to_json());
        console.line(&evaluation.to_string());
        Ok(Exit::Success)
    }
}
