//! The result queue: tiles of sums in, a group of rows per cycle out.
//!
//! ```text
//!  issue ─► [ notes ] ─┐
//!  array ─► [ sums  ] ─┴─► group by group ─► rows_o
//! ```
//!
//! The array never waits in the middle: a tile is issued only when the queue has room for its
//! sums. That is why the issue leaves a note here, and the sums follow when they are done.

use super::result_tile::ResultTile;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct ResultQueue {
    /// Shape of a tile.
    pub tile: ResultTile,
    /// Tiles it holds, a power of two.
    pub depth: u32,
}

/// The most tiles a queue holds: as many as one LUT memory of the common FPGAs.
const DEPTH_MAX: u32 = 16;

impl ResultQueue {
    /// A queue in which a tile in flight never holds up the next one: `latency` cycles pass
    /// between issue and arrival, and tiles leave `lanes / neurons` cycles apart.
    pub fn new(tile: ResultTile, latency: u32) -> ResultQueue {
        let in_flight = latency.div_ceil(tile.groups()) + 2;
        ResultQueue { tile, depth: in_flight.next_power_of_two().min(DEPTH_MAX) }
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
        let inputs = self.tile.inputs(&b);

        b.section("Notes and sums, in the order of the tiles.");
        let finished = b.forward("finished", uint(1));
        let note_at = self.pointer(&b, "note_at_q", inputs.issues);
        let sums_at = self.pointer(&b, "sums_at_q", inputs.arrive);
        let read_at = self.pointer(&b, "read_at_q", finished);
        let noted = self.counter(&b, "noted_q", inputs.issues, finished);
        let waiting = self.counter(&b, "waiting_q", inputs.arrive, finished);
        let notes = b.memory("notes", self.depth, self.tile.note_type(), &[]);
        notes.write(inputs.issues, note_at, inputs.note);
        let tiles = b.memory("tiles", self.depth, self.tile.sums_type(), &[]);
        tiles.write(inputs.arrive, sums_at, inputs.sums);

        b.section("Groups of the oldest tile.");
        let note = b.wire("note", notes.word(read_at));
        let tile = b.wire("tile", tiles.word(read_at));
        let group = self.tile.group(&b, note, tile, inputs.take);
        b.assign(finished, inputs.take & group.ends_tile);

        let room = noted.ne(noted.same(self.depth.into()));
        self.tile.outputs(&b, [room, noted.is(0), waiting.any()], &group);
        self.tile.properties(&b, &inputs, [room, waiting.lt(noted), waiting.any()], &group);
        let (depth, meaning) = (noted.same(self.depth.into()), "The queue never overflows.");
        b.assert_property("never_overfull", noted.le(depth), meaning);
        let meaning = "No sums wait that were not noted: the queue never underflows.";
        b.assert_property("never_underfull", waiting.le(noted), meaning);
        let width = note_at.width();
        let meaning = "Tiles noted are those read and those noted still.";
        b.assert_property("notes_counted", (note_at - read_at).eq(noted.bits(0, width)), meaning);
        let meaning = "Tiles arrived are those read and those that wait.";
        b.assert_property("sums_counted", (sums_at - read_at).eq(waiting.bits(0, width)), meaning);
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} tiles of {} sums in, {} rows per cycle out.\n\n\
             A tile is noted when it is issued, so that its sums find room when they arrive.",
            self.depth, self.tile.lanes, self.tile.neurons
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
}
