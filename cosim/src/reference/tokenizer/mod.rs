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
mod fields;
mod model;
mod parts;
mod pattern;
#[cfg(test)]
mod tests;

pub(super) use contain::contained;

use fields::{require_id, require_length};
use serde_json::{Map, Value};

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
