//! `model_type: llama`: the structure of LLaMA, whose matrices may be ternary or dense.

use super::ImportError;
use super::model::Model;
use crate::network::Network;

/// Imports a model of LLaMA's structure.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    Err(model.config.wrong("model_type", "\"bitnet\""))
}
