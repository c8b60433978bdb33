//! What the cycle model and the hardware's counters both say of a token.

use cosim::pipeline::machine::Conversation;
use firmware::driver::MachineCounters;
use firmware::machine::Program;
use firmware::machine_cycles::TokenCycles;

/// What both count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the counters")]
pub struct Counts {
    pub cycles: u64,
    pub array: u64,
    pub vector: u64,
    pub drain_waits: u64,
    pub matrix_waits: u64,
    pub vector_waits: u64,
    pub unit_waits: u64,
}

impl From<&MachineCounters> for Counts {
    fn from(measured: &MachineCounters) -> Counts {
        Counts {
            cycles: measured.cycles.into(),
            array: measured.array_cycles.into(),
            vector: measured.vector_cycles.into(),
            drain_waits: measured.drain_waits.into(),
            matrix_waits: measured.matrix_waits.into(),
            vector_waits: measured.vector_waits.into(),
            unit_waits: measured.unit_waits.into(),
        }
    }
}

impl From<&TokenCycles> for Counts {
    fn from(predicted: &TokenCycles) -> Counts {
        Counts {
            cycles: predicted.total,
            array: predicted.array_busy,
            vector: predicted.vector_busy,
            drain_waits: predicted.drain_waits,
            matrix_waits: predicted.matrix_waits,
            vector_waits: predicted.vector_waits,
            unit_waits: predicted.unit_waits,
        }
    }
}

/// Compares every predicted token with what was measured, and says how many cycles they took.
///
/// # Panics
/// At the first difference, or if nothing was measured.
pub fn compare(name: &str, program: &Program, talk: &Conversation) -> u64 {
    assert!(talk.failure.is_none() && !talk.tokens.is_empty(), "{name}: {:?}", talk.failure);
    let mut cycles = 0;
    for token in &talk.tokens {
        let (predicted, measured) =
            (Counts::from(&token.predicted(program)), Counts::from(&token.counters));
        assert_eq!(predicted, measured, "{name}: predicted, measured at {}", token.position);
        cycles += measured.cycles;
    }
    cycles
}
