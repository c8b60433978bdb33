//! What a pass reads and writes.

use super::ranges::{Accesses, Range};
use crate::isa::{Destination, Emit, Finish, Length, Pass, Reduce, Space};
use crate::machine::{MachineParameters, Memory};

/// What a pass reads and writes while all its pointers are zero.
pub(super) fn pass_accesses(set: &mut Accesses, pass: &Pass, machine: &MachineParameters) {
    let channels = match pass.length {
        Length::Channels => pass.channels,
        Length::Attended => machine.context,
    };
    let words = channels.div_ceil(machine.elements);
    let operands = [(pass.a_space, pass.a), (pass.b_space, pass.b), (pass.c_space, pass.c)];
    for (space, first) in operands {
        let (memory, words) = match space {
            Space::Nothing | Space::Constants => continue,
            Space::Results => (Memory::Results, words),
            Space::Temporaries => (Memory::Temporaries, words),
            Space::State => (Memory::State, words),
            Space::Level => (Memory::Levels, 1),
            Space::Maximum => (Memory::Maxima, 1),
        };
        set.reads.push(Range { memory, first, words });
    }
    if pass.reads_scalar() {
        set.reads.push(Range { memory: Memory::Scalars, first: pass.scalar, words: 1 });
    }
    if pass.spiking == 1 {
        set.reads.push(Range { memory: Memory::State, first: pass.membrane, words });
    }
    let mut write = |memory, first, words| set.writes.push(Range { memory, first, words });
    if pass.spiking == 1 {
        write(Memory::State, pass.membrane, words);
    }
    match pass.destination {
        Destination::Nothing => {}
        Destination::Temporaries => write(Memory::Temporaries, pass.write, words),
        Destination::State => write(Memory::State, pass.write, words),
    }
    match pass.emit {
        Emit::Nothing => {}
        Emit::Train => {
            write(Memory::Trains, pass.words, channels.div_ceil(machine.slots));
            write(Memory::Descriptors, pass.train, 1);
        }
        Emit::Vector => write(Memory::Planes, pass.words, channels.div_ceil(machine.slots)),
        Emit::Keys => {
            let tiles = machine.context.div_ceil(machine.lanes);
            write(Memory::Keys, pass.words, tiles * machine.key_value_digits * pass.columns);
        }
        Emit::Values => {
            let tiles = channels.div_ceil(machine.lanes);
            write(Memory::Values, pass.words, tiles * machine.key_value_digits * pass.columns);
        }
    }
    match (pass.reduce, pass.finish) {
        (Reduce::Nothing, _) => {}
        (_, Finish::Level) => write(Memory::Levels, pass.output, 1),
        _ => write(Memory::Scalars, pass.output, 1),
    }
}
