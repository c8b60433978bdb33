//! One token of a run, instruction by instruction, as the cycle model has it: what each unit did
//! and what waited for what. The model is exact, so the hardware did the same.

use super::{Conversation, TokenRun};
use firmware::isa::{Action, Unit};
use firmware::machine::Program;
use firmware::machine_cycles::{Timing, TokenCycles};
use serde::{Deserialize, Serialize};

/// The cycles of one token. All cycles count from its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Which prompt it belongs to.
    pub conversation: usize,
    /// Position of the token that was fed.
    pub position: usize,
    /// All its cycles.
    pub cycles: u64,
    /// Cycles in which the array took an entry.
    pub array: u64,
    /// Cycles in which an entry waited for results to drain.
    pub drain_waits: u64,
    /// Every instruction, in the order of issue.
    pub instructions: Vec<TimelineEntry>,
}

/// The unit that executes an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineUnit {
    /// The accumulator array, with what feeds and drains it.
    Matrix,
    /// The vector unit.
    Vector,
}

/// One instruction of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Address in the program.
    pub address: usize,
    /// The unit that executes it.
    pub unit: TimelineUnit,
    /// Its name; of a matrix instruction, the store that it reads.
    pub operation: String,
    /// What it is for.
    pub remark: String,
    /// The cycle in which it stood at the issue.
    pub ready: u64,
    /// The first cycle in which nothing of the matrix unit held it up.
    pub matrix_met: u64,
    /// The first cycle in which nothing of the vector unit held it up.
    pub vector_met: u64,
    /// The cycle in which it was issued.
    pub issued: u64,
    /// The cycle in which its unit took it.
    pub taken: u64,
    /// The first cycle in which its unit worked on it.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// The cycle in which its results were there.
    pub done: u64,
}

impl Timeline {
    /// The token whose cycles are nearest to `mean`, the earliest of several.
    pub fn nearest(
        program: &Program,
        conversations: &[Conversation],
        mean: f64,
    ) -> Option<Timeline> {
        let tokens = conversations.iter().enumerate().flat_map(|(conversation, talk)| {
            talk.tokens.iter().map(move |token| (conversation, token))
        });
        let distance = |token: &TokenRun| (f64::from(token.counters.cycles) - mean).abs();
        let (conversation, token) =
            tokens.min_by(|left, right| distance(left.1).total_cmp(&distance(right.1)))?;
        let TokenCycles { total, array_busy, drain_waits, timings, .. } = token.predicted(program);
        Some(Timeline {
            conversation,
            position: token.position,
            cycles: total,
            array: array_busy,
            drain_waits,
            instructions: timings
                .into_iter()
                .map(|timing| TimelineEntry::new(program, timing))
                .collect(),
        })
    }
}

impl TimelineEntry {
    fn new(program: &Program, timing: Timing) -> TimelineEntry {
        let Timing { address, ready, matrix_met, vector_met, issued, taken, span, done } = timing;
        let action = &program.instructions[address].action;
        let operation = match action {
            Action::Matrix(matrix) => {
                ["weights", "keys", "values", "embedding"][matrix.store as usize & 3].to_owned()
            }
            _ => action.format().name.to_lowercase(),
        };
        TimelineEntry {
            address,
            unit: match action.unit() {
                Unit::Vector => TimelineUnit::Vector,
                _ => TimelineUnit::Matrix,
            },
            operation,
            remark: program.remarks[address].clone(),
            ready,
            matrix_met,
            vector_met,
            issued,
            taken,
            first: span.0,
            last: span.1,
            done,
        }
    }
}
