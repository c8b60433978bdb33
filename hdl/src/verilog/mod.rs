//! The printer: checked modules in, Verilog-2005 out.
//!
//! Every literal is sized and every inner parenthesis printed, so no reader and no tool needs to
//! remember a precedence table. Only constructs that Verilator, Icarus 11 and Yosys accept without
//! a warning are used.

mod clocked;
mod expression;
mod layout;
mod module;

use crate::check::Checked;
use crate::expression::NodeId;
use crate::module::Module;

/// One printed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// `<module>.v`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Prints every module below the top once, children first, each to its own file.
pub fn print(design: &Checked) -> Vec<SourceFile> {
    design
        .modules()
        .iter()
        .map(|module| SourceFile {
            name: format!("{}.v", module.name),
            text: module::print_module(module),
        })
        .collect()
}

/// An expression on one line, for messages.
pub(crate) fn describe(module: &Module, node: NodeId) -> String {
    let text = expression::flat(module, node);
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
