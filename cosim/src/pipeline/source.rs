//! Stage 1: what the user gives. Configuration, network and text.

use super::capacity::{Demand, Positions, Supply, require_addresses, require_memory};
use super::{Outputs, PipelineError, read_text};
use crate::reference::{Tokens, seeded_ids, stories};
use firmware::lower::{LowerError, lower, width_remedy};
use firmware::machine::Program;
use std::path::{Path, PathBuf};
use weights::bundled;
use weights::config::DesignFile;
use weights::import::{self, Dimensions, Execution, Imported, Limits};
use weights::llama::Coding;
use weights::network::Network;
use weights::sample;
use weights::shown::shown;

/// What the user asks for; everything is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceOptions {
    /// The design file; a bundled one if there is none.
    pub design: Option<PathBuf>,
    /// The folder of a model; the sample network if there is none.
    pub model: Option<PathBuf>,
    /// The text; seeded token ids if there is none.
    pub text: Option<PathBuf>,
    /// Tokens to run, instead of the design's.
    pub tokens: Option<usize>,
    /// The seed, instead of the design's.
    pub seed: Option<u64>,
    /// How inputs of matrices become spikes, instead of what the model says.
    pub coding: Option<Coding>,
}

/// Configuration and network.
#[derive(Clone, Debug)]
pub struct Source {
    /// The configuration with the user's changes, and the file for messages.
    pub file: DesignFile,
    /// The network.
    pub network: Network,
    /// Texts as token ids, each from position 0; together the tokens of the run.
    pub texts: Vec<Vec<u32>>,
}

impl Source {
    /// Lowers the network to a machine of the design.
    ///
    /// # Errors
    /// As [`lower`]; what the design decides is shown at its line.
    pub fn lower(&self) -> Result<Program, PipelineError> {
        lower(&self.network, &self.file.design).map_err(|error| match &error {
            LowerError::Design { key, message, remedy } => {
                self.file.point_at(key, message, remedy).into()
            }
            LowerError::Width { layer, quantity, worst, key, given, limit, needed } => {
                let name = key.split('.').next_back().unwrap_or(key);
                let message = format!(
                    "layer `{layer}`: {quantity} can reach {worst}, {name} {given} holds {limit}"
                );
                self.file.point_at(key, &message, &width_remedy(key, "this", *needed)).into()
            }
            _ => error.into(),
        })
    }
}

/// What a network is wanted for.
#[derive(Clone, Copy)]
enum Use {
    /// The machine of the design, with positions.
    Machine(Positions),
    /// Machines of many designs.
    Sweep,
}

/// Most bytes of the name of a model in the name of a folder.
const FOLDER_NAME_MAX: usize = 64;

impl SourceOptions {
    /// The model that is run where neither a model nor a design with a sample network of its own is
    /// given: the bundled one.
    pub fn or_bundled(self) -> SourceOptions {
        match (&self.design, &self.model) {
            (None, None) => SourceOptions { model: Some(bundled::MODEL.into()), ..self },
            _ => self,
        }
    }

    /// The name of the folder with the outputs: that of the design, which says everything of the
    /// sample network too, behind that of the model if there is one.
    pub fn folder_name(&self, file: &DesignFile) -> String {
        let design = &file.design.name;
        let Some(model) = &self.model else { return design.clone() };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = bundled::name(model).chars().take(FOLDER_NAME_MAX).map(plain).collect();
        // A name that begins with a dot would hide the folder.
        format!("{}-{design}", name.trim_start_matches('.'))
    }

    /// The outputs of these options: nothing is written yet.
    ///
    /// # Errors
    /// If something is there that is not ours to replace.
    pub fn outputs(&self, out: &Path, file: &DesignFile) -> Result<Outputs, PipelineError> {
        Outputs::new(out, &self.folder_name(file))?.of_model(self.model.as_deref())
    }

    /// Reads the configuration and applies `tokens` and `seed`.
    ///
    /// # Errors
    /// As [`DesignFile::read`].
    pub fn design_file(&self) -> Result<DesignFile, PipelineError> {
        let mut file = match (&self.design, &self.model) {
            (Some(path), _) => DesignFile::read(path)?,
            (None, Some(model)) => match import::dimensions(model) {
                Ok(Some(dimensions)) => match dimensions.execution {
                    Execution::Blocks => DesignFile::tinystories(),
                    Execution::Passes => DesignFile::spikellm(),
                    Execution::Neurons => DesignFile::spiking(),
                },
                Ok(None) => DesignFile::spikellm(),
                // What cannot be read is said by the import.
                Err(_) => DesignFile::tinystories(),
            },
            (None, None) => DesignFile::bundled(),
        };
        let run = &mut file.design.run;
        run.tokens = self.tokens.unwrap_or(run.tokens);
        run.seed = self.seed.unwrap_or(run.seed);
        Ok(file)
    }

    /// Imports the model, or makes the sample network of the seed. A model that no machine of the
    /// design has addresses for is refused before its weights are read.
    ///
    /// # Errors
    /// As [`import::import`], or if it is too large or has no ternary matrix.
    pub fn network(&self, file: &DesignFile) -> Result<Imported, PipelineError> {
        self.network_for(file, Use::Machine(Positions::OfDesign))
    }

    /// The same for texts that say how many positions the machine has.
    ///
    /// # Errors
    /// As [`network`](SourceOptions::network).
    pub fn network_of_texts(&self, file: &DesignFile) -> Result<Imported, PipelineError> {
        self.network_for(file, Use::Machine(Positions::OfTexts))
    }

    /// The same for machines of many designs, some of which may have room for it.
    ///
    /// # Errors
    /// As [`import::import`], or if it has no ternary matrix.
    pub fn network_of_sweep(&self, file: &DesignFile) -> Result<Imported, PipelineError> {
        self.network_for(file, Use::Sweep)
    }

    fn network_for(&self, file: &DesignFile, of: Use) -> Result<Imported, PipelineError> {
        let imported = match &self.model {
            Some(folder) => {
                if let (Use::Machine(positions), Some(dimensions)) = (of, self.dimensions()?) {
                    let name = model_name(folder);
                    require_addresses(&name, &dimensions, &file.design, positions)?;
                }
                self.imported(folder)?
            }
            None if self.coding.is_some() => {
                let reason = "a seeded network has no rules of codes".to_owned();
                let remedy = "leave out --coding, or give a model with that rule: see `quantise`";
                return Err(PipelineError::Options { reason, remedy });
            }
            None => {
                let design = &file.design;
                let network = sample::of_design(design.run.seed, &design.sample);
                Imported { network, notes: Vec::new() }
            }
        };
        let network = &imported.network;
        if network.matrix_names().next().is_some() {
            Ok(imported)
        } else {
            Err(PipelineError::NoMatrix { network: imported.network.name })
        }
    }

    /// The network of a folder or file, its inputs coded as the user asks.
    fn imported(&self, folder: &Path) -> Result<Imported, PipelineError> {
        let imported = import::import_within(folder, &Limits::default())?;
        let Some(coding) = self.coding else { return Ok(imported) };
        let refused = |reason| {
            let remedy = "leave out --coding, or give a model with that rule: see `quantise`";
            PipelineError::Options { reason, remedy }
        };
        let name = imported.network.name;
        let none = |_| refused(format!("network `{name}` has no rules of codes"));
        let (llama, notes) =
            import::import_llama_within(folder, &Limits::default()).map_err(none)?;
        match llama.network_with(coding) {
            Some(network) => Ok(Imported { network, notes }),
            None => Err(refused(format!("network `{name}` has no rule for {}", coding.name()))),
        }
    }

    /// The dimensions of the model; nothing for the sample network, or where they are not known
    /// without its weights.
    fn dimensions(&self) -> Result<Option<Dimensions>, PipelineError> {
        match &self.model {
            Some(folder) => Ok(import::dimensions(folder)?),
            None => Ok(None),
        }
    }

    /// Refuses a model that predicts no token, before its weights are read: a board sends one a text.
    ///
    /// # Errors
    /// If the configuration is wrong, or the model fills masks.
    pub fn require_prediction(&self) -> Result<(), PipelineError> {
        match (&self.model, self.dimensions()?) {
            (Some(folder), Some(Dimensions { fills_masks: true, .. })) => {
                let reason = format!("{} fills masks and predicts no token", model_name(folder));
                let remedy = "let `run --prompt` fill the masks of a text";
                Err(PipelineError::Options { reason, remedy })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a model that a part cannot hold, before its weights are read; with the code of the
    /// design's weight store, or with the best that there can be.
    ///
    /// # Errors
    /// If the configuration is wrong, or the model too large.
    pub fn require_memory(
        &self,
        file: &DesignFile,
        supply: Supply,
        any_packing: bool,
    ) -> Result<(), PipelineError> {
        let (Some(folder), Some(dimensions)) = (&self.model, self.dimensions()?) else {
            return Ok(());
        };
        let demand = Demand::of(&dimensions, &file.design);
        let packing = demand.packing.filter(|_| !any_packing);
        require_memory(&model_name(folder), Demand { packing, ..demand }, supply)
    }

    /// The model's tokenizer; bytes for the sample network.
    ///
    /// # Errors
    /// As [`Tokens::open`].
    pub fn tokens(&self, network: &Network) -> Result<Tokens, PipelineError> {
        match &self.model {
            Some(folder) => Ok(Tokens::open(folder, network)?),
            None => Ok(Tokens::bytes(network)),
        }
    }

    /// The tokens of the run: the beginning of the text, story by story, or seeded ids. What the
    /// user should know of text and tokenizer is added to `notes`.
    ///
    /// # Errors
    /// If the text or the tokenizer cannot be read, or there is no token.
    pub fn texts(
        &self,
        file: &DesignFile,
        network: &Network,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Vec<u32>>, PipelineError> {
        let run = &file.design.run;
        let Some(path) = &self.text else {
            return Ok(chunks(seeded_ids(network, run.seed, run.tokens), network.context));
        };
        let text = read_text(path, notes)?;
        let tokens = self.tokens(network)?;
        notes.extend_from_slice(tokens.notes());
        let (mut texts, mut left) = (Vec::new(), run.tokens);
        for story in stories(&text) {
            if left == 0 {
                break;
            }
            let mut ids = tokens.encode(story)?;
            ids.truncate(left.min(network.context));
            left -= ids.len();
            texts.push(ids);
        }
        texts.retain(|ids| !ids.is_empty());
        match texts.is_empty() {
            true => Err(PipelineError::NoToken { path: path.clone() }),
            false => Ok(texts),
        }
    }
}

/// What messages call a model before it is imported.
fn model_name(folder: &Path) -> String {
    format!("`{}`", shown(&bundled::name(folder)))
}

/// Ids without stories: as many texts as the context makes necessary.
fn chunks(ids: Vec<u32>, context: usize) -> Vec<Vec<u32>> {
    ids.chunks(context.max(1)).map(<[u32]>::to_vec).collect()
}
