//! The JSON schema of a design, and reading it.

use super::design::Design;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::sync::LazyLock;

/// The JSON schema of a design as indented text: editors complete and check a configuration by it.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&*SCHEMA).unwrap_or_default();
    text.push('\n');
    text
}

/// The schema as a value. Everything is inline, so that a node says all about its key.
pub(super) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<Design>().to_value()
});

/// What a node of the schema asks of a value.
pub(super) enum Kind<'a> {
    /// A table with these keys.
    Table(&'a serde_json::Map<String, Value>),
    /// One of several names.
    Choice(&'a [Value]),
    /// A whole number within limits.
    Integer(i128, i128),
    /// Any string.
    Text,
}

/// Reads one node.
pub(super) fn kind(node: &Value) -> Kind<'_> {
    if let Some(forms) = node["oneOf"].as_array() {
        return Kind::Choice(forms);
    }
    let limit = |name: &str, default: i64| i128::from(node[name].as_i64().unwrap_or(default));
    match (node["type"].as_str(), node["properties"].as_object()) {
        (_, Some(keys)) => Kind::Table(keys),
        (Some("integer"), _) => {
            Kind::Integer(limit("minimum", i64::MIN), limit("maximum", i64::MAX))
        }
        _ => Kind::Text,
    }
}

/// The keys that a table must have, in the order of the design.
pub(super) fn required(node: &Value) -> impl Iterator<Item = &str> {
    node["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A value of the node as one would write it: `1..=256`, `"dense" or "event"`.
pub(super) fn expected(node: &Value) -> String {
    match kind(node) {
        Kind::Table(_) => "a table".into(),
        Kind::Choice(forms) => alternatives(forms.iter().map(form_text).collect()),
        Kind::Integer(min, max) => format!("{min}..={max}"),
        Kind::Text => "a name in quotes".into(),
    }
}

/// One form of a choice as one would write it, with its quotes.
pub(super) fn form_text(form: &Value) -> String {
    form["const"].to_string()
}

/// `a, b or c`.
pub(super) fn alternatives(mut items: Vec<String>) -> String {
    match (items.pop(), items.is_empty()) {
        (Some(last), false) => format!("{} or {last}", items.join(", ")),
        (Some(last), true) => last,
        (None, _) => String::new(),
    }
}

/// The first paragraph of a node's comment.
pub(super) fn description(node: &Value) -> String {
    let text = node["description"].as_str().unwrap_or_default();
    text.split("\n\n").next().unwrap_or_default().replace('\n', " ")
}
