//! Patterns of strangers: bounded in size, and in the time that a text can make them take.

use serde_json::Value;
use weights::shown::shown;

const BYTES_MAX: usize = 4096;
/// Largest product of the repetitions that a pattern counts: it is unrolled that many times.
const REPETITIONS_MAX: u64 = 1000;
/// What makes a pattern one that is matched by trying, rather than in one pass over the text.
const BACKTRACKING: [&str; 10] =
    ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "*+", "++", "?+", "}+"];
/// What only such a pattern can do, and no published tokenizer does.
const REFUSED: [&str; 5] = ["\\k", "\\K", "\\G", "(?P=", "(?P>"];

/// A pattern, as the field `pattern` of a part holds it.
pub(super) enum Pattern<'a> {
    /// Its text itself.
    Text(&'a str),
    /// A regular expression.
    Regex,
}

/// Reads and checks the field `pattern` of the part at `place`.
pub(super) fn read<'a>(part: &'a Value, place: &str) -> Result<Pattern<'a>, String> {
    let place = format!("{place}.pattern");
    let fields = part.get("pattern").and_then(Value::as_object);
    let found = match fields.map(|fields| fields.iter().collect::<Vec<_>>()).as_deref() {
        Some([(kind, Value::String(text))]) if *kind == "String" => Pattern::Text(text),
        Some([(kind, Value::String(text))]) if *kind == "Regex" => {
            check(text).map_err(|reason| format!("`{place}` {reason}: `{}`", brief(text)))?;
            Pattern::Regex
        }
        _ => return Err(format!("`{place}` is neither a String nor a Regex")),
    };
    match found {
        Pattern::Text("") => Err(format!("`{place}` is empty: it is found everywhere")),
        Pattern::Text(text) if text.len() > BYTES_MAX => {
            Err(format!("`{place}` is longer than {BYTES_MAX} bytes"))
        }
        found => Ok(found),
    }
}

fn brief(text: &str) -> String {
    shown(text).chars().take(80).collect()
}

/// Refuses a pattern whose size or time is not bounded by its length.
fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty: it is found everywhere".to_owned());
    }
    if text.len() > BYTES_MAX {
        return Err(format!("is longer than {BYTES_MAX} bytes"));
    }
    let parts = Parts::of(text);
    if parts.repetitions > REPETITIONS_MAX {
        return Err(format!("counts to more than {REPETITIONS_MAX}"));
    }
    if parts.refers_back || REFUSED.iter().any(|construct| parts.plain.contains(construct)) {
        return Err("refers to what it has found before".to_owned());
    }
    let tries = BACKTRACKING.iter().any(|construct| parts.plain.contains(construct));
    if tries && parts.repeats_group {
        return Err("repeats a group and looks around: it may try for ever".to_owned());
    }
    Ok(())
}

/// What matters of a regular expression.
struct Parts {
    /// The text without escapes and without classes in brackets.
    plain: String,
    /// Product of the largest counts in braces.
    repetitions: u64,
    /// Whether a group is repeated without bound or by a count.
    repeats_group: bool,
    /// Whether there is a reference such as `\1`.
    refers_back: bool,
}

impl Parts {
    fn of(text: &str) -> Parts {
        let mut parts = Parts {
            plain: String::new(),
            repetitions: 1,
            repeats_group: false,
            refers_back: false,
        };
        let mut characters = text.chars().peekable();
        let mut class_depth = 0u32;
        while let Some(c) = characters.next() {
            match c {
                '\\' => {
                    let escaped = characters.next();
                    if class_depth == 0 {
                        let escaped = escaped.unwrap_or('\\');
                        parts.refers_back |= escaped.is_ascii_digit();
                        // Letters that need not be told apart from others stand for a class.
                        let kept = "kKG".contains(escaped);
                        parts.plain.push_str(if kept { "\\" } else { "" });
                        parts.plain.push(if kept { escaped } else { 'x' });
                    }
                }
                '[' => class_depth += 1,
                ']' if class_depth > 0 => {
                    class_depth -= 1;
                    parts.plain.push_str(if class_depth == 0 { "x" } else { "" });
                }
                _ if class_depth > 0 => {}
                c => {
                    let after_group = parts.plain.ends_with(')');
                    if c == '{' {
                        let rest: String = characters.clone().take_while(|&c| c != '}').collect();
                        let largest = rest.split(',').filter_map(|n| n.trim().parse::<u64>().ok());
                        let largest = largest.max().unwrap_or(1).max(1);
                        parts.repetitions = parts.repetitions.saturating_mul(largest);
                    }
                    parts.repeats_group |= after_group && "*+{".contains(c);
                    parts.plain.push(c);
                }
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_published_tokenizers_pass_and_traps_do_not() {
        let published = [
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
            r" {2,}",
            r"[0-9][0-9][0-9]",
        ];
        for text in published {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        let traps = [
            "",
            r"(a+)+(?!b)",
            r"(?:a|a)*(?=c)",
            r"\p{N}{1,3}(?=(\d{3})*\b)",
            r"(a)\1",
            r"(?P<n>a)(?P=n)",
            r"(?:a{1000}){1000}",
            r"(?:(?:a{99}){99}){99}",
            r"a\Kb",
        ];
        for text in traps {
            assert!(check(text).is_err(), "{text}");
        }
        assert!(check(&"a".repeat(BYTES_MAX + 1)).is_err());
    }
}
