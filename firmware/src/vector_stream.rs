//! Vectors as beats of the machine's streams, in the place of token ids.
//!
//! ```text
//!  channel c ─► element places[c] of the words ─► a beat a word: value 0 in the lowest bits of `tdata`
//! ```
//!
//! A value takes 8, 16 or 32 bits of a beat, two's complement. Beats are little-endian 64-bit words.

use serde::{Deserialize, Serialize};

/// The words of a memory that a stream fills or empties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VectorStream {
    /// First word: of C for what comes in, of T for what goes out.
    pub first: u32,
    /// Words, and beats of a vector.
    pub words: u32,
    /// Bits of a value, two's complement, at most 32.
    pub value_width: u32,
}

/// What the values of a stream mean.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorMap {
    /// The element of the words that each channel is; the others are zero.
    pub places: Vec<usize>,
    /// What a value of one is worth.
    pub unit: f64,
}

impl VectorStream {
    /// Bits that a value takes in a beat.
    pub const fn beat_value_width(&self) -> u32 {
        match self.value_width {
            0..=8 => 8,
            9..=16 => 16,
            _ => 32,
        }
    }

    /// Bits of a beat of `elements` values.
    pub const fn beat_width(&self, elements: u32) -> u32 {
        elements * self.beat_value_width()
    }

    /// The largest magnitude that comes in: the lowest number of its bits is none.
    pub const fn input_max(&self) -> i64 {
        (1 << (self.value_width - 1)) - 1
    }

    /// The values of whole words as beats.
    pub fn beats(&self, elements: u32, words: &[i64]) -> Vec<Vec<u64>> {
        let width = self.beat_value_width();
        let beat = |word: &[i64]| {
            let mut beat = vec![0u64; (self.beat_width(elements) as usize).div_ceil(64)];
            for (index, &value) in word.iter().enumerate() {
                let at = index * width as usize;
                let bits = value as u64 & (u64::MAX >> (64 - width));
                beat[at / 64] |= bits << (at % 64);
            }
            beat
        };
        words.chunks(elements as usize).map(beat).collect()
    }

    /// The values of a beat.
    pub fn values(&self, elements: u32, beat: &[u64]) -> Vec<i64> {
        let width = self.beat_value_width();
        let value = |index: u32| {
            let at = (index * width) as usize;
            let raw = beat[at / 64] >> (at % 64);
            (raw << (64 - width)) as i64 >> (64 - width)
        };
        (0..elements).map(value).collect()
    }
}

impl VectorMap {
    /// The values of `channels` in the words of a stream, `elements` a word.
    ///
    /// # Panics
    /// If there are more channels, or fewer.
    pub fn words(&self, stream: &VectorStream, elements: u32, channels: &[i64]) -> Vec<i64> {
        assert_eq!(channels.len(), self.places.len(), "channels of a vector");
        let mut words = vec![0; (stream.words * elements) as usize];
        self.places.iter().zip(channels).for_each(|(&place, &value)| words[place] = value);
        words
    }

    /// The channels of the words of a stream.
    pub fn channels(&self, words: &[i64]) -> Vec<i64> {
        self.places.iter().map(|&place| words[place]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_return_from_their_beats() {
        for value_width in [2, 8, 9, 16, 18, 32] {
            let stream = VectorStream { first: 3, words: 3, value_width };
            let map = VectorMap { places: vec![0, 2, 5, 9, 8], unit: 0.5 };
            let most = stream.input_max();
            let channels = [most, -most, 0, 1, -1];
            let words = map.words(&stream, 4, &channels);
            let beats = stream.beats(4, &words);
            assert_eq!(beats.len(), 3);
            let back: Vec<i64> = beats.iter().flat_map(|beat| stream.values(4, beat)).collect();
            assert_eq!(back, words);
            assert_eq!(map.channels(&back), channels);
        }
    }

    #[test]
    fn bits_of_a_beat() {
        let stream = VectorStream { first: 0, words: 1, value_width: 5 };
        assert_eq!(stream.beats(4, &[1, -1, 0, 5]), [[0x0500_FF01]]);
        assert_eq!((stream.beat_width(4), stream.input_max()), (32, 15));
    }
}
