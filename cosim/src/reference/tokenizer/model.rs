//! The section `model`: vocabularies and merges.

use super::fields::{brief, require_id, require_length, text, whole};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use weights::shown::shown;

const PLACE: &str = "model";

/// Most bytes of a token. The unigram model looks at every token that begins at every place of a
/// text, so that long ones cost it more.
const TOKEN_BYTES_MAX: usize = 4096;
const UNIGRAM_BYTES_MAX: usize = 128;
/// Most merges.
const MERGES_MAX: usize = 1 << 22;
/// Characters of a word that the WordPiece model tries to divide, in quadratic time.
const WORD_CHARACTERS: RangeInclusive<u64> = 1..=1000;

pub(super) fn check(model: &Value, vocabulary: usize) -> Result<(), String> {
    let Value::Object(_) = model else { return Err("`model` is no object".to_owned()) };
    text(model, PLACE, "unk_token")?;
    // Files of early versions do not name the type; only one has merges.
    let kind = match text(model, PLACE, "type")? {
        None if model.get("merges").is_some() => "BPE",
        None => return Err("`model.type` is missing".to_owned()),
        Some(kind) => kind,
    };
    match kind {
        "BPE" => check_merging(model, vocabulary),
        "WordPiece" => {
            text(model, PLACE, "continuing_subword_prefix")?;
            whole(model, PLACE, "max_input_chars_per_word", WORD_CHARACTERS)?;
            check_vocabulary(model, vocabulary).map(drop)
        }
        "WordLevel" => check_vocabulary(model, vocabulary).map(drop),
        "Unigram" => check_unigram(model, vocabulary),
        other => Err(format!(
            "`model.type` is `{}`, but must be BPE, WordPiece, WordLevel or Unigram",
            shown(other)
        )),
    }
}

fn check_vocabulary(model: &Value, vocabulary: usize) -> Result<&Map<String, Value>, String> {
    let Some(Value::Object(tokens)) = model.get("vocab") else {
        return Err("`model.vocab` is no object of tokens and ids".to_owned());
    };
    if tokens.is_empty() {
        return Err("`model.vocab` is empty".to_owned());
    }
    for (token, id) in tokens {
        require_length("model.vocab", token, TOKEN_BYTES_MAX)?;
        require_id("model.vocab", token, id, vocabulary)?;
    }
    Ok(tokens)
}

fn check_merging(model: &Value, vocabulary: usize) -> Result<(), String> {
    let tokens = check_vocabulary(model, vocabulary)?;
    // With dropout the ids of a text would be another every time.
    match model.get("dropout") {
        None | Some(Value::Null) => {}
        Some(dropout) if dropout.as_f64() == Some(0.0) => {}
        Some(dropout) => {
            let dropout = brief(dropout);
            return Err(format!("`model.dropout` is {dropout}, but must be null: it draws ids"));
        }
    }
    let prefix = text(model, PLACE, "continuing_subword_prefix")?.unwrap_or_default();
    let suffix = text(model, PLACE, "end_of_word_suffix")?.unwrap_or_default();
    for (field, affix) in [("continuing_subword_prefix", prefix), ("end_of_word_suffix", suffix)] {
        require_length(&format!("{PLACE}.{field}"), affix, 64)?;
    }
    let Some(Value::Array(merges)) = model.get("merges") else {
        return Err("`model.merges` is no list".to_owned());
    };
    if merges.len() > MERGES_MAX {
        return Err(format!("`model.merges` holds {}, the limit is {MERGES_MAX}", merges.len()));
    }
    for (index, merge) in merges.iter().enumerate() {
        let wrong = |reason: String| Err(format!("`model.merges[{index}]` {reason}"));
        let (left, right) = match merge {
            Value::String(line) if line.starts_with("#version") => continue,
            Value::String(line) => match line.split_once(' ') {
                Some((left, right)) if !right.contains(' ') => (left, right),
                _ => return wrong("is no pair of tokens with a space between".to_owned()),
            },
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(left), Value::String(right)] => (left.as_str(), right.as_str()),
                _ => return wrong("is no pair of tokens".to_owned()),
            },
            _ => return wrong("is no pair of tokens".to_owned()),
        };
        // The second part loses its prefix in the merged token. The library cuts it off unseen.
        let Some(rest) = right.strip_prefix(prefix) else {
            return wrong(format!(
                "has `{}`, which does not begin with continuing_subword_prefix",
                shown(right)
            ));
        };
        let merged = format!("{left}{rest}");
        let missing = |token: &&str| !tokens.contains_key(*token);
        if let Some(token) = [left, right, merged.as_str()].iter().find(|token| missing(token)) {
            return wrong(format!("has token `{}`, which is not in `model.vocab`", shown(token)));
        }
    }
    Ok(())
}

fn check_unigram(model: &Value, vocabulary: usize) -> Result<(), String> {
    let Some(Value::Array(pieces)) = model.get("vocab") else {
        return Err("`model.vocab` is no list of tokens and scores".to_owned());
    };
    if pieces.is_empty() || pieces.len() > vocabulary {
        return Err(format!(
            "`model.vocab` holds {} tokens, the model has {vocabulary}",
            pieces.len()
        ));
    }
    for (index, piece) in pieces.iter().enumerate() {
        let place = format!("model.vocab[{index}]");
        let (token, score) = match piece.as_array().map(Vec::as_slice) {
            Some([Value::String(token), score]) => (token, score.as_f64()),
            _ => return Err(format!("`{place}` is no token with its score")),
        };
        require_length(&place, token, UNIGRAM_BYTES_MAX)?;
        if !score.is_some_and(|score| score.abs() <= 1e30) {
            return Err(format!("`{place}`: the score is no number up to 1e30"));
        }
    }
    whole(model, PLACE, "unk_id", 0..=pieces.len() as u64 - 1).map(drop)
}
