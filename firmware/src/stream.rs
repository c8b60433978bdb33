//! Trains and results as the beats of the engine's two streams.
//!
//! ```text
//!  spikes:   pass 0                          pass 1 …       frame of one vector
//!            tile 0 │ tile 1 │ …             tile 0 │ …
//!            one beat: active bits of plane 0: slot 0, 1, … │ plane 1 … ║ negative bits likewise
//!
//!  results:  row tile 0: rows 0.. │ rows neurons.. │ …   row tile 1 …   value_bytes a row
//! ```
//!
//! Beats are little-endian 64-bit words: bit 0 of the first word is bit 0 of `tdata`.

use crate::engine::EngineParameters;
use crate::tiling::{Tiling, passes};
use std::ops::Range;
use weights::numeric::Trit;

/// The frame of one vector: the beats that carry its train, first beat first.
///
/// `train` holds planes of equal length, first plane first, as [`weights::numeric`] makes them.
/// Planes that the last pass lacks are zero planes at the *front*, where they add nothing in
/// either radix; channels beyond the vector are zero.
///
/// # Panics
/// If `slots` or `planes` is zero.
pub fn frame(train: &[Vec<Trit>], slots: usize, planes: usize) -> Vec<Vec<u64>> {
    let columns = train.first().map_or(0, Vec::len);
    let column_tiles = columns.div_ceil(slots);
    let pass_count = passes(train.len(), planes);
    let padding = pass_count * planes - train.len();
    let beat_words = (2 * slots * planes).div_ceil(64);
    let mut beats = vec![vec![0; beat_words]; pass_count * column_tiles];
    for (index, plane) in train.iter().enumerate() {
        let (pass, place) = ((index + padding) / planes, (index + padding) % planes);
        for (column_tile, trits) in plane.chunks(slots).enumerate() {
            let beat = &mut beats[pass * column_tiles + column_tile];
            let first = place * slots;
            for (slot, &trit) in trits.iter().enumerate() {
                let (active, negative) = (first + slot, slots * planes + first + slot);
                beat[active / 64] |= u64::from(trit != 0) << (active % 64);
                beat[negative / 64] |= u64::from(trit < 0) << (negative % 64);
            }
        }
    }
    beats
}

/// One beat of the result stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultBeat {
    /// `tdata`.
    pub data: Vec<u64>,
    /// `tkeep`: one bit a byte.
    pub keep: Vec<u64>,
    /// `tlast`.
    pub last: bool,
}

/// Why received beats are not the results of one vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultError {
    /// The frame is shorter or longer than the rows need.
    #[error("a result frame of {rows} rows has {expected} beats, there are {actual}")]
    Beats {
        /// Rows of the layer.
        rows: usize,
        /// Beats that they take.
        expected: usize,
        /// Beats received.
        actual: usize,
    },
    /// A beat is narrower than the engine's results.
    #[error("result beat {beat} has {actual} words of 64 bits, {expected} are needed")]
    Width {
        /// Index of the beat in the frame.
        beat: usize,
        /// Words that a beat takes.
        expected: usize,
        /// Words received.
        actual: usize,
    },
    /// `tkeep` marks other rows than the real ones.
    #[error("result beat {beat} keeps bytes {actual:x?} (64 a word), expected {expected:x?}")]
    Keep {
        /// Index of the beat in the frame.
        beat: usize,
        /// `tkeep` for the real rows.
        expected: Vec<u64>,
        /// `tkeep` received.
        actual: Vec<u64>,
    },
    /// `tlast` is set within the frame or missing at its end.
    #[error("result beat {beat} of {beats} has tlast {actual}, expected {}", !.actual)]
    Last {
        /// Index of the beat in the frame.
        beat: usize,
        /// Beats of the frame.
        beats: usize,
        /// `tlast` received.
        actual: bool,
    },
}

/// How the results of a layer lie in the output beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultLayout {
    /// Rows of the layer.
    pub rows: usize,
    /// Rows of a row tile.
    pub lanes: usize,
    /// Results in one beat; divides `lanes`, so that a beat never crosses a row tile.
    pub neurons: usize,
    /// Bytes of one result, sign-extended two's complement.
    pub value_bytes: usize,
}

impl ResultLayout {
    /// The layout of a layer on an engine.
    pub fn new(tiling: &Tiling, engine: &EngineParameters) -> Self {
        let value_bytes = engine.value_bytes();
        ResultLayout {
            rows: tiling.rows,
            lanes: engine.lanes,
            neurons: engine.neurons,
            value_bytes,
        }
    }

    /// Beats of one result frame: only those that hold a real row.
    ///
    /// Because `neurons` divides `lanes`, only the last row tile can end in a partial beat, and
    /// this is the sum of ceil(rows of the tile / neurons) over the row tiles.
    pub const fn beats(&self) -> usize {
        self.rows.div_ceil(self.neurons)
    }

    /// The rows that a beat of the frame carries.
    pub fn beat_rows(&self, beat: usize) -> Range<usize> {
        beat * self.neurons..((beat + 1) * self.neurons).min(self.rows)
    }

    /// The beats of a result frame that carries `values`, one a row; bytes not kept are zero.
    ///
    /// # Panics
    /// If there are not `rows` values: the caller computed them for this layer.
    pub fn frame(&self, values: &[i64]) -> Vec<ResultBeat> {
        assert_eq!(values.len(), self.rows, "a result frame carries one value a row");
        let beats = values.chunks(self.neurons).enumerate();
        beats.map(|(beat, group)| self.beat(beat, group)).collect()
    }

    fn beat(&self, beat: usize, group: &[i64]) -> ResultBeat {
        let mut data = vec![0; self.data_words()];
        for (place, value) in group.iter().enumerate() {
            for (index, &byte) in value.to_le_bytes()[..self.value_bytes].iter().enumerate() {
                let bit = 8 * (place * self.value_bytes + index);
                data[bit / 64] |= u64::from(byte) << (bit % 64);
            }
        }
        ResultBeat { data, keep: self.keep(beat), last: beat + 1 == self.beats() }
    }

    /// The values of a received frame, one a row.
    ///
    /// # Errors
    /// If the count of beats, their width, `tkeep` or `tlast` are not those of this layer; names
    /// the first beat that differs.
    pub fn values(&self, beats: &[ResultBeat]) -> Result<Vec<i64>, ResultError> {
        let expected = self.beats();
        if beats.len() != expected {
            let actual = beats.len();
            return Err(ResultError::Beats { rows: self.rows, expected, actual });
        }
        let mut values = Vec::with_capacity(self.rows);
        for (beat, received) in beats.iter().enumerate() {
            self.check_beat(beat, received)?;
            let count = self.beat_rows(beat).len();
            values.extend((0..count).map(|place| self.value(&received.data, place)));
        }
        Ok(values)
    }

    fn check_beat(&self, beat: usize, received: &ResultBeat) -> Result<(), ResultError> {
        let (expected, actual) = (self.data_words(), received.data.len());
        if actual < expected {
            return Err(ResultError::Width { beat, expected, actual });
        }
        let expected = self.keep(beat);
        if received.keep != expected {
            return Err(ResultError::Keep { beat, expected, actual: received.keep.clone() });
        }
        if received.last != (beat + 1 == self.beats()) {
            let beats = self.beats();
            return Err(ResultError::Last { beat, beats, actual: received.last });
        }
        Ok(())
    }

    /// The value at a place of a beat, sign-extended. `data` must hold [`data_words`] words.
    ///
    /// [`data_words`]: Self::data_words
    pub fn value(&self, data: &[u64], place: usize) -> i64 {
        let byte = |index: usize| {
            let bit = 8 * (place * self.value_bytes + index);
            data[bit / 64] >> (bit % 64) & 0xFF
        };
        let raw = (0..self.value_bytes).fold(0, |raw, index| raw | byte(index) << (8 * index));
        let unused = 64 - 8 * self.value_bytes as u32;
        (raw << unused) as i64 >> unused
    }

    /// `tkeep` of a beat: ones for the bytes of real rows, in words of 64 bits.
    pub fn keep(&self, beat: usize) -> Vec<u64> {
        let kept = self.beat_rows(beat).len() * self.value_bytes;
        let words = (self.neurons * self.value_bytes).div_ceil(64);
        let word = |index: usize| match kept.saturating_sub(64 * index) {
            ones if ones >= 64 => u64::MAX,
            ones => (1 << ones) - 1,
        };
        (0..words).map(word).collect()
    }

    /// 64-bit words of `tdata`.
    pub const fn data_words(&self) -> usize {
        (8 * self.neurons * self.value_bytes).div_ceil(64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::numeric::{Radix, accumulate, combine, dot, encode_counts};

    /// Reads a frame as the engine does: pass by pass, plane by plane, with the tiled weights.
    fn current_of_beats(
        words: &[Vec<Trit>],
        beats: &[Vec<u64>],
        tiling: &Tiling,
        row: usize,
        planes: usize,
        radix: Radix,
    ) -> i64 {
        let slots = tiling.slots;
        let bit = |beat: &[u64], index: usize| beat[index / 64] >> (index % 64) & 1 == 1;
        let trit = |beat: &[u64], index| match (bit(beat, index), bit(beat, slots * planes + index))
        {
            (false, false) => 0,
            (true, false) => 1,
            (true, true) => -1,
            (false, true) => panic!("a negative spike that is not active"),
        };
        let mut sums = Vec::new();
        for pass in beats.chunks(tiling.column_tiles) {
            for plane in 0..planes {
                let tile = |(column_tile, beat): (usize, &Vec<u64>)| {
                    let spikes: Vec<Trit> =
                        (0..slots).map(|slot| trit(beat, plane * slots + slot)).collect();
                    let word = &words[row / tiling.lanes * tiling.column_tiles + column_tile];
                    dot(&word[row % tiling.lanes * slots..][..slots], &spikes)
                };
                sums.push(pass.iter().enumerate().map(tile).sum());
            }
        }
        combine(&sums, radix)
    }

    #[test]
    fn a_frame_on_tiled_weights_equals_numeric() {
        let counts: Vec<i64> = (0..45).map(|index| index * 5 % 15 - 7).collect();
        for (columns, slots, planes) in
            [(11, 5, 2), (45, 17, 3), (1, 4, 4), (10, 5, 1), (40, 40, 1)]
        {
            for (radix, plane_count) in [(Radix::Bitwise, 3), (Radix::Unary, 7)] {
                let tiling = Tiling::new(7, columns, 3, slots).unwrap();
                let trits: Vec<Trit> =
                    (0..7 * columns).map(|index| (index * 5 / 2 % 3) as Trit - 1).collect();
                let words: Vec<_> = tiling.weight_words(&trits).unwrap().collect();
                let train = encode_counts(&counts[..columns], plane_count, radix);
                let beats = frame(&train, slots, planes);
                assert_eq!(beats.len(), tiling.entries(plane_count, planes));
                for row in 0..7 {
                    let weights = &trits[row * columns..][..columns];
                    assert_eq!(
                        current_of_beats(&words, &beats, &tiling, row, planes, radix),
                        accumulate(weights, &train, radix),
                        "{columns} columns, row {row}, {radix:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn bits_of_one_frame() {
        // Three planes of three channels on 2 slots x 2 planes: a zero plane comes first.
        let train = vec![vec![1, -1, 0], vec![0, 1, 1], vec![-1, 0, -1]];
        let expected: Vec<Vec<u64>> =
            vec![vec![0b1000_1100], vec![0b0000_0000], vec![0b0100_0110], vec![0b0100_0101]];
        assert_eq!(frame(&train, 2, 2), expected);
    }

    #[test]
    fn results_return_from_their_beats() {
        for (rows, lanes, neurons, value_bytes) in [
            (1, 1, 1, 1),
            (7, 4, 2, 2),
            (9, 4, 4, 3),
            (64, 64, 64, 6),
            (50, 64, 64, 6),
            (8, 4, 1, 8),
        ] {
            let layout = ResultLayout { rows, lanes, neurons, value_bytes };
            let top = i64::MAX >> (64 - 8 * value_bytes);
            let values: Vec<i64> =
                (0..rows as i64).map(|row| [top, -top - 1, row, -row][row as usize % 4]).collect();
            let beats = layout.frame(&values);
            let tiling = Tiling::new(rows, 1, lanes, 1).unwrap();
            let by_tile = (0..tiling.row_tiles).map(|tile| tiling.tile_rows(tile).len());
            assert_eq!(beats.len(), by_tile.map(|rows| rows.div_ceil(neurons)).sum::<usize>());
            assert_eq!(layout.values(&beats), Ok(values));
        }
    }

    #[test]
    fn a_wrong_frame_is_named() {
        let layout = ResultLayout { rows: 3, lanes: 4, neurons: 2, value_bytes: 2 };
        let beats = layout.frame(&[1, 2, 3]);
        assert_eq!(beats[1].keep, [0b0011]);
        let message = |change: &dyn Fn(&mut Vec<ResultBeat>)| {
            let mut changed = beats.clone();
            change(&mut changed);
            layout.values(&changed).unwrap_err().to_string()
        };
        assert_eq!(
            message(&|beats| beats.truncate(1)),
            "a result frame of 3 rows has 2 beats, there are 1"
        );
        assert_eq!(
            message(&|beats| beats[1].keep[0] = 0xF),
            "result beat 1 keeps bytes [f] (64 a word), expected [3]"
        );
        assert_eq!(
            message(&|beats| beats[0].last = true),
            "result beat 0 of 2 has tlast true, expected false"
        );
        assert_eq!(
            message(&|beats| beats[0].data.clear()),
            "result beat 0 has 0 words of 64 bits, 1 are needed"
        );
    }
}
