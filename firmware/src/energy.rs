//! The energy of a token: what is added, kept and fetched, times a table of prices.
//!
//! ```text
//!  spikes × rows ────────► adds of a trit ────┐
//!  entries × lanes ──────► sums to a current ─┼─► × PRICES ──► picojoules of a token
//!  entries × word bits ──► fetched weights ───┤
//!  vector words ─────────► multiplications ───┘
//! ```
//!
//! These are the prices of an ASIC, from the literature, so that designs can be compared with each
//! other and with other work; an FPGA takes many times as much, for its wires. Prices of one
//! operation are of 45 nm, those of a fetch of 130 nm: read ratios, not watts.
//!
//! Beside it stands the same matrix work without spikes: int8 activations added and subtracted by
//! ternary weights (no multiplication either), and multiplied by float weights.

use crate::isa::Matrix;
use crate::machine::MachineParameters;
use crate::machine_cycles::TrainFacts;
use serde::Serialize;

/// What an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Price {
    /// The operation.
    pub operation: &'static str,
    /// Energy of one, in picojoules.
    pub picojoules: f64,
    /// Where the number is from.
    pub source: &'static str,
}

const HOROWITZ: &str =
    "M. Horowitz, ISSCC 2014, 45 nm at 0.9 V, as the spiking language models quote it";

/// An 8-bit addition: what a spike adds to a sum, and what a plane adds to another.
pub const ADD_8: Price =
    Price { operation: "8-bit integer add", picojoules: 0.03, source: HOROWITZ };
/// A 32-bit addition: a sum joins its accumulator.
pub const ADD_32: Price =
    Price { operation: "32-bit integer add", picojoules: 0.1, source: HOROWITZ };
/// A float multiplication with its addition: what a value of the vector unit takes at most.
pub const MULTIPLY_ADD: Price =
    Price { operation: "32-bit float multiply-accumulate", picojoules: 4.6, source: HOROWITZ };
/// A float addition: what the spiking language models count a spike as.
pub const ADD_FLOAT: Price =
    Price { operation: "32-bit float add", picojoules: 0.9, source: HOROWITZ };
/// An 8-bit multiplication, without its addition.
pub const MULTIPLY_8: Price =
    Price { operation: "8-bit integer multiply", picojoules: 0.2, source: HOROWITZ };
/// A bit of a weight fetched from memory: 49.6 pJ for a word of 64 bits.
pub const FETCH_BIT: Price = Price {
    operation: "fetch of a bit from a 256 x 64 SRAM",
    picojoules: 49.6 / 64.0,
    source: "IHP SG13G2 SRAM datasheet, 130 nm: 49.6 pJ a 64-bit read",
};

/// Every price of a machine's token, in the order of the sum.
pub const PRICES: [Price; 4] = [ADD_8, ADD_32, FETCH_BIT, MULTIPLY_ADD];

/// What a token, or several, made the machine do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenWork {
    /// Rows times stored digits times columns of all matrices, without padding of rows.
    pub synapses: u64,
    /// Spikes times the rows and digits that they reach.
    pub spike_adds: u64,
    /// Sums of planes joined in the lanes, beyond the first plane.
    pub plane_adds: u64,
    /// Sums that join an accumulator.
    pub accumulations: u64,
    /// Bits of weights, keys and values that were fetched.
    pub fetched_bits: u64,
    /// The same without a second pass of a train.
    pub fetched_bits_once: u64,
    /// Values that the vector unit handled, counted as full words in each of its busy cycles.
    pub vector_values: u64,
}

/// The energy of a token in picojoules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct TokenEnergy {
    /// Spikes and planes added.
    pub adds: f64,
    /// Sums joined.
    pub accumulations: f64,
    /// Weights, keys and values fetched.
    pub fetches: f64,
    /// The vector unit.
    pub vector: f64,
}

impl TokenEnergy {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.adds + self.accumulations + self.fetches + self.vector
    }
}

impl TokenWork {
    /// Adds one matrix instruction: valid rows, spikes of its train or of all its vectors, and what
    /// these made it visit.
    pub fn add_matrix(
        &mut self,
        machine: &MachineParameters,
        matrix: &Matrix,
        (tiles, rows): (u32, u32),
        (spikes, facts): (u32, TrainFacts),
    ) {
        let word_bits = match matrix.store {
            // Weights and embeddings lie packed; keys and values as two bits a trit.
            0 | 3 => machine.weight_banks() * 32,
            _ => 2 * machine.word_trits(),
        };
        let digits = u64::from(matrix.digits);
        let (words, passes) = (u64::from(facts.words.max(1)), u64::from(facts.passes.max(1)));
        let once = u64::from(tiles) * digits * words;
        let entries = once * passes;
        let lanes = u64::from(machine.lanes);
        let (vectors, planes) = match matrix.vectors {
            // An event is one number whatever its planes.
            0 if machine.has_events() => (1, 0),
            0 => (1, machine.planes - 1),
            vectors => (u64::from(vectors), 0),
        };
        let columns = match machine.has_events() && matrix.store == 0 {
            true => u64::from(matrix.stride),
            false => words * u64::from(machine.slots),
        };
        self.synapses += vectors * u64::from(rows) * digits * columns;
        if !machine.has_events() {
            self.spike_adds += u64::from(spikes) * u64::from(rows) * digits;
        }
        self.plane_adds += entries * lanes * u64::from(planes);
        self.accumulations += vectors * entries * lanes;
        self.fetched_bits += entries * u64::from(word_bits);
        self.fetched_bits_once += once * u64::from(word_bits);
    }

    /// Adds the cycles of the vector unit's instructions, each by itself.
    pub fn add_vector(&mut self, machine: &MachineParameters, cycles: u64) {
        self.vector_values += cycles * u64::from(machine.elements);
    }

    /// What the work takes as it is done here.
    pub fn energy(&self) -> TokenEnergy {
        TokenEnergy {
            adds: (self.spike_adds + self.plane_adds) as f64 * ADD_8.picojoules,
            accumulations: self.accumulations as f64 * ADD_32.picojoules,
            fetches: self.fetched_bits as f64 * FETCH_BIT.picojoules,
            vector: self.vector_values as f64 * MULTIPLY_ADD.picojoules,
        }
    }

    /// The baseline: a ternary weight adds, subtracts or skips an int8 activation.
    pub fn int8_energy(&self) -> TokenEnergy {
        TokenEnergy {
            adds: self.synapses as f64 * ADD_8.picojoules,
            accumulations: self.accumulations as f64 * ADD_32.picojoules,
            fetches: self.fetched_bits_once as f64 * FETCH_BIT.picojoules,
            vector: self.vector_values as f64 * MULTIPLY_ADD.picojoules,
        }
    }

    /// A float multiply-accumulate for each synapse, fetches left out.
    pub fn float_energy(&self) -> f64 {
        self.synapses as f64 * MULTIPLY_ADD.picojoules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::config::{Design, Form};
    use weights::sample;

    #[test]
    fn the_energy_of_a_matrix_is_its_work_times_its_prices() {
        let program = crate::lower::lower(&sample::network(1), &Design::bundled());
        let machine = program.expect("the sample fits").parameters;
        assert_eq!((machine.lanes, machine.slots, machine.planes), (8, 16, 4));
        let matrix = Matrix { digits: 1, ..Matrix::default() };
        let mut work = TokenWork::default();
        let facts = TrainFacts { words: 3, passes: 2 };
        work.add_matrix(&machine, &matrix, (5, 40), (10, facts));
        // Entries: 5 tiles of 3 words in 2 passes, of 128 trits in 7 banks of 32 bits.
        let expected = TokenWork {
            synapses: 40 * 3 * 16,
            spike_adds: 10 * 40,
            plane_adds: 30 * 8 * 3,
            accumulations: 30 * 8,
            fetched_bits: 30 * 7 * 32,
            fetched_bits_once: 15 * 7 * 32,
            vector_values: 0,
        };
        assert_eq!(work, expected);
        work.add_vector(&machine, 7);
        assert_eq!(work.vector_values, 56);
        let energy = work.energy();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        close(energy.adds, (400.0 + 720.0) * 0.03);
        close(energy.accumulations, 240.0 * 0.1);
        close(energy.fetches, 6720.0 * 0.775);
        close(energy.vector, 56.0 * 4.6);
        close(energy.total(), energy.adds + energy.accumulations + energy.fetches + energy.vector);
        close(work.int8_energy().adds, 1920.0 * 0.03);
        close(work.float_energy(), 1920.0 * 4.6);
    }

    #[test]
    fn events_add_and_fetch_what_spikes() {
        let program = crate::lower::lower(&sample::network(1), &Design::bundled());
        let machine = program.expect("the sample fits").parameters;
        let machine = MachineParameters { form: Form::Event, ..machine };
        let matrix = Matrix { digits: 2, stride: 48, ..Matrix::default() };
        let mut work = TokenWork::default();
        work.add_matrix(&machine, &matrix, (5, 40), (10, TrainFacts { words: 3, passes: 1 }));
        // Events: 5 tiles of 2 digits of 3 columns, of 8 trits in a bank of 32 bits.
        let expected = TokenWork {
            synapses: 40 * 2 * 48,
            accumulations: 30 * 8,
            fetched_bits: 30 * 32,
            fetched_bits_once: 30 * 32,
            ..TokenWork::default()
        };
        assert_eq!(work, expected);
    }
}
