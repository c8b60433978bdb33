//! Collects the digits of a key or a value to words of its store.
//!
//! ```text
//!  digits_i ─► part 0 ┐            ┌─► digit 0, the highest ─► store_*
//!              part 1 ├─► word ────┼─► digit 1, a cycle later
//!              …      ┘            └─► …
//! ```
//!
//! A key is row p of the store: `slots` channels a word. A value is column p: `lanes` channels a
//! word. One digit leaves each cycle while the next word collects; `pass_control` lets no two words
//! be complete closer than that.

use super::delay_line::delayed;
use super::pass_cycles::DIGITS_BEHIND;
use super::widths::{POSITION_WIDTH, STORE_ADDRESS_WIDTH};
use super::word_parts::WordParts;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::isa::Pass;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PassStore {
    /// Channels of a vector word.
    pub elements: u32,
    /// Channels of a word of values, a multiple.
    pub lanes: u32,
    /// Channels of a word of keys, a multiple.
    pub slots: u32,
    /// Balanced ternary digits of a channel.
    pub digits: u32,
    /// Whether another pass may be behind: position and columns come a cycle before the results of a word,
    /// values with them, base a cycle later.
    pub streams: bool,
}

/// What the pass says.
#[derive(Clone, Copy)]
struct Order<'m> {
    values: Signal<'m>,
    position: Signal<'m>,
    base: Signal<'m>,
    columns: Signal<'m>,
}

impl PassStore {
    /// The module `pass_store`.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "{} balanced ternary digits of keys and values to words of their stores.\n\n\
             A complete word leaves digit by digit; the next one must not be complete before.",
            self.digits
        );
        let b = Builder::new("pass_store", file!(), &summary);
        b.port_group(if self.streams { "The pass, beside its words." } else { "The pass, held." });
        let columns = uint(Pass::FORMAT.field("columns").width);
        let order = Order {
            values: b.input("values_i", uint(1), "0: keys, 1: values"),
            position: b.input("position_i", uint(POSITION_WIDTH), "position p"),
            base: b.input("base_i", uint(STORE_ADDRESS_WIDTH), "first word"),
            columns: b.input("columns_i", columns, "words of one digit of a tile"),
        };
        b.port_group("Digits of a vector word: for each element, units in the lowest bit.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        let valid = flag("valid_i", "they arrive");
        let first = flag("first_i", "first word of the pass");
        let last = flag("last_i", "last word of the pass");
        let digits_type = uint(self.elements * self.digits);
        let positive = b.input("positive_i", digits_type, "1: the digit is +1");
        let negative = b.input("negative_i", digits_type, "1: the digit is -1");

        b.section("Which part of a word they are.");
        let counts = [self.slots, self.lanes].map(|channels| channels / self.elements);
        if counts == [1, 1] {
            b.unused("last", last, "Every word of the pass is one of the store.");
        }
        let late = |name: &str, signal, cycles| match self.streams {
            true => delayed(&b, name, signal, cycles),
            false => signal,
        };
        let values = late("values_digits", order.values, DIGITS_BEHIND);
        let columns = late("columns_digits", order.columns, DIGITS_BEHIND + 1);
        let parts = WordParts::either(&b, counts, values, valid, last);
        let completes = b.wire("completes", valid & parts.complete);

        b.section("The word, digit by digit; its first part clears the others.");
        let pluses = self.collect(&b, &parts, "plus", valid, positive);
        let minuses = self.collect(&b, &parts, "minus", valid, negative);

        b.section("One digit a cycle, the highest first; the rest waits here.");
        let write = b.register_reset("write_q", uint(1), 0);
        let count_type = uint(address_width(self.digits));
        let left = b.register("digits_left_q", count_type);
        let more = b.wire("more", write.signal() & left.signal().any());
        write.next(completes | more);
        let all = b.literal(i128::from(self.digits) - 1, count_type);
        left.when(completes, all).next(left.signal() - 1);
        let fresh = match self.digits {
            1 => b.flag(true),
            _ => b.delay("fresh_q", b.flag(true), completes),
        };
        let plus = leaving(&b, "plus", fresh, &pluses);
        let minus = leaving(&b, "minus", fresh, &minuses);
        let [kept_values, kept_columns] =
            [("values_q", values), ("columns_q", columns)].map(|(name, signal)| {
                match self.streams {
                    true => b.register(name, signal.ty()).when(completes, signal).signal(),
                    false => signal,
                }
            });
        let late = Order { values, columns: kept_columns, ..order };
        let address = self.address(&b, (&order, &late), (valid, first), completes, more);
        let place = self.has_place().then(|| {
            let width = self.lanes.max(self.slots).trailing_zeros();
            let place = b.input("place_i", uint(width), "the low bits of p, with its digits");
            b.register("place_q", place.ty()).when(completes, place).signal()
        });

        b.port_group("Key or value store, from a cycle after a word's last channels.");
        b.output("store_write_o", write.signal(), "write a digit");
        b.output("store_address_o", address, "its word");
        b.output("store_high_o", plus, "upper bit of each trit");
        b.output("store_low_o", !minus, "lower bit of each trit");
        if let Some(place) = place {
            b.output("store_place_o", place, "its lane or slot");
        }
        if self.streams {
            b.output("store_values_o", kept_values, "0: of a key, 1: of a value");
        }
        b.finish()
    }

    /// Whether the next pass may be here while digits of a word still leave.
    pub fn has_place(&self) -> bool {
        self.streams && self.digits > 1
    }

    /// For each digit, units first: the bits of the word's channels.
    fn collect<'m>(
        &self,
        b: &'m Builder,
        parts: &WordParts<'m>,
        name: &str,
        valid: Signal<'m>,
        bits: Signal<'m>,
    ) -> Vec<Signal<'m>> {
        (0..self.digits)
            .map(|digit| {
                let of = |element: u32| bits.bits(element * self.digits + digit, 1);
                let word: Vec<Signal> = (0..self.elements).rev().map(of).collect();
                let word = b.wire(&format!("{name}_{digit}"), b.concat(&word));
                parts.collect(b, &format!("{name}_{digit}"), valid, word)
            })
            .collect()
    }

    /// The word of the digit that leaves.
    fn address<'m>(
        &self,
        b: &'m Builder,
        (order, late): (&Order<'m>, &Order<'m>),
        (valid, first): (Signal<'m>, Signal<'m>),
        completes: Signal<'m>,
        more: Signal<'m>,
    ) -> Signal<'m> {
        b.section("Where it goes. Keys: row p. Values: column p / SLOTS, tile after tile.");
        let address_type = uint(STORE_ADDRESS_WIDTH);
        let now = b.flag(true);
        let unread = self.lanes.min(self.slots).trailing_zeros();
        b.unused("position", order.position.bits(0, unread), "A lane or a slot.");
        let tile = b.wire("tile", quotient(b, order.position, self.lanes, STORE_ADDRESS_WIDTH));
        let columns = order.columns.extend(STORE_ADDRESS_WIDTH);
        let offset = b.delay("offset_q", now, tile * columns);
        let row = times(b, offset, self.digits);
        let column = quotient(b, order.position, self.slots, STORE_ADDRESS_WIDTH);
        let column = match self.streams {
            false => b.wire("value_column", column),
            true => b.delay("value_column_q", now, column),
        };
        let within = b.delay("within_q", now, order.values.select(column, row));
        let start = b.delay("start_q", now, order.base + within);

        b.comment("The word that is being collected is the first one of the pass.");
        let opens = b.register("opens_q", uint(1));
        let opening = b.wire("opening", first | opens.signal());
        opens.when(completes, b.flag(false)).when(valid, opening);
        let word = b.register("word_q", address_type);
        let address = b.register("address_q", address_type);
        let columns = late.columns.extend(STORE_ADDRESS_WIDTH);
        let below = b.wire("next_digit", address.signal() + columns);
        let next = late.values.select(below, word.signal() + 1);
        let next = b.wire("next_word", opening.select(start, next));
        word.when(completes, next);
        address.when(completes, next).when(more, below).signal()
    }
}

/// The digit that leaves in this cycle.
fn leaving<'m>(b: &'m Builder, name: &str, fresh: Signal<'m>, digits: &[Signal<'m>]) -> Signal<'m> {
    let Some((&highest, rest)) = digits.split_last() else { unreachable!("no digits") };
    let mut waiting: Option<Signal> = None;
    for (digit, &bits) in rest.iter().enumerate() {
        let register = b.register(&format!("{name}_waiting_{digit}_q"), bits.ty());
        register.when(fresh, bits);
        waiting = Some(match waiting {
            None => register.signal(),
            Some(below) => register.next(below).signal(),
        });
    }
    match waiting {
        None => highest,
        Some(waiting) => b.wire(&format!("{name}_leaving"), fresh.select(highest, waiting)),
    }
}

/// `position / divisor`, a power of two, in `width` bits.
fn quotient<'m>(b: &'m Builder, position: Signal<'m>, divisor: u32, width: u32) -> Signal<'m> {
    let low = divisor.trailing_zeros();
    let taken = width.min(position.width() - low);
    let bits = position.bits(low, taken);
    if taken == width { bits } else { b.concat(&[b.literal(0, uint(width - taken)), bits]) }
}

/// A product with a small constant, as a sum of shifts: too small for a multiplier.
fn times<'m>(b: &'m Builder, signal: Signal<'m>, factor: u32) -> Signal<'m> {
    let terms = (0..u32::BITS - factor.leading_zeros()).filter(|bit| factor >> bit & 1 == 1);
    let sum = terms.map(|bit| signal.shift_left(bit)).reduce(|sum, term| sum + term);
    b.wire("row", sum.unwrap_or_else(|| signal.same(0)))
}
