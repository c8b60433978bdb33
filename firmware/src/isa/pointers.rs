//! Pointers: what loops add to the addresses of instructions.
//!
//! A pointer is a register that a loop moves by a stride in every iteration; after the loop it is
//! what it was before. Pointer 0 is always zero. An instruction says for each of its addresses which
//! pointer is added to it.

use super::format::POINTERS_LOW;
use super::table::Action;
use serde::Serialize;

/// Pointers, the one that is always zero included.
pub const POINTER_COUNT: u32 = 8;
/// Bits that choose one.
pub const SELECTOR_WIDTH: u32 = 3;
/// Addresses of an instruction that a pointer can move.
pub const SELECTOR_COUNT: usize = 10;
/// The bit behind them: whether all positions of the text are attended.
pub const ALL_LOW: u32 = POINTERS_LOW + SELECTOR_COUNT as u32 * SELECTOR_WIDTH;

/// The pointers of one instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pointers {
    /// For each address in the order of [`moved`](Pointers::moved), which pointer is added.
    pub selectors: [u8; SELECTOR_COUNT],
    /// Whether the instruction attends all positions of the text so far, P + 1, instead of those up
    /// to p; they differ only in loops over positions.
    pub all: bool,
}

impl Pointers {
    /// The fields of an action that pointers move, in the order of the selectors.
    pub fn moved(action: &Action) -> &'static [&'static str] {
        match action {
            Action::Matrix(_) => &["base", "train", "source", "address", "scalar", "maximum"],
            Action::Pass(_) => {
                &["a", "b", "c", "membrane", "write", "train", "words", "scalar", "output"]
            }
            _ => &[],
        }
    }

    /// The same with a pointer for one of the action's addresses.
    ///
    /// # Panics
    /// If the action has no such address.
    pub fn with(mut self, action: &Action, field: &str, pointer: u8) -> Pointers {
        let moved = Pointers::moved(action);
        let at = moved.iter().position(|moved| *moved == field);
        let at = at.unwrap_or_else(|| panic!("{} moves no {field}", action.format().name));
        self.selectors[at] = pointer;
        self
    }

    /// The pointer of one of the action's addresses; none moves what no pointer can.
    pub fn of(&self, action: &Action, field: &str) -> usize {
        let at = Pointers::moved(action).iter().position(|moved| *moved == field);
        at.map_or(0, |at| self.selectors[at].into())
    }

    /// Low bit, width and value of each of its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = (u32, u32, i64)> {
        let selector = |(index, &pointer): (usize, &u8)| {
            (POINTERS_LOW + index as u32 * SELECTOR_WIDTH, SELECTOR_WIDTH, i64::from(pointer))
        };
        let selectors: Vec<_> = self.selectors.iter().enumerate().map(selector).collect();
        selectors.into_iter().chain([(ALL_LOW, 1, i64::from(self.all))])
    }

    pub(super) fn decode(get: impl Fn(u32, u32) -> i64) -> Pointers {
        let selector =
            |index: usize| get(POINTERS_LOW + index as u32 * SELECTOR_WIDTH, SELECTOR_WIDTH) as u8;
        Pointers { selectors: std::array::from_fn(selector), all: get(ALL_LOW, 1) == 1 }
    }
}
