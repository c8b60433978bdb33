//! `model_type: gpt2`: GPT-2 with ternary matrices, in the layout of transformers.

mod source;

use super::fields::Fields;
use super::model::Model;
use super::rwkv::{BLOCKS_MAX, IDS_MAX, UNTIED, WIDTH_MAX, epsilon};
use super::{Dimensions, ImportError, generation, pretrained};
use crate::network::{Function, GptInside, GptShape, Network, gpt_network};
use serde_json::json;
use source::Source;

const HEADS_MAX: u64 = 1 << 12;

/// The id that transformers ends a text with where no file says one.
const END_TOKEN: u32 = 50256;

/// Of no effect at inference, or on heads that a language model does not have; `n_ctx` repeats
/// `n_positions`, and no tokenizer of this family puts `bos_token_id` before a text.
const WITHOUT_EFFECT: [&str; 11] = [
    "attn_pdrop",
    "bos_token_id",
    "embd_pdrop",
    "n_ctx",
    "reorder_and_upcast_attn",
    "resid_pdrop",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
];

/// Imports a GPT-2 network.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let shape = read(model)?;
    let network = build(model, shape)?;
    Ok(model.matrices.coded(network))
}

/// The dimensions of a GPT-2 network.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    let shape = read(model)?;
    Ok(Dimensions { digits: model.matrices.digits(), ..Dimensions::of_gpt(&shape) })
}

fn read(model: &mut Model<'_>) -> Result<GptShape, ImportError> {
    let function = match model.config.optional_text("activation_function")? {
        None | Some("gelu_new" | "gelu_pytorch_tanh") => Function::GeluTanh,
        Some("gelu") => Function::Gelu,
        Some("relu") => Function::Relu,
        Some(_) => {
            let expected = "\"gelu_new\", \"gelu_pytorch_tanh\", \"gelu\" or \"relu\"";
            return Err(model.config.wrong("activation_function", expected));
        }
    };
    model.matrices.configure(&model.config)?;
    shape(model, GptInside::Plain(function))
}

/// The dimensions, by the names that both families of GPT-2 use.
pub(super) fn shape(model: &mut Model<'_>, inside: GptInside) -> Result<GptShape, ImportError> {
    let fields = &model.config;
    pretrained::declare(fields)?;
    fields.without_effect(&WITHOUT_EFFECT);
    fields.neutral("scale_attn_weights", &json!(true))?;
    fields.neutral("scale_attn_by_inverse_layer_idx", &json!(false))?;
    let width = fields.whole("n_embd", 1, WIDTH_MAX)?;
    let hidden = fields.optional_whole("n_inner", 1, WIDTH_MAX)?.unwrap_or(4 * width);
    let vocabulary = fields.whole("vocab_size", 1, IDS_MAX)?;
    let (blocks, heads) = (fields.whole("n_layer", 1, BLOCKS_MAX)?, heads(fields, width)?);
    let context = fields.whole("n_positions", 1, IDS_MAX)?;
    let (epsilon, tied) = (epsilon(fields)?, fields.flag("tie_word_embeddings")?.unwrap_or(true));
    let end_tokens = generation::end_tokens(model, vocabulary, END_TOKEN)?;
    Ok(GptShape {
        width,
        hidden,
        blocks,
        heads,
        vocabulary,
        context,
        epsilon,
        inside,
        tied,
        begin_token: None,
        end_tokens,
    })
}

fn heads(fields: &Fields, width: usize) -> Result<usize, ImportError> {
    let heads = fields.whole("n_head", 1, HEADS_MAX)?;
    if width.is_multiple_of(heads) {
        return Ok(heads);
    }
    Err(fields.wrong("n_head", format!("a divisor of n_embd, {width}")))
}

/// Takes the tensors of a shape.
pub(super) fn build(model: &mut Model<'_>, mut shape: GptShape) -> Result<Network, ImportError> {
    let name = model.name.clone();
    let mut source = Source::new(model.parts()?, shape.width);
    source.declare_unread(shape.blocks);
    let untied = shape.tied && source.holds_another_head(shape.vocabulary)?;
    shape.tied &= !untied;
    let network = gpt_network(&name, &shape, &mut source)?;
    if untied {
        model.notes.push(UNTIED.to_owned());
    }
    Ok(network)
}
