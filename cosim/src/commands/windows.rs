//! `eval` of networks with neurons, norms with means and recurrences: held-out text in windows, by
//! the float executor and the integer machine.

use super::stages::Stages;
use super::{Console, Exit};
use crate::evaluation::{
    MachineWidths, WindowEvaluation, WindowRule, Windows, attention_on_hardware,
    evaluate_machine_windows, evaluate_windows,
};
use crate::pipeline::{PipelineError, Source};
use crate::reference::Tokens;
use crate::reference::machine::MachineReference;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::Instant;
use weights::config::limits::{ACC_WIDTH_MAX, CONTEXT_MAX};
use weights::config::{Design, DesignFile};
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
    /// Networks with neurons: widths of the machine's values to try, instead of the design's.
    #[arg(long, value_name = "BITS,..", value_delimiter = ',')]
    value_width: Vec<u32>,
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
        (network, file, context): (&Network, &DesignFile, usize),
        tokens: &Tokens,
        (path, text): (&Path, &str),
        steps: &[u32],
    ) -> anyhow::Result<Exit> {
        let networks = of_steps(network, steps)?;
        let (mut stages, begin) = (Stages::default(), Instant::now());
        let rule = self.rule(context);
        let windows = Windows::new(text, tokens, network.begin_token, rule)?;
        if windows.windows.is_empty() {
            let (reason, remedy) = windows.lack();
            return Err(
                PipelineError::NothingScored { path: path.to_owned(), reason, remedy }.into()
            );
        }
        let what = format!(
            "{}: {} weights; {} windows of {}",
            network.name,
            network.weight_count(),
            windows.windows.len(),
            rule.window,
        );
        stages.note(console, "import", begin, &what);
        // What cannot be lowered should be said before anything is computed.
        let mut machines = Vec::new();
        for network in &networks {
            machines.push(self.machines(console, network, file, rule.window)?);
        }
        let mut bench = Bench { console, stages, windows: &windows };
        let mut evaluations = Vec::new();
        for (network, machines) in networks.iter().zip(machines) {
            evaluations.push(bench.evaluate(network, machines)?);
        }
        let mut evaluation = evaluations.remove(0);
        evaluation.rows.extend(evaluations.into_iter().flat_map(|other| other.rows));
        bench.console.json(&evaluation.to_json());
        bench.console.line(&evaluation.to_string());
        Ok(Exit::Success)
    }

    /// The machines of a network: of the design's values, or of all widths that are tried.
    fn machines(
        &self,
        console: &mut Console,
        network: &Network,
        file: &DesignFile,
        window: usize,
    ) -> Result<Vec<(MachineReference, Design)>, PipelineError> {
        let widths = match self.value_width.as_slice() {
            [] => vec![file.design.machine.value_width],
            widths => widths.to_vec(),
        };
        let machine = |width: u32| {
            // Sums and context are made as large as they get: that changes no value.
            let settings = [
                format!("machine.value_width={width}"),
                format!("array.acc_width={ACC_WIDTH_MAX}"),
                format!("machine.context={}", window.clamp(1, CONTEXT_MAX)),
            ];
            let file = file.with_settings(&settings)?;
            let design = file.design.clone();
            let source = Source { file, network: network.clone(), texts: Vec::new() };
            Ok((MachineReference::new(&source.lower()?), design))
        };
        let (mut machines, mut refused) = (Vec::new(), Vec::new());
        for width in widths {
            match machine(width) {
                Ok(machine) => machines.push(machine),
                Err(error) => refused.push((width, error)),
            }
        }
        if machines.is_empty()
            && let Some((_, error)) = refused.pop()
        {
            return Err(error);
        }
        for (width, error) in refused {
            console.line(&format!("values of {width} bits are left out: {error}"));
        }
        Ok(machines)
    }
}

/// What every row is made with.
struct Bench<'a, 'c> {
    console: &'a mut Console<'c>,
    stages: Stages,
    windows: &'a Windows,
}

impl Bench<'_, '_> {
    fn bar(&self, what: &'static str) -> ProgressBar {
        let bar = ProgressBar::new(self.windows.windows.len() as u64).with_message(what);
        let style = ProgressStyle::with_template("{msg:<28} {bar:30} {pos}/{len} windows");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// The float network at one step count, and its machines.
    fn evaluate(
        &mut self,
        network: &Network,
        machines: Vec<(MachineReference, Design)>,
    ) -> anyhow::Result<WindowEvaluation> {
        let (bar, begin) = (self.bar("float"), Instant::now());
        let (score, tally) = evaluate_windows(network, self.windows, &bar)?;
        bar.finish_and_clear();
        let mut evaluation = WindowEvaluation::new(network, self.windows, score, tally);
        self.note("float", begin, &evaluation);
        for (machine, design) in machines {
            let (bar, begin) = (self.bar("integer machine"), Instant::now());
            let (score, saturations) = evaluate_machine_windows(&machine, self.windows, &bar)?;
            bar.finish_and_clear();
            let widths = MachineWidths {
                value_width: design.machine.value_width,
                head_bits: design.machine.head_bits,
                embedding_digits: design.machine.embedding_digits,
                saturations,
            };
            evaluation.add_machine(network.steps, score, widths);
            if evaluation.attention.is_none() {
                let text = &self.windows.windows[0];
                evaluation.attention = attention_on_hardware(network, &design, &machine, text)?;
            }
            self.note("machine", begin, &evaluation);
        }
        Ok(evaluation)
    }

    /// Prints the line of the last row.
    fn note(&mut self, name: &'static str, begin: Instant, evaluation: &WindowEvaluation) {
        let bits = evaluation.rows.last().map_or(f64::NAN, |row| row.bits_per_character);
        self.stages.note(self.console, name, begin, &format!("{bits:.4} bits per character"));
    }
}
