//! A tile of sums and the groups of rows in which it leaves: what the
//! [result queue](super::result_queue) and the [result register](super::result_register) share.

use crate::language::builder::Builder;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;

/// Shape of a tile.
#[derive(Clone, Copy, Debug)]
pub struct ResultTile {
    /// Rows of a tile.
    pub lanes: u32,
    /// Rows that leave per cycle; divides `lanes`.
    pub neurons: u32,
    /// Bits of a sum.
    pub acc_width: u32,
}

/// What comes in.
pub(super) struct Inputs<'m> {
    /// A tile is issued: its note says how many rows it has, and whether its vector ends.
    pub(super) issues: Signal<'m>,
    pub(super) note: Signal<'m>,
    pub(super) arrive: Signal<'m>,
    pub(super) sums: Signal<'m>,
    pub(super) take: Signal<'m>,
}

/// The group that leaves.
pub(super) struct Group<'m> {
    pub(super) rows: Signal<'m>,
    /// Which of them exist.
    pub(super) keep: Signal<'m>,
    /// It is the last of its tile, of its vector.
    pub(super) ends_tile: Signal<'m>,
    pub(super) ends_vector: Signal<'m>,
}

/// Bits of the number of rows in a tile of at most `lanes`.
pub fn rows_width(lanes: u32) -> u32 {
    u32::BITS - lanes.leading_zeros()
}

impl ResultTile {
    /// Groups of a full tile.
    pub fn groups(&self) -> u32 {
        self.lanes / self.neurons
    }

    /// Type of the sums of all lanes.
    pub(super) fn sums_type(&self) -> Type {
        uint(self.lanes * self.acc_width)
    }

    /// Type of a note.
    pub(super) fn note_type(&self) -> Type {
        uint(rows_width(self.lanes) + 1)
    }

    pub(super) fn inputs<'m>(&self, b: &'m Builder) -> Inputs<'m> {
        b.port_group("Issue.");
        let issues = b.input("note_i", uint(1), "a tile is on its way; only with room_o");
        let rows = b.input("note_rows_i", uint(rows_width(self.lanes)), "rows of the tile");
        let last = b.input("note_last_i", uint(1), "last tile of its vector");
        b.port_group("Array.");
        let arrive = b.input("arrive_i", uint(1), "the sums of the next noted tile arrive");
        let meaning = "sums of all lanes, lane 0 in the lowest bits";
        let sums = b.input("sums_i", self.sums_type(), meaning);
        b.port_group("Reader.");
        let take = b.input("take_i", uint(1), "the group is taken; only with valid_o");
        Inputs { issues, note: b.concat(&[last, rows]), arrive, sums, take }
    }

    /// The group that leaves next, of the tile with this note and these sums.
    pub(super) fn group<'m>(
        &self,
        b: &'m Builder,
        note: Signal<'m>,
        tile: Signal<'m>,
        take: Signal<'m>,
    ) -> Group<'m> {
        let rows = b.wire("rows", note.bits(0, rows_width(self.lanes)));
        let (number, first, ends_tile) = match self.groups() {
            1 => (None, rows.same(0), b.flag(true)),
            _ => self.next_group(b, rows, take),
        };
        let exists = |index: u32| match index {
            0 => first.lt(rows),
            _ => (first + i128::from(index)).lt(rows),
        };
        let keep: Vec<Signal> = (0..self.neurons).rev().map(exists).collect();
        let keep = b.wire("keep", b.concat(&keep));
        let rows = self.rows_of(b, number, tile);
        Group { rows, keep, ends_tile, ends_vector: note.top_bit() & ends_tile }
    }

    /// Number of the group, its first row, and whether it is the last of its tile.
    fn next_group<'m>(
        &self,
        b: &'m Builder,
        rows: Signal<'m>,
        take: Signal<'m>,
    ) -> (Option<Signal<'m>>, Signal<'m>, Signal<'m>) {
        let number = b.register_reset("group_q", uint(address_width(self.groups())), 0);
        let first = b.register_reset("first_row_q", rows.ty(), 0);
        let next = b.wire("next_row", first.signal() + i128::from(self.neurons));
        let last = b.wire("last_group", rows.le(next));
        let start = take & last;
        number.when(start, number.signal().same(0)).when(take, number.signal() + 1);
        first.when(start, first.signal().same(0)).when(take, next);
        (Some(number.signal()), first.signal(), last)
    }

    fn rows_of<'m>(
        &self,
        b: &'m Builder,
        number: Option<Signal<'m>>,
        tile: Signal<'m>,
    ) -> Signal<'m> {
        let Some(number) = number else { return tile };
        let width = self.neurons * self.acc_width;
        let part = |index: u32| tile.bits(index * width, width);
        let last = self.groups() - 1;
        let arms: Vec<(i128, Signal)> =
            (0..last).map(|index| (index.into(), part(index))).collect();
        b.case("group_rows", number, &arms, part(last))
    }

    /// `[another tile may be issued, none is under way, a group waits]`, and the group.
    pub(super) fn outputs<'m>(
        &self,
        b: &'m Builder,
        [room, empty, valid]: [Signal<'m>; 3],
        group: &Group<'m>,
    ) {
        b.port_group("Flow control.");
        b.output("room_o", room, "another tile may be issued");
        b.output("empty_o", empty, "no tile is on its way or waiting");
        b.port_group("Group of rows.");
        b.output("valid_o", valid, "a group waits");
        b.output("rows_o", group.rows, "its currents, first row in the lowest bits");
        b.output("keep_o", group.keep, "which of them are rows of the matrix");
        b.output("last_o", group.ends_vector, "last group of its vector");
    }

    /// What the reader and the array promise, and that a group stays until it is taken.
    /// `owed`: a tile was issued whose sums are not there.
    pub(super) fn properties<'m>(
        &self,
        b: &'m Builder,
        inputs: &Inputs<'m>,
        [room, owed, valid]: [Signal<'m>; 3],
        group: &Group<'m>,
    ) {
        b.properties();
        let Inputs { issues, arrive, take, .. } = *inputs;
        b.assume("note_finds_room", !issues | room, "A tile is noted only where there is room.");
        b.assume("sums_were_noted", !arrive | owed, "Sums arrive for noted tiles.");
        b.assume("taken_waits", !take | valid, "Only a group that waits is taken.");
        let held = [group.rows, group.keep, group.ends_vector];
        let meaning = "A group that waits stays until it is taken.";
        b.kept(Claim::Asserted, "group_kept", (valid, take), &held, meaning);
    }
}
