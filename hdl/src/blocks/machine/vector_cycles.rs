//! How long the vector unit takes, exactly: the latencies of its parts, added up.

use super::digit_writer::STORE_CYCLES;
use super::scalar_unit::{NORM_SCALE_CYCLES, PEAK_SCALE_CYCLES, SOFTMAX_SCALE_CYCLES};
use super::train_writer::TrainWriter;
use super::vector_control::{ACCEPT_CYCLES, ANGLE_CYCLES};
use super::vector_reduction::{PEAK_CYCLES, VectorReduction};
use super::vector_schedule::{
    DIGIT_CYCLES, EARLY_CYCLES, EXPONENTIAL_CYCLES, LATE_CYCLES, RESULT_CYCLES,
};
use super::vector_unit::VectorUnit;
use firmware::machine_cycles::VectorLatency;

/// Cycles from the acceptance of an instruction to `done_o`.
#[derive(Clone, Copy, Debug)]
pub struct VectorCycles {
    /// The unit.
    pub unit: VectorUnit,
}

/// From the acceptance to the last read of `reads`.
fn walk(reads: u64) -> u64 {
    u64::from(ACCEPT_CYCLES) - 1 + reads
}

fn first_half(weighted: bool) -> u64 {
    u64::from(if weighted { LATE_CYCLES } else { EARLY_CYCLES })
}

impl VectorCycles {
    /// A norm of `words` words.
    pub fn norm(&self, words: u64, weighted: bool) -> u64 {
        let sums = VectorReduction::sum_cycles(self.unit.elements);
        walk(words) + first_half(weighted) + u64::from(sums + NORM_SCALE_CYCLES)
    }

    /// An encoding of `words` words in all groups together.
    pub fn encode(&self, words: u64, weighted: bool) -> u64 {
        let train = RESULT_CYCLES + TrainWriter::descriptor_cycles(self.unit.radix);
        walk(words) + first_half(weighted) + u64::from(train)
    }

    /// A rotation of `words` words in all heads together.
    pub fn rotate(&self, words: u64) -> u64 {
        let scale = ANGLE_CYCLES + LATE_CYCLES + PEAK_CYCLES + PEAK_SCALE_CYCLES;
        walk(2 * words) + u64::from(scale)
    }

    /// A measurement of `words` words in all heads together.
    pub fn measure(&self, words: u64) -> u64 {
        walk(words) + u64::from(EARLY_CYCLES + PEAK_CYCLES + PEAK_SCALE_CYCLES)
    }

    /// Keys or values of `heads` heads of `words` words each.
    ///
    /// Words of the store are complete after `lanes` or `slots` channels and with their head, and
    /// at least one cycle a digit apart.
    pub fn store(&self, words: u64, heads: u64, values: bool) -> u64 {
        let channels = if values { self.unit.lanes } else { self.unit.slots };
        let parts = u64::from(channels / self.unit.elements);
        let digits = u64::from(self.unit.digits);
        let (whole, rest) = (words / parts, words % parts);
        let head = whole * parts.max(digits) + u64::from(rest > 0) * rest.max(digits);
        // Nothing is ahead of the very first one, whose digits leave after its last word.
        let first = digits.saturating_sub(if whole > 0 { parts } else { rest });
        let latency = u64::from(EARLY_CYCLES + DIGIT_CYCLES + STORE_CYCLES) + digits - 1;
        walk(heads * head - first) + latency
    }

    /// Softmax weights of `words` words.
    pub fn softmax(&self, words: u64) -> u64 {
        let peak = EXPONENTIAL_CYCLES + RESULT_CYCLES + PEAK_CYCLES;
        walk(words) + u64::from(peak + SOFTMAX_SCALE_CYCLES)
    }

    /// What the cycle model takes of these.
    pub fn latency(&self) -> VectorLatency {
        let (encode, norm) = (self.encode(1, false), self.norm(1, false));
        VectorLatency {
            accept_cycles: ACCEPT_CYCLES.into(),
            angle_cycles: ANGLE_CYCLES.into(),
            weighted_cycles: self.norm(1, true) - norm,
            norm_cycles: norm - walk(1),
            encode_cycles: encode - walk(1),
            rotate_cycles: self.rotate(1) - walk(2) - u64::from(ANGLE_CYCLES),
            measure_cycles: self.measure(1) - walk(1),
            store_cycles: self.store(1, 1, false) - walk(1),
            softmax_cycles: self.softmax(1) - walk(1),
            gate_cycles: self.gate(1) - walk(2),
        }
    }

    /// A gate of `words` words.
    pub fn gate(&self, words: u64) -> u64 {
        walk(2 * words) + u64::from(LATE_CYCLES + RESULT_CYCLES)
    }
}
