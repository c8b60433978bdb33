//! What follows the elements: T and S, trains, keys and values, levels and scalars.

use super::elements::Results;
use super::tag::Tag;
use super::{KEPT, Unit, fitting};
use crate::blocks::vector::choice::Chosen;
use crate::blocks::vector::pass_counts::PassCounts;
use crate::blocks::vector::pass_cycles::{COUNTS_BEHIND, DIGITS_BEHIND};
use crate::blocks::vector::pass_digits::PassDigits;
use crate::blocks::vector::pass_finish::PassFinish;
use crate::blocks::vector::pass_reduce::PassReduce;
use crate::blocks::vector::pass_store::PassStore;
use crate::blocks::vector::round_shifter::SHIFT_WIDTH;
use crate::blocks::vector::train_writer::{
    DESCRIPTOR_ADDRESS_WIDTH, DESCRIPTOR_WORDS_WIDTH, TRAIN_ADDRESS_WIDTH, TrainWriter,
};
use crate::blocks::vector::widths::{EXPONENT_WIDTH, SCALAR_ADDRESS_WIDTH, STORE_ADDRESS_WIDTH};
use crate::blocks::vector::word_parts::WordParts;
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use firmware::isa::{Destination, Emit, Pass};
use weights::numeric::fixed_point::UNIT_WIDTH;

impl<'m> Unit<'_, 'm> {
    pub(super) fn writers(&self, results: &Results<'m>) {
        let tag = self.tag;
        self.vectors(results, tag);
        self.trains(results, tag);
        self.planes(results, tag);
        self.digits(results, tag);
        let saturated = self.finish(results, tag);
        let saturations = match saturated {
            None => results.saturations,
            Some(saturated) => {
                let one = saturated.extend(results.saturations.width());
                results.saturations + one
            }
        };
        self.b.port_group("Event.");
        let meaning = "results that saturated in this cycle";
        self.b.output("saturations_o", saturations, meaning);
    }

    /// An output of a writer, or zero where there is none.
    fn output(&self, port: &str, from: Option<Signal<'m>>, ty: Type, meaning: &str) {
        let b = self.b;
        b.output(port, from.unwrap_or_else(|| b.literal(0, ty)), meaning);
    }

    /// The tag some cycles later.
    fn later(&self, name: &str, tag: Tag<'m>, cycles: u32) -> Tag<'m> {
        let b = self.b;
        (1..=cycles).fold(tag, |tag, cycle| Tag {
            valid: b
                .register_reset(&format!("{name}_valid_{cycle}_q"), uint(1), 0)
                .next(tag.valid)
                .signal(),
            first: b.delay(&format!("{name}_first_{cycle}_q"), b.flag(true), tag.first),
            last: b.delay(&format!("{name}_last_{cycle}_q"), b.flag(true), tag.last),
        })
    }

    /// The cycle from which on what is written belongs to a pass: that behind its acceptance, or, where
    /// the one before may still be on its way, that of its first word.
    fn opens(&self, tag: Tag<'m>) -> Signal<'m> {
        if self.unit.streams { tag.valid & tag.first } else { self.start }
    }

    /// The first word of a train or of a vector.
    fn train_word(&self, cycles: u32) -> Signal<'m> {
        let words = self.fields.held("words").bits(0, TRAIN_ADDRESS_WIDTH);
        self.beside_results("words", words, cycles)
    }

    /// The address of a word: counted from the first one on.
    fn counted(&self, name: &str, first: Signal<'m>, tag: Tag<'m>) -> Signal<'m> {
        let b = self.b;
        let next = b.register(&format!("next_{name}_q"), first.ty());
        let address = b.wire(&format!("{name}_address"), tag.first.select(first, next.signal()));
        next.when(tag.valid, address + 1);
        address
    }

    /// T and S. S takes membranes or results, never both of one pass.
    fn vectors(&self, results: &Results<'m>, tag: Tag<'m>) {
        let (b, choices) = (self.b, &self.unit.choices);
        b.section("Words of T and of S.");
        let destination = Chosen::of(b, "destination", &choices.destinations, || {
            self.field_beside("destination", 0)
        });
        let write = |is: Option<Signal<'m>>| is.map(|is| tag.valid & is);
        let to_memory = destination.makes(&[Destination::Temporaries, Destination::State]);
        let address = to_memory.then(|| self.counted("write", self.field_beside("write", 0), tag));
        let address_type = uint(Pass::FORMAT.field("a").width);
        let word = self.unit.word();
        b.port_group("T, written.");
        let temporaries = write(destination.ever(&[Destination::Temporaries]));
        let used = |signal: Option<Signal<'m>>| temporaries.and(signal);
        self.output("temporary_write_o", temporaries, uint(1), "write a word");
        self.output("temporary_write_address_o", used(address), address_type, "which one");
        self.output("temporary_write_data_o", used(Some(results.y)), word, "its values");

        let spiking = choices.spiking.then(|| self.field_beside("spiking", 0));
        let membrane = choices
            .spiking
            .then(|| self.counted("membrane", self.field_beside("membrane", 0), tag));
        let state = destination.ever(&[Destination::State]);
        let either = |membranes: Option<Signal<'m>>, values: Option<Signal<'m>>| match (
            spiking,
            membranes,
            state.and(values),
        ) {
            (Some(spiking), Some(membranes), Some(values)) => {
                Some(spiking.select(membranes, values))
            }
            (_, membranes, values) => membranes.or(values),
        };
        let writes = match (spiking, state) {
            (Some(spiking), Some(state)) => Some(spiking | state),
            (spiking, state) => spiking.or(state),
        };
        b.comment("S takes membranes or results: no pass has both.");
        b.port_group("S, written: membranes or results.");
        self.output("state_write_o", write(writes), uint(1), "write a word");
        let address = either(membrane, address);
        self.output("state_write_address_o", address, address_type, "which one");
        let data = either(results.membranes, Some(results.y));
        self.output("state_write_data_o", data, word, "its values");
    }

    fn trains(&self, results: &Results<'m>, tag: Tag<'m>) {
        let (b, unit) = (self.b, self.unit);
        let emits = self.emit().ever(&[Emit::Train]);
        let trains = emits.map(|emits| {
            b.section("Counts and trains.");
            let (elements, value_width) = (unit.elements, unit.value_width);
            let (slots, count_width, radix) = (unit.slots, unit.count_width, unit.radix);
            let counts = PassCounts { elements, value_width, count_width }.module();
            let inputs = [("bits_i", self.field_beside("bits", 0)), ("y_i", results.y)];
            let counts = b.instance("counts", &counts, &inputs);
            let tag = self.later("count", Tag { valid: tag.valid & emits, ..tag }, 1);
            let writer = TrainWriter { elements, slots, count_width, radix }.module();
            let words = self.train_word(COUNTS_BEHIND);
            if !self.emit.makes(&[KEPT[0], KEPT[1], Emit::Vector]) {
                let held = self.fields.held("words");
                let above = held.bits(TRAIN_ADDRESS_WIDTH, held.width() - TRAIN_ADDRESS_WIDTH);
                b.unused("words", above, "Trains lie in the first words.");
            }
            let inputs = [
                ("start_i", self.opens(tag)),
                ("destination_i", words),
                ("train_i", self.field_beside("train", COUNTS_BEHIND)),
                ("valid_i", tag.valid),
                ("first_i", tag.first),
                ("last_i", tag.last),
                ("negative_i", counts.get("negative_o")),
                ("magnitude_i", counts.get("magnitude_o")),
            ];
            b.instance("trains", &writer, &inputs)
        });
        let pass = |port: &str, width: u32, meaning: &str| {
            let from = trains.as_ref().map(|trains| trains.get(port));
            self.output(port, from, uint(width), meaning);
        };
        b.port_group("Train word that is not empty.");
        pass("train_write_o", 1, "write it");
        pass("train_address_o", TRAIN_ADDRESS_WIDTH, "where");
        pass("train_column_o", TRAIN_ADDRESS_WIDTH, "its column");
        pass("train_negative_o", unit.slots, "signs, slot 0 in the lowest bit");
        let magnitudes = unit.slots * unit.count_width;
        pass("train_magnitude_o", magnitudes, "magnitudes, slot 0 in the lowest bits");
        b.port_group("Descriptor of a train.");
        pass("descriptor_write_o", 1, "write it");
        pass("descriptor_address_o", DESCRIPTOR_ADDRESS_WIDTH, "number of the train");
        pass("descriptor_words_o", DESCRIPTOR_WORDS_WIDTH, "its words that are not empty");
        let meaning = "its magnitudes: their or, or the largest";
        pass("descriptor_magnitude_o", unit.count_width, meaning);
    }

    /// A vector of trits: every word, whether it is empty or not.
    fn planes(&self, results: &Results<'m>, tag: Tag<'m>) {
        let (b, unit) = (self.b, self.unit);
        let Some(emits) = self.emit().ever(&[Emit::Vector]) else { return };
        b.section("Trits of a plane.");
        let (valid, elements) = (b.wire("plane_valid", tag.valid & emits), &results.elements);
        let bits = |of: fn(Signal<'m>) -> Signal<'m>| {
            let bits: Vec<Signal> = elements.iter().rev().map(|&y| of(y)).collect();
            b.concat(&bits)
        };
        let active = b.wire("plane_active", bits(|y| y.any()));
        let negative = b.wire("plane_negative", bits(|y| y.top_bit()));
        let count = unit.slots / unit.elements;
        let parts = WordParts::named(b, "plane_", [count, count], b.flag(false), valid, tag.last);
        let active = parts.collect(b, "plane_active", valid, active);
        let negative = parts.collect(b, "plane_negative", valid, negative);
        let write = b.register_reset("plane_write_q", uint(1), 0).next(valid & parts.complete);
        let first = self.train_word(0);
        if !self.emit.makes(&KEPT) {
            let held = self.fields.held("words");
            let above = held.bits(TRAIN_ADDRESS_WIDTH, held.width() - TRAIN_ADDRESS_WIDTH);
            b.unused("words", above, "Planes lie in the first words.");
        }
        let write = write.signal();
        let address = b.register("plane_address_q", first.ty());
        let opens = self.opens(Tag { valid, ..tag });
        address.when(opens, first).when(write, address.signal() + 1);
        b.port_group("Word of a plane.");
        b.output("plane_write_o", write, "write it");
        b.output("plane_address_o", address.signal(), "where");
        b.output("plane_number_o", self.field_beside("train", COUNTS_BEHIND), "the plane");
        b.output("plane_active_o", active, "1: a spike, slot 0 in the lowest bit");
        b.output("plane_negative_o", negative, "1: it is -1");
    }

    fn digits(&self, results: &Results<'m>, tag: Tag<'m>) {
        let (b, unit) = (self.b, self.unit);
        let side = unit.lanes.max(unit.slots);
        let bits = side.trailing_zeros();
        let values = || match self.emit().makes(&[Emit::Values]) {
            true => self.emit().is(&[Emit::Values]),
            false => b.flag(false),
        };
        let store = self.emit().ever(&KEPT).map(|keeps| {
            b.section("Digits of keys and values.");
            let (elements, value_width, digits) = (unit.elements, unit.value_width, unit.digits);
            let table = PassDigits { value_width, digits }.module();
            let place = |(index, y): (usize, &Signal<'m>)| {
                b.instance(&format!("digits_{index}"), &table, &[("y_i", *y)])
            };
            let found: Vec<Outputs> = results.elements.iter().enumerate().map(place).collect();
            let joined = |port: &str| {
                let parts: Vec<Signal> = found.iter().rev().map(|one| one.get(port)).collect();
                b.concat(&parts)
            };
            let tag = self.later("digit", Tag { valid: tag.valid & keeps, ..tag }, 2);
            let (lanes, slots) = (unit.lanes, unit.slots);
            let streams = unit.streams;
            let store = PassStore { elements, lanes, slots, digits, streams };
            let (has_place, store) = (store.has_place(), store.module());
            let low = self.position.bits(0, bits);
            let place = self.beside_results("place", low, DIGITS_BEHIND + u32::from(!has_place));
            let inputs = [
                ("place_i", place),
                ("values_i", values()),
                ("position_i", self.beside_next("position", self.position)),
                ("base_i", self.beside_results("base", self.fields.held("words"), 1)),
                ("columns_i", self.field_next("columns")),
                ("valid_i", tag.valid),
                ("first_i", tag.first),
                ("last_i", tag.last),
                ("positive_i", joined("positive_o")),
                ("negative_i", joined("negative_o")),
            ];
            let store = b.instance("store", &store, &fitting(&store, &inputs));
            let place = if has_place { store.get("store_place_o") } else { place };
            (store, place)
        });
        let of = |port: &str| store.as_ref().map(|(store, _)| store.get(port));
        b.port_group("Key or value store.");
        self.output("store_write_o", of("store_write_o"), uint(1), "write one digit of a word");
        let is_value = match unit.streams {
            true => of("store_values_o"),
            false => store.as_ref().map(|_| values()),
        };
        self.output("store_values_o", is_value, uint(1), "0: keys, 1: values");
        let address = uint(STORE_ADDRESS_WIDTH);
        self.output("store_address_o", of("store_address_o"), address, "the word");
        let position = store.as_ref().map(|(_, place)| *place);
        let meaning = "p: its low bits are the lane or the slot";
        self.output("store_position_o", position, uint(bits), meaning);
        self.output("store_high_o", of("store_high_o"), uint(side), "upper bit of each trit");
        self.output("store_low_o", of("store_low_o"), uint(side), "lower bit of each trit");
    }

    /// Levels and scalars; yields whether a level had to be limited.
    fn finish(&self, results: &Results<'m>, tag: Tag<'m>) -> Option<Signal<'m>> {
        let (b, unit) = (self.b, self.unit);
        let gathers = self.reduce().ever(&super::GATHERS);
        let finish = gathers.map(|gathers| {
            b.section("What a pass gathers, and the level or scalar that becomes of it.");
            let (elements, value_width) = (unit.elements, unit.value_width);
            let reduces = unit.choices.reduces.clone();
            let module = PassReduce { elements, value_width, reduces }.module();
            let mut inputs =
                vec![("valid_i", tag.valid), ("first_i", tag.first), ("y_i", results.y)];
            if module.port_type("reduce_i").is_some() {
                inputs.push(("reduce_i", self.field_beside("reduce", 0)));
            }
            let gathered = b.instance("reduce", &module, &inputs).get("gathered_o");
            let ends = Tag { valid: tag.valid & tag.last & gathers, ..tag };
            let mut complete = ends.valid;
            for cycle in 1..=PassReduce::cycles(elements) + 1 {
                let name = format!("gathered_{cycle}_q");
                complete = b.register_reset(&name, uint(1), 0).next(complete).signal();
            }
            let finishes = unit.choices.finishes.clone();
            let module = PassFinish { value_width, finishes }.module();
            let mut inputs = vec![("valid_i", complete), ("gathered_i", gathered)];
            for (port, field) in
                [("finish_i", "finish"), ("factor_i", "factor"), ("finish_shift_i", "finish_shift")]
            {
                if module.port_type(port).is_some() {
                    // Kept until the number is there, where the fields of another pass follow.
                    let kept = match unit.streams && self.fields.constant(field).is_none() {
                        true => {
                            let field_now = self.field_beside(field, 0);
                            b.delay(&format!("{field}_gathered_q"), ends.valid, field_now)
                        }
                        false => self.fields.held(field),
                    };
                    inputs.push((port, kept));
                }
            }
            b.instance("finish", &module, &inputs)
        });
        let levels = unit.choices.finishes.contains(&firmware::isa::Finish::Level);
        let scalars = unit.choices.finishes.len() > usize::from(levels);
        let of = |there: bool, port: &str| {
            finish.as_ref().filter(|_| there).map(|finish| finish.get(port))
        };
        let behind = unit.depths().finish - unit.stages().result();
        let output = |there: bool| {
            finish.as_ref().filter(|_| there).map(|_| self.field_beside("output", behind))
        };
        let address = uint(SCALAR_ADDRESS_WIDTH);
        b.port_group("Scalar, written.");
        self.output("scalar_write_o", of(scalars, "scalar_write_o"), uint(1), "write it");
        self.output("scalar_write_address_o", output(scalars), address, "which one");
        let mantissa = of(scalars, "mantissa_o");
        self.output("scalar_mantissa_o", mantissa, uint(UNIT_WIDTH), "factor");
        self.output("scalar_shift_o", of(scalars, "shift_o"), uint(SHIFT_WIDTH), "right shift");
        let exponent = of(scalars, "exponent_o");
        self.output("scalar_exponent_o", exponent, sint(EXPONENT_WIDTH), "exponent");
        b.port_group("Level, written.");
        self.output("level_write_o", of(levels, "level_write_o"), uint(1), "write it");
        self.output("level_write_address_o", output(levels), address, "which one");
        let value = sint(unit.value_width);
        self.output("level_data_o", of(levels, "level_o"), value, "its value");
        of(levels, "saturated_o")
    }
}
