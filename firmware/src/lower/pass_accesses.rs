//! What a pass reads and writes, and how far loops spread the addresses of any instruction.

use super::accesses::{Accesses, Range, accesses};
use crate::control::{strides, turns_max};
use crate::isa::{
    Action, Destination, Emit, Extent, Finish, Instruction, Length, POINTER_COUNT, Pass, Pointers,
    Reduce, Space,
};
use crate::machine::{MachineParameters, Memory};

/// How far each pointer is moved at most where an instruction stands.
pub type Reach = [u32; POINTER_COUNT as usize];

/// How far the pointers can be where each instruction stands.
pub fn reaches(instructions: &[Instruction], context: u32) -> Vec<Reach> {
    let mut open: Vec<Reach> = Vec::new();
    let mut reaches = Vec::new();
    for instruction in instructions {
        let mut reach = [0; POINTER_COUNT as usize];
        for turn in &open {
            reach.iter_mut().zip(turn).for_each(|(sum, own)| *sum += own);
        }
        reaches.push(reach);
        match &instruction.action {
            Action::Loop(turn) => {
                let last = match turn.extent {
                    Extent::Here => context.saturating_sub(1),
                    _ => turns_max(turn, context) - 1,
                };
                open.push(strides(turn).map(|stride| stride * last));
            }
            Action::Next(_) => drop(open.pop()),
            _ => {}
        }
    }
    reaches
}

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
            Space::Residual => (Memory::Residual, words),
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

/// What an instruction reads and writes wherever its pointers stand, as far as `reach` tells.
pub fn spread_accesses(
    instruction: &Instruction,
    machine: &MachineParameters,
    reach: &Reach,
) -> Accesses {
    let mut set = accesses(&instruction.action, machine);
    let farthest = |memory: Memory| -> u32 {
        let fields = Pointers::moved(&instruction.action).iter();
        let moved =
            fields.zip(instruction.pointers.selectors).filter(|(field, _)| moves(field, memory));
        moved.map(|(_, pointer)| reach[usize::from(pointer)]).max().unwrap_or(0)
    };
    for range in set.reads.iter_mut().chain(&mut set.writes) {
        range.words += farthest(range.memory);
    }
    set
}

/// Whether an address of that name can lie in a memory.
fn moves(field: &str, memory: Memory) -> bool {
    match memory {
        Memory::Descriptors => field == "train",
        Memory::Trains | Memory::Planes => matches!(field, "source" | "words"),
        Memory::Keys | Memory::Values => matches!(field, "base" | "words"),
        Memory::Scalars => matches!(field, "scalar" | "output"),
        Memory::Levels => matches!(field, "a" | "b" | "c" | "output"),
        Memory::Maxima => matches!(field, "maximum" | "a" | "b" | "c"),
        Memory::State => matches!(field, "a" | "b" | "c" | "membrane" | "write"),
        _ => matches!(field, "a" | "b" | "c" | "write" | "address"),
    }
}
