//! The result register: one wide tile of sums in, a group of rows per cycle out.
//!
//! ```text
//!  issue ─► note_q ─┐
//!  array ─► tile_q ─┴─► group by group ─► rows_o
//! ```
//!
//! What the [result queue](super::result_queue) is for a few lanes, this is for many: a second tile
//! of so many sums would cost more than the accumulators. The next tile's last entry waits until
//! the one before has left.

use super::result_queue::ResultQueue;
use crate::builder::Builder;
use crate::module::Module;
use crate::signal_type::uint;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct ResultRegister {
    /// Lanes, neurons and widths; its depth is one, whatever it says.
    pub shape: ResultQueue,
}

impl ResultRegister {
    /// The module `result_register`.
    pub fn module(&self) -> Arc<Module> {
        let ResultQueue { lanes, neurons, acc_width, .. } = self.shape;
        let summary = format!(
            "one tile of {lanes} sums in, {neurons} rows per cycle out.\n\n\
             A tile is noted when it is issued, and the next one only when all its rows have left."
        );
        let b = Builder::new("result_register", file!(), &summary);
        b.port_group("Issue.");
        let note = b.input("note_i", uint(1), "a tile is on its way; only with room_o");
        let rows_width = self.shape.rows_width();
        let note_rows = b.input("note_rows_i", uint(rows_width), "rows of the tile");
        let note_last = b.input("note_last_i", uint(1), "last tile of its vector");
        b.port_group("Array.");
        let arrive = b.input("arrive_i", uint(1), "the sums of the noted tile arrive");
        let sums_type = uint(lanes * acc_width);
        let sums = b.input("sums_i", sums_type, "sums of all lanes, lane 0 in the lowest bits");
        b.port_group("Reader.");
        let take = b.input("take_i", uint(1), "the group is taken; only with valid_o");

        b.section("The tile.");
        let finished = b.forward("finished", uint(1));
        let flag = |name: &str, set| {
            let register = b.register_reset(name, uint(1), 0);
            register.when(set, b.flag(true)).when(finished, b.flag(false)).signal()
        };
        let (noted, waiting) = (flag("noted_q", note), flag("waiting_q", arrive));
        let tile_note = b.delay("note_q", note, b.concat(&[note_last, note_rows]));
        let tile = b.delay("tile_q", arrive, sums);

        b.section("Its groups.");
        let (group, keep, last_group) = self.shape.groups(&b, tile_note, take);
        b.assign(finished, take & last_group);
        let rows = self.shape.rows_of(&b, group, tile);

        b.port_group("Flow control.");
        b.output("room_o", !noted, "another tile may be issued");
        b.output("empty_o", !noted, "no tile is on its way or waiting");
        b.port_group("Group of rows.");
        b.output("valid_o", waiting, "a group waits");
        b.output("rows_o", rows, "its currents, first row in the lowest bits");
        b.output("keep_o", keep, "which of them are rows of the matrix");
        let last = tile_note.top_bit() & last_group;
        b.output("last_o", last, "last group of its vector");
        b.finish()
    }
}
