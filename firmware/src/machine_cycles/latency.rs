//! What the generated hardware takes beyond its work: constants and a few formulas.
//!
//! The blocks of `hdl` have them from their own pipelines; a test there holds both together.

use crate::isa::{Action, Emit, Exit, Extent, Pass, Reduce};
use crate::machine::MachineParameters;
use serde::Serialize;
use weights::config::Target;
use weights::numeric::Radix;

/// Latencies of the matrix unit, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MatrixLatency {
    /// From the acceptance of an instruction to its first entry, the walker being free.
    pub accept_cycles: u64,
    /// What finding the first event adds to that, and to the way behind the last entry of the
    /// instruction before; none in a dense array.
    pub event_cycles: u64,
    /// Between the last entries of an instruction and of the first tile of the next, beyond the
    /// groups of rows that drain.
    pub gap_cycles: u64,
    /// From the last entry to the done of an instruction.
    pub finish_cycles: u64,
    /// The same of one with vectors, of which there is one; each further one adds the groups of
    /// a tile.
    pub vector_finish_cycles: u64,
    /// What a search adds to that.
    pub search_cycles: u64,
    /// What an embedding adds to the gap behind it: the way of its values to the drain is so much longer
    /// than that of events.
    pub embedding_lag_cycles: u64,
    /// What an embedding adds to the acceptance.
    pub embedding_cycles: u64,
    /// From the done of everything before an embedding to its first entry.
    pub settle_cycles: u64,
    /// From the last entry to the done of an embedding.
    pub embedding_finish_cycles: u64,
}

/// Latencies of passes, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PassLatency {
    /// From the acceptance of a pass to its first read.
    pub accept_cycles: u64,
    /// From its last read to the last word of T or S.
    pub result_cycles: u64,
    /// The same to the last word of its vector.
    pub vector_cycles: u64,
    /// The same to the descriptor of its train.
    pub train_cycles: u64,
    /// The same to the last digit of its key or value.
    pub digit_cycles: u64,
    /// The same to its level or scalar.
    pub finish_cycles: u64,
    /// How much less that all is where the words leave behind the join.
    pub join_saves: u64,
    /// The same behind the product.
    pub product_saves: u64,
    /// From the last read of a word to that of its scalar, in a machine with streams.
    pub scalar_cycles: u64,
}

/// Latencies of a machine, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MachineLatency {
    /// From the start of a token to its first issue.
    pub start_cycles: u64,
    /// From a `Loop` or a `Next` to the issue behind it.
    pub turn_cycles: u64,
    /// What a loop that runs once, here, adds to that.
    pub here_cycles: u64,
    /// The matrix unit.
    pub matrix: MatrixLatency,
    /// The vector unit.
    pub pass: PassLatency,
}

/// ⌈log2 `count`⌉, the levels of a tree.
fn levels(count: u32) -> u64 {
    count.next_power_of_two().ilog2().into()
}

impl MachineLatency {
    /// The latencies of the machine that is generated for `machine`.
    pub fn of(machine: &MachineParameters) -> MachineLatency {
        // Instructions whose addresses move have a stage more.
        let start_cycles = if machine.loop_depth == 0 { 2 } else { 3 };
        MachineLatency {
            start_cycles,
            turn_cycles: start_cycles,
            here_cycles: position_width(machine.context).into(),
            matrix: MatrixLatency::of(machine),
            pass: PassLatency::of(machine),
        }
    }
}

/// Bits of a position of a text; of one where positions are not told apart.
pub fn position_width(context: u32) -> u32 {
    (u32::BITS - context.saturating_sub(1).leading_zeros()).max(1)
}

impl MachineLatency {
    /// From the issue of an instruction of the sequencer, which does not end the token, to the next.
    pub(super) fn turn(&self, action: &Action) -> u64 {
        match action {
            Action::Loop(turn) if turn.extent == Extent::Here => {
                self.turn_cycles + self.here_cycles
            }
            Action::Loop(_) | Action::Next(_) => self.turn_cycles,
            _ => 1,
        }
    }
}

impl MatrixLatency {
    fn of(machine: &MachineParameters) -> MatrixLatency {
        let MachineParameters { lanes, slots, planes, elements, target, .. } = *machine;
        // Fetch, the dots of so many slots a leaf, planes, sum, drain of all groups.
        let leaf = match target {
            Target::Portable => 4,
            Target::Ecp5 => 2,
        };
        let dots = 2 + levels(slots.div_ceil(leaf));
        let groups = u64::from(lanes / elements);
        // Vectors leave the array before the planes of a train are added.
        let ahead = if machine.has_vectors() { levels(planes) } else { 0 };
        let vector_finish_cycles = 5 + dots + 1 + 7 + groups - 1;
        let embedding_lag_cycles = if machine.has_events() { 2 } else { 0 };
        let (event_cycles, finish_cycles) = match machine.has_events() {
            // The word of an event, the sum that leaves with it, the drain of all groups.
            true => (2, 4 + 7 + groups - 1),
            false => (0, vector_finish_cycles + levels(planes)),
        };
        MatrixLatency {
            accept_cycles: 2,
            event_cycles,
            gap_cycles: levels(elements).max(2) + ahead,
            finish_cycles,
            vector_finish_cycles,
            search_cycles: levels(elements),
            embedding_lag_cycles,
            embedding_cycles: 2,
            settle_cycles: 2,
            embedding_finish_cycles: 13,
        }
    }
}

impl PassLatency {
    fn of(machine: &MachineParameters) -> PassLatency {
        // Five of them are those of a function.
        let result_cycles = if machine.functions { 22 } else { 17 };
        PassLatency {
            accept_cycles: 2,
            result_cycles,
            vector_cycles: result_cycles + 1,
            train_cycles: match machine.radix {
                Radix::Bitwise => result_cycles + 2,
                Radix::Unary => result_cycles + 3,
            },
            digit_cycles: result_cycles + 2 + u64::from(machine.key_value_digits),
            // The tree adds four in a cycle.
            finish_cycles: result_cycles + 8 + levels(machine.elements).div_ceil(2),
            join_saves: result_cycles - 9,
            product_saves: 4,
            // Two before the product.
            scalar_cycles: result_cycles - 11,
        }
    }

    /// Cycles from the last read of a pass to its done: to the last thing that it writes.
    pub fn depth(&self, pass: &Pass) -> u64 {
        let emitted = match pass.emit {
            Emit::Nothing => 0,
            Emit::Train => self.train_cycles,
            Emit::Keys | Emit::Values => self.digit_cycles,
            Emit::Vector => self.vector_cycles,
        };
        let finished = if pass.reduce == Reduce::Nothing { 0 } else { self.finish_cycles };
        let saved = match pass.exit() {
            Exit::Join => self.join_saves,
            Exit::Product => self.product_saves,
            Exit::Neuron => 0,
        };
        self.result_cycles.max(emitted).max(finished) - saved
    }

    /// Cycles from the first read of a pass over so many elements to its last, both included, and until
    /// the digits of its last word have left; those of the pass before have left in cycle `gone`.
    ///
    /// A word of a key or value that completes a word of its store waits until the digits of the
    /// one before have left.
    pub fn reads(
        &self,
        pass: &Pass,
        channels: u32,
        machine: &MachineParameters,
        gone: u64,
    ) -> (u64, u64) {
        let words = u64::from(channels.div_ceil(machine.elements));
        let phases = u64::from(pass.phases());
        let side = match pass.emit {
            Emit::Nothing | Emit::Train | Emit::Vector => return (words * phases, gone),
            Emit::Keys => machine.slots,
            Emit::Values => machine.lanes,
        };
        let parts = u64::from(side / machine.elements);
        let (mut reads, mut digits_gone) = (0, gone);
        for word in 1..=words {
            reads += phases - 1;
            if word == words || word % parts == 0 {
                reads = digits_gone.max(reads);
                digits_gone = reads + u64::from(machine.key_value_digits);
            }
            reads += 1;
        }
        (reads, digits_gone)
    }

    /// Cycles from the acceptance of a pass over so many elements to its done, if it follows none.
    pub fn cycles(&self, pass: &Pass, channels: u32, machine: &MachineParameters) -> u64 {
        self.accept_cycles + self.reads(pass, channels, machine, 0).0 - 1 + self.depth(pass)
    }
}
