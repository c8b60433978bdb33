//! The matrix fetcher: the way of an entry from the walker to the array.
//!
//! ```text
//!  cycle 0  walker: entry ─► train store
//!        1  train word ─► column ─► address ┐  ┌─ planes of the pass
//!        2  store: fetch                    ▼  ▼
//!        3  store: decode             four stages of spikes
//!        4  stores ─► choose ─┐             │
//!        5                    └─► array ◄───┘      embeddings leave to the row reader in cycle 4
//! ```
//!
//! One entry a cycle; it never waits.

use super::accumulator_array::delay_line;
use super::matrix_walker::{KEYS, VALUES};
use super::plane_selector::{PlaneSelector, SELECT_CYCLES};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use firmware::isa::Matrix;
use std::sync::Arc;
use weights::numeric::Radix;

/// Cycles from an entry's departure to its arrival at the array.
pub const FETCH_CYCLES: u32 = SELECT_CYCLES + 1;

/// Cycles from an entry's departure to its decoded word.
pub(super) const DECODED_CYCLES: u32 = 4;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct MatrixFetcher {
    /// Rows of a store word.
    pub lanes: u32,
    /// Columns of a store word.
    pub slots: u32,
    /// What a pass is.
    pub selector: PlaneSelector,
    /// Type of the number of a group of values; none if a store word has one group.
    pub group_type: Option<Type>,
    /// Whether planes may be vectors of their own, with words of the plane store.
    pub vectors: bool,
}

/// What an entry of vectors brings, and when: its flag and its word's address in the first cycle, the
/// word of every plane with its trits.
struct Planes<'m> {
    entry: Signal<'m>,
    address: Signal<'m>,
    active: Signal<'m>,
    negative: Signal<'m>,
}

impl MatrixFetcher {
    /// The module `matrix_fetcher`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("matrix_fetcher", file!(), &self.summary());
        let field = |name: &str| uint(Matrix::FORMAT.field(name).width);
        b.port_group("Entry.");
        let step = b.input("step_i", uint(1), "an entry goes");
        let store = b.input("store_i", field("store"), "its store");
        let embedding = b.input("embedding_i", uint(1), "it belongs to an embedding");
        let empty = b.input("empty_i", uint(1), "take the train word as zero");
        let pass_type = self.selector.pass_type();
        let pass = pass_type.map(|ty| b.input("pass_i", ty, self.selector.pass_meaning()));
        let base = b.input("base_i", field("base"), "store word of column 0");
        let column = b.input("column_i", field("stride"), "column of an embedding's entry");
        let group = self.group_type.map(|ty| b.input("group_i", ty, "its group of values"));
        let planes = self.vectors.then(|| self.plane_inputs(&b));
        let bitwise = self.selector.radix == Radix::Bitwise;
        let commands = ["first", "later_pass", "later_digit", "last", "final"];
        let commands: Vec<(&str, Signal)> = commands
            .into_iter()
            .filter(|&name| bitwise || name != "later_pass")
            .map(|name| (name, b.input(&format!("{name}_i"), uint(1), meaning_of(name))))
            .collect();
        b.port_group("Train word, a cycle after the entry.");
        let train_column = b.input("train_column_i", field("stride"), "its column");
        let negative = b.input("train_negative_i", uint(self.slots), "signs of its counts");
        let count_width = self.selector.count_width;
        let magnitudes = uint(self.slots * count_width);
        let magnitude = b.input("train_magnitude_i", magnitudes, "magnitudes, slot 0 lowest");
        b.port_group("Decoded store words, two cycles after the fetch.");
        let word = uint(self.lanes * self.slots);
        let weight = word_inputs(&b, "weight", word);
        let key = word_inputs(&b, "key", word);
        let value = word_inputs(&b, "value", word);

        b.section("Cycle 1: the train word is here; its column finds the store word.");
        let fetched = b.register_reset("fetched_q", uint(1), 0).next(step).signal();
        let always = b.flag(true);
        let base = b.delay("base_1_q", always, base);
        let own_column = b.delay("column_1_q", always, column);
        let embeds = b.delay("embedding_1_q", always, embedding);
        let empty = b.delay("empty_1_q", always, empty);
        let store_1 = b.delay("store_1_q", always, store);
        let pass = pass.map(|pass| b.delay("pass_1_q", always, pass));
        let train_column = empty.select(train_column.same(0), train_column);
        let owns = match &planes {
            None => embeds,
            Some(planes) => embeds | b.delay("vectors_1_q", always, planes.entry),
        };
        let column = b.wire("column", owns.select(own_column, train_column));
        let address = base + column.extend(base.width());

        b.section("Cycle 2: the word is fetched, each store by itself.");
        let address = b.delay("address_q", always, address);
        let weights = b.wire("from_weights", !(store_1.is(KEYS) | store_1.is(VALUES)));
        let fetch_weight = b.register_reset("fetch_weight_q", uint(1), 0).next(fetched & weights);
        let keys = b.wire("from_keys", store_1.is(KEYS));
        let fetch_key = b.register_reset("fetch_key_q", uint(1), 0).next(fetched & keys);
        let values = b.wire("from_values", store_1.is(VALUES));
        let fetch_value = b.register_reset("fetch_value_q", uint(1), 0).next(fetched & values);

        b.section("Cycle 4: it is decoded, and the word of one store goes to the array.");
        let keys = delay_line(&b, "from_keys", keys, DECODED_CYCLES - 1, false);
        let values = delay_line(&b, "from_values", values, DECODED_CYCLES - 1, false);
        let choose =
            |index: usize| keys.select(key[index], values.select(value[index], weight[index]));
        let high = b.delay("high_q", always, choose(0));
        let low = b.delay("low_q", always, choose(1));

        b.section("Cycles 1 to 4: the planes of the pass, slot by slot.");
        let (active, negative) = self.spikes(&b, negative, magnitude, empty, pass);

        b.section("Commands travel with their entry.");
        let embeds = b.wire("embeds", step & embedding);
        let row_valid = delay_line(&b, "embeds", embeds, DECODED_CYCLES, true);
        let computes = b.wire("computes", step & !embedding);
        let valid = delay_line(&b, "computes", computes, FETCH_CYCLES, true);
        let of_train = match &planes {
            None => computes,
            Some(planes) => computes & !planes.entry,
        };
        let group = group.map(|group| {
            let named = |cycle: u32| format!("group_{cycle}_q");
            (1..=DECODED_CYCLES).fold(group, |group, cycle| b.delay(&named(cycle), always, group))
        });
        let mut lines = vec![];
        for (name, signal) in commands {
            lines.push((name, delays(&b, name, signal)));
        }

        let late = planes.as_ref().map(|planes| self.plane_fetch(&b, planes, computes));
        b.port_group("Stores: fetch a word.");
        b.output("train_read_o", of_train, "of the train store, in the cycle of the entry");
        b.output("weight_read_o", fetch_weight.signal(), "of the weight store");
        b.output("key_read_o", fetch_key.signal(), "of the key store");
        b.output("value_read_o", fetch_value.signal(), "of the value store");
        b.output("address_o", address, "its address");
        if let Some((read, address, _)) = late {
            b.output("plane_read_o", read, "of the plane store, later than of others");
            b.output("plane_address_o", address, "its address there");
        }
        b.port_group("Array.");
        b.output("valid_o", valid, "a word and its spikes are there");
        if let Some((_, _, late)) = late {
            b.output("vectors_o", late, "its planes are vectors");
        }
        for &(name, (_, late)) in &lines {
            b.output(&format!("{name}_o"), late, meaning_of(name));
        }
        b.output("high_o", high, "upper bit of each trit");
        b.output("low_o", low, "lower bit of each trit");
        let (active, negative) = match (&planes, late) {
            (Some(planes), Some((_, _, late))) => {
                (late.select(planes.active, active), late.select(planes.negative, negative))
            }
            _ => (active, negative),
        };
        b.output("active_o", active, "1: a spike, plane 0 in the lowest bits");
        b.output("negative_o", negative, "1: the spike is -1");
        b.port_group("Row reader, of the word that weight_high_i and weight_low_i hold.");
        b.output("row_valid_o", row_valid, "it belongs to an embedding");
        for (name, (early, _)) in lines {
            if ["first", "last", "final"].contains(&name) {
                b.output(&format!("row_{name}_o"), early, meaning_of(name));
            }
        }
        if let Some(group) = group {
            b.output("row_group_o", group, "its group of values");
        }
        b.finish()
    }

    /// What comes with entries of vectors.
    fn plane_inputs<'m>(&self, b: &'m Builder) -> Planes<'m> {
        let trits = uint(self.slots * self.selector.planes);
        let source = uint(Matrix::FORMAT.field("source").width);
        b.port_group("Vectors: a word of every plane, a cycle after its fetch.");
        Planes {
            entry: b.input("vectors_i", uint(1), "the entry is one of vectors"),
            address: b.input("plane_word_i", source, "its word in the plane store"),
            active: b.input("plane_active_i", trits, "1: a spike, plane 0 in the lowest bits"),
            negative: b.input("plane_negative_i", trits, "1: it is -1"),
        }
    }

    /// The fetch of an entry's planes, so late that they need not wait for its trits: read, address,
    /// and whether the entry at the array is one of vectors.
    fn plane_fetch<'m>(
        &self,
        b: &'m Builder,
        planes: &Planes<'m>,
        computes: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>, Signal<'m>) {
        b.section("Cycle 4: the planes of vectors are fetched.");
        let reads = b.wire("reads_planes", computes & planes.entry);
        let late = delay_line(b, "reads_planes", reads, DECODED_CYCLES, true);
        let named = |cycle: u32| format!("plane_word_{cycle}_q");
        let address = (1..=DECODED_CYCLES)
            .fold(planes.address, |address, cycle| b.delay(&named(cycle), b.flag(true), address));
        (late, address, b.delay("of_vectors_q", b.flag(true), late))
    }

    fn summary(&self) -> String {
        format!(
            "the way of an entry from the walker through the stores to the array.\n\n\
             An entry is at the array {FETCH_CYCLES} cycles after it goes; the word of an \
             embedding is at the row reader after {DECODED_CYCLES}."
        )
    }

    /// Active and negative bits of all planes, plane by plane.
    fn spikes<'m>(
        &self,
        b: &'m Builder,
        negative: Signal<'m>,
        magnitude: Signal<'m>,
        empty: Signal<'m>,
        pass: Option<Signal<'m>>,
    ) -> (Signal<'m>, Signal<'m>) {
        let selector = self.selector.module();
        let width = self.selector.count_width;
        let slot = |index: u32| {
            let mut inputs = vec![
                ("magnitude_i", magnitude.bits(index * width, width)),
                ("negative_i", negative.bit(index)),
                ("empty_i", empty),
            ];
            inputs.extend(pass.map(|pass| ("pass_i", pass)));
            let spikes = b.instance(&format!("slot_{index}"), &selector, &inputs);
            (spikes.get("active_o"), spikes.get("negative_o"))
        };
        let slots: Vec<(Signal, Signal)> = (0..self.slots).map(slot).collect();
        let planes = || (0..self.selector.planes).rev();
        let bits = |of: fn(&(Signal<'m>, Signal<'m>)) -> Signal<'m>| -> Vec<Signal<'m>> {
            let plane = |plane| slots.iter().rev().map(move |slot| of(slot).bit(plane));
            planes().flat_map(plane).collect()
        };
        (b.concat(&bits(|slot| slot.0)), b.concat(&bits(|slot| slot.1)))
    }
}

/// The two words of bits that a store delivers.
fn word_inputs<'m>(b: &'m Builder, store: &str, ty: Type) -> [Signal<'m>; 2] {
    let high = b.input(&format!("{store}_high_i"), ty, "upper bit of each trit");
    [high, b.input(&format!("{store}_low_i"), ty, "lower bit of each trit")]
}

/// A command when its word is decoded, and when it is at the array.
fn delays<'m>(b: &'m Builder, name: &str, signal: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
    let line = b.register(&format!("{name}_late_q"), uint(FETCH_CYCLES));
    let value = line.signal();
    line.next(b.concat(&[value.bits(0, FETCH_CYCLES - 1), signal]));
    (value.bit(DECODED_CYCLES - 1), value.top_bit())
}

fn meaning_of(command: &str) -> &'static str {
    match command {
        "first" => "it begins a tile",
        "later_pass" => "it begins a later pass",
        "later_digit" => "it begins a later digit",
        "last" => "it ends a tile",
        _ => "the tile is the last of its instruction",
    }
}
