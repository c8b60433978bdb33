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
mod error;
mod export;
mod families;
mod fields;
mod folder;
mod generation;
mod gpt2;
mod json;
mod lif;
mod llama;
mod model;
mod neurtransformer;
mod other;
mod pretrained;
mod rope;
mod rwkv;
mod spikegpt;
mod spikelm;
mod spikingbert;
mod tensors;

pub use error::{ExportError, ImportError};
pub use export::{config_json, export, safetensors_bytes};

use crate::network::Network;
use model::Model;
use std::path::Path;

/// What an import may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a JSON file.
    pub json_bytes: u64,
    /// Bytes of the header of a weight file.
    pub header_bytes: u64,
    /// Bytes of all weight files together.
    pub weight_bytes: u64,
}

impl Default for Limits {
    /// Enough for a ternary model of four billion weights.
    fn default() -> Limits {
        Limits { json_bytes: 16 << 20, header_bytes: 16 << 20, weight_bytes: 4 << 30 }
    }
}

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
/// the files that `model.safetensors.index.json` lists. `model_type` says the family.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import(folder: &Path) -> Result<Network, ImportError> {
    Ok(import_within(folder, &Limits::default())?.network)
}

/// [`import`] within other limits, with notes.
///
/// # Errors
/// As [`import`].
pub fn import_within(folder: &Path, limits: &Limits) -> Result<Imported, ImportError> {
    let mut model = Model::open(folder, limits)?;
    let network = families::import(&mut model)?;
    network.check()?;
    Ok(Imported { network, notes: model.notes })
}
