//! The baked store: weights as wires, for a machine that is made of one network.
//!
//! ```text
//!  read_word_i ─► word_q ─► constants ─► high_o, low_o
//! ```
//!
//! In the place of a [`weight_store`](super::weight_store) and as fast. Nothing is stored: synthesis sees
//! constants and drops what a weight of 0 would add. Of a single word nothing is chosen either, so that
//! the array becomes sums of spikes.

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::numeric::Trit;
use weights::packing::{Packing, unpack_word, word_banks};

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct BakedStore {
    /// Trits of a word.
    pub trits: u32,
    /// Words that the machine addresses, at least 2.
    pub depth: u32,
    /// How the trits of the image are packed.
    pub packing: Packing,
    /// 32-bit banks of all words, word by word.
    pub image: Vec<u32>,
}

impl BakedStore {
    /// The module `baked_store`.
    ///
    /// # Panics
    /// If the image is empty, no whole number of words, or holds a byte that is no code.
    pub fn module(&self) -> Arc<Module> {
        let words = self.words();
        let b = Builder::new("baked_store", file!(), &self.summary(words.len()));
        let address = uint(address_width(self.depth));
        let read = b.input("read_i", uint(1), "fetch a word; low holds the outputs");
        let read_word = b.input("read_word_i", address, "word to fetch");

        b.stage("which word.");
        let chosen = match words.len() {
            1 => {
                b.unused("read", b.concat(&[read, read_word]), "There is one word.");
                None
            }
            _ => Some(b.delay("word_q", read, read_word)),
        };
        b.stage("its trits.");
        let (high, low): (Vec<Bits>, Vec<Bits>) = words.into_iter().unzip();
        let now = b.flag(true);
        let half = |name: &str, words: Vec<Bits>| {
            b.delay(&format!("{name}_q"), now, pick(&b, name, chosen, &words))
        };
        let (high, low) = (half("high", high), half("low", low));
        b.port_group("The word, lane 0 in the lowest bits, two cycles after the fetch.");
        b.output("high_o", high, "upper bit of each weight");
        b.output("low_o", low, "lower bit of each weight");
        b.finish()
    }

    fn summary(&self, words: usize) -> String {
        format!("{words} words of {} constant trits.", self.trits)
    }

    /// The upper and the lower bits of each word.
    fn words(&self) -> Vec<(Bits, Bits)> {
        let trits = self.trits as usize;
        let banks = word_banks(trits, 1, self.packing);
        let bits = |word: &[Trit], bit: fn(Trit) -> bool| {
            let mut limbs = vec![0u64; trits.div_ceil(64)];
            let ones = word.iter().enumerate().filter(|(_, trit)| bit(**trit));
            ones.for_each(|(at, _)| limbs[at / 64] |= 1 << (at % 64));
            Bits::from_words(self.trits, limbs)
        };
        let word = |banks: &[u32]| {
            let bytes: Vec<u8> = banks.iter().flat_map(|bank| bank.to_le_bytes()).collect();
            let word = unpack_word(&bytes, trits, self.packing).expect("it was packed");
            // The offset code of the array: 0, 1, 3 stand for -1, 0, +1.
            (bits(&word, |trit| trit > 0), bits(&word, |trit| trit >= 0))
        };
        assert!(!self.image.is_empty() && self.image.len().is_multiple_of(banks), "whole words");
        self.image.chunks(banks).map(word).collect()
    }
}

/// The word that is chosen, or the only one.
fn pick<'m>(b: &'m Builder, name: &str, chosen: Option<Signal<'m>>, words: &[Bits]) -> Signal<'m> {
    let value = |word: &Bits| b.literal_bits(word.clone());
    let (last, others) = words.split_last().expect("there is a word");
    let Some(chosen) = chosen else { return value(last) };
    let arms: Vec<(i128, Signal)> =
        others.iter().enumerate().map(|(at, word)| (at as i128, value(word))).collect();
    b.case(name, chosen, &arms, value(last))
}
