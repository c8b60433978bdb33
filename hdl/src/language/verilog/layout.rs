//! Columns, comments and alignment.

use crate::language::signal_type::Type;

/// Where lines end, if they can.
pub(super) const LINE_WIDTH: usize = 100;
/// One level of indentation.
pub(super) const INDENT: usize = 4;

/// A paragraph as comment lines, wrapped.
pub(super) fn comment(text: &str, indent: usize) -> String {
    let lead = format!("{}//", " ".repeat(indent));
    let mut lines = String::new();
    for paragraph in text.split('\n') {
        if lead.len() + 1 + paragraph.len() <= LINE_WIDTH {
            lines.push_str(format!("{lead} {paragraph}").trim_end());
            lines.push('\n');
            continue;
        }
        let mut line = lead.clone();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            if line.len() + 1 + word.len() > LINE_WIDTH && line.len() > lead.len() {
                lines.push_str(&format!("{line}\n"));
                line = lead.clone();
            }
            line.push_str(&format!(" {word}"));
        }
        lines.push_str(&format!("{line}\n"));
    }
    lines
}

/// Rows of cells as lines, each column but the last padded to its widest cell.
pub(super) fn align(rows: &[Vec<String>], indent: usize) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > 1).filter_map(|row| row.get(column));
        cells.map(String::len).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut text = " ".repeat(indent);
        for (column, cell) in row.iter().enumerate() {
            let pad = if column + 1 == row.len() { 0 } else { widths[column] - cell.len() };
            let gap = if column == 0 || widths[column - 1] == 0 { "" } else { " " };
            text.push_str(&format!("{gap}{cell}{}", " ".repeat(pad)));
        }
        text.trim_end().to_string()
    };
    rows.iter().map(line).collect()
}

/// `signed [11:0]`, or nothing for a single unsigned bit.
pub(super) fn range(ty: Type) -> String {
    let sign = if ty.signed { "signed " } else { "" };
    match ty.width {
        1 => sign.trim_end().to_string(),
        width => format!("{sign}[{}:0]", width - 1),
    }
}

pub(super) fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
