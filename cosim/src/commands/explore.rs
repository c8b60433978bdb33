//! `explore`: the machines that a part holds, and which of them are worth building.

use super::{Console, Exit};
use crate::explore::{
    Axes, Exploration, ExploreError, ExploreOptions, Part, explore, files, machines, table,
};
use crate::pipeline::capacity::Supply;
use crate::pipeline::{EXPLORATION, Outputs, PipelineError, SourceOptions};
use crate::reference::seeded_ids;
use clap::Args;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use weights::config::limits::{LANES_MAX, PLANES_MAX, SLOTS_MAX, TOKENS_MAX};
use weights::config::{DesignFile, Form, Target};
use weights::network::Network;
use weights::packing::Packing;
use weights::shown::shown_path;

/// Arguments of `explore`.
#[derive(Args, Debug)]
pub(super) struct ExploreCommand {
    /// The design that the sweep begins with; without it, the bundled one of the sample network or,
    /// with --model, of the TinyStories model.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// Folder of a BitNet model in the Hugging Face layout; without it, the seeded sample network.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// The part, with package and speed grade or without: LFE5U-25F, LFE5U-45F, LFE5U-85F.
    #[arg(long, value_name = "PART", default_value = "LFE5U-85F")]
    part: String,
    /// The clock in MHz at which tokens are counted.
    #[arg(long, value_name = "MHZ", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    megahertz: u32,
    /// Tokens over which cycles and energy are averaged.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX as u64))]
    tokens: u64,
    /// Lanes to sweep, such as 8,16,32.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=LANES_MAX as u64))]
    lanes: Vec<u64>,
    /// Slots to sweep.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=SLOTS_MAX as u64))]
    slots: Vec<u64>,
    /// Planes to sweep; fewer than the bits of a count are left out.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=PLANES_MAX as u64))]
    planes: Vec<u64>,
    /// How the array meets a train, to sweep: dense, event; otherwise both where the network keeps
    /// no keys and values, or the design's.
    #[arg(long, value_name = "FORM,…", value_delimiter = ',', value_parser = form)]
    form: Vec<Form>,
    /// Values of a vector to sweep.
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(2..=16))]
    elements: Vec<u64>,
    /// Codes of the weights to sweep: two_bit, base3.
    #[arg(long, value_name = "CODE,…", value_delimiter = ',', value_parser = packing)]
    packing: Vec<Packing>,
    /// What the array's dots are built of, to sweep: portable, ecp5; otherwise the design's.
    #[arg(long, value_name = "TARGET,…", value_delimiter = ',', value_parser = target)]
    target: Vec<Target>,
    /// Mean counts of the encoder to sweep; otherwise the design's. It changes what is computed.
    #[arg(long, value_name = "K,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=64))]
    mean_count: Vec<u32>,
    /// Bits of the counts of attention and head to sweep; otherwise the design's. It changes what
    /// is computed.
    #[arg(long, value_name = "BITS,…", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=8))]
    bits: Vec<u32>,
    /// Synthesise and co-simulate so many points of the front, those with a name first; minutes
    /// each.
    #[arg(long, value_name = "N", default_value_t = 0)]
    confirm: usize,
    /// Folder in which `<name>/explore/` is written.
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Print `points.json` on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// How often a sweep tells how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// What a model's text begins with.
const PROMPT: &str = "Once upon a time";
/// Token ids of a seeded prompt.
const SEEDED_PROMPT: usize = 4;

fn packing(text: &str) -> Result<Packing, String> {
    let known = [Packing::TwoBit, Packing::Base3];
    let found = known.into_iter().find(|packing| packing.name() == text);
    found.ok_or_else(|| "choose two_bit or base3".to_owned())
}

fn form(text: &str) -> Result<Form, String> {
    let known = [Form::Dense, Form::Event];
    let found = known.into_iter().find(|form| form.name() == text);
    found.ok_or_else(|| "choose dense or event".to_owned())
}

fn target(text: &str) -> Result<Target, String> {
    let known = [Target::Portable, Target::Ecp5];
    let found = known.into_iter().find(|target| target.name() == text);
    found.ok_or_else(|| "choose portable or ecp5".to_owned())
}

impl ExploreCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let part = Part::find(&self.part)?;
        let source = SourceOptions {
            design: self.design.clone(),
            model: self.model.clone(),
            ..SourceOptions::default()
        };
        let file = console.design(source.design_file()?).on_part(part.block_rams as u32);
        let run = source.outputs(&self.out, &file)?;
        let mut outputs = Outputs::new(run.folder(), EXPLORATION)?;
        source.require_prediction()?;
        let supply = Supply { part: part.name, blocks: part.block_rams, kbit: 18 };
        source.require_memory(&file, supply, true)?;
        let begin = Instant::now();
        // The sweep tries wider arrays than the design's.
        let network = console.imported(source.network_of_sweep(&file)?);
        let what = format!("{}: {} weights", network.name, network.weight_count());
        console.stage("import", &what, begin.elapsed());
        let prompt = prompt(&source, &file, &network)?;
        let tokens = self.tokens as usize;
        let megahertz = f64::from(self.megahertz);
        let predicted = Arc::default();
        let options =
            ExploreOptions { axes: self.axes(), part, megahertz, prompt, tokens, predicted };
        let begin = Instant::now();
        let mut found = told(console, &file, &network, &options)?;
        console.stage("explore", &describe(&found), begin.elapsed());
        if self.confirm > 0 {
            let begin = Instant::now();
            found.confirm(&file, &network, &options, self.confirm)?;
            let what = format!("{} points built and simulated", found.confirmed.len());
            console.stage("confirm", &what, begin.elapsed());
        }
        let begin = Instant::now();
        let mut json = String::new();
        for (name, text) in files(&found, &file)? {
            if name.ends_with(".json") {
                json.clone_from(&text);
            }
            outputs.add(&name, text);
        }
        outputs.write(&[])?;
        let what = format!("{}: {} files", shown_path(outputs.folder()), outputs.file_count());
        console.stage("report", &what, begin.elapsed());
        console.line(table(&found).trim_end());
        console.json(&json);
        Ok(Exit::Success)
    }

    fn axes(&self) -> Axes {
        // The parser keeps them below 2^9.
        let sizes = |given: &[u64]| given.iter().map(|&value| value as usize).collect();
        Axes {
            lanes: sizes(&self.lanes),
            slots: sizes(&self.slots),
            planes: sizes(&self.planes),
            form: self.form.clone(),
            elements: sizes(&self.elements),
            packing: self.packing.clone(),
            target: self.target.clone(),
            mean_count: self.mean_count.clone(),
            bits: self.bits.clone(),
        }
    }
}

/// Explores, and tells how far it is where no bar does.
fn told(
    console: &mut Console,
    file: &DesignFile,
    network: &Network,
    options: &ExploreOptions,
) -> Result<Exploration, ExploreError> {
    let machines = machines(file, network);
    let candidates = options.axes.candidates(&file.design, machines).len();
    console.line(&format!("explore    {candidates} designs on {} …", options.part.name));
    let (end, ended) = channel();
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            let found = explore(file, network, options);
            // A receiver that is gone has nothing to tell any more.
            let _ = end.send(());
            found
        });
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(TOLD_EVERY) {
            if !stderr().is_terminal() {
                let predicted = options.predicted.load(Ordering::Relaxed);
                console.line(&format!("explore    {predicted} of {candidates} designs …"));
            }
        }
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn prompt(
    source: &SourceOptions,
    file: &DesignFile,
    network: &Network,
) -> Result<Vec<u32>, PipelineError> {
    match &source.model {
        Some(_) => Ok(source.tokens(network)?.encode(PROMPT)?),
        None => {
            let context = file.design.machine.context.min(network.context);
            let length = SEEDED_PROMPT.min(context);
            Ok(seeded_ids(network, file.design.run.seed, length))
        }
    }
}

fn describe(found: &Exploration) -> String {
    let Exploration { design, part, candidates, points, .. } = found;
    format!(
        "{design} on {}: {candidates} designs, {} fit, {} on the front",
        part.name,
        points.len(),
        found.front().count()
    )
}
