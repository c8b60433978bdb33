//! When a tile may leave for the drain, and what events behind the walker say of it.

use super::MatrixWalker;
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

impl MatrixWalker {
    /// Whether the drain can take the tile that would end now.
    pub(super) fn room<'m>(
        &self,
        b: &'m Builder,
        (tile_ends, ends): (Signal<'m>, Signal<'m>),
        (embedding, further): (Signal<'m>, Option<Signal<'m>>),
        room: Signal<'m>,
    ) {
        b.comment("The drain takes as many cycles as a tile has groups.");
        let most = further.map_or(1, |further| 1 << further.width());
        let (lag, ahead) = (self.embedding_lag, self.instruction_gap());
        let longest = most * self.tile_groups() + ahead + lag;
        let width = u32::BITS - longest.leading_zeros();
        let literal = |cycles: u32| b.literal((cycles - 1).into(), uint(width));
        let cycles =
            |groups: u32, more: u32| ends.select(literal(groups + ahead + more), literal(groups));
        let gap = b.register_reset("gap_q", uint(width), 0);
        b.assign(room, gap.signal().is(0));
        let tile = cycles(self.tile_groups(), 0);
        let tile = match further {
            None => tile,
            Some(further) => {
                let more = b.wire("further_vectors_wide", further.extend(width));
                let more = more.shift_left(self.tile_groups().ilog2());
                b.wire("tile_cycles", tile + more)
            }
        };
        gap.when(tile_ends, embedding.select(cycles(1, lag), tile));
        gap.when(!room, gap.signal() - 1);
    }
}
