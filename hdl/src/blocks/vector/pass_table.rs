//! The function tables of a program, one memory for two elements.
//!
//! ```text
//!  index_0_i ─► [ step, entry ] ─► entry_0_o, step_0_o
//!  index_1_i ─► [             ] ─► entry_1_o, step_1_o
//! ```
//!
//! A block RAM has two ports, so a pair of elements shares one. Each table has
//! [`SEGMENTS`] words: the value at the border of a segment, and the step to the next border.

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::pass_choices::PassChoices;
use std::sync::Arc;
use weights::numeric::pass::{ENTRY_WIDTH, FunctionTable, SEGMENTS};

use firmware::isa::Function;

/// The tables that are printed, in their order: those of the program that a pass looks into, then
/// that of the reciprocal.
pub(super) fn tables(choices: &PassChoices) -> Vec<(Function, FunctionTable)> {
    choices.tables_in_use().map(|(function, table)| (function, table.clone())).collect()
}

/// Bits of an index into so many tables.
pub(super) fn index_width(tables: usize) -> u32 {
    address_width(tables as u32 * SEGMENTS as u32)
}

/// The module `pass_table`.
///
/// # Panics
/// If there is no table.
pub(super) fn pass_table(tables: &[(Function, FunctionTable)]) -> Arc<Module> {
    let lines = tables.iter().enumerate().map(|(number, (_, table))| {
        let first = number * SEGMENTS;
        format!("from {first:4}  {}", table.name)
    });
    let lines: Vec<String> = lines.collect();
    let summary = format!(
        "the entries of the functions, and the steps to the next, for two elements.\n\n{}",
        lines.join("\n")
    );
    let b = Builder::new("pass_table", file!(), &summary);
    let index = |element: u32| {
        let ty = uint(index_width(tables.len()));
        b.input(&format!("index_{element}_i"), ty, "where one element looks")
    };
    let indices = [index(0), index(1)];
    b.stage("look.");
    let mask = (1i128 << ENTRY_WIDTH) - 1;
    let word = |pair: &[i64]| {
        let (entry, step) = (i128::from(pair[0]), i128::from(pair[1] - pair[0]));
        Bits::new((step & mask) << ENTRY_WIDTH | (entry & mask), uint(2 * ENTRY_WIDTH))
    };
    let contents: Vec<Bits> =
        tables.iter().flat_map(|(_, table)| table.entries.windows(2).map(word)).collect();
    b.comment("The entry in the lower half, above it the step to the next one.");
    let words = b.memory("words", contents.len() as u32, uint(2 * ENTRY_WIDTH), &contents);
    b.port_group("A cycle later.");
    for (element, index) in indices.into_iter().enumerate() {
        let word = words.read(&format!("word_{element}_q"), b.flag(true), index);
        let half = |low: u32| word.bits(low, ENTRY_WIDTH).as_sint();
        b.output(&format!("entry_{element}_o"), half(0), "the entry");
        b.output(&format!("step_{element}_o"), half(ENTRY_WIDTH), "the step to the next");
    }
    b.finish()
}
