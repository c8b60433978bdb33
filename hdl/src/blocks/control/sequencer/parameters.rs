//! Parameters of the sequencer.

use firmware::isa::Encoded;
use firmware::machine::MachineParameters;
use firmware::program_bits::ProgramBits;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct Sequencer {
    /// Instructions of the program memory.
    pub program_depth: u32,
    /// How deep loops nest; none for a program without.
    pub loop_depth: u32,
    /// Positions of a text.
    pub context: u32,
    /// Whether loops run over chunks of positions.
    pub chunks: bool,
    /// Whether passes may be under way one behind the other: the unit is told which is the last one again.
    pub streams: bool,
    /// Which bits of instructions its memory has.
    pub bits: ProgramBits,
    /// Instructions it starts with; may be empty.
    pub program: Vec<Encoded>,
}

impl Sequencer {
    /// The sequencer of a machine, with a program that may be empty, and bits of instructions.
    pub fn new(machine: &MachineParameters, program: Vec<Encoded>, bits: ProgramBits) -> Sequencer {
        let MachineParameters { program_depth, loop_depth, context, .. } = *machine;
        let (chunks, streams) = (machine.chunks, machine.streams);
        Sequencer { program_depth, loop_depth, context, chunks, streams, bits, program }
    }
}
