//! What grows with the context, and how far it may at no cost.

use super::{heading, line};
use crate::machine::{Memory, Program};

/// Most words of the key and of the value store, and of the constants: their addresses have 16 bits.
const STORE_WORDS_MAX: u32 = 1 << 16;

/// A memory that grows with the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Growth {
    memory: &'static str,
    /// Words that `step` positions take.
    words: u32,
    /// Positions that share words.
    step: u32,
    /// Words that no position takes.
    fixed: u32,
    /// Most words that have addresses.
    limit: u32,
}

impl Growth {
    /// The most positions that so many words hold.
    fn positions(&self, words: u32) -> u32 {
        words.saturating_sub(self.fixed) / self.words.max(1) * self.step
    }
}

impl Program {
    fn growth(&self) -> [Growth; 3] {
        let machine = &self.parameters;
        let tables = self
            .areas
            .iter()
            .filter(|area| area.memory == Memory::Constants && area.name.starts_with("rotary"));
        let turned: u32 = tables.map(|area| area.words).sum();
        let per = |words: u32, step: u32| words / machine.context.div_ceil(step);
        let grows = |memory, depth, step| Growth {
            memory,
            words: per(depth, step),
            step,
            fixed: 0,
            limit: STORE_WORDS_MAX,
        };
        [
            grows("keys", machine.key_depth, machine.lanes),
            grows("values", machine.value_depth, machine.slots),
            Growth {
                memory: "constants",
                words: turned / machine.context,
                step: 1,
                fixed: machine.constant_depth - turned,
                limit: STORE_WORDS_MAX,
            },
        ]
    }

    pub(super) fn list_context(&self, text: &mut String) {
        heading(text, "Context");
        if self.parameters.context == 0 {
            line(text, format_args!("texts of any length: nothing depends on the position"));
            return;
        }
        let machine = &self.parameters;
        let memories = self.memories();
        let mut free = u32::MAX;
        for growth in self.growth() {
            let Some(memory) = memories.iter().find(|memory| memory.name == growth.memory) else {
                continue;
            };
            let at_no_cost = growth.positions(memory.capacity());
            free = free.min(at_no_cost);
            line(
                text,
                format_args!(
                    "{:<10} {:>4} words every {:>3} positions: up to {at_no_cost} in these block \
                     RAMs, {} have addresses",
                    growth.memory,
                    growth.words,
                    growth.step,
                    growth.positions(growth.limit)
                ),
            );
        }
        line(text, format_args!("{} positions; {free} take no more block RAMs", machine.context));
    }
}
