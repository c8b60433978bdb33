//! `tokenizer.json` from strangers: checked before the tokenizers library sees it, which panics,
//! aborts or waits on much that is valid JSON; and what panics all the same is contained.
//!
//! ```text
//!  bytes ─► JSON ─► sections, each part known and within bounds ─► bytes for the library
//!                   model · normalizer · pre_tokenizer · post_processor · decoder · added_tokens
//! ```
//!
//! Padding and truncation are left out: the published tokenizer pads and cuts only when it is asked
//! to, and nobody asks here.
//!
//! Architecture invariant: the library is given nothing but what [`checked`] has written, and is
//! called nowhere but inside [`contained`].

mod contain;
mod model;
mod parts;
mod pattern;
#[cfg(test)]
mod tests;

pub(super) use contain::contained;

use serde_json::{Map, Value};
use weights::shown::shown;

/// Most tokens that are added to those of the model, and most bytes of one.
const ADDED_MAX: usize = 1 << 17;
const ADDED_BYTES_MAX: usize = 1024;

/// The content of a `tokenizer.json` as the library may have it, for a model with that many ids.
///
/// # Errors
/// What is wrong, and where.
pub fn checked(bytes: &[u8], vocabulary: usize) -> Result<Vec<u8>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let Value::Object(mut fields) = value else { return Err("it is no JSON object".to_owned()) };
    let mut kept = Map::new();
    if let Some(version) = fields.remove("version") {
        kept.insert("version".to_owned(), version);
    }
    let model = fields.remove("model").ok_or("field `model` is missing")?;
    model::check(&model, vocabulary)?;
    kept.insert("model".to_owned(), model);
    if let Some(tokens) = fields.remove("added_tokens").filter(|tokens| !tokens.is_null()) {
        kept.insert("added_tokens".to_owned(), added_tokens(tokens, vocabulary)?);
    }
    for section in parts::SECTIONS {
        if let Some(value) = fields.remove(section.name).filter(|value| !value.is_null()) {
            section.check(&value, vocabulary)?;
            kept.insert(section.name.to_owned(), value);
        }
    }
    serde_json::to_vec(&Value::Object(kept)).map_err(|error| error.to_string())
}

/// The tokens that are added to those of the model; one without content can never be found.
fn added_tokens(tokens: Value, vocabulary: usize) -> Result<Value, String> {
    let Value::Array(mut tokens) = tokens else { return Err("`added_tokens` is no list".into()) };
    if tokens.len() > ADDED_MAX {
        return Err(format!("`added_tokens` holds {}, the limit is {ADDED_MAX}", tokens.len()));
    }
    for (index, token) in tokens.iter().enumerate() {
        let place = format!("added_tokens[{index}]");
        let Some(content) = token["content"].as_str() else {
            return Err(format!("`{place}.content` is no text"));
        };
        require_length(&place, content, ADDED_BYTES_MAX)?;
        require_id(&place, content, &token["id"], vocabulary)?;
    }
    tokens.retain(|token| token["content"] != "");
    Ok(Value::Array(tokens))
}

/// Requires that an id is one of the model's.
fn require_id(place: &str, token: &str, id: &Value, vocabulary: usize) -> Result<(), String> {
    match id.as_u64() {
        Some(id) if id < vocabulary as u64 => Ok(()),
        Some(id) => Err(format!(
            "`{place}`: token `{}` has id {id}, outside the vocabulary of {vocabulary}",
            shown(token)
        )),
        None => Err(format!("`{place}`: token `{}` has no id", shown(token))),
    }
}

fn require_length(place: &str, text: &str, bytes_max: usize) -> Result<(), String> {
    match text.len() {
        bytes if bytes > bytes_max => {
            Err(format!("`{place}` holds a text of {bytes} bytes, the limit is {bytes_max}"))
        }
        _ => Ok(()),
    }
}

/// A field that is a text, or `None` where it is absent or null.
fn text<'a>(value: &'a Value, place: &str, field: &str) -> Result<Option<&'a str>, String> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{place}.{field}` is no text")),
    }
}

/// A field that is a whole number within bounds, or `None` where it is absent or null.
fn whole(
    value: &Value,
    place: &str,
    field: &str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, String> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(found) => match found.as_u64() {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(format!(
                "`{place}.{field}` is {}, but must be a whole number in {}..={}",
                brief(found),
                range.start(),
                range.end()
            )),
        },
    }
}

/// A value in a message.
fn brief(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => shown(&other.to_string()).chars().take(80).collect(),
    }
}
