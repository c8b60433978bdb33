//! Proof that no wait is missing: which instructions may be unfinished when one is issued, and what
//! they read and write.

use super::accesses::accesses;
use super::ranges::Accesses;
use super::waits::early;
use crate::isa::{ANY, Unit};
use crate::machine::Program;
use std::collections::VecDeque;

/// Two instructions that could run at the same time and must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instruction {later} can be issued while instruction {earlier} still uses what it needs")]
pub struct Hazard {
    /// Address of the one that may be unfinished.
    pub earlier: usize,
    /// Address of the one that is issued.
    pub later: usize,
}

/// Executes the waits of a program, every unit as slowly as they allow, over two tokens: the first
/// ends at each of its `End`s in turn.
///
/// # Errors
/// The first hazard.
pub fn check(program: &Program) -> Result<(), Hazard> {
    let sets: Vec<Accesses> = program
        .instructions
        .iter()
        .map(|instruction| accesses(&instruction.action, &program.parameters))
        .collect();
    let is_end = |at: &usize| program.instructions[*at].action.unit() == Unit::Sequencer;
    let all = 0..program.instructions.len();
    for end in all.clone().filter(is_end) {
        let mut unfinished: [VecDeque<usize>; 2] = Default::default();
        for at in (0..=end).chain(all.clone()) {
            step(program, &sets, &mut unfinished, at)?;
        }
    }
    Ok(())
}

/// Issues one instruction: drops what its waits guarantee to be finished, and looks at the rest.
fn step(
    program: &Program,
    sets: &[Accesses],
    unfinished: &mut [VecDeque<usize>; 2],
    at: usize,
) -> Result<(), Hazard> {
    let instruction = &program.instructions[at];
    for (queue, most) in
        unfinished.iter_mut().zip([instruction.wait.matrix, instruction.wait.vector])
    {
        if most != ANY {
            queue.drain(..queue.len().saturating_sub(most.into()));
        }
    }
    let others: &[usize] = match instruction.action.unit() {
        Unit::Matrix => &[1],
        Unit::Vector => &[0],
        Unit::Sequencer => &[0, 1],
    };
    for &which in others {
        for &earlier in &unfinished[which] {
            let ended = instruction.action.unit() == Unit::Sequencer;
            if ended || sets[earlier].conflicts(&sets[at]) {
                return Err(Hazard { earlier, later: at });
            }
        }
    }
    // The vector unit takes an instruction while only the last one before it is unfinished.
    if let (Unit::Vector, Some(&earlier)) = (instruction.action.unit(), unfinished[1].back())
        && early(&sets[earlier], &instruction.action)
    {
        return Err(Hazard { earlier, later: at });
    }
    match instruction.action.unit() {
        Unit::Matrix => unfinished[0].push_back(at),
        Unit::Vector => unfinished[1].push_back(at),
        Unit::Sequencer => {}
    }
    Ok(())
}
