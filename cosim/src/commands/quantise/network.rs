//! `quantise` of the families whose matrices lie in a network like any others: GPT-2, RWKV and BERT.

use super::folder::Staged;
use super::study::{CHOSEN, bar};
use super::{Console, Exit, QuantiseCommand, Stages, require_scored};
use crate::evaluation::Corpus;
use crate::pipeline::{PipelineError, read_text};
use crate::quantise::{
    Row, Scored, draw, matrix_energy, perplexity, quantise_network, samples_of, spikes_of,
    storage_of, sweep,
};
use crate::reference::float::FloatExecutor;
use crate::reference::{Labelled, Tokens};
use anyhow::bail;
use serde_json::json;
use std::path::Path;
use std::time::Instant;
use weights::config::limits::CONTEXT_MAX;
use weights::import::{Limits, Material, Quantised, import_material};
use weights::network::{Network, Readout};
use weights::quantise::{Recipe, Storage};

/// Calibration texts that spikes are counted on.
const SPIKE_TEXTS: usize = 16;

/// What every row is made with.
struct Job<'a, 'c> {
    console: &'a mut Console<'c>,
    stages: Stages,
    material: &'a Material,
    texts: Vec<Vec<u32>>,
    scored: Scored,
    rows: Vec<Row>,
}

impl QuantiseCommand {
    /// Refuses what only LLaMA's structure has.
    fn require_network_options(&self, family: &str) -> anyhow::Result<()> {
        if self.key_digits.is_some() || self.tied_scale || self.refine.is_some() {
            bail!(
                "--key-digits, --tied-scale and --refine are for models of LLaMA's structure, this is `{family}`\n  \
                 = leave them out: inputs of its matrices become counts"
            );
        }
        Ok(())
    }

    /// Quantises a model of another family than LLaMA's.
    pub(super) fn execute_network(
        &self,
        console: &mut Console,
        family: &str,
        recipe: &Recipe,
    ) -> anyhow::Result<Exit> {
        self.require_network_options(family)?;
        let mut stages = Stages::default();
        let begin = Instant::now();
        let material = import_material(&self.model, &Limits::default())?;
        console.notes(&material.notes);
        let network = &material.network;
        let what = format!("{}: {} weights in matrices", network.name, material.weight_count());
        stages.note(console, "import", begin, &what);
        let staged = Staged::begin(&self.out)?;

        let begin = Instant::now();
        let float = FloatExecutor::with_floats(network, &material.floats)?;
        let mut notes = Vec::new();
        let (texts, scored) = self.network_texts(&float, &mut notes)?;
        console.notes(&notes);
        let ids: usize = texts.iter().map(Vec::len).sum();
        stages.note(console, "calibrate", begin, &format!("{} texts, {ids} ids", texts.len()));

        let note = self.note(recipe, &texts);
        let rows = Vec::new();
        let mut job = Job { console, stages, material: &material, texts, scored, rows };
        let value = job.score(&float, "float", "float")?;
        job.rows.push(Row::float(value));
        let quantised = job.quantise(recipe, CHOSEN)?;
        job.counts(&quantised, recipe, self.mean_count)?;
        let chosen = job.rows.len();
        if self.sweep {
            for (name, recipe) in sweep(self.seed) {
                job.quantise(&recipe, &name)?;
            }
            staged.add("sweep.svg", draw(&network.name, &job.rows[chosen..]).as_bytes())?;
        }
        let rows = job.rows;
        staged.add("table.json", format!("{:#}\n", json!(rows)).as_bytes())?;
        material.export(&self.model, &quantised, (self.mean_count, &note), &staged.folder())?;
        staged.add_kept(&self.model, network.vocabulary)?;
        staged.publish()?;
        self.tell(console, &rows);
        Ok(Exit::Success)
    }

    /// Calibration texts, and what is scored.
    fn network_texts(
        &self,
        float: &FloatExecutor,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<(Vec<Vec<u32>>, Scored)> {
        let network = float.network();
        let (count, length) = (self.samples as usize, self.length as usize);
        let mut texts = match &self.calibration {
            Some(path) => ids_of(&self.scored_of(path, network, count, notes)?),
            None if network.readout == Readout::NextToken => {
                let bar = bar(count as u64, "own samples");
                let texts = samples_of(float, self.seed, (count, length), || bar.inc(1))?;
                bar.finish_and_clear();
                texts
            }
            None => bail!(
                "`{}` reads whole texts and writes none to calibrate on\n  = give --calibration FILE \
                 with lines of a label, a tab and a text",
                network.name
            ),
        };
        let scored = match (&self.text, &self.calibration) {
            (Some(path), _) => self.scored_of(path, network, self.stories, notes)?,
            (None, Some(path)) if network.readout != Readout::NextToken => {
                self.scored_of(path, network, count, notes)?
            }
            (None, _) => Scored::Stories(texts.clone()),
        };
        if let Scored::Stories(stories) = &scored {
            require_scored(stories)?;
        }
        texts.iter_mut().for_each(|ids| ids.truncate(length));
        Ok((texts, scored))
    }

    /// The texts of a file: stories, or labelled lines of a network that classifies.
    fn scored_of(
        &self,
        path: &Path,
        network: &Network,
        most: usize,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<Scored> {
        let tokens = Tokens::open(&self.model, network)?;
        let mut said = tokens.notes().to_vec();
        let text = read_text(path, &mut said)?;
        said.retain(|note| !notes.contains(note));
        notes.append(&mut said);
        let context = network.context.min(CONTEXT_MAX);
        let scored = match &network.readout {
            Readout::NextToken => {
                Scored::Stories(Corpus::of_file(path, &text, &tokens, (context, most))?.stories)
            }
            Readout::Classes(labels) => {
                let labelled = Labelled::parse(&text, labels, &tokens, (context, most))?;
                Scored::Classes(labelled.texts.into_iter().zip(labelled.answers).collect())
            }
            Readout::Vector => bail!(
                "`{}` gives vectors, which nothing here scores\n  = give a network of texts",
                network.name
            ),
            Readout::MaskedToken => bail!(
                "`{}` fills masks, which no machine does\n  = give a BERT that classifies texts",
                network.name
            ),
        };
        if scored.is_empty() {
            return Err(PipelineError::NoToken { path: path.to_owned() }.into());
        }
        Ok(scored)
    }
}

fn ids_of(scored: &Scored) -> Vec<Vec<u32>> {
    match scored {
        Scored::Stories(stories) => stories.clone(),
        Scored::Classes(texts) => texts.iter().map(|(ids, _)| ids.clone()).collect(),
    }
}

impl Job<'_, '_> {
    fn score(
        &mut self,
        executor: &FloatExecutor,
        weights: &str,
        inputs: &str,
    ) -> anyhow::Result<f64> {
        let (begin, bar) = (Instant::now(), bar(self.scored.len() as u64, weights));
        let value = perplexity(executor, &self.scored, || bar.inc(1))?;
        bar.finish_and_clear();
        let what = format!("{weights}, inputs {inputs}: perplexity {value:.4}");
        self.stages.note(self.console, "score", begin, &what);
        Ok(value)
    }

    /// Quantises, and adds the row of real inputs.
    fn quantise(&mut self, recipe: &Recipe, name: &str) -> anyhow::Result<Quantised> {
        let (begin, bar) = (Instant::now(), bar(self.material.floats.len() as u64, name));
        let quantised = quantise_network(self.material, &self.texts, recipe, || bar.inc(1))?;
        bar.finish_and_clear();
        self.stages.note(self.console, "quantise", begin, name);
        let executor = FloatExecutor::new(&self.material.network.with_digits(&quantised))?;
        let value = self.score(&executor, name, "float")?;
        self.rows.push(Row::stored(name, "float", value, &stored(&quantised, recipe)));
        Ok(quantised)
    }

    /// Adds the row of counts.
    fn counts(
        &mut self,
        quantised: &Quantised,
        recipe: &Recipe,
        mean_count: f64,
    ) -> anyhow::Result<()> {
        let network = self.material.network.with_digits(quantised).with_counts(mean_count);
        let value = self.score(&FloatExecutor::new(&network)?, CHOSEN, "counts")?;
        let texts = &self.texts[..self.texts.len().min(SPIKE_TEXTS)];
        let (spikes, storage) = (spikes_of(&network, texts)?, stored(quantised, recipe));
        let energy = matrix_energy(self.material.weight_count(), &storage, spikes);
        self.rows.push(Row {
            spikes: Some(spikes),
            nanojoules: Some(energy / 1000.0),
            ..Row::stored(CHOSEN, "counts", value, &storage)
        });
        Ok(())
    }
}

fn stored(quantised: &Quantised, recipe: &Recipe) -> Storage {
    storage_of(quantised.values().map(Vec::as_slice), recipe)
}
