//! The matrix instruction, literally: what it reads, what it writes, and when it is done.

use crate::support::Random;
use firmware::isa::{Action, Encoded, Instruction, Matrix, Wait};
use firmware::machine::WordShape;
use hdl::blocks::array::matrix_unit::MatrixUnit;
use weights::numeric::fixed_point::saturate;
use weights::numeric::{Radix, Trit, round_shift};

/// Words of the key store, and of the value store.
pub(crate) const STORE_DEPTH: usize = 96;

/// One word of a train.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrainWord {
    pub(crate) column: u64,
    pub(crate) counts: Vec<i64>,
}

/// Every memory that the unit reads.
#[derive(Clone)]
pub(crate) struct World {
    /// Weights, keys, values: words of lanes × slots trits, of events weights of one column.
    pub(crate) stores: [Vec<Vec<Trit>>; 3],
    pub(crate) trains: Vec<TrainWord>,
    /// Words of the plane store: planes of slots trits.
    pub(crate) planes: Vec<Vec<Vec<Trit>>>,
    /// Non-empty words, magnitude.
    pub(crate) descriptors: Vec<(u64, u64)>,
    /// Mantissa, exponent.
    pub(crate) scalars: Vec<(i64, i64)>,
}

/// An instruction with the token that it is issued for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) matrix: Matrix,
    pub(crate) position: u64,
    pub(crate) token: u64,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) address: usize,
    pub(crate) values: Vec<i64>,
    pub(crate) saturated: bool,
}

/// What one instruction does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effect {
    pub(crate) writes: Vec<Write>,
    /// Register and value.
    pub(crate) maximum: Option<(u64, i64)>,
    pub(crate) prediction: Option<u64>,
    pub(crate) tiles: u64,
    /// Entries of a tile.
    pub(crate) entries: u64,
    /// Vectors of their own; none for a train.
    pub(crate) vectors: u64,
}

impl Order {
    pub(crate) fn encode(&self) -> Encoded {
        let action = Action::Matrix(self.matrix);
        let wait = Wait { matrix: 3, vector: 5 };
        Instruction::new(wait, action).encode().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn embedding(&self) -> bool {
        self.matrix.store == 3
    }
}

impl World {
    pub(crate) fn random(unit: &MatrixUnit, random: &mut Random) -> World {
        let trits = (unit.lanes * unit.slots) as usize;
        let weight_trits = (unit.matrix_word.rows * unit.matrix_word.columns) as usize;
        let mut store = |depth: usize, trits: usize| -> Vec<Vec<Trit>> {
            (0..depth).map(|_| (0..trits).map(|_| random.trit()).collect()).collect()
        };
        let weights = store(unit.weight_depth as usize, weight_trits);
        let stores = [weights, store(STORE_DEPTH, trits), store(STORE_DEPTH, trits)];
        let mut trits = || (0..unit.slots).map(|_| random.trit()).collect();
        let planes = (0..64).map(|_| (0..unit.planes).map(|_| trits()).collect()).collect();
        World {
            stores,
            trains: vec![TrainWord { column: 77, counts: vec![1; unit.slots as usize] }; 1024],
            descriptors: vec![(0, 0); 128],
            scalars: (0..256).map(|_| (random.within(0, 0xFFFF), random.within(-12, 12))).collect(),
            planes,
        }
    }

    /// Makes an order one of vectors.
    pub(crate) fn vectors(&self, unit: &MatrixUnit, order: &mut Order, random: &mut Random) {
        let (matrix, planes) = (&mut order.matrix, u64::from(unit.planes.min(15)));
        let store = 0;
        let words = (matrix.tiles * unit.lanes).div_ceil(unit.elements);
        let needed = matrix.digits * matrix.stride * matrix.tiles;
        let within = random.below(2) as u32;
        let vectors = match within {
            0 => 1 + random.below(planes) as u32,
            _ => 1 << random.below(u64::from(planes.ilog2()) + 1),
        };
        *matrix = Matrix {
            store,
            base: random.below(u64::from(unit.weight_depth - needed) + 1) as u32,
            source: random.below(64 - u64::from(matrix.stride)) as u32,
            search: 0,
            apart: words + random.below(3) as u32,
            vectors,
            within,
            ..*matrix
        };
    }

    /// A random instruction that reads train `index` and only words that exist.
    pub(crate) fn order(&mut self, unit: &MatrixUnit, index: u64, random: &mut Random) -> Order {
        let store = if unit.events { 3 * random.below(2) } else { random.below(4) } as u32;
        let digits = match store {
            0 if random.once_in(2) => 1,
            3 => unit.embedding_digits,
            _ => 1 + random.below(4) as u32,
        };
        let words = 1 + random.below(3) as u32;
        let stride = match store {
            3 => words,
            _ => words * unit.slots / unit.matrix_word.columns,
        };
        let tiles = 1 + random.below(3) as u32;
        let lanes = u64::from(unit.lanes);
        let (position, token) = (random.below(3 * lanes), random.below(2 * lanes));
        let needed = digits
            * stride
            * match store {
                1 => position / lanes + 1,
                3 => token / u64::from(unit.table_word.rows) + 1,
                _ => u64::from(tiles),
            } as u32;
        let depth = if matches!(store, 0 | 3) { unit.weight_depth } else { STORE_DEPTH as u32 };
        self.train(unit, index, words, digits, random);
        let scaling = random.below(3) as u32;
        let matrix = Matrix {
            store,
            base: random.below(u64::from(depth - needed) + 1) as u32,
            tiles: if store == 3 { 1 } else { tiles },
            stride,
            digits,
            train: index as u32,
            source: (index * 8) as u32,
            address: random.below(100) as u32,
            multiplier: if random.once_in(3) { 1 } else { random.below(1 << 16) as u32 },
            shift: random.below(if scaling == 0 { 30 } else { 45 }) as u32,
            scaling,
            scalar: random.below(256) as u32,
            last_rows: 1 + random.below(lanes) as u32,
            search: if store == 3 { 0 } else { random.below(3) as u32 },
            maximum: random.below(32) as u32,
            ..Matrix::default()
        };
        Order { matrix, position, token }
    }

    /// Train `index`: some of the columns, with counts that one pass holds if the lanes need that
    /// for digits.
    fn train(
        &mut self,
        unit: &MatrixUnit,
        index: u64,
        stride: u32,
        digits: u32,
        random: &mut Random,
    ) {
        let several = unit.events || unit.digit_passes;
        let one_pass = unit.radix == Radix::Bitwise && digits > 1 && !several;
        let width = if one_pass { unit.planes.min(unit.count_width) } else { unit.count_width };
        let limit = (1 << (1 + random.below(u64::from(width)))) - 1;
        let mut words = vec![];
        for column in 0..u64::from(stride) {
            if random.once_in(3) {
                continue;
            }
            let counts = (0..unit.slots).map(|_| random.within(-limit, limit)).collect();
            words.push(TrainWord { column, counts });
        }
        let magnitudes =
            words.iter().flat_map(|word| &word.counts).map(|count| count.unsigned_abs());
        let magnitude = match unit.radix {
            Radix::Bitwise => magnitudes.fold(0, |all, one| all | one),
            Radix::Unary => magnitudes.max().unwrap_or(0),
        };
        self.descriptors[index as usize] = (words.len() as u64, magnitude);
        for (offset, word) in words.into_iter().enumerate() {
            self.trains[index as usize * 8 + offset] = word;
        }
    }

    /// Executes an instruction.
    pub(crate) fn execute(&mut self, unit: &MatrixUnit, order: &Order) -> Effect {
        let Order { matrix, position, token } = *order;
        let (lanes, elements) = (u64::from(unit.lanes), unit.elements as usize);
        let mut effect = Effect::default();
        if matrix.vectors > 0 {
            return self.execute_vectors(unit, order);
        }
        let (accumulated, rows): (Vec<i64>, usize) = match matrix.store {
            3 => {
                let row = self.row(unit, &matrix, token);
                (effect.tiles, effect.entries) =
                    ((row.len() / elements) as u64, u64::from(matrix.digits));
                let count = row.len();
                (row, count)
            }
            store => {
                let keys = store == 1;
                let tiles = if keys { position / lanes + 1 } else { u64::from(matrix.tiles) };
                let last = if keys { position % lanes + 1 } else { u64::from(matrix.last_rows) };
                (effect.tiles, effect.entries) = (tiles, self.entries(unit, &matrix));
                let sums = (0..tiles).flat_map(|tile| self.tile(unit, &matrix, tile)).collect();
                (sums, ((tiles - 1) * lanes + last) as usize)
            }
        };
        self.drain(unit, &matrix, (0, &accumulated), rows, &mut effect);
        effect
    }

    /// Executes an instruction with vectors: tile by tile, in it vector by vector.
    fn execute_vectors(&mut self, unit: &MatrixUnit, order: &Order) -> Effect {
        let Order { matrix, position, .. } = *order;
        let lanes = unit.lanes as usize;
        let count = match matrix.within {
            1 => position % u64::from(matrix.vectors) + 1,
            _ => u64::from(matrix.vectors),
        };
        let entries = u64::from(matrix.digits * matrix.stride);
        let mut effect =
            Effect { tiles: matrix.tiles.into(), entries, vectors: count, ..Effect::default() };
        for tile in 0..matrix.tiles {
            let last = tile + 1 == matrix.tiles;
            let rows = if last { matrix.last_rows as usize } else { lanes };
            for vector in 0..count {
                let train: Vec<TrainWord> = (0..matrix.stride)
                    .map(|column| {
                        let word = &self.planes[(matrix.source + column) as usize];
                        let counts = word[vector as usize].iter().map(|&t| t.into()).collect();
                        TrainWord { column: column.into(), counts }
                    })
                    .collect();
                let sums = self.products(unit, &matrix, tile.into(), &train);
                let group = tile as usize * lanes / unit.elements as usize
                    + vector as usize * matrix.apart as usize;
                self.drain(unit, &matrix, (group, &sums), rows, &mut effect);
            }
        }
        effect
    }

    /// Scales and writes sums whose first group of rows goes to the word `from` of the results.
    fn drain(
        &mut self,
        unit: &MatrixUnit,
        matrix: &Matrix,
        (from, accumulated): (usize, &[i64]),
        rows: usize,
        effect: &mut Effect,
    ) {
        let elements = unit.elements as usize;
        let (mantissa, exponent) = self.scalars[matrix.scalar as usize];
        let factor = if matrix.scaling == 2 { mantissa } else { i64::from(matrix.multiplier) };
        let shift = i64::from(matrix.shift) + if matrix.scaling == 0 { 0 } else { exponent };
        let mut best: Option<(i64, usize)> = None;
        for (group, sums) in accumulated.chunks(elements).enumerate() {
            let address = matrix.address as usize + from + group;
            let (mut values, mut saturated) = (vec![], false);
            for (element, sum) in sums.iter().enumerate() {
                let row = group * elements + element;
                let shift = shift.clamp(0, 63) as u32;
                let (y, clipped) = saturate(round_shift(sum * factor, shift), unit.value_width);
                saturated |= row < rows && clipped;
                values.push(y);
                if row < rows && best.is_none_or(|(best, _)| best < y) {
                    best = Some((y, row));
                }
            }
            if group * elements >= rows {
                break;
            }
            effect.writes.push(Write { address, values, saturated });
        }
        let best = best.filter(|_| matrix.search != 0);
        effect.maximum = best.map(|(value, _)| (u64::from(matrix.maximum), value));
        effect.prediction = best.filter(|_| matrix.search == 2).map(|(_, row)| row as u64);
    }

    /// Entries of a tile: digits × passes × visited words.
    fn entries(&self, unit: &MatrixUnit, matrix: &Matrix) -> u64 {
        let (words, magnitude) = self.descriptors[matrix.train as usize];
        if unit.events {
            let words = &self.trains[matrix.source as usize..][..words as usize];
            // A word takes a cycle even if nothing in it spikes.
            let spiking = |word: &TrainWord| word.counts.iter().filter(|&&it| it != 0).count();
            let events = words.iter().map(|word| spiking(word).max(1) as u64).sum::<u64>();
            return u64::from(matrix.digits) * events.max(1);
        }
        let planes = match unit.radix {
            Radix::Bitwise => u64::from(u64::BITS - magnitude.leading_zeros()),
            Radix::Unary => magnitude,
        };
        let passes = planes.div_ceil(u64::from(unit.planes)).max(1);
        u64::from(matrix.digits) * passes * words.max(1)
    }

    fn tile(&self, unit: &MatrixUnit, matrix: &Matrix, tile: u64) -> Vec<i64> {
        let words = self.descriptors[matrix.train as usize].0 as usize;
        self.products(unit, matrix, tile, &self.trains[matrix.source as usize..][..words])
    }

    /// A tile of a store times the words of a train.
    fn products(
        &self,
        unit: &MatrixUnit,
        matrix: &Matrix,
        tile: u64,
        train: &[TrainWord],
    ) -> Vec<i64> {
        let store = &self.stores[matrix.store as usize];
        let (slots, digits) = (unit.slots as usize, u64::from(matrix.digits));
        let row = |lane: usize| {
            (0..digits).fold(0, |sum, digit| {
                let start =
                    u64::from(matrix.base) + (tile * digits + digit) * u64::from(matrix.stride);
                let dot = |word: &TrainWord| -> i64 {
                    if unit.events {
                        let first = (start + word.column * slots as u64) as usize;
                        let columns = (first..).zip(&word.counts);
                        // A word may end beyond the columns that are stored, but counts nothing there.
                        let spiking = columns.filter(|(_, count)| **count != 0);
                        return spiking.map(|(at, &c)| i64::from(store[at][lane]) * c).sum();
                    }
                    let trits = &store[(start + word.column) as usize][lane * slots..][..slots];
                    trits.iter().zip(&word.counts).map(|(&w, &c)| i64::from(w) * c).sum()
                };
                3 * sum + train.iter().map(dot).sum::<i64>()
            })
        };
        (0..unit.lanes as usize).map(row).collect()
    }

    /// The values of row `token` of an embedding.
    fn row(&self, unit: &MatrixUnit, matrix: &Matrix, token: u64) -> Vec<i64> {
        let WordShape { rows, columns } = unit.table_word;
        let (slots, lanes) = (columns as usize, u64::from(rows));
        let (tile, lane) = (token / lanes, (token % lanes) as usize);
        let (digits, stride) = (u64::from(matrix.digits), u64::from(matrix.stride));
        let value = |column: u64, slot: usize| {
            (0..digits).fold(0, |sum, digit| {
                let word = u64::from(matrix.base) + (tile * digits + digit) * stride + column;
                3 * sum + i64::from(self.stores[0][word as usize][lane * slots + slot])
            })
        };
        (0..stride).flat_map(|column| (0..slots).map(move |slot| value(column, slot))).collect()
    }
}
