//! `eval`: how well a network predicts a text, encoder by encoder.

use super::classify::{Classify, STEPS_MAX, describe};
use super::coded::{self, CodingChoice};
use super::stages::Stages;
use super::windows::{self, WindowArguments};
use super::{Console, Exit};
use crate::evaluation::{
    Corpus, Evaluation, Row, Speed, evaluate_float, evaluate_machines, is_coded,
};
use crate::pipeline::{PipelineError, Source, SourceOptions, read_text};
use crate::reference::{Activation, naive_tokens_per_second};
use clap::Args;
use firmware::lower::LowerError;
use firmware::machine::Program;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use weights::config::DesignFile;
use weights::config::limits::{ACC_WIDTH_MAX, CONTEXT_MAX, MEAN_COUNT_MAX};
use weights::network::{Network, Readout};
use weights::numeric::Radix;

/// Arguments of `eval`.
#[derive(Args, Debug)]
pub(super) struct EvalCommand {
    /// The design of the machine; without it, the bundled one of the sample network or, with
    /// --model, of the TinyStories model. Its context and its sums are made as wide as the model
    /// needs them.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// Folder of a model in the Hugging Face layout; without it, the seeded sample network.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Text to score: stories between lines of <|endoftext|>, each from position 0; for networks with
    /// neurons, windows of its end. For a model that classifies: lines of a label, a tab and a text; for
    /// one that fills masks: a text a line, some tokens of which are hidden.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// How inputs of matrices become spikes, for a model that has rules for it, instead of its own.
    #[arg(long, value_name = "CODING")]
    coding: Option<CodingChoice>,
    /// Score only the first stories, or the first lines.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    stories: usize,
    /// Mean counts to try, instead of the design's encoder.mean_count.
    #[arg(long, value_name = "K,..", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=i64::from(MEAN_COUNT_MAX)))]
    mean_count: Vec<u32>,
    /// Radices to count planes, spikes and cycles in, instead of the design's array.radix.
    #[arg(long, value_name = "bitwise,unary", value_delimiter = ',', value_parser = radix)]
    radix: Vec<Radix>,
    /// Time steps to try, instead of the model's, for a model whose neurons have some.
    #[arg(long, value_name = "T,..", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=STEPS_MAX))]
    steps: Vec<u32>,
    /// Write accuracy and energy over the time steps into this SVG, for a model that classifies.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// First texts that the RTL reads too, every write compared with the integer machine's, for a model
    /// that classifies; 0 for none.
    #[arg(long, value_name = "N", default_value_t = RTL_TEXTS)]
    rtl: usize,
    /// Change a key of the design, such as machine.value_width=20; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    windows: WindowArguments,
    /// Print the table as JSON on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Texts that the RTL reads where nobody says how many.
const RTL_TEXTS: usize = 64;

/// The key that cuts stories shorter than the model would.
const CONTEXT: &str = "machine.context";
/// How long the naive loop runs.
const NAIVE_TIME: Duration = Duration::from_millis(500);

fn radix(text: &str) -> Result<Radix, String> {
    match text {
        "bitwise" => Ok(Radix::Bitwise),
        "unary" => Ok(Radix::Unary),
        _ => Err("choose bitwise or unary".to_owned()),
    }
}

impl EvalCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let mut stages = Stages::default();
        let begin = Instant::now();
        let options = SourceOptions {
            design: self.design.clone(),
            model: self.model.clone(),
            coding: self.coding.map(Into::into),
            ..SourceOptions::default()
        };
        let file = console.design(options.design_file()?).with_settings(&self.set)?;
        let mut network = console.imported(options.network_of_texts(&file)?);
        if network.input().is_some() || network.readout == Readout::Vector {
            let reason = format!("network `{}` takes or gives vectors, and no text", network.name);
            let remedy = "give it to `run`, which compares it with the float network";
            return Err(PipelineError::Options { reason, remedy }.into());
        }
        let context = match self.set.iter().any(|setting| setting.trim().starts_with(CONTEXT)) {
            true => file.design.machine.context.min(network.context),
            false => network.context,
        };
        if network.readout != Readout::NextToken {
            // Texts that are read whole are cut to it when they are encoded.
            network.context = context;
        }
        let mut notes = Vec::new();
        let text = read_text(&self.text, &mut notes)?;
        let tokens = options.tokens(&network)?;
        notes.extend_from_slice(tokens.notes());
        console.notes(&notes);
        if network.readout != Readout::NextToken {
            stages.note(console, "import", begin, &describe(&network));
            let job = Classify { network, tokens, steps: self.steps.clone(), rtl: self.rtl };
            let of = (&file, self.stories);
            if job.network.readout == Readout::MaskedToken {
                self.require_no_picture(&job.network)?;
                let table = job.evaluate_masks(console, &mut stages, (&self.text, &text), of)?;
                return Ok(Classify::show_masks(console, &table));
            }
            let table = job.evaluate(console, &mut stages, (&self.text, &text), of)?;
            return Classify::show(console, &table, self.picture.as_deref());
        }
        self.require_no_picture(&network)?;
        if windows::is_for(&network) {
            let (text, steps) = ((self.text.as_path(), text.as_str()), self.steps.as_slice());
            let of = (&network, &file, context);
            return self.windows.execute(console, of, &tokens, text, steps);
        }
        if !self.steps.is_empty() {
            let reason = format!("network `{}` has no step counts to try", network.name);
            let remedy = "leave out --steps: they are for models with neurons";
            return Err(PipelineError::Options { reason, remedy }.into());
        }
        let most = (context.min(CONTEXT_MAX), self.stories);
        let corpus = Corpus::of_file(&self.text, &text, &tokens, most)?;
        let what = format!(
            "{}: {} weights; {} stories, {} ids to score",
            network.name,
            network.weight_count(),
            corpus.stories.len(),
            corpus.scored,
        );
        stages.note(console, "import", begin, &what);

        if is_coded(&network) {
            let of = (&file, &corpus);
            return Ok(coded::evaluate(console, &mut stages, network, of)?);
        }
        let mut bench = Bench { console, stages, network: &network, corpus: &corpus };
        let evaluation = self.evaluate(&mut bench, &file)?;
        console.json(&evaluation.to_json());
        console.line(&evaluation.to_string());
        Ok(Exit::Success)
    }

    fn require_no_picture(&self, network: &Network) -> Result<(), PipelineError> {
        if self.picture.is_none() {
            return Ok(());
        }
        let reason = format!("network `{}` does not classify texts", network.name);
        let remedy = "leave out --picture: it shows the accuracy of models that classify";
        Err(PipelineError::Options { reason, remedy })
    }

    fn evaluate(&self, bench: &mut Bench, file: &DesignFile) -> anyhow::Result<Evaluation> {
        let design = &file.design;
        let or = |chosen: &[u32], default: u32| match chosen {
            [] => vec![default],
            chosen => chosen.to_vec(),
        };
        let mean_counts = or(&self.mean_count, design.encoder.mean_count);
        let radices =
            if self.radix.is_empty() { vec![design.array.radix] } else { self.radix.clone() };
        // What cannot be lowered should be said before anything is computed.
        let machines: Vec<Vec<Lowered>> = mean_counts
            .iter()
            .map(|&count| radices.iter().map(|&it| (it, bench.lower(file, count, it))).collect())
            .collect();
        let machines = bench.without_lacking(machines);
        for programs in &machines {
            if let [(_, Err(_)), ..] = programs.as_slice()
                && programs.iter().all(|(_, program)| program.is_err())
            {
                let refused = machines.into_iter().flatten().find_map(|(_, program)| program.err());
                return Err(refused.expect("one of them was refused").into());
            }
        }
        let (mut rows, mut float_speed, mut machine_speed) = (Vec::new(), 0.0, 0.0);
        let (float, _) = bench.float("real numbers", Activation::Float, &radices)?;
        let (int8, _) = bench.float("int8", Activation::INT8, &radices)?;
        let reference = int8.perplexity;
        rows.extend([float, int8]);
        for &count in &mean_counts {
            let activation = Activation::Counts { mean_count: count as f32 };
            let (mut row, speed) =
                bench.float(&format!("mean count {count}"), activation, &radices)?;
            row.mean_count = Some(count);
            float_speed = speed;
            rows.push(row);
        }
        for (programs, &count) in machines.into_iter().zip(&mean_counts) {
            let (row, speed) = bench.machine(count, programs)?;
            machine_speed = speed;
            rows.push(row);
        }
        let speed = Speed {
            threads: rayon::current_num_threads(),
            machine: machine_speed,
            float: float_speed,
            naive: naive_tokens_per_second(bench.network, NAIVE_TIME),
        };
        let mut evaluation = Evaluation {
            network: bench.network.name.clone(),
            corpus: bench.corpus.clone(),
            radices,
            rows,
            speed,
        };
        evaluation.relate(reference);
        Ok(evaluation)
    }
}

/// A machine of one radix, or why there is none.
type Lowered = (Radix, Result<Program, PipelineError>);

/// What every row is made with.
struct Bench<'a, 'c> {
    console: &'a mut Console<'c>,
    stages: Stages,
    network: &'a Network,
    corpus: &'a Corpus,
}

impl Bench<'_, '_> {
    /// Lowers the network to the design with the context of the longest story and with sums that
    /// always fit: neither changes a value.
    fn lower(
        &self,
        file: &DesignFile,
        mean_count: u32,
        radix: Radix,
    ) -> Result<Program, PipelineError> {
        let radix = if radix == Radix::Unary { "unary" } else { "bitwise" };
        let context = self.corpus.stories.iter().map(Vec::len).max().unwrap_or(1);
        let settings = [
            format!("encoder.mean_count={mean_count}"),
            format!("array.radix={radix}"),
            format!("array.acc_width={ACC_WIDTH_MAX}"),
            format!("machine.context={context}"),
        ];
        let file = file.with_settings(&settings)?;
        Source { file, network: self.network.clone(), texts: Vec::new() }.lower()
    }

    /// A machine that does not have an operation of the network has none in any form: the float
    /// model is then scored alone, and a note says why.
    fn without_lacking(&mut self, machines: Vec<Vec<Lowered>>) -> Vec<Vec<Lowered>> {
        match machines.iter().flatten().next() {
            Some((_, Err(PipelineError::Lower(error @ LowerError::Operation { .. })))) => {
                self.console.notes(&[format!("no row of a machine: {error}")]);
                Vec::new()
            }
            _ => machines,
        }
    }

    fn bar(&self, rounds: usize, what: &str) -> ProgressBar {
        let length = (self.corpus.stories.len() * rounds) as u64;
        let bar = ProgressBar::new(length).with_message(what.to_owned());
        let style = ProgressStyle::with_template("{msg:<28} {bar:30} {pos}/{len} stories");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// A row of the float reference, and its tokens per second.
    fn float(
        &mut self,
        model: &str,
        activation: Activation,
        radices: &[Radix],
    ) -> Result<(Row, f64), PipelineError> {
        let (begin, bar) = (Instant::now(), self.bar(1, model));
        let (score, costs) = evaluate_float(self.network, activation, self.corpus, &bar)?;
        bar.finish_and_clear();
        let row = Row::float(model, score, &costs, self.corpus, radices);
        Ok((row, self.note("float", begin, model, score.perplexity(), 1)))
    }

    /// A row of the machine, and its tokens per second.
    fn machine(&mut self, count: u32, programs: Vec<Lowered>) -> Result<(Row, f64), PipelineError> {
        let rounds = programs.iter().filter(|(_, program)| program.is_ok()).count();
        let model = format!("mean count {count}");
        let (begin, bar) = (Instant::now(), self.bar(rounds, &model));
        let row = evaluate_machines(self.network, count, programs, self.corpus, &bar)?;
        bar.finish_and_clear();
        let perplexity = row.score.perplexity();
        Ok((
            Row::machine(&row, self.corpus),
            self.note("machine", begin, &model, perplexity, rounds),
        ))
    }

    /// Prints the line of a row; yields its tokens per second.
    fn note(
        &mut self,
        name: &'static str,
        begin: Instant,
        model: &str,
        perplexity: f64,
        rounds: usize,
    ) -> f64 {
        let elapsed = begin.elapsed();
        let what = format!("{model}: perplexity {perplexity:.4}");
        self.stages.note_time(self.console, name, elapsed, &what);
        (self.corpus.scored * rounds) as f64 / elapsed.as_secs_f64()
    }
}
