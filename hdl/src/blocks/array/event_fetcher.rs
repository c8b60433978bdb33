//! The event fetcher: from a train word's departure to its columns at the array, one a cycle.
//!
//! ```text
//!  word  0  walker: entry ─► train store
//!        1  train word ─► train_events ─┐
//!  event 0  column that spikes ◄────────┘─► address, count
//!        1  weight store: fetch             count × 3^digits that follow
//!        2  weight store: decode              │
//!        3  word ─┐                           │
//!        4        └─► array ◄─────────────────┘
//! ```
//!
//! The rows of an embedding take the way of the [matrix fetcher](super::matrix_fetcher).

use super::accumulator_array::delay_line;
use super::matrix_fetcher::DECODED_CYCLES;
use super::row_reader::READ_CYCLES;
use super::train_events::{TrainEvents, Walked};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::isa::Matrix;
use std::sync::Arc;

/// Cycles from an event's departure to its arrival at the array.
pub const EVENT_FETCH_CYCLES: u32 = 4;

/// Cycles that the values of an embedding take longer from their last word to the drain.
pub const EMBEDDING_LAG: u32 = DECODED_CYCLES + READ_CYCLES - EVENT_FETCH_CYCLES;

/// The weight of a digit by the number of those that follow: as many as the field has room for.
const POWERS: [i128; 7] = [1, 3, 9, 27, 81, 243, 729];
const POWER_WIDTH: u32 = 10;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EventFetcher {
    /// Trits of a store word.
    pub lanes: u32,
    /// What finds the columns that spike.
    pub events: TrainEvents,
    /// Type of the number of a group of values; none if a store word has one group.
    pub group_type: Option<Type>,
}

impl EventFetcher {
    /// The type of an event's count times the weight of its digit.
    pub fn value_type(&self) -> Type {
        sint(self.events.count_type().width + POWER_WIDTH)
    }

    /// The module `event_fetcher`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("event_fetcher", file!(), &self.summary());
        let field = |name: &str| uint(Matrix::FORMAT.field(name).width);
        let walked = Walked::inputs(&b);
        b.port_group("Embedding: what a word of a train does not have.");
        let embedding = b.input("embedding_i", uint(1), "the word belongs to an embedding");
        let column = b.input("column_i", field("stride"), "its column");
        let group = self.group_type.map(|ty| b.input("group_i", ty, "its group of values"));
        let first = b.input("first_i", uint(1), "it begins a tile");
        b.port_group("Train word, a cycle after it goes.");
        let train_column = b.input("train_column_i", field("stride"), "its column");
        let negative = b.input("train_negative_i", uint(self.events.slots), "signs of its counts");
        let magnitudes = uint(self.events.slots * self.events.count_width);
        let magnitude = b.input("train_magnitude_i", magnitudes, "magnitudes, slot 0 lowest");
        b.port_group("Drain.");
        let room = b.input("room_i", uint(1), "it has room for a tile");
        b.port_group("Decoded store word, two cycles after the fetch.");
        let word = uint(self.lanes);
        let high = b.input("weight_high_i", word, "upper bit of each trit");
        let low = b.input("weight_low_i", word, "lower bit of each trit");

        b.section("Events.");
        let step = b.wire("train_step", walked.step & !embedding);
        let inputs = [
            ("step_i", step),
            ("base_i", walked.base),
            ("empty_i", walked.empty),
            ("digits_after_i", walked.digits_after),
            ("last_i", walked.last),
            ("final_i", walked.ends),
            ("train_column_i", train_column),
            ("train_negative_i", negative),
            ("train_magnitude_i", magnitude),
            ("room_i", room),
        ];
        let events = b.instance("events", &self.events.module(), &inputs);
        let event = events.get("event_o");

        b.section("The store word of an event, or of an embedding.");
        let always = b.flag(true);
        let embeds = b.wire("embeds", walked.step & embedding);
        let embeds_1 = b.register_reset("embeds_1_q", uint(1), 0).next(embeds).signal();
        let base_1 = b.delay("base_1_q", always, walked.base);
        let column_1 = b.delay("column_1_q", always, column);
        let own = base_1 + column_1.extend(base_1.width());
        let address = b.delay("address_q", always, embeds_1.select(own, events.get("address_o")));
        let reads = b.register_reset("read_q", uint(1), 0).next(event | embeds_1).signal();

        b.section("The value of an event: its count times the weight of the digit.");
        let count = b.delay("count_q", always, events.get("count_o"));
        let literal = |power: i128| b.literal(power, uint(POWER_WIDTH));
        let arms: Vec<(i128, Signal)> =
            (0..).zip(POWERS).map(|(after, power)| (after, literal(power))).collect();
        let power = b.case("power", events.get("digits_after_o"), &arms[..6], arms[6].1);
        let power = b.delay("power_q", always, power);
        let width = self.value_type().width;
        let power = power.extend(width).as_sint();
        let product = b.delay("product_q", always, count.extend(width) * power);
        let value = b.delay("value_1_q", always, product);
        let value = b.delay("value_2_q", always, value);

        b.section("Commands travel with their event or word.");
        let valid = delay_line(&b, "event", event, EVENT_FETCH_CYCLES, true);
        let last = delay_line(&b, "event_last", events.get("last_o"), EVENT_FETCH_CYCLES, false);
        let ends = delay_line(&b, "event_final", events.get("final_o"), EVENT_FETCH_CYCLES, false);
        let row_valid = delay_line(&b, "embeds", embeds, DECODED_CYCLES, true);
        let row = |name: &str, signal| delay_line(&b, name, signal, DECODED_CYCLES, false);
        let rows = [
            ("row_first_o", row("row_first", first), "it begins a tile"),
            ("row_last_o", row("row_last", walked.last), "it ends a tile"),
            ("row_final_o", row("row_final", walked.ends), "the tile is the last"),
        ];
        let group = group.map(|group| {
            let named = |cycle: u32| format!("group_{cycle}_q");
            (1..=DECODED_CYCLES).fold(group, |group, cycle| b.delay(&named(cycle), always, group))
        });

        b.port_group("Stores: fetch a word.");
        b.output("train_read_o", step, "of the train store, in the cycle of the entry");
        b.output("weight_read_o", reads, "of the weight store");
        b.output("address_o", address, "its address");
        b.port_group("Walker.");
        for (name, meaning) in [
            ("words_ready_o", "another word may go"),
            ("tile_leaves_o", "the last event of a tile leaves"),
            ("final_leaves_o", "the last event of an instruction leaves"),
            ("idle_o", "no word is under way when this cycle ends"),
            ("waits_o", "an event waits for the drain"),
        ] {
            b.output(name, events.get(name), meaning);
        }
        b.port_group("Array.");
        b.output("valid_o", valid, "an event and its word are there");
        b.output("last_o", last, "it is the last of a tile");
        b.output("final_o", ends, "the tile is the last of its instruction");
        b.output("high_o", b.delay("high_q", always, high), "upper bit of each trit");
        b.output("low_o", b.delay("low_q", always, low), "lower bit of each trit");
        b.output("value_o", value, "what the event is worth");
        b.port_group("Row reader, of the word that weight_high_i and weight_low_i hold.");
        b.output("row_valid_o", row_valid, "it belongs to an embedding");
        for (name, signal, meaning) in rows {
            b.output(name, signal, meaning);
        }
        if let Some(group) = group {
            b.output("row_group_o", group, "its group of values");
        }
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "the way of a train word from the walker through the stores to the array, column by \
             column.\n\nA column that spikes is at the array {EVENT_FETCH_CYCLES} cycles after it \
             leaves; the word of an embedding is at the row reader {DECODED_CYCLES} cycles after it \
             goes."
        )
    }
}
