//! Both ends of the range that the commented design documents for each key generate a machine.
//!
//! Where keys depend on each other, an end is refused by a message that names another key and the
//! value to choose. Here the messages are followed, one after the other, until the machine is there.

use crate::command;
use cosim::commands::Exit;
use std::collections::BTreeMap;
use std::path::Path;
use weights::config::starter;

/// Messages that are followed before an end counts as one that no setting makes work.
const MESSAGES_MAX: usize = 12;

/// Settings that an end needs whose message could only name the key itself.
fn together(key: &str, end: u64) -> &'static [(&'static str, u64)] {
    match (key, end) {
        ("array.planes", 1) => &[("machine.attention_bits", 1), ("machine.head_bits", 1)],
        ("machine.attention_bits" | "machine.head_bits", 8) => &[("array.planes", 8)],
        ("array.lanes" | "array.slots", 2) => &[("machine.elements", 2)],
        ("machine.elements", 16) => &[("array.lanes", 16), ("array.slots", 16)],
        ("sample.heads", 1) => &[("sample.key_value_heads", 1)],
        ("sample.key_value_heads", 120) => &[("sample.heads", 120)],
        ("sample.head_width", 1024) => &[("sample.context", 8)],
        _ => &[],
    }
}

/// Ends that the sample network is too large for: the message raises the key itself.
const RAISED: [&str; 2] = ["array.acc_width", "machine.count_width"];

/// A line of a design: its key with its section, if it has one whose value is a whole number.
fn keys(design: &str) -> Vec<Option<String>> {
    let mut section = String::new();
    let key = |line: &str| {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
            return None;
        }
        let (key, value) = line.split_once(" = ")?;
        value.parse::<u64>().ok().map(|_| format!("{section}{key}"))
    };
    design.lines().map(key).collect()
}

/// The range at the end of a comment.
fn range(line: &str) -> Option<(u64, u64)> {
    let words = line.strip_prefix('#')?.trim_end_matches('.').trim_end();
    let (low, high) = words.rsplit(' ').next()?.split_once("..=")?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

/// Every documented key with its range.
fn documented(design: &str) -> Vec<(String, (u64, u64))> {
    let (mut found, mut last) = (Vec::new(), None);
    for (line, key) in design.lines().zip(keys(design)) {
        last = range(line).or(last);
        if let Some(key) = key
            && let Some(range) = last.take()
        {
            found.push((key, range));
        }
    }
    found
}

/// The design with some keys changed.
fn with(design: &str, changes: &BTreeMap<String, u64>) -> String {
    let lines = design.lines().zip(keys(design)).map(|(line, key)| {
        match key.and_then(|key| changes.get(&key)) {
            Some(value) => format!("{}= {value}", line.split('=').next().unwrap_or(line)),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a message says to choose: the key at its line, and the number.
fn advice(message: &str, design: &str) -> Option<(String, u64)> {
    let (_, place) = message.split_once("--> ")?;
    let line: usize = place.split(':').nth(1)?.parse().ok()?;
    let key = keys(design).get(line - 1)?.clone()?;
    let said = ["raise this to ", "choose "].iter().find_map(|word| message.split(word).nth(1))?;
    let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
    Some((key, digits.parse().ok()?))
}

/// Generates with one key at an end, following what messages say.
fn generate(folder: &Path, design: &str, key: &str, end: u64) -> Result<(), String> {
    let (file, out) = (folder.join("design.toml"), folder.join("out"));
    let mut changes = BTreeMap::from([(key.to_owned(), end)]);
    changes.extend(together(key, end).iter().map(|&(key, value)| (key.to_owned(), value)));
    for _ in 0..MESSAGES_MAX {
        let changed = with(design, &changes);
        std::fs::write(&file, &changed).unwrap();
        let paths = [file.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let (exit, message) = command(&[&["generate"], &paths[..]].concat());
        if exit == Exit::Success {
            return Ok(());
        }
        match advice(&message, &changed) {
            Some((named, _)) if named == key && !RAISED.contains(&key) => return Err(message),
            Some((named, value)) if changes.get(&named) != Some(&value) => {
                changes.insert(named, value);
            }
            _ => return Err(message),
        }
    }
    Err("the messages lead nowhere".to_owned())
}

#[test]
fn both_ends_of_every_documented_key_generate() {
    let folder = tempfile::tempdir().unwrap();
    let design = starter();
    let documented = documented(design);
    assert!(documented.len() >= 20, "{documented:?}");
    let mut faults = Vec::new();
    for (key, (low, high)) in documented {
        for end in [low, high] {
            if let Err(message) = generate(folder.path(), design, &key, end) {
                faults.push(format!("{key} = {end}: {message}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_shortest_contexts_run() {
    let folder = tempfile::tempdir().unwrap();
    let design = starter();
    let out = folder.path().join("out");
    for key in ["machine.context", "sample.context"] {
        for context in [1, 2, 3] {
            let file = folder.path().join("short.toml");
            let changes = BTreeMap::from([(key.to_owned(), context)]);
            std::fs::write(&file, with(design, &changes)).unwrap();
            let paths = [file.to_str().unwrap(), "--out", out.to_str().unwrap()];
            let (exit, message) = command(&[&["run", "--tokens", "1"], &paths[..]].concat());
            assert_eq!(exit, Exit::Success, "{key} = {context}: {message}");
            assert!(message.contains("RTL = reference"), "{message}");
        }
    }
}
