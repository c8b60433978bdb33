//! What an observer sees: every write of every instruction, and what only execution can tell.

use weights::numeric::Trit;
use weights::numeric::fixed_point::Scale;

/// One write of one memory. Addresses are words of that memory unless a field says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant explains its fields")]
pub enum Write {
    /// `elements` values into X.
    Residual { address: u32, values: Vec<i64> },
    /// Values into R: the first of a word. The others of the word are unspecified, as are words
    /// beyond the last valid row.
    Results { address: u32, values: Vec<i64> },
    /// `elements` values into T.
    Temporaries { address: u32, values: Vec<i64> },
    /// A word of `slots` counts that stand in `column` of the train.
    Train { address: u32, column: u32, counts: Vec<i16> },
    /// The descriptor of a train: its words, and the or (bitwise) or maximum (unary) of its
    /// magnitudes.
    Descriptor { train: u32, words: u32, magnitude: u32 },
    /// A scalar register.
    Scalar { index: u32, scale: Scale },
    /// A maximum register.
    Maximum { index: u32, value: i64 },
    /// One digit of a key: row `position mod lanes` of a word.
    Key { address: u32, position: u32, trits: Vec<Trit> },
    /// One digit of a value: column `position mod slots` of a word.
    Value { address: u32, position: u32, trits: Vec<Trit> },
    /// The deficit of a key; `element` of the word.
    KeyDeficit { address: u32, element: u32, deficit: u8 },
    /// The deficit of a value; `element` of the word.
    ValueDeficit { address: u32, element: u32, deficit: u8 },
}

/// What the execution of one instruction tells beyond its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facts {
    /// Of the matrix unit.
    Matrix(MatrixFacts),
    /// Of the vector unit: nothing that its fields and p do not say.
    Vector,
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
    /// Planes that the train needs, in the machine's radix; at least one.
    pub planes: u32,
    /// Spikes of the train, in the machine's radix.
    pub spikes: u32,
    /// Σ |count| of the train: its spikes in a unary radix.
    pub magnitude_sum: u32,
    /// Largest magnitude of a sum.
    pub sum_max: u64,
    /// Writes in which a valid row saturated.
    pub saturations: u32,
}

/// Who watches an execution.
pub trait Observer {
    /// Whether [`write`](Observer::write) is called at all.
    const WRITES: bool;

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
