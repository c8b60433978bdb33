//! Names: ours on the left, those of weight files on the right.

/// What stands behind `blocks.<n>.` and behind `model.layers.<n>.`: transformers' name first, then
/// that of 1bitLLM where it has its own.
const BLOCK_NAMES: [(&str, &[&str]); 11] = [
    ("attention.norm", &["input_layernorm"]),
    ("attention.q", &["self_attn.q_proj"]),
    ("attention.k", &["self_attn.k_proj"]),
    ("attention.v", &["self_attn.v_proj"]),
    ("attention.sub_norm", &["self_attn.attn_sub_norm", "self_attn.inner_attn_ln"]),
    ("attention.output", &["self_attn.o_proj"]),
    ("ffn.norm", &["post_attention_layernorm"]),
    ("ffn.gate", &["mlp.gate_proj"]),
    ("ffn.up", &["mlp.up_proj"]),
    ("ffn.sub_norm", &["mlp.ffn_sub_norm", "mlp.ffn_layernorm"]),
    ("ffn.down", &["mlp.down_proj"]),
];

/// What transformers puts before the names of all but the head, and some files leave out.
const BASE: &str = "model.";

/// The modules that may hold our `name`, the usual one first.
fn modules(name: &str) -> Vec<String> {
    let named = match name {
        "head" => return vec!["lm_head".to_owned()],
        "embedding" => vec!["embed_tokens".to_owned()],
        "norm" => vec!["norm".to_owned()],
        _ => {
            let (block, part) = name
                .strip_prefix("blocks.")
                .and_then(|rest| rest.split_once('.'))
                .expect("names of a block are built as blocks.<n>.<part>");
            let (_, theirs) = BLOCK_NAMES
                .iter()
                .find(|(ours, _)| *ours == part)
                .expect("every part of a BitNet block is in the table");
            theirs.iter().map(|theirs| format!("layers.{block}.{theirs}")).collect()
        }
    };
    let based = named.iter().map(|module| format!("{BASE}{module}")).collect::<Vec<_>>();
    based.into_iter().chain(named).collect()
}

/// The tensors that may hold the weights of our `name`, the usual one first.
pub(in crate::import) fn weights(name: &str) -> Vec<String> {
    modules(name).iter().map(|module| format!("{module}.weight")).collect()
}

/// The tensor of transformers that holds the weights of our `name`.
pub(in crate::import) fn weight(name: &str) -> String {
    weights(name).swap_remove(0)
}

/// The tensor that holds the scale of the matrix whose weights are in `weight`.
pub(in crate::import) fn scale(weight: &str) -> String {
    format!("{weight}_scale")
}
