//! The instruction table, read literally: one trit, one count, one product at a time, from words.

use crate::memories::Memories;
use firmware::isa::{Action, Encode, Gate, Matrix, Measure, Norm, Rotate, Softmax, Store};
use firmware::machine::{MachineParameters, Program};
use weights::numeric::fixed_point::{
    CountTarget, Scale, balanced_digits, deficit, epsilon, folded, gated, mean_scale,
    peak_norm_scale, peak_scale, reciprocal, rotated, saturate, scaled_count, softmax_weight,
    weighted,
};
use weights::numeric::{Radix, Trit, count_trits, round_shift};

/// One machine, executing literally.
pub(crate) struct Literal<'a> {
    program: &'a Program,
    parameters: MachineParameters,
    /// Words of lanes × slots trits, lane by lane.
    weights: Vec<Vec<Trit>>,
    pub memories: Memories,
    pub position: usize,
    pub token: usize,
    pub prediction: u32,
}

impl<'a> Literal<'a> {
    pub(crate) fn new(program: &'a Program) -> Literal<'a> {
        let parameters = program.parameters;
        let (lanes, slots) = (parameters.lanes as usize, parameters.slots as usize);
        let mut weights = vec![vec![0; lanes * slots]; parameters.weight_depth as usize];
        for matrix in &program.matrices {
            let stride = matrix.columns / slots;
            for (digit, trits) in matrix.digits.iter().enumerate() {
                for (index, &trit) in trits.iter().enumerate() {
                    let (row, column) = (index / matrix.columns, index % matrix.columns);
                    let word =
                        (row / lanes * matrix.digits.len() + digit) * stride + column / slots;
                    weights[matrix.base as usize + word][row % lanes * slots + column % slots] =
                        trit;
                }
            }
        }
        let memories = Memories::new(&parameters);
        Literal { program, parameters, weights, memories, position: 0, token: 0, prediction: 0 }
    }

    pub(crate) fn execute(&mut self, action: &Action) {
        match action {
            Action::End(_) => {}
            Action::Matrix(matrix) => self.matrix(matrix),
            Action::Norm(norm) => self.norm(norm),
            Action::Encode(encode) => self.encode(encode),
            Action::Rotate(rotate) => self.rotate(rotate),
            Action::Measure(measure) => self.measure(measure),
            Action::Store(store) => self.store(store),
            Action::Softmax(softmax) => self.softmax(softmax),
            Action::Gate(gate) => self.gate(gate),
            Action::Pass(_) | Action::Loop(_) | Action::Next(_) => {
                unreachable!("these programs have no passes")
            }
        }
    }

    fn exponent(&self, scalar: u32) -> i64 {
        self.memories.scalars[scalar as usize].exponent
    }

    fn value(&self, space: u32, word: u32, offset: usize) -> i64 {
        let memory = match space {
            0 => &self.memories.residual,
            1 => &self.memories.results,
            _ => &self.memories.temporaries,
        };
        memory[word as usize * self.memories.elements + offset]
    }

    fn constant(&self, word: u32, offset: usize) -> i64 {
        self.program.constants[word as usize * self.memories.elements + offset]
    }

    fn shift(&self, shift: u32, more: i64) -> u32 {
        let total = i64::from(shift) + more;
        assert!((0..64).contains(&total), "the test's shift is {total}");
        total as u32
    }

    fn matrix(&mut self, it: &Matrix) {
        let (lanes, slots) = (self.memories.lanes, self.memories.slots);
        let elements = self.memories.elements;
        let (tiles, last_rows) = match it.store {
            1 => (self.position / lanes + 1, self.position % lanes + 1),
            _ => (it.tiles as usize, it.last_rows as usize),
        };
        let rows = match it.store {
            3 => it.stride as usize * slots,
            _ => (tiles - 1) * lanes + last_rows,
        };
        let scalar = self.memories.scalars[it.scalar as usize];
        let factor = if it.scaling == 2 { scalar.mantissa } else { i64::from(it.multiplier) };
        let mut best = None;
        for row in 0..rows {
            let acc = if it.store == 3 { self.entry(it, row) } else { self.sum(it, row) };
            let mut more = if it.scaling == 0 { 0 } else { scalar.exponent };
            if it.store == 1 {
                let deficits = it.deficits as usize * elements;
                more += i64::from(self.memories.key_deficits[deficits + row]);
            }
            let y = round_shift(acc * factor, self.shift(it.shift, more));
            let y = saturate(y, self.parameters.value_width).0;
            let at = it.address as usize * elements + row;
            match it.destination {
                0 => self.memories.results[at] = y,
                1 => self.memories.residual[at] = y,
                _ => {
                    let sum = self.memories.residual[at] + y;
                    self.memories.residual[at] = saturate(sum, self.parameters.value_width).0;
                }
            }
            if best.is_none_or(|(value, _)| y > value) {
                best = Some((y, row as u32));
            }
        }
        // The rest of the last word: rows of zeros.
        if it.store != 1 && it.destination != 2 {
            let end = it.address as usize * elements + rows;
            let memory = match it.destination {
                0 => &mut self.memories.results,
                _ => &mut self.memories.residual,
            };
            memory[end..end.next_multiple_of(elements)].fill(0);
        }
        if let (1.., Some((value, row))) = (it.search, best) {
            self.memories.maxima[it.maximum as usize] = value;
            self.prediction = if it.search == 2 { row } else { self.prediction };
        }
    }

    fn word(&self, it: &Matrix, tile: usize, digit: usize, column: usize) -> &[Trit] {
        let (stride, digits) = (it.stride as usize, it.digits as usize);
        let word = it.base as usize + (tile * digits + digit) * stride + column;
        match it.store {
            1 => &self.memories.keys[word],
            2 => &self.memories.values[word],
            _ => &self.weights[word],
        }
    }

    /// Σ digit, Σ plane, Σ column of trits × spikes.
    fn sum(&self, it: &Matrix, row: usize) -> i64 {
        let (lanes, slots) = (self.memories.lanes, self.memories.slots);
        let (words, _) = self.memories.descriptors[it.train as usize];
        let mut acc = 0;
        for digit in 0..it.digits as usize {
            let mut sum = 0;
            for word in 0..words as usize {
                let (column, counts) = &self.memories.trains[it.source as usize + word];
                let stored = self.word(it, row / lanes, digit, *column as usize);
                for slot in 0..slots {
                    let trit = stored[row % lanes * slots + slot];
                    let spikes = count_trits(counts[slot].into(), 16, Radix::Bitwise);
                    let count = spikes.iter().fold(0, |sum, &spike| 2 * sum + i64::from(spike));
                    sum += i64::from(trit) * count;
                }
            }
            acc = 3 * acc + sum;
        }
        acc
    }

    /// One number of the row of the token.
    fn entry(&self, it: &Matrix, channel: usize) -> i64 {
        let (lanes, slots) = (self.memories.lanes, self.memories.slots);
        let (tile, lane) = (self.token / lanes, self.token % lanes);
        let (column, slot) = (channel / slots, channel % slots);
        (0..it.digits as usize)
            .map(|digit| i64::from(self.word(it, tile, digit, column)[lane * slots + slot]))
            .fold(0, |value, trit| 3 * value + trit)
    }

    fn norm(&mut self, it: &Norm) {
        let (mut squares, mut magnitudes, mut peak) = (0, 0, 0);
        for offset in 0..it.words as usize * self.memories.elements {
            let x = self.value(it.space, it.address, offset);
            let weight = (it.weighted == 1).then(|| self.constant(it.weight, offset));
            let y = weighted(x, weight, self.parameters.value_width);
            squares += x * x;
            magnitudes += y.abs();
            peak |= folded(y);
        }
        let follows = if it.follows == 1 { 4 * self.exponent(it.input) } else { 0 };
        squares += epsilon(it.epsilon.into(), i64::from(it.epsilon_shift) + follows);
        let target =
            CountTarget { mantissa: it.target.into(), exponent: it.target_exponent.into() };
        let scale = match it.bits {
            0 => mean_scale(squares, magnitudes, target),
            bits => peak_norm_scale(squares, peak, bits),
        };
        self.memories.scalars[it.output as usize] = scale;
    }

    fn encode(&mut self, it: &Encode) {
        let (elements, slots) = (self.memories.elements, self.memories.slots);
        let width = match it.positions {
            1 => (self.position / elements + 1) * elements,
            _ => it.words as usize * elements,
        };
        for group in 0..it.groups {
            let scale = self.memories.scalars[(it.scalar + group) as usize];
            let mut counts = vec![0i16; width.next_multiple_of(slots)];
            for (channel, count) in counts.iter_mut().enumerate().take(width) {
                let offset = group as usize * width + channel;
                let x = self.value(it.space, it.address, offset);
                let weight = (it.weighted == 1).then(|| self.constant(it.weight, offset));
                let y = weighted(x, weight, self.parameters.value_width);
                *count = scaled_count(y, scale, it.bits) as i16;
            }
            let (mut words, mut or, mut largest) = (0, 0, 0);
            for (column, word) in counts.chunks(slots).enumerate() {
                if word.iter().all(|&count| count == 0) {
                    continue;
                }
                let address = it.destination + group * it.stride + words;
                self.memories.trains[address as usize] = (column as u32, word.to_vec());
                for count in word {
                    or |= u32::from(count.unsigned_abs());
                    largest = largest.max(u32::from(count.unsigned_abs()));
                }
                words += 1;
            }
            let magnitude = if self.parameters.radix == Radix::Unary { largest } else { or };
            self.memories.descriptors[(it.train + group) as usize] = (words, magnitude);
        }
    }

    fn rotate(&mut self, it: &Rotate) {
        let elements = self.memories.elements;
        for head in 0..it.heads {
            let mut peak = 0;
            for word in 0..it.words {
                let from = it.address + head * it.words + word;
                let table = it.table + self.position as u32 * 2 * it.words + 2 * word;
                for element in 0..elements {
                    let x = self.value(1, from, element);
                    let partner = self.value(1, from, element ^ 1);
                    let cosine = self.constant(table, element);
                    let sine = self.constant(table + 1, element);
                    let y = rotated(x, partner, cosine, sine, it.shift);
                    peak |= folded(y);
                    let to = (it.destination + head * it.words + word) as usize;
                    self.memories.temporaries[to * elements + element] = y;
                }
            }
            let scale = peak_scale(peak, it.bits, self.exponent(it.input));
            self.memories.scalars[(it.output + head) as usize] = scale;
        }
    }

    fn measure(&mut self, it: &Measure) {
        let width = it.words as usize * self.memories.elements;
        for head in 0..it.heads as usize {
            let value = |channel| self.value(it.space, it.address, head * width + channel);
            let peak = (0..width).fold(0, |peak, channel| peak | folded(value(channel)));
            let scale = peak_scale(peak, it.bits, self.exponent(it.input));
            self.memories.scalars[it.output as usize + head] = scale;
        }
    }

    fn store(&mut self, it: &Store) {
        let (lanes, slots) = (self.memories.lanes, self.memories.slots);
        let (elements, digits) = (self.memories.elements, self.parameters.key_value_digits);
        let width = it.words as usize * elements;
        let group = if it.values == 1 { lanes } else { slots };
        for head in 0..it.heads as usize {
            let scale = self.memories.scalars[it.scalar as usize + head];
            for channel in 0..width.next_multiple_of(group) {
                let x = match channel < width {
                    true => self.value(it.space, it.address, head * width + channel),
                    false => 0,
                };
                let places = balanced_digits(round_shift(x, scale.shift), digits);
                // a key is a row, a value is a column
                let (row, column) = match it.values {
                    1 => (channel, self.position),
                    _ => (self.position, channel),
                };
                for (digit, &trit) in places.iter().enumerate() {
                    let word = it.base as usize
                        + head * it.stride as usize
                        + (row / lanes * digits as usize + digit) * it.columns as usize
                        + column / slots;
                    let memory = match it.values {
                        1 => &mut self.memories.values,
                        _ => &mut self.memories.keys,
                    };
                    memory[word][row % lanes * slots + column % slots] = trit;
                }
            }
            let word = it.deficits as usize + head * it.deficit_stride as usize;
            let deficits = match it.values {
                1 => &mut self.memories.value_deficits,
                _ => &mut self.memories.key_deficits,
            };
            deficits[word * elements + self.position] = deficit(it.top.into(), scale) as u8;
        }
    }

    fn softmax(&mut self, it: &Softmax) {
        let elements = self.memories.elements;
        let shift = self.shift(it.shift, self.exponent(it.input));
        let maximum = self.memories.maxima[it.maximum as usize];
        let (mut sum, mut peak) = (0, 0);
        for t in 0..(self.position / elements + 1) * elements {
            let (mut e, mut w) = (0, 0);
            if t <= self.position {
                let score = self.value(1, it.address, t);
                e = softmax_weight(maximum, score, it.multiplier.into(), shift);
                w = e >> self.memories.value_deficits[it.deficits as usize * elements + t];
            }
            sum += e;
            peak |= w;
            self.memories.temporaries[it.destination as usize * elements + t] = w;
        }
        let scale = peak_scale(peak, it.bits, 0);
        let (mantissa, length) = reciprocal(sum);
        let exponent = i64::from(length) - i64::from(scale.shift);
        self.memories.scalars[it.output as usize] = scale;
        self.memories.scalars[it.output as usize + 1] = Scale { mantissa, shift: 0, exponent };
    }

    fn gate(&mut self, it: &Gate) {
        let shift = self.shift(it.shift, self.exponent(it.input));
        for offset in 0..it.words as usize * self.memories.elements {
            let (gate, up) = (self.value(1, it.gate, offset), self.value(1, it.up, offset));
            let y = gated(gate, up, it.multiplier.into(), shift, it.product_shift);
            let to = it.destination as usize * self.memories.elements;
            self.memories.temporaries[to + offset] = y;
        }
    }
}
