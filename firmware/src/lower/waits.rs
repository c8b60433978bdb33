//! What each instruction must wait for, from what all of them read and write.
//!
//! Instructions of one unit keep their order by themselves: the vector unit reads what the one before
//! has written, and the matrix unit alone writes what it reads back, in order. So an instruction waits
//! for earlier ones of the other unit, and a wait names how many of those may still be unfinished.

use super::ranges::Accesses;
use crate::isa::{ANY, Action, Unit, Wait};

/// The largest wait that is one.
const LARGEST: usize = ANY as usize - 1;

/// The waits of a program in its order. An `End` waits for everything, since the next token starts
/// behind it.
pub(super) fn waits(actions: &[Action], accesses: &[Accesses]) -> Vec<Wait> {
    let mut issued: [Vec<usize>; 2] = Default::default();
    // How many of each unit are surely finished once the instructions so far are issued.
    let mut finished = [0; 2];
    let mut waits = Vec::with_capacity(actions.len());
    for (index, action) in actions.iter().enumerate() {
        let mut most = [ANY; 2];
        for (which, other) in [Unit::Matrix, Unit::Vector].into_iter().enumerate() {
            let issued = &issued[which];
            let needed = match action.unit() {
                Unit::Sequencer => issued.len(),
                own if own == other => 0,
                _ => {
                    let conflict = |&&at: &&usize| accesses[at].conflicts(&accesses[index]);
                    let open = &issued[finished[which]..];
                    match open.iter().rev().position(|at| conflict(&at)) {
                        Some(later) => issued.len() - later,
                        None => 0,
                    }
                }
            };
            if needed > finished[which] {
                let unfinished = (issued.len() - needed).min(LARGEST);
                most[which] = unfinished as u8;
                finished[which] = issued.len() - unfinished;
            }
        }
        if action.unit() == Unit::Sequencer {
            most = [0; 2];
        }
        waits.push(Wait { matrix: most[0], vector: most[1] });
        match action.unit() {
            Unit::Matrix => issued[0].push(index),
            Unit::Vector => issued[1].push(index),
            Unit::Sequencer => {}
        }
    }
    waits
}
