//! How long one instruction takes: formulas over its fields, constants of the hardware.

use crate::isa::{Action, Matrix, Store};
use crate::machine::MachineParameters;
use serde::Serialize;

/// Constants of the matrix unit, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixLatency {
    /// From the acceptance of an instruction to its first entry, the walker being free.
    pub accept_cycles: u64,
    /// Between the last entries of an instruction and of the first tile of the next, beyond the
    /// groups of rows that drain.
    pub gap_cycles: u64,
    /// From the last entry to the done of an instruction.
    pub finish_cycles: u64,
    /// What a search adds to that.
    pub search_cycles: u64,
    /// What an embedding adds to the acceptance.
    pub embedding_cycles: u64,
    /// From the last entry to the done of an embedding.
    pub embedding_finish_cycles: u64,
}

/// Constants of the vector unit, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VectorLatency {
    /// From the acceptance of an instruction to its first read.
    pub accept_cycles: u64,
    /// What finding the angles of a rotation adds to that.
    pub angle_cycles: u64,
    /// From the last read to done: sums, root, scale.
    pub norm_cycles: u64,
    /// From the last read to done: product, shift, train.
    pub encode_cycles: u64,
    /// From the last read to done: turn, peak, scale.
    pub rotate_cycles: u64,
    /// From the last read to done: peak, scale.
    pub measure_cycles: u64,
    /// From the last read to the last digit.
    pub store_cycles: u64,
    /// From the last read to done: exponential, sum, reciprocal.
    pub softmax_cycles: u64,
    /// From the last read to done: products, sigmoid.
    pub gate_cycles: u64,
}

/// Constants of the generated hardware, in cycles. The default is a machine of about sixteen slots;
/// it orders programs, the hardware's own values predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MachineLatency {
    /// From the start of a token to its first issue.
    pub start_cycles: u64,
    /// From the last done of a token to its end.
    pub end_cycles: u64,
    /// The matrix unit.
    pub matrix: MatrixLatency,
    /// The vector unit.
    pub vector: VectorLatency,
}

impl Default for MachineLatency {
    fn default() -> Self {
        MachineLatency {
            start_cycles: 3,
            end_cycles: 1,
            matrix: MatrixLatency {
                accept_cycles: 2,
                gap_cycles: 1,
                finish_cycles: 22,
                search_cycles: 3,
                embedding_cycles: 2,
                embedding_finish_cycles: 14,
            },
            vector: VectorLatency {
                accept_cycles: 1,
                angle_cycles: 2,
                norm_cycles: 20,
                encode_cycles: 10,
                rotate_cycles: 14,
                measure_cycles: 8,
                store_cycles: 12,
                softmax_cycles: 18,
                gate_cycles: 14,
            },
        }
    }
}

/// What a matrix instruction finds in its train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrainFacts {
    /// Words that are visited; none counts as one.
    pub words: u32,
    /// Passes over them; none counts as one.
    pub passes: u32,
}

/// What an instruction costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The cycle in which it is done.
    pub done: u64,
    /// Cycles of work: entries of the array, or cycles of the vector unit.
    pub work: u64,
}

/// The two units in time.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    machine: &'a MachineParameters,
    latency: MachineLatency,
    position: u32,
    /// First cycle in which the matrix unit takes another instruction.
    matrix_free: u64,
    /// First cycle after the last entry so far.
    next_entry: u64,
    /// Last entry of the tile before.
    last_entry: u64,
    /// Done of all matrix instructions so far.
    matrix_done: u64,
    /// First cycle in which the vector unit takes another instruction.
    vector_free: u64,
}

impl<'a> Clock<'a> {
    /// Both units idle, at the start of a token.
    pub fn new(machine: &'a MachineParameters, latency: MachineLatency, position: u32) -> Self {
        Clock {
            machine,
            latency,
            position,
            matrix_free: 0,
            next_entry: 0,
            last_entry: 0,
            matrix_done: 0,
            vector_free: 0,
        }
    }

    /// The first cycle in which the unit of `action` takes it.
    pub fn takes(&self, action: &Action) -> u64 {
        match action {
            Action::Matrix(_) => self.matrix_free,
            Action::End(_) => 0,
            _ => self.vector_free,
        }
    }

    /// Executes an instruction that is issued in cycle `issued`.
    pub fn execute(&mut self, action: &Action, issued: u64, facts: TrainFacts) -> Busy {
        match action {
            Action::End(_) => Busy { done: issued, work: 0 },
            Action::Matrix(matrix) if matrix.store == 3 => self.embedding(matrix, issued),
            Action::Matrix(matrix) => self.matrix(matrix, issued, facts),
            _ => {
                let work = self.vector_cycles(action);
                self.vector_free = issued + work;
                Busy { done: issued + work, work }
            }
        }
    }

    fn groups(&self) -> u64 {
        u64::from(self.machine.lanes / self.machine.elements)
    }

    fn embedding(&mut self, matrix: &Matrix, issued: u64) -> Busy {
        let latency = &self.latency.matrix;
        let words = u64::from(matrix.stride * self.machine.slots / self.machine.elements);
        let first = issued + latency.accept_cycles + latency.embedding_cycles;
        let first = first.max(self.matrix_done + latency.embedding_cycles);
        let last = first + words * u64::from(matrix.digits) - 1;
        self.matrix_free = first;
        self.next_entry = last + 1;
        self.last_entry = last;
        self.matrix_done = last + latency.embedding_finish_cycles;
        Busy { done: self.matrix_done, work: 0 }
    }

    fn matrix(&mut self, matrix: &Matrix, issued: u64, facts: TrainFacts) -> Busy {
        let latency = &self.latency.matrix;
        let tiles = match matrix.store {
            1 => self.position / self.machine.lanes + 1,
            _ => matrix.tiles,
        };
        let entries = u64::from(matrix.digits)
            * u64::from(facts.words.max(1))
            * u64::from(facts.passes.max(1));
        let groups = self.groups();
        let first = (issued + latency.accept_cycles).max(self.next_entry);
        let drained = self.last_entry + groups + latency.gap_cycles;
        let first_tile = (first + entries - 1).max(drained);
        let last = first_tile + u64::from(tiles - 1) * entries.max(groups);
        // The one that waits leaves its register when it starts to walk.
        self.matrix_free = first;
        self.next_entry = last + 1;
        self.last_entry = last;
        let search = if matrix.search == 0 { 0 } else { latency.search_cycles };
        self.matrix_done = last + latency.finish_cycles + search;
        Busy { done: self.matrix_done, work: u64::from(tiles) * entries }
    }

    /// Cycles from the acceptance of a vector instruction to its done.
    fn vector_cycles(&self, action: &Action) -> u64 {
        let latency = &self.latency.vector;
        let positions = u64::from(self.position / self.machine.elements + 1);
        let (reads, depth) = match action {
            Action::Norm(norm) => (norm.words.into(), latency.norm_cycles),
            Action::Encode(encode) => {
                let words = if encode.positions == 1 { positions } else { encode.words.into() };
                (words * u64::from(encode.groups), latency.encode_cycles)
            }
            Action::Rotate(rotate) => {
                let words = 2 * u64::from(rotate.words * rotate.heads);
                (words + latency.angle_cycles, latency.rotate_cycles)
            }
            Action::Measure(measure) => {
                (u64::from(measure.words * measure.heads), latency.measure_cycles)
            }
            Action::Store(store) => (self.store_reads(store), latency.store_cycles),
            Action::Softmax(_) => (positions, latency.softmax_cycles),
            Action::Gate(gate) => (2 * u64::from(gate.words), latency.gate_cycles),
            Action::Matrix(_) | Action::End(_) => (0, 0),
        };
        latency.accept_cycles + reads + depth
    }

    /// Cycles in which a store reads: a word that completes a store word waits until the digits
    /// of the one before have left.
    fn store_reads(&self, store: &Store) -> u64 {
        let side = if store.values == 0 { self.machine.slots } else { self.machine.lanes };
        let parts = side / self.machine.elements;
        let digits = u64::from(self.machine.key_value_digits);
        let (mut reads, mut digits_gone) = (0, 0);
        for _ in 0..store.heads {
            for word in 0..store.words {
                if word + 1 == store.words || (word + 1) % parts == 0 {
                    reads = digits_gone.max(reads);
                    digits_gone = reads + digits;
                }
                reads += 1;
            }
        }
        reads
    }
}
