//! `config.json`: the dimensions of the model, each checked against its range.

use crate::import::fields::Fields;
use crate::import::{ImportError, pretrained};
use crate::network::{AttentionShape, BitnetShape, Function};
use serde_json::json;

/// Largest values of the dimensions: far beyond any model, small enough that no product of two
/// leaves 64 bits.
const WIDTH_MAX: u64 = 1 << 18;
const BLOCKS_MAX: u64 = 4096;
const HEADS_MAX: u64 = 1 << 12;
const IDS_MAX: u64 = 1 << 24;

/// What the configuration says.
pub(super) struct Config {
    pub(super) shape: BitnetShape,
    /// Whether `weight_scale` divides, as transformers' older `bitlinear` class has it.
    pub(super) inverse_scale: bool,
}

pub(super) fn read(fields: &Fields) -> Result<Config, ImportError> {
    pretrained::declare(fields)?;
    fields.neutral("attention_bias", &json!(false))?;
    fields.neutral("mlp_bias", &json!(false))?;
    fields.neutral("rope_scaling", &json!(null))?;
    Ok(Config { shape: shape(fields)?, inverse_scale: inverse_scale(fields)? })
}

fn shape(fields: &Fields) -> Result<BitnetShape, ImportError> {
    let width = fields.whole("hidden_size", 1, WIDTH_MAX)?;
    let vocabulary = fields.whole("vocab_size", 1, IDS_MAX)?;
    Ok(BitnetShape {
        width,
        hidden: fields.whole("intermediate_size", 1, WIDTH_MAX)?,
        blocks: fields.whole("num_hidden_layers", 1, BLOCKS_MAX)?,
        attention: attention(fields, width)?,
        gate: gate(fields)?,
        vocabulary,
        context: fields.whole("max_position_embeddings", 1, IDS_MAX)?,
        epsilon: fields
            .number("rms_norm_eps", "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?,
        rotary_base: rotary_base(fields)?,
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(false),
        begin_token: fields.token("bos_token_id", vocabulary)?,
        end_token: fields.token("eos_token_id", vocabulary)?,
    })
}

fn attention(fields: &Fields, width: usize) -> Result<AttentionShape, ImportError> {
    let heads = fields.whole("num_attention_heads", 1, HEADS_MAX)?;
    let key_value_heads =
        fields.optional_whole("num_key_value_heads", 1, HEADS_MAX)?.unwrap_or(heads);
    if heads % key_value_heads != 0 {
        let expected = format!("a divisor of num_attention_heads, {heads}");
        return Err(fields.wrong("num_key_value_heads", expected));
    }
    let head_width = match fields.optional_whole("head_dim", 1, WIDTH_MAX)? {
        Some(head_width) => head_width,
        None if width.is_multiple_of(heads) => width / heads,
        None => {
            let expected = format!("a divisor of hidden_size, {width}");
            return Err(fields.wrong("num_attention_heads", expected));
        }
    };
    if head_width % 2 != 0 {
        let field = if fields.has("head_dim") { "head_dim" } else { "hidden_size" };
        let expected = "such that the width of a head is even: rotary turns pairs";
        return Err(fields.wrong(field, expected));
    }
    Ok(AttentionShape { heads, key_value_heads, head_width, causal: true })
}

fn gate(fields: &Fields) -> Result<Function, ImportError> {
    match fields.text("hidden_act")? {
        "silu" => Ok(Function::Silu),
        "relu2" => Ok(Function::SquaredRelu),
        _ => Err(fields.wrong("hidden_act", "\"silu\" or \"relu2\"")),
    }
}

/// Transformers 4 writes `rope_theta`, transformers 5 an object `rope_parameters`.
fn rotary_base(fields: &Fields) -> Result<f32, ImportError> {
    let expected = "a number from 1 to 1e12";
    let valid = |x: f64| (1.0..=1e12).contains(&x);
    let Some(parameters) = fields.object("rope_parameters")? else {
        return fields.number("rope_theta", expected, valid);
    };
    fields.without_effect(&["rope_theta"]);
    parameters.neutral("rope_type", &json!("default"))?;
    let base = parameters.number("rope_theta", expected, valid)?;
    parameters.finish()?;
    Ok(base)
}

fn inverse_scale(fields: &Fields) -> Result<bool, ImportError> {
    let Some(quantisation) = fields.object("quantization_config")? else { return Ok(false) };
    match quantisation.optional_text("linear_class")? {
        None | Some("autobitlinear") => Ok(false),
        Some("bitlinear") => Ok(true),
        Some(_) => Err(quantisation.wrong("linear_class", "\"autobitlinear\" or \"bitlinear\"")),
    }
}
