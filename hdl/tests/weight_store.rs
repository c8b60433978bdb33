//! `weight_store` delivers what `packing` packed.

mod support;

use hdl::blocks::memory::weight_store::WeightStore;
use support::{Bench, Random};
use weights::numeric::Trit;
use weights::packing::{Packing, pack_word};

/// Lanes and slots: one trit, a bank almost full, exactly full, just overflowing, several banks.
const SHAPES: [(u32, u32); 8] = [(1, 1), (3, 5), (4, 4), (17, 1), (4, 5), (3, 7), (5, 13), (2, 64)];

/// Words of a store whose columns are banks, and of one whose columns begin in one and end in the next.
const DEPTHS: [u32; 2] = [8, 1030];

fn every() -> impl Iterator<Item = (Packing, u32)> {
    let packings = [Packing::TwoBit, Packing::Base3].into_iter();
    packings.flat_map(|packing| DEPTHS.map(|depth| (packing, depth)))
}

fn random_words(store: &WeightStore, random: &mut Random) -> Vec<Vec<Trit>> {
    let count = store.lanes * store.slots;
    (0..store.depth).map(|_| (0..count).map(|_| random.trit()).collect()).collect()
}

fn banks(trits: &[Trit], packing: Packing) -> Vec<u32> {
    let bytes = pack_word(trits, packing);
    let bank = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
    bytes.chunks(4).map(bank).collect()
}

fn write(bench: &mut Bench, word: u32, bank: usize, data: u32) {
    bench.set("write_i", 1);
    bench.set("write_word_i", word.into());
    bench.set("write_bank_i", bank as u64);
    bench.set("data_i", data.into());
    bench.tick();
    bench.set("write_i", 0);
}

fn trits(bench: &Bench) -> Vec<Trit> {
    let pairs = bench.bits("high_o").into_iter().zip(bench.bits("low_o"));
    pairs.map(|pair| i8::from(pair.0) + i8::from(pair.1) - 1).collect()
}

/// Fetches every word once, back to back, with pauses that must hold the outputs.
fn compare(bench: &mut Bench, words: &[Vec<Trit>], random: &mut Random, what: &str) {
    assert_eq!(bench.latency, 2);
    let mut fetched: Vec<usize> = vec![];
    let mut next = 0;
    while fetched.len() < words.len() {
        let fetch = !random.once_in(3);
        bench.set("read_i", fetch.into());
        bench.set("read_word_i", next as u64);
        bench.tick();
        if fetch {
            bench.set("read_i", 0);
            bench.tick();
            let pause = random.below(3);
            (0..pause).for_each(|_| bench.tick());
            assert_eq!(trits(bench), words[next], "{what}, word {next}");
            fetched.push(next);
            next += 1;
        }
    }
    // Back to back: one word a cycle, two cycles late.
    bench.set("read_i", 1);
    for (cycle, _) in words.iter().enumerate() {
        bench.set("read_word_i", cycle as u64);
        bench.tick();
        if let Some(word) = cycle.checked_sub(1) {
            assert_eq!(trits(bench), words[word], "{what}, word {word} back to back");
        }
    }
    bench.set("read_i", 0);
}

/// Words written by the host come back decoded, for both packings and every fill of the last bank;
/// a good word raises no error.
#[test]
fn written_words_come_back() {
    let mut random = Random(1);
    for (lanes, slots) in SHAPES {
        for (packing, depth) in every() {
            let store = WeightStore { lanes, slots, depth, packing, image: vec![] };
            let mut bench = Bench::new(&store.module());
            let words = random_words(&store, &mut random);
            for (word, trits) in words.iter().enumerate() {
                for (bank, data) in banks(trits, packing).into_iter().enumerate() {
                    write(&mut bench, word as u32, bank, data);
                    assert!(!bench.is("bad_code_o"));
                }
            }
            compare(&mut bench, &words, &mut random, &format!("{lanes}x{slots} {packing:?}"));
        }
    }
}

/// Words of the image are there from the start.
#[test]
fn image_words_come_back() {
    let mut random = Random(2);
    for (lanes, slots) in SHAPES {
        for (packing, depth) in every() {
            let empty = WeightStore { lanes, slots, depth, packing, image: vec![] };
            let words = random_words(&empty, &mut random);
            let image = words.iter().flat_map(|trits| banks(trits, packing)).collect();
            let mut bench = Bench::new(&WeightStore { image, ..empty }.module());
            compare(&mut bench, &words, &mut random, &format!("{lanes}x{slots} {packing:?}"));
        }
    }
}

/// A bank or word beyond the store is stored nowhere; bits beyond the address do not wrap.
#[test]
fn writes_beyond_the_store_do_nothing() {
    let mut random = Random(3);
    let packing = Packing::Base3;
    for depth in [4, 5, 7, 1030] {
        beyond(&WeightStore { lanes: 5, slots: 13, depth, packing, image: vec![] }, &mut random);
    }
}

fn beyond(store: &WeightStore, random: &mut Random) {
    let mut bench = Bench::new(&store.module());
    let words = random_words(store, random);
    for (word, trits) in words.iter().enumerate() {
        for (bank, data) in banks(trits, store.packing).into_iter().enumerate() {
            write(&mut bench, word as u32, bank, data);
        }
    }
    let banks = store.banks() as usize;
    for (word, bank) in [
        (store.depth, 0),
        (store.depth + 1, 1),
        (1 << 15, 0),
        (0, banks),
        (1, banks + 3),
        (2, 1 << 15),
        (0xFFFF, 0xFFFF),
    ] {
        write(&mut bench, word, bank, 0x5555_5555);
    }
    compare(&mut bench, &words, random, "after writes beyond the store");
}

/// The unused code 10 of two-bit trits is refused in every place.
#[test]
fn two_bit_codes_are_checked() {
    let packing = Packing::TwoBit;
    let store = WeightStore { lanes: 4, slots: 4, depth: 2, packing, image: vec![] };
    let mut bench = Bench::new(&store.module());
    bench.set("write_i", 1);
    for place in 0..4 {
        for byte in 0..=u8::MAX {
            bench.set("data_i", u64::from(byte) << (8 * place));
            bench.settle();
            let expected = weights::packing::unpack(&[byte], 4, packing).is_err();
            assert_eq!(bench.is("bad_code_o"), expected, "byte {place} is {byte:#04x}");
        }
    }
}
