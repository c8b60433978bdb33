//! `generation_config.json`, and what `config.json` says of the same: which ids end a text, and
//! what would choose others than the likeliest.

use super::fields::Fields;
use super::model::Model;
use super::{ImportError, folder};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FILE: &str = "generation_config.json";
const END: &str = "eos_token_id";

/// Of no effect on the ids that follow a prompt: lengths, output forms, the speed of a search.
const WITHOUT_EFFECT: [&str; 38] = [
    "_from_model_config",
    "assistant_confidence_threshold",
    "assistant_early_exit",
    "assistant_lookbehind",
    "bos_token_id",
    "cache_config",
    "cache_implementation",
    "chat_format",
    "compile_config",
    "decoder_start_token_id",
    "disable_compile",
    "is_assistant",
    "low_memory",
    "max_length",
    "max_matching_ngram_size",
    "max_new_tokens",
    "max_time",
    "max_window_size",
    "model_type",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "output_attentions",
    "output_hidden_states",
    "output_logits",
    "output_scores",
    "pad_token_id",
    "prefill_chunk_size",
    "prompt_lookup_num_tokens",
    "remove_invalid_values",
    "renormalize_logits",
    "return_dict_in_generate",
    "return_legacy_cache",
    "target_lookbehind",
    "task_specific_params",
    "token_healing",
    "trace_request",
    "transformers_version",
    "use_cache",
];

/// Of effect only if `do_sample` is true.
const SAMPLING: [&str; 10] = [
    "epsilon_cutoff",
    "eta_cutoff",
    "min_p",
    "num_return_sequences",
    "temperature",
    "top_h",
    "top_k",
    "top_p",
    "typical_p",
    "watermarking_config",
];

/// What chooses other ids than the likeliest, unless it has this value.
fn choosing() -> [(&'static str, Value); 27] {
    [
        ("bad_words_ids", json!(null)),
        ("begin_suppress_tokens", json!(null)),
        ("constraints", json!(null)),
        ("diversity_penalty", json!(0.0)),
        ("do_sample", json!(false)),
        ("dola_layers", json!(null)),
        ("early_stopping", json!(false)),
        ("encoder_no_repeat_ngram_size", json!(0)),
        ("encoder_repetition_penalty", json!(1.0)),
        ("exponential_decay_length_penalty", json!(null)),
        ("force_words_ids", json!(null)),
        ("forced_bos_token_id", json!(null)),
        ("forced_decoder_ids", json!(null)),
        ("forced_eos_token_id", json!(null)),
        ("guidance_scale", json!(1.0)),
        ("length_penalty", json!(1.0)),
        ("min_length", json!(0)),
        ("min_new_tokens", json!(null)),
        ("no_repeat_ngram_size", json!(0)),
        ("num_beam_groups", json!(1)),
        ("num_beams", json!(1)),
        ("penalty_alpha", json!(null)),
        ("prefix_allowed_tokens_fn", json!(null)),
        ("repetition_penalty", json!(1.0)),
        ("sequence_bias", json!(null)),
        ("stop_strings", json!(null)),
        ("suppress_tokens", json!(null)),
    ]
}

/// The ids that end a text, from both files; `default` is what the family's configuration has
/// where no file says one. What would choose other ids than the likeliest is noted.
pub(super) fn end_tokens(
    model: &mut Model<'_>,
    vocabulary: usize,
    default: u32,
) -> Result<BTreeSet<u32>, ImportError> {
    let mut ids = model.config.tokens(END, vocabulary)?;
    let mut said = model.config.mentions(END);
    note_choices(&model.config, &mut model.notes);
    if folder::has(model.folder, FILE) {
        let bytes = folder::read(model.folder, FILE, model.limits.json_bytes)?;
        let fields = Fields::parse(FILE, &bytes)?;
        model.note_repeated(&fields);
        ids.extend(fields.tokens(END, vocabulary)?);
        said |= fields.mentions(END);
        fields.without_effect(&WITHOUT_EFFECT);
        fields.without_effect(&SAMPLING);
        note_choices(&fields, &mut model.notes);
        fields.finish()?;
    }
    if !said && (default as usize) < vocabulary {
        ids.insert(default);
    }
    Ok(ids)
}

/// Notes what asks for other ids than the likeliest.
fn note_choices(fields: &Fields, notes: &mut Vec<String>) {
    for (field, greedy) in choosing() {
        // The list that a field of ids has by default.
        let empty = fields.value(field).is_some_and(|value| *value == json!([]));
        if let Err(error) = fields.neutral(field, &greedy)
            && !empty
            && let ImportError::Field { file, found, .. } = error
        {
            notes.push(format!(
                "{file}: `{field}` is {found}, which is not followed: the likeliest id is written"
            ));
        }
    }
}
