//! Names: ours on the left, those of transformers' `BitNetForCausalLM` on the right.

/// What stands behind `blocks.<n>.` and behind `model.layers.<n>.`.
const BLOCK_NAMES: [(&str, &str); 11] = [
    ("attention.norm", "input_layernorm"),
    ("attention.q", "self_attn.q_proj"),
    ("attention.k", "self_attn.k_proj"),
    ("attention.v", "self_attn.v_proj"),
    ("attention.sub_norm", "self_attn.attn_sub_norm"),
    ("attention.output", "self_attn.o_proj"),
    ("ffn.norm", "post_attention_layernorm"),
    ("ffn.gate", "mlp.gate_proj"),
    ("ffn.up", "mlp.up_proj"),
    ("ffn.sub_norm", "mlp.ffn_sub_norm"),
    ("ffn.down", "mlp.down_proj"),
];

/// The head's weights, which some files repeat although it is the embedding.
pub(in crate::import) const HEAD_WEIGHT: &str = "lm_head.weight";

fn module(name: &str) -> String {
    match name {
        "embedding" => return "model.embed_tokens".to_owned(),
        "norm" => return "model.norm".to_owned(),
        "head" => return "lm_head".to_owned(),
        _ => {}
    }
    let (block, part) = name
        .strip_prefix("blocks.")
        .and_then(|rest| rest.split_once('.'))
        .expect("names of a block are built as blocks.<n>.<part>");
    let (_, theirs) = BLOCK_NAMES
        .iter()
        .find(|(ours, _)| *ours == part)
        .expect("every part of a BitNet block is in the table");
    format!("model.layers.{block}.{theirs}")
}

/// The tensor that holds the weights of our `name`.
pub(in crate::import) fn weight(name: &str) -> String {
    format!("{}.weight", module(name))
}

/// The tensor that holds the scale of our matrix `name`.
pub(in crate::import) fn scale(name: &str) -> String {
    format!("{}.weight_scale", module(name))
}
