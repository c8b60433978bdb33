//! The result queue: tiles of sums in, a group of rows per cycle out.
//!
//! ```text
//!  issue ─► [ notes ] ─┐
//!  array ─► [ sums  ] ─┴─► group by group ─► rows_o
//! ```
//!
//! The array never waits in the middle: a tile is issued only when the queue has room for its
//! sums. That is why the issue leaves a note here, and the sums follow when they are done.

use crate::builder::Builder;
use crate::module::Module;
use crate::property::Claim;
use crate::signal::Signal;
use crate::signal_type::{Type, uint};
use crate::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct ResultQueue {
    /// Rows of a tile.
    pub lanes: u32,
    /// Rows that leave per cycle; divides `lanes`.
    pub neurons: u32,
    /// Bits of a sum.
    pub acc_width: u32,
    /// Tiles it holds, a power of two.
    pub depth: u32,
}

/// The most tiles a queue holds: as many as one LUT memory of the common FPGAs.
const DEPTH_MAX: u32 = 16;

/// Bits of the number of rows in a tile of at most `lanes`.
pub fn rows_width(lanes: u32) -> u32 {
    u32::BITS - lanes.leading_zeros()
}

impl ResultQueue {
    /// A queue in which a tile in flight never holds up the next one: `latency` cycles pass
    /// between issue and arrival, and tiles leave `lanes / neurons` cycles apart.
    pub fn new(lanes: u32, neurons: u32, acc_width: u32, latency: u32) -> ResultQueue {
        let in_flight = latency.div_ceil(lanes / neurons) + 2;
        let depth = in_flight.next_power_of_two().min(DEPTH_MAX);
        ResultQueue { lanes, neurons, acc_width, depth }
    }

    /// Bits of the number of rows in a tile.
    pub fn rows_width(&self) -> u32 {
        rows_width(self.lanes)
    }

    fn pointer_type(&self) -> Type {
        uint(address_width(self.depth))
    }

    fn count_type(&self) -> Type {
        uint(address_width(self.depth) + 1)
    }

    /// The module `result_queue`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("result_queue", file!(), &self.summary());
        b.port_group("Issue.");
        let note = b.input("note_i", uint(1), "a tile is on its way; only with room_o");
        let note_rows = b.input("note_rows_i", uint(self.rows_width()), "rows of the tile");
        let note_last = b.input("note_last_i", uint(1), "last tile of its vector");
        b.port_group("Array.");
        let arrive = b.input("arrive_i", uint(1), "the sums of the next noted tile arrive");
        let sums_type = uint(self.lanes * self.acc_width);
        let sums = b.input("sums_i", sums_type, "sums of all lanes, lane 0 in the lowest bits");
        b.port_group("Reader.");
        let take = b.input("take_i", uint(1), "the group is taken; only with valid_o");

        b.section("Notes and sums, in the order of the tiles.");
        let finished = b.forward("finished", uint(1));
        let note_at = self.pointer(&b, "note_at_q", note);
        let sums_at = self.pointer(&b, "sums_at_q", arrive);
        let read_at = self.pointer(&b, "read_at_q", finished);
        let noted = self.counter(&b, "noted_q", note, finished);
        let waiting = self.counter(&b, "waiting_q", arrive, finished);
        let notes = b.memory("notes", self.depth, uint(self.rows_width() + 1), &[]);
        notes.write(note, note_at, b.concat(&[note_last, note_rows]));
        let tiles = b.memory("tiles", self.depth, sums_type, &[]);
        tiles.write(arrive, sums_at, sums);

        b.section("Groups of the oldest tile.");
        let noting = note;
        let note = b.wire("note", notes.word(read_at));
        let tile = b.wire("tile", tiles.word(read_at));
        let (group, keep, last_group) = self.groups(&b, note, take);
        b.assign(finished, take & last_group);
        let rows = self.rows_of(&b, group, tile);

        b.port_group("Flow control.");
        b.output("room_o", noted.ne(noted.same(self.depth.into())), "another tile may be issued");
        b.output("empty_o", noted.is(0), "no tile is on its way or waiting");
        b.port_group("Group of rows.");
        b.output("valid_o", waiting.any(), "a group waits");
        b.output("rows_o", rows, "its currents, first row in the lowest bits");
        b.output("keep_o", keep, "which of them are rows of the matrix");
        let last = note.top_bit() & last_group;
        b.output("last_o", last, "last group of its vector");

        b.properties();
        let room = noted.ne(noted.same(self.depth.into()));
        b.assume("note_finds_room", !noting | room, "A tile is noted only where there is room.");
        b.assume("sums_were_noted", !arrive | waiting.lt(noted), "Sums arrive for noted tiles.");
        b.assume("taken_waits", !take | waiting.any(), "Only a group that waits is taken.");
        let (depth, meaning) = (noted.same(self.depth.into()), "The queue never overflows.");
        b.assert_property("never_overfull", noted.le(depth), meaning);
        let meaning = "No sums wait that were not noted: the queue never underflows.";
        b.assert_property("never_underfull", waiting.le(noted), meaning);
        let width = note_at.width();
        let meaning = "Tiles noted are those read and those noted still.";
        b.assert_property("notes_counted", (note_at - read_at).eq(noted.bits(0, width)), meaning);
        let meaning = "Tiles arrived are those read and those that wait.";
        b.assert_property("sums_counted", (sums_at - read_at).eq(waiting.bits(0, width)), meaning);
        let meaning = "A group that waits stays until it is taken.";
        b.kept(Claim::Asserted, "group_kept", (waiting.any(), take), &[rows, keep, last], meaning);
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} tiles of {} sums in, {} rows per cycle out.\n\n\
             A tile is noted when it is issued, so that its sums find room when they arrive.",
            self.depth, self.lanes, self.neurons
        )
    }

    fn pointer<'m>(&self, b: &'m Builder, name: &str, step: Signal<'m>) -> Signal<'m> {
        let register = b.register_reset(name, self.pointer_type(), 0);
        register.when(step, register.signal() + 1).signal()
    }

    fn counter<'m>(
        &self,
        b: &'m Builder,
        name: &str,
        up: Signal<'m>,
        down: Signal<'m>,
    ) -> Signal<'m> {
        let register = b.register_reset(name, self.count_type(), 0);
        let value = register.signal();
        register.when(up & !down, value + 1).when(down & !up, value - 1).signal()
    }

    /// Number of the group, its rows that exist, and whether it is the last of its tile.
    pub(super) fn groups<'m>(
        &self,
        b: &'m Builder,
        note: Signal<'m>,
        take: Signal<'m>,
    ) -> (Option<Signal<'m>>, Signal<'m>, Signal<'m>) {
        let width = self.rows_width();
        let rows = b.wire("rows", note.bits(0, width));
        let exists = |index: u32, first: Signal<'m>| match index {
            0 => first.lt(rows),
            _ => (first + i128::from(index)).lt(rows),
        };
        let count = self.lanes / self.neurons;
        if count == 1 {
            let zero = rows.same(0);
            let keep: Vec<Signal> = (0..self.neurons).rev().map(|i| exists(i, zero)).collect();
            return (None, b.wire("keep", b.concat(&keep)), b.flag(true));
        }
        let group = b.register_reset("group_q", uint(address_width(count)), 0);
        let first = b.register_reset("first_row_q", uint(width), 0);
        let next = b.wire("next_row", first.signal() + i128::from(self.neurons));
        let last_group = b.wire("last_group", rows.le(next));
        let start = take & last_group;
        group.when(start, group.signal().same(0)).when(take, group.signal() + 1);
        first.when(start, first.signal().same(0)).when(take, next);
        let keep: Vec<Signal> =
            (0..self.neurons).rev().map(|index| exists(index, first.signal())).collect();
        (Some(group.signal()), b.wire("keep", b.concat(&keep)), last_group)
    }

    pub(super) fn rows_of<'m>(
        &self,
        b: &'m Builder,
        group: Option<Signal<'m>>,
        tile: Signal<'m>,
    ) -> Signal<'m> {
        let Some(group) = group else { return tile };
        let width = self.neurons * self.acc_width;
        let part = |index: u32| tile.bits(index * width, width);
        let count = self.lanes / self.neurons;
        let arms: Vec<(i128, Signal)> =
            (0..count - 1).map(|index| (index.into(), part(index))).collect();
        b.case("group_rows", group, &arms, part(count - 1))
    }
}
