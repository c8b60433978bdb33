//! From a sound GGUF file to a model.

use super::blocks::{self, Kind, TritFault};
use super::file::GgufFile;
use super::metadata::{Metadata, Value};
use super::tokenizer;
use crate::import::ImportError;
use crate::import::bitnet::config::{BLOCKS_MAX, HEADS_MAX, IDS_MAX, WIDTH_MAX};
use crate::import::json::shown;
use crate::import::matrices::scales_of_all;
use crate::llama::{FloatMatrix, Linear, Llama, LlamaBlock, LlamaMatrix, LlamaShape};
use crate::network::{AttentionShape, DigitMatrix, Function, Table};
use std::collections::BTreeSet;

/// A model out of a GGUF file.
#[derive(Clone, Debug, PartialEq)]
pub struct GgufModel {
    /// The model.
    pub llama: Llama,
    /// The text of a `tokenizer.json` for the tokenizer of the file, where it has one.
    pub tokenizer: Option<String>,
    /// What was read otherwise than one might think; a sentence each.
    pub notes: Vec<String>,
}

/// What an architecture fixes.
struct Architecture {
    name: &'static str,
    /// Whether rows of queries and keys are in the order of neighbouring pairs.
    interleaved: bool,
    sub_norms: bool,
}

const ARCHITECTURES: [Architecture; 2] = [
    Architecture { name: "llama", interleaved: true, sub_norms: false },
    Architecture { name: "bitnet", interleaved: false, sub_norms: true },
];

fn architecture(file: &GgufFile) -> Result<&'static Architecture, ImportError> {
    let keys = &file.metadata;
    let name = keys.text("general.architecture")?;
    let known = ARCHITECTURES.iter().find(|known| name == Some(known.name));
    known.ok_or_else(|| keys.wrong("general.architecture", "\"llama\" or \"bitnet\""))
}

/// The dimensions of a file.
pub(super) fn shape_of(file: &GgufFile) -> Result<LlamaShape, ImportError> {
    shape(file, architecture(file)?)
}

pub(super) fn read(file: &GgufFile) -> Result<GgufModel, ImportError> {
    let architecture = architecture(file)?;
    let shape = shape(file, architecture)?;
    let tokenizer = tokenizer::json(file, shape.vocabulary)?;
    let (mut notes, width) = (Vec::new(), shape.width);
    let embedding = table(file, "token_embd.weight", &shape)?;
    let head = match file.has("output.weight") {
        true => Some(table(file, "output.weight", &shape)?),
        false => None,
    };
    let norm = vector(file, "output_norm.weight", width)?;
    let mut blocks = Vec::new();
    for index in 0..shape.blocks {
        let name = |part: &str| format!("blk.{index}.{part}.weight");
        let sub_norm = |part: &str, width| match architecture.sub_norms {
            true => vector(file, &name(part), width).map(Some),
            false => Ok(None),
        };
        let mut matrices = Vec::new();
        for linear in Linear::ALL {
            let tensor = name(tensor_part(linear));
            let ours = Llama::matrix_name(index, linear);
            let mut matrix = matrix(file, &tensor, ours, shape.size(linear), &mut notes)?;
            if architecture.interleaved && matches!(linear, Linear::Query | Linear::Key) {
                halves(&mut matrix, shape.attention.head_width);
            }
            matrices.push(matrix);
        }
        blocks.push(LlamaBlock {
            attention_norm: vector(file, &name("attn_norm"), width)?,
            attention_sub_norm: sub_norm("attn_sub_norm", shape.attention.query_width())?,
            ffn_norm: vector(file, &name("ffn_norm"), width)?,
            ffn_sub_norm: sub_norm("ffn_sub_norm", shape.hidden)?,
            matrices: matrices.try_into().expect("one matrix for each of seven names"),
        });
    }
    file.finish()?;
    let name = file.stem.clone();
    let llama = Llama { name, shape, embedding, head, norm, blocks, activations: None };
    Ok(GgufModel { llama, tokenizer, notes })
}

fn tensor_part(linear: Linear) -> &'static str {
    match linear {
        Linear::Query => "attn_q",
        Linear::Key => "attn_k",
        Linear::Value => "attn_v",
        Linear::Output => "attn_output",
        Linear::Gate => "ffn_gate",
        Linear::Up => "ffn_up",
        Linear::Down => "ffn_down",
    }
}

fn shape(file: &GgufFile, architecture: &Architecture) -> Result<LlamaShape, ImportError> {
    let keys = &file.metadata;
    let name = |key: &str| format!("{}.{key}", architecture.name);
    let width = keys.required(&name("embedding_length"), 1, WIDTH_MAX)?;
    let heads = keys.required(&name("attention.head_count"), 1, HEADS_MAX)?;
    let key_value_key = name("attention.head_count_kv");
    let key_value_heads =
        keys.whole(&key_value_key, 1, HEADS_MAX)?.map_or(heads, |heads| heads as usize);
    if heads % key_value_heads != 0 {
        return Err(keys.wrong(&key_value_key, &format!("a divisor of the {heads} heads")));
    }
    if width % heads != 0 {
        let expected = format!("a divisor of embedding_length, {width}");
        return Err(keys.wrong(&name("attention.head_count"), &expected));
    }
    let length_key = name("attention.key_length");
    let head_width =
        keys.whole(&length_key, 1, WIDTH_MAX)?.map_or(width / heads, |width| width as usize);
    if head_width % 2 != 0 {
        let place = if keys.value(&length_key).is_some() {
            length_key
        } else {
            name("attention.head_count")
        };
        return Err(keys.wrong(&place, "such that the width of a head is even"));
    }
    for key in ["attention.value_length", "rope.dimension_count"] {
        let key = name(key);
        if keys.whole(&key, 0, WIDTH_MAX)?.is_some_and(|found| found as usize != head_width) {
            return Err(keys.wrong(&key, &format!("the width of a head, {head_width}")));
        }
    }
    for key in ["expert_count", "expert_used_count"] {
        if keys.whole(&name(key), 0, u64::MAX)?.unwrap_or(0) > 0 {
            return Err(keys.wrong(&name(key), "0: experts are not executed"));
        }
    }
    require_unscaled(keys, &name("rope.scaling"))?;
    let vocabulary = vocabulary(file, &name("vocab_size"))?;
    let token = |key: &str| {
        let id = keys.whole(&format!("tokenizer.ggml.{key}_token_id"), 0, vocabulary as u64 - 1)?;
        Ok::<_, ImportError>(id.map(|id| id as u32))
    };
    let end_tokens: BTreeSet<u32> = [token("eos")?, token("eot")?].into_iter().flatten().collect();
    let epsilon = keys.number(&name("attention.layer_norm_rms_epsilon"), 0.0, 1.0)?;
    let epsilon = epsilon.ok_or_else(|| {
        keys.wrong(&name("attention.layer_norm_rms_epsilon"), "a float from 0 to 1")
    })?;
    Ok(LlamaShape {
        width,
        hidden: keys.required(&name("feed_forward_length"), 1, WIDTH_MAX)?,
        blocks: keys.required(&name("block_count"), 1, BLOCKS_MAX)?,
        attention: AttentionShape { heads, key_value_heads, head_width, causal: true },
        gate: Function::Silu,
        vocabulary,
        context: keys.required(&name("context_length"), 1, IDS_MAX)?,
        epsilon: epsilon as f32,
        rotary_base: keys.number(&name("rope.freq_base"), 1.0, 1e12)?.unwrap_or(1e4) as f32,
        begin_token: token("bos")?,
        end_tokens,
    })
}

/// Refuses rotary angles that are scaled; a factor of 1 changes none, whatever the type is called.
fn require_unscaled(keys: &Metadata, scaling: &str) -> Result<(), ImportError> {
    let (kind_key, factor_key) = (format!("{scaling}.type"), format!("{scaling}.factor"));
    let factor = keys.number(&factor_key, f64::MIN, f64::MAX)?;
    match keys.text(&kind_key)? {
        None | Some("none") => {}
        Some("linear") if factor.is_some() => {}
        Some("linear") => return Err(keys.wrong(&factor_key, "the factor of the linear scaling")),
        Some(_) => {
            let expected =
                "\"none\", or \"linear\" with a factor of 1: scaled rotary angles are not executed";
            return Err(keys.not_executed(&kind_key, expected));
        }
    }
    if factor.is_some_and(|factor| factor != 1.0) {
        let expected = "1: scaled rotary angles are not executed";
        return Err(keys.not_executed(&factor_key, expected));
    }
    Ok(())
}

/// Token ids: the rows of the embedding. The tokenizer and the key must agree where they are there.
fn vocabulary(file: &GgufFile, key: &str) -> Result<usize, ImportError> {
    let keys = &file.metadata;
    let embedding = "token_embd.weight";
    let Some((tensor, _)) = file.tensor(embedding) else {
        return Err(file.wrong(embedding, "it is missing"));
    };
    let &[_, rows] = tensor.shape.as_slice() else {
        return Err(file.wrong(embedding, format!("shape {:?} is no matrix", tensor.shape)));
    };
    if rows > IDS_MAX {
        return Err(file.wrong(embedding, format!("{rows} rows are above the limit of {IDS_MAX}")));
    }
    if keys.whole(key, 1, IDS_MAX)?.is_some_and(|size| size != rows) {
        return Err(keys.wrong(key, &format!("the rows of the embedding, {rows}")));
    }
    if let Some(Value::Texts(tokens)) = keys.value("tokenizer.ggml.tokens")
        && tokens.len() as u64 != rows
    {
        let expected = format!("as long as the embedding, {rows} texts");
        return Err(keys.wrong("tokenizer.ggml.tokens", &expected));
    }
    Ok(rows as usize)
}

/// The bytes of a tensor of that shape, columns first.
fn tensor<'file>(
    file: &'file GgufFile,
    name: &str,
    shape: &[usize],
) -> Result<(Kind, &'file [u8]), ImportError> {
    let Some((tensor, bytes)) = file.tensor(name) else {
        return Err(file.wrong(name, "it is missing"));
    };
    if !tensor.shape.iter().copied().eq(shape.iter().map(|&length| length as u64)) {
        let reason =
            format!("its shape is {:?}, but must be {shape:?}, columns first", tensor.shape);
        return Err(file.wrong(name, reason));
    }
    Ok((tensor.kind, bytes))
}

/// The finite floats of a tensor, whatever its type.
fn floats(file: &GgufFile, name: &str, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
    let (kind, bytes) = tensor(file, name, shape)?;
    let values = match kind.is_ternary() {
        false => blocks::floats(kind, bytes),
        true => {
            let (trits, scales) = trits(file, name, kind, bytes)?;
            let span = kind.scale_span(trits.len());
            trits.iter().enumerate().map(|(i, &t)| f32::from(t) * scales[i / span]).collect()
        }
    };
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(at) => {
            Err(file.wrong(name, format!("element {at} is {:?}, but must be finite", values[at])))
        }
    }
}

fn trits(
    file: &GgufFile,
    name: &str,
    kind: Kind,
    bytes: &[u8],
) -> Result<(Vec<i16>, Vec<f32>), ImportError> {
    blocks::trits(kind, bytes).map_err(|fault| match fault {
        TritFault::Code(at) => {
            file.wrong(name, format!("weight {at} has code 3, which stands for no trit"))
        }
        TritFault::Scale(block, scale) => {
            file.wrong(name, format!("the scale of block {block} is {scale:?}, no finite number"))
        }
    })
}

fn vector(file: &GgufFile, name: &str, width: usize) -> Result<Vec<f32>, ImportError> {
    floats(file, name, &[width])
}

fn table(file: &GgufFile, name: &str, shape: &LlamaShape) -> Result<Table, ImportError> {
    let (rows, columns) = (shape.vocabulary, shape.width);
    Ok(Table { rows, columns, values: floats(file, name, &[columns, rows])? })
}

/// A matrix: integers where it is ternary with a scale a row, floats otherwise.
fn matrix(
    file: &GgufFile,
    tensor_name: &str,
    name: String,
    (rows, columns): (usize, usize),
    notes: &mut Vec<String>,
) -> Result<LlamaMatrix, ImportError> {
    let size = [columns, rows];
    let (kind, bytes) = tensor(file, tensor_name, &size)?;
    if kind.is_ternary() {
        let (mut values, scales) = trits(file, tensor_name, kind, bytes)?;
        let span = kind.scale_span(values.len());
        if let Some(row_scales) = row_scales(&mut values, &scales, span, columns) {
            let matrix = DigitMatrix { name, rows, columns, digits: 1, values, row_scales };
            return Ok(LlamaMatrix::Digits(vec![matrix]));
        }
        let tensor_name = shown(tensor_name);
        notes.push(format!(
            "`{tensor_name}` has several scales a row: it is taken as floats, to be quantised"
        ));
    }
    let values = floats(file, tensor_name, &size)?;
    Ok(LlamaMatrix::Float(FloatMatrix { name, rows, columns, values }))
}

/// The scale of each row, where its spans agree. A negative scale turns the trits over; trits of a
/// scale of zero become zeros. Spans of zeros only have any scale.
fn row_scales(values: &mut [i16], scales: &[f32], span: usize, columns: usize) -> Option<Vec<f32>> {
    if !span.is_multiple_of(columns) && !columns.is_multiple_of(span) {
        return None;
    }
    let mut found = Vec::with_capacity(values.len() / columns);
    let step = span.min(columns);
    for (row, values) in values.chunks_exact_mut(columns).enumerate() {
        let mut row_scale = None;
        for (part, values) in values.chunks_exact_mut(step).enumerate() {
            let scale = scales[(row * columns + part * step) / span];
            if scale == 0.0 {
                values.fill(0);
            }
            if values.iter().all(|&value| value == 0) {
                continue;
            }
            if *row_scale.get_or_insert(scale) != scale {
                return None;
            }
        }
        if row_scale.is_some_and(|scale| scale < 0.0) {
            values.iter_mut().for_each(|value| *value = -*value);
        }
        found.push(row_scale.map(f32::abs));
    }
    Some(scales_of_all(&found))
}

/// Puts rows from the order of neighbouring pairs into that of halves: row `2·i + j` of a head
/// becomes row `j · width / 2 + i`.
fn halves(matrix: &mut LlamaMatrix, head_width: usize) {
    fn turn<T: Copy>(values: &mut Vec<T>, length: usize, head_width: usize) {
        let mut turned = Vec::with_capacity(values.len());
        for head in values.chunks_exact(head_width * length) {
            for row in 0..head_width {
                let (j, i) = (row / (head_width / 2), row % (head_width / 2));
                let from = (2 * i + j) * length;
                turned.extend_from_slice(&head[from..from + length]);
            }
        }
        *values = turned;
    }
    match matrix {
        LlamaMatrix::Float(floats) => turn(&mut floats.values, floats.columns, head_width),
        LlamaMatrix::Digits(terms) => {
            for term in terms {
                turn(&mut term.values, term.columns, head_width);
                turn(&mut term.row_scales, 1, head_width);
            }
        }
    }
}
