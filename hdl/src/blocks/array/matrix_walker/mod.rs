//! The matrix walker: one array entry a cycle, from the first tile of an instruction to its last.
//!
//! ```text
//!  instruction_i ─► waiting ─► walking: for each tile
//!                   prepare             for each digit         store word: base + column
//!                   descriptor            for each pass
//!                                           for each word of the train
//! ```
//!
//! An instruction waits in one register while the one before it walks, so that the next entry
//! follows at once. It decides in one place when an entry may go: the drain takes a tile in as
//! many cycles as it has groups of rows, so the last entries of two tiles stand that far apart,
//! and a little further from instruction to instruction. What has gone never waits.
//!
//! The embedding has no train. It walks the digits of each group of values, and starts only when
//! nothing else is under way, because its way to the drain is shorter than the array's.

mod drain;
mod events;
mod prepare;
mod prepared;
pub(in crate::blocks) mod stores;

pub(super) use stores::{EMBEDDING, KEYS, VALUES};

use super::plane_selector::PlaneSelector;
use crate::blocks::control::instruction::{Fields, unused_bits};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use events::Events;
use firmware::isa::{Format, INSTRUCTION_WIDTH, Matrix, OPCODE_WIDTH};
use firmware::machine::WordShape;
use prepared::{Prepared, Vectors};
use std::sync::Arc;
use weights::numeric::Radix;

/// Bits of a position and of a token id.
pub const TOKEN_WIDTH: u32 = 16;
/// Bits of the number of words of a train.
pub const TRAIN_WORDS_WIDTH: u32 = 11;
/// Cycles from the acceptance of an instruction to its first entry, if the walker is free.
pub const ACCEPT_CYCLES: u32 = 2;
/// Cycles that an embedding takes more, for the product that finds its row.
pub const EMBEDDING_CYCLES: u32 = 2;
/// Cycles from the done of the last instruction before an embedding to its first entry.
pub const SETTLE_CYCLES: u32 = 2;

/// The last fields of an instruction: those of vectors.
const VECTOR_FIELDS: usize = 3;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct MatrixWalker {
    /// Rows of a tile.
    pub lanes: u32,
    /// What a store word of an embedding covers.
    pub table_word: WordShape,
    /// Values that drain in a cycle.
    pub elements: u32,
    /// What a pass is.
    pub selector: PlaneSelector,
    /// Whether planes may be vectors of their own.
    pub vectors: bool,
    /// Whether a train word becomes events, behind the walker, that wait for the drain in its place.
    pub events: bool,
    /// Cycles that the instruction behind an embedding keeps further away: values of an embedding
    /// take so much longer to the drain than sums do.
    pub embedding_lag: u32,
}

/// Signals of the walk that its parts share.
#[derive(Clone, Copy)]
struct Walk<'m> {
    start: Signal<'m>,
    /// An entry ends a pass, a digit.
    pass_end: Signal<'m>,
    digit_end: Signal<'m>,
}

impl<'m> Walk<'m> {
    /// A counter down to zero, reloaded with its first value when `wraps` and no `start`.
    fn countdown(
        &self,
        b: &'m Builder,
        name: &str,
        first: Signal<'m>,
        wraps: Signal<'m>,
        counts: Signal<'m>,
    ) -> Signal<'m> {
        let again = b.delay(&format!("first_{name}_q"), self.start, first);
        let register = b.register(&format!("{name}_q"), first.ty());
        let value = register.signal();
        register.when(self.start, first).when(wraps, again).when(counts, value - 1).signal()
    }
}

impl MatrixWalker {
    /// Groups of values in a tile of rows.
    pub fn tile_groups(&self) -> u32 {
        self.lanes / self.elements
    }

    /// Groups of values in a column word of an embedding.
    pub fn word_groups(&self) -> u32 {
        self.table_word.columns / self.elements
    }

    /// Cycles beyond its groups that a tile keeps the next instruction's first tile away: the maximum
    /// must be found, and the drain needs two to find the next instruction.
    pub fn instruction_gap(&self) -> u32 {
        let ahead = match self.vectors {
            // Vectors leave the array before the planes of a train are added.
            true => self.selector.planes.next_power_of_two().ilog2(),
            false => 0,
        };
        self.elements.ilog2().max(2) + ahead
    }

    /// Bits of a number of tiles.
    fn tiles_width(&self) -> u32 {
        let field = |name: &str| Matrix::FORMAT.field(name).width;
        let keys = TOKEN_WIDTH - self.lanes.ilog2();
        let embedding = field("stride") + self.word_groups().ilog2();
        field("tiles").max(keys).max(embedding)
    }

    /// Bits of the number of a group within a column word; none if it is the only one.
    pub fn group_type(&self) -> Option<Type> {
        (self.word_groups() > 1).then(|| uint(self.word_groups().ilog2()))
    }

    /// The module `matrix_walker`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("matrix_walker", file!(), &self.summary());
        let token_type = uint(TOKEN_WIDTH);
        b.port_group("Instruction.");
        let valid = b.input("instruction_valid_i", uint(1), "an instruction is there");
        let instruction = b.input("instruction_i", uint(INSTRUCTION_WIDTH), "its bits");
        let position = b.input("position_i", token_type, "position of the token");
        let token = b.input("token_i", token_type, "id of the token");
        b.port_group("Descriptor of the train that descriptor_address_o names.");
        let words = b.input("descriptor_words_i", uint(TRAIN_WORDS_WIDTH), "its non-empty words");
        let magnitude = self.magnitude_input(&b);
        b.port_group("Drain.");
        let quiet = b.input("quiet_i", uint(1), "no started instruction is unfinished");
        let events = self.events.then(|| Events::inputs(&b));

        b.section("Cycle 0: an instruction is taken and waits.");
        let start = b.forward("start", uint(1));
        let waiting = b.register_reset("waiting_q", uint(1), 0);
        let ready = b.wire("ready", !waiting.signal());
        let take = b.wire("take", valid & ready);
        waiting.when(take, b.flag(true)).when(start, b.flag(false));
        let instruction = b.delay("instruction_q", take, instruction);
        let position = b.delay("position_q", take, position);
        let token = b.delay("token_q", take, token);
        let aged = b.register("aged_q", uint(2));
        aged.when(take, aged.signal().same(0));
        aged.next(b.concat(&[aged.signal().bit(0), b.flag(true)]));

        b.section("Cycle 1: it is prepared.");
        let fields = Fields::of(&b, instruction, &Matrix::FORMAT);
        let format = self.format();
        for field in format.fields {
            fields.get(field.name);
        }
        let prepared = self.prepare(&b, &fields, position, token, words, magnitude);
        b.unused("opcode", instruction.bits(0, OPCODE_WIDTH), "Only matrices come here.");
        unused_bits(&b, instruction, &[format]);

        b.section("The walk.");
        let walking = b.register_reset("walking_q", uint(1), 0);
        let ends = b.forward("ends", uint(1));
        let settled = aged.signal().bit(1) & quiet;
        let may_start = b.wire("may_start", !prepared.embedding | settled);
        let free = match &events {
            None => !walking.signal() | ends,
            Some(events) => b.wire("free", (!walking.signal() | ends) & events.idle),
        };
        b.assign(start, waiting.signal() & may_start & free);
        walking.when(start, b.flag(true)).when(ends, b.flag(false));
        self.walk(&b, (&fields, &prepared), (start, walking.signal(), ends), events);

        b.port_group("Flow control, and the train of the waiting instruction.");
        b.output("instruction_ready_o", ready, "it is taken if it is there");
        b.output("descriptor_address_o", fields.get("train"), "descriptor to look up");
        b.port_group("Started instruction, for the drain.");
        b.output("start_o", start, "an instruction starts");
        b.output("rows_o", prepared.rows, "valid rows of its last tile");
        for (name, meaning) in [
            ("address", "first word of the results"),
            ("multiplier", "its own factor"),
            ("shift", "its own shift"),
            ("scaling", "what it takes of the scalar"),
            ("scalar", "number of the scalar"),
            ("search", "1: maximum, 2: and its row"),
            ("maximum", "maximum register"),
        ] {
            b.output(&format!("{name}_o"), fields.get(name), meaning);
        }
        if let Some(vectors) = &prepared.vectors {
            let apart = "words from one vector's results to the next";
            b.output("apart_o", fields.get("apart"), apart);
            b.output("further_vectors_o", vectors.further, "its vectors but one");
        }
        b.finish()
    }

    /// The fields that it looks at: those of vectors only where there are any.
    fn format(&self) -> Format {
        let mut format = Matrix::FORMAT;
        if !self.vectors {
            format.fields = &format.fields[..format.fields.len() - VECTOR_FIELDS];
        }
        format
    }

    fn summary(&self) -> String {
        format!(
            "walks an instruction over tiles, digits, passes and train words, one entry a cycle.\n\n\
             First entry {ACCEPT_CYCLES} cycles after the instruction is taken, or in the cycle \
             after the last entry of the one before; an embedding {} cycles after, and only when \
             nothing is under way. The last entries of two tiles are {} cycles apart or more, {} \
             from one instruction to the next.",
            ACCEPT_CYCLES + EMBEDDING_CYCLES,
            self.tile_groups(),
            self.tile_groups() + self.instruction_gap(),
        )
    }

    /// The magnitude of the train, where passes depend on it.
    fn magnitude_input<'m>(&self, b: &'m Builder) -> Option<Signal<'m>> {
        let meaning = match self.selector.radix {
            Radix::Bitwise => "or of its magnitudes",
            Radix::Unary => "its largest magnitude",
        };
        let ty = uint(self.selector.count_width);
        self.selector.pass_type().map(|_| b.input("descriptor_magnitude_i", ty, meaning))
    }

    /// The registers of the walk, and what an entry is.
    fn walk<'m>(
        &self,
        b: &'m Builder,
        (fields, prepared): (&Fields<'m>, &Prepared<'m>),
        (start, walking, ends): (Signal<'m>, Signal<'m>, Signal<'m>),
        events: Option<Events<'m>>,
    ) {
        let forward = |name: &str| b.forward(name, uint(1));
        let (step, room) = (forward("step"), forward("room"));
        let pass_end = forward("pass_end");
        let (digit_end, tile_end) = (forward("digit_end"), forward("tile_end"));
        let walk = Walk { start, pass_end, digit_end };
        let store = b.delay("store_q", start, fields.get("store"));
        let embedding = b.wire("walks_embedding", store.is(EMBEDDING));
        let empty = b.delay("empty_q", start, prepared.empty);
        let lane = prepared.lane.map(|lane| b.delay("lane_q", start & prepared.embedding, lane));

        b.comment("Words of a pass, passes of a digit, digits of a tile, tiles.");
        let words = walk.countdown(b, "words_left", prepared.last_word, pass_end, step);
        let last_word = b.wire("last_word", words.is(0));
        let pass = prepared.passes.map(|passes| self.pass_counter(b, &walk, passes));
        let ends_digit = pass.map_or(last_word, |(_, last_pass)| last_word & last_pass);
        let ends_digit = b.wire("last_of_digit", ends_digit);
        let digits = walk.countdown(b, "digits_left", prepared.last_digit, tile_end, digit_end);
        let tiles = b.register("tiles_left_q", prepared.last_tile.ty());
        tiles.when(start, prepared.last_tile).when(tile_end, tiles.signal() - 1);
        let last_tile = b.wire("last_tile", tiles.signal().is(0));
        let tile_ends = b.wire("last_of_tile", ends_digit & digits.is(0));
        let goes = match &events {
            None => room | !tile_ends,
            Some(events) => embedding.select(room | !tile_ends, events.ready),
        };
        b.assign(step, walking & goes);
        b.assign(pass_end, step & last_word);
        b.assign(digit_end, step & ends_digit);
        b.assign(tile_end, step & tile_ends);
        b.assign(ends, tile_end & last_tile);
        let vectors = prepared.vectors.map(|vectors| Vectors {
            walks: b.delay("vectors_q", start, vectors.walks),
            further: b.delay("further_vectors_q", start, vectors.further),
        });
        let further = vectors.map(|vectors| vectors.further);
        // What has gone to the drain.
        let (tile_gone, ends_gone) = match &events {
            None => (tile_end, ends),
            Some(events) => (
                b.wire("tile_gone", (tile_end & embedding) | events.tile_leaves),
                b.wire("final_gone", (ends & embedding) | events.final_leaves),
            ),
        };
        self.room(b, (tile_gone, ends_gone), (embedding, further), room);

        b.section("Where an entry is.");
        let source = b.delay("source_q", start, fields.get("source"));
        let train_word = b.register("train_word_q", source.ty());
        train_word.when(start, fields.get("source")).when(pass_end, source);
        train_word.when(step, train_word.signal() + 1);
        let stride = b.delay("stride_q", start, fields.get("stride"));
        let base = b.register("base_q", prepared.base.ty());
        let row = b.delay("row_base_q", start, prepared.base);
        let next = base.signal() + stride.extend(base.signal().width());
        base.when(start, prepared.base).when(tile_end & embedding, row).when(digit_end, next);
        let group_width = stride.width() + self.word_groups().ilog2();
        let group = b.register("group_q", uint(group_width));
        group.when(start, group.signal().same(0)).when(tile_end, group.signal() + 1);

        b.section("What an entry begins.");
        let begins = |name: &str, at_start: bool, when: Signal<'m>| {
            let register = b.register(name, uint(1));
            register.when(start, b.flag(at_start)).when(step, when).signal()
        };
        let first = begins("tile_begins_q", true, tile_end);
        let bitwise = self.selector.radix == Radix::Bitwise && !self.events;
        let later_pass = bitwise.then(|| match pass {
            Some(_) => begins("pass_begins_q", false, pass_end & !ends_digit),
            None => b.flag(false),
        });
        let later_digit =
            (!self.events).then(|| begins("digit_begins_q", false, digit_end & !tile_ends));

        b.port_group("Entry: cycle 0 of its way through the unit.");
        b.output("step_o", step, "an entry goes");
        b.output("store_o", store, "its store");
        b.output("embedding_o", embedding, "it belongs to an embedding");
        b.output("train_word_o", train_word.signal(), "its word in the train store");
        b.output("empty_o", empty, "take that word as zero");
        if let Some((pass, _)) = pass {
            b.output("pass_o", pass, self.selector.pass_meaning());
        }
        b.output("base_o", base.signal(), "store word of column 0");
        let low = self.word_groups().ilog2();
        let column = group.signal().bits(low, stride.width());
        let (column, meaning) = match vectors {
            None => (column, "column of an embedding's entry"),
            Some(vectors) => {
                let word = b.register("vector_column_q", stride.ty());
                word.when(start | pass_end, word.signal().same(0));
                let word = word.when(step, word.signal() + 1).signal();
                let meaning = "column of an embedding's entry, or of one of vectors";
                (vectors.walks.select(word, column), meaning)
            }
        };
        b.output("column_o", column, meaning);
        if let Some(vectors) = vectors {
            b.output("vectors_o", vectors.walks, "its planes are vectors");
        }
        if let Some(ty) = self.group_type() {
            b.output("group_o", group.signal().bits(0, ty.width), "its group of values");
        }
        if let Some(lane) = lane {
            b.output("lane_o", lane, "row of the tile that an embedding takes");
        }
        b.output("first_o", first, "it begins a tile");
        if let Some(later_pass) = later_pass {
            b.output("later_pass_o", later_pass, "it begins a later pass");
        }
        match later_digit {
            Some(later) => b.output("later_digit_o", later, "it begins a later digit"),
            None => b.output("digits_after_o", digits, "digits that follow its own"),
        }
        b.output("last_o", tile_ends, "it ends a tile");
        b.output("final_o", last_tile, "the tile is the last of its instruction");
        b.port_group("Status.");
        let waits = b.wire("waits", walking & tile_ends & !room);
        let waits = match &events {
            None => waits,
            Some(events) => (waits & embedding) | events.waits,
        };
        b.output("drain_waits_o", waits, "an entry waits for the drain");
        if events.is_some() {
            b.output("room_o", room, "the drain has room for a tile");
        }
    }

    /// What tells the pass, and whether it is the last.
    fn pass_counter<'m>(
        &self,
        b: &'m Builder,
        walk: &Walk<'m>,
        first: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>) {
        if self.selector.radix == Radix::Bitwise {
            let left = walk.countdown(b, "passes_left", first, walk.digit_end, walk.pass_end);
            return (left, b.wire("last_pass", left.is(0)));
        }
        let maximum = b.delay("train_maximum_q", walk.start, first);
        let taken = b.register("planes_taken_q", first.ty());
        let value = taken.signal();
        taken.when(walk.start | walk.digit_end, value.same(0));
        taken.when(walk.pass_end, value + i128::from(self.selector.planes));
        let left = b.wire("planes_left", maximum - value);
        (value, b.wire("last_pass", left.le(left.same(self.selector.planes.into()))))
    }
}
