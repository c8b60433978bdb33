//! Importers: from a folder of published weights to a [`Network`], trusting nothing.
//!
//! ```text
//! folder ─► config.json ─► shape ┐
//!        └► *.safetensors ─► container ─► tensors ─► network
//! ```
//!
//! A weight file is input from strangers. Sizes are limited before anything is read, nothing is
//! allocated because a header asks for it, every tensor must be known, and every number checked.

pub mod archive;
mod config;
mod container;
mod error;
mod export;
mod folder;
mod json;
mod names;
mod tensors;

pub use error::{ExportError, ImportError};
pub use export::{config_json, export, safetensors_bytes};

use crate::network::{BitnetSource, Network, Table, TernaryMatrix, bitnet_network};
use container::Container;
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

/// Imports a BitNet model in the Hugging Face layout: `config.json` beside `model.safetensors`, or
/// beside the files that `model.safetensors.index.json` lists.
///
/// Matrices are packed uint8 (four rows a byte, with a `weight_scale` that multiplies) or floats
/// that hold −s, 0 and +s only.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import(folder: &Path) -> Result<Network, ImportError> {
    import_within(folder, &Limits::default())
}

/// [`import`] within other limits.
///
/// # Errors
/// As [`import`].
pub fn import_within(folder: &Path, limits: &Limits) -> Result<Network, ImportError> {
    folder::require(folder)?;
    let config = config::read(folder, limits)?;
    let mut container = Container::open(folder, limits)?;
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = match absolute.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => "model".to_owned(),
    };
    let mut source = Source { container: &mut container, inverse_scale: config.inverse_scale };
    let network = bitnet_network(&name, &config.shape, &mut source)?;
    container.require_all_used(config.shape.tied)?;
    network.check()?;
    Ok(network)
}

/// Takes tensors out of weight files, by the names of transformers.
struct Source<'container> {
    container: &'container mut Container,
    inverse_scale: bool,
}

impl BitnetSource for Source<'_> {
    type Error = ImportError;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ImportError> {
        let tensor = self.container.take(&names::weight(name))?;
        let values = tensors::floats(&tensor, &[rows, columns])?;
        Ok(Table { rows, columns, values })
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        tensors::floats(&self.container.take(&names::weight(name))?, &[width])
    }

    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, ImportError> {
        let weight = self.container.take(&names::weight(name))?;
        let (trits, scale) = if weight.dtype.is_float() {
            tensors::ternary_floats(&weight, rows, columns)?
        } else {
            let trits = tensors::packed_trits(&weight, rows, columns)?;
            let scale = self.container.take(&names::scale(name))?;
            (trits, tensors::scale(&scale, self.inverse_scale)?)
        };
        Ok(TernaryMatrix { name: name.to_owned(), rows, columns, trits, scale })
    }
}
