//! `model_type: llama`: the structure of LLaMA, whose matrices may be floats, or integers with
//! scales of the rows; with BitNet's matrices it is read there.

mod config;
mod export;
mod rules;

pub use export::{export_llama, llama_config_json, llama_safetensors_bytes};

pub(super) use rules::mean_count;

use super::bitnet::{self, names};
use super::container::Container;
use super::matrices::{Integers, scales_of_all};
use super::model::Model;
use super::{Dimensions, Execution, ImportError, rope, tensors};
use crate::llama::{FloatMatrix, Linear, Llama, LlamaBlock, LlamaMatrix};
use crate::network::{BitnetShape, DigitMatrix, Network, Table, digit_limit};
use config::{Config, Layout};

/// The tensor that says which term each weight is in.
fn members_name(matrix: &str) -> String {
    format!("{}_term", names::weight(matrix))
}

/// Imports a model of LLaMA's structure whose matrices are integers, or floats of three values a
/// row.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    if bitnet::is_ternary_llama(&model.config) {
        return bitnet::import_llama(model);
    }
    network(read(model)?)
}

/// The dimensions that a configuration gives.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    if bitnet::is_ternary_llama(&model.config) {
        return bitnet::dimensions_of_llama(model);
    }
    let Config { shape, layout, tied, .. } = config::read(model)?;
    let digits = match layout {
        Layout::Floats => 1,
        Layout::Digits(terms) => terms.iter().copied().min().unwrap_or(1),
    };
    let shape = BitnetShape { tied, ..shape.to_bitnet() };
    Ok(Dimensions::of_bitnet(&shape, digits, Execution::Passes))
}

/// The network of a model, once its floats have become integers where they are some already.
pub(super) fn network(mut llama: Llama) -> Result<Network, ImportError> {
    for block in &mut llama.blocks {
        for matrix in &mut block.matrices {
            let LlamaMatrix::Float(floats) = &*matrix else { continue };
            let Some(ternary) = ternary_rows(floats) else {
                let (name, matrix) = (llama.name.clone(), floats.name.clone());
                return Err(ImportError::Dense { name, matrix });
            };
            *matrix = LlamaMatrix::Digits(vec![ternary]);
        }
    }
    Ok(llama.network().expect("every matrix holds integers"))
}

/// Reads a model of LLaMA's structure as it is.
pub(super) fn read(model: &mut Model<'_>) -> Result<Llama, ImportError> {
    let config = config::read(model)?;
    let name = model.name.clone();
    let container = model.weights()?;
    let Config { shape, layout, tied, activations } = config;
    let table = |container: &mut Container, name| {
        let (rows, columns) = (shape.vocabulary, shape.width);
        let values = tensors::floats(&container.take(&names::weight(name))?, &[rows, columns])?;
        Ok::<_, ImportError>(Table { rows, columns, values })
    };
    let embedding = table(container, "embedding")?;
    // Some files repeat a tied embedding as the head.
    let stored = !tied || container.has(&names::weight("head"));
    let head = if stored { Some(table(container, "head")?) } else { None };
    let head = head.filter(|head| !(tied && *head == embedding));
    let norm = |container: &mut Container, name: &str| {
        tensors::floats(&container.take(&names::weight(name))?, &[shape.width])
    };
    let last_norm = norm(container, "norm")?;
    let mut blocks = Vec::new();
    for block in 0..shape.blocks {
        let attention_norm = norm(container, &format!("blocks.{block}.attention.norm"))?;
        let ffn_norm = norm(container, &format!("blocks.{block}.ffn.norm"))?;
        let mut matrices = Vec::new();
        for linear in Linear::ALL {
            let size = shape.size(linear);
            matrices.push(matrix(container, Llama::matrix_name(block, linear), size, &layout)?);
            container
                .without_effect(&format!("model.layers.{block}.self_attn.rotary_emb.inv_freq"));
        }
        blocks.push(LlamaBlock {
            attention_norm,
            attention_sub_norm: None,
            ffn_norm,
            ffn_sub_norm: None,
            matrices: matrices.try_into().expect("one matrix for each of seven names"),
        });
    }
    rope::account_stored(container, shape.rotary_base, shape.attention.head_width)?;
    if tied && head.is_some() {
        let note = "`tie_word_embeddings` is true, but a head of other values is stored: that \
                    head is taken, as transformers does";
        model.notes.push(note.to_owned());
    }
    Ok(Llama { name, shape, embedding, head, norm: last_norm, blocks, activations })
}

/// One matrix, in whatever form it has.
fn matrix(
    container: &mut Container,
    name: String,
    (rows, columns): (usize, usize),
    layout: &Layout,
) -> Result<LlamaMatrix, ImportError> {
    match layout {
        Layout::Digits(terms) => digits(container, name, (rows, columns), terms),
        Layout::Floats => {
            let tensor = container.take(&names::weight(&name))?;
            let values = tensors::floats(&tensor, &[rows, columns])?;
            Ok(LlamaMatrix::Float(FloatMatrix { name, rows, columns, values }))
        }
    }
}

/// A matrix of integers, of one term or of several.
fn digits(
    container: &mut Container,
    name: String,
    (rows, columns): (usize, usize),
    terms: &[u32],
) -> Result<LlamaMatrix, ImportError> {
    let most = terms.iter().copied().max().unwrap_or(1);
    let values = tensors::integers(
        &container.take(&names::weight(&name))?,
        rows,
        columns,
        digit_limit(most),
    )?;
    let scales = container.take(&names::scale(&names::weight(&name)))?;
    if let [digits] = *terms {
        let row_scales = tensors::row_scales(&scales, rows)?;
        let matrix = DigitMatrix { name, rows, columns, digits, values, row_scales };
        return Ok(LlamaMatrix::Digits(vec![matrix]));
    }
    let scales = tensors::term_scales(&scales, terms.len(), rows)?;
    let scales = scales.chunks_exact(rows).map(<[f32]>::to_vec).collect();
    let members = container.take(&members_name(&name))?;
    let members = tensors::members(&members, rows, columns, terms.len())?;
    let integers = Integers { values, members, scales };
    Ok(LlamaMatrix::Digits(integers.terms(&name, (rows, columns), terms)))
}

/// A matrix of floats whose rows hold −s, 0 and +s only, each row with its s.
fn ternary_rows(matrix: &FloatMatrix) -> Option<DigitMatrix> {
    let mut values = Vec::with_capacity(matrix.values.len());
    let mut row_scales = Vec::with_capacity(matrix.rows);
    for row in matrix.values.chunks_exact(matrix.columns) {
        let scale = row.iter().find(|&&value| value != 0.0).map(|value| value.abs());
        if row.iter().any(|&value| value != 0.0 && Some(value.abs()) != scale) {
            return None;
        }
        values
            .extend(row.iter().map(|&value| if value == 0.0 { 0 } else { value.signum() as i16 }));
        row_scales.push(scale);
    }
    let row_scales = scales_of_all(&row_scales);
    let (rows, columns) = (matrix.rows, matrix.columns);
    Some(DigitMatrix { name: matrix.name.clone(), rows, columns, digits: 1, values, row_scales })
}
