//! Writing a network in the Hugging Face BitNet layout, so that other tools can read it.

use super::ExportError;
use super::archive::{self, Archive, ArchiveTensor};
use super::bitnet::names;
use crate::network::{BitnetShape, Function, Network, Operation, TernaryMatrix, bitnet_shape};
use safetensors::tensor::Dtype;
use serde_json::json;
use std::path::Path;

/// Writes `config.json` and `model.safetensors`; [`import`](super::import()) reads them back to an
/// equal network, but for its name.
///
/// # Errors
/// If the network is no BitNet transformer, or a file cannot be written.
pub fn export(network: &Network, folder: &Path) -> Result<(), ExportError> {
    let files = [
        ("config.json", config_json(network)?.into_bytes()),
        ("model.safetensors", safetensors_bytes(network)?),
    ];
    for (file, bytes) in files {
        std::fs::write(folder.join(file), bytes).map_err(|error| ExportError::File {
            file: file.to_owned(),
            reason: super::folder::reason(&error),
        })?;
    }
    Ok(())
}

fn shape(network: &Network) -> Result<BitnetShape, ExportError> {
    let structure = || ExportError::Structure { name: network.name.clone() };
    bitnet_shape(network).ok_or_else(structure)
}

/// The text of `config.json`.
///
/// # Errors
/// If the network is no BitNet transformer.
pub fn config_json(network: &Network) -> Result<String, ExportError> {
    let shape = shape(network)?;
    if !shape.sub_norms {
        return Err(ExportError::Structure { name: network.name.clone() });
    }
    let gate = match shape.gate {
        Function::SquaredRelu => "relu2",
        Function::Silu => "silu",
        _ => {
            return Err(ExportError::Structure { name: network.name.clone() });
        }
    };
    // One id is written as a number, which every reader knows.
    let end_tokens = match shape.end_tokens.iter().collect::<Vec<_>>().as_slice() {
        [] => json!(null),
        [one] => json!(one),
        several => json!(several),
    };
    let config = json!({
        "architectures": ["BitNetForCausalLM"],
        "model_type": "bitnet",
        "hidden_size": shape.width,
        "intermediate_size": shape.hidden,
        "num_hidden_layers": shape.blocks,
        "num_attention_heads": shape.attention.heads,
        "num_key_value_heads": shape.attention.key_value_heads,
        "head_dim": shape.attention.head_width,
        "hidden_act": gate,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.rotary_base,
        "tie_word_embeddings": shape.tied,
        "attention_bias": false,
        "bos_token_id": shape.begin_token,
        "eos_token_id": end_tokens,
        "quantization_config": {
            "quant_method": "bitnet",
            "linear_class": "autobitlinear",
            "quantization_mode": "offline",
        },
    });
    Ok(format!("{config:#}\n"))
}

/// The bytes of `model.safetensors`.
///
/// # Errors
/// If the network is no BitNet transformer.
pub fn safetensors_bytes(network: &Network) -> Result<Vec<u8>, ExportError> {
    shape(network)?;
    let mut tensors = Archive::new();
    for (name, table) in &network.tables {
        let shape = vec![table.rows, table.columns];
        tensors.insert(names::weight(name), ArchiveTensor::f32(shape, &table.values));
    }
    for operation in &network.operations {
        match operation {
            Operation::RmsNorm { name, weight, .. } => {
                let values = weight.values();
                let tensor = ArchiveTensor::f32(vec![values.len()], values);
                tensors.insert(names::weight(name), tensor);
            }
            Operation::TernaryLinear { matrix, .. } => {
                let weight = names::weight(&matrix.name);
                let scale = ArchiveTensor::f32(vec![1], &[matrix.scale]);
                tensors.insert(names::scale(&weight), scale);
                tensors.insert(weight, packed(matrix));
            }
            _ => {}
        }
    }
    archive::to_bytes(&tensors).map_err(|error| ExportError::Archive { reason: error.to_string() })
}

/// Four rows a byte, chunked: the inverse of the importer's rule.
fn packed(matrix: &TernaryMatrix) -> ArchiveTensor {
    let chunk = matrix.rows.div_ceil(4);
    let mut bytes = vec![0; chunk * matrix.columns];
    for row in 0..matrix.rows {
        for (column, &trit) in matrix.row(row).iter().enumerate() {
            let code = (trit + 1) as u8;
            bytes[(row % chunk) * matrix.columns + column] |= code << (2 * (row / chunk));
        }
    }
    ArchiveTensor { dtype: Dtype::U8, shape: vec![chunk, matrix.columns], bytes }
}
