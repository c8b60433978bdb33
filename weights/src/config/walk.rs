//! Holds a parsed file against the schema, and finds the places of its keys.

use super::diagnostic::{ConfigError, Source, shorten};
use super::schema::{Kind, SCHEMA, alternatives, description, expected, kind, required};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// Checks every key, type, limit and choice; the first wrong one in the file is the error.
pub(super) fn check(source: &Source, root: &DeTable<'_>) -> Result<(), ConfigError> {
    let Kind::Table(keys) = kind(&SCHEMA) else { unreachable!("a design is a table") };
    Walk { source }.table("", &SCHEMA, keys, root, root_place(source.text()))
}

/// The place of the value of a dotted key; of its table, if the key has its default.
pub(super) fn span_of(root: &DeTable<'_>, path: &str) -> Range<usize> {
    let (mut table, mut span) = (root, 0..0);
    for key in path.split('.') {
        let Some(value) = table.get(key) else { return span };
        span = value.span();
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return span,
        }
    }
    span
}

/// Where a table would be added: at the last line that says something.
fn root_place(text: &str) -> Range<usize> {
    let end = text.trim_end().len();
    let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    start..end
}

struct Walk<'a> {
    source: &'a Source,
}

impl Walk<'_> {
    /// A table: `path` is its dotted name, empty for the whole file, `place` its header.
    fn table(
        &self,
        path: &str,
        node: &Value,
        keys: &Map<String, Value>,
        table: &DeTable<'_>,
        place: Range<usize>,
    ) -> Result<(), ConfigError> {
        for (key, value) in table {
            match keys.get(key.get_ref().as_ref()) {
                Some(node) => self.value(path, key.get_ref(), node, value)?,
                None => return Err(self.unknown_key(path, keys, key.get_ref(), key.span())),
            }
        }
        match required(node).find(|key| !table.contains_key(*key)) {
            Some(key) => Err(self.missing_key(path, key, &keys[key], place)),
            None => Ok(()),
        }
    }

    fn value(
        &self,
        path: &str,
        key: &str,
        node: &Value,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ConfigError> {
        match (kind(node), value.get_ref()) {
            (Kind::Table(keys), DeValue::Table(table)) => {
                self.table(&join(path, key), node, keys, table, value.span())
            }
            (Kind::Choice(forms), DeValue::String(name)) => {
                if forms.iter().any(|form| form["const"] == name.as_ref()) {
                    return Ok(());
                }
                let message = format!("{key} \"{}\" does not exist", shorten(name));
                Err(self.source.error_at(value.span(), &message, &choose(node)))
            }
            (Kind::Integer(min, max), DeValue::Integer(number)) => {
                self.integer(key, number, min, max, value.span())
            }
            (Kind::Text, DeValue::String(_)) => Ok(()),
            (wanted, other) => {
                let (wanted, remedy) = match wanted {
                    Kind::Table(_) => {
                        let name = join(path, key);
                        ("a table", format!("write [{name}] on a line and its keys below it"))
                    }
                    Kind::Integer(..) => ("a whole number", choose(node)),
                    Kind::Choice(_) | Kind::Text => ("a string", choose(node)),
                };
                let message = format!("{key} is {}, not {wanted}", type_name(other));
                Err(self.source.error_at(value.span(), &message, &remedy))
            }
        }
    }

    fn integer(
        &self,
        key: &str,
        number: &DeInteger<'_>,
        min: i128,
        max: i128,
        span: Range<usize>,
    ) -> Result<(), ConfigError> {
        // A number of more digits than any integer holds is beyond the limit on its side.
        let beyond = if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
        let value = i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(beyond);
        let (side, limit) = match (value < min, value > max) {
            (true, _) => ("below", min),
            (_, true) => ("above", max),
            _ => return Ok(()),
        };
        let written = self.source.quote(span.clone());
        let message = format!("{key} {written} is {side} the limit of {limit}");
        Err(self.source.error_at(span, &message, &format!("choose {min}..={max}")))
    }

    fn unknown_key(
        &self,
        path: &str,
        keys: &Map<String, Value>,
        key: &str,
        span: Range<usize>,
    ) -> ConfigError {
        let message = format!("{} is no key of {}", shorten(key), table_name(path));
        let remedy = match (nearest(key, keys.keys()), home(&SCHEMA, "", key)) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, Some(table)) => format!("it belongs to {}", table_name(&table)),
            (None, None) => format!("choose {}", alternatives(keys.keys().cloned().collect())),
        };
        self.source.error_at(span, &message, &remedy)
    }

    fn missing_key(&self, path: &str, key: &str, node: &Value, place: Range<usize>) -> ConfigError {
        match kind(node) {
            Kind::Table(_) => {
                let name = join(path, key);
                let keys = alternatives_and(required(node));
                let message = format!("the table [{name}] is missing");
                let remedy = format!("add [{name}] below, with {keys}");
                self.source.error_at(place, &message, &remedy)
            }
            wanted => {
                let message = format!("{key} is missing from {}", table_name(path));
                let about = description(node);
                let about = about.split(['.', ';', ':']).next().unwrap_or_default();
                // A key of the whole file must stand before the first table.
                let (place, side) =
                    if path.is_empty() { (0..0, "above") } else { (place, "below") };
                let value = match wanted {
                    Kind::Text => "\"...\"".into(),
                    _ => expected(node),
                };
                let remedy = format!("add {key} = {value} {side}: {about}");
                self.source.error_at(place, &message, &remedy)
            }
        }
    }
}

fn choose(node: &Value) -> String {
    format!("choose {}", expected(node))
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

fn table_name(path: &str) -> String {
    if path.is_empty() { "the top level".into() } else { format!("[{path}]") }
}

fn alternatives_and<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    alternatives(keys.map(String::from).collect()).replace(" or ", " and ")
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The key that a mistyped one most likely stands for: at most a third of it differs.
fn nearest<'a>(key: &str, keys: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let near = |other: &&String| distance(key, other) <= key.chars().count().min(12).div_ceil(3);
    keys.filter(near).min_by_key(|other| distance(key, other))
}

/// The table of the design that has a key of this name.
fn home(node: &Value, path: &str, key: &str) -> Option<String> {
    let Kind::Table(keys) = kind(node) else { return None };
    if keys.contains_key(key) {
        return Some(path.into());
    }
    keys.iter().find_map(|(name, node)| home(node, &join(path, name), key))
}

/// How many characters to insert, remove or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
