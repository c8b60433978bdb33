//! Writing LLaMA models, quantised or not, in the layout that the importer reads.

use super::members_name;
use crate::import::archive::{self, Archive, ArchiveTensor};
use crate::import::bitnet::names;
use crate::import::{ExportError, folder};
use crate::llama::{ActivationRules, GIF_BITS, GIF_SCALE_MAX, GIF_SCALE_MIN, GifRule, Llama};
use crate::llama::{LlamaMatrix, Site};
use crate::network::{DigitMatrix, Function, digit_limit};
use crate::neuron::LastStep;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};
use std::path::Path;

/// Writes `config.json` and `model.safetensors`; [`import_llama`](crate::import::import_llama)
/// reads them back to an equal model, but for its name. `note` is kept beside the weights: how
/// they were made.
///
/// # Errors
/// If the model has norms that the layout does not know, or a file cannot be written.
pub fn export_llama(model: &Llama, note: &Value, path: &Path) -> Result<(), ExportError> {
    let files = [
        ("config.json", llama_config_json(model, note)?.into_bytes()),
        ("model.safetensors", llama_safetensors_bytes(model)?),
    ];
    for (file, bytes) in files {
        std::fs::write(path.join(file), bytes).map_err(|error| ExportError::File {
            file: file.to_owned(),
            reason: folder::reason(&error),
        })?;
    }
    Ok(())
}

/// The terms' digits, equal in every matrix; nothing for a model of floats.
fn terms(model: &Llama) -> Result<Option<Vec<u32>>, ExportError> {
    let structure = || ExportError::Structure { name: model.name.clone() };
    let mut found: Option<Vec<u32>> = None;
    let (mut floats, mut integers) = (false, false);
    for matrix in model.blocks.iter().flat_map(|block| &block.matrices) {
        match matrix {
            LlamaMatrix::Float(_) => floats = true,
            LlamaMatrix::Digits(terms) => {
                integers = true;
                let digits: Vec<u32> = terms.iter().map(|term| term.digits).collect();
                // Groups of a narrower matrix are fewer.
                let widest = match found.take() {
                    None => digits,
                    Some(known) => {
                        let agree = known.iter().zip(&digits).all(|(a, b)| a == b);
                        if !agree {
                            return Err(structure());
                        }
                        if known.len() > digits.len() { known } else { digits }
                    }
                };
                found = Some(widest);
            }
        }
    }
    if floats && integers { Err(structure()) } else { Ok(found) }
}

/// The text of `config.json`.
///
/// # Errors
/// As [`export_llama`].
pub fn llama_config_json(model: &Llama, note: &Value) -> Result<String, ExportError> {
    let structure = || ExportError::Structure { name: model.name.clone() };
    let shape = &model.shape;
    let sub_norm = |block: &crate::llama::LlamaBlock| {
        block.attention_sub_norm.is_some() || block.ffn_sub_norm.is_some()
    };
    if model.blocks.iter().any(sub_norm) {
        return Err(structure());
    }
    let gate = match shape.gate {
        Function::SquaredRelu => "relu2",
        Function::Silu => "silu",
        _ => return Err(structure()),
    };
    let end_token = match shape.end_tokens.len() {
        0 => Value::Null,
        1 => json!(shape.end_tokens.first()),
        _ => json!(shape.end_tokens),
    };
    let mut config = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
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
        "tie_word_embeddings": model.head.is_none(),
        "attention_bias": false,
        "mlp_bias": false,
        "bos_token_id": shape.begin_token,
        "eos_token_id": end_token,
    });
    if let Some(terms) = terms(model)? {
        let digits = terms.iter().copied().max().unwrap_or(1);
        let mut weights = json!({ "digits": digits, "radix": 3, "digit_values": [-1, 0, 1] });
        if terms.len() > 1 {
            weights["terms"] = json!(terms);
        }
        config["spikellm"] = json!({ "version": 1, "weights": weights, "recipe": note });
        if let Some(rules) = &model.activations {
            config["spikellm"]["activations"] = activations(rules);
        }
    }
    Ok(format!("{config:#}\n"))
}

fn activations(rules: &ActivationRules) -> Value {
    let mut value = json!({
        "sites": Site::ALL.map(Site::name),
        "default": rules.default.name(),
    });
    if let Some(k) = rules.mean_count {
        value["counts"] = json!({
            "k": k,
            "threshold": "2^round(log2(mean|x|/k)), per token and site",
            "count": "round(x/threshold), unclipped",
            "rounding": "half_even",
        });
    }
    for (name, rule) in [("gif_t2", &rules.gif_t2), ("gif_t4", &rules.gif_t4)] {
        if let Some(rule) = rule {
            value[name] = gif(rule);
        }
    }
    value
}

fn gif(rule: &GifRule) -> Value {
    let sites = Site::ALL.iter().zip(&rule.salient);
    let salient: serde_json::Map<String, Value> =
        sites.map(|(site, blocks)| (site.name().to_owned(), json!(blocks))).collect();
    json!({
        "bits": GIF_BITS,
        "added_bits": rule.added_bits,
        "steps": rule.steps(),
        "levels": 1 << GIF_BITS,
        "range": "min..max of the token",
        "last_step": if rule.last_step == LastStep::Remainder { "remainder" } else { "same" },
        "tied_scale": rule.tied,
        "clamp_scale": [GIF_SCALE_MIN, GIF_SCALE_MAX],
        "rounding": "half_even",
        "salient_share": rule.salient_share,
        "salient": salient,
    })
}

/// The bytes of `model.safetensors`.
///
/// # Errors
/// As [`export_llama`].
pub fn llama_safetensors_bytes(model: &Llama) -> Result<Vec<u8>, ExportError> {
    let mut tensors = Archive::new();
    let tables = [("embedding", Some(&model.embedding)), ("head", model.head.as_ref())];
    for (name, table) in tables {
        if let Some(table) = table {
            let tensor = ArchiveTensor::f32(vec![table.rows, table.columns], &table.values);
            tensors.insert(names::weight(name), tensor);
        }
    }
    let mut norm = |name: &str, weights: &[f32]| {
        tensors.insert(names::weight(name), ArchiveTensor::f32(vec![weights.len()], weights));
    };
    norm("norm", &model.norm);
    for (index, block) in model.blocks.iter().enumerate() {
        norm(&format!("blocks.{index}.attention.norm"), &block.attention_norm);
        norm(&format!("blocks.{index}.ffn.norm"), &block.ffn_norm);
    }
    let widest = terms(model)?.map_or(1, |terms| terms.len());
    for matrix in model.blocks.iter().flat_map(|block| &block.matrices) {
        match matrix {
            LlamaMatrix::Float(matrix) => {
                let shape = vec![matrix.rows, matrix.columns];
                let tensor = ArchiveTensor::f32(shape, &matrix.values);
                tensors.insert(names::weight(&matrix.name), tensor);
            }
            LlamaMatrix::Digits(terms) => digits(&mut tensors, terms, widest),
        }
    }
    archive::to_bytes(&tensors).map_err(|error| ExportError::Archive { reason: error.to_string() })
}

/// The sum of the terms, their scales, and where there are several, which weight is in which.
fn digits(tensors: &mut Archive, terms: &[DigitMatrix], widest: usize) {
    let first = &terms[0];
    let mut sums = first.values.clone();
    let mut members = vec![0u8; sums.len()];
    for (index, term) in terms.iter().enumerate().skip(1) {
        for ((sum, member), &value) in sums.iter_mut().zip(&mut members).zip(&term.values) {
            if value != 0 {
                (*sum, *member) = (value, index as u8);
            }
        }
    }
    let shape = vec![first.rows, first.columns];
    let narrow = terms.iter().all(|term| digit_limit(term.digits) <= i64::from(i8::MAX));
    let (dtype, bytes) = match narrow {
        true => (Dtype::I8, sums.iter().map(|&sum| sum as u8).collect()),
        false => (Dtype::I16, sums.iter().flat_map(|sum| sum.to_le_bytes()).collect()),
    };
    let weight = ArchiveTensor { dtype, shape: shape.clone(), bytes };
    tensors.insert(names::weight(&first.name), weight);
    let mut scales: Vec<f32> = terms.iter().flat_map(|term| term.row_scales.clone()).collect();
    let scale_shape = match widest {
        1 => vec![first.rows],
        _ => vec![widest, first.rows],
    };
    // A narrower matrix has fewer groups: nothing is in those that it lacks.
    scales.resize(widest * first.rows, 1.0);
    tensors.insert(
        names::scale(&names::weight(&first.name)),
        ArchiveTensor::f32(scale_shape, &scales),
    );
    if widest > 1 {
        let tensor = ArchiveTensor { dtype: Dtype::U8, shape, bytes: members };
        tensors.insert(members_name(&first.name), tensor);
    }
}
