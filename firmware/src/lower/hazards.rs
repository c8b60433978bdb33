//! Proof that no wait is missing: which instructions of the other unit may be unfinished when one is
//! issued, and what they read and write.
//!
//! What passes find of passes before them is proven where they get their leads.

use super::general::{TURNS, visited};
use super::ranges::Accesses;
use super::spread::{reaches, spread_accesses};
use crate::isa::{ANY, Action, Unit};
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
/// ends at each of its `End`s in turn. Loops run once or twice, and wherever their pointers may stand.
///
/// # Errors
/// The first hazard.
pub fn check(program: &Program) -> Result<(), Hazard> {
    let machine = &program.parameters;
    let reaches = reaches(&program.instructions, machine.context);
    let both = program.instructions.iter().zip(&reaches);
    let sets: Vec<Accesses> =
        both.map(|(instruction, reach)| spread_accesses(instruction, machine, reach)).collect();
    let is_end = |at: &usize| matches!(program.instructions[*at].action, Action::End(_));
    for turns in TURNS {
        let all = visited(&program.instructions, turns);
        for end in (0..all.len()).filter(|&place| is_end(&all[place])) {
            let mut unfinished: [VecDeque<usize>; 2] = Default::default();
            for &at in all[..=end].iter().chain(&all) {
                step(program, &sets, &mut unfinished, at)?;
            }
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
    match instruction.action.unit() {
        Unit::Matrix => unfinished[0].push_back(at),
        Unit::Vector => unfinished[1].push_back(at),
        Unit::Sequencer => {}
    }
    Ok(())
}
