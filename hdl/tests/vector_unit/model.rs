//! The vector unit's instructions, word for word from the table of the instruction set.

use firmware::isa::{Action, Encode, Gate, Measure, Norm, Rotate, Softmax, Store};
use hdl::blocks::vector::vector_unit::VectorUnit;
use weights::numeric::Radix;
use weights::numeric::fixed_point::{
    CountTarget, Scale, balanced_digits, deficit, digit_magnitude_bits, epsilon, folded, gated,
    limited_shift, mean_scale, peak_norm_scale, peak_scale, reciprocal, rotated, scaled_count,
    softmax_weight, weighted,
};
use weights::numeric::round_shift;

/// Everything the unit reads; words of values in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memories {
    /// X, R, T.
    pub(crate) spaces: [Vec<Vec<i64>>; 3],
    pub(crate) constants: Vec<Vec<i64>>,
    pub(crate) scalars: Vec<Scale>,
    pub(crate) maxima: Vec<i64>,
    /// Of values, a word of positions each.
    pub(crate) deficits: Vec<Vec<i64>>,
}

/// Everything the unit writes, each memory in its own order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Writes {
    /// Address, values.
    pub(crate) temporaries: Vec<(usize, Vec<i64>)>,
    /// Address, column, counts.
    pub(crate) trains: Vec<(usize, usize, Vec<i64>)>,
    /// Number, words, magnitude.
    pub(crate) descriptors: Vec<(usize, usize, i64)>,
    /// Number, contents.
    pub(crate) scalars: Vec<(usize, Scale)>,
    /// Values?, address, position's low bits, trits.
    pub(crate) store: Vec<(bool, usize, usize, Vec<i64>)>,
    /// Values?, address, element, deficit.
    pub(crate) deficits: Vec<(bool, usize, usize, i64)>,
}

/// The unit and the token's position.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(crate) unit: VectorUnit,
    pub(crate) position: usize,
}

/// Whether a value fits a two's complement width.
fn fits(value: i64, width: u32) -> bool {
    (-(1i64 << (width - 1))..1i64 << (width - 1)).contains(&value)
}

/// The or of all folded values.
fn peak(values: &[i64]) -> i64 {
    values.iter().fold(0, |or, &value| or | folded(value))
}

impl Model {
    fn elements(&self) -> usize {
        self.unit.elements as usize
    }

    fn vector(&self, words: &[Vec<i64>], address: u32, count: usize) -> Option<Vec<i64>> {
        Some(words.get(address as usize..address as usize + count)?.concat())
    }

    /// What an instruction writes; none if a value leaves the range that lowering proves.
    pub(crate) fn execute(&self, action: &Action, memories: &Memories) -> Option<Writes> {
        let writes = match action {
            Action::Norm(norm) => self.norm(norm, memories),
            Action::Encode(encode) => self.encode(encode, memories),
            Action::Rotate(rotate) => self.rotate(rotate, memories),
            Action::Measure(measure) => self.measure(measure, memories),
            Action::Store(store) => self.store(store, memories),
            Action::Softmax(softmax) => self.softmax(softmax, memories),
            Action::Gate(gate) => self.gate(gate, memories),
            _ => unreachable!("no instruction of the vector unit"),
        }?;
        let scales = writes.scalars.iter().all(|(_, scale)| {
            scale.shift < 64 && fits(scale.exponent, 8) && (0..1 << 16).contains(&scale.mantissa)
        });
        let values = writes.temporaries.iter().flat_map(|(_, values)| values);
        let mut values = values.copied();
        (scales && values.all(|value| fits(value, self.unit.value_width))).then_some(writes)
    }

    fn norm(&self, i: &Norm, m: &Memories) -> Option<Writes> {
        let count = i.words as usize;
        let x = self.vector(&m.spaces[i.space as usize], i.address, count)?;
        let weights = self.vector(&m.constants, i.weight, count);
        let weight = |at: usize| (i.weighted == 1).then(|| weights.as_ref().map(|w| w[at]));
        let mut y = vec![];
        for (at, &x) in x.iter().enumerate() {
            let weight = match weight(at) {
                Some(weight) => Some(weight?),
                None => None,
            };
            y.push(weighted(x, weight, self.unit.value_width));
        }
        let follows = i64::from(i.follows) * 4 * m.scalars[i.input as usize].exponent;
        let epsilon = epsilon(i.epsilon.into(), i64::from(i.epsilon_shift) + follows);
        let squares = x.iter().map(|x| x * x).sum::<i64>() + epsilon;
        let magnitudes: i64 = y.iter().map(|y| y.abs()).sum();
        let target = CountTarget { mantissa: i.target.into(), exponent: i.target_exponent.into() };
        let scale = match i.bits {
            0 => mean_scale(squares, magnitudes, target),
            bits => peak_norm_scale(squares, peak(&y), bits),
        };
        let fits = squares < 1 << 48 && magnitudes < 1 << 48;
        fits.then(|| Writes { scalars: vec![(i.output as usize, scale)], ..Writes::default() })
    }

    fn encode(&self, i: &Encode, m: &Memories) -> Option<Writes> {
        let words = match i.positions {
            1 => self.position / self.elements() + 1,
            _ => i.words as usize,
        };
        let slots = self.unit.slots as usize;
        let mut writes = Writes::default();
        for group in 0..i.groups as usize {
            let address = i.address + (group * words) as u32;
            let x = self.vector(&m.spaces[i.space as usize], address, words)?;
            let weights = self.vector(&m.constants, i.weight + (group * words) as u32, words);
            let scale = *m.scalars.get(i.scalar as usize + group)?;
            let mut counts = vec![];
            for (at, &x) in x.iter().enumerate() {
                let weight = match i.weighted {
                    1 => Some(weights.as_ref()?[at]),
                    _ => None,
                };
                let y = weighted(x, weight, self.unit.value_width);
                counts.push(scaled_count(y, scale, i.bits));
            }
            let first = i.destination as usize + group * i.stride as usize;
            let mut written = 0;
            for (column, word) in counts.chunks(slots).enumerate() {
                let mut word = word.to_vec();
                word.resize(slots, 0);
                if word.iter().any(|&count| count != 0) {
                    writes.trains.push((first + written, column, word));
                    written += 1;
                }
            }
            let magnitudes = counts.iter().map(|count| count.abs());
            let magnitude = match self.unit.radix {
                Radix::Bitwise => magnitudes.fold(0, |or, magnitude| or | magnitude),
                Radix::Unary => magnitudes.fold(0, i64::max),
            };
            writes.descriptors.push((i.train as usize + group, written, magnitude));
        }
        let ends = i.destination as usize + (i.groups * i.stride) as usize;
        (ends <= 1024 && i.train + i.groups <= 128).then_some(writes)
    }

    fn rotate(&self, i: &Rotate, m: &Memories) -> Option<Writes> {
        let (words, elements) = (i.words as usize, self.elements());
        let mut writes = Writes::default();
        let angles = i.table as usize + self.position * 2 * words;
        for head in 0..i.heads as usize {
            let mut turned = vec![];
            for word in 0..words {
                let x = m.spaces[1].get(i.address as usize + head * words + word)?;
                let cosines = m.constants.get(angles + 2 * word)?;
                let sines = m.constants.get(angles + 2 * word + 1)?;
                let y: Vec<i64> = (0..elements)
                    .map(|at| rotated(x[at], x[at ^ 1], cosines[at], sines[at], i.shift))
                    .collect();
                let address = i.destination as usize + head * words + word;
                writes.temporaries.push((address, y.clone()));
                turned.extend(y);
            }
            let exponent = m.scalars[i.input as usize].exponent;
            let scale = peak_scale(peak(&turned), i.bits, exponent);
            writes.scalars.push((i.output as usize + head, scale));
        }
        Some(writes)
    }

    fn measure(&self, i: &Measure, m: &Memories) -> Option<Writes> {
        let mut writes = Writes::default();
        for head in 0..i.heads {
            let space = &m.spaces[i.space as usize];
            let x = self.vector(space, i.address + head * i.words, i.words as usize)?;
            let scale = peak_scale(peak(&x), i.bits, m.scalars[i.input as usize].exponent);
            writes.scalars.push(((i.output + head) as usize, scale));
        }
        Some(writes)
    }

    fn store(&self, i: &Store, m: &Memories) -> Option<Writes> {
        let mut writes = Writes::default();
        let (p, values, digits) = (self.position, i.values == 1, self.unit.digits as usize);
        let (lanes, slots) = (self.unit.lanes as usize, self.unit.slots as usize);
        let columns = i.columns as usize;
        let largest = 1i64 << digit_magnitude_bits(self.unit.digits);
        for head in 0..i.heads as usize {
            let space = &m.spaces[i.space as usize];
            let address = i.address + (head as u32) * i.words;
            let x = self.vector(space, address, i.words as usize)?;
            let scale = *m.scalars.get(i.scalar as usize + head)?;
            let base = i.base as usize + head * i.stride as usize;
            let chunk = if values { lanes } else { slots };
            for (index, channels) in x.chunks(chunk).enumerate() {
                let mut channels: Vec<i64> =
                    channels.iter().map(|&x| round_shift(x, scale.shift)).collect();
                if channels.iter().any(|&x| x.abs() > largest) {
                    return None;
                }
                channels.resize(lanes.max(slots), 0);
                let (tile, column) = if values { (index, p / slots) } else { (p / lanes, index) };
                for digit in 0..digits {
                    let trit = |&x: &i64| balanced_digits(x, digits as u32)[digit].into();
                    let trits: Vec<i64> = channels.iter().map(trit).collect();
                    let address = base + (tile * digits + digit) * columns + column;
                    writes.store.push((values, address, p % lanes.max(slots), trits));
                }
            }
            let word = i.deficits as usize + head * i.deficit_stride as usize + p / self.elements();
            let deficit = deficit(i.top.into(), scale);
            writes.deficits.push((values, word, p % self.elements(), deficit));
        }
        let inside = writes.store.iter().all(|write| write.1 < 1 << 16)
            && writes.deficits.iter().all(|write| write.1 < 1 << 14);
        inside.then_some(writes)
    }

    fn softmax(&self, i: &Softmax, m: &Memories) -> Option<Writes> {
        let elements = self.elements();
        let shift = limited_shift(i.shift, m.scalars[i.input as usize].exponent);
        let maximum = m.maxima[i.maximum as usize];
        let (mut writes, mut weights, mut sum) = (Writes::default(), vec![], 0);
        for word in 0..=self.position / elements {
            let scores = m.spaces[1].get(i.address as usize + word)?;
            let deficits = m.deficits.get(i.deficits as usize + word)?;
            let mut y = vec![0; elements];
            for at in 0..elements {
                if word * elements + at <= self.position {
                    let multiplier = i.multiplier.into();
                    let e = softmax_weight(maximum, scores[at], multiplier, shift);
                    sum += e;
                    y[at] = e >> deficits[at];
                }
            }
            weights.extend(y.clone());
            writes.temporaries.push((i.destination as usize + word, y));
        }
        let scale = peak_scale(peak(&weights), i.bits, 0);
        let (mantissa, length) = reciprocal(sum);
        let exponent = i64::from(length) - i64::from(scale.shift);
        let second = Scale { mantissa, shift: 0, exponent };
        writes.scalars = vec![(i.output as usize, scale), (i.output as usize + 1, second)];
        Some(writes)
    }

    fn gate(&self, i: &Gate, m: &Memories) -> Option<Writes> {
        let shift = limited_shift(i.shift, m.scalars[i.input as usize].exponent);
        let mut writes = Writes::default();
        for word in 0..i.words as usize {
            let gates = m.spaces[1].get(i.gate as usize + word)?;
            let ups = m.spaces[1].get(i.up as usize + word)?;
            let mut y = vec![];
            for (&gate, &up) in gates.iter().zip(ups) {
                let product = round_shift(gate * up, i.product_shift);
                if !fits(product, self.unit.value_width + 2) {
                    return None;
                }
                y.push(gated(gate, up, i.multiplier.into(), shift, i.product_shift));
            }
            writes.temporaries.push((i.destination as usize + word, y));
        }
        Some(writes)
    }
}
