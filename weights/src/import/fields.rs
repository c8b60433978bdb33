//! The one rule for fields: understood, known to be without effect, or refused by name.
//!
//! A family asks for the fields that it understands and lists those without effect; [`finish`]
//! refuses the first that nobody asked for. A field that is `null` says nothing and counts as
//! absent, as it does in transformers.
//!
//! [`finish`]: Fields::finish

use super::ImportError;
use super::json::{self, is_unwritable, shown, shown_value};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// One JSON object of a model's configuration, and what was asked of it.
pub(super) struct Fields {
    file: String,
    /// What stands before the name of a field in messages: empty, or the object's path and a dot.
    prefix: String,
    values: Map<String, Value>,
    repeated: Vec<String>,
    asked: RefCell<BTreeSet<String>>,
}

#[allow(dead_code, reason = "each family asks with some of these")]
impl Fields {
    /// The object that `bytes`, the content of `file`, hold.
    pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Fields, ImportError> {
        let document = json::document(bytes)
            .map_err(|reason| ImportError::Json { place: file.to_owned(), reason })?;
        let mut fields = Fields::new(file, String::new(), document.values);
        fields.repeated = document.repeated;
        Ok(fields)
    }

    /// An object without fields, for a file that need not be there.
    pub(super) fn absent(file: &str) -> Fields {
        Fields::new(file, String::new(), Map::new())
    }

    fn new(file: &str, prefix: String, values: Map<String, Value>) -> Fields {
        let (file, asked) = (file.to_owned(), RefCell::default());
        Fields { file, prefix, values, repeated: Vec::new(), asked }
    }

    /// The file it is from.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Keys that the file says twice; the last value counts.
    pub(super) fn repeated(&self) -> &[String] {
        &self.repeated
    }

    /// A field that is present and not null. Asking for it means that it is understood.
    pub(super) fn value(&self, field: &str) -> Option<&Value> {
        self.asked.borrow_mut().insert(field.to_owned());
        self.values.get(field).filter(|value| !value.is_null())
    }

    /// Whether a field is present and not null; to look is not to understand.
    pub(super) fn has(&self, field: &str) -> bool {
        self.values.get(field).is_some_and(|value| !value.is_null())
    }

    /// Whether it has no field at all.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether the file has the field, be it null.
    pub(super) fn mentions(&self, field: &str) -> bool {
        self.values.contains_key(field)
    }

    fn required(&self, field: &str, expected: &str) -> Result<&Value, ImportError> {
        self.value(field).ok_or_else(|| ImportError::FieldMissing {
            file: self.file.clone(),
            field: self.path(field),
            expected: expected.to_owned(),
        })
    }

    /// A whole number in `min..=max`.
    pub(super) fn whole(&self, field: &str, min: u64, max: u64) -> Result<usize, ImportError> {
        let expected = format!("a whole number in {min}..={max}");
        match self.required(field, &expected)?.as_u64() {
            Some(value) if (min..=max).contains(&value) => Ok(value as usize),
            _ => Err(self.wrong(field, expected)),
        }
    }

    /// [`whole`](Fields::whole), if the field is there.
    pub(super) fn optional_whole(
        &self,
        field: &str,
        min: u64,
        max: u64,
    ) -> Result<Option<usize>, ImportError> {
        self.value(field).map(|_| self.whole(field, min, max)).transpose()
    }

    /// A finite number that is `valid`; `expected` says which are.
    pub(super) fn number(
        &self,
        field: &str,
        expected: &str,
        valid: impl Fn(f64) -> bool,
    ) -> Result<f32, ImportError> {
        match self.required(field, expected)?.as_f64() {
            Some(value) if valid(value) => Ok(value as f32),
            _ => Err(self.wrong(field, expected)),
        }
    }

    /// [`number`](Fields::number), if the field is there.
    pub(super) fn optional_number(
        &self,
        field: &str,
        expected: &str,
        valid: impl Fn(f64) -> bool,
    ) -> Result<Option<f32>, ImportError> {
        self.value(field).map(|_| self.number(field, expected, valid)).transpose()
    }

    /// A text.
    pub(super) fn text(&self, field: &str) -> Result<&str, ImportError> {
        match self.required(field, "a text")? {
            Value::String(text) if !is_unwritable(&self.values[field]) => Ok(text),
            _ => Err(self.wrong(field, "a text")),
        }
    }

    /// Requires a `model_type`.
    pub(super) fn require_type(&self, expected: &str) -> Result<(), ImportError> {
        match self.text("model_type")? {
            found if found == expected => Ok(()),
            _ => Err(self.wrong("model_type", format!("\"{expected}\""))),
        }
    }

    /// Whole numbers of a list, each in `min..=max`, ascending without repetition.
    pub(super) fn ascending(value: &Value, max: u64) -> Option<Vec<usize>> {
        let numbers: Option<Vec<usize>> = value
            .as_array()?
            .iter()
            .map(|element| element.as_u64().filter(|&n| n <= max).map(|n| n as usize))
            .collect();
        numbers.filter(|numbers| numbers.is_sorted_by(|a, b| a < b))
    }

    /// [`text`](Fields::text), if the field is there.
    pub(super) fn optional_text(&self, field: &str) -> Result<Option<&str>, ImportError> {
        self.value(field).map(|_| self.text(field)).transpose()
    }

    /// True or false, if the field is there.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, ImportError> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(field, "true or false")),
        }
    }

    /// The elements of a list of texts; empty if the field is absent.
    pub(super) fn texts(&self, field: &str) -> Result<Vec<&str>, ImportError> {
        let wrong = || self.wrong(field, "a list of texts");
        let Some(value) = self.value(field) else { return Ok(Vec::new()) };
        let elements = value.as_array().ok_or_else(wrong)?;
        elements.iter().map(|element| element.as_str().ok_or_else(wrong)).collect()
    }

    /// One token id, if the field is there.
    pub(super) fn token(&self, field: &str, vocabulary: usize) -> Result<Option<u32>, ImportError> {
        let id = self.optional_whole(field, 0, vocabulary as u64 - 1)?;
        Ok(id.map(|id| id as u32))
    }

    /// A set of token ids: none, one, or a list.
    pub(super) fn tokens(
        &self,
        field: &str,
        vocabulary: usize,
    ) -> Result<BTreeSet<u32>, ImportError> {
        let one = |value: &Value| value.as_u64().filter(|&id| id < vocabulary as u64);
        let ids: Option<BTreeSet<u64>> = match self.value(field) {
            None => return Ok(BTreeSet::new()),
            Some(Value::Array(elements)) => elements.iter().map(one).collect(),
            Some(value) => one(value).map(|id| BTreeSet::from([id])),
        };
        match ids {
            Some(ids) => Ok(ids.into_iter().map(|id| id as u32).collect()),
            None => {
                let last = vocabulary - 1;
                Err(self.wrong(field, format!("a whole number in 0..={last}, or a list of such")))
            }
        }
    }

    /// All fields, for an object whose keys are names of its own; each is a whole number.
    pub(super) fn wholes(&self) -> Result<Vec<(String, u64)>, ImportError> {
        let whole = |(field, value): (&String, &Value)| {
            let whole = value.as_u64().ok_or_else(|| self.wrong(field, "a whole number"))?;
            Ok((field.clone(), whole))
        };
        self.values.iter().map(whole).collect()
    }

    /// The fields of an object inside this one; it needs its own [`finish`](Fields::finish).
    pub(super) fn object(&self, field: &str) -> Result<Option<Fields>, ImportError> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::Object(values)) => {
                let prefix = format!("{}.", self.path(field));
                Ok(Some(Fields::new(&self.file, prefix, values.clone())))
            }
            Some(_) => Err(self.wrong(field, "an object")),
        }
    }

    /// Declares fields that change nothing in what the model computes, whatever they say.
    pub(super) fn without_effect(&self, fields: &[&str]) {
        self.asked.borrow_mut().extend(fields.iter().map(|&field| field.to_owned()));
    }

    /// Requires that a field, if it is there, has the value with which it changes nothing.
    /// Numbers are equal by value: `1` is `1.0`.
    pub(super) fn neutral(&self, field: &str, neutral: &Value) -> Result<(), ImportError> {
        let equal = |value: &Value| match (value.as_f64(), neutral.as_f64()) {
            (Some(value), Some(neutral)) => value == neutral,
            _ => value == neutral,
        };
        match self.value(field) {
            Some(value) if !equal(value) => {
                Err(self.wrong(field, format!("{neutral}: anything else is not executed")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses the first field, in the order of the alphabet, that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), ImportError> {
        let asked = self.asked.borrow();
        let unknown =
            self.values.iter().find(|(name, value)| !(value.is_null() || asked.contains(*name)));
        match unknown {
            None => Ok(()),
            Some((name, value)) => Err(ImportError::FieldUnknown {
                file: self.file.clone(),
                field: self.path(name),
                found: shown_value(value),
            }),
        }
    }

    /// The error of a field that is present but may not be what it is.
    pub(super) fn wrong(&self, field: &str, expected: impl Into<String>) -> ImportError {
        let found = self.values.get(field).map_or("missing".to_owned(), shown_value);
        let (file, field) = (self.file.clone(), self.path(field));
        ImportError::Field { file, field, found, expected: expected.into() }
    }

    fn path(&self, field: &str) -> String {
        shown(&format!("{}{field}", self.prefix))
    }
}
