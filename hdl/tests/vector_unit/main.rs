//! The vector unit against the table of the instruction set, every write and every cycle.

mod bench;
mod model;
#[path = "../support/mod.rs"]
mod support;
mod timing;

use bench::UnitBench;
use firmware::isa::{Action, Encode, Gate, Measure, Norm, Rotate, Softmax, Store};
use firmware::machine_memories::function_material;
use hdl::blocks::vector::vector_unit::VectorUnit;
use model::{Memories, Model, Writes};
use pretty_assertions::assert_eq;
use support::Random;
use timing::{cycles, overlap};
use weights::numeric::Radix;
use weights::numeric::fixed_point::{Scale, digit_magnitude_bits, folded, peak_scale};

/// Words of each memory of values, and of deficits.
const DEPTH: usize = 512;
const DEFICIT_WORDS: usize = 256;

/// Elements, lanes, slots, bits of a value, bits of a count, digits, radix.
const SHAPES: [(u32, u32, u32, u32, u32, u32, Radix); 9] = [
    (2, 2, 2, 18, 6, 4, Radix::Bitwise),
    (2, 8, 2, 16, 4, 2, Radix::Unary),
    (2, 2, 8, 19, 11, 3, Radix::Bitwise),
    (4, 4, 16, 18, 8, 4, Radix::Bitwise),
    (4, 16, 4, 20, 3, 5, Radix::Unary),
    (8, 8, 8, 24, 12, 4, Radix::Bitwise),
    (8, 32, 32, 18, 6, 5, Radix::Bitwise),
    (8, 16, 16, 17, 11, 2, Radix::Unary),
    (16, 16, 32, 21, 7, 4, Radix::Bitwise),
];

fn unit(index: usize) -> VectorUnit {
    let (elements, lanes, slots, value_width, count_width, digits, radix) = SHAPES[index];
    let functions = function_material(elements);
    VectorUnit { elements, lanes, slots, value_width, count_width, digits, radix, functions }
}

/// Random instructions for one unit.
struct Maker {
    random: Random,
    unit: VectorUnit,
}

impl Maker {
    /// A value of at most `width` bits: of any size, with extremes and zeros among them.
    fn value(&mut self, width: u32) -> i64 {
        let limit = 1i64 << (width - 1);
        match self.random.below(12) {
            0 => -limit,
            1 => limit - 1,
            2 | 3 => 0,
            4 => -1,
            _ => {
                let small = 1 + self.random.below(u64::from(width)) as u32;
                self.random.within(-(1 << (small - 1)), (1 << (small - 1)) - 1)
            }
        }
    }

    fn words(&mut self, depth: usize, width: u32) -> Vec<Vec<i64>> {
        let mut word = || -> Vec<i64> {
            match self.random.below(6) {
                0 => vec![0; self.unit.elements as usize],
                1 => vec![-(1 << (width - 1)); self.unit.elements as usize],
                _ => (0..self.unit.elements).map(|_| self.value(width)).collect(),
            }
        };
        (0..depth).map(|_| word()).collect()
    }

    /// Memories whose values have at most `width` bits.
    fn memories(&mut self, width: u32) -> Memories {
        let constants = self.words(DEPTH, self.unit.value_width);
        let spaces = [0, 1, 2].map(|_| self.words(DEPTH, width));
        let random = &mut self.random;
        let mut scale = || Scale {
            mantissa: random.within(0, (1 << 16) - 1),
            shift: random.below(40) as u32,
            exponent: random.within(-20, 30),
        };
        let scalars = (0..256).map(|_| scale()).collect();
        let maxima = (0..32).map(|_| self.value(self.unit.value_width)).collect();
        let deficit = |random: &mut Random| match random.below(3) {
            0 => random.within(0, 31),
            _ => random.within(0, 5),
        };
        let elements = self.unit.elements;
        let random = &mut self.random;
        let deficits =
            (0..DEFICIT_WORDS).map(|_| (0..elements).map(|_| deficit(random)).collect()).collect();
        Memories { spaces, constants, scalars, maxima, deficits }
    }

    fn below(&mut self, count: u32) -> u32 {
        self.random.below(count.into()) as u32
    }

    fn norm(&mut self) -> Action {
        let words = 1 + self.below(20);
        Action::Norm(Norm {
            space: self.below(3),
            address: self.below(400),
            words,
            weighted: self.below(2),
            weight: self.below(400),
            bits: if self.below(2) == 0 { 0 } else { 1 + self.below(self.unit.count_width) },
            target: (1 << 15) + self.below(1 << 15),
            target_exponent: self.random.within(-1, 12) as i32,
            epsilon: self.below(1 << 16),
            epsilon_shift: self.random.within(-40, 40) as i32,
            follows: self.below(2),
            input: self.below(256),
            output: self.below(256),
        })
    }

    fn encode(&mut self) -> Action {
        let groups = 1 + self.below(6);
        Action::Encode(Encode {
            space: self.below(3),
            address: self.below(300),
            words: 1 + self.below(12),
            groups,
            positions: self.below(2),
            weighted: self.below(2),
            weight: self.below(300),
            scalar: self.below(250),
            bits: 1 + self.below(self.unit.count_width),
            train: self.below(120),
            destination: self.below(900),
            stride: self.below(20),
        })
    }

    fn rotate(&mut self) -> Action {
        Action::Rotate(Rotate {
            address: self.below(400),
            words: 1 + self.below(6),
            heads: 1 + self.below(6),
            table: self.below(200),
            shift: self.unit.value_width - 2 + self.below(5),
            destination: self.below(400),
            bits: 1 + self.below(8),
            input: self.below(256),
            output: self.below(240),
        })
    }

    fn measure(&mut self) -> Action {
        Action::Measure(Measure {
            space: self.below(3),
            address: self.below(400),
            words: 1 + self.below(6),
            heads: 1 + self.below(8),
            bits: 1 + self.below(8),
            input: self.below(256),
            output: self.below(240),
        })
    }

    /// Keys or values; their scalars are set to what `Measure` would have found.
    fn store(&mut self, memories: &mut Memories) -> Action {
        let store = Store {
            space: self.below(3),
            address: self.below(400),
            words: 1 + self.below(12),
            heads: 1 + self.below(5),
            values: self.below(2),
            base: self.below(1000),
            columns: 1 + self.below(40),
            stride: self.below(3000),
            scalar: self.below(250),
            top: self.random.within(-40, 60) as i32,
            deficits: self.below(1000),
            deficit_stride: self.below(100),
        };
        for head in 0..store.heads {
            let first = (store.address + head * store.words) as usize;
            let words = memories.spaces[store.space as usize]
                .get(first..first + store.words as usize)
                .unwrap_or_default();
            let peak = words.iter().flatten().fold(0, |or, &x| or | folded(x));
            let scalar = &mut memories.scalars[(store.scalar + head) as usize % 256];
            let bits = digit_magnitude_bits(self.unit.digits);
            *scalar = peak_scale(peak, bits, scalar.exponent);
        }
        Action::Store(store)
    }

    /// Its maximum is that of the scores of positions up to p.
    fn softmax(&mut self, memories: &mut Memories, position: usize) -> Action {
        let softmax = Softmax {
            address: self.below(300),
            maximum: self.below(32),
            multiplier: self.below(1 << 16),
            shift: self.below(60),
            input: self.below(256),
            deficits: self.below(60),
            destination: self.below(300),
            bits: 1 + self.below(8),
            output: self.below(255),
        };
        let scores = memories.spaces[1].iter().skip(softmax.address as usize).flatten();
        let largest = scores.take(position + 1).max().copied().unwrap_or_default();
        memories.maxima[softmax.maximum as usize] = largest;
        Action::Softmax(softmax)
    }

    fn gate(&mut self) -> Action {
        Action::Gate(Gate {
            gate: self.below(400),
            up: self.below(400),
            words: 1 + self.below(20),
            multiplier: self.below(1 << 16),
            shift: self.below(40),
            product_shift: self.below(self.unit.value_width + 4),
            input: self.below(256),
            destination: self.below(400),
        })
    }

    fn action(&mut self, kind: u64, memories: &mut Memories, position: usize) -> Action {
        match kind {
            0 => self.norm(),
            1 => self.encode(),
            2 => self.rotate(),
            3 => self.measure(),
            4 => self.store(memories),
            5 => self.softmax(memories, position),
            _ => self.gate(),
        }
    }

    fn position(&mut self, kind: u64) -> usize {
        let elements = u64::from(self.unit.elements);
        let position = match (self.random.below(4), kind) {
            (0, _) => 0,
            (1, 4) => self.random.below(1 << 16),
            (1, 0..=2) => self.random.below(elements * 60),
            _ => self.random.below(20 * elements),
        };
        position as usize
    }
}

/// An instruction of that kind that leaves no range, with its position.
fn make(maker: &mut Maker, kind: u64, memories: &mut Memories) -> (Action, usize) {
    for _ in 0..10_000 {
        let position = maker.position(kind);
        let mut prepared = memories.clone();
        let action = maker.action(kind, &mut prepared, position);
        if (Model { unit: maker.unit, position }).execute(&action, &prepared).is_some() {
            *memories = prepared;
            return (action, position);
        }
    }
    panic!("kind {kind} never stays in range");
}

/// Runs one instruction and compares.
fn check(bench: &mut UnitBench, action: &Action, position: usize, what: &str) {
    let model = Model { unit: bench.unit, position };
    let expected = model.execute(action, &bench.memories).expect("it was made to stay in range");
    let run = bench.run(&[(*action, position)]).remove(0);
    assert_eq!(run.writes, expected, "{what}, p {position}: {action:?}");
    let took = run.done - run.taken;
    assert_eq!(took, cycles(bench.unit, action, position), "{what}: {action:?}");
}

/// Every kind in every shape, one after the other.
#[test]
fn instructions() {
    for index in 0..SHAPES.len() {
        let mut maker = Maker { random: Random(index as u64), unit: unit(index) };
        let mut bench = UnitBench::new(maker.unit);
        let mut counts = [0; 7];
        for round in 0..12 {
            let narrow = 2 + maker.below(maker.unit.value_width - 2);
            let width = [maker.unit.value_width, narrow][round % 2].min(22);
            let mut memories = maker.memories(width);
            for _ in 0..14 {
                let kind = maker.random.below(7);
                if kind == 5 && maker.unit.value_width < 17 {
                    continue;
                }
                let (action, position) = make(&mut maker, kind, &mut memories);
                bench.memories = memories.clone();
                check(&mut bench, &action, position, &format!("{:?}", maker.unit));
                memories = bench.memories.clone();
                counts[kind as usize] += 1;
            }
        }
        assert!(counts.iter().enumerate().all(|(kind, &count)| count > 5 || kind == 5));
    }
}

/// Programs without a gap: each instruction finds what the one before has written.
#[test]
fn back_to_back() {
    for index in 0..SHAPES.len() {
        let mut maker = Maker { random: Random(100 + index as u64), unit: unit(index) };
        let mut bench = UnitBench::new(maker.unit);
        for _ in 0..6 {
            bench.memories = maker.memories(maker.unit.value_width.min(20));
            let mut later = bench.memories.clone();
            let mut program: Vec<(Action, usize)> = vec![];
            let mut expected: Vec<Writes> = vec![];
            while program.len() < 10 {
                // Neither sets up memories that an earlier instruction might read.
                let kind = [0, 1, 2, 3, 6][maker.random.below(5) as usize];
                let (action, position) = make(&mut maker, kind, &mut later);
                let writes = Model { unit: maker.unit, position }.execute(&action, &later);
                let writes = writes.expect("it was made to stay in range");
                later.apply(&writes);
                program.push((action, position));
                expected.push(writes);
            }
            let runs = bench.run(&program);
            for ((run, expected), (action, position)) in runs.iter().zip(&expected).zip(&program) {
                assert_eq!(&run.writes, expected, "{:?}: {action:?}", maker.unit);
                let took = run.done - run.taken;
                assert_eq!(took, cycles(maker.unit, action, *position), "{action:?}");
            }
            for (pair, actions) in runs.windows(2).zip(program.windows(2)) {
                let before = pair[0].done as i64 - pair[1].taken as i64;
                let expected = overlap(maker.unit, &actions[0].0, &actions[1].0);
                assert_eq!(before, expected, "{actions:?}");
            }
        }
    }
}

/// A reset in any cycle of any instruction silences the unit, and the next one is unharmed.
#[test]
fn reset_between() {
    for index in [1, 3, 6] {
        let mut maker = Maker { random: Random(200 + index as u64), unit: unit(index) };
        let mut bench = UnitBench::new(maker.unit);
        let mut memories = maker.memories(maker.unit.value_width.min(20));
        for round in 0..70 {
            let kind = round % 7;
            if kind == 5 && maker.unit.value_width < 17 {
                continue;
            }
            let (action, position) = make(&mut maker, kind, &mut memories);
            bench.memories = memories.clone();
            let last = cycles(maker.unit, &action, position);
            let reset_after = maker.random.below(last);
            bench.interrupt(&action, position, reset_after);
            memories = bench.memories.clone();
            let kind = [0, 1, 2, 3, 4, 6][maker.random.below(6) as usize];
            let (action, position) = make(&mut maker, kind, &mut memories);
            bench.memories = memories.clone();
            check(&mut bench, &action, position, "after a reset");
            memories = bench.memories.clone();
        }
    }
}

/// Vectors of one value: zeros, the least and the greatest mantissa.
#[test]
fn extremes() {
    for index in 0..SHAPES.len() {
        let mut maker = Maker { random: Random(300 + index as u64), unit: unit(index) };
        let mut bench = UnitBench::new(maker.unit);
        let width = maker.unit.value_width;
        let limit = 1i64 << (width - 1);
        for value in [0, -limit, limit - 1, -1, 1] {
            let mut memories = maker.memories(width);
            let word = vec![value; maker.unit.elements as usize];
            memories.spaces = [0, 1, 2].map(|_| vec![word.clone(); DEPTH]);
            let start = memories.clone();
            for kind in [0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 6] {
                memories = start.clone();
                let word = value * value * i64::from(maker.unit.elements);
                if (kind == 5 && width < 17) || (kind == 0 && word >= 1 << 48) {
                    continue;
                }
                let (action, position) = make(&mut maker, kind, &mut memories);
                bench.memories = memories.clone();
                check(&mut bench, &action, position, &format!("all {value}"));
            }
        }
    }
}
