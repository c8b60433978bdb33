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

use super::result_tile::ResultTile;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct ResultRegister {
    /// Shape of the tile.
    pub tile: ResultTile,
}

impl ResultRegister {
    /// The module `result_register`.
    pub fn module(&self) -> Arc<Module> {
        let ResultTile { lanes, neurons, .. } = self.tile;
        let summary = format!(
            "one tile of {lanes} sums in, {neurons} rows per cycle out.\n\n\
             A tile is noted when it is issued, and the next one only when all its rows have left."
        );
        let b = Builder::new("result_register", file!(), &summary);
        let inputs = self.tile.inputs(&b);

        b.section("The tile.");
        let finished = b.forward("finished", uint(1));
        let flag = |name: &str, set| {
            let register = b.register_reset(name, uint(1), 0);
            register.when(set, b.flag(true)).when(finished, b.flag(false)).signal()
        };
        let noted = flag("noted_q", inputs.issues);
        let waiting = flag("waiting_q", inputs.arrive);
        let note = b.delay("note_q", inputs.issues, inputs.note);
        let sums = b.delay("tile_q", inputs.arrive, inputs.sums);

        b.section("Its groups.");
        let group = self.tile.group(&b, note, sums, inputs.take);
        b.assign(finished, inputs.take & group.ends_tile);

        self.tile.outputs(&b, [!noted, !noted, waiting], &group);
        self.tile.properties(&b, &inputs, [!noted, noted & !waiting, waiting], &group);
        let meaning = "No sums wait that were not noted.";
        b.assert_property("never_underfull", !waiting | noted, meaning);
        b.finish()
    }
}
