//! The tokenizer of a GGUF file as a `tokenizer.json`.

use super::cursor::wrong;
use super::file::GgufFile;
use crate::import::ImportError;
use crate::import::json::shown;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The mark of a word's beginning.
const MARK: &str = "\u{2581}";
/// Kinds of tokens.
const NORMAL: f64 = 1.0;
const UNKNOWN: f64 = 2.0;
const CONTROL: f64 = 3.0;
const USER_DEFINED: f64 = 4.0;
const UNUSED: f64 = 5.0;
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
    let kinds = kinds(file, tokens, vocabulary)?.unwrap_or(&normal);
    let mut ids = BTreeMap::new();
    for (id, token) in tokens.iter().enumerate() {
        if ids.insert(token.as_str(), id).is_some() {
            return Err(keys.wrong("tokenizer.ggml.tokens", "an array without repetition"));
        }
    }
    let text = match model {
        "llama" => pieces(file, tokens, kinds, &ids)?,
        "gpt2" => words(file, &ids)?,
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
    tokenizer["added_tokens"] = added(tokens, kinds);
    tokenizer["model"] = json!({
        "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": byte_fallback,
        "ignore_merges": whole_words, "vocab": ids, "merges": merges,
    });
    Ok(Some(tokenizer.to_string()))
}

/// The kind of every token, where the file says it.
fn kinds<'file>(
    file: &'file GgufFile,
    tokens: &[String],
    vocabulary: usize,
) -> Result<Option<&'file [f64]>, ImportError> {
    const KEY: &str = "tokenizer.ggml.token_type";
    const KNOWN: [f64; 6] = [NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE];
    let Some(kinds) = file.metadata.numbers(KEY)? else { return Ok(None) };
    if kinds.len() != tokens.len() {
        let expected = format!("as long as the tokens, {vocabulary} numbers");
        return Err(file.metadata.wrong(KEY, &expected));
    }
    match kinds.iter().position(|kind| !KNOWN.contains(kind)) {
        None => Ok(Some(kinds)),
        Some(id) => {
            let (kind, token) = (kinds[id], shown(&tokens[id]));
            let reason = format!("token {id}, `{token}`, is of type {kind}, none of 1..=6");
            Err(wrong(&file.name, &format!("key `{KEY}`"), reason))
        }
    }
}

/// The tokens that are matched whole, before anything is split. Those that a user defined are text
/// like any other; the rest is left out of what is read aloud.
fn added(tokens: &[String], kinds: &[f64]) -> Value {
    let whole = |id: &usize| matches!(kinds[*id], UNKNOWN | CONTROL | USER_DEFINED);
    let token = |id: usize| {
        json!({
            "id": id, "content": tokens[id], "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": kinds[id] != USER_DEFINED,
        })
    };
    (0..tokens.len()).filter(whole).map(token).collect()
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
fn words(file: &GgufFile, ids: &BTreeMap<&str, usize>) -> Result<Parts, ImportError> {
    let keys = &file.metadata;
    let merges = merges(file, ids)?;
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

/// The pairs that are joined, in their order; both and what they make are tokens.
fn merges(file: &GgufFile, ids: &BTreeMap<&str, usize>) -> Result<Vec<[String; 2]>, ImportError> {
    const KEY: &str = "tokenizer.ggml.merges";
    let keys = &file.metadata;
    let Some(merges) = keys.texts(KEY)? else {
        return Err(keys.wrong(KEY, "an array of texts"));
    };
    let mut pairs = Vec::with_capacity(merges.len());
    for (index, merge) in merges.iter().enumerate() {
        let Some((left, right)) = merge.split_once(' ') else {
            return Err(keys.wrong(KEY, "an array of pairs, a space between"));
        };
        let joined = format!("{left}{right}");
        if let Some(lost) = [left, right, &joined].iter().find(|part| !ids.contains_key(**part)) {
            let (merge, lost) = (shown(merge), shown(lost));
            let reason = format!("merge {index}, `{merge}`, needs `{lost}`, which is no token");
            return Err(wrong(&file.name, &format!("key `{KEY}`"), reason));
        }
        pairs.push([left.to_owned(), right.to_owned()]);
    }
    Ok(pairs)
}
