//! Train words in, one column that spikes a cycle out.
//!
//! ```text
//!  train word ─► word, rest ─► lowest column of rest ─► event
//!                  └◄─ rest without it ◄──┘
//! ```
//!
//! A word stays for max(1, its columns that spike) cycles; another waits behind it where it was
//! fetched, so that no cycle is lost between words. The last event of a tile waits until the drain
//! has room. An event is the whole count of its column: planes and passes do not exist here.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::isa::Matrix;
use std::sync::Arc;

/// Cycles from the departure of a train word to its first event.
pub const EVENT_CYCLES: u32 = 2;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct TrainEvents {
    /// Columns of a train word, a power of two.
    pub slots: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
}

/// What is known of a word, from its arrival on.
#[derive(Clone, Copy)]
struct Word<'m> {
    /// Columns that spike.
    spiking: Signal<'m>,
    negative: Signal<'m>,
    magnitude: Signal<'m>,
    /// Store word of its first column.
    first: Signal<'m>,
    digits_after: Signal<'m>,
    last: Signal<'m>,
    ends: Signal<'m>,
}

/// What the walker says of a train word that goes.
pub(super) struct Walked<'m> {
    pub(super) step: Signal<'m>,
    pub(super) base: Signal<'m>,
    pub(super) empty: Signal<'m>,
    pub(super) digits_after: Signal<'m>,
    pub(super) last: Signal<'m>,
    pub(super) ends: Signal<'m>,
}

impl<'m> Walked<'m> {
    pub(super) fn inputs(b: &'m Builder) -> Walked<'m> {
        b.port_group("Train word that goes.");
        let field = |name: &str| uint(Matrix::FORMAT.field(name).width);
        Walked {
            step: b.input("step_i", uint(1), "one goes"),
            base: b.input("base_i", field("base"), "store word of column 0"),
            empty: b.input("empty_i", uint(1), "take it as zero"),
            digits_after: b.input("digits_after_i", field("digits"), "digits that follow"),
            last: b.input("last_i", uint(1), "it ends a tile"),
            ends: b.input("final_i", uint(1), "the tile is the last of its instruction"),
        }
    }
}

/// Where words are.
struct Flow<'m> {
    /// The word that is searched is there.
    full: Signal<'m>,
    /// An event leaves, and with it the word.
    leaves: Signal<'m>,
    stays: Signal<'m>,
    /// A word waits behind it: the train store holds it until another is fetched.
    waiting: Signal<'m>,
}

impl TrainEvents {
    /// Bits of a store word's address.
    fn address_width() -> u32 {
        Matrix::FORMAT.field("base").width
    }

    /// The type of an event's count.
    pub fn count_type(&self) -> Type {
        sint(self.count_width + 1)
    }

    /// The module `train_events`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("train_events", file!(), &self.summary());
        let walked = Walked::inputs(&b);
        b.port_group("Train word, a cycle after it goes.");
        let column =
            b.input("train_column_i", uint(Matrix::FORMAT.field("stride").width), "its column");
        let negative = b.input("train_negative_i", uint(self.slots), "signs of its counts");
        let magnitudes = uint(self.slots * self.count_width);
        let magnitude = b.input("train_magnitude_i", magnitudes, "magnitudes, slot 0 lowest");
        b.port_group("Drain.");
        let room = b.input("room_i", uint(1), "it has room for a tile");

        b.section("Cycle 1: the word is here.");
        let step = walked.step;
        let fetched = b.register_reset("fetched_q", uint(1), 0).next(step).signal();
        let base = b.delay("base_1_q", step, walked.base);
        let empty = b.delay("empty_1_q", step, walked.empty);
        let spikes: Vec<Signal> = (0..self.slots)
            .rev()
            .map(|slot| magnitude.bits(slot * self.count_width, self.count_width).any())
            .collect();
        let width = TrainEvents::address_width();
        let zeros = b.literal(0, uint(self.slots.ilog2()));
        let before = b.wire("columns_before", b.concat(&[column, zeros]));
        let before = if before.width() > width {
            let above = before.bits(width, before.width() - width);
            b.unused("columns_above", above, "The weight store has no such words.");
            before.bits(0, width)
        } else {
            before.extend(width)
        };
        let arriving = Word {
            spiking: b.wire("spiking", b.concat(&spikes) & !empty.repeat(self.slots)),
            negative,
            magnitude,
            first: b.wire("first_word", base + before),
            digits_after: b.delay("digits_after_1_q", step, walked.digits_after),
            last: b.delay("last_1_q", step, walked.last),
            ends: b.delay("final_1_q", step, walked.ends),
        };

        b.section("Cycle 2: the word that is searched, and one behind it.");
        let flow = self.flow(&b, fetched);
        let left = b.forward("left", uint(self.slots));
        let word = self.hold(&b, arriving, &flow, left);
        let rest = word.spiking;
        b.assign(left, rest & (rest - 1));
        let one_left = b.wire("one_left", !left.any());
        let closes = b.wire("closes_tile", word.last & one_left);
        b.assign(flow.leaves, flow.full & (room | !closes));
        b.assign(flow.stays, flow.full & !(flow.leaves & one_left));

        b.section("The lowest column that is left, and its count.");
        let chosen = b.wire("chosen", rest & !left);
        let place = self.place(&b, chosen);
        let address = word.first + place.extend(width);
        let count = self.count(&b, chosen, &word);

        b.port_group("Walker.");
        let ready = b.wire("words_ready", !(flow.stays & (flow.waiting | fetched)));
        b.output("words_ready_o", ready, "another word may go");
        let tile_leaves = b.wire("tile_leaves", flow.leaves & closes);
        b.output("tile_leaves_o", tile_leaves, "the last event of a tile leaves");
        let ends = b.wire("final_leaves", tile_leaves & word.ends);
        b.output("final_leaves_o", ends, "the last event of an instruction leaves");
        let under_way = b.wire("under_way", fetched | flow.full);
        b.output("idle_o", !under_way | ends, "no word is under way when this cycle ends");
        b.output("waits_o", flow.full & !flow.leaves, "an event waits for the drain");
        b.port_group("Event.");
        b.output("event_o", flow.leaves, "it leaves");
        b.output("address_o", address, "store word of its column");
        b.output("count_o", count, "what its column counts");
        b.output("digits_after_o", word.digits_after, "digits that follow that of the store word");
        b.output("last_o", closes, "it is the last of a tile");
        b.output("final_o", word.ends, "the tile is the last of its instruction");
        self.claims(&b, &walked, (fetched, &flow), (ready, one_left));
        b.finish()
    }

    fn claims<'m>(
        &self,
        b: &'m Builder,
        walked: &Walked<'m>,
        (fetched, flow): (Signal<'m>, &Flow<'m>),
        (ready, one_left): (Signal<'m>, Signal<'m>),
    ) {
        b.properties();
        b.assume("goes_when_ready", !walked.step | ready, "A word goes only when another may.");
        let meaning = "No word is fetched while one waits where it would come.";
        b.assert_property("finds_a_place", !(fetched & flow.waiting), meaning);
        let meaning = "A word waits only behind another.";
        b.assert_property("waits_behind", !flow.waiting | flow.full, meaning);
        let gone = b.tally("words_gone_q", 3, walked.step);
        let searched = b.tally("words_searched_q", 3, flow.leaves & one_left);
        let held = b.ones(3, &[fetched, flow.full, flow.waiting]);
        let meaning = "Words that went are those searched and those held.";
        b.assert_property("words_counted", (gone - searched).eq(held), meaning);
    }

    fn summary(&self) -> String {
        format!(
            "train words of {} columns in, one column that spikes a cycle out.\n\n\
             The first event of a word leaves {EVENT_CYCLES} cycles after the word goes, or behind \
             the last of the word before. A word without a spike is one event that counts nothing.",
            self.slots
        )
    }

    /// Where words are. `leaves` and `stays` are driven once it is known what is left of the word.
    fn flow<'m>(&self, b: &'m Builder, fetched: Signal<'m>) -> Flow<'m> {
        let full = b.register_reset("full_q", uint(1), 0);
        let waiting = b.register_reset("waiting_q", uint(1), 0);
        let (leaves, stays) = (b.forward("leaves", uint(1)), b.forward("stays", uint(1)));
        full.next(stays | waiting.signal() | fetched);
        waiting.next(stays & (waiting.signal() | fetched));
        Flow { full: full.signal(), leaves, stays, waiting: waiting.signal() }
    }

    /// The word that is searched: what is left of its spikes and all else of it.
    fn hold<'m>(
        &self,
        b: &'m Builder,
        arriving: Word<'m>,
        flow: &Flow<'m>,
        left: Signal<'m>,
    ) -> Word<'m> {
        let enters = b.wire("enters", !flow.stays);
        // Its spikes leave one by one.
        let rest = b.register("spiking_q", left.ty());
        let rest = rest.when(enters, arriving.spiking).when(flow.leaves, left);
        let keep = |name: &str, part| b.delay(name, enters, part);
        Word {
            spiking: rest.signal(),
            negative: keep("negative_q", arriving.negative),
            magnitude: keep("magnitude_q", arriving.magnitude),
            first: keep("first_q", arriving.first),
            digits_after: keep("digits_after_q", arriving.digits_after),
            last: keep("last_q", arriving.last),
            ends: keep("final_q", arriving.ends),
        }
    }

    /// The number of the one column that is chosen; 0 if none is.
    fn place<'m>(&self, b: &'m Builder, chosen: Signal<'m>) -> Signal<'m> {
        let with = |bit: u32| {
            let slots = (0..self.slots).filter(|slot| slot >> bit & 1 == 1);
            let bits: Vec<Signal> = slots.map(|slot| chosen.bit(slot)).collect();
            b.concat(&bits).any()
        };
        let bits: Vec<Signal> = (0..self.slots.ilog2()).rev().map(with).collect();
        b.wire("place", b.concat(&bits))
    }

    /// The count of the one column that is chosen; 0 if none is.
    fn count<'m>(&self, b: &'m Builder, chosen: Signal<'m>, word: &Word<'m>) -> Signal<'m> {
        let width = self.count_width;
        let own =
            |slot: u32| word.magnitude.bits(slot * width, width) & chosen.bit(slot).repeat(width);
        let magnitude = (1..self.slots).fold(own(0), |all, slot| all | own(slot));
        let magnitude = b.wire("magnitude", magnitude).extend(width + 1).as_sint();
        let minus = b.wire("minus", (chosen & word.negative).any());
        b.wire("count", minus.select(magnitude.same(0) - magnitude, magnitude))
    }
}
