//! The tile sequencer: walks a vector over the tiles of a matrix.
//!
//! ```text
//!  cycle 0   fetch entry from the spike buffer          for each tile of rows:
//!        1   fetch weight word: tile base + column        for each entry: one word
//!        2   decode                                     room in the result queue? else wait
//!        3   word and spikes enter the array
//! ```
//!
//! It decides only in cycle 0; what has been fetched flows through without waiting.

use crate::blocks::array::accumulator_array::delay_line;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Cycles from the fetch of an entry to its arrival at the array.
pub const FETCH_CYCLES: u32 = 3;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct TileSequencer {
    /// Rows of a tile.
    pub lanes: u32,
    /// Slots × planes: bits of the active, and of the negative, spikes of an entry.
    pub entry_trits: u32,
    /// Bits of the number of rows of a matrix.
    pub rows_width: u32,
    /// Bits of the number of rows in a tile.
    pub tile_rows_width: u32,
    /// Bits of a weight word address.
    pub word_width: u32,
    /// Bits of a column tile number.
    pub column_width: u32,
    /// Bits of an entry number.
    pub index_width: u32,
    /// Whether the array distinguishes passes.
    pub passes: bool,
}

/// What is decided in cycle 0.
struct Walk<'m> {
    /// An entry is fetched.
    step: Signal<'m>,
    index: Signal<'m>,
    first_entry: Signal<'m>,
    last_entry: Signal<'m>,
    last_tile: Signal<'m>,
    tile_rows: Signal<'m>,
    /// Weight word of column tile 0.
    base: Signal<'m>,
    /// The tile reaches beyond the weight store.
    beyond: Signal<'m>,
    waits: Signal<'m>,
}

impl TileSequencer {
    /// The module `tile_sequencer`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "walks a vector over the tiles of a matrix, one weight word per cycle.\n\n\
             The last word of a tile waits until the result queue has room for its sums; what has \
             been fetched never waits.";
        let b = Builder::new("tile_sequencer", file!(), summary);
        b.port_group("Matrix.");
        let rows = b.input("rows_i", uint(self.rows_width), "rows, at least 1");
        let tiles = b.input("column_tiles_i", uint(self.column_width + 1), "words per tile");
        b.port_group("Waiting vector.");
        let valid = b.input("vector_valid_i", uint(1), "a whole vector waits");
        let count = b.input("vector_count_i", uint(self.index_width + 1), "its entries");
        b.port_group("Fetched entry, a cycle after fetch_o.");
        let active = b.input("active_i", uint(self.entry_trits), "1: a spike");
        let negative = b.input("negative_i", uint(self.entry_trits), "1: the spike is -1");
        let column = b.input("column_i", uint(self.column_width), "column tile");
        let pass = self.passes.then(|| b.input("pass_i", uint(1), "first entry of a pass"));
        b.port_group("Result queue.");
        let room = b.input("room_i", uint(1), "another tile may be issued");

        let walk = self.walk(&b, rows, tiles, valid, count, room);

        b.section("Cycle 1: the entry is here; its column finds the weight word.");
        let fetched = b.register_reset("fetched_q", uint(1), 0).next(walk.step).signal();
        let base = b.delay("base_fetched_q", walk.step, walk.base);
        let word_width = self.word_width;
        let offset = match column.width() > word_width {
            true => column.bits(0, word_width),
            false => column.extend(word_width),
        };
        if column.width() > word_width {
            let above = column.bits(word_width, column.width() - word_width);
            b.unused("column", above, "A matrix has no more column tiles than weight words.");
        }
        let word = b.wire("word", base + offset);

        b.section("Cycles 2 and 3: spikes and commands wait for the decoded weights.");
        let hold = |name: &str, signal| {
            let once = b.delay(&format!("{name}_2_q"), b.flag(true), signal);
            b.delay(&format!("{name}_3_q"), b.flag(true), once)
        };
        let (active, negative) = (hold("active", active), hold("negative", negative));
        let pass = pass.map(|pass| hold("pass", pass));
        let issued = delay_line(&b, "step", walk.step, FETCH_CYCLES, true);
        let first = delay_line(&b, "first", walk.first_entry, FETCH_CYCLES, false);
        let last = delay_line(&b, "last", walk.last_entry, FETCH_CYCLES, false);

        b.port_group("Spike buffer.");
        b.output("fetch_o", walk.step, "fetch an entry");
        b.output("index_o", walk.index, "its number");
        let tile_done = b.wire("tile_done", walk.step & walk.last_entry);
        b.output("release_o", tile_done & walk.last_tile, "the vector has been walked");
        b.port_group("Weight store.");
        b.output("read_o", fetched, "fetch a word");
        b.output("word_o", word, "its address");
        b.port_group("Array.");
        b.output("valid_o", issued, "a word and its spikes are there");
        b.output("first_o", first, "first word of a tile of rows");
        b.output("last_o", last, "last word of a tile of rows");
        if let Some(pass) = pass {
            b.output("pass_o", pass, "first word of a later pass");
        }
        b.output("active_o", active, "1: a spike");
        b.output("negative_o", negative, "1: the spike is -1");
        b.port_group("Result queue.");
        b.output("note_o", tile_done, "a tile is on its way");
        b.output("note_rows_o", walk.tile_rows, "its rows");
        b.output("note_last_o", walk.last_tile, "last tile of the vector");
        b.port_group("Status.");
        b.output("busy_o", fetched | issued | valid, "a vector is under way");
        b.output("waits_o", walk.waits, "the array waits for room");
        b.output("beyond_o", walk.step & walk.beyond, "the matrix is larger than the weight store");
        b.finish()
    }

    fn walk<'m>(
        &self,
        b: &'m Builder,
        rows: Signal<'m>,
        tiles: Signal<'m>,
        valid: Signal<'m>,
        count: Signal<'m>,
        room: Signal<'m>,
    ) -> Walk<'m> {
        b.section("Cycle 0: which entry of which tile.");
        let index = b.register_reset("index_q", uint(self.index_width), 0);
        let wide_index = index.signal().extend(self.index_width + 1);
        let first_entry = b.wire("first_entry", index.signal().is(0));
        let last_entry = b.wire("last_entry", (wide_index + 1).eq(count));
        let step = b.wire("step", valid & (room | !last_entry));
        index.when(step & last_entry, index.signal().same(0)).when(step, index.signal() + 1);

        let first_tile = b.register_reset("first_tile_q", uint(1), 1);
        let rows_left = b.register("rows_left_q", rows.ty());
        let left = b.wire("left", first_tile.signal().select(rows, rows_left.signal()));
        let lanes = b.constant("LANES", self.lanes.into(), rows.ty(), "rows of a tile");
        let last_tile = b.wire("last_tile", left.le(lanes));
        let next_tile = b.wire("next_tile", step & last_entry);
        first_tile.when(next_tile, last_tile);
        rows_left.when(next_tile, left - lanes);
        let tile_rows = last_tile.select(left, lanes);
        let tile_rows = b.wire("tile_rows", tile_rows);
        let narrow = tile_rows.bits(0, self.tile_rows_width);
        if tile_rows.width() > self.tile_rows_width {
            let above =
                tile_rows.bits(self.tile_rows_width, tile_rows.width() - self.tile_rows_width);
            b.unused("tile_rows", above, "A tile has at most LANES rows.");
        }

        b.comment("The sum is as wide as both, so that a matrix beyond the store is seen.");
        let width = self.word_width.max(tiles.width()) + 1;
        let base = b.register_reset("base_q", uint(self.word_width), 0);
        let end = b.wire("end_of_tile", base.signal().extend(width) + tiles.extend(width));
        let depth = b.literal(1 << self.word_width, uint(width));
        let beyond = b.wire("beyond", depth.lt(end));
        let next_base = last_tile.select(base.signal().same(0), end.bits(0, self.word_width));
        base.when(next_tile, next_base);
        Walk {
            step,
            index: index.signal(),
            first_entry,
            last_entry,
            last_tile,
            tile_rows: narrow,
            base: base.signal(),
            beyond,
            waits: b.wire("waits", valid & !room & last_entry),
        }
    }
}
