//! JSON as strangers write it.
//!
//! Python writes `NaN` and `Infinity`, some editors begin a file with a byte order mark, and a
//! published configuration may say one key twice. `serde_json` refuses the first two and keeps the
//! last of equal keys without a word, so two readers of one file could see two models.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// What stands in front of a number that JSON cannot write. A text of a file may hold it too; it
/// is then taken for such a number, which no field accepts.
const UNWRITABLE: char = '\u{1}';
const UNWRITABLE_WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Text from a file for use in a message: without control characters, cut where it gets long.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    let mut shown: String = text.chars().take(CHARACTERS_MAX).map(printable).collect();
    if shown.len() < text.len() && text.chars().nth(CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// A value for use in a message, as the file writes it.
pub(super) fn shown_value(value: &Value) -> String {
    let mut text = value.to_string();
    for word in UNWRITABLE_WORDS {
        text = text.replace(&format!("\"\\u0001{word}\""), word);
    }
    shown(&text)
}

/// Whether the value is `NaN` or an infinity.
pub(super) fn is_unwritable(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(UNWRITABLE))
}

/// A configuration file: one object.
pub(super) struct Document {
    /// The fields.
    pub(super) values: Map<String, Value>,
    /// Paths of the keys that are there twice, in the order of the file; the last value counts, as
    /// it does for Python.
    pub(super) repeated: Vec<String>,
}

/// Reads a configuration file.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn document(bytes: &[u8]) -> Result<Document, String> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("no UTF-8 at byte {}", error.valid_up_to()))?;
    let text = writable(text);
    let repeated = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_str(&text);
    let parsed = Last { path: "", repeated: &repeated }.deserialize(&mut reader);
    let value = parsed.and_then(|value| reader.end().map(|()| value));
    match value.map_err(|error| shown(&error.to_string()))? {
        Value::Object(values) => Ok(Document { values, repeated: repeated.into_inner() }),
        _ => Err("it holds no object".to_owned()),
    }
}

/// Numbers that JSON cannot write become texts; positions of errors stay in their line.
fn writable(text: &str) -> Cow<'_, str> {
    if !UNWRITABLE_WORDS.iter().any(|word| text.contains(word)) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 64);
    let (mut rest, mut quoted) = (text, false);
    while let Some(next) = rest.chars().next() {
        let word = UNWRITABLE_WORDS.into_iter().find(|word| !quoted && rest.starts_with(word));
        let taken = match (word, next) {
            (Some(word), _) => {
                written.push_str(&format!("\"\\u0001{word}\""));
                rest = &rest[word.len()..];
                continue;
            }
            (None, '\\') if quoted => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (None, '"') => {
                quoted = !quoted;
                1
            }
            (None, other) => other.len_utf8(),
        };
        written.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    Cow::Owned(written)
}

/// Reads any value, keeping the last of equal keys and noting their path.
#[derive(Clone, Copy)]
struct Last<'a> {
    path: &'a str,
    repeated: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Last<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Last<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Value, S::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value, M::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let dot = if self.path.is_empty() { "" } else { "." };
            let path = format!("{}{dot}{key}", self.path);
            let value = map.next_value_seed(Last { path: &path, ..self })?;
            if values.insert(key, value).is_some() {
                self.repeated.borrow_mut().push(shown(&path));
            }
        }
        Ok(Value::Object(values))
    }
}

/// An object whose keys must differ: a header of tensors, where nobody can say which is meant.
pub(super) struct Object<T>(pub(super) BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(Distinct(PhantomData))
    }
}

struct Distinct<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Distinct<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<T>, M::Error> {
        let mut entries = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if entries.contains_key(&key) {
                return Err(M::Error::custom(format_args!("key `{}` appears twice", shown(&key))));
            }
            let value = map.next_value()?;
            entries.insert(key, value);
        }
        Ok(Object(entries))
    }
}
