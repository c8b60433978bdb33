//! The cycle model of a machine: what each instruction of a token waits for, and how long it takes.
//!
//! ```text
//!  issue   │ M │ V │  wait  │ M │ …      one instruction a cycle, in order
//!  matrix      │ entries … │ drain │     the next walks while this one drains
//!  vector          │ words … │ depth │   passes word behind word, as early as they may
//! ```
//!
//! An instruction is issued when its two waits are met and the station of its unit is empty, where it stands
//! until the unit takes it. The matrix unit keeps one more waiting while another walks; the vector unit
//! takes one when the last is done, or as much earlier as its lead says.
//! How long each takes follows from its fields and from [`MachineLatency`], the generated hardware's.
//! The model is exact: the hardware's counters say the same of every token.
//!
//! What depends on the token's values, the words and passes of each train, comes from whoever knows
//! them: an execution, or [`dense`].

mod durations;
mod gap;
mod latency;

pub use durations::{Busy, Clock, TrainFacts};
pub use gap::Link;
pub use latency::{MachineLatency, MatrixLatency, PassLatency, position_width};

use crate::control::Control;
use crate::isa::{ANY, Action, Unit, Wait};
use crate::machine::Program;
use serde::Serialize;

/// An instruction of a token, as its unit gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// How many the units got before it in this token.
    pub number: usize,
    /// Address in the program.
    pub address: usize,
    /// What it does, its pointers added.
    pub action: Action,
    /// The last position that it attends.
    pub attended: u32,
}

/// What an instruction of a token did, in cycles from the start of the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// Address in the program.
    pub address: usize,
    /// Stood at the issue, the one before it gone.
    pub ready: u64,
    /// First cycle in which its wait for the matrix unit is met; it may lie before `ready`.
    pub matrix_met: u64,
    /// The same of the vector unit.
    pub vector_met: u64,
    /// Left for the station of its unit.
    pub issued: u64,
    /// Its unit took it.
    pub taken: u64,
    /// First and last cycle of its unit's work on it, as in [`Busy`].
    pub span: (u64, u64),
    /// Was finished.
    pub done: u64,
}

/// The cycles of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenCycles {
    /// From the start of the token until everything is done and its last `End` has left.
    pub total: u64,
    /// Entries that enter the array.
    pub array_busy: u64,
    /// An instruction is under way in the vector unit.
    pub vector_busy: u64,
    /// Cycles of its instructions, each by itself: its work, whatever is under way beside it.
    #[serde(skip)]
    pub vector_work: u64,
    /// An entry waits for the results of the tile before to drain.
    pub drain_waits: u64,
    /// The issue waits for results of the matrix unit; may also wait for the other.
    pub matrix_waits: u64,
    /// The issue waits for results of the vector unit; may also wait for the other.
    pub vector_waits: u64,
    /// The issue waits for its unit to take the instruction.
    pub unit_waits: u64,
    /// Every instruction that was issued.
    pub timings: Vec<Timing>,
}

impl TokenCycles {
    /// Part of the cycles in which the array works: 0 to 1.
    pub fn array_utilisation(&self) -> f64 {
        self.array_busy as f64 / self.total.max(1) as f64
    }
}

/// When an instruction may leave, as far as its two waits go: when enough are done.
fn met(wait: u8, done: &[u64]) -> u64 {
    match wait {
        ANY => 0,
        most => match done.len().checked_sub(usize::from(most) + 1) {
            Some(last) => done[last],
            None => 0,
        },
    }
}

/// Predicts the cycles of the token at `position`. `asked`: its prediction is asked for.
/// `facts` tells of the train that a matrix instruction reads.
pub fn token_cycles(
    program: &Program,
    latency: &MachineLatency,
    position: u32,
    asked: bool,
    facts: impl Fn(&Executed) -> TrainFacts,
) -> TokenCycles {
    let mut clock = Clock::new(&program.parameters, *latency, position);
    let mut done: [Vec<u64>; 2] = Default::default();
    let mut cycles = TokenCycles::default();
    let mut ready = latency.start_cycles;
    let mut control = Control::new(position);
    let mut number = 0;
    let mut last_vector = None;
    while let Some(instruction) = program.instructions.get(control.next()) {
        let Wait { matrix, vector } = instruction.wait;
        let action = instruction.moved(&control.pointers());
        let (address, attended) = (control.next(), control.attended(instruction));
        control.advance(instruction);
        let (matrix_met, vector_met) = (met(matrix, &done[0]), met(vector, &done[1]));
        cycles.matrix_waits += matrix_met.saturating_sub(ready);
        cycles.vector_waits += vector_met.saturating_sub(ready);
        let may_go = ready.max(matrix_met).max(vector_met);
        let which = match action.unit() {
            Unit::Matrix => 0,
            Unit::Vector => 1,
            Unit::Sequencer => {
                cycles.total = cycles.total.max(may_go);
                if Control::ends(instruction, asked) {
                    break;
                }
                ready = may_go + latency.turn(&action);
                continue;
            }
        };
        clock.attend(attended);
        let follows = which == 1 && last_vector.replace(address) == Some(address);
        let issued = may_go.max(clock.issues(&action));
        cycles.unit_waits += issued - may_go;
        let taken = clock.takes(&action, issued, follows);
        let busy =
            clock.execute(&action, taken, facts(&Executed { number, address, action, attended }));
        number += 1;
        cycles.drain_waits += busy.drain_waits;
        match which {
            0 => cycles.array_busy += busy.work,
            _ => {
                cycles.vector_busy += busy.work;
                cycles.vector_work += busy.done - taken;
            }
        }
        done[which].push(busy.done);
        let (span, done) = (busy.span, busy.done);
        let timing = Timing { address, ready, matrix_met, vector_met, issued, taken, span, done };
        cycles.timings.push(timing);
        cycles.total = cycles.total.max(busy.done + 1);
        ready = issued + 1;
    }
    cycles
}

/// Trains without an empty word, in one pass each: the most words there can be.
pub fn dense(program: &Program) -> impl Fn(&Executed) -> TrainFacts + '_ {
    move |executed| match executed.action {
        Action::Matrix(matrix) if matrix.store == 2 => {
            TrainFacts { words: executed.attended / program.parameters.slots + 1, passes: 1 }
        }
        Action::Matrix(matrix) => TrainFacts { words: matrix.stride, passes: 1 },
        _ => TrainFacts::default(),
    }
}

#[cfg(test)]
mod gap_tests;
#[cfg(test)]
mod tests;
