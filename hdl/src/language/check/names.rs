//! Legal and unique names.

use super::error::CheckError;
use crate::language::module::{Item, Module};
use std::collections::BTreeSet;

/// Words that Verilog-2005, SystemVerilog or VHDL tools in reach reserve.
const RESERVED: &[&str] = &[
    "always",
    "and",
    "assign",
    "automatic",
    "begin",
    "bit",
    "buf",
    "byte",
    "case",
    "casex",
    "casez",
    "cell",
    "checker",
    "class",
    "clocking",
    "config",
    "const",
    "context",
    "cover",
    "cross",
    "deassign",
    "default",
    "defparam",
    "design",
    "disable",
    "do",
    "edge",
    "else",
    "end",
    "endcase",
    "endmodule",
    "enum",
    "event",
    "expect",
    "export",
    "extends",
    "extern",
    "final",
    "first_match",
    "for",
    "force",
    "foreach",
    "forever",
    "fork",
    "function",
    "generate",
    "genvar",
    "global",
    "highz0",
    "highz1",
    "if",
    "iff",
    "ifnone",
    "import",
    "include",
    "initial",
    "inout",
    "input",
    "inside",
    "instance",
    "int",
    "integer",
    "interface",
    "join",
    "large",
    "let",
    "library",
    "local",
    "localparam",
    "logic",
    "longint",
    "macromodule",
    "matches",
    "medium",
    "modport",
    "module",
    "nand",
    "negedge",
    "new",
    "nor",
    "not",
    "null",
    "or",
    "output",
    "package",
    "packed",
    "parameter",
    "posedge",
    "primitive",
    "priority",
    "program",
    "property",
    "protected",
    "pull0",
    "pull1",
    "pure",
    "rand",
    "real",
    "realtime",
    "ref",
    "reg",
    "release",
    "repeat",
    "restrict",
    "return",
    "scalared",
    "sequence",
    "shortint",
    "shortreal",
    "signed",
    "small",
    "solve",
    "specify",
    "specparam",
    "static",
    "string",
    "strong",
    "struct",
    "super",
    "supply0",
    "supply1",
    "table",
    "tagged",
    "task",
    "this",
    "throughout",
    "time",
    "timeprecision",
    "timeunit",
    "tran",
    "tri",
    "type",
    "typedef",
    "union",
    "unique",
    "unsigned",
    "use",
    "var",
    "vectored",
    "virtual",
    "void",
    "wait",
    "wand",
    "weak",
    "while",
    "wildcard",
    "wire",
    "with",
    "within",
    "wor",
    "xnor",
    "xor",
];

pub(super) fn check(module: &Module) -> Result<(), CheckError> {
    let unused = module.items.iter().filter_map(|item| match item {
        Item::Unused(name, ..) => Some(name.as_str()),
        _ => None,
    });
    let texts = ["clk_i", "rst_i", module.name.as_str()]
        .into_iter()
        .chain(module.names.iter().map(|name| name.text.as_str()))
        .chain(module.memories.iter().map(|memory| memory.text.as_str()))
        .chain(module.instances.iter().map(|instance| instance.text.as_str()))
        .chain(module.clock.as_deref())
        .chain(module.properties().map(|property| property.name.as_str()))
        .chain(unused);
    let mut seen = BTreeSet::new();
    for name in texts {
        let fault = |name: &str| (module.name.clone(), name.to_string());
        if !legal(name) {
            let (module, name) = fault(name);
            return Err(CheckError::IllegalName { module, name });
        }
        if !seen.insert(name) {
            let (module, name) = fault(name);
            return Err(CheckError::DuplicateName { module, name });
        }
    }
    Ok(())
}

/// Words in lower case, or, for constants, in upper case.
fn legal(name: &str) -> bool {
    let words = |letter: fn(char) -> bool| {
        name.starts_with(letter)
            && name.chars().all(|c| letter(c) || c.is_ascii_digit() || c == '_')
    };
    let cased = words(|c| c.is_ascii_lowercase()) || words(|c| c.is_ascii_uppercase());
    cased && !RESERVED.contains(&name)
}
