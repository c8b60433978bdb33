//! Fields of the file, each within its bounds.

use serde_json::Value;
use weights::shown::shown;

/// Requires that an id is one of the model's.
pub(super) fn require_id(
    place: &str,
    token: &str,
    id: &Value,
    vocabulary: usize,
) -> Result<(), String> {
    match id.as_u64() {
        Some(id) if id < vocabulary as u64 => Ok(()),
        Some(id) => Err(format!(
            "`{place}`: token `{}` has id {id}, outside the vocabulary of {vocabulary}",
            shown(token)
        )),
        None => Err(format!("`{place}`: token `{}` has no id", shown(token))),
    }
}

pub(super) fn require_length(place: &str, text: &str, bytes_max: usize) -> Result<(), String> {
    match text.len() {
        bytes if bytes > bytes_max => {
            Err(format!("`{place}` holds a text of {bytes} bytes, the limit is {bytes_max}"))
        }
        _ => Ok(()),
    }
}

/// A field that is a text, or `None` where it is absent or null.
pub(super) fn text<'a>(
    value: &'a Value,
    place: &str,
    field: &str,
) -> Result<Option<&'a str>, String> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{place}.{field}` is no text")),
    }
}

/// A field that is a whole number within bounds, or `None` where it is absent or null.
pub(super) fn whole(
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
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => shown(&other.to_string()).chars().take(80).collect(),
    }
}
