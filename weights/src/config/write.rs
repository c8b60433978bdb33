//! A design as TOML text, with or without the comments of the schema.

use super::design::Design;
use super::schema::{Kind, SCHEMA, description, expected, form_text, kind};
use serde_json::Value as Node;
use toml::{Table, Value};

/// The width that comments are wrapped to.
const COMMENT_WIDTH: usize = 100;

impl Design {
    /// The whole configuration as TOML, defaults included: parsing it gives the same design.
    pub fn to_toml(&self) -> String {
        write(self, false)
    }

    /// As [`Design::to_toml`], with each key's comment from the schema above it.
    pub fn to_commented_toml(&self) -> String {
        write(self, true)
    }
}

/// Writes every key of a design in the order of its types.
fn write(design: &Design, comments: bool) -> String {
    let table = match Table::try_from(design) {
        Ok(table) => table,
        Err(error) => panic!("a design is a table of numbers and names: {error}"),
    };
    let mut text = String::new();
    if comments {
        comment(&mut text, "# ", &description(&SCHEMA));
        text.push('\n');
    }
    write_table(&mut text, "", &table, &SCHEMA, comments);
    text
}

/// Writes the values of a table, then the tables in it.
fn write_table(text: &mut String, path: &str, table: &Table, node: &Node, comments: bool) {
    let Kind::Table(keys) = kind(node) else { unreachable!("{path} is a table") };
    let is_table = |key: &str| matches!(kind(&keys[key]), Kind::Table(_));
    for (key, value) in table.iter().filter(|(key, _)| !is_table(key)) {
        if comments {
            comment_key(text, &keys[key]);
        }
        text.push_str(&format!("{key} = {value}\n"));
    }
    for (key, value) in table.iter().filter(|(key, _)| is_table(key)) {
        let Value::Table(inner) = value else { unreachable!("{key} is a table") };
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        text.push('\n');
        if comments {
            comment(text, "# ", &description(&keys[key]));
        }
        text.push_str(&format!("[{name}]\n"));
        write_table(text, &name, inner, &keys[key], comments);
    }
}

/// The comment of a key: what it means and what it can be.
fn comment_key(text: &mut String, node: &Node) {
    let meaning = description(node);
    match kind(node) {
        Kind::Integer(..) => comment(text, "# ", &format!("{meaning} {}.", expected(node))),
        Kind::Choice(forms) => {
            comment(text, "# ", &meaning);
            for form in forms {
                let line = format!("{}: {}", form_text(form), description(form));
                comment(text, "#   ", &line);
            }
        }
        _ => comment(text, "# ", &meaning),
    }
}

/// Appends a text as comment lines of at most [`COMMENT_WIDTH`] characters.
fn comment(text: &mut String, prefix: &str, words: &str) {
    let mut width = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count() + 1;
        if width == 0 || width + length > COMMENT_WIDTH {
            if width > 0 {
                text.push('\n');
            }
            text.push_str(prefix.trim_end_matches(' '));
            let blanks = prefix.len() - prefix.trim_end_matches(' ').len() - 1;
            text.push_str(&" ".repeat(blanks));
            width = prefix.len() - 1;
        }
        text.push(' ');
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}
