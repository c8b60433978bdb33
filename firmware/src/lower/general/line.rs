//! A program before its pointers are chosen: instructions, and how their addresses move from turn to
//! turn of each kind of loop.

use super::draft::{Moves, Over};
use crate::control::PointerValues;
use crate::isa::{ANY, Action, Instruction, Pointers, RestartAt, Wait};

/// One instruction.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) action: Action,
    /// Its addresses that move.
    pub(super) moves: Vec<(&'static str, Moves)>,
    /// What it runs over, if it is a loop.
    pub(super) over: Option<Over>,
    /// Whether it attends all positions of the text.
    pub(super) all: bool,
    pub(super) remark: String,
}

impl Line {
    /// How far an address moves in a turn of a loop; a loop over chunks moves by whole chunks.
    pub(super) fn stride(&self, field: &str, turn: &Line) -> u32 {
        let moves = self.moves.iter().find(|(known, _)| *known == field);
        let (Some((_, moves)), Action::Loop(action)) = (moves, &turn.action) else { return 0 };
        match turn.over {
            Some(Over::Chunks) => moves[Over::Positions as usize] * action.count,
            Some(over) => moves[over as usize],
            None => 0,
        }
    }

    /// Moves an address of it by so many words for good.
    pub(super) fn advance(&mut self, field: &str, words: u32) {
        self.action = advanced(&self.action, field, words);
    }

    /// As it stands in a turn of a kind of loop, which moves it no more. The loop over steps is the outermost
    /// one: what begins anew in its first turn does so in this one, or does not.
    pub(super) fn at(&self, over: Over, turn: u32) -> Line {
        let mut line = self.clone();
        for (field, moves) in &mut line.moves {
            line.action = advanced(&line.action, field, turn * moves[over as usize]);
            moves[over as usize] = 0;
        }
        if let (Over::Steps, Action::Pass(pass)) = (over, &mut line.action)
            && pass.restart_at == RestartAt::Loop0
        {
            pass.restart_at = if turn == 0 { RestartAt::Always } else { RestartAt::Never };
        }
        line
    }

    /// Moves an address of it by so many words in every turn of a kind of loop.
    pub(super) fn step(&mut self, field: &'static str, over: Over, words: u32) {
        match self.moves.iter_mut().find(|(known, _)| *known == field) {
            Some((_, moves)) => moves[over as usize] = words,
            None => {
                let mut moves = Moves::default();
                moves[over as usize] = words;
                self.moves.push((field, moves));
            }
        }
    }

    /// The largest value of one of its fields.
    pub(super) fn most(&self, field: &str) -> u32 {
        let width = self.action.format().field(field).width;
        (1 << width.min(31)) - 1
    }
}

/// An action with one of its addresses so many words further on.
pub(super) fn advanced(action: &Action, field: &str, words: u32) -> Action {
    let mut pointers = PointerValues::default();
    pointers[1] = words;
    let selectors = Pointers::default().with(action, field, 1);
    let wait = Wait { matrix: ANY, vector: ANY };
    Instruction { wait, action: *action, pointers: selectors }.moved(&pointers)
}
