//! BitNet b1.58 in the layout of transformers.
//!
//! Matrices are packed uint8 (four rows a byte, with a `weight_scale` that multiplies) or floats
//! that hold −s, 0 and +s only.

mod config;
pub(super) mod names;

use super::container::Container;
use super::model::Model;
use super::{ImportError, tensors};
use crate::network::{BitnetSource, Network, Table, TernaryMatrix, bitnet_network};

/// Imports a BitNet model.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let config = config::read(&model.config)?;
    let name = model.name.clone();
    let container = model.weights()?;
    if config.shape.tied {
        // Some files repeat the embedding as the head.
        container.without_effect(names::HEAD_WEIGHT);
    }
    let mut source = Source { container, inverse_scale: config.inverse_scale };
    bitnet_network(&name, &config.shape, &mut source)
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
