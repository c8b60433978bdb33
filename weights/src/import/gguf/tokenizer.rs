//! The tokenizer of a GGUF file as a `tokenizer.json`.

use super::file::GgufFile;
use crate::import::ImportError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The mark of a word's beginning.
const MARK: &str = "\u{2581}";
/// Kinds of tokens.
const NORMAL: f64 = 1.0;
const UNKNOWN: f64 = 2.0;
const CONTROL: f64 = 3.0;
const BYTE: f64 = 6.0;
/// Names the rule that splits words.
const PRE: &str = "tokenizer.ggml.pre";
/// Names of the rule of Llama 3, which also takes a word that is a token without its merges.
const LLAMA_3: [&str; 3] = ["llama-bpe", "llama3", "llama-v3"];
/// The words of Llama 3, in the syntax of the `tokenizers` library.
const LLAMA_3_WORDS: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/// The text of the file; nothing where there is no tokenizer.
pub(super) fn json(file: &GgufFile, vocabulary: usize) -> Result<Option<String>, ImportError> {
    let keys = &file.metadata;
    let Some(model) = keys.text("tokenizer.ggml.model")? else { return Ok(None) };
    let Some(tokens) = keys.texts("tokenizer.ggml.tokens")? else {
        return Err(keys.wrong("tokenizer.ggml.tokens", "an array of texts"));
    };
    let normal = vec![NORMAL; tokens.len()];
    let kinds = keys.numbers("tokenizer.ggml.token_type")?.unwrap_or(&normal);
    if kinds.len() != tokens.len() {
        let expected = format!("as long as the tokens, {vocabulary} numbers");
        return Err(keys.wrong("tokenizer.ggml.token_type", &expected));
    }
    let mut ids = BTreeMap::new();
    for (id, token) in tokens.iter().enumerate() {
        if ids.insert(token.as_str(), id).is_some() {
            return Err(keys.wrong("tokenizer.ggml.tokens", "an array without repetition"));
        }
    }
    let added: Vec<Value> = (0..tokens.len())
        .filter(|&id| kinds[id] == UNKNOWN || kinds[id] == CONTROL)
        .map(|id| {
            json!({
                "id": id, "content": tokens[id], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true,
            })
        })
        .collect();
    let text = match model {
        "llama" => pieces(file, tokens, kinds, &ids)?,
        "gpt2" => words(file)?,
        _ => return Err(keys.wrong("tokenizer.ggml.model", "\"llama\" or \"gpt2\"")),
    };
    let (mut tokenizer, merges, unknown, byte_fallback) = text;
    let whole_words = keys.text(PRE)?.is_some_and(|name| LLAMA_3.contains(&name));
    // What llama.cpp does where the file does not say.
    let begins =
        keys.flag("tokenizer.ggml.add_bos_token")?.unwrap_or(model == "llama" || whole_words);
    let ends = keys.flag("tokenizer.ggml.add_eos_token")?.unwrap_or(false);
    let named = |does: bool, key: &str| -> Result<Option<(&str, u64)>, ImportError> {
        let id =
            keys.whole(&format!("tokenizer.ggml.{key}_token_id"), 0, tokens.len() as u64 - 1)?;
        Ok(id.filter(|_| does).map(|id| (tokens[id as usize].as_str(), id)))
    };
    tokenizer["post_processor"] = frame(named(begins, "bos")?, named(ends, "eos")?);
    tokenizer["version"] = json!("1.0");
    tokenizer["truncation"] = Value::Null;
    tokenizer["padding"] = Value::Null;
    tokenizer["added_tokens"] = json!(added);
    tokenizer["model"] = json!({
        "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": byte_fallback,
        "ignore_merges": whole_words, "vocab": ids, "merges": merges,
    });
    Ok(Some(tokenizer.to_string()))
}

/// What stands before and behind a text.
fn frame(begin: Option<(&str, u64)>, end: Option<(&str, u64)>) -> Value {
    if begin.is_none() && end.is_none() {
        return Value::Null;
    }
    let special = |(name, _): (&str, u64)| json!({ "SpecialToken": { "id": name, "type_id": 0 } });
    let text = |name: &str| json!({ "Sequence": { "id": name, "type_id": 0 } });
    let around = |text: Value| [begin.map(special), Some(text), end.map(special)];
    let single: Vec<Value> = around(text("A")).into_iter().flatten().collect();
    let pair: Vec<Value> =
        around(text("A")).into_iter().chain(around(text("B"))).flatten().collect();
    let tokens: BTreeMap<&str, Value> = [begin, end]
        .into_iter()
        .flatten()
        .map(|(name, id)| (name, json!({ "id": name, "ids": [id], "tokens": [name] })))
        .collect();
    json!({
        "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens,
    })
}

/// Everything around the model, its merges, its unknown token, whether bytes stand for the rest.
type Parts = (Value, Vec<[String; 2]>, Option<String>, bool);

/// Pieces with scores: the pair whose piece has the highest score is joined first.
fn pieces(
    file: &GgufFile,
    tokens: &[String],
    kinds: &[f64],
    ids: &BTreeMap<&str, usize>,
) -> Result<Parts, ImportError> {
    let keys = &file.metadata;
    let key = "tokenizer.ggml.scores";
    let scores = match keys.numbers(key)? {
        Some(scores) if scores.len() == tokens.len() && scores.iter().all(|s| s.is_finite()) => {
            scores
        }
        _ => return Err(keys.wrong(key, "an array of a finite number a token")),
    };
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (id, token) in tokens.iter().enumerate() {
        if matches!(kinds[id], UNKNOWN | CONTROL | BYTE) {
            continue;
        }
        let inside = token.char_indices().skip(1).map(|(split, _)| split);
        joined.extend(
            inside
                .filter(|&at| ids.contains_key(&token[..at]) && ids.contains_key(&token[at..]))
                .map(|at| (id, at)),
        );
    }
    joined.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]).then(a.cmp(b)));
    let merges = joined
        .into_iter()
        .map(|(id, at)| [tokens[id][..at].to_owned(), tokens[id][at..].to_owned()])
        .collect();
    let last = tokens.len() as u64 - 1;
    let unknown = keys.whole("tokenizer.ggml.unknown_token_id", 0, last)?;
    let unknown = unknown
        .map(|id| id as usize)
        .or_else(|| kinds.iter().position(|&kind| kind == UNKNOWN))
        .map(|id| tokens[id].clone());
    let mut normalizers = vec![json!({
        "type": "Replace", "pattern": { "String": " " }, "content": MARK,
    })];
    let mut decoders = vec![
        json!({ "type": "Replace", "pattern": { "String": MARK }, "content": " " }),
        json!({ "type": "ByteFallback" }),
        json!({ "type": "Fuse" }),
    ];
    if keys.flag("tokenizer.ggml.add_space_prefix")?.unwrap_or(true) {
        normalizers.insert(0, json!({ "type": "Prepend", "prepend": MARK }));
        decoders.push(json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 }));
    }
    let around = json!({
        "normalizer": { "type": "Sequence", "normalizers": normalizers },
        "pre_tokenizer": null,
        "decoder": { "type": "Sequence", "decoders": decoders },
    });
    Ok((around, merges, unknown, kinds.contains(&BYTE)))
}

/// Bytes as letters, words split by an expression, merges in their order.
fn words(file: &GgufFile) -> Result<Parts, ImportError> {
    let keys = &file.metadata;
    let Some(merges) = keys.texts("tokenizer.ggml.merges")? else {
        return Err(keys.wrong("tokenizer.ggml.merges", "an array of texts"));
    };
    let pair = |merge: &String| {
        merge.split_once(' ').map(|(left, right)| [left.to_owned(), right.to_owned()])
    };
    let Some(merges) = merges.iter().map(pair).collect::<Option<Vec<_>>>() else {
        return Err(keys.wrong("tokenizer.ggml.merges", "an array of pairs, a space between"));
    };
    let bytes = |use_regex: bool| {
        json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": use_regex,
        })
    };
    let pre_tokenizer = match keys.text(PRE)? {
        None | Some("default" | "gpt-2") => bytes(true),
        Some(name) if LLAMA_3.contains(&name) => json!({
            "type": "Sequence",
            "pretokenizers": [
                {
                    "type": "Split", "pattern": { "Regex": LLAMA_3_WORDS },
                    "behavior": "Isolated", "invert": false,
                },
                bytes(false),
            ],
        }),
        Some(_) => {
            let expected = "\"default\", \"gpt-2\" or \"llama-bpe\"";
            return Err(keys.wrong("tokenizer.ggml.pre", expected));
        }
    };
    let around = json!({
        "normalizer": null, "pre_tokenizer": pre_tokenizer, "decoder": bytes(true),
    });
    Ok((around, merges, None, false))
}
