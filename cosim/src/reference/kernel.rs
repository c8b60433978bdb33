//! The bit-packed kernel: currents of a ternary matrix from planes of spikes.
//!
//! ```text
//! counts ─► planes of masks   positive[k], negative[k]      one bit a column
//! trits  ─► masks             plus, minus                   one bit a synapse
//! current = Σ 2^k · ( |positive & plus | negative & minus| − |positive & minus | negative & plus| )
//! ```
//!
//! Equal to [`numeric::accumulate`](weights::numeric::accumulate) over the bitwise train.

use weights::network::TernaryMatrix;

const WORD_BITS: usize = u64::BITS as usize;

/// The bitwise train of one vector of counts, a mask a plane and sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTrain {
    columns: usize,
    plane_count: usize,
    /// Pairs (positive, negative), word-major: the planes of one word lie together.
    masks: Vec<[u64; 2]>,
}

impl PackedTrain {
    /// Packs counts; as many planes as the largest of them needs.
    pub fn new(counts: &[i32]) -> PackedTrain {
        let largest = counts.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
        let plane_count = (u32::BITS - largest.leading_zeros()) as usize;
        let mut masks = vec![[0; 2]; counts.len().div_ceil(WORD_BITS) * plane_count];
        for (word, group) in counts.chunks(WORD_BITS).enumerate() {
            let planes = &mut masks[word * plane_count..(word + 1) * plane_count];
            for (bit, &count) in group.iter().enumerate() {
                let (magnitude, sign) = (count.unsigned_abs(), usize::from(count < 0));
                for (plane, mask) in planes.iter_mut().enumerate() {
                    mask[sign] |= u64::from(magnitude >> plane & 1) << bit;
                }
            }
        }
        PackedTrain { columns: counts.len(), plane_count, masks }
    }

    /// Planes of the train: bits of the largest count.
    pub fn plane_count(&self) -> usize {
        self.plane_count
    }
}

/// A ternary matrix as masks.
#[derive(Clone, Debug)]
pub struct PackedMatrix {
    rows: usize,
    columns: usize,
    /// Bits of +1, word-major: `plus[word · rows + row]`, so that neighbouring rows lie together
    /// and the compiler counts several at once.
    plus: Vec<u64>,
    /// Bits of −1, likewise.
    minus: Vec<u64>,
}

impl PackedMatrix {
    /// Packs the trits of a matrix.
    pub fn new(matrix: &TernaryMatrix) -> PackedMatrix {
        let (rows, columns) = (matrix.rows, matrix.columns);
        let words = columns.div_ceil(WORD_BITS);
        let (mut plus, mut minus) = (vec![0; words * rows], vec![0; words * rows]);
        for row in 0..rows {
            for (column, &trit) in matrix.row(row).iter().enumerate() {
                let (word, bit) = (column / WORD_BITS, column % WORD_BITS);
                plus[word * rows + row] |= u64::from(trit > 0) << bit;
                minus[word * rows + row] |= u64::from(trit < 0) << bit;
            }
        }
        PackedMatrix { rows, columns, plus, minus }
    }

    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// `W · counts` for the counts of `train`, one current a row.
    ///
    /// # Panics
    /// If the train has another number of columns.
    pub fn currents(&self, train: &PackedTrain) -> Vec<i64> {
        let mut currents = vec![0; self.rows];
        self.add_currents(train, &mut currents);
        currents
    }

    /// [`currents`](PackedMatrix::currents), added to what `currents` holds.
    ///
    /// # Panics
    /// If the train has another number of columns, or `currents` of rows.
    pub fn add_currents(&self, train: &PackedTrain, currents: &mut [i64]) {
        assert_eq!(train.columns, self.columns, "a train needs one channel a column");
        assert_eq!(currents.len(), self.rows, "a matrix has one current a row");
        for word in 0..self.columns.div_ceil(WORD_BITS) {
            let rows = word * self.rows..(word + 1) * self.rows;
            let (plus, minus) = (&self.plus[rows.clone()], &self.minus[rows]);
            let planes = &train.masks[word * train.plane_count..(word + 1) * train.plane_count];
            for (plane, &[positive, negative]) in planes.iter().enumerate() {
                add_plane(plus, minus, positive, negative, plane as u32, currents);
            }
        }
    }
}

/// Adds one plane of one word to the currents of all rows.
fn add_plane(
    plus: &[u64],
    minus: &[u64],
    positive: u64,
    negative: u64,
    plane: u32,
    currents: &mut [i64],
) {
    for ((current, &plus), &minus) in currents.iter_mut().zip(plus).zip(minus) {
        let up = (positive & plus) | (negative & minus);
        let down = (positive & minus) | (negative & plus);
        let difference = i64::from(up.count_ones()).wrapping_sub(i64::from(down.count_ones()));
        *current = current.wrapping_add(difference << plane);
    }
}

/// `W · counts` by one multiplication a synapse: what the kernel is measured against.
///
/// # Panics
/// If the number of counts is not that of the columns.
pub fn naive_currents(matrix: &TernaryMatrix, counts: &[i32]) -> Vec<i64> {
    assert_eq!(counts.len(), matrix.columns, "one count a column");
    let dot = |row: usize| {
        let products = matrix.row(row).iter().zip(counts);
        products.map(|(&trit, &count)| i64::from(trit) * i64::from(count)).sum()
    };
    (0..matrix.rows).map(dot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};
    use weights::numeric::{self, Radix};

    #[test]
    fn packed_currents_equal_the_specification() {
        let mut stream = ChaCha8Rng::seed_from_u64(1);
        for (rows, columns) in [(1, 1), (3, 5), (7, 63), (8, 64), (5, 65), (40, 200), (2, 257)] {
            for largest in [0, 1, 2, 3, 127, 40_000] {
                let mut below = |n: u32| (stream.next_u32() % n) as i32;
                let trits = (0..rows * columns).map(|_| (below(3) - 1) as i8).collect();
                let counts: Vec<i32> =
                    (0..columns).map(|_| below(2 * largest + 1) - largest as i32).collect();
                let name = "m".to_owned();
                let matrix = TernaryMatrix { name, rows, columns, trits, scale: 1.0 };
                let wide: Vec<i64> = counts.iter().map(|&count| i64::from(count)).collect();
                let planes = numeric::planes_needed(u64::from(largest), Radix::Bitwise);
                let train = numeric::encode_counts(&wide, planes, Radix::Bitwise);
                let expected: Vec<i64> = (0..rows)
                    .map(|row| numeric::accumulate(matrix.row(row), &train, Radix::Bitwise))
                    .collect();
                let packed = PackedMatrix::new(&matrix).currents(&PackedTrain::new(&counts));
                assert_eq!(packed, expected, "{rows} rows, {columns} columns, to {largest}");
                assert_eq!(naive_currents(&matrix, &counts), expected);
            }
        }
    }

    #[test]
    fn extreme_counts_do_not_overflow() {
        let (rows, columns) = (1, 2);
        let name = "m".to_owned();
        let matrix = TernaryMatrix { name, rows, columns, trits: vec![1, -1], scale: 1.0 };
        let counts = [i32::MIN, i32::MAX];
        let expected = i64::from(i32::MIN) - i64::from(i32::MAX);
        assert_eq!(PackedMatrix::new(&matrix).currents(&PackedTrain::new(&counts)), [expected]);
    }
}
