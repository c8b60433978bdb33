//! Positions or steps that go through an operation before the next one does.

use super::draft::Over;
use super::value::At;

/// What goes through an operation before the next: so many positions, or steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle {
    pub(super) over: Over,
    pub(super) count: u32,
}

impl Bundle {
    /// A place for each of them, so many words further on from one to the next.
    pub(super) fn each(&self, at: At, words: u32) -> At {
        match self.over {
            Over::Steps => At { per_step: words, ..at },
            _ => At { within: words, ..at },
        }
    }

    /// Words from one to the next.
    pub(super) fn apart(&self, at: At) -> u32 {
        match self.over {
            Over::Steps => at.per_step,
            _ => at.within,
        }
    }
}
