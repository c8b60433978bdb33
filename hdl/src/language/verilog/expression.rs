//! Expressions as text, on one line or, where that grows too long, on several.

use super::layout::{INDENT, LINE_WIDTH};
use crate::language::bits::Bits;
use crate::language::expression::{Binary, Compare, Kind, NodeId, Reduce, Unary};
use crate::language::module::Module;
use crate::language::signal_type::Type;

/// A sized literal.
pub(super) fn literal(bits: &Bits, ty: Type) -> String {
    let width = ty.width;
    let hexadecimal = || {
        let digits: String = bits.words().iter().rev().map(|word| format!("{word:016x}")).collect();
        let count = width.div_ceil(4) as usize;
        digits[digits.len() - count..].to_string()
    };
    match (ty.signed, width) {
        (false, 1) => format!("1'b{}", bits.words()[0]),
        (false, 17..=64) if bits.words()[0] > 0xFFFF => format!("{width}'h{}", hexadecimal()),
        (false, 2..=64) => format!("{width}'d{}", bits.words()[0]),
        (false, _) => format!("{width}'h{}", hexadecimal()),
        (true, 1..=63) if !bits.bit(width - 1) => format!("{width}'sd{}", bits.words()[0]),
        (true, 1..=63) if bits.words()[0] != 1 << (width - 1) => {
            format!("-{width}'sd{}", (1u64 << width) - bits.words()[0])
        }
        (true, _) => format!("{width}'sh{}", hexadecimal()),
    }
}

fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::And => "&",
        Binary::Or => "|",
        Binary::Xor => "^",
    }
}

fn compare_symbol(operator: Compare) -> &'static str {
    match operator {
        Compare::Equal => "==",
        Compare::NotEqual => "!=",
        Compare::Less => "<",
        Compare::LessEqual => "<=",
    }
}

fn reduce_symbol(operator: Reduce) -> &'static str {
    match operator {
        Reduce::And => "&",
        Reduce::Or => "|",
        Reduce::Xor => "^",
    }
}

/// The part `[high:low]` of a signal of `width` bits; a scalar has none.
fn range_of(width: u32, low: u32, count: u32) -> String {
    match (width, count) {
        (1, _) => String::new(),
        (_, 1) => format!("[{low}]"),
        _ => format!("[{}:{low}]", low + count - 1),
    }
}

/// The parts of a chain of one associative operator, left to right, so that it prints flat.
fn chain(module: &Module, node: NodeId, operator: Binary) -> Vec<NodeId> {
    match module.node(node).kind {
        Kind::Binary(inner, a, b) if inner == operator && operator != Binary::Subtract => {
            let mut parts = chain(module, a, operator);
            parts.push(b);
            parts
        }
        _ => vec![node],
    }
}

/// The operand of a concatenation, where a sign means nothing.
fn bare(module: &Module, node: NodeId) -> NodeId {
    match module.node(node).kind {
        Kind::Cast(inner) => bare(module, inner),
        _ => node,
    }
}

fn extended(module: &Module, a: NodeId, ty: Type) -> String {
    let from = module.node(a).ty.width;
    let (name, added) = (flat(module, a), ty.width - from);
    let sign = range_of(from, from - 1, 1);
    if ty.signed && added == 1 {
        format!("$signed({{{name}{sign}, {name}}})")
    } else if ty.signed {
        format!("$signed({{{{{added}{{{name}{sign}}}}}, {name}}})")
    } else {
        format!("{{{added}'d0, {name}}}")
    }
}

/// The expression on one line, in its own parentheses where it has an operator.
pub(super) fn flat(module: &Module, id: NodeId) -> String {
    let node = module.node(id);
    let text = |operand: &NodeId| flat(module, *operand);
    match &node.kind {
        Kind::Constant(bits) => literal(bits, node.ty),
        Kind::Named(name) => module.name(*name).text.clone(),
        Kind::Unary(Unary::Not, a) => format!("~{}", text(a)),
        Kind::Unary(Unary::Negate, a) => format!("(-{})", text(a)),
        Kind::Reduce(operator, a) => match module.node(*a).kind {
            Kind::Unary(..) => format!("({}({}))", reduce_symbol(*operator), text(a)),
            _ => format!("({}{})", reduce_symbol(*operator), text(a)),
        },
        Kind::Binary(operator, a, b) => {
            let mut parts = chain(module, *a, *operator);
            parts.push(*b);
            let parts: Vec<String> = parts.iter().map(text).collect();
            format!("({})", parts.join(&format!(" {} ", symbol(*operator))))
        }
        Kind::Compare(operator, a, b) => {
            format!("({} {} {})", text(a), compare_symbol(*operator), text(b))
        }
        Kind::Select(c, a, b) => format!("({} ? {} : {})", text(c), text(a), text(b)),
        Kind::Slice(a, low) => {
            format!("{}{}", text(a), range_of(module.node(*a).ty.width, *low, node.ty.width))
        }
        Kind::Concat(parts) => {
            let parts: Vec<String> =
                parts.iter().map(|part| flat(module, bare(module, *part))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Kind::Repeat(a, count) => format!("{{{count}{{{}}}}}", flat(module, bare(module, *a))),
        Kind::Extend(a) => extended(module, *a, node.ty),
        Kind::Cast(a) if node.ty.signed => format!("$signed({})", strip(&text(a))),
        Kind::Cast(a) => format!("$unsigned({})", strip(&text(a))),
        Kind::ShiftRight(a, by) if node.ty.signed => format!("({} >>> {by})", text(a)),
        Kind::ShiftRight(a, by) => format!("({} >> {by})", text(a)),
        Kind::ShiftLeft(a, by) => format!("({} << {by})", text(a)),
        Kind::ShiftRightBy(a, by) if node.ty.signed => format!("({} >>> {})", text(a), text(by)),
        Kind::ShiftRightBy(a, by) => format!("({} >> {})", text(a), text(by)),
        Kind::ShiftLeftBy(a, by) => format!("({} << {})", text(a), text(by)),
        Kind::MemoryWord(memory, a) => {
            format!("{}[{}]", module.memories[memory.0 as usize].text, strip(&text(a)))
        }
    }
}

/// Without the outermost pair of parentheses, where the whole text stands in one.
fn strip(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return text;
    };
    let mut depth = 0i32;
    for character in inner.chars() {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            return text;
        }
    }
    inner
}

/// The expression as the right side of a statement whose text so far takes `column` columns;
/// continuation lines are indented from `indent`. The target has the expression's width, so a cast
/// of the whole means nothing and is left out.
pub(super) fn statement(module: &Module, id: NodeId, column: usize, indent: usize) -> String {
    let id = bare(module, id);
    let broken = broken(module, id, column, indent);
    strip(&broken).to_string()
}

/// The expression over several lines, as far as its width asks for it.
fn broken(module: &Module, id: NodeId, column: usize, indent: usize) -> String {
    let whole = flat(module, id);
    if column + whole.len() < LINE_WIDTH {
        return whole;
    }
    let inner = indent + INDENT;
    let pad = " ".repeat(inner);
    let text = |operand: &NodeId| broken(module, *operand, inner + 2, inner);
    match &module.node(id).kind {
        Kind::Binary(operator, a, b) => {
            let mut parts = chain(module, *a, *operator);
            parts.push(*b);
            let separator = format!("\n{pad}{} ", symbol(*operator));
            format!("({})", parts.iter().map(text).collect::<Vec<_>>().join(&separator))
        }
        Kind::Compare(operator, a, b) => {
            format!("({}\n{pad}{} {})", text(a), compare_symbol(*operator), text(b))
        }
        Kind::Select(c, a, b) => {
            format!("({}\n{pad}? {}\n{pad}: {})", text(c), text(a), text(b))
        }
        Kind::Concat(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| text(&bare(module, *part))).collect();
            format!("{{\n{pad}{}\n{}}}", fill(&parts, inner), " ".repeat(indent))
        }
        Kind::Cast(a) if module.node(id).ty.signed => format!("$signed({})", strip(&text(a))),
        Kind::Cast(a) => format!("$unsigned({})", strip(&text(a))),
        Kind::Reduce(operator, a) => format!("({}{})", reduce_symbol(*operator), text(a)),
        Kind::Repeat(a, count) => format!("{{{count}{{{}}}}}", text(a)),
        _ => whole,
    }
}

/// Comma-separated parts, as many on a line as fit.
fn fill(parts: &[String], indent: usize) -> String {
    let mut lines = vec![String::new()];
    for (index, part) in parts.iter().enumerate() {
        let comma = if index + 1 < parts.len() { "," } else { "" };
        let line = lines.last().map_or(0, String::len);
        if line > 0 && indent + line + part.len() + 2 >= LINE_WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{space}{part}{comma}"));
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// An expression on one line, for messages.
pub(crate) fn describe(module: &Module, node: NodeId) -> String {
    let text = flat(module, node);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
