//! The options that `layers` and `cosim` share, and the first stages of both.

use super::Console;
use super::gates::GateOptions;
use super::stages::Stages;
use crate::pipeline::layers::{Job, Lowered, Plant, Planted, Rtl, TOP};
use crate::pipeline::{PipelineError, Source, SourceOptions};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::Instant;
use weights::config::limits::{SEED_MAX, TOKENS_MAX};
use weights::config::{DesignFile, Form};

/// What is run.
#[derive(Args, Clone, Debug, Default)]
pub struct LayerOptions {
    /// The design; without it, the bundled one of the sample network or, with --model, of the
    /// TinyStories model.
    #[arg(value_name = "DESIGN.toml")]
    pub design: Option<PathBuf>,
    /// Folder of a BitNet model in the Hugging Face layout; without it, the seeded sample network.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Text to run; without it, seeded token ids.
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// Tokens to run, instead of the design's run.tokens.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=TOKENS_MAX as u64))]
    pub tokens: Option<u64>,
    /// Seed of the sample network and of seeded ids, instead of the design's run.seed.
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub seed: Option<u64>,
    /// Change a key of the design, such as array.form=event; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Plant a fault to see the check fail: in a value of the reference, a bit of the weights, or
    /// a code of the packing.
    #[arg(long, value_name = "KIND")]
    pub plant: Option<Plant>,
    #[command(flatten)]
    pub(super) gates: GateOptions,
}

/// What the first stages yield.
pub(super) struct Prepared {
    pub(super) source: Source,
    pub(super) lowered: Lowered,
    /// One engine for all matrices, or one a matrix.
    pub(super) rtls: Vec<Rtl>,
    pub(super) planted: Option<Planted>,
}

impl LayerOptions {
    /// The stages from the configuration to the printed engine.
    pub(super) fn prepare(
        &self,
        console: &mut Console,
        stages: &mut Stages,
        before_work: impl FnOnce(&DesignFile) -> Result<(), PipelineError>,
    ) -> Result<Prepared, PipelineError> {
        let options = self.source_options();
        let begin = Instant::now();
        let file = options.design_file()?.with_settings(&self.set)?;
        before_work(&file)?;
        let design = &file.design;
        let array = &design.array;
        let what = match array.form {
            Form::Baked => format!(
                "{}: each matrix an engine as large as it is, {} planes, weights as wires",
                design.name, array.planes
            ),
            Form::Dense | Form::Event => format!(
                "{}: {} lanes x {} x {} planes = {} synapses a cycle, {} weights",
                design.name,
                array.lanes,
                match array.form {
                    Form::Event => "1 column that spikes".to_owned(),
                    _ => format!("{} slots", array.slots),
                },
                array.planes,
                design.synapses_per_cycle(),
                design.weight_store.packing.name(),
            ),
        };
        stages.note(console, "config", begin, &what);

        let begin = Instant::now();
        let network = console.imported(options.network_of_layers(&file)?);
        let mut notes = Vec::new();
        let texts = options.texts(&file, &network, &mut notes)?;
        console.notes(&notes);
        let source = Source { file, network, texts };
        let network = &source.network;
        let what = format!(
            "{}: {} ternary matrices, {} weights",
            network.name,
            network.ternary_matrices().count(),
            network.ternary_weight_count()
        );
        stages.note(console, "import", begin, &what);

        let begin = Instant::now();
        let mut lowered = Lowered::new(&source)?;
        describe_lowered(console, stages, &lowered, begin);
        let planted = self.plant.map(|plant| plant.apply(&mut lowered)).transpose()?;
        if let Some(planted) = &planted {
            console.line(&format!("planted    in {}: {}", planted.matrix, planted.place));
        }

        let begin = Instant::now();
        let rtls = Rtl::of_jobs(&lowered)?;
        let modules: usize = rtls.iter().map(|rtl| rtl.sources.len()).sum();
        let lines: usize = rtls.iter().map(Rtl::lines).sum();
        let engines = if rtls.len() > 1 { format!(", {} engines", rtls.len()) } else { "".into() };
        let what = format!("{TOP}: {modules} modules, {lines} lines{engines}");
        stages.note(console, "generate", begin, &what);
        Ok(Prepared { source, lowered, rtls, planted })
    }

    pub(super) fn source_options(&self) -> SourceOptions {
        SourceOptions {
            design: self.design.clone(),
            model: self.model.clone(),
            text: self.text.clone(),
            // The parser keeps it below 2^17.
            tokens: self.tokens.map(|tokens| tokens as usize),
            seed: self.seed,
            coding: None,
        }
    }

    /// These options as they stand on a command line.
    pub(super) fn command_line(&self) -> String {
        let mut text = String::new();
        let mut put = |option: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push(' ');
                text.push_str(option);
                text.push_str(&value);
            }
        };
        let path = |path: &Option<PathBuf>| path.as_deref().map(quoted_path);
        put("", path(&self.design));
        put("--model ", path(&self.model));
        put("--text ", path(&self.text));
        put("--tokens ", self.tokens.map(|tokens| tokens.to_string()));
        put("--seed ", self.seed.map(|seed| seed.to_string()));
        self.set.iter().for_each(|setting| put("--set ", Some(quoted(setting))));
        put("--plant ", self.plant.map(|plant| plant.name().to_owned()));
        put("--gates ", self.gates.option());
        text
    }
}

/// A path as a shell reads it.
pub(super) fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// A word as a shell reads it.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@%,".contains(c);
    match text.chars().all(plain) && !text.is_empty() {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

fn describe_lowered(console: &mut Console, stages: &mut Stages, lowered: &Lowered, begin: Instant) {
    let whole = begin.elapsed();
    let planes = lowered.jobs.iter().map(|job| job.plane_count_max).max().unwrap_or(0);
    let synapses: u64 = lowered.jobs.iter().map(Job::synapses).sum();
    let what = format!(
        "{} tokens: {} vectors, trains to {planes} planes, {:.1} M synapses",
        lowered.tokens,
        lowered.tokens * lowered.jobs.len(),
        synapses as f64 * 1e-6,
    );
    stages.note_time(console, "reference", lowered.reference_time, &what);
    let words: usize = lowered.jobs.iter().map(|job| job.layer.words()).sum();
    let worst = lowered.jobs.iter().max_by_key(|job| job.proof.worst.current_max);
    let proof = worst.map_or_else(String::new, |job| {
        format!(
            "; sums to {} need {} of {} bits",
            job.proof.worst.current_max, job.proof.required_acc_width, lowered.engine.acc_width
        )
    });
    let bits = lowered.weight_bits_stored() as f64 / lowered.weight_count() as f64;
    let stored = match words {
        0 => "no weight memory".to_owned(),
        _ => format!("{words} words, {bits:.3} bits a weight"),
    };
    let what = format!("{stored}{proof}");
    stages.note_time(console, "lower", whole.saturating_sub(lowered.reference_time), &what);
}
