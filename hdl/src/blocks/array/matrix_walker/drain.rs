//! When a tile may leave for the drain.

use super::MatrixWalker;
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;

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
