//! What a flattened design keeps, and where.

use crate::language::bits::Bits;

/// Where a value lives: its first word and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) offset: usize,
    pub(super) words: usize,
    pub(super) width: u32,
}

impl Slot {
    /// Mask of the last word.
    pub(super) fn mask(self) -> u64 {
        match self.width % 64 {
            0 => u64::MAX,
            bits => (1 << bits) - 1,
        }
    }
}

/// A flattened register.
#[derive(Clone, Debug)]
pub(super) struct RegisterState {
    pub(super) slot: Slot,
    /// Where its reset lives, and what it resets to.
    pub(super) reset: Option<(Slot, Vec<u64>)>,
    pub(super) updates: Vec<(Option<Slot>, Slot)>,
}

/// A flattened memory.
#[derive(Clone, Debug)]
pub(super) struct MemoryState {
    pub(super) path: String,
    /// Bits of a word, and 64-bit words that hold them.
    pub(super) width: u32,
    pub(super) words: usize,
    pub(super) depth: usize,
    pub(super) contents: Vec<u64>,
    pub(super) exclusive: bool,
    pub(super) write: Option<WritePort>,
    /// Destination, enable, address.
    pub(super) reads: Vec<(Slot, Slot, Slot)>,
}

/// Where the signals of a write port live.
#[derive(Clone, Copy, Debug)]
pub(super) struct WritePort {
    pub(super) enable: Slot,
    /// Which of the equal parts of a word are written; all without it.
    pub(super) mask: Option<Slot>,
    pub(super) address: Slot,
    pub(super) data: Slot,
}

impl MemoryState {
    /// The word at an address, which must exist.
    pub(super) fn word(&self, address: usize) -> &[u64] {
        let MemoryState { path, words, depth, .. } = self;
        assert!(address < *depth, "memory `{path}` reads word {address}, it has {depth}");
        &self.contents[address * words..(address + 1) * words]
    }

    /// What a read yields that was ruled out: no bit of what is there.
    pub(super) fn spoiled(&self, address: usize) -> Vec<u64> {
        let flipped = self.word(address).iter().map(|word| !word).collect();
        Bits::from_words(self.width, flipped).words().to_vec()
    }
}

/// The properties of one module in its place in the hierarchy.
#[derive(Clone, Debug)]
pub(super) struct PropertyState {
    /// Its place.
    pub(super) path: String,
    /// Where its reset lives.
    pub(super) reset: Slot,
    /// What its surroundings keep.
    pub(super) assumed: Vec<Slot>,
    /// What it keeps, by name.
    pub(super) asserted: Vec<(String, Slot)>,
    /// Whether it has been reset, and its surroundings have kept their part since then.
    pub(super) armed: bool,
}
