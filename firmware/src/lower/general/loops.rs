//! Instructions, the loops around them, and the pointers that move their addresses.

use super::super::LowerError;
use super::super::pool::{Area, Pool};
use super::composer::{Composer, OpenLoop, Over, Pointer};
use super::draft::{Draft, Moves};
use crate::isa::{ANY, Action, Extent, Instruction, Loop, Next, POINTER_COUNT, Pointers, Wait};

impl Composer<'_> {
    /// Appends an instruction whose addresses move as `moves` say.
    pub(super) fn push(
        &mut self,
        mut action: Action,
        moves: &[(&'static str, Moves)],
        remark: String,
    ) -> Result<(), LowerError> {
        match &action {
            Action::Matrix(matrix) if matrix.vectors > 0 => {}
            Action::Matrix(_) | Action::Pass(_) => self.enter_within()?,
            _ => {}
        }
        let mut pointers = Pointers::default();
        for &(field, moves) in moves {
            let active = self.active(moves);
            let unrolled = match self.is_open(Over::Steps) {
                true => 0,
                false => moves[Over::Steps as usize] * self.step as u32,
            };
            if unrolled > 0 {
                advance(&mut action, field, unrolled);
            }
            if active != Moves::default() {
                let pointer = self.pointer(active)?;
                pointers = pointers.with(&action, field, pointer);
            }
        }
        let wait = Wait { matrix: ANY, vector: ANY };
        self.instructions.push(Instruction { wait, action, pointers });
        self.remarks.push(remark);
        Ok(())
    }

    pub(super) fn pass(&mut self, draft: Draft, remark: String) -> Result<(), LowerError> {
        let action = Action::Pass(draft.pass.phased());
        self.push(action, &draft.moves, remark)
    }

    /// Makes the instruction appended last attend all positions of the text.
    pub(super) fn attend_all(&mut self) {
        if let Some(instruction) = self.instructions.last_mut() {
            instruction.pointers.all = true;
        }
    }

    /// Whether steps are a loop here.
    pub(super) fn steps_loop(&self) -> bool {
        self.is_open(Over::Steps)
    }

    /// Keeps an area for good.
    pub(super) fn keep_area(&mut self, area: Area) {
        self.kept.push(area);
    }

    /// Whether this is a place in a loop over chunks.
    pub(super) fn in_chunk(&self) -> bool {
        self.is_open(Over::Chunks)
    }

    /// Runs what follows for each position of a chunk. What is let go of meanwhile stays as it is
    /// until all positions have been there: the next one still reads it, or writes it once more.
    fn enter_within(&mut self) -> Result<(), LowerError> {
        if !self.in_chunk() || self.is_open(Over::Within) {
            return Ok(());
        }
        self.pools.all().into_iter().for_each(Pool::hold);
        let remark = "each position of the chunk".to_owned();
        self.open(Over::Within, Extent::Within, self.chunk as usize, remark)
    }

    /// Runs what follows for all positions of a chunk together.
    pub(super) fn leave_within(&mut self) -> Result<(), LowerError> {
        if !self.is_open(Over::Within) {
            return Ok(());
        }
        self.close()?;
        // The train at hand is that of the last position.
        self.forget_single_trains();
        self.pools.all().into_iter().for_each(Pool::release);
        Ok(())
    }

    /// The moves of the loops that are open here. A loop over chunks moves by whole chunks; outside of
    /// the one within it, a pointer stands at its first position.
    fn active(&self, moves: Moves) -> Moves {
        let mut active = Moves::default();
        for open in &self.loops {
            let places: &[Over] = match open.over {
                Over::Chunks => &[Over::Positions, Over::Within],
                _ => std::slice::from_ref(&open.over),
            };
            places.iter().for_each(|&over| active[over as usize] = moves[over as usize]);
        }
        active
    }

    fn is_open(&self, over: Over) -> bool {
        self.loops.iter().any(|open| open.over == over)
    }

    fn pointer(&mut self, moves: Moves) -> Result<u8, LowerError> {
        let known = |pointer: &Pointer| !pointer.free && pointer.moves == moves;
        if let Some(index) = self.pointers.iter().position(known) {
            return Ok(index as u8 + 1);
        }
        let reusable = |pointer: &Pointer| pointer.free && pointer.moves[0] == moves[0];
        let pointer = Pointer { moves, free: false };
        if let Some(index) = self.pointers.iter().position(reusable) {
            self.pointers[index] = pointer;
            return Ok(index as u8 + 1);
        }
        if self.pointers.len() + 1 == POINTER_COUNT as usize {
            return Err(self.refuse(
                format!("its loops need more than {} pointers", POINTER_COUNT - 1),
                "choose machine.elements so that heads and channels have equal words",
            ));
        }
        self.pointers.push(pointer);
        Ok(self.pointers.len() as u8)
    }

    pub(super) fn open(
        &mut self,
        over: Over,
        extent: Extent,
        count: usize,
        remark: String,
    ) -> Result<(), LowerError> {
        if matches!(over, Over::Heads | Over::Groups) {
            self.enter_within()?;
        }
        let action = Action::Loop(Loop { extent, count: count as u32, ..Loop::default() });
        self.push(action, &[], remark)?;
        self.loops.push(OpenLoop { over, instruction: self.instructions.len() - 1 });
        self.loop_depth = self.loop_depth.max(self.loops.len() as u32);
        Ok(())
    }

    /// Ends the innermost loop; its strides are known now.
    pub(super) fn close(&mut self) -> Result<(), LowerError> {
        let open = self.loops.pop().expect("a loop was opened");
        let stride = |index: usize| {
            self.pointers.get(index).map_or(0, |pointer| match open.over {
                Over::Chunks => pointer.moves[Over::Positions as usize] * self.chunk,
                over => pointer.moves[over as usize],
            })
        };
        if let Action::Loop(turn) = &mut self.instructions[open.instruction].action {
            let strides = [
                &mut turn.stride_1,
                &mut turn.stride_2,
                &mut turn.stride_3,
                &mut turn.stride_4,
                &mut turn.stride_5,
                &mut turn.stride_6,
                &mut turn.stride_7,
            ];
            strides.into_iter().enumerate().for_each(|(index, to)| *to = stride(index));
        }
        let level = self.loops.len() as u32;
        self.push(Action::Next(Next { level }), &[], "the loop ends".to_owned())?;
        match self.loops.last().map(|open| open.over) {
            None => self.pointers.clear(),
            Some(Over::Steps) => self.pointers.iter_mut().for_each(|pointer| pointer.free = true),
            Some(_) => {}
        }
        Ok(())
    }
}

/// Moves one address of an action.
fn advance(action: &mut Action, field: &str, words: u32) {
    let index = Pointers::moved(action).iter().position(|moved| *moved == field);
    let index = index.unwrap_or_else(|| panic!("{} moves no {field}", action.format().name));
    let mut selectors = Pointers::default();
    selectors.selectors[index] = 1;
    let mut pointers = [0; POINTER_COUNT as usize];
    pointers[1] = words;
    let wait = Wait { matrix: ANY, vector: ANY };
    *action = Instruction { wait, action: *action, pointers: selectors }.moved(&pointers);
}
