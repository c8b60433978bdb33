//! The metadata of a GGUF file: every key understood, known to be without effect, or refused.

use super::cursor::{Cursor, wrong};
use crate::import::ImportError;
use crate::import::bitnet::config::IDS_MAX;
use crate::import::json::shown;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A value. Whole numbers of every width are one kind, and so are floats.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Whole(i128),
    Float(f64),
    Flag(bool),
    Text(String),
    Texts(Vec<String>),
    Numbers(Vec<f64>),
    /// An array that nothing here reads, by its length.
    Unread(u64),
}

/// Deepest array of arrays.
const DEPTH_MAX: u32 = 4;
/// Most keys of a file.
pub(super) const KEYS_MAX: u64 = 1 << 16;
/// Keys whose arrays are read.
const READ: [&str; 4] = [
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.merges",
];
/// Most elements of an array that is read: several merges for each of the most tokens.
const READ_MAX: u64 = 4 * IDS_MAX;
/// Type codes of the format.
const FLAG: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;

/// Bytes that an element of a type takes at least.
fn least_bytes(code: u32) -> Option<u64> {
    match code {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        TEXT | 10..=12 => Some(8),
        ARRAY => Some(12),
        _ => None,
    }
}

/// One value of a type.
fn value(cursor: &mut Cursor<'_>, key: &str, code: u32, depth: u32) -> Result<Value, ImportError> {
    let place = format!("key `{key}`");
    let Some(bytes) = least_bytes(code) else {
        return Err(cursor.wrong(&place, format!("its type {code} is none of 0..=12")));
    };
    match code {
        TEXT => return Ok(Value::Text(cursor.text(&place)?.to_owned())),
        ARRAY => return array(cursor, key, depth),
        _ => {}
    }
    let bytes = cursor.take(&place, bytes)?;
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(wide);
    Ok(match code {
        0 | 2 | 4 | 10 => Value::Whole(bits.into()),
        1 => Value::Whole((bits as i8).into()),
        3 => Value::Whole((bits as i16).into()),
        5 => Value::Whole((bits as i32).into()),
        11 => Value::Whole((bits as i64).into()),
        6 => Value::Float(f32::from_bits(bits as u32).into()),
        12 => Value::Float(f64::from_bits(bits)),
        _ if bits > 1 => {
            return Err(cursor.wrong(&place, format!("its flag is {bits}, but must be 0 or 1")));
        }
        _ => Value::Flag(bits == 1),
    })
}

fn array(cursor: &mut Cursor<'_>, key: &str, depth: u32) -> Result<Value, ImportError> {
    let place = format!("key `{key}`");
    let (code, count) = (cursor.u32(&place)?, cursor.u64(&place)?);
    let Some(least) = least_bytes(code) else {
        return Err(cursor.wrong(&place, format!("its element type {code} is none of 0..=12")));
    };
    // Nothing is reserved for elements that the file cannot hold.
    if count.checked_mul(least).is_none_or(|bytes| bytes > cursor.left() as u64) {
        let reason = format!("its {count} elements do not fit the {} bytes left", cursor.left());
        return Err(cursor.wrong(&place, reason));
    }
    if depth >= DEPTH_MAX {
        return Err(cursor.wrong(&place, format!("arrays are nested deeper than {DEPTH_MAX}")));
    }
    if code == ARRAY || depth > 0 || !READ.contains(&key) {
        skip(cursor, key, (code, count), depth)?;
        return Ok(Value::Unread(count));
    }
    if count > READ_MAX {
        let reason = format!("its {count} elements are above the limit of {READ_MAX}");
        return Err(cursor.wrong(&place, reason));
    }
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for _ in 0..count {
        match value(cursor, key, code, depth + 1)? {
            Value::Text(text) => texts.push(text),
            Value::Whole(number) => numbers.push(number as f64),
            Value::Float(number) => numbers.push(number),
            Value::Flag(flag) => numbers.push(f64::from(u8::from(flag))),
            Value::Texts(_) | Value::Numbers(_) | Value::Unread(_) => {}
        }
    }
    Ok(if code == TEXT { Value::Texts(texts) } else { Value::Numbers(numbers) })
}

/// Passes over the elements of an array, which are checked and not kept.
fn skip(
    cursor: &mut Cursor<'_>,
    key: &str,
    (code, count): (u32, u64),
    depth: u32,
) -> Result<(), ImportError> {
    let place = format!("key `{key}`");
    match code {
        ARRAY => (0..count).try_for_each(|_| array(cursor, key, depth + 1).map(drop)),
        TEXT => (0..count).try_for_each(|_| cursor.text(&place).map(drop)),
        _ => {
            let bytes = cursor.take(&place, count * least_bytes(code).unwrap_or(1))?;
            match bytes.iter().find(|&&byte| code == FLAG && byte > 1) {
                None => Ok(()),
                Some(flag) => {
                    let reason = format!("its flag is {flag}, but must be 0 or 1");
                    Err(cursor.wrong(&place, reason))
                }
            }
        }
    }
}

/// All keys, and which of them were asked for.
pub(super) struct Metadata {
    file: String,
    values: BTreeMap<String, Value>,
    asked: RefCell<BTreeSet<String>>,
}

impl Metadata {
    /// Reads so many keys.
    pub(super) fn read(cursor: &mut Cursor<'_>, count: u64) -> Result<Metadata, ImportError> {
        let mut values = BTreeMap::new();
        for index in 0..count {
            let key = cursor.name(&format!("key {index}"))?.to_owned();
            let code = cursor.u32(&format!("key `{key}`"))?;
            let value = value(cursor, &key, code, 0)?;
            if values.insert(key.clone(), value).is_some() {
                return Err(cursor.wrong(&format!("key `{key}`"), "it appears twice"));
            }
        }
        Ok(Metadata { file: cursor.file.to_owned(), values, asked: RefCell::default() })
    }

    /// A value. Asking for it means that it is understood.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.values.get(key)
    }

    /// The error of a key.
    pub(super) fn wrong(&self, key: &str, expected: &str) -> ImportError {
        let found = match self.values.get(key) {
            None => "missing".to_owned(),
            Some(Value::Whole(number)) => number.to_string(),
            Some(Value::Float(number)) => format!("{number:?}"),
            Some(Value::Flag(flag)) => flag.to_string(),
            Some(Value::Text(text)) => format!("\"{}\"", shown(text)),
            Some(Value::Texts(texts)) => format!("an array of {} texts", texts.len()),
            Some(Value::Numbers(numbers)) => format!("an array of {} numbers", numbers.len()),
            Some(Value::Unread(count)) => format!("an array of {count} elements"),
        };
        let reason = format!("it is {found}, but must be {expected}");
        wrong(&self.file, &format!("key `{key}`"), reason)
    }

    /// The error of a key that is sound and says what is not executed: no conversion helps.
    pub(super) fn not_executed(&self, key: &str, expected: &str) -> ImportError {
        match self.wrong(key, expected) {
            ImportError::Gguf { file, place, reason, .. } => {
                let remedy = "choose a model that was trained without it: changing the key would \
                              change the model";
                ImportError::Gguf { file, place, reason, remedy }
            }
            other => other,
        }
    }

    /// A whole number, if it is there.
    pub(super) fn whole(&self, key: &str, min: u64, max: u64) -> Result<Option<u64>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(&Value::Whole(n)) if (i128::from(min)..=i128::from(max)).contains(&n) => {
                Ok(Some(n as u64))
            }
            Some(_) => Err(self.wrong(key, &format!("a whole number in {min}..={max}"))),
        }
    }

    /// A whole number that must be there.
    pub(super) fn required(&self, key: &str, min: u64, max: u64) -> Result<usize, ImportError> {
        let number = self.whole(key, min, max)?;
        number
            .map(|number| number as usize)
            .ok_or_else(|| self.wrong(key, &format!("a whole number in {min}..={max}")))
    }

    /// A number, if it is there.
    pub(super) fn number(&self, key: &str, min: f64, max: f64) -> Result<Option<f64>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(&Value::Float(number)) if (min..=max).contains(&number) => Ok(Some(number)),
            Some(_) => Err(self.wrong(key, &format!("a float from {min} to {max}"))),
        }
    }

    /// A text, if it is there.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    /// A flag, if it is there.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(&Value::Flag(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.wrong(key, "a flag")),
        }
    }

    /// An array of texts, if it is there.
    pub(super) fn texts(&self, key: &str) -> Result<Option<&[String]>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            Some(_) => Err(self.wrong(key, "an array of texts")),
        }
    }

    /// An array of numbers, if it is there.
    pub(super) fn numbers(&self, key: &str) -> Result<Option<&[f64]>, ImportError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Numbers(numbers)) => Ok(Some(numbers)),
            Some(_) => Err(self.wrong(key, "an array of numbers")),
        }
    }

    /// Refuses the first key of the architecture that nobody asked for. What describes the file
    /// (`general`) and what others do with texts (`tokenizer`) changes no logit.
    pub(super) fn finish(&self) -> Result<(), ImportError> {
        let asked = self.asked.borrow();
        let free = ["general.", "tokenizer.", "quantize.", "split."];
        let unknown = self.values.keys().find(|key| {
            !asked.contains(*key) && !free.iter().any(|prefix| key.starts_with(prefix))
        });
        match unknown {
            None => Ok(()),
            Some(key) => {
                let reason = "it is not understood here, and leaving it out could change the model";
                Err(wrong(&self.file, &format!("key `{key}`"), reason))
            }
        }
    }
}
