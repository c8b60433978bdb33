//! Collects counts to train words, drops the empty ones, and describes each train.
//!
//! ```text
//!  counts_i ─► part 0 ┐
//!              part 1 ├─► word ─► empty? ─► train_*
//!              …      ┘    └─► how many, how large ─► descriptor_*
//! ```
//!
//! A word holds `slots` counts, `slots / elements` vector words; the last one of a train is filled
//! with zeros.

use super::word_parts::WordParts;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;
use weights::numeric::Radix;

/// Bits of a train word's address, and of its column.
pub const TRAIN_ADDRESS_WIDTH: u32 = 10;
/// Bits of a descriptor's address.
pub const DESCRIPTOR_ADDRESS_WIDTH: u32 = 7;
/// Bits of the number of words in a descriptor.
pub const DESCRIPTOR_WORDS_WIDTH: u32 = 11;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct TrainWriter {
    /// Counts of a vector word.
    pub elements: u32,
    /// Counts of a train word, a multiple.
    pub slots: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// How the planes of a train add up: what a descriptor says of the magnitudes.
    pub radix: Radix,
}

impl TrainWriter {
    /// Cycles from a train's last counts to its descriptor.
    pub fn descriptor_cycles(radix: Radix) -> u32 {
        match radix {
            Radix::Bitwise => 1,
            Radix::Unary => 2,
        }
    }

    /// The module `train_writer`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("train_writer", file!(), &self.summary());
        let (elements, width) = (self.elements, self.count_width);
        let address_type = uint(TRAIN_ADDRESS_WIDTH);
        b.port_group("The instruction, held.");
        let start = b.input("start_i", uint(1), "it starts");
        let destination = b.input("destination_i", address_type, "first word of the train");
        let train_type = uint(DESCRIPTOR_ADDRESS_WIDTH);
        let train = b.input("train_i", train_type, "number of the train");
        b.port_group("Counts of a vector word, the first in the lowest bits.");
        let valid = b.input("valid_i", uint(1), "they arrive");
        let first = b.input("first_i", uint(1), "first word of a train");
        let last = b.input("last_i", uint(1), "last word of a train");
        let negative = b.input("negative_i", uint(elements), "signs");
        let magnitude = b.input("magnitude_i", uint(elements * width), "magnitudes");

        b.section("Which part of a word they are.");
        let parts = WordParts::of(&b, self.slots / self.elements, valid, last);
        b.section("The word: its first part clears the others.");
        let signs = parts.collect(&b, "negative", valid, negative);
        let magnitudes = parts.collect(&b, "magnitude", valid, magnitude);
        let full = b.register_reset("full_q", uint(1), 0);
        let full = full.next(valid & parts.complete).signal();
        let closes = b.delay("closes_q", b.flag(true), last);
        let filled = b.register("filled_q", uint(1));
        let kept = filled.signal() & !parts.fresh;
        let filled = filled.when(valid, kept | magnitude.any()).signal();

        b.section("Where it goes, unless it is empty.");
        let write = b.wire("write", full & filled);
        let closed = b.wire("closed", full & closes);
        let address = b.register("address_q", address_type);
        let address = address.when(start, destination).when(write, address.signal() + 1).signal();
        let column = b.register("column_q", address_type);
        column.when(start | closed, column.signal().same(0));
        let column = column.when(full, column.signal() + 1).signal();
        let count = b.register("count_q", uint(DESCRIPTOR_WORDS_WIDTH));
        let counted = b.wire("counted", count.signal() + write.extend(DESCRIPTOR_WORDS_WIDTH));
        count.when(start | closed, counted.same(0)).next(counted);

        b.port_group("Train word, a cycle after its last counts.");
        b.output("train_write_o", write, "write it");
        b.output("train_address_o", address, "where");
        b.output("train_column_o", column, "its column");
        b.output("train_negative_o", signs, "signs, slot 0 in the lowest bit");
        b.output("train_magnitude_o", magnitudes, "magnitudes, slot 0 in the lowest bits");

        let peak = self.largest(&b, valid, first, magnitude);
        let (closed, counted) = match self.radix {
            Radix::Bitwise => (closed, counted),
            Radix::Unary => (
                b.register_reset("closed_q", uint(1), 0).next(closed).signal(),
                b.delay("counted_q", b.flag(true), counted),
            ),
        };
        let number = b.delay("train_q", start, train);
        b.port_group("Descriptor of the train.");
        b.output("descriptor_write_o", closed, "write it");
        b.output("descriptor_address_o", number, "number of the train");
        b.output("descriptor_words_o", counted, "its words that are not empty");
        b.output("descriptor_magnitude_o", peak, self.peak_meaning());
        b.finish()
    }

    fn peak_meaning(&self) -> &'static str {
        match self.radix {
            Radix::Bitwise => "or of its magnitudes",
            Radix::Unary => "largest of its magnitudes",
        }
    }

    fn summary(&self) -> String {
        format!(
            "counts to train words of {} slots, empty ones dropped; a descriptor for each train.",
            self.slots
        )
    }

    /// What the descriptor says of the magnitudes: their or, or a cycle later their maximum.
    fn largest<'m>(
        &self,
        b: &'m Builder,
        valid: Signal<'m>,
        first: Signal<'m>,
        magnitude: Signal<'m>,
    ) -> Signal<'m> {
        let width = self.count_width;
        let element = |index: u32| magnitude.bits(index * width, width);
        let peak = b.register("peak_q", uint(width));
        match self.radix {
            Radix::Bitwise => {
                let or = (1..self.elements).fold(element(0), |or, index| or | element(index));
                let before = first.select(peak.signal().same(0), peak.signal());
                peak.when(valid, before | or).signal()
            }
            Radix::Unary => {
                let mut terms: Vec<Signal> = (0..self.elements).map(element).collect();
                let mut level = 0;
                while terms.len() > 1 {
                    level += 1;
                    let larger = |(index, pair): (usize, &[Signal<'m>])| {
                        let larger = pair[0].lt(pair[1]).select(pair[1], pair[0]);
                        b.wire(&format!("larger_{level}_{index}"), larger)
                    };
                    terms = terms.chunks(2).enumerate().map(larger).collect();
                }
                let largest = b.delay("largest_q", b.flag(true), terms[0]);
                let arrived = b.delay("arrived_q", b.flag(true), valid);
                let opened = b.delay("opened_q", b.flag(true), first);
                let larger = opened | peak.signal().lt(largest);
                peak.when(arrived & larger, largest).signal()
            }
        }
    }
}
