//! The unit between memories: reads answered, writes recorded.

use super::model::{Memories, Writes};
use super::support::Bench;
use firmware::isa::{ANY, Action, Instruction, Wait};
use firmware::lower::argument;
use hdl::blocks::vector::vector_unit::VectorUnit;
use std::collections::VecDeque;
use weights::numeric::fixed_point::Scale;

/// The unit with its memories.
pub(crate) struct UnitBench {
    pub(crate) bench: Bench,
    pub(crate) unit: VectorUnit,
    pub(crate) memories: Memories,
}

/// What one instruction did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) writes: Writes,
    /// The cycle that took it.
    pub(crate) taken: u64,
    /// That of its `done_o`.
    pub(crate) done: u64,
}

/// Whether `action` reads its argument before `last` has written it: the sequencer waits then.
pub(crate) fn early(last: &Action, action: &Action) -> bool {
    let (first, count) = match last {
        Action::Norm(norm) => (norm.output, 1),
        Action::Rotate(rotate) => (rotate.output, rotate.heads),
        Action::Measure(measure) => (measure.output, measure.heads),
        Action::Softmax(softmax) => (softmax.output, 2),
        _ => (0, 0),
    };
    argument(action).is_some_and(|read| (first..first + count).contains(&read.first))
}

/// The bits of values side by side.
fn side_by_side(values: &[i64], width: u32) -> Vec<bool> {
    values.iter().flat_map(|value| (0..width).map(move |bit| value >> bit & 1 == 1)).collect()
}

impl UnitBench {
    pub(crate) fn new(unit: VectorUnit) -> UnitBench {
        let bench = Bench::new(&unit.module());
        UnitBench { bench, unit, memories: Memories::default() }
    }

    /// Signed values of a port.
    fn values(&self, port: &str, count: u32, width: u32) -> Vec<i64> {
        let bits = self.bench.bits(port);
        let value = |bits: &[bool]| {
            let value = bits.iter().rev().fold(0, |value, &bit| value << 1 | i64::from(bit));
            if bits[bits.len() - 1] { value - (1 << width) } else { value }
        };
        assert_eq!(bits.len(), (count * width) as usize, "{port}");
        bits.chunks(width as usize).map(value).collect()
    }

    /// Runs instructions back to back; each with its own position.
    pub(crate) fn run(&mut self, program: &[(Action, usize)]) -> Vec<Run> {
        let mut runs: Vec<Run> = vec![];
        let mut under_way: VecDeque<Run> = VecDeque::new();
        let (mut next, mut now) = (0, 0);
        while runs.len() < program.len() {
            let waits = |next: usize| {
                let last = next.checked_sub(1).map(|last| &program[last].0);
                !under_way.is_empty() && last.is_some_and(|last| early(last, &program[next].0))
            };
            let offered = next < program.len() && !waits(next);
            self.bench.set("instruction_valid_i", u64::from(offered));
            if let Some((action, position)) = program.get(next) {
                self.offer(action, *position);
            }
            self.answer_at_once();
            let writes = self.writes();
            assert_eq!(self.bench.is("vector_busy_o"), !under_way.is_empty());
            self.memories.apply(&writes);
            match under_way.front_mut() {
                Some(run) => run.take(writes),
                None => assert_eq!(writes, Writes::default(), "written by no instruction"),
            }
            if self.bench.is("done_o") {
                let mut run = under_way.pop_front().expect("done by no instruction");
                run.done = now;
                runs.push(run);
            }
            if offered && self.bench.is("instruction_ready_o") {
                assert!(under_way.len() < 2, "three instructions at once");
                under_way.push_back(Run { writes: Writes::default(), taken: now, done: 0 });
                next += 1;
            }
            self.tick();
            now += 1;
            assert!(now < 100_000, "an instruction never ends");
        }
        runs
    }

    /// Starts an instruction, resets the unit some cycles later, and expects silence.
    pub(crate) fn interrupt(&mut self, action: &Action, position: usize, cycles: u64) {
        self.offer(action, position);
        self.bench.set("instruction_valid_i", 1);
        for _ in 0..=cycles {
            self.answer_at_once();
            let writes = self.writes();
            self.memories.apply(&writes);
            self.tick();
            self.bench.set("instruction_valid_i", 0);
        }
        self.bench.set("rst_i", 1);
        self.answer_at_once();
        let writes = self.writes();
        self.memories.apply(&writes);
        self.tick();
        self.bench.set("rst_i", 0);
        for _ in 0..30 {
            self.answer_at_once();
            assert_eq!(self.writes(), Writes::default(), "written after the reset");
            assert!(!self.bench.is("vector_busy_o") && !self.bench.is("done_o"));
            self.tick();
        }
    }

    fn offer(&mut self, action: &Action, position: usize) {
        let wait = Wait { matrix: ANY, vector: 0 };
        let words = Instruction::new(wait, *action).encode().expect("fields fit");
        let bits = words.iter().flat_map(|word| (0..32).map(move |bit| word >> bit & 1 == 1));
        self.bench.set_bits("instruction_i", bits);
        self.bench.set("position_i", position as u64);
    }

    /// Scalars and maxima are read in the cycle of their address.
    fn answer_at_once(&mut self) {
        self.bench.settle();
        let scalar = self.memories.scalars[self.bench.get("scalar_read_address_o") as usize];
        self.bench.set("scalar_mantissa_i", scalar.mantissa as u64);
        self.bench.set("scalar_shift_i", scalar.shift.into());
        self.bench.set_signed("scalar_exponent_i", scalar.exponent);
        let argument = self.memories.scalars[self.bench.get("argument_address_o") as usize];
        self.bench.set_signed("argument_exponent_i", argument.exponent);
        let maximum = self.memories.maxima[self.bench.get("maximum_address_o") as usize];
        self.bench.set_signed("maximum_i", maximum);
        self.bench.settle();
    }

    /// A clock edge: memories answer the reads of the cycle before.
    fn tick(&mut self) {
        let reads = [
            ("residual", "residual_read_address_o"),
            ("result", "result_address_o"),
            ("temporary", "temporary_read_address_o"),
            ("constant", "constant_address_o"),
        ];
        let mut answers: Vec<(String, Vec<bool>)> = vec![];
        for (index, (name, address)) in reads.into_iter().enumerate() {
            if self.bench.is(&format!("{name}_read_o")) {
                let words = self.memories.spaces.get(index).unwrap_or(&self.memories.constants);
                let word = words.get(self.bench.get(address) as usize);
                let word = word.unwrap_or_else(|| panic!("{name}: no such word is read"));
                answers.push((format!("{name}_data_i"), side_by_side(word, self.unit.value_width)));
            }
        }
        if self.bench.is("deficit_read_o") {
            let word = &self.memories.deficits[self.bench.get("deficit_address_o") as usize];
            answers.push(("deficits_i".into(), side_by_side(word, 5)));
        }
        self.bench.tick();
        for (port, bits) in answers {
            self.bench.set_bits(&port, bits);
        }
    }

    /// What is written in this cycle.
    fn writes(&self) -> Writes {
        let (bench, unit) = (&self.bench, &self.unit);
        let at = |port: &str| bench.get(port) as usize;
        let mut writes = Writes::default();
        if bench.is("temporary_write_o") {
            let values = self.values("temporary_write_data_o", unit.elements, unit.value_width);
            writes.temporaries.push((at("temporary_write_address_o"), values));
        }
        if bench.is("train_write_o") {
            let (signs, magnitudes) =
                (bench.bits("train_negative_o"), bench.bits("train_magnitude_o"));
            let counts = magnitudes.chunks(unit.count_width as usize).zip(signs);
            let count = |(bits, negative): (&[bool], bool)| {
                let value = bits.iter().rev().fold(0, |value, &bit| value << 1 | i64::from(bit));
                assert!(value != 0 || !negative, "zero has no sign");
                if negative { -value } else { value }
            };
            let counts: Vec<i64> = counts.map(count).collect();
            writes.trains.push((at("train_address_o"), at("train_column_o"), counts));
        }
        if bench.is("descriptor_write_o") {
            let words = at("descriptor_words_o");
            let magnitude = at("descriptor_magnitude_o") as i64;
            writes.descriptors.push((at("descriptor_address_o"), words, magnitude));
        }
        if bench.is("scalar_write_o") {
            let scale = Scale {
                mantissa: at("scalar_mantissa_o") as i64,
                shift: at("scalar_shift_o") as u32,
                exponent: bench.get_signed("scalar_exponent_o"),
            };
            writes.scalars.push((at("scalar_write_address_o"), scale));
        }
        if bench.is("store_write_o") {
            let pairs = bench.bits("store_high_o").into_iter().zip(bench.bits("store_low_o"));
            let trits = pairs.map(|(high, low)| i64::from(high) + i64::from(low) - 1).collect();
            let (address, position) = (at("store_address_o"), at("store_position_o"));
            writes.store.push((bench.is("store_values_o"), address, position, trits));
        }
        if bench.is("deficit_write_o") {
            let (address, element) = (at("deficit_write_address_o"), at("deficit_element_o"));
            let deficit = at("deficit_data_o") as i64;
            writes.deficits.push((bench.is("deficit_values_o"), address, element, deficit));
        }
        writes
    }
}

impl Run {
    fn take(&mut self, more: Writes) {
        self.writes.temporaries.extend(more.temporaries);
        self.writes.trains.extend(more.trains);
        self.writes.descriptors.extend(more.descriptors);
        self.writes.scalars.extend(more.scalars);
        self.writes.store.extend(more.store);
        self.writes.deficits.extend(more.deficits);
    }
}

impl Memories {
    /// Takes the writes that the unit may read again.
    pub(crate) fn apply(&mut self, writes: &Writes) {
        for (address, values) in &writes.temporaries {
            self.spaces[2][*address] = values.clone();
        }
        for (number, scale) in &writes.scalars {
            self.scalars[*number] = *scale;
        }
    }
}
