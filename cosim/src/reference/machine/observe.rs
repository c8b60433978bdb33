//! What an observer sees: every write of every instruction, and what only execution can tell.

use firmware::machine_cycles::TrainFacts;
use weights::numeric::fixed_point::Scale;
use weights::numeric::{Radix, Trit};

/// One write of one memory. Addresses are words of that memory unless a field says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant explains its fields")]
pub enum Write {
    /// Values into R: the first of a word. The others of the word are unspecified, as are words
    /// beyond the last valid row.
    Results { address: u32, values: Vec<i64> },
    /// `elements` values into T.
    Temporaries { address: u32, values: Vec<i64> },
    /// `elements` values into S.
    State { address: u32, values: Vec<i64> },
    /// A word of `slots` counts that stand in `column` of the train.
    Train { address: u32, column: u32, counts: Vec<i16> },
    /// A word of `slots` trits of one plane.
    Plane { address: u32, plane: u32, trits: Vec<Trit> },
    /// The descriptor of a train: its words, and the or (bitwise) or maximum (unary) of its
    /// magnitudes.
    Descriptor { train: u32, words: u32, magnitude: u32 },
    /// A scalar register.
    Scalar { index: u32, scale: Scale },
    /// A level register.
    Level { index: u32, value: i64 },
    /// A maximum register.
    Maximum { index: u32, value: i64 },
    /// One digit of a key: row `position mod lanes` of a word.
    Key { address: u32, position: u32, trits: Vec<Trit> },
    /// One digit of a value: column `position mod slots` of a word.
    Value { address: u32, position: u32, trits: Vec<Trit> },
}

/// What the execution of one instruction tells beyond its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facts {
    /// Of the matrix unit.
    Matrix(MatrixFacts),
    /// Of the vector unit: nothing that its fields and p do not say.
    Vector,
}

impl Facts {
    /// What the cycle model needs of it.
    pub fn train(&self) -> TrainFacts {
        match self {
            Facts::Matrix(facts) => TrainFacts { words: facts.words, passes: facts.passes },
            Facts::Vector => TrainFacts::default(),
        }
    }
}

/// What a train costs in one radix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrainCost {
    /// Planes that it needs; at least one.
    pub planes: u32,
    /// Its spikes.
    pub spikes: u32,
}

impl TrainCost {
    /// Of counts, in one radix.
    pub fn of<C: Copy + Into<i32>>(counts: &[C], radix: Radix) -> TrainCost {
        let magnitudes = counts.iter().map(|&count| count.into().unsigned_abs());
        let (planes, spikes) = match radix {
            Radix::Bitwise => magnitudes.fold((0, 0), |(or, ones), magnitude| {
                (or | magnitude, ones + magnitude.count_ones())
            }),
            Radix::Unary => magnitudes
                .fold((0, 0), |(most, sum), magnitude| (most.max(magnitude), sum + magnitude)),
        };
        let planes =
            if radix == Radix::Bitwise { u32::BITS - planes.leading_zeros() } else { planes };
        TrainCost { planes: planes.max(1), spikes }
    }
}

/// How the matrix unit executed an instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MatrixFacts {
    /// Tiles of `lanes` rows.
    pub tiles: u32,
    /// Balanced ternary digits.
    pub digits: u32,
    /// Words of the train that are visited in each digit of each tile.
    pub words: u32,
    /// Passes over them.
    pub passes: u32,
    /// Valid rows.
    pub rows: u32,
    /// Columns of the store that the train could have.
    pub columns: u32,
    /// Vectors of their own that share the weights; 0 for a train.
    pub vectors: u32,
    /// What the train costs if its planes weigh powers of two.
    pub bitwise: TrainCost,
    /// What it costs if they weigh one.
    pub unary: TrainCost,
    /// Largest magnitude of a sum.
    pub sum_max: u64,
    /// Writes in which a valid row saturated.
    pub saturations: u32,
}

impl MatrixFacts {
    /// What the train costs in a radix.
    pub fn cost(&self, radix: Radix) -> TrainCost {
        match radix {
            Radix::Bitwise => self.bitwise,
            Radix::Unary => self.unary,
        }
    }
}

/// Who watches an execution.
pub trait Observer {
    /// Whether [`write`](Observer::write) is called at all.
    const WRITES: bool;

    /// The next instruction works at this position: that of the token, or of a loop over positions.
    fn at(&mut self, _position: usize) {}

    /// The instruction at this index begins.
    fn issue(&mut self, _instruction: usize) {}

    /// It writes. Writes of one memory come in the order of the hardware.
    fn write(&mut self, _write: Write) {}

    /// It is finished.
    fn finish(&mut self, _instruction: usize, _facts: &Facts) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    const WRITES: bool = false;
}

/// Keeps everything: the facts and the writes of every instruction, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorder {
    /// One record an executed instruction.
    pub records: Vec<Record>,
}

/// What one instruction did.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Index in the program.
    pub instruction: usize,
    /// Its writes.
    pub writes: Vec<Write>,
    /// How it was executed.
    pub facts: Facts,
}

impl Observer for Recorder {
    const WRITES: bool = true;

    fn issue(&mut self, instruction: usize) {
        self.records.push(Record { instruction, writes: Vec::new(), facts: Facts::Vector });
    }

    fn write(&mut self, write: Write) {
        self.records.last_mut().expect("a write belongs to an instruction").writes.push(write);
    }

    fn finish(&mut self, _instruction: usize, facts: &Facts) {
        self.records.last_mut().expect("issued before").facts = *facts;
    }
}
