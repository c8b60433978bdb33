//! `model_type: llama`: the structure of LLaMA, whose matrices may be ternary or dense.

use super::model::Model;
use super::{ImportError, bitnet};
use crate::network::Network;

/// Imports a model of LLaMA's structure.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    if bitnet::is_ternary_llama(&model.config) {
        return bitnet::import_llama(model);
    }
    Err(ImportError::FieldMissing {
        file: model.config.file().to_owned(),
        field: "quantization_config".to_owned(),
        expected: "an object of quant_method \"bitnet\": the matrices of a `llama` without it are \
                   dense, and only ternary ones can be executed"
            .to_owned(),
    })
}
