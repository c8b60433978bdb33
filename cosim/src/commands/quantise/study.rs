//! The rows of the table: what each recipe and each coding of inputs gives.

use super::{Console, Stages};
use crate::quantise::{Row, matrix_energy, storage};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Instant;
use weights::calibration::{
    ChannelSaliency, Encoder, KeyValueDigits, LlamaExecutor, Options, Refined, Refinement,
    quantise_model, refine, score_texts,
};
use weights::llama::{ActivationRules, Coding, Linear, Llama};
use weights::quantise::Recipe;

/// Added bits and share of salient input channels, for two and for four steps: those of the released
/// code.
const GIF_SHARES: [(u32, f64); 2] = [(1, 0.1), (2, 0.05)];
/// Calibration texts that the channels are chosen on.
const SALIENCY_TEXTS: usize = 16;
/// What the table calls the recipe of the command line.
pub(super) const CHOSEN: &str = "this recipe";
/// And behind a refinement.
const REFINED: &str = "this recipe, refined";

/// A bar on the standard error, which shows nothing where that is no terminal.
pub(super) fn bar(length: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<36} {bar:30} {pos}/{len}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_message(what.to_owned()).with_style(style)
}

/// Digits of keys and values, and the share of channels that get one more.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyValue {
    pub(super) key: u32,
    pub(super) value: u32,
    pub(super) salient: Option<f64>,
}

impl KeyValue {
    fn name(self) -> String {
        let KeyValue { key, value, salient } = self;
        let salient = salient.map(|share| format!(", {:.0} % one more", 100.0 * share));
        format!("K {key}, V {value}{}", salient.unwrap_or_default())
    }

    fn digits(self, saliency: &ChannelSaliency) -> KeyValueDigits {
        let more = self.key.max(self.value) + 1;
        KeyValueDigits {
            key: self.key,
            value: self.value,
            power_of_two: false,
            salient: self.salient.map(|share| (more, saliency.key_value(share))),
        }
    }
}

/// What every row is made with.
pub(super) struct Study<'a, 'c> {
    pub(super) console: &'a mut Console<'c>,
    pub(super) stages: Stages,
    /// Calibration.
    pub(super) texts: &'a [Vec<u32>],
    /// What perplexities are of.
    pub(super) scored: &'a [Vec<u32>],
    pub(super) rows: Vec<Row>,
}

impl Study<'_, '_> {
    fn score(&mut self, model: &LlamaExecutor, weights: &str, inputs: &str) -> anyhow::Result<f64> {
        let (begin, bar) = (Instant::now(), bar(self.scored.len() as u64, weights));
        let score = score_texts(model, self.scored, || bar.inc(1))?;
        bar.finish_and_clear();
        let perplexity = score.perplexity();
        let what = format!("{weights}, inputs {inputs}: perplexity {perplexity:.4}");
        self.stages.note(self.console, "score", begin, &what);
        Ok(perplexity)
    }

    /// The row of the model as it came.
    pub(super) fn float(&mut self, model: &LlamaExecutor) -> anyhow::Result<()> {
        let perplexity = self.score(model, "float", "float")?;
        self.rows.push(Row::float(perplexity));
        Ok(())
    }

    /// Quantises, and adds the row of real inputs.
    pub(super) fn quantise(
        &mut self,
        model: &Llama,
        recipe: &Recipe,
        name: &str,
    ) -> anyhow::Result<Llama> {
        let matrices = (Linear::ALL.len() * model.shape.blocks) as u64;
        let (begin, bar) = (Instant::now(), bar(matrices, name));
        let quantised = quantise_model(model, self.texts, recipe, || bar.inc(1))?;
        bar.finish_and_clear();
        self.stages.note(self.console, "quantise", begin, name);
        let executor = LlamaExecutor::new(&quantised, Options::FLOAT);
        let perplexity = self.score(&executor, name, "float")?;
        self.rows.push(Row::stored(name, "float", perplexity, &storage(&quantised, recipe)));
        Ok(quantised)
    }

    /// Refines, and adds the row of real inputs.
    pub(super) fn refine(
        &mut self,
        float: &LlamaExecutor,
        model: &mut Llama,
        recipe: &Recipe,
        (steps, mean_count): (usize, f64),
    ) -> anyhow::Result<()> {
        let (begin, bar) = (Instant::now(), bar(steps as u64, "refine"));
        let options = Options { encoder: Encoder::Counts { mean_count }, key_value: None };
        let counted = LlamaExecutor::new(model, options.clone());
        let refinement = Refinement::steps(steps);
        let refined = refine(float, model, self.texts, &options, refinement, || bar.inc(1))?;
        bar.finish_and_clear();
        let Refined { before, after, .. } = refined;
        let what = format!("divergence {before:.4} to {after:.4} nats an id in {steps} steps");
        self.stages.note(self.console, "refine", begin, &what);
        // What it is good for shows where it acts: with counts as inputs.
        let perplexity = self.score(&counted, CHOSEN, "counts")?;
        self.rows.push(Row::stored(CHOSEN, "counts", perplexity, &storage(model, recipe)));
        *model = refined.model;
        let executor = LlamaExecutor::new(model, Options::FLOAT);
        let perplexity = self.score(&executor, REFINED, "float")?;
        self.rows.push(Row::stored(REFINED, "float", perplexity, &storage(model, recipe)));
        Ok(())
    }

    /// Chooses salient channels, and adds a row for each coding of inputs.
    pub(super) fn codings(
        &mut self,
        model: &mut Llama,
        recipe: &Recipe,
        (mean_count, tied, key_value): (f64, bool, Option<KeyValue>),
        refined: bool,
    ) -> anyhow::Result<()> {
        let weights = if refined { REFINED } else { CHOSEN };
        let executor = LlamaExecutor::new(model, Options::FLOAT);
        let begin = Instant::now();
        let texts = &self.texts[..self.texts.len().min(SALIENCY_TEXTS)];
        let saliency = ChannelSaliency::of(&executor, texts)?;
        self.stages.note(self.console, "channels", begin, "salient channels of every site");
        let [t2, t4] = GIF_SHARES.map(|(bits, share)| saliency.gif_rule(bits, share, tied));
        model.activations = Some(ActivationRules {
            default: Coding::Counts,
            mean_count: Some(mean_count),
            gif_t2: Some(t2),
            gif_t4: Some(t4),
        });
        let storage = storage(model, recipe);
        let mut cases: Vec<(Coding, String, Option<KeyValueDigits>)> =
            [Coding::Counts, Coding::GifT2, Coding::GifT4]
                .map(|coding| (coding, coding.name().to_owned(), None))
                .into();
        if let Some(choice) = key_value {
            let name = format!("counts, {}", choice.name());
            cases.push((Coding::Counts, name, Some(choice.digits(&saliency))));
        }
        for (coding, inputs, key_value) in cases {
            let Some(encoder) = Encoder::of(model, coding) else { continue };
            let spiking = executor.with_options(Options { encoder, key_value });
            let perplexity = self.score(&spiking, weights, &inputs)?;
            let spikes = spiking.spikes(texts)?;
            let energy = matrix_energy(model.shape.weight_count(), &storage, spikes);
            self.rows.push(Row {
                spikes: Some(spikes),
                nanojoules: Some(energy / 1000.0),
                ..Row::stored(weights, &inputs, perplexity, &storage)
            });
        }
        Ok(())
    }
}
