//! The weight store: banks of block RAM that deliver lanes × slots trits each cycle.
//!
//! ```text
//!  write ─► bank 0 ─► decode ─┐
//!           bank 1 ─► decode ─┼─► high_o, low_o
//!           …                 ┘
//! ```
//!
//! Bit-exact to [`packing::unpack`](weights::packing::unpack). A bank word is 32 bits, as the
//! host writes it. Words are checked where they enter, once, instead of wherever they are decoded:
//! a byte that is no code raises `bad_code_o`.

use crate::blocks::array::base3_decoder::{base3_check, base3_decoder};
use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::packing::Packing;

/// Bits of the bank number, and of the word number, that the host gives.
pub const HOST_ADDRESS_WIDTH: u32 = 16;

/// Bits of a bank word.
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
    /// Bank words of the image that the memory starts with, word by word; may be empty.
    pub image: Vec<u32>,
}

impl WeightStore {
    /// Trits that a bank word holds.
    fn bank_trits(&self) -> u32 {
        match self.packing {
            Packing::TwoBit => 16,
            Packing::Base3 => 20,
        }
    }

    /// Banks side by side.
    pub fn banks(&self) -> u32 {
        (self.lanes * self.slots).div_ceil(self.bank_trits())
    }

    /// The module `weight_store`.
    pub fn module(&self) -> Arc<Module> {
        let (trits, banks) = (self.lanes * self.slots, self.banks());
        let b = Builder::new("weight_store", file!(), &self.summary());
        let word_type = uint(address_width(self.depth));
        b.port_group("Host side.");
        let write = b.input("write_i", uint(1), "store one bank word");
        let write_bank = b.input("write_bank_i", uint(HOST_ADDRESS_WIDTH), "its bank");
        let write_word = b.input("write_word_i", uint(HOST_ADDRESS_WIDTH), "its word");
        let data = b.input("data_i", uint(BANK_WIDTH), "its four bytes of packed trits");
        b.port_group("Array side.");
        let read = b.input("read_i", uint(1), "fetch a word; low holds the outputs");
        let read_word = b.input("read_word_i", word_type, "word to fetch");

        b.section("A byte that is no code is refused aloud, though it is stored.");
        let bad = self.check(&b, data);
        let (write, write_bank, write_word) = self.inside(&b, write, write_bank, write_word);
        b.section("Banks.");
        let mut high = vec![];
        let mut low = vec![];
        for index in 0..banks {
            let bank = self.bank(index);
            let inputs = [
                ("write_i", write & write_bank.is(index.into())),
                ("write_word_i", write_word),
                ("data_i", data),
                ("read_i", read),
                ("read_word_i", read_word),
            ];
            let outputs = b.instance(&format!("bank_{index}"), &bank, &inputs);
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
        b.add_latency(self.bank(0).latency);
        high.reverse();
        low.reverse();
        b.port_group("Decoded word, lane 0 in the lowest bits, two cycles after the fetch.");
        b.output("high_o", b.concat(&high), "upper bit of each weight");
        b.output("low_o", b.concat(&low), "lower bit of each weight");
        b.output("bad_code_o", write & bad, "the word being stored holds a byte that is no code");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} words of {} x {} trits in {} banks of {BANK_WIDTH} bits.\n\n\
             The caller never fetches a word while it is being stored.",
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
            let words = b.constant("WORDS", self.depth.into(), word.ty(), "words of a bank");
            beyond = beyond | words.le(word);
        }
        let inside = !beyond;
        let write = b.wire("write_inside", write & inside);
        (write, bank.bits(0, bank_width), word.bits(0, word_width))
    }

    /// Whether any byte of a bank word is no code.
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

    /// One bank: memory, decoders, output register. Banks differ only in their image.
    fn bank(&self, index: u32) -> Arc<Module> {
        let banks = self.banks();
        let image: Vec<Bits> = self
            .image
            .iter()
            .skip(index as usize)
            .step_by(banks as usize)
            .map(|&word| Bits::from_words(BANK_WIDTH, vec![word.into()]))
            .collect();
        let name = match image.is_empty() {
            true => "weight_bank".to_string(),
            false => format!("weight_bank_{index}"),
        };
        let b = Builder::new(
            &name,
            file!(),
            &format!(
                "{} words of {} packed trits, decoded.\n\n\
                 The caller never fetches a word while it is being stored.",
                self.depth,
                self.bank_trits()
            ),
        );
        let word_type = uint(address_width(self.depth));
        let write = b.input("write_i", uint(1), "store data_i");
        let write_word = b.input("write_word_i", word_type, "word to store");
        let data = b.input("data_i", uint(BANK_WIDTH), "four bytes of packed trits");
        let read = b.input("read_i", uint(1), "fetch a word; low holds it");
        let read_word = b.input("read_word_i", word_type, "word to fetch");

        b.stage("memory.");
        let words = b.memory("words", self.depth, uint(BANK_WIDTH), &image).exclusive();
        words.write(write, write_word, data);
        let word = words.read("word_q", read, read_word);

        b.stage("decode.");
        let (high, low) = match self.packing {
            Packing::Base3 => decode_base3(&b, word),
            Packing::TwoBit => decode_two_bit(&b, word),
        };
        let high = b.delay("high_q", b.flag(true), high);
        let low = b.delay("low_q", b.flag(true), low);
        b.port_group("Trits, first in the lowest bit.");
        b.output("high_o", high, "upper bits");
        b.output("low_o", low, "lower bits");
        b.finish()
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
