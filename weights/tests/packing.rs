//! Packing and its inverse.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::collections::BTreeSet;
use weights::packing::{
    Packing, PackingError, base3_decode, base3_encode, pack, pack_word, packed_len, unpack,
    unpack_word, word_banks, word_bytes,
};

const BOTH: [Packing; 2] = [Packing::TwoBit, Packing::Base3];

/// All groups of five trits, first trit fastest.
fn groups() -> impl Iterator<Item = [i8; 5]> {
    (0..243).map(|index: i32| [1, 3, 9, 27, 81].map(|power| (index / power % 3) as i8 - 1))
}

/// Every one of the 243 groups has its own byte, and decoding gives the group back.
#[test]
fn base3_codes_are_distinct_and_invertible() {
    let codes: BTreeSet<u8> = groups().map(base3_encode).collect();
    assert_eq!(codes.len(), 243);
    for group in groups() {
        assert_eq!(base3_decode(base3_encode(group)), Some(group));
    }
}

/// Exactly 13 bytes are no code, and each of them is refused at its place.
#[test]
fn base3_refuses_the_13_other_bytes() {
    let others: Vec<u8> = (0..=255).filter(|&byte| base3_decode(byte).is_none()).collect();
    assert_eq!(others.len(), 13);
    for value in others {
        let zeros = base3_encode([0; 5]);
        let error = PackingError::Code { packing: Packing::Base3, byte: 2, value, trit: 10 };
        assert_eq!(unpack(&[zeros, zeros, value], 15, Packing::Base3), Err(error));
    }
}

/// A two-bit byte decodes exactly when no trit has its upper bit without its lower one, and then packs back to itself.
#[test]
fn two_bit_bytes_decode_or_name_the_code() {
    for value in 0..=255u8 {
        let bad = (0..4).find(|place| value >> (4 + place) & 1 > value >> place & 1);
        match bad {
            None => {
                let trits = unpack(&[value], 4, Packing::TwoBit).expect("all four are codes");
                assert_eq!(pack(&trits, Packing::TwoBit), [value]);
            }
            Some(trit) => {
                let error = PackingError::Code { packing: Packing::TwoBit, byte: 0, value, trit };
                assert_eq!(unpack(&[value], 4, Packing::TwoBit), Err(error));
            }
        }
    }
}

/// The upper offset bits of four trits lie above their lower ones, the first trit in the low bit.
#[test]
fn two_bit_layout() {
    assert_eq!(pack(&[-1, 0, 1, -1, 1], Packing::TwoBit), [0b0100_0110, 0b0001_1111]);
}

/// Lengths round up to whole bytes and words to whole banks, from nothing to a large word.
#[test]
fn lengths() {
    let lengths = |packing| [0, 1, 4, 5, 6, 1024].map(|count| packed_len(count, packing));
    assert_eq!(lengths(Packing::TwoBit), [0, 1, 1, 2, 2, 256]);
    assert_eq!(lengths(Packing::Base3), [0, 1, 1, 1, 2, 205]);
    assert_eq!(word_bytes(1, 1, Packing::Base3), 4);
    assert_eq!(word_bytes(16, 64, Packing::TwoBit), 256);
    assert_eq!(word_bytes(16, 64, Packing::Base3), 208);
    assert_eq!(word_banks(16, 64, Packing::Base3), 52);
    assert_eq!(BOTH.map(Packing::bits_per_trit), [2.0, 1.6]);
}

/// Missing and surplus bytes are refused, and the message says how many there should be.
#[test]
fn lengths_are_checked() {
    for packing in BOTH {
        for length in [0, 2, 4, 100] {
            let error = unpack(&vec![0; length], 3 * packing.trits_per_byte(), packing);
            let Err(PackingError::Length { expected, actual, .. }) = error else {
                panic!("{length} bytes were taken for 3");
            };
            assert_eq!((expected, actual), (3, length));
        }
    }
    let message = unpack(&[], 7, Packing::Base3).expect_err("no bytes").to_string();
    assert_eq!(
        message,
        "base3 data for 7 trits takes 2 bytes, there are 0; check the shape and the packing"
    );
}

/// What fills up the last group and the word must be zero, so no trit hides behind a shape.
#[test]
fn filling_is_checked() {
    for packing in BOTH {
        for count in 1..packing.trits_per_byte() {
            let mut trits = vec![0; packing.trits_per_byte()];
            trits[count] = 1;
            let error = unpack(&pack(&trits, packing), count, packing);
            assert!(matches!(error, Err(PackingError::Padding { byte: 0, .. })), "{error:?}");
        }
        let mut word = pack_word(&[1, -1, 0], packing);
        assert_eq!(unpack_word(&word, 3, packing), Ok(vec![1, -1, 0]));
        word[3] = 1;
        let error = PackingError::Padding { packing, count: 3, byte: 3, value: 1 };
        assert_eq!(unpack_word(&word, 3, packing), Err(error));
    }
}

/// A value that is no trit is a bug of the caller and stops it.
#[test]
#[should_panic(expected = "2 is no trit")]
fn only_trits_are_packed() {
    pack(&[0, 2], Packing::TwoBit);
}

fn any_trits() -> impl Strategy<Value = Vec<i8>> {
    proptest::collection::vec(-1i8..=1, 0..600)
}

proptest! {
    /// Unpacking is the exact inverse of packing, flat and in words, for every length.
    #[test]
    fn unpack_inverts_pack(trits in any_trits()) {
        for packing in BOTH {
            let bytes = pack(&trits, packing);
            prop_assert_eq!(bytes.len(), packed_len(trits.len(), packing));
            prop_assert_eq!(&unpack(&bytes, trits.len(), packing).unwrap(), &trits);
            let word = pack_word(&trits, packing);
            prop_assert_eq!(word.len(), word_bytes(trits.len(), 1, packing));
            prop_assert_eq!(&unpack_word(&word, trits.len(), packing).unwrap(), &trits);
        }
    }

    /// Any bytes either unpack to trits that pack back to the same bytes, or are refused.
    #[test]
    fn pack_inverts_unpack(bytes in proptest::collection::vec(any::<u8>(), 0..64), less in 0usize..5) {
        for packing in BOTH {
            let count = (bytes.len() * packing.trits_per_byte()).saturating_sub(less);
            if let Ok(trits) = unpack(&bytes, count, packing) {
                prop_assert_eq!(&pack(&trits, packing), &bytes);
            }
        }
    }
}
