//! How far loops spread the addresses of any instruction.

use super::accesses::accesses;
use super::ranges::Accesses;
use crate::control::{strides, turns_max};
use crate::isa::{Action, Extent, Instruction, POINTER_COUNT, Pointers};
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
