//! Types of rust-hdl as the words of the simulator.

use rust_hdl_core::prelude::{Bit, Bits, Clock, Signed, Synth, signed_cast, unsigned_cast};

/// A type that can travel through a port.
pub trait Value: Synth {
    /// Little-endian words, zero above the width.
    fn to_words(self) -> Vec<u64>;

    /// The value of words.
    fn from_words(words: &[u64]) -> Self;
}

impl Value for Bit {
    fn to_words(self) -> Vec<u64> {
        vec![self.into()]
    }

    fn from_words(words: &[u64]) -> Self {
        words[0] & 1 == 1
    }
}

impl Value for Clock {
    fn to_words(self) -> Vec<u64> {
        self.clk.to_words()
    }

    fn from_words(words: &[u64]) -> Self {
        bool::from_words(words).into()
    }
}

impl<const N: usize> Value for Bits<N> {
    fn to_words(self) -> Vec<u64> {
        let mut words = vec![0; N.div_ceil(64)];
        for index in (0..N).filter(|&index| self.get_bit(index)) {
            words[index / 64] |= 1 << (index % 64);
        }
        words
    }

    fn from_words(words: &[u64]) -> Self {
        let ones = (0..N).filter(|index| words[index / 64] >> (index % 64) & 1 == 1);
        ones.fold(Bits::default(), |bits: Bits<N>, index| bits.replace_bit(index, true))
    }
}

impl<const N: usize> Value for Signed<N> {
    fn to_words(self) -> Vec<u64> {
        unsigned_cast(self).to_words()
    }

    fn from_words(words: &[u64]) -> Self {
        signed_cast(Bits::from_words(words))
    }
}
