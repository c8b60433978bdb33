//! The weight store: block RAM that delivers lanes × slots trits each cycle.
//!
//! ```text
//!  bank ─► columns that it completes ─► [ words ] ─┬─► decode ─┬─► high_o, low_o
//!   └► its last byte, for the next bank            └─► decode ─┘
//! ```
//!
//! Bit-exact to [`packing::unpack`](weights::packing::unpack). A bank is 32 bits, as the host writes them.
//! Words are written in columns, which are as wide as a bank, or in a deep store as what a block RAM writes
//! at once ([`column_width`]): such a column may begin in one bank and end in the next. Bytes are checked
//! where they enter, once, instead of wherever they are decoded: one that is no code raises `bad_code_o`.

use crate::blocks::array::base3_decoder::{base3_check, base3_decoder};
use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::machine_memories::column_width;
use std::sync::Arc;
use weights::packing::{Packing, packed_len};

/// Bits of the bank number, and of the word number, that the host gives.
pub const HOST_ADDRESS_WIDTH: u32 = 16;

/// Bits of a bank.
pub const BANK_WIDTH: u32 = 32;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct WeightStore {
    /// Output rows per word.
    pub lanes: u32,
    /// Input columns per word.
    pub slots: u32,
    /// Words, at least 2.
    pub depth: u32,
    /// How trits are packed into bytes.
    pub packing: Packing,
    /// Banks of the image that the memory starts with, word by word; may be empty.
    pub image: Vec<u32>,
}

impl WeightStore {
    /// Trits that a bank holds.
    fn bank_trits(&self) -> u32 {
        match self.packing {
            Packing::TwoBit => 16,
            Packing::Base3 => 20,
        }
    }

    /// Banks of a word.
    pub fn banks(&self) -> u32 {
        (self.lanes * self.slots).div_ceil(self.bank_trits())
    }

    /// Bits of a word, and of a column; how many columns make up one.
    fn columns(&self) -> (u32, u32, u32) {
        let word = 8 * packed_len((self.lanes * self.slots) as usize, self.packing) as u32;
        let width = column_width(self.depth);
        (word, width, word.div_ceil(width))
    }

    /// The module `weight_store`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("weight_store", file!(), &self.summary());
        let word_type = uint(address_width(self.depth));
        b.port_group("Host side.");
        let write = b.input("write_i", uint(1), "store a bank");
        let write_bank = b.input("write_bank_i", uint(HOST_ADDRESS_WIDTH), "which of its word");
        let write_word = b.input("write_word_i", uint(HOST_ADDRESS_WIDTH), "its word");
        let data = b.input("data_i", uint(BANK_WIDTH), "its four bytes of packed trits");
        b.port_group("Array side.");
        let read = b.input("read_i", uint(1), "fetch a word; low holds the outputs");
        let read_word = b.input("read_word_i", word_type, "word to fetch");

        b.section("A byte that is no code is refused aloud, though it is stored.");
        let bad = self.check(&b, data);
        let (write, write_bank, write_word) = self.inside(&b, write, write_bank, write_word);
        let word = self.words(&b, (write, write_bank, write_word), data, (read, read_word));
        let (high, low) = self.decoded(&b, word);
        b.port_group("Decoded word, lane 0 in the lowest bits, two cycles after the fetch.");
        b.output("high_o", high, "upper bit of each weight");
        b.output("low_o", low, "lower bit of each weight");
        b.output("bad_code_o", write & bad, "the bank being stored holds a byte that is no code");
        b.finish()
    }

    /// The memory, with the word that is read.
    fn words<'m>(
        &self,
        b: &'m Builder,
        (write, bank, address): (Signal<'m>, Signal<'m>, Signal<'m>),
        data: Signal<'m>,
        (read, read_word): (Signal<'m>, Signal<'m>),
    ) -> Signal<'m> {
        let (bits, width, columns) = self.columns();
        b.section("The columns that a bank completes.");
        // The bank of a column's last bit that means anything, and its first bit.
        let last = |column: u32| (((column + 1) * width).min(bits) - 1) / BANK_WIDTH;
        let begins = |column: u32| last(column) * BANK_WIDTH;
        let carried = (0..columns).map(|it| begins(it).saturating_sub(it * width)).max();
        let carried = carried.filter(|&carried| carried > 0);
        let before =
            carried.map(|bits| b.delay("before_q", write, data.bits(BANK_WIDTH - bits, bits)));
        let chosen: Vec<Signal> = (0..columns).rev().map(|it| bank.is(last(it).into())).collect();
        let chosen = b.wire("chosen", b.concat(&chosen));
        let values: Vec<Signal> = (0..columns)
            .rev()
            .map(|column| {
                let (low, high) = (column * width, (column + 1) * width);
                let first = begins(column);
                let end = high.min(first + BANK_WIDTH);
                let own = data.bits(low.max(first) - first, end - low.max(first));
                match before {
                    Some(before) if low < first => {
                        let carried = before.bits(before.width() - (first - low), first - low);
                        filled(b, &[own, carried], width)
                    }
                    _ => filled(b, &[own], width),
                }
            })
            .collect();
        let values = b.wire("values", b.concat(&values));
        b.stage("memory.");
        let ty = uint(columns * width);
        let image: Vec<Bits> = self
            .image
            .chunks(self.banks() as usize)
            .map(|banks| {
                let pair = |pair: &[u32]| {
                    u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32
                };
                Bits::from_words(ty.width, banks.chunks(2).map(pair).collect())
            })
            .collect();
        let words = b.memory("words", self.depth, ty, &image).exclusive();
        match columns {
            1 => words.write(write & chosen, address, values),
            _ => words.write_parts(write, chosen, address, values),
        }
        words.read("word_q", read, read_word)
    }

    /// The trits of a word.
    fn decoded<'m>(&self, b: &'m Builder, word: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let trits = self.lanes * self.slots;
        let decoder = self.decoder();
        let mut high = vec![];
        let mut low = vec![];
        b.section("Four bytes at a time.");
        for index in 0..self.banks() {
            let first = index * BANK_WIDTH;
            let code = word.bits(first, BANK_WIDTH.min(word.width() - first));
            let code = filled(b, &[code], BANK_WIDTH);
            let outputs = b.instance(&format!("decode_{index}"), &decoder, &[("code_i", code)]);
            let count = self.bank_trits().min(trits - index * self.bank_trits());
            high.push(outputs.get("high_o").bits(0, count));
            low.push(outputs.get("low_o").bits(0, count));
            if count < self.bank_trits() {
                let spare = self.bank_trits() - count;
                let padding = [outputs.get("high_o"), outputs.get("low_o")];
                let padding = b.concat(&padding.map(|trits| trits.bits(count, spare)));
                b.unused("padding", padding, "The last bank is not full.");
            }
        }
        let (bits, ..) = self.columns();
        let used = (self.banks() * BANK_WIDTH).min(word.width());
        if used < word.width() {
            let above = word.bits(used, word.width() - used);
            b.unused("above", above, &format!("A word has {bits} bits."));
        }
        b.add_latency(decoder.latency);
        high.reverse();
        low.reverse();
        (b.concat(&high), b.concat(&low))
    }

    fn summary(&self) -> String {
        format!(
            "{} words of {} x {} trits in {} banks of {BANK_WIDTH} bits.\n\n\
             The caller writes the banks of a word one after the other, from the lowest on, and never \
             fetches one while it is being stored.",
            self.depth,
            self.lanes,
            self.slots,
            self.banks()
        )
    }

    /// The write, narrowed to the banks and words that exist; beyond them nothing is stored.
    fn inside<'m>(
        &self,
        b: &'m Builder,
        write: Signal<'m>,
        bank: Signal<'m>,
        word: Signal<'m>,
    ) -> (Signal<'m>, Signal<'m>, Signal<'m>) {
        b.section("Beyond the last word nothing is stored.");
        let (bank_width, word_width) = (address_width(self.banks()), address_width(self.depth));
        let outside = |address: Signal<'m>, width: u32| match address.width() > width {
            true => address.bits(width, address.width() - width).any(),
            false => b.flag(false),
        };
        let mut beyond = outside(bank, bank_width) | outside(word, word_width);
        if !self.depth.is_power_of_two() {
            let words = b.constant("WORDS", self.depth.into(), word.ty(), "words of the store");
            beyond = beyond | words.le(word);
        }
        let inside = !beyond;
        let write = b.wire("write_inside", write & inside);
        (write, bank.bits(0, bank_width), word.bits(0, word_width))
    }

    /// Whether any byte of a bank is no code.
    fn check<'m>(&self, b: &'m Builder, data: Signal<'m>) -> Signal<'m> {
        let byte = |index: u32| data.bits(8 * index, 8);
        let checker = base3_check();
        let bad = |index: u32| match self.packing {
            Packing::Base3 => {
                let inputs = [("code_i", byte(index))];
                !b.instance(&format!("check_{index}"), &checker, &inputs).get("ok_o")
            }
            Packing::TwoBit => {
                let (high, low) = (data.bits(8 * index + 4, 4), data.bits(8 * index, 4));
                b.wire(&format!("bad_{index}"), (high & !low).any())
            }
        };
        let bad: Vec<Signal> = (0..BANK_WIDTH / 8).map(bad).collect();
        b.wire("bad", b.concat(&bad).any())
    }

    /// The decoder of a bank, with its output register.
    fn decoder(&self) -> Arc<Module> {
        let summary = format!("{} packed trits, decoded.", self.bank_trits());
        let b = Builder::new("weight_decoder", file!(), &summary);
        let code = b.input("code_i", uint(BANK_WIDTH), "four bytes of packed trits");
        b.stage("decode.");
        let (high, low) = match self.packing {
            Packing::Base3 => decode_base3(&b, code),
            Packing::TwoBit => decode_two_bit(&b, code),
        };
        let high = b.delay("high_q", b.flag(true), high);
        let low = b.delay("low_q", b.flag(true), low);
        b.port_group("Trits, first in the lowest bit.");
        b.output("high_o", high, "upper bits");
        b.output("low_o", low, "lower bits");
        b.finish()
    }
}

/// Bits, the highest part first, below zeros.
fn filled<'m>(b: &'m Builder, parts: &[Signal<'m>], width: u32) -> Signal<'m> {
    let bits: u32 = parts.iter().map(|part| part.width()).sum();
    match width - bits {
        0 => b.concat(parts),
        above => b.concat(&[&[b.literal(0, uint(above))], parts].concat()),
    }
}

fn decode_base3<'m>(b: &'m Builder, word: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
    let decoder = base3_decoder();
    let (mut high, mut low): (Vec<_>, Vec<_>) = (0..BANK_WIDTH / 8)
        .map(|index| {
            let code = word.bits(8 * index, 8);
            let trits = b.instance(&format!("byte_{index}"), &decoder, &[("code_i", code)]);
            (trits.get("high_o"), trits.get("low_o"))
        })
        .unzip();
    high.reverse();
    low.reverse();
    (b.concat(&high), b.concat(&low))
}

/// A byte holds the upper bits of four trits above their lower bits.
fn decode_two_bit<'m>(b: &'m Builder, word: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
    let nibbles = |low: u32| {
        let parts: Vec<Signal> =
            (0..BANK_WIDTH / 8).rev().map(|index| word.bits(8 * index + low, 4)).collect();
        b.concat(&parts)
    };
    (nibbles(4), nibbles(0))
}
