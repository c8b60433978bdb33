//! `quantise`: from a float model to spikes, without training.

mod folder;
mod network;
mod study;

use super::stages::Stages;
use super::{Console, Exit};
use crate::evaluation::Corpus;
use crate::pipeline::read_text;
use crate::quantise::{Row, draw, sweep, table};
use crate::reference::Tokens;
use anyhow::bail;
use clap::{Args, ValueEnum};
use folder::{Staged, require_free};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;
use study::{CHOSEN, KeyValue, Study, bar};
use weights::calibration::{LlamaExecutor, Options, memory_bound, refine_bound, samples};
use weights::import::{Limits, export_llama, family_of, import_llama_within, is_gguf};
use weights::llama::{Llama, LlamaBlock};
use weights::quantise as recipes;
use weights::quantise::{Code, Recipe};

/// Arguments of `quantise`.
#[derive(Args, Debug)]
pub(super) struct QuantiseCommand {
    /// Folder of a LLaMA, GPT-2, RWKV or BERT model of floats in the Hugging Face layout, or a GGUF file.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Folder to write the quantised model to; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Balanced ternary digits of a weight.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=5))]
    digits: u32,
    /// Weights of -1 and +1 instead of digits.
    #[arg(long, conflicts_with_all = ["digits", "counts"])]
    binary: bool,
    /// Unclipped counts of that mean instead of digits.
    #[arg(long, value_name = "K", conflicts_with = "digits")]
    counts: Option<f64>,
    /// How integers are chosen.
    #[arg(long, value_enum, default_value_t = Method::Gptq)]
    method: Method,
    /// Share of salient weights, which get more digits and scales of their own.
    #[arg(long, value_name = "SHARE")]
    salient: Option<f64>,
    /// Digits of salient weights.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "salient", value_parser = clap::value_parser!(u32).range(1..=5))]
    salient_digits: u32,
    /// By what weights are salient.
    #[arg(long, value_enum, default_value_t = Saliency::SecondOrder, requires = "salient")]
    saliency: Saliency,
    /// Call whole columns salient instead of single weights.
    #[arg(long, requires = "salient")]
    columns: bool,
    /// Columns that share row scales; all of them without this.
    #[arg(long, value_name = "N")]
    group: Option<usize>,
    /// Round columns in their own order instead of by falling curvature.
    #[arg(long)]
    no_act_order: bool,
    /// Share of the mean diagonal that is added to the Hessian's diagonal.
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    damping: f64,
    /// Fit row scales again once the integers are known.
    #[arg(long)]
    refit: bool,
    /// Steps in which scales of rows and weights of norms follow the float model, with counts as inputs;
    /// 200 without a number.
    #[arg(
        long,
        value_name = "STEPS",
        num_args = 0..=1,
        default_missing_value = "200",
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    refine: Option<u32>,
    /// Calibrate on this text instead of samples of the model itself.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
    /// Calibration texts: samples of the model, or stories of the text.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    samples: u32,
    /// Most ids of a calibration text.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(2..=65536))]
    length: u32,
    /// Seed of the samples and of the random choice.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Mean count of the inputs of matrices.
    #[arg(long, value_name = "K", default_value_t = 3.0)]
    mean_count: f64,
    /// Also score keys of so many digits, beside --value-digits.
    #[arg(long, value_name = "N", requires = "value_digits", value_parser = clap::value_parser!(u32).range(1..=5))]
    key_digits: Option<u32>,
    /// Also score values of so many digits, beside --key-digits.
    #[arg(long, value_name = "N", requires = "key_digits", value_parser = clap::value_parser!(u32).range(1..=5))]
    value_digits: Option<u32>,
    /// Tie the scale of salient inputs to that of the others: one sum of a row instead of two.
    #[arg(long)]
    tied_scale: bool,
    /// Share of channels of keys and values that get one digit more than the more of both.
    #[arg(long, value_name = "SHARE", requires = "key_digits")]
    key_value_salient: Option<f64>,
    /// Text to score before and after; without it the calibration texts are scored.
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Score only the first stories.
    #[arg(long, value_name = "N", default_value_t = usize::MAX, hide_default_value = true)]
    stories: usize,
    /// Also score every known recipe and draw perplexity over stored bits, in `sweep.svg`.
    #[arg(long)]
    sweep: bool,
    /// Print the table as JSON on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// Pass the error of each weight on to those that follow.
    Gptq,
    /// Round to nearest.
    Nearest,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Saliency {
    /// w² / [H⁻¹]ᵢᵢ².
    SecondOrder,
    /// |w|.
    Magnitude,
    /// Chance: the control.
    Random,
}

/// Refuses a model that could be quantised, but not written.
fn require_writable(model: &Llama) -> anyhow::Result<()> {
    let normed =
        |block: &LlamaBlock| block.attention_sub_norm.is_some() || block.ffn_sub_norm.is_some();
    if model.blocks.iter().any(normed) {
        bail!(
            "`{}` has BitNet's norms inside its blocks, which a folder of quantised matrices does not \
             hold\n  = take a file with the ternary matrices of the model (TQ1_0, TQ2_0 or I2_S), \
             which runs as it is",
            model.name
        );
    }
    Ok(())
}

/// Refuses texts of one id each, which have no perplexity.
fn require_scored(texts: &[Vec<u32>]) -> anyhow::Result<()> {
    if texts.iter().all(|ids| ids.len() < 2) {
        bail!(
            "the model's own samples have one id each: nothing in them can be scored\n  = give \
             --calibration a text, or check that the model does not end every text at once"
        );
    }
    Ok(())
}

/// Mean counts of inputs that mean something.
const MEAN_COUNTS: std::ops::RangeInclusive<f64> = 0.25..=64.0;

impl QuantiseCommand {
    fn recipe(&self) -> Recipe {
        let code = match (self.binary, self.counts) {
            (true, _) => Code::Binary,
            (false, Some(mean)) => Code::Counts(mean),
            (false, None) => Code::Digits(self.digits),
        };
        let salient = self.salient.map(|share| recipes::Salient {
            share,
            digits: self.salient_digits,
            saliency: match self.saliency {
                Saliency::SecondOrder => recipes::Saliency::SecondOrder,
                Saliency::Magnitude => recipes::Saliency::Magnitude,
                Saliency::Random => recipes::Saliency::Random,
            },
            grain: if self.columns { recipes::Grain::Column } else { recipes::Grain::Weight },
        });
        Recipe {
            method: match self.method {
                Method::Gptq => recipes::Method::Gptq,
                Method::Nearest => recipes::Method::Nearest,
            },
            code,
            salient,
            group: self.group,
            act_order: !self.no_act_order,
            damping: self.damping,
            refit: self.refit,
            seed: self.seed,
        }
    }

    /// What was asked of keys and values.
    fn key_value(&self) -> Option<KeyValue> {
        let (key, value) = (self.key_digits?, self.value_digits?);
        Some(KeyValue { key, value, salient: self.key_value_salient })
    }

    /// Refuses numbers that mean nothing.
    fn check(&self, recipe: &Recipe) -> anyhow::Result<()> {
        recipe.check()?;
        if !MEAN_COUNTS.contains(&self.mean_count) {
            let (low, high) = (MEAN_COUNTS.start(), MEAN_COUNTS.end());
            bail!("--mean-count {} is out of range\n  = choose {low} to {high}", self.mean_count);
        }
        if let Some(share) = self.key_value_salient
            && !(share > 0.0 && share < 1.0)
        {
            bail!("--key-value-salient {share} is no share\n  = choose above 0 and below 1");
        }
        require_free(&self.out)
    }

    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let recipe = self.recipe();
        self.check(&recipe)?;
        if !is_gguf(&self.model) {
            let family = family_of(&self.model)?;
            if family != "llama" {
                return self.execute_network(console, &family, &recipe);
            }
        }
        let mut stages = Stages::default();
        let begin = Instant::now();
        let (model, notes) = import_llama_within(&self.model, &Limits::default())?;
        console.notes(&notes);
        if model.is_quantised() {
            bail!(
                "every matrix of `{}` holds integers already\n  = run it as it is; to quantise, give \
                 a model of floats",
                model.name
            );
        }
        require_writable(&model)?;
        let what = format!("{}: {} weights in matrices", model.name, model.shape.weight_count());
        stages.note(console, "import", begin, &what);
        let staged = Staged::begin(&self.out)?;

        let begin = Instant::now();
        let float = LlamaExecutor::new(&model, Options::FLOAT);
        let mut notes = Vec::new();
        let texts = self.calibration_texts(&model, &float, &mut notes)?;
        let scored = match &self.text {
            Some(path) => self.corpus(path, &model, self.stories, &mut notes)?,
            None => texts.clone(),
        };
        require_scored(&scored)?;
        console.notes(&notes);
        let ids: usize = texts.iter().map(Vec::len).sum();
        let mut bytes = memory_bound(&model.shape, ids);
        if self.refine.is_some() {
            let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
            let threads = rayon::current_num_threads();
            bytes = bytes.max(refine_bound(&model.shape, longest, threads));
        }
        let megabytes = bytes.div_ceil(1_000_000);
        let what =
            format!("{} texts, {ids} ids; at most {megabytes} MB beside the model", texts.len());
        stages.note(console, "calibrate", begin, &what);

        let mut study = Study { console, stages, texts: &texts, scored: &scored, rows: Vec::new() };
        study.float(&float)?;
        let mut quantised = study.quantise(&model, &recipe, CHOSEN)?;
        if let Some(steps) = self.refine {
            study.refine(&float, &mut quantised, &recipe, (steps as usize, self.mean_count))?;
        }
        let inputs = (self.mean_count, self.tied_scale, self.key_value());
        study.codings(&mut quantised, &recipe, inputs, self.refine.is_some())?;
        let chosen = study.rows.len();
        if self.sweep {
            for (name, recipe) in sweep(self.seed) {
                study.quantise(&model, &recipe, &name)?;
            }
            staged.add("sweep.svg", draw(&model.name, &study.rows[chosen..]).as_bytes())?;
        }
        let rows = study.rows;
        staged.add("table.json", format!("{:#}\n", json!(rows)).as_bytes())?;
        export_llama(&quantised, &self.note(&recipe, &texts), &staged.folder())?;
        staged.add_kept(&self.model, model.shape.vocabulary)?;
        staged.publish()?;
        self.tell(console, &rows);
        Ok(Exit::Success)
    }

    fn tell(&self, console: &mut Console, rows: &[Row]) {
        console.json(&format!("{:#}\n", json!(rows)));
        console.line("");
        console.line(table(rows).trim_end());
        console.line("");
        console.line(&format!("written to {}", self.out.display()));
    }

    /// Stories of a text as ids.
    fn corpus(
        &self,
        path: &Path,
        model: &Llama,
        most: usize,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Vec<Vec<u32>>> {
        let tokens = Tokens::open_for(&self.model, model.shape.vocabulary)?;
        let mut said = tokens.notes().to_vec();
        let text = read_text(path, &mut said)?;
        said.retain(|note| !notes.contains(note));
        notes.append(&mut said);
        Ok(Corpus::of_file(path, &text, &tokens, (model.shape.context, most))?.stories)
    }

    fn calibration_texts(
        &self,
        model: &Llama,
        float: &LlamaExecutor,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Vec<Vec<u32>>> {
        let (count, length) = (self.samples as usize, self.length as usize);
        let Some(path) = &self.calibration else {
            let bar = bar(length.min(float.context()) as u64, "own samples");
            let texts = samples(float, self.seed, count, length, || bar.inc(1))?;
            bar.finish_and_clear();
            return Ok(texts);
        };
        let mut texts = self.corpus(path, model, count, notes)?;
        texts.iter_mut().for_each(|ids| ids.truncate(length));
        Ok(texts)
    }

    /// How the model was made, which its configuration keeps.
    fn note(&self, recipe: &Recipe, texts: &[Vec<u32>]) -> Value {
        let source = if self.calibration.is_some() { "a text" } else { "own samples" };
        let ids: usize = texts.iter().map(Vec::len).sum();
        let salient = recipe.salient.map(|salient| {
            json!({
                "share": salient.share, "digits": salient.digits,
                "saliency": format!("{:?}", salient.saliency),
                "grain": format!("{:?}", salient.grain),
            })
        });
        json!({
            "method": format!("{:?}", recipe.method),
            "code": format!("{:?}", recipe.code),
            "salient": salient,
            "group": recipe.group,
            "act_order": recipe.act_order,
            "damping": recipe.damping,
            "refit": recipe.refit,
            "refined": self.refine,
            "seed": recipe.seed,
            "calibration": { "source": source, "texts": texts.len(), "ids": ids },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::sample;

    #[test]
    fn norms_that_no_folder_holds_are_refused_before_anything_is_computed() {
        let mut model = sample::llama(1, &sample::spikellm_shape(1));
        assert!(require_writable(&model).is_ok());
        model.blocks[0].ffn_sub_norm = Some(vec![1.0; model.shape.hidden]);
        let error = require_writable(&model).unwrap_err().to_string();
        assert!(error.contains("norms inside its blocks"), "{error}");
    }
}
