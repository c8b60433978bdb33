//! Collects the digits of keys and values to words of their store, and keeps their deficits.
//!
//! ```text
//!  digits_i ─► part 0 ┐            ┌─► digit 0, the highest ─► store_*
//!              part 1 ├─► word ────┼─► digit 1, a cycle later
//!              …      ┘            └─► …
//!  scalar ─► deficit_*
//! ```
//!
//! A key is a row of the store: `slots` channels of one position. A value is a column: `lanes`
//! channels. One digit leaves each cycle while the next word collects; `vector_control` lets no two
//! words follow closer than that. Bit-exact to
//! [`fixed_point::deficit`](weights::numeric::fixed_point::deficit).

use super::scalar_unit::EXPONENT_WIDTH;
use super::vector_element::DEFICIT_WIDTH;
use super::vector_reduction::delays;
use super::word_parts::WordParts;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use crate::language::storage::address_width;
use firmware::isa::Store;
use std::sync::Arc;
use weights::numeric::fixed_point::DEFICIT_MAX;

/// Bits of a word's address in the key or value store.
pub const STORE_ADDRESS_WIDTH: u32 = 16;
/// Bits of a deficit word's address.
pub const DEFICIT_ADDRESS_WIDTH: u32 = 14;

/// Cycles from the last channels of a word to its first digit.
pub const STORE_CYCLES: u32 = 1;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct DigitWriter {
    /// Channels of a vector word.
    pub elements: u32,
    /// Channels of a word of values, a multiple.
    pub lanes: u32,
    /// Channels of a word of keys, a multiple.
    pub slots: u32,
    /// Balanced ternary digits of a channel.
    pub digits: u32,
    /// Bits of a position.
    pub position_width: u32,
}

/// What the instruction says, held.
struct Order<'m> {
    start: Signal<'m>,
    values: Signal<'m>,
    position: Signal<'m>,
    base: Signal<'m>,
    columns: Signal<'m>,
    stride: Signal<'m>,
    /// `(p / lanes) · columns`.
    offset: Signal<'m>,
}

impl DigitWriter {
    /// The module `digit_writer`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("digit_writer", file!(), &self.summary());
        let order = self.order(&b);
        self.deficit(&b, &order);

        b.port_group("Digits of a vector word: for each element, units in the lowest bit.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        let valid = flag("valid_i", "they arrive");
        let last = flag("last_i", "last word of a head");
        let ends = flag("ends_i", "last word of the last head");
        let digits_type = uint(self.elements * self.digits);
        let positive = b.input("positive_i", digits_type, "1: the digit is +1");
        let negative = b.input("negative_i", digits_type, "1: the digit is -1");

        b.section("Which part of a word they are.");
        let counts = [self.slots, self.lanes].map(|channels| channels / self.elements);
        let parts = WordParts::either(&b, counts, order.values, valid, last);
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
        let fresh = b.delay("fresh_q", b.flag(true), completes);
        let plus = self.leaving(&b, "plus", fresh, &pluses);
        let minus = self.leaving(&b, "minus", fresh, &minuses);
        let ends = b.register("ends_q", uint(1)).when(completes, ends).signal();
        let address = self.address(&b, &order, completes, more, last);

        b.port_group("Key or value store, from a cycle after a word's last channels.");
        b.output("store_write_o", write.signal(), "write a digit");
        b.output("store_address_o", address, "its word");
        b.output("store_high_o", plus, "upper bit of each trit");
        b.output("store_low_o", !minus, "lower bit of each trit");
        b.output("finished_o", write.signal() & !more & ends, "it is the last one");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} balanced ternary digits of keys and values to words of their stores.\n\n\
             A complete word leaves digit by digit; the next one must not be complete before.",
            self.digits
        )
    }

    fn order<'m>(&self, b: &'m Builder) -> Order<'m> {
        let field = |name: &str| Store::FORMAT.field(name).width;
        b.port_group("The instruction, held.");
        Order {
            start: b.input("start_i", uint(1), "it starts"),
            values: b.input("values_i", uint(1), "0: keys, 1: values"),
            position: b.input("position_i", uint(self.position_width), "position p"),
            base: b.input("base_i", uint(STORE_ADDRESS_WIDTH), "first word of the first head"),
            columns: b.input("columns_i", uint(field("columns")), "words of one digit of a tile"),
            stride: b.input("stride_i", uint(STORE_ADDRESS_WIDTH), "words from head to head"),
            offset: b.input(
                "offset_i",
                uint(STORE_ADDRESS_WIDTH),
                "keys: p / lanes * columns, a cycle after start_i",
            ),
        }
    }

    /// The deficit of each head, one cycle after its first word enters.
    fn deficit<'m>(&self, b: &'m Builder, order: &Order<'m>) {
        let address_type = uint(DEFICIT_ADDRESS_WIDTH);
        let stride_width = Store::FORMAT.field("deficit_stride").width;
        let deficits = b.input("deficits_i", address_type, "first deficit word of head 0");
        let stride = b.input("deficit_stride_i", uint(stride_width), "words from head to head");
        let top = b.input("top_i", sint(8), "top of the frame");
        b.port_group("A head begins.");
        let opens = b.input("opens_i", uint(1), "its scalar is there");
        let exponent = b.input("scalar_exponent_i", sint(EXPONENT_WIDTH), "its exponent");
        b.section("The head's deficit.");
        let write = b.register_reset("deficit_write_q", uint(1), 0).next(opens).signal();
        let width = EXPONENT_WIDTH + 1;
        let sum = b.wire("below_top", top.extend(width) + exponent.extend(width));
        let most = sum.same(DEFICIT_MAX.into());
        let limited = most.lt(sum).select(most, sum);
        let limited = b.wire("limited", sum.top_bit().select(sum.same(0), limited));
        let above = limited.bits(DEFICIT_WIDTH, width - DEFICIT_WIDTH);
        b.unused("limited", above, "Zero: a deficit has five bits.");
        let data = b.delay("deficit_q", b.flag(true), limited.bits(0, DEFICIT_WIDTH));
        let word = quotient(b, order.position, self.elements, DEFICIT_ADDRESS_WIDTH);
        let word = b.wire("deficit_word", word);
        let address = b.register("deficit_address_q", address_type);
        let next = address.signal() + stride.extend(DEFICIT_ADDRESS_WIDTH);
        let address = address.when(order.start, deficits + word).when(write, next).signal();
        b.port_group("Deficit of a head.");
        b.output("deficit_write_o", write, "write it");
        b.output("deficit_address_o", address, "its word");
        let element = order.position.bits(0, self.elements.trailing_zeros());
        b.output("deficit_element_o", element, "which of the word");
        b.output("deficit_data_o", data, "the deficit");
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

    /// The digit that leaves in this cycle.
    fn leaving<'m>(
        &self,
        b: &'m Builder,
        name: &str,
        fresh: Signal<'m>,
        digits: &[Signal<'m>],
    ) -> Signal<'m> {
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

    /// The word of the digit that leaves.
    fn address<'m>(
        &self,
        b: &'m Builder,
        order: &Order<'m>,
        completes: Signal<'m>,
        more: Signal<'m>,
        last: Signal<'m>,
    ) -> Signal<'m> {
        b.section("Where it goes. Keys: row p. Values: column p / slots, tile after tile.");
        let address_type = uint(STORE_ADDRESS_WIDTH);
        let row = times(b, order.offset, self.digits);
        let column = quotient(b, order.position, self.slots, STORE_ADDRESS_WIDTH);
        let column = b.wire("value_column", column);
        let within = b.delay("within_q", b.flag(true), order.values.select(column, row));
        let begins = delays(b, "begins", order.start, 2, true);
        let head = b.register("head_q", address_type);
        let next_head = head.signal() + order.stride;
        let head = head.when(begins[2], order.base + within).when(completes & last, next_head);
        let opens = b.register("opens_q", uint(1));
        let opens = opens.when(begins[2], b.flag(true)).when(completes, last).signal();

        let word = b.register("word_q", address_type);
        let address = b.register("address_q", address_type);
        let columns = order.columns.extend(STORE_ADDRESS_WIDTH);
        let below = b.wire("next_digit", address.signal() + columns);
        let next = order.values.select(below, word.signal() + 1);
        let next = b.wire("next_word", opens.select(head.signal(), next));
        word.when(completes, next);
        address.when(completes, next).when(more, below).signal()
    }
}

/// `position / divisor`, a power of two, in `width` bits.
pub(in crate::blocks) fn quotient<'m>(
    b: &'m Builder,
    position: Signal<'m>,
    divisor: u32,
    width: u32,
) -> Signal<'m> {
    let low = divisor.trailing_zeros();
    let taken = width.min(position.width() - low);
    let bits = position.bits(low, taken);
    if taken == width { bits } else { b.concat(&[b.literal(0, uint(width - taken)), bits]) }
}

/// A product with a small constant, as a sum of shifts: too small for a multiplier.
pub(in crate::blocks) fn times<'m>(b: &'m Builder, signal: Signal<'m>, factor: u32) -> Signal<'m> {
    let terms = (0..u32::BITS - factor.leading_zeros()).filter(|bit| factor >> bit & 1 == 1);
    let sum = terms.map(|bit| signal.shift_left(bit)).reduce(|sum, term| sum + term);
    b.wire("row", sum.unwrap_or_else(|| signal.same(0)))
}
