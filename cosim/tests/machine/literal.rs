//! The instruction table, read literally: one trit, one count, one product at a time, from words.

use crate::memories::Memories;
use firmware::isa::{Action, Destination, Emit, Length, Matrix, Pass, Reduce, Space};
use firmware::machine::{MachineParameters, Program};
use weights::numeric::fixed_point::{Scale, balanced_digits, saturate};
use weights::numeric::pass::Finished;
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
    /// Elements of passes that were limited.
    pub saturations: u64,
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
        let (position, token, prediction, saturations) = (0, 0, 0, 0);
        Literal { program, parameters, weights, memories, position, token, prediction, saturations }
    }

    pub(crate) fn execute(&mut self, action: &Action) {
        match action {
            Action::End(_) => {}
            Action::Matrix(matrix) => self.matrix(matrix),
            Action::Pass(pass) => self.pass(pass),
            Action::Loop(_) | Action::Next(_) => unreachable!("these programs have no loops"),
        }
    }

    fn operand(&self, space: Space, word: u32, index: usize) -> i64 {
        let memory = match space {
            Space::Nothing => return 0,
            Space::Maximum => return self.memories.maxima[word as usize],
            Space::Results => &self.memories.results,
            Space::Temporaries => &self.memories.temporaries,
            Space::Constants => &self.program.constants,
            Space::State | Space::Level => unreachable!("these programs have none"),
        };
        memory[word as usize * self.memories.elements + index]
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
            let more = if it.scaling == 0 { 0 } else { scalar.exponent };
            let y = round_shift(acc * factor, self.shift(it.shift, more));
            let y = saturate(y, self.parameters.value_width).0;
            let at = it.address as usize * elements + row;
            self.memories.results[at] = y;
            if best.is_none_or(|(value, _)| y > value) {
                best = Some((y, row as u32));
            }
        }
        // The rest of the last word: rows of zeros.
        if it.store != 1 {
            let end = it.address as usize * elements + rows;
            self.memories.results[end..end.next_multiple_of(elements)].fill(0);
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

    fn pass(&mut self, it: &Pass) {
        let (elements, width) = (self.memories.elements, self.parameters.value_width);
        let channels = match it.length {
            Length::Channels => it.channels as usize,
            Length::Attended => self.position + 1,
        };
        let scalar = match it.reads_scalar() {
            true => self.memories.scalars[it.scalar as usize],
            false => Scale::default(),
        };
        let mut ys = vec![];
        for index in 0..channels {
            let operands = [(it.a_space, it.a), (it.b_space, it.b), (it.c_space, it.c)];
            let operands = operands.map(|(space, word)| self.operand(space, word, index));
            let mut limited = 0;
            let joined = it.join.value(operands, it.join_shift, width, &mut limited);
            let shift = (it.shift, it.follow.more(scalar));
            ys.push(it.multiply.value(joined, operands, scalar, shift, width, &mut limited));
            self.saturations += u64::from(limited > 0);
        }
        ys.resize(channels.next_multiple_of(elements), 0);
        if it.destination == Destination::Temporaries {
            let begin = it.write as usize * elements;
            self.memories.temporaries[begin..begin + ys.len()].copy_from_slice(&ys);
        }
        match it.emit {
            Emit::Nothing => {}
            Emit::Train => self.train(it, &ys),
            Emit::Keys | Emit::Values => self.keep(it, &ys),
            Emit::Vector => unreachable!("these programs have no vectors"),
        }
        if it.reduce != Reduce::Nothing {
            let reduction = it.reduction();
            let gathered = ys.iter().fold(0, |sum, &y| reduction.gather(sum, y));
            let mut limited = 0;
            match reduction.finish(gathered, width, &mut limited) {
                Finished::Scalar(scale) => self.memories.scalars[it.output as usize] = scale,
                Finished::Level(_) => unreachable!("these programs have no levels"),
            }
            self.saturations += u64::from(limited);
        }
    }

    fn train(&mut self, it: &Pass, ys: &[i64]) {
        let slots = self.memories.slots;
        let most = (1 << it.bits) - 1;
        let mut counts: Vec<i16> = ys.iter().map(|&y| y.clamp(-most, most) as i16).collect();
        counts.resize(counts.len().next_multiple_of(slots), 0);
        let (mut words, mut or, mut largest) = (0, 0, 0);
        for (column, word) in counts.chunks(slots).enumerate() {
            if word.iter().all(|&count| count == 0) {
                continue;
            }
            let address = it.words + words;
            self.memories.trains[address as usize] = (column as u32, word.to_vec());
            for count in word {
                or |= u32::from(count.unsigned_abs());
                largest = largest.max(u32::from(count.unsigned_abs()));
            }
            words += 1;
        }
        let magnitude = if self.parameters.radix == Radix::Unary { largest } else { or };
        self.memories.descriptors[it.train as usize] = (words, magnitude);
    }

    fn keep(&mut self, it: &Pass, ys: &[i64]) {
        let (lanes, slots) = (self.memories.lanes, self.memories.slots);
        let digits = self.parameters.key_value_digits;
        let most = (3i64.pow(digits) - 1) / 2;
        let group = if it.emit == Emit::Keys { slots } else { lanes };
        for channel in 0..ys.len().next_multiple_of(group) {
            let y = ys.get(channel).map_or(0, |y| (*y).clamp(-most, most));
            // A key is a row, a value is a column.
            let (row, column, memory) = match it.emit {
                Emit::Keys => (self.position, channel, &mut self.memories.keys),
                _ => (channel, self.position, &mut self.memories.values),
            };
            for (digit, &trit) in balanced_digits(y, digits).iter().enumerate() {
                let tile = row / lanes * digits as usize + digit;
                let word = it.words as usize + tile * it.columns as usize + column / slots;
                memory[word][row % lanes * slots + column % slots] = trit;
            }
        }
    }
}
