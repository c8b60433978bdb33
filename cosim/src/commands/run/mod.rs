//! `run`: the main job. Text in, tokens out, every write of the hardware compared.

mod describe;
mod matrix;
mod spikes;
mod stream;
mod talk;

use super::classify::{STEPS_MAX, at_steps};
use super::coded::CodingChoice;
use super::gates::{Built, GateOptions};
use super::quoted::{quoted, quoted_path};
use super::stages::Stages;
use super::{Console, Exit};
use crate::pipeline::machine::{
    Conversation, MachinePlant, MachineReport, MachineRtl, MachineTrace, program_file,
};
use crate::pipeline::{Outputs, PipelineError, Source, SourceOptions, read_text};
use crate::reference::machine::MachineReference;
use crate::report::{COSIM, PAGE, ReportError, boards_of, page};
use clap::Args;
use describe::{describe, describe_design, describe_program, describe_work};
use firmware::image::MachineImage;
use firmware::machine::Program;
use spikes::{SpikesOf, for_report, spikes_of};
use std::path::PathBuf;
use std::time::Instant;
use stream::Stream;
use talk::{Job, Prompts};
use weights::config::limits::{SEED_MAX, TOKENS_MAX};
use weights::llama::Coding;
use weights::network::{Network, Readout};
use weights::shown::shown_path;

/// Arguments of `run`.
#[derive(Args, Debug)]
pub(super) struct RunCommand {
    /// The design; without it, the bundled one that fits the model.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// Folder of a model in the Hugging Face layout; without it, the bundled model or, with a design,
    /// its sample network.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// The seeded sample network of the bundled design: noise, on a small machine.
    #[arg(long, conflicts_with_all = ["model", "design"])]
    sample: bool,
    /// What the text begins with; may be repeated. Without it, a beginning for the model, or seeded
    /// token ids for the sample network.
    #[arg(long, value_name = "TEXT")]
    prompt: Vec<String>,
    /// Texts for a model that classifies or fills masks: one a line, each read whole.
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// One matrix of the network alone, such as blocks.1.ffn.up: vectors in, sums out.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["prompt", "text", "steps", "spikes"])]
    matrix: Option<String>,
    /// Vectors for a network that takes some: one a line, whole numbers with space between. Without it,
    /// seeded ones.
    #[arg(long, value_name = "FILE", conflicts_with = "tokens")]
    vectors: Option<PathBuf>,
    /// Time steps of each token, instead of the model's own.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u32).range(1..=STEPS_MAX))]
    steps: Option<u32>,
    /// How inputs of matrices become spikes, for a model that has rules for it, instead of its own.
    #[arg(long, value_name = "CODING")]
    coding: Option<CodingChoice>,
    /// Tokens to write for each prompt, or seeded vectors to send, instead of the design's run.tokens.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX as u64))]
    tokens: Option<u64>,
    /// Seed of the sample network and of seeded ids, instead of the design's run.seed.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    seed: Option<u64>,
    /// Print the train of a neuron layer and token, as the array received it; the last token if no
    /// position is given.
    #[arg(long, value_name = "LAYER[@POSITION]", value_parser = spikes_of)]
    spikes: Option<SpikesOf>,
    /// Plant a fault in what the hardware is loaded with, to see the check fail.
    #[arg(long, value_name = "KIND")]
    plant: Option<MachinePlant>,
    #[command(flatten)]
    gates: GateOptions,
    /// Record a waveform of the first prompt into this VCD file.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// First cycle of the waveform.
    #[arg(long, value_name = "CYCLE", requires = "trace", default_value_t = 0)]
    from: u64,
    /// Last cycle of the waveform.
    #[arg(long, value_name = "CYCLE", requires = "trace", default_value_t = u64::MAX)]
    to: u64,
    /// Folder in which `<name>/` with the outputs is written.
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Print `5-cosim.json` on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// What came of a run's talk, and each conversation in words: what went in, what came out.
struct Held {
    conversations: Vec<Conversation>,
    texts: Vec<(String, String)>,
}

/// What a run sends to the machine.
enum Talk {
    Prompts(Prompts),
    Stream(Stream),
}

impl Talk {
    /// Tokens to write for each prompt.
    fn length(&self, given: usize) -> usize {
        match self {
            Talk::Prompts(prompts) => prompts.length(given),
            Talk::Stream(_) => given,
        }
    }

    /// Sends everything; what came of it, and in words.
    fn hold(
        &self,
        console: &mut Console,
        network: &Network,
        job: &Job<'_>,
    ) -> anyhow::Result<Held> {
        match self {
            Talk::Prompts(prompts) => {
                let conversations = job.talk(console, prompts)?;
                prompts.print_scores(console, &job.reference)?;
                let texts = prompts.texts(&conversations);
                Ok(Held { conversations, texts })
            }
            Talk::Stream(stream) => {
                let conversations = stream.run(console, job)?;
                let unit = job.reference.program().output.as_ref().map_or(1.0, |map| map.unit);
                stream.print_float(console, network, unit, &conversations)?;
                let texts = stream.texts(&conversations);
                Ok(Held { conversations, texts })
            }
        }
    }
}

/// Cycles of the waveform before and after the cycle of a difference.
const WINDOW: (u64, u64) = (200, 20);

impl RunCommand {
    /// The texts for a network that reads them whole.
    fn texts(&self, notes: &mut Vec<String>) -> Result<Vec<String>, PipelineError> {
        let mut texts = self.prompt.clone();
        if let Some(path) = &self.text {
            let lines = read_text(path, notes)?;
            texts.extend(lines.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        }
        match texts.is_empty() {
            false => Ok(texts),
            true => Err(PipelineError::Options {
                reason: "the model reads whole texts, and there is none".to_owned(),
                remedy: "give --prompt TEXT, or --text FILE with a text a line",
            }),
        }
    }

    /// Refuses what only a network that reads whole texts takes.
    fn require_prompts(&self) -> Result<(), PipelineError> {
        match self.text {
            None => Ok(()),
            Some(_) => Err(PipelineError::Options {
                reason: "--text is for models that classify texts or fill masks".to_owned(),
                remedy: "give --prompt TEXT for the text to begin with",
            }),
        }
    }

    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        self.check_window()?;
        let mut stages = Stages::default();
        let begin = Instant::now();
        let file = console.design(self.source_options().design_file()?);
        let outputs = self.source_options().outputs(&self.out, &file)?;
        stages.note(console, "config", begin, &describe_design(&file.design));

        let begin = Instant::now();
        let mut network = console.imported(matrix::network(
            &self.source_options(),
            &file,
            self.matrix.as_deref(),
        )?);
        let texts = !self.prompt.is_empty() || self.text.is_some();
        stream::require(&network, self.vectors.as_deref(), texts)?;
        if let Some(steps) = self.steps {
            network = at_steps(network, steps)?;
        }
        let source = Source { file, network, texts: Vec::new() };
        let talk = self.talk(console, &source)?;
        let network = &source.network;
        let (ternary, digits) =
            (network.ternary_matrices().count(), network.digit_matrices().count());
        let what = format!(
            "{}: {} {}, {} weights",
            network.name,
            ternary + digits,
            if digits == 0 { "ternary matrices" } else { "matrices of ternary digits" },
            network.weight_count(),
        );
        stages.note(console, "import", begin, &what);

        let begin = Instant::now();
        let program = source.lower()?;
        stages.note(console, "lower", begin, &describe_program(&program));
        self.spikes.as_ref().map_or(Ok(()), |spikes| spikes.require(&program))?;
        let image = MachineImage::new(&program)?;
        let planted = self.plant.map(|plant| plant.apply(&program)).transpose()?;
        if let Some((_, place)) = &planted {
            console.line(&format!("planted    {place}"));
        }
        let loaded = match &planted {
            Some((planted, _)) => MachineImage::new(planted)?,
            None => image.clone(),
        };

        let begin = Instant::now();
        // A machine is made for its program: what that has in common is part of the hardware.
        let rtl = MachineRtl::new(planted.as_ref().map_or(&program, |(planted, _)| planted))?;
        let what =
            format!("{}: {} modules, {} lines", MachineRtl::TOP, rtl.sources.len(), rtl.lines());
        stages.note(console, "generate", begin, &what);
        let trace = self.trace.is_some();
        let seed = source.file.design.run.seed;
        let Built { model, tools, gates } =
            self.gates.build(console, &mut stages, rtl.design(), trace, seed)?;

        let begin = Instant::now();
        let job = Job {
            model: &model,
            loaded: &loaded,
            reference: MachineReference::new(&program),
            length: talk.length(source.file.design.run.tokens),
            trace: self.window(),
        };
        let Held { conversations, texts } = talk.hold(console, &source.network, &job)?;
        let elapsed = begin.elapsed();
        let mut report =
            MachineReport::new(&source, &program, &rtl, &conversations, texts, elapsed);
        stages.note_time(console, "cosim", elapsed, &describe(&report));
        console.line(&describe_work(&report.work, program.parameters.arrival()));
        let steps = source.network.steps;
        if let Some(spikes) = &self.spikes {
            spikes.print(console, &job.reference, steps, &conversations)?;
        }
        report.spikes = for_report(&job.reference, steps, &conversations)?;

        report.gates = gates;
        report.planted = planted.map(|(_, place)| place);
        report.seconds = stages.seconds.clone();
        report.tools.clone_from(&tools);
        let begin = Instant::now();
        let outputs = fill(outputs, &source, (&program, &image), &rtl, &report)?;
        outputs.write(&tools)?;
        let what = format!("{}: {} files", shown_path(outputs.folder()), outputs.file_count());
        stages.note(console, "report", begin, &what);
        console.json(&report.to_json());
        Ok(self.conclude(console, &conversations))
    }

    /// What is sent: texts, or a stream for a network that takes or gives vectors.
    fn talk(&self, console: &mut Console, source: &Source) -> Result<Talk, PipelineError> {
        let network = &source.network;
        if stream::is_stream(network) {
            let run = &source.file.design.run;
            let stream = Stream::new(network, self.vectors.as_deref(), (run.seed, run.tokens))?;
            return Ok(Talk::Stream(stream));
        }
        let given = match network.readout != Readout::NextToken {
            true => {
                let mut notes = Vec::new();
                let texts = self.texts(&mut notes)?;
                console.notes(&notes);
                texts
            }
            false => {
                self.require_prompts()?;
                self.prompt.clone()
            }
        };
        let prompts = Prompts::new(source, self.source_options().model.as_deref(), &given)?;
        console.notes(prompts.tokens.notes());
        Ok(Talk::Prompts(prompts))
    }

    fn check_window(&self) -> Result<(), PipelineError> {
        if self.from <= self.to {
            return Ok(());
        }
        let reason = format!("--from {} is after --to {}", self.from, self.to);
        Err(PipelineError::Options { reason, remedy: "give the first cycle before the last" })
    }

    fn window(&self) -> Option<MachineTrace> {
        let path = self.trace.clone()?;
        Some(MachineTrace { path, from: self.from, to: self.to })
    }

    fn source_options(&self) -> SourceOptions {
        let options = SourceOptions {
            design: self.design.clone(),
            model: self.model.clone(),
            text: None,
            // The parser keeps it below 2^17.
            tokens: self.tokens.map(|tokens| tokens as usize),
            seed: self.seed,
            coding: self.coding.map(Into::into),
        };
        if self.sample { options } else { options.or_bundled() }
    }

    /// The last lines: what differs first, how to see it, and the verdict.
    fn conclude(&self, console: &mut Console, conversations: &[Conversation]) -> Exit {
        let subject = self.gates.subject();
        let failures = conversations.iter().enumerate();
        let first =
            failures.filter_map(|(index, next)| Some((index, next.failure.as_ref()?))).next();
        let Some((index, failure)) = first else {
            if self.plant.is_some() {
                let what =
                    "no value of this run met it: give more tokens or vectors, or another --seed";
                console.line(&format!("planted    {what}"));
            }
            console.line(&format!("{subject} = reference"));
            return Exit::Success;
        };
        console.line(&failure.to_string());
        let cycle = conversations[index].simulated_cycles;
        let (from, to) = (cycle.saturating_sub(WINDOW.0), cycle + WINDOW.1);
        let command = self.command_line(index);
        console.line(&format!(
            "  replay      {} run{command} --trace wave.vcd --from {from} --to {to}",
            console.program()
        ));
        console.line(&format!("{subject} != reference"));
        Exit::Failure
    }

    /// The options of one conversation as they stand on a command line.
    fn command_line(&self, conversation: usize) -> String {
        let mut text = String::new();
        let mut put = |option: &str, value: Option<String>| {
            text.extend(value.map(|value| format!(" {option}{value}")));
        };
        put("", self.design.as_deref().map(quoted_path));
        put("--model ", self.model.as_deref().map(quoted_path));
        put("--coding ", self.coding.map(|it| Coding::from(it).name().to_owned()));
        put("--sample", self.sample.then(String::new));
        put("--matrix ", self.matrix.as_deref().map(quoted));
        put("--prompt ", self.prompt.get(conversation).map(|prompt| quoted(prompt)));
        put("--vectors ", self.vectors.as_deref().map(quoted_path));
        put("--tokens ", self.tokens.map(|tokens| tokens.to_string()));
        put("--seed ", self.seed.map(|seed| seed.to_string()));
        put("--plant ", self.plant.map(|plant| plant.name().to_owned()));
        put("--gates ", self.gates.option());
        text
    }
}

fn fill(
    mut outputs: Outputs,
    source: &Source,
    (program, image): (&Program, &MachineImage),
    rtl: &MachineRtl,
    report: &MachineReport,
) -> Result<Outputs, ReportError> {
    outputs.add("0-config.toml", source.file.design.to_commented_toml());
    outputs.add("1-network.json", source.network.to_json());
    outputs.add("2-weights.bin", program_file(&program.parameters, image));
    outputs.add("3-program.lst", program.listing());
    for (name, text) in rtl.files() {
        outputs.add(&format!("4-rtl/{name}"), text);
    }
    let json = report.to_json();
    // A damaged file of an earlier synthesis is no reason to lose this run; `report` names it.
    let boards = boards_of(outputs.folder()).unwrap_or_default();
    outputs.add(PAGE, page(&json, &boards)?);
    outputs.add(COSIM, json);
    Ok(outputs)
}
