//! The KV cache, word by word as the hardware has it.

use super::train::Train;
use firmware::isa::Matrix;
use weights::numeric::Trit;

/// Words of `lanes × slots` trits.
#[derive(Clone, Default)]
pub(super) struct Cache {
    lanes: usize,
    slots: usize,
    trits: Vec<Trit>,
}

impl Cache {
    /// `depth` words, all zero.
    pub(super) fn new(lanes: u32, slots: u32, depth: u32) -> Cache {
        let (lanes, slots) = (lanes as usize, slots as usize);
        Cache { lanes, slots, trits: vec![0; lanes * slots * depth as usize] }
    }

    /// Writes one digit: a row of a key's word, or a column of a value's.
    pub(super) fn put(&mut self, address: u32, position: usize, is_key: bool, trits: &[Trit]) {
        let (lanes, slots) = (self.lanes, self.slots);
        let begin = address as usize * lanes * slots;
        let word = &mut self.trits[begin..begin + lanes * slots];
        if is_key {
            let row = position % lanes;
            word[row * slots..(row + 1) * slots].copy_from_slice(trits);
        } else {
            let column = position % slots;
            trits.iter().enumerate().for_each(|(row, &trit)| word[row * slots + column] = trit);
        }
    }

    /// `Σ_digit 3^place Σ trit · count` of the first `rows` rows of a product.
    pub(super) fn sums(&self, matrix: &Matrix, train: &Train, rows: usize, sums: &mut Vec<i64>) {
        let (lanes, slots) = (self.lanes, self.slots);
        let counts = train.counts();
        sums.clear();
        for row in 0..rows {
            let (tile, lane) = (row / lanes, row % lanes);
            let mut sum = 0;
            for digit in 0..matrix.digits as usize {
                let base = matrix.base as usize
                    + (tile * matrix.digits as usize + digit) * matrix.stride as usize;
                let mut plane = 0;
                for &column in &train.columns {
                    let column = column as usize;
                    let begin = ((base + column) * lanes + lane) * slots;
                    let trits = &self.trits[begin..begin + slots];
                    let counts = &counts[column * slots..(column + 1) * slots];
                    plane += trits
                        .iter()
                        .zip(counts)
                        .map(|(&trit, &count)| i64::from(trit) * i64::from(count))
                        .sum::<i64>();
                }
                sum = 3 * sum + plane;
            }
            sums.push(sum);
        }
    }
}
