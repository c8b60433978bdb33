//! Memories as synthesis sees them: their contents and their shape.

use super::graph::{Literal, ONE, ZERO};
use super::operators::Word;
use crate::language::bits::Bits;
use crate::language::expression::{Kind, MemoryId, Node};
use crate::language::module::{Driver, Memory, MemoryWrite, Module, Name};
use firmware::block_ram::Shape;

pub(super) fn constant(bits: &Bits) -> Word {
    (0..bits.width()).map(|at| if bits.bit(at) { ONE } else { ZERO }).collect()
}

/// A word of a table of constants; missing ones are zero.
pub(super) fn content(memory: &Memory, at: u64) -> Word {
    match memory.contents.get(at as usize) {
        Some(bits) => constant(bits),
        None => vec![ZERO; memory.ty.width as usize],
    }
}

/// The bits of a word that are the same in all words with contents; synthesis stores none of them.
pub(super) fn stuck(memory: &Memory) -> Vec<Option<Literal>> {
    let words: Vec<Word> = memory.contents.iter().map(constant).collect();
    let bit = |at: usize| {
        let first = words.first()?[at];
        words.iter().all(|word| word[at] == first).then_some(first)
    };
    (0..memory.ty.width as usize).map(bit).collect()
}

/// A memory as synthesis sees it: what its module reads of it, whoever reads the module; by an
/// earlier pass, whether nothing writes it.
pub(super) fn shape(module: &Module, index: usize, unwritten: bool) -> Shape {
    let id = MemoryId(index as u32);
    let clocked =
        |name: &&Name| matches!(name.driver, Driver::MemoryRead { memory, .. } if memory == id);
    let at_once = |node: &&Node| matches!(node.kind, Kind::MemoryWord(memory, _) if memory == id);
    let memory = &module.memories[index];
    let parts = |write: MemoryWrite| write.mask.map_or(1, |mask| module.node(mask).ty.width);
    let held = || stuck(memory).iter().filter(|bit| bit.is_none()).count() as u32;
    Shape {
        depth: memory.depth,
        width: if unwritten { held() } else { memory.ty.width },
        clocked_reads: module.names.iter().filter(clocked).count() as u32,
        reads_at_once: module.nodes.iter().filter(at_once).count() as u32,
        parts: memory.write.filter(|_| !unwritten).map_or(0, parts),
        exclusive: memory.exclusive,
        distributed: memory.distributed,
    }
}
