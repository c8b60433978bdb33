//! How long the vector unit takes, exactly: the latencies of its parts, added up.
//!
//! ```text
//!  accept ─► reads … last read ─► way ─► second half, writers ─► done
//!                                  │◄──────── overlap ───────────►│   the next one is taken
//!                     │◄─ lead ─────────────────────────────────►│   … as early as it may
//! ```

use super::digit_writer::STORE_CYCLES;
use super::scalar_unit::{NORM_SCALE_CYCLES, PEAK_SCALE_CYCLES, SOFTMAX_SCALE_CYCLES};
use super::train_writer::TrainWriter;
use super::vector_reduction::{PEAK_CYCLES, VectorReduction};
use super::vector_schedule::{
    DIGIT_CYCLES, EARLY_CYCLES, EXPONENTIAL_CYCLES, LATE_CYCLES, RESULT_CYCLES,
};
use super::vector_unit::VectorUnit;
use firmware::isa::{Encode, Format, Gate, Measure, Norm, Rotate, Softmax, Store};
use firmware::machine_cycles::VectorLatency;

/// Cycles from the acceptance of an instruction to its first read.
pub const ACCEPT_CYCLES: u32 = 1;
/// Cycles more before a rotation's first read: its angles have to be found.
pub const ANGLE_CYCLES: u32 = 2;

/// Cycles from the last write of an instruction to the first word of the next in the second half.
pub const HAND_OVER_CYCLES: u32 = 2;

/// The instructions of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the instructions")]
pub enum Kind {
    Norm,
    Encode,
    Rotate,
    Measure,
    Store,
    Softmax,
    Gate,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 7] = [
        Kind::Norm,
        Kind::Encode,
        Kind::Rotate,
        Kind::Measure,
        Kind::Store,
        Kind::Softmax,
        Kind::Gate,
    ];

    /// Its format.
    pub fn format(self) -> Format {
        match self {
            Kind::Norm => Norm::FORMAT,
            Kind::Encode => Encode::FORMAT,
            Kind::Rotate => Rotate::FORMAT,
            Kind::Measure => Measure::FORMAT,
            Kind::Store => Store::FORMAT,
            Kind::Softmax => Softmax::FORMAT,
            Kind::Gate => Gate::FORMAT,
        }
    }

    /// Whether its words may be weighted.
    pub fn may_weigh(self) -> bool {
        matches!(self, Kind::Norm | Kind::Encode)
    }

    /// Cycles from the last read of a word to its entry into the second half.
    pub fn way(self, weighted: bool) -> u32 {
        match self {
            Kind::Norm | Kind::Encode if weighted => LATE_CYCLES,
            Kind::Norm | Kind::Encode | Kind::Measure | Kind::Store => EARLY_CYCLES,
            Kind::Rotate | Kind::Gate => LATE_CYCLES,
            Kind::Softmax => EXPONENTIAL_CYCLES,
        }
    }

    /// How long before the last write of the instruction before it may be taken, so that its first
    /// word enters the second half in time.
    pub fn lead(self, weighted: bool) -> u32 {
        let reads = match self {
            Kind::Rotate => ACCEPT_CYCLES + ANGLE_CYCLES + 1,
            Kind::Gate => ACCEPT_CYCLES + 1,
            _ => ACCEPT_CYCLES,
        };
        reads + self.way(weighted) - HAND_OVER_CYCLES
    }
}

/// Cycles from the acceptance of an instruction to `done_o`, if nothing else is under way.
#[derive(Clone, Copy, Debug)]
pub struct VectorCycles {
    /// The unit.
    pub unit: VectorUnit,
}

/// From the acceptance to the last read of `reads`.
fn walk(reads: u64) -> u64 {
    u64::from(ACCEPT_CYCLES) - 1 + reads
}

impl VectorCycles {
    /// Cycles from the last word that enters the second half to the last write.
    fn second_half(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Norm => VectorReduction::sum_cycles(self.unit.elements) + NORM_SCALE_CYCLES,
            Kind::Encode => RESULT_CYCLES + TrainWriter::descriptor_cycles(self.unit.radix),
            Kind::Rotate | Kind::Measure => PEAK_CYCLES + PEAK_SCALE_CYCLES,
            Kind::Store => DIGIT_CYCLES + STORE_CYCLES + self.unit.digits - 1,
            Kind::Softmax => RESULT_CYCLES + PEAK_CYCLES + SOFTMAX_SCALE_CYCLES,
            Kind::Gate => RESULT_CYCLES,
        }
    }

    /// Cycles from the last read of an instruction to its last write.
    pub fn depth(&self, kind: Kind, weighted: bool) -> u32 {
        kind.way(weighted) + self.second_half(kind)
    }

    /// How long before its last write another instruction may be taken: its words have left the
    /// first half, and what it writes to T is there.
    pub fn overlap(&self, kind: Kind) -> u32 {
        let temporaries = match kind {
            Kind::Softmax | Kind::Gate => RESULT_CYCLES,
            _ => 0,
        };
        self.second_half(kind) - temporaries
    }

    fn cycles(&self, kind: Kind, weighted: bool, reads: u64) -> u64 {
        walk(reads) + u64::from(self.depth(kind, weighted))
    }

    /// A norm of `words` words.
    pub fn norm(&self, words: u64, weighted: bool) -> u64 {
        self.cycles(Kind::Norm, weighted, words)
    }

    /// An encoding of `words` words in all groups together.
    pub fn encode(&self, words: u64, weighted: bool) -> u64 {
        self.cycles(Kind::Encode, weighted, words)
    }

    /// A rotation of `words` words in all heads together.
    pub fn rotate(&self, words: u64) -> u64 {
        u64::from(ANGLE_CYCLES) + self.cycles(Kind::Rotate, false, 2 * words)
    }

    /// A measurement of `words` words in all heads together.
    pub fn measure(&self, words: u64) -> u64 {
        self.cycles(Kind::Measure, false, words)
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
        self.cycles(Kind::Store, false, heads * head - first)
    }

    /// Softmax weights of `words` words.
    pub fn softmax(&self, words: u64) -> u64 {
        self.cycles(Kind::Softmax, false, words)
    }

    /// A gate of `words` words.
    pub fn gate(&self, words: u64) -> u64 {
        self.cycles(Kind::Gate, false, 2 * words)
    }

    /// What the cycle model takes of these.
    pub fn latency(&self) -> VectorLatency {
        let depth = |kind| u64::from(self.depth(kind, false));
        VectorLatency {
            accept_cycles: ACCEPT_CYCLES.into(),
            angle_cycles: ANGLE_CYCLES.into(),
            hand_over_cycles: HAND_OVER_CYCLES.into(),
            early_cycles: EARLY_CYCLES.into(),
            late_cycles: LATE_CYCLES.into(),
            exponential_cycles: EXPONENTIAL_CYCLES.into(),
            result_cycles: RESULT_CYCLES.into(),
            norm_cycles: depth(Kind::Norm),
            encode_cycles: depth(Kind::Encode),
            rotate_cycles: depth(Kind::Rotate),
            measure_cycles: depth(Kind::Measure),
            store_cycles: depth(Kind::Store),
            softmax_cycles: depth(Kind::Softmax),
            gate_cycles: depth(Kind::Gate),
        }
    }
}
