//! Texts of others on a terminal: names, paths and prompts must not move its cursor, nor look like a
//! line that this program printed.

use std::fmt::Write as _;
use std::path::Path;

/// A text on one line: every control character, line ends too, as an escape such as `\n` or
/// `\u{1b}`.
pub fn shown(text: &str) -> String {
    escaped(text, |_| false)
}

/// A text of several lines: as [`shown`], but for line ends and tabulators, which stay.
pub fn shown_lines(text: &str) -> String {
    escaped(text, |c| c == '\n' || c == '\t')
}

/// A path on one line, as [`shown`].
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy())
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if stays(c) || !moves(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => drop(write!(shown, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    shown
}

/// Whether a character does something else than to stand in its place: control characters, line and
/// paragraph separators, and what changes the direction of writing.
fn moves(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_stays() {
        let name = "m\u{1b}[2K\u{1b}[1GRTL = reference\r\n\u{9b}8m\u{202e}\u{7f}\0\u{8}";
        let line = shown(name);
        assert_eq!(
            line,
            "m\\u{1b}[2K\\u{1b}[1GRTL = reference\\r\\n\\u{9b}8m\\u{202e}\\u{7f}\\u{0}\\u{8}"
        );
        assert!(shown_lines("a\tb\nc\r").ends_with("a\tb\nc\\r"));
        let every: String = (0..=0x2070).filter_map(char::from_u32).collect();
        assert!(!shown(&every).chars().any(moves));
        assert_eq!(shown("日 é ▁ 🙂"), "日 é ▁ 🙂");
    }
}
