//! The tokenizer of a model: `tokenizer.json`, as transformers uses it together with
//! `tokenizer_config.json`.
//!
//! - Nothing is padded or cut: transformers' call does so only when asked.
//! - What stands before and behind a text is what the post-processor of `tokenizer.json` adds;
//!   `add_bos_token` beside it is not read (`tokenization_utils_base.py`, `_from_pretrained`).
//! - Tokens of `added_tokens_decoder`, and special tokens that `tokenizer.json` does not know, are
//!   added to it, in that order.

use super::fields::Fields;
use super::json::{self, shown_value};
use super::{ImportError, Limits, folder, gguf};
use serde_json::{Map, Value, json};
use std::path::Path;

const FILE: &str = "tokenizer.json";
const CONFIG: &str = "tokenizer_config.json";
/// Most bytes of a `tokenizer.json`: the largest published vocabularies take half of it.
const BYTES_MAX: u64 = 64 << 20;

/// Files of tokenizers that are not read.
const OTHERS: [&str; 6] =
    ["tokenizer.model", "spiece.model", "tekken.json", "vocab.json", "vocab.txt", "merges.txt"];

/// Fields that name one special token.
const SPECIAL: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Of no effect on the ids of one text.
const WITHOUT_EFFECT: [&str; 44] = [
    "_from_auto",
    "add_bos_token",
    "add_eos_token",
    "add_prefix_space",
    "auto_map",
    "backend",
    "chat_template",
    "clean_up_tokenization_spaces",
    "device_map",
    "do_basic_tokenize",
    "errors",
    "extra_ids",
    "from_slow",
    "is_local",
    "legacy",
    "local_files_only",
    "max_len",
    "max_length",
    "model_input_names",
    "model_max_length",
    "model_specific_special_tokens",
    "name_or_path",
    "never_split",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "padding",
    "padding_side",
    "processor_class",
    "return_token_type_ids",
    "sp_model_kwargs",
    "spaces_between_special_tokens",
    "special_tokens_map_file",
    "stride",
    "strip_accents",
    "tokenize_chinese_chars",
    "tokenizer_class",
    "tokenizer_file",
    "tokenizer_type",
    "trust_remote_code",
    "truncation",
    "truncation_side",
    "truncation_strategy",
    "use_default_system_prompt",
    "use_fast",
];

/// A tokenizer ready to be built, and what the user should know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenizerFile {
    /// The content of `tokenizer.json`, with what its configuration adds.
    pub json: String,
    /// To how many ids the file would cut a text; nothing is cut here.
    pub longest: Option<usize>,
    /// What was not followed, a sentence each.
    pub notes: Vec<String>,
}

/// Reads the tokenizer of the folder, or of the GGUF file, of a model with `vocabulary` ids.
///
/// # Errors
/// If there is none, a file is damaged, or its configuration says what is not understood.
pub fn tokenizer(path: &Path, vocabulary: usize) -> Result<TokenizerFile, ImportError> {
    if gguf::is_gguf(path) {
        let json = gguf::tokenizer_of(path, vocabulary)?;
        return Ok(TokenizerFile { json, longest: None, notes: Vec::new() });
    }
    if !folder::has(path, FILE) {
        return Err(missing(path));
    }
    let bytes = folder::read(path, FILE, BYTES_MAX)?;
    let damaged = |reason| ImportError::Tokenizer { file: FILE.to_owned(), reason };
    let mut values = json::document(&bytes).map_err(damaged)?.values;
    let mut notes = Vec::new();
    let padding = values.insert("padding".to_owned(), Value::Null);
    if let Some(value) = padding.filter(|value| !value.is_null()) {
        let value = shown_value(&value);
        notes.push(format!("{FILE}: `padding` is {value}, which is not applied to a text"));
    }
    let truncation = values.insert("truncation".to_owned(), Value::Null);
    let longest = truncation.and_then(|value| value.get("max_length")?.as_u64());
    let config = read_optional(path, CONFIG)?;
    let mut tokens = AddedTokens::of(&values, vocabulary).map_err(damaged)?;
    add_configured(path, &config, &mut tokens)?;
    require_same_case(&config, &values)?;
    note_flags(&config, &values, &mut notes)?;
    config.without_effect(&WITHOUT_EFFECT);
    config.neutral("split_special_tokens", &json!(false))?;
    config.finish()?;
    notes.append(&mut tokens.notes);
    values.insert("added_tokens".to_owned(), Value::Array(tokens.list));
    let longest = longest.map(|longest| longest as usize);
    Ok(TokenizerFile { json: Value::Object(values).to_string(), longest, notes })
}

fn missing(path: &Path) -> ImportError {
    let names = folder::names(path);
    match OTHERS.into_iter().find(|file| names.iter().any(|name| name == file)) {
        Some(found) => ImportError::OtherTokenizer { found },
        None => ImportError::Tokenizer {
            file: FILE.to_owned(),
            reason: "there is no such file".to_owned(),
        },
    }
}

fn read_optional(path: &Path, file: &str) -> Result<Fields, ImportError> {
    match folder::has(path, file) {
        true => Fields::parse(file, &folder::read(path, file, Limits::default().json_bytes)?),
        false => Ok(Fields::absent(file)),
    }
}

/// The added tokens of a tokenizer, in their order.
struct AddedTokens {
    list: Vec<Value>,
    vocabulary: Vocabulary,
    /// Ids of the model.
    ids: usize,
    notes: Vec<String>,
}

/// What the model of a tokenizer knows by itself.
struct Vocabulary {
    ids: Map<String, Value>,
    /// The id that the next token without one of its own gets.
    next: u64,
}

impl AddedTokens {
    fn of(values: &Map<String, Value>, model_ids: usize) -> Result<AddedTokens, String> {
        let list = match values.get("added_tokens") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => list.clone(),
            Some(_) => return Err("`added_tokens` is no list".to_owned()),
        };
        let ids = match values.get("model").and_then(|model| model.get("vocab")) {
            Some(Value::Object(vocabulary)) => vocabulary.clone(),
            // Unigram: a list of pieces with their scores, the id of each being its place.
            Some(Value::Array(pieces)) => {
                let text = |piece: &Value| Some(piece.get(0)?.as_str()?.to_owned());
                let ids = pieces.iter().enumerate();
                ids.filter_map(|(id, piece)| Some((text(piece)?, id.into()))).collect()
            }
            _ => Map::new(),
        };
        let added = list.iter().filter_map(|token| token.get("id")?.as_u64());
        let next = added.map(|id| id.saturating_add(1)).fold(ids.len() as u64, u64::max);
        let vocabulary = Vocabulary { ids, next };
        Ok(AddedTokens { list, vocabulary, ids: model_ids, notes: Vec::new() })
    }

    fn find(&self, content: &str) -> Option<&Value> {
        let is_content =
            |token: &&Value| token.get("content").and_then(Value::as_str) == Some(content);
        self.list.iter().find(is_content)
    }

    /// Adds a token; yields its id.
    fn add(&mut self, mut token: Map<String, Value>, content: &str) -> Option<u64> {
        let known = self.find(content).and_then(|token| token.get("id")?.as_u64());
        let own = self.vocabulary.ids.get(content).and_then(Value::as_u64);
        let id = known.or(own).unwrap_or(self.vocabulary.next);
        self.vocabulary.next = self.vocabulary.next.max(id.saturating_add(1));
        token.insert("id".to_owned(), id.into());
        self.list.push(Value::Object(token));
        Some(id)
    }
}

/// A token as `tokenizer.json` writes it, from a text or from an object.
fn token_of(value: &Value, special: bool) -> Option<(String, Map<String, Value>)> {
    let content = value.as_str().or_else(|| value.get("content")?.as_str())?.to_owned();
    let said = |flag: &str| value.get(flag).and_then(Value::as_bool);
    let special = said("special").unwrap_or(special);
    let mut token = Map::new();
    token.insert("content".to_owned(), content.clone().into());
    for flag in ["single_word", "lstrip", "rstrip"] {
        token.insert(flag.to_owned(), said(flag).unwrap_or(false).into());
    }
    token.insert("normalized".to_owned(), said("normalized").unwrap_or(!special).into());
    token.insert("special".to_owned(), special.into());
    Some((content, token))
}

/// Adds what the configuration names and `tokenizer.json` does not hold.
fn add_configured(
    path: &Path,
    config: &Fields,
    tokens: &mut AddedTokens,
) -> Result<(), ImportError> {
    const DECODER: &str = "added_tokens_decoder";
    let legacy = !config.mentions(DECODER);
    if let Some(decoder) = config.value(DECODER) {
        let entries = decoder.as_object().ok_or_else(|| config.wrong(DECODER, "an object"))?;
        let ids = entries.iter().map(|(id, token)| Some((id.parse::<u64>().ok()?, token)));
        let mut ids = ids
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| config.wrong(DECODER, "an object whose keys are token ids"))?;
        ids.sort_by_key(|(id, _)| *id);
        for (id, value) in ids {
            let (content, token) = token_of(value, false)
                .ok_or_else(|| config.wrong(DECODER, "an object of added tokens"))?;
            add_at(tokens, config, DECODER, (id, &content), token)?;
        }
    }
    add_special(config, tokens)?;
    if legacy {
        let map = read_optional(path, "special_tokens_map.json")?;
        add_special(&map, tokens)?;
        map.finish()?;
        let added = read_optional(path, "added_tokens.json")?;
        let mut entries = added.wholes()?;
        entries.sort_by_key(|(_, id)| *id);
        for (content, id) in entries {
            if let Some((content, token)) = token_of(&json!(content), false) {
                add_at(tokens, &added, &content, (id, &content), token)?;
            }
        }
    }
    Ok(())
}

/// Adds a token that must get a certain id; one that is there with the same flags stays.
fn add_at(
    tokens: &mut AddedTokens,
    config: &Fields,
    field: &str,
    (id, content): (u64, &str),
    token: Map<String, Value>,
) -> Result<(), ImportError> {
    let same = |known: &&Value| {
        known.get("id").and_then(Value::as_u64) == Some(id)
            && token.iter().all(|(flag, value)| known.get(flag) == Some(value))
    };
    if tokens.find(content).filter(same).is_some() {
        return Ok(());
    }
    match tokens.add(token, content) {
        Some(given) if given == id => Ok(()),
        _ => {
            let expected = format!(
                "such that {FILE} gives `{}` the id {id}, as its own vocabulary and order do",
                json::shown(content)
            );
            Err(config.wrong(field, expected))
        }
    }
}

/// Adds special tokens that are not there yet.
fn add_special(config: &Fields, tokens: &mut AddedTokens) -> Result<(), ImportError> {
    let mut named = Vec::new();
    for field in SPECIAL {
        if let Some(value) = config.value(field) {
            named.push((field, value.clone()));
        }
    }
    for field in ["additional_special_tokens", "extra_special_tokens"] {
        match config.value(field) {
            None => {}
            Some(Value::Array(list)) => named.extend(list.iter().map(|it| (field, it.clone()))),
            Some(Value::Object(by_name)) => {
                named.extend(by_name.values().map(|value| (field, value.clone())));
            }
            Some(_) => return Err(config.wrong(field, "a list of tokens")),
        }
    }
    for (field, value) in named {
        let (content, mut token) =
            token_of(&value, true).ok_or_else(|| config.wrong(field, "a token"))?;
        token.insert("special".to_owned(), true.into());
        if tokens.find(&content).is_some() || content.is_empty() {
            continue;
        }
        let is_new = !tokens.vocabulary.ids.contains_key(&content);
        if is_new && tokens.vocabulary.next >= tokens.ids as u64 {
            // Often a padding token, which no text holds and no embedding has.
            tokens.notes.push(format!(
                "{}: `{field}` is `{}`, for which the model has no id: it is not added",
                config.file(),
                json::shown(&content)
            ));
            continue;
        }
        tokens.add(token, &content);
    }
    Ok(())
}

/// `do_lower_case` must be what the normalizer does: some classes of transformers build another.
fn require_same_case(config: &Fields, values: &Map<String, Value>) -> Result<(), ImportError> {
    let lowers = values.get("normalizer").and_then(|it| it.get("lowercase")?.as_bool());
    match (config.flag("do_lower_case")?, lowers) {
        (Some(said), Some(done)) if said != done => {
            Err(config.wrong("do_lower_case", format!("{done}, as in {FILE}")))
        }
        _ => Ok(()),
    }
}

/// Notes flags that say otherwise than the post-processor does.
fn note_flags(
    config: &Fields,
    values: &Map<String, Value>,
    notes: &mut Vec<String>,
) -> Result<(), ImportError> {
    let template = values.get("post_processor").map_or("null".to_owned(), Value::to_string);
    for (flag, field) in [("add_bos_token", "bos_token"), ("add_eos_token", "eos_token")] {
        let Some(said) = config.flag(flag)? else { continue };
        let token = config.value(field).and_then(|value| token_of(value, true));
        let Some((content, _)) = token else { continue };
        let adds = template.contains(&json!(content).to_string());
        if said != adds {
            notes.push(format!(
                "{CONFIG}: `{flag}` is {said}, but the post-processor of {FILE} says otherwise \
                 and is followed, as by transformers 5"
            ));
        }
    }
    Ok(())
}
