//! What events behind the walker say of the drain.

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;

/// What the events behind the walker say.
#[derive(Clone, Copy)]
pub(super) struct Events<'m> {
    /// Another word may go.
    pub(super) ready: Signal<'m>,
    /// The last event of a tile leaves, the last of an instruction.
    pub(super) tile_leaves: Signal<'m>,
    pub(super) final_leaves: Signal<'m>,
    /// No word is under way when this cycle ends.
    pub(super) idle: Signal<'m>,
    /// An event waits for the drain.
    pub(super) waits: Signal<'m>,
}

impl<'m> Events<'m> {
    pub(super) fn inputs(b: &'m Builder) -> Events<'m> {
        b.port_group("Events.");
        let input = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        Events {
            ready: input("words_ready_i", "another train word may go"),
            tile_leaves: input("tile_leaves_i", "the last event of a tile leaves"),
            final_leaves: input("final_leaves_i", "the last event of an instruction leaves"),
            idle: input("idle_i", "no word is under way when this cycle ends"),
            waits: input("waits_i", "an event waits for the drain"),
        }
    }
}
