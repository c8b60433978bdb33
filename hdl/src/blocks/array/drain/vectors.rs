//! Tiles of several vectors: how many groups they have, where each goes, which of its rows are valid.

use super::Drain;
use super::queue::{Arrival, Head};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;

/// The next vector of a tile: when its rows begin, and how many of them are valid.
pub(super) struct Turn<'m> {
    pub(super) begins: Signal<'m>,
    pub(super) rows: Signal<'m>,
}

impl Drain {
    /// When the next vector of a tile begins: behind the last group of the one before.
    pub(super) fn turn<'m>(
        &self,
        b: &'m Builder,
        (more, left): (Signal<'m>, Signal<'m>),
        (last_tile, rows): (Signal<'m>, Signal<'m>),
    ) -> Turn<'m> {
        let ends = match self.groups().ilog2() {
            0 => b.flag(true),
            width => !left.bits(0, width).any(),
        };
        let all = rows.same(self.lanes.into());
        let begins = b.wire("next_vector", more & ends);
        Turn { begins, rows: last_tile.select(rows, all) }
    }

    /// Groups of a tile, or of one vector of it.
    pub(super) fn groups(&self) -> u32 {
        self.lanes / self.elements
    }

    /// Groups of the tile that follow this one; none if there never is another.
    pub(super) fn groups_left<'m>(
        &self,
        b: &'m Builder,
        head: &Head<'m>,
        arrives: Signal<'m>,
        read: Signal<'m>,
    ) -> Option<Signal<'m>> {
        let groups = self.groups();
        if groups == 1 && self.vectors.is_none() {
            return None;
        }
        let further = self.vectors.map(|_| head.get("further_vectors"));
        let width = match further {
            None => address_width(groups),
            Some(further) => groups.ilog2() + further.width(),
        };
        let left = b.register("groups_left_q", uint(width));
        let (value, zero) = (left.signal(), left.signal().same(0));
        let tile = value.same((groups - 1).into());
        let tile = match further {
            None => tile,
            Some(further) => {
                let further = b.wire("further_vectors_wide", further.extend(width));
                tile + further.shift_left(groups.ilog2())
            }
        };
        left.when(arrives, read.select(zero, tile)).when(value.any(), value - 1);
        Some(value)
    }

    /// The address of a group where tiles have several vectors, whose results lie apart.
    pub(super) fn vector_address<'m>(
        &self,
        b: &'m Builder,
        head: &Head<'m>,
        arrival: &Arrival<'m>,
        (first, next): (Signal<'m>, Signal<'m>),
        begins: Signal<'m>,
    ) -> Signal<'m> {
        let arrives = arrival.arrives;
        let ty = head.get("address").ty();
        let tile = b.register("tile_address_q", ty);
        let start = b.wire("tile_address", first.select(head.get("address"), tile.signal()));
        let groups = start.same(self.groups().into());
        tile.when(arrives, start + arrival.read.select(start.same(1), groups));
        let apart = b.delay("apart_q", arrives, head.get("apart"));
        let vector = b.register("vector_address_q", ty);
        let further = b.wire("further_address", vector.signal() + apart);
        vector.when(arrives, start).when(begins, further);
        let address = b.register("address_q", ty);
        let (now, value) = (address.when(arrives, start).when(begins, further), address.signal());
        now.when(next, value + 1).signal()
    }
}
