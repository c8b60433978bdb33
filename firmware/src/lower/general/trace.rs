//! The instructions of a program as the units see them, for whoever asks what can come before what.

use crate::isa::{Action, Extent, Instruction};

/// How often loops run: all but those within a chunk of positions, and those. What can follow what is
/// seen where each runs once or twice.
pub(in crate::lower) const TURNS: [[usize; 2]; 4] = [[1, 1], [2, 1], [1, 2], [2, 2]];

/// An instruction that the units see, and the turns of the loops around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) at: usize,
    /// Each loop around it: the address of its body, and which of its turns this is.
    pub(super) turns: Vec<(usize, usize)>,
}

/// The instructions that the units see, in their order, where loops within a chunk of positions run as
/// often as the second of `turns` says, and all others as the first does: they may end each by itself.
pub(super) fn trace(instructions: &[Instruction], turns: [usize; 2]) -> Vec<Visit> {
    let mut trace = Vec::new();
    // The body of each open loop, its turn, and how many it has.
    let mut stack: Vec<(usize, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < instructions.len() {
        match instructions[at].action {
            Action::Loop(turn) => {
                let turns = turns[usize::from(turn.extent == Extent::Within)];
                stack.push((at + 1, 1, turns));
            }
            Action::Next(_) => {
                let (body, done, turns) = stack.pop().expect("loops are closed");
                if done < turns {
                    stack.push((body, done + 1, turns));
                    at = body;
                    continue;
                }
            }
            _ => {
                let turns = stack.iter().map(|&(body, turn, _)| (body, turn)).collect();
                trace.push(Visit { at, turns });
            }
        }
        at += 1;
    }
    trace
}

/// The addresses of those instructions.
pub(in crate::lower) fn visited(instructions: &[Instruction], turns: [usize; 2]) -> Vec<usize> {
    trace(instructions, turns).iter().map(|visit| visit.at).collect()
}

impl Visit {
    /// The loops around it that are not in their first turn.
    pub(super) fn repeated(&self) -> impl Iterator<Item = usize> {
        self.turns.iter().filter(|(_, turn)| *turn > 1).map(|(body, _)| *body)
    }

    /// Whether a loop is around it.
    pub(super) fn is_in(&self, body: usize) -> bool {
        self.turns.iter().any(|(known, _)| *known == body)
    }
}
