//! The printer: checked modules in, Verilog-2005 out.
//!
//! Every literal is sized and every inner parenthesis printed, so no reader and no tool needs to
//! remember a precedence table. Only constructs that Verilator, Icarus 11 and Yosys accept without
//! a warning are used.

mod clocked;
mod expression;
mod instance;
mod layout;
mod module;
mod properties;

pub(crate) use expression::describe;

use crate::language::check::Checked;
use crate::language::primitive::PRIMITIVES_FOLDER;
use module::Contents;
use std::collections::BTreeMap;

/// One printed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// `<module>.v`, `<module>.<memory>.hex`, or `primitives/<cell>.v` for the simulation model of a vendor's cell, which
    /// synthesis must not read.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Prints every module below the top once, children first, each to its own file; then the model of
/// every vendor's cell.
pub fn print(design: &Checked) -> Vec<SourceFile> {
    print_with(design, Contents::Inside)
}

/// As [`print`], with the contents of memories of many words in files beside, which the Verilog
/// reads with `$readmemh`: for synthesis, which takes minutes to read them word by word.
pub fn print_with_images(design: &Checked) -> Vec<SourceFile> {
    let mut files = print_with(design, Contents::Beside);
    for module in design.modules() {
        let beside = module.memories.iter().filter(|memory| Contents::Beside.are_beside(memory));
        files.extend(beside.map(|memory| SourceFile {
            name: module::image_name(module, memory),
            text: module::image(memory),
        }));
    }
    files
}

fn print_with(design: &Checked, contents: Contents) -> Vec<SourceFile> {
    let (cells, own): (Vec<_>, Vec<_>) =
        design.modules().iter().partition(|module| module.primitive().is_some());
    let own = own.into_iter().map(|module| SourceFile {
        name: format!("{}.v", module.name),
        text: module::print_module(module, contents),
    });
    let models: BTreeMap<&str, &str> = cells
        .iter()
        .filter_map(|module| module.primitive())
        .map(|primitive| (primitive.cell, primitive.model))
        .collect();
    let models = models.into_iter().map(|(cell, model)| SourceFile {
        name: format!("{PRIMITIVES_FOLDER}{cell}.v"),
        text: model.into(),
    });
    own.chain(models).collect()
}
