//! Importers: from a folder of published weights to a [`Network`], trusting nothing.
//!
//! ```text
//! folder ─► config.json ─► fields ─► family ┐
//!        └► *.safetensors ─► container ─────┴─► tensors ─► network
//! ```
//!
//! A weight file is input from strangers. Sizes are limited before anything is read, nothing is
//! allocated because a header asks for it, and every number is checked. Every field and every
//! tensor is understood, known to be without effect, or refused by name.

pub mod archive;
mod bert;
mod bitnet;
mod container;
mod dimensions;
mod error;
mod export;
mod families;
mod fields;
mod folder;
mod generation;
mod gguf;
mod gpt2;
mod json;
mod lif;
mod limits;
mod llama;
mod material;
mod matrices;
mod model;
mod neurtransformer;
mod other;
mod pack;
mod pretrained;
mod rope;
mod rwkv;
mod spikegpt;
mod spikelm;
mod spikingbert;
mod tensors;
mod terms;
mod tokenizer;

pub use dimensions::{Dimensions, Execution, KeptHeads, Size};
pub use error::{ExportError, ImportError};
pub use export::{config_json, export, safetensors_bytes};
pub use gguf::{GgufModel, import_gguf, import_gguf_within, is_gguf};
pub use limits::Limits;
pub use llama::{export_llama, llama_config_json, llama_safetensors_bytes};
pub use material::{Material, Quantised, family_of, import_material};
pub use pack::{PackError, PackedModel, pack_model};
pub use tokenizer::{TokenizerFile, tokenizer};

use crate::llama::Llama;
use crate::network::Network;
use model::Model;
use std::path::Path;

/// A network, and what the user should know about its import.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The network.
    pub network: Network,
    /// What was read otherwise than one might think, or not at all because it is without effect
    /// here; a sentence each.
    pub notes: Vec<String>,
}

/// Imports a model in the Hugging Face layout: `config.json` beside `model.safetensors`, or beside
/// the files that `model.safetensors.index.json` lists; `model_type` says the family. Or a GGUF
/// file, which is known by its ending.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import(folder: &Path) -> Result<Network, ImportError> {
    Ok(import_within(folder, &Limits::default())?.network)
}

/// Imports a model of LLaMA's structure as it is, from a folder or a GGUF file: floats, integers,
/// or both.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import_llama(folder: &Path) -> Result<Llama, ImportError> {
    Ok(import_llama_within(folder, &Limits::default())?.0)
}

/// [`import_llama`] within other limits, with notes.
///
/// # Errors
/// As [`import_llama`].
pub fn import_llama_within(
    folder: &Path,
    limits: &Limits,
) -> Result<(Llama, Vec<String>), ImportError> {
    if is_gguf(folder) {
        let GgufModel { llama, notes, .. } = import_gguf_within(folder, limits)?;
        return Ok((llama, notes));
    }
    let mut model = Model::open(folder, limits)?;
    model.config.require_type("llama")?;
    let llama = llama::read(&mut model)?;
    model.finish()?;
    Ok((llama, model.notes))
}

/// The dimensions of a model, from its configuration or the metadata of its GGUF file alone: nothing
/// of its weights is read. `None` if the beginning of a GGUF file does not give them.
///
/// # Errors
/// The first thing that is wrong with the configuration.
pub fn dimensions(folder: &Path) -> Result<Option<Dimensions>, ImportError> {
    if is_gguf(folder) {
        let shape = gguf::shape_of(folder).map(|shape| shape.to_bitnet());
        return Ok(shape.map(|shape| Dimensions::of_bitnet(&shape, 1, Execution::Passes)));
    }
    let limits = Limits::default();
    let mut model = Model::open(folder, &limits)?;
    families::dimensions(&mut model).map(Some)
}

/// [`import`] within other limits, with notes.
///
/// # Errors
/// As [`import`].
pub fn import_within(folder: &Path, limits: &Limits) -> Result<Imported, ImportError> {
    if is_gguf(folder) {
        let GgufModel { llama, notes, .. } = import_gguf_within(folder, limits)?;
        let network = llama::network(llama)?;
        network.check()?;
        return Ok(Imported { network, notes });
    }
    let mut model = Model::open(folder, limits)?;
    let network = families::import(&mut model)?;
    network.check()?;
    Ok(Imported { network, notes: model.notes })
}
