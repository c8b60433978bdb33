//! `config.json`: the dimensions of the model, each checked against its range.

use super::quantisation::{self, Quantisation};
use crate::import::fields::Fields;
use crate::import::model::Model;
use crate::import::{ImportError, generation, pretrained, rope};
use crate::network::{AttentionShape, BitnetShape, Function};
use serde_json::json;

/// Largest values of the dimensions: far beyond any model, small enough that no product of two
/// leaves 64 bits.
pub(in crate::import) const WIDTH_MAX: u64 = 1 << 18;
pub(in crate::import) const BLOCKS_MAX: u64 = 4096;
pub(in crate::import) const HEADS_MAX: u64 = 1 << 12;
pub(in crate::import) const IDS_MAX: u64 = 1 << 24;

/// What a configuration class of transformers has where a file says nothing.
pub(super) struct Defaults {
    gate: &'static str,
    key_value_heads: Option<usize>,
    context: usize,
    epsilon: f32,
    rotary_base: f32,
    begin_token: u32,
    end_token: u32,
    /// Whether attention and feed-forward part have a norm before their last matrix.
    sub_norms: bool,
}

/// `BitNetConfig`.
pub(super) const BITNET: Defaults = Defaults {
    gate: "relu2",
    key_value_heads: Some(5),
    context: 2048,
    epsilon: 1e-5,
    rotary_base: 500_000.0,
    begin_token: 128_000,
    end_token: 128_001,
    sub_norms: true,
};

/// `LlamaConfig`, with matrices that `quantization_config` makes ternary.
pub(super) const LLAMA: Defaults = Defaults {
    gate: "silu",
    key_value_heads: None,
    context: 2048,
    epsilon: 1e-6,
    rotary_base: 10_000.0,
    begin_token: 1,
    end_token: 2,
    sub_norms: false,
};

/// The configuration of 1bitLLM's `modeling_bitnet.py`, which calls itself `llama`.
pub(super) const ONE_BIT: Defaults = Defaults { sub_norms: true, ..LLAMA };

/// What the configuration says.
pub(super) struct Config {
    pub(super) shape: BitnetShape,
    pub(super) quantisation: Quantisation,
}

pub(super) fn read(model: &mut Model<'_>, defaults: &Defaults) -> Result<Config, ImportError> {
    declare(&model.config)?;
    let fields = &model.config;
    let quantisation = match fields.has("weight_bits") {
        true => {
            fields.neutral("weight_bits", &json!(1))?;
            fields.neutral("input_bits", &json!(8))?;
            Quantisation::Online
        }
        false => quantisation::read(fields)?,
    };
    Ok(Config { shape: shape(model, defaults)?, quantisation })
}

/// The dimensions of a LLaMA model whose matrices are not ternary.
pub(in crate::import) fn llama_shape(model: &mut Model<'_>) -> Result<BitnetShape, ImportError> {
    declare(&model.config)?;
    shape(model, &LLAMA)
}

/// Declares what is without effect, and refuses what would be of one.
fn declare(fields: &Fields) -> Result<(), ImportError> {
    pretrained::declare(fields)?;
    fields.without_effect(&["is_decoder", "is_llama_config", "logits_to_keep", "pretraining_tp"]);
    fields.without_effect(&["unsloth_fixed", "unsloth_version"]);
    fields.neutral("attention_bias", &json!(false))?;
    fields.neutral("mlp_bias", &json!(false))?;
    fields.neutral("rope_interleaved", &json!(false))?;
    require_full_attention(fields)
}

fn shape(model: &mut Model<'_>, defaults: &Defaults) -> Result<BitnetShape, ImportError> {
    let fields = &model.config;
    let width = fields.whole("hidden_size", 1, WIDTH_MAX)?;
    let vocabulary = fields.whole("vocab_size", 1, IDS_MAX)?;
    let epsilon = "a number from 0 to 1";
    let begin = fields.token("bos_token_id", vocabulary)?;
    let absent = (!fields.mentions("bos_token_id")).then_some(defaults.begin_token);
    let absent = absent.filter(|&id| (id as usize) < vocabulary);
    Ok(BitnetShape {
        width,
        hidden: fields.whole("intermediate_size", 1, WIDTH_MAX)?,
        blocks: fields.whole("num_hidden_layers", 1, BLOCKS_MAX)?,
        attention: attention(fields, width, defaults)?,
        gate: gate(fields, defaults)?,
        sub_norms: defaults.sub_norms,
        vocabulary,
        context: fields
            .optional_whole("max_position_embeddings", 1, IDS_MAX)?
            .unwrap_or(defaults.context),
        epsilon: fields
            .optional_number("rms_norm_eps", epsilon, |x| (0.0..=1.0).contains(&x))?
            .unwrap_or(defaults.epsilon),
        rotary_base: rope::base(fields, defaults.rotary_base)?,
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(false),
        begin_token: begin.or(absent),
        end_tokens: generation::end_tokens(model, vocabulary, defaults.end_token)?,
    })
}

fn attention(
    fields: &Fields,
    width: usize,
    defaults: &Defaults,
) -> Result<AttentionShape, ImportError> {
    let heads = fields.whole("num_attention_heads", 1, HEADS_MAX)?;
    let absent = match fields.mentions("num_key_value_heads") {
        true => None,
        false => defaults.key_value_heads,
    };
    let key_value_heads =
        fields.optional_whole("num_key_value_heads", 1, HEADS_MAX)?.or(absent).unwrap_or(heads);
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

/// Newer files say of each layer how far it attends.
fn require_full_attention(fields: &Fields) -> Result<(), ImportError> {
    match fields.texts("layer_types")?.iter().all(|&kind| kind == "full_attention") {
        true => Ok(()),
        false => {
            let expected = "a list of \"full_attention\": other attention is not executed";
            Err(fields.wrong("layer_types", expected))
        }
    }
}

fn gate(fields: &Fields, defaults: &Defaults) -> Result<Function, ImportError> {
    match fields.optional_text("hidden_act")?.unwrap_or(defaults.gate) {
        "silu" | "swish" => Ok(Function::Silu),
        "relu2" => Ok(Function::SquaredRelu),
        _ => Err(fields.wrong("hidden_act", "\"silu\" or \"relu2\"")),
    }
}

/// Whether a configuration of LLaMA's says that its matrices are ternary.
pub(super) fn is_ternary(fields: &Fields) -> bool {
    fields.has("weight_bits") || fields.has("quantization_config")
}

/// The defaults of a configuration that calls itself `llama`.
pub(super) fn llama_defaults(fields: &Fields) -> &'static Defaults {
    if fields.has("weight_bits") { &ONE_BIT } else { &LLAMA }
}
