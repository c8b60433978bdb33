//! The table of the vector unit's two functions, one memory for two elements.
//!
//! ```text
//!  index_0_i ─► [ 2^-x     ] ─► entry_0_o
//!  index_1_i ─► [ sigmoid  ] ─► entry_1_o
//! ```
//!
//! A block RAM has two ports, so a pair of elements shares one; in LUTs the table would be the
//! largest part of an element. Machines of many elements need their block RAMs for other things.

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use firmware::machine_memories::Material;
use std::sync::Arc;
use weights::numeric::fixed_point::{
    EXPONENTIAL_TABLE, SIGMOID_TABLE, TABLE_INDEX_WIDTH, UNIT_WIDTH,
};

/// Bits of an index: the function above the index of its table.
pub const INDEX_WIDTH: u32 = TABLE_INDEX_WIDTH + 1;
/// Bits of an entry; 1 is less than 2^16 for both functions.
pub const ENTRY_WIDTH: u32 = UNIT_WIDTH;

/// The module `function_table`, of a block RAM or of LUTs.
pub fn function_table(material: Material) -> Arc<Module> {
    let summary = "the entries of 2^-x and of the sigmoid, for two elements.\n\n\
         0..255     63 * 2^10 * 2^(-i / 256)\n\
         256..511   2^16 * sigmoid((i - 256) / 32)";
    let b = Builder::new("function_table", file!(), summary);
    let index = |element: u32| {
        b.input(&format!("index_{element}_i"), uint(INDEX_WIDTH), "where one element looks")
    };
    let indices = [index(0), index(1)];
    b.stage("look.");
    let entries = EXPONENTIAL_TABLE.iter().chain(SIGMOID_TABLE.iter());
    let contents: Vec<Bits> =
        entries.map(|&entry| Bits::new(entry.into(), uint(ENTRY_WIDTH))).collect();
    let table = b.memory("entries", contents.len() as u32, uint(ENTRY_WIDTH), &contents);
    let table = if material == Material::Distributed { table.distributed() } else { table };
    b.port_group("A cycle later.");
    for (element, index) in indices.into_iter().enumerate() {
        let entry = table.read(&format!("entry_{element}_q"), b.flag(true), index);
        b.output(&format!("entry_{element}_o"), entry, "what it finds");
    }
    b.finish()
}
