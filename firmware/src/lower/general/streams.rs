//! Passes that follow themselves: turns of a loop that need not wait for each other.
//!
//! ```text
//!  Loop │ Pass │ Next        pass, turn 0 ─ words │ drain ────┐
//!                            pass, turn 1         │ words │ drain ────┐
//! ```
//!
//! The vector unit takes the next turn behind the last read of the one before. A turn that reads what
//! one of those still under way writes waits for them.

use super::super::accesses::accesses;
use super::super::ranges::Accesses;
use crate::control::{PointerValues, strides, turns_max};
use crate::isa::{ANY, Action, Extent, Instruction, Loop};
use crate::machine::MachineParameters;

/// Turns of a nest of loops that are looked at: strides are the same in all others.
const TURNS_MAX: usize = 256;

/// What becomes of a pass whose turns follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turns {
    /// Another pass lies between them.
    Apart,
    /// One finds something of another.
    Wait,
    /// None does.
    Stream,
}

/// What becomes of the turns of the pass at `at`.
pub(super) fn turns(instructions: &[Instruction], machine: &MachineParameters, at: usize) -> Turns {
    if !matches!(instructions[at].action, Action::Pass(_)) {
        return Turns::Apart;
    }
    let nest = nest(instructions, at);
    let Some((outermost, inner)) = nest.split_last() else { return Turns::Apart };
    // An inner loop may end early, if the text does.
    let mut extents: Vec<Vec<u32>> = vec![vec![]];
    for turn in inner {
        let most = turns_max(turn, machine.context);
        let least = if turn.extent == Extent::Count { most } else { 1 };
        let longer = |extents: &Vec<u32>| {
            let with = |extent| [&extents[..], &[extent]].concat();
            (least..=most).map(with).collect::<Vec<_>>()
        };
        extents = extents.iter().flat_map(longer).collect();
    }
    let outermost_extent = turns_max(outermost, machine.context);
    let conflict = extents.iter().any(|inner_extents| {
        let extents = [&inner_extents[..], &[outermost_extent]].concat();
        conflicts(&instructions[at], machine, &nest, &extents)
    });
    if conflict { Turns::Wait } else { Turns::Stream }
}

/// The loops around an instruction that have no other pass, the innermost first.
fn nest(instructions: &[Instruction], at: usize) -> Vec<Loop> {
    let mut nest = vec![];
    let (mut first, mut last) = (at, at);
    let is_pass = |it: &Instruction| matches!(it.action, Action::Pass(_));
    loop {
        let Some(begin) = enclosing(instructions, first) else { return nest };
        let end = end_of(instructions, last);
        let others = (begin..end).filter(|&it| it != at && is_pass(&instructions[it])).count();
        let (0, Action::Loop(turn)) = (others, instructions[begin].action) else { return nest };
        nest.push(turn);
        (first, last) = (begin, end);
    }
}

/// The loop around an instruction.
fn enclosing(instructions: &[Instruction], at: usize) -> Option<usize> {
    let mut closed = 0;
    (0..at).rev().find(|&before| match instructions[before].action {
        Action::Next(_) => {
            closed += 1;
            false
        }
        Action::Loop(_) if closed > 0 => {
            closed -= 1;
            false
        }
        Action::Loop(_) => true,
        _ => false,
    })
}

/// The end of the loop around an instruction.
fn end_of(instructions: &[Instruction], at: usize) -> usize {
    let mut opened = 0;
    let behind = (at + 1..instructions.len()).find(|&behind| match instructions[behind].action {
        Action::Loop(_) => {
            opened += 1;
            false
        }
        Action::Next(_) if opened > 0 => {
            opened -= 1;
            false
        }
        Action::Next(_) => true,
        _ => false,
    });
    behind.unwrap_or(instructions.len())
}

/// Whether a turn finds what one of those before it writes that may still be under way.
fn conflicts(
    instruction: &Instruction,
    machine: &MachineParameters,
    nest: &[Loop],
    extents: &[u32],
) -> bool {
    let total: usize = extents.iter().map(|&extent| extent as usize).product();
    let mut recent: Vec<Accesses> = vec![];
    for index in 0..total.min(TURNS_MAX) {
        let (mut rest, mut pointers) = (index as u32, PointerValues::default());
        for (turn, &extent) in nest.iter().zip(extents) {
            let own = rest % extent;
            pointers.iter_mut().zip(strides(turn)).for_each(|(sum, stride)| *sum += own * stride);
            rest /= extent;
        }
        let now = accesses(&instruction.moved(&pointers), machine);
        let finds = |before: &Accesses| {
            before.writes.iter().any(|write| now.reads.iter().any(|read| read.meets(write)))
        };
        if recent.iter().any(finds) {
            return true;
        }
        recent.push(now);
        if recent.len() > usize::from(ANY) {
            recent.remove(0);
        }
    }
    false
}
