//! The matrix unit: stored trits × a train, and the drain.

use super::image::{Image, Operand};
use super::state::State;
use super::train::Train;
use super::{MatrixFacts, Observer, Write};
use firmware::isa::Matrix;
use firmware::machine::MachineParameters;
use weights::numeric::fixed_point::{limited_shift, saturate};
use weights::numeric::{Radix, round_shift};

impl State {
    pub(super) fn matrix<O: Observer>(
        &mut self,
        image: &Image,
        index: usize,
        matrix: &Matrix,
        attended: usize,
        observer: &mut O,
    ) -> MatrixFacts {
        let parameters = &image.program.parameters;
        let mut sums = std::mem::take(&mut self.sums);
        if matrix.vectors > 0 {
            self.sums = sums;
            return self.vectors(image, index, matrix, attended, observer);
        }
        let mut facts = match image.operand(index, matrix) {
            Operand::Table(table) => {
                let row = image.weights(table).row(self.token);
                sums.clear();
                sums.extend(row.iter().map(|&value| i64::from(value)));
                let (digits, words) = (matrix.digits, matrix.stride);
                let rows = row.len() as u32;
                MatrixFacts { tiles: 1, digits, words, passes: 1, rows, ..MatrixFacts::default() }
            }
            operand => self.products(image, matrix, operand, attended, &mut sums),
        };
        facts.sum_max = sums.iter().map(|sum| sum.unsigned_abs()).max().unwrap_or(0);
        let elements = parameters.elements as usize;
        let words = sums.chunks(elements).enumerate();
        let words = words.map(|(word, sums)| (matrix.address + word as u32, word * elements, sums));
        self.drain(parameters, matrix, words, &mut facts, observer);
        self.sums = sums;
        facts
    }

    /// Vectors of one plane each, all through the same weights: tile by tile, in it vector by vector.
    fn vectors<O: Observer>(
        &mut self,
        image: &Image,
        index: usize,
        matrix: &Matrix,
        attended: usize,
        observer: &mut O,
    ) -> MatrixFacts {
        let parameters = &image.program.parameters;
        let MachineParameters { lanes, slots, elements, radix, .. } = *parameters;
        let Operand::Weights { matrix: stored, first_row } = image.operand(index, matrix) else {
            panic!("vectors share words of the weight store only")
        };
        let weights = image.weights(stored);
        let rows = ((matrix.tiles - 1) * lanes + matrix.last_rows) as usize;
        let count = matrix.vector_count(attended as u32);
        let mut facts = MatrixFacts {
            tiles: matrix.tiles,
            digits: matrix.digits,
            words: matrix.stride,
            passes: 1,
            rows: rows as u32,
            columns: weights.columns as u32,
            vectors: count,
            ..MatrixFacts::default()
        };
        let all = (0..count as usize).map(|plane| {
            let trits = &self.planes[plane][(matrix.source * slots) as usize..];
            let trits = trits[..(matrix.stride * slots) as usize].to_vec();
            let train = Train::new(trits, slots as usize, 0, radix);
            for (cost, own) in
                [(&mut facts.bitwise, train.bitwise), (&mut facts.unary, train.unary)]
            {
                (cost.planes, cost.spikes) = (1, cost.spikes + own.spikes);
            }
            let mut sums = Vec::new();
            weights.sums(&train, first_row..first_row + rows, &mut sums);
            sums
        });
        let all: Vec<Vec<i64>> = all.collect();
        let sums = all.iter().flatten();
        facts.sum_max = sums.map(|sum| sum.unsigned_abs()).max().unwrap_or(0);
        let mut words = Vec::new();
        for tile in (0..rows).step_by(lanes as usize) {
            for (vector, sums) in (0..).zip(&all) {
                let end = rows.min(tile + lanes as usize);
                let groups = sums[tile..end].chunks(elements as usize);
                let rows = (tile..).step_by(elements as usize);
                words.extend(groups.zip(rows).map(|(sums, row)| {
                    let word = vector * matrix.apart + row as u32 / elements;
                    (matrix.address + word, row, sums)
                }));
            }
        }
        self.drain(parameters, matrix, words.into_iter(), &mut facts, observer);
        facts
    }

    /// The sums of a product, one a valid row.
    fn products(
        &self,
        image: &Image,
        matrix: &Matrix,
        operand: Operand,
        attended: usize,
        sums: &mut Vec<i64>,
    ) -> MatrixFacts {
        let parameters = &image.program.parameters;
        let MachineParameters { lanes, slots, planes, radix, .. } = *parameters;
        let train = self.train(matrix);
        let positions = attended + 1;
        let whole = (matrix.tiles.saturating_sub(1) * lanes + matrix.last_rows) as usize;
        let (tiles, rows, columns) = match operand {
            Operand::Weights { matrix: index, first_row } => {
                let weights = image.weights(index);
                weights.sums(train, first_row..first_row + whole, sums);
                (matrix.tiles, whole, weights.columns)
            }
            Operand::Keys => {
                self.keys.sums(matrix, train, positions, sums);
                let columns = (matrix.stride * slots) as usize;
                (attended as u32 / lanes + 1, positions, columns)
            }
            Operand::Values => {
                self.values.sums(matrix, train, whole, sums);
                (matrix.tiles, whole, positions.next_multiple_of(slots as usize))
            }
            Operand::Table(_) => unreachable!("a table is no product"),
        };
        assert!(
            train.columns.last().is_none_or(|&last| ((last * slots) as usize) < columns),
            "train {} has spikes beyond the {columns} columns of what it flows through",
            matrix.train
        );
        // Words in as many passes as their planes take, or columns with all they have at once.
        let (words, passes) = match (parameters.has_events(), radix) {
            (true, _) => (train.counts().iter().filter(|&&count| count != 0).count() as u32, 1),
            (false, Radix::Bitwise) => (train.columns.len() as u32, train.bitwise.planes),
            (false, Radix::Unary) => (train.columns.len() as u32, train.unary.planes),
        };
        MatrixFacts {
            tiles,
            digits: matrix.digits,
            words: words.max(1),
            passes: passes.div_ceil(planes).max(1),
            rows: rows as u32,
            columns: columns as u32,
            bitwise: train.bitwise,
            unary: train.unary,
            ..MatrixFacts::default()
        }
    }

    /// The train of an instruction; its words must still be its own.
    fn train(&self, matrix: &Matrix) -> &Train {
        let train = &self.trains[matrix.train as usize];
        assert!(
            train.columns.is_empty() || train.first == matrix.source,
            "train {} begins at word {}, not at {}",
            matrix.train,
            train.first,
            matrix.source
        );
        let words = matrix.source as usize..matrix.source as usize + train.columns.len();
        let owners = &self.train_owners[words];
        let intact = owners.iter().all(|&owner| owner == matrix.train);
        assert!(intact, "train {} was overwritten before it was read", matrix.train);
        train
    }

    /// Scales, saturates, writes, and searches for the largest: words of sums with their address and
    /// first row.
    fn drain<'a, O: Observer>(
        &mut self,
        parameters: &MachineParameters,
        matrix: &Matrix,
        words: impl Iterator<Item = (u32, usize, &'a [i64])>,
        facts: &mut MatrixFacts,
        observer: &mut O,
    ) {
        let elements = parameters.elements as usize;
        let scalar = self.scalars[matrix.scalar as usize];
        let exponent = if matrix.scaling == 0 { 0 } else { scalar.exponent };
        let factor =
            if matrix.scaling == 2 { scalar.mantissa } else { i64::from(matrix.multiplier) };
        let keys = matrix.store == 1;
        let shift = limited_shift(matrix.shift, exponent);
        let (mut largest, mut likeliest) = (i64::MIN, 0);
        for (address, from, sums) in words {
            let begin = address as usize * elements;
            let target = &mut self.results[begin..begin + elements];
            let mut saturated = false;
            for (element, (&sum, target)) in sums.iter().zip(target.iter_mut()).enumerate() {
                let row = from + element;
                let (y, clamped) =
                    saturate(round_shift(sum * factor, shift), parameters.value_width);
                if y > largest {
                    (largest, likeliest) = (y, row as u32);
                }
                saturated |= clamped;
                *target = y;
            }
            if !keys {
                // Rows that the store pads are zero.
                target[sums.len()..].fill(0);
            }
            facts.saturations += u32::from(saturated);
            if O::WRITES {
                let specified = if keys { sums.len() } else { elements };
                let values = target[..specified].to_vec();
                observer.write(Write::Results { address, values });
            }
        }
        self.saturations += u64::from(facts.saturations);
        if matrix.search != 0 {
            self.maxima[matrix.maximum as usize] = largest;
            if O::WRITES {
                observer.write(Write::Maximum { index: matrix.maximum, value: largest });
            }
        }
        if matrix.search == 2 {
            self.prediction = likeliest;
        }
    }
}
