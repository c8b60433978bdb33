//! The unit between memories: reads answered, writes recorded.

use super::model::{Memories, Place, Writes};
use super::support::Bench;
use firmware::isa::{ANY, Action, Emit, Instruction, Pass, Wait};
use hdl::blocks::vector::pass_unit::PassUnit;
use weights::numeric::fixed_point::Scale;

/// The unit with its memories.
pub(crate) struct UnitBench {
    pub(crate) bench: Bench,
    pub(crate) unit: PassUnit,
    pub(crate) memories: Memories,
}

/// What one pass did.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) writes: Writes,
    /// The cycles that took its turns.
    pub(crate) taken: Vec<u64>,
    /// Those of their `done_o`.
    pub(crate) done: Vec<u64>,
}

/// A pass never ends.
#[derive(Debug)]
pub(crate) struct Stalled;

/// The bits of values side by side.
fn side_by_side(values: &[i64], width: u32) -> Vec<bool> {
    values.iter().flat_map(|value| (0..width).map(move |bit| value >> bit & 1 == 1)).collect()
}

/// More cycles than any pass takes.
const CYCLES_MAX: u64 = 1000;
/// The fewest cycles from a turn of a loop to the next.
pub(crate) const TURN_CYCLES: u64 = 3;

impl UnitBench {
    pub(crate) fn new(unit: PassUnit) -> UnitBench {
        let bench = Bench::new(&unit.module());
        UnitBench { bench, unit, memories: Memories::default() }
    }

    /// Signed values of a port.
    fn values(&self, port: &str) -> Vec<i64> {
        let (bits, width) = (self.bench.bits(port), self.unit.value_width);
        let value = |bits: &[bool]| {
            let value = bits.iter().rev().fold(0, |value, &bit| value << 1 | i64::from(bit));
            if bits[bits.len() - 1] { value - (1 << width) } else { value }
        };
        assert_eq!(bits.len(), (self.unit.elements * width) as usize, "{port}");
        bits.chunks(width as usize).map(value).collect()
    }

    /// Runs streams back to back: passes each of which follows itself, or single ones. As many are under
    /// way as the sequencer counts, and turns come no faster than loops have them.
    ///
    /// # Errors
    /// If a pass never ends.
    pub(crate) fn run(&mut self, streams: &[Vec<(Pass, Place)>]) -> Result<Vec<Run>, Stalled> {
        let turns: Vec<(usize, usize)> = streams
            .iter()
            .enumerate()
            .flat_map(|(stream, passes)| (0..passes.len()).map(move |turn| (stream, turn)))
            .collect();
        let mut runs: Vec<Run> = streams.iter().map(|_| Run::default()).collect();
        let (mut taken, mut done, mut now) = (0, 0, 0);
        while done < turns.len() {
            let next = turns.get(taken).filter(|(stream, turn)| {
                let before = turn.checked_sub(1).map(|before| runs[*stream].taken[before]);
                let early = before.is_some_and(|before| now < before + TURN_CYCLES);
                taken - done < usize::from(ANY) && !early
            });
            self.bench.set("instruction_valid_i", next.is_some().into());
            if let Some(&(stream, turn)) = next {
                let (pass, place) = &streams[stream][turn];
                self.offer(pass, *place);
                if self.unit.streams {
                    self.bench.set("instruction_follows_i", u64::from(turn > 0));
                }
            }
            self.answer_at_once();
            let writes = self.writes();
            let written = writes.clone();
            assert_eq!(self.bench.is("vector_busy_o"), done < taken);
            match done < taken {
                true => runs[turns[done].0].take(writes),
                false => assert_eq!(writes, Writes::default(), "written by no pass"),
            }
            let finishes = self.bench.is("done_o");
            if let Some(&(stream, turn)) = next.filter(|_| self.bench.is("instruction_ready_o")) {
                let alone = done + usize::from(finishes) == taken;
                let leads = streams[stream][turn].0.lead > 0;
                assert!(turn > 0 || alone || leads, "two passes at once");
                runs[stream].taken.push(now);
                taken += 1;
            }
            if finishes {
                runs[turns[done].0].done.push(now);
                done += 1;
            }
            self.tick();
            // What is written in a cycle is read from the next one on.
            self.memories.apply(&written);
            now += 1;
            if now > CYCLES_MAX * turns.len() as u64 {
                return Err(Stalled);
            }
        }
        Ok(runs)
    }

    /// Starts a pass, resets the unit some cycles later, and expects silence.
    pub(crate) fn interrupt(&mut self, pass: &Pass, place: Place, cycles: u64) {
        self.offer(pass, place);
        self.bench.set("instruction_valid_i", 1);
        for _ in 0..=cycles {
            self.step();
            self.bench.set("instruction_valid_i", 0);
        }
        self.bench.set("rst_i", 1);
        self.step();
        self.bench.set("rst_i", 0);
        for _ in 0..40 {
            self.answer_at_once();
            assert_eq!(self.writes(), Writes::default(), "written after the reset");
            assert!(!self.bench.is("vector_busy_o") && !self.bench.is("done_o"));
            self.tick();
        }
    }

    fn step(&mut self) {
        self.answer_at_once();
        let writes = self.writes();
        self.tick();
        self.memories.apply(&writes);
    }

    fn offer(&mut self, pass: &Pass, place: Place) {
        let wait = Wait { matrix: ANY, vector: ANY };
        let words = Instruction::new(wait, Action::Pass(*pass)).encode().expect("fields fit");
        let bits = words.iter().flat_map(|word| (0..32).map(move |bit| word >> bit & 1 == 1));
        self.bench.set_bits("instruction_i", bits);
        self.bench.set("position_i", place.position as u64);
        self.bench.set("attended_i", place.attended as u64);
        self.bench.set("restarts_i", place.restarts.into());
    }

    /// Registers are read in the cycle of their address.
    fn answer_at_once(&mut self) {
        self.bench.settle();
        let at = |port: &str| self.bench.get(port) as usize;
        let scalar = self.memories.scalars[at("scalar_read_address_o")];
        let level = self.memories.levels[at("level_read_address_o")];
        let maximum = self.memories.maxima[at("maximum_address_o")];
        self.bench.set("scalar_mantissa_i", scalar.mantissa as u64);
        self.bench.set("scalar_shift_i", scalar.shift.into());
        self.bench.set_signed("scalar_exponent_i", scalar.exponent);
        self.bench.set_signed("level_i", level);
        self.bench.set_signed("maximum_i", maximum);
        self.bench.settle();
    }

    /// A clock edge: memories answer the reads of the cycle before.
    fn tick(&mut self) {
        let reads = [
            ("result", "result_address_o"),
            ("temporary", "temporary_read_address_o"),
            ("state", "state_read_address_o"),
            ("constant", "constant_address_o"),
        ];
        let mut answers: Vec<(String, Vec<bool>)> = vec![];
        for (words, (name, address)) in self.memories.spaces.iter().zip(reads) {
            if self.bench.is(&format!("{name}_read_o")) {
                let word = words.get(self.bench.get(address) as usize);
                let word = word.unwrap_or_else(|| panic!("{name}: no such word is read"));
                answers.push((format!("{name}_data_i"), side_by_side(word, self.unit.value_width)));
            }
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
        let mut writes = Writes { saturations: bench.get("saturations_o"), ..Writes::default() };
        if bench.is("temporary_write_o") {
            let values = self.values("temporary_write_data_o");
            writes.temporaries.push((at("temporary_write_address_o"), values));
        }
        if bench.is("state_write_o") {
            writes.states.push((at("state_write_address_o"), self.values("state_write_data_o")));
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
        if unit.choices.emits.contains(&Emit::Vector) && bench.is("plane_write_o") {
            let spikes = bench.bits("plane_active_o").into_iter();
            let trit = |(active, negative): (bool, bool)| match (active, negative) {
                (true, negative) => 1 - 2 * i64::from(negative),
                (false, negative) => {
                    assert!(!negative, "zero has no sign");
                    0
                }
            };
            let trits = spikes.zip(bench.bits("plane_negative_o")).map(trit).collect();
            writes.planes.push((at("plane_address_o"), at("plane_number_o"), trits));
        }
        if bench.is("descriptor_write_o") {
            let magnitude = at("descriptor_magnitude_o") as i64;
            let words = at("descriptor_words_o");
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
        if bench.is("level_write_o") {
            writes.levels.push((at("level_write_address_o"), bench.get_signed("level_data_o")));
        }
        if bench.is("store_write_o") {
            let pairs = bench.bits("store_high_o").into_iter().zip(bench.bits("store_low_o"));
            let trits = pairs.map(|(high, low)| i64::from(high) + i64::from(low) - 1).collect();
            let (address, position) = (at("store_address_o"), at("store_position_o"));
            writes.store.push((bench.is("store_values_o"), address, position, trits));
        }
        writes
    }
}

impl Run {
    fn take(&mut self, more: Writes) {
        self.writes.extend(more);
    }
}
