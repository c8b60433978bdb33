//! What transformers writes into the configuration of every model, whatever its family.

use super::ImportError;
use super::fields::Fields;
use serde_json::json;

/// Of no effect on what a model computes from ids at inference.
const WITHOUT_EFFECT: [&str; 33] = [
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "architectures",
    "attention_dropout",
    "attention_probs_dropout_prob",
    "auto_map",
    "classifier_dropout",
    "decoder_start_token_id",
    "dtype",
    "finetuning_task",
    "gradient_checkpointing",
    "hidden_dropout",
    "hidden_dropout_prob",
    "id2label",
    "initializer_range",
    "label2id",
    "output_attentions",
    "output_hidden_states",
    "pad_token_id",
    "prefix",
    "problem_type",
    "return_dict",
    "sep_token_id",
    "task_specific_params",
    "tf_legacy_loss",
    "tokenizer_class",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "use_bfloat16",
    "use_cache",
    "use_return_dict",
];

/// What older files keep in `config.json` for `generate`: of effect only when sampling, or on the
/// form of its output. What would choose other ids is noted where the end tokens are read.
const GENERATION: [&str; 10] = [
    "max_length",
    "max_new_tokens",
    "num_return_sequences",
    "output_scores",
    "remove_invalid_values",
    "return_dict_in_generate",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
];

/// Declares what is of no effect in every family, and refuses what would be of one.
pub(super) fn declare(fields: &Fields) -> Result<(), ImportError> {
    fields.without_effect(&WITHOUT_EFFECT);
    fields.without_effect(&GENERATION);
    fields.neutral("add_cross_attention", &json!(false))?;
    fields.neutral("chunk_size_feed_forward", &json!(0))?;
    fields.neutral("cross_attention_hidden_size", &json!(null))?;
    fields.neutral("is_encoder_decoder", &json!(false))?;
    fields.neutral("pruned_heads", &json!({}))?;
    fields.neutral("tie_encoder_decoder", &json!(false))
}
