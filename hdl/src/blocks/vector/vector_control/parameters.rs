//! Parameters of the block, and widths of its fields.

use crate::blocks::vector::vector_cycles::VectorCycles;

/// Bits of the words of a group, and of the groups.
pub(super) const WORDS_WIDTH: u32 = 12;
pub(super) const GROUPS_WIDTH: u32 = 8;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorControl {
    /// Elements of a word.
    pub elements: u32,
    /// Rows of a word of the key store, channels of a word of the value store.
    pub lanes: u32,
    /// Channels of a word of the key store.
    pub slots: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
    /// How long its instructions take.
    pub cycles: VectorCycles,
}
