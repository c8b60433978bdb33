//! Instructions, and the loops around them.

use super::super::LowerError;
use super::super::pool::{Area, Pool};
use super::composer::Composer;
use super::draft::{Draft, Moves, Over};
use super::line::{Line, advanced};
use crate::isa::{Action, Extent, Loop, Next};

/// What helps where weights are far from one.
pub(super) const RESCALE: &str = "rescale its weights: they are far from one";

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
        let unrolled = !self.is_open(Over::Steps);
        for &(field, moves) in moves.iter().filter(|_| unrolled) {
            action = advanced(&action, field, moves[Over::Steps as usize] * self.step as u32);
        }
        let moves = moves.to_vec();
        self.lines.push(Line { action, moves, over: None, all: false, remark });
        Ok(())
    }

    pub(super) fn pass(&mut self, draft: Draft, remark: String) -> Result<(), LowerError> {
        if let Some(shift) = draft.beyond {
            let reason = format!("its values are beyond what passes shift: by {shift} bits");
            return Err(self.refuse(reason, RESCALE));
        }
        let action = Action::Pass(draft.pass.phased());
        self.push(action, &draft.moves, remark)
    }

    /// Makes the instruction appended last attend all positions of the text.
    pub(super) fn attend_all(&mut self) {
        if let Some(line) = self.lines.last_mut() {
            line.all = true;
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
        self.open(Over::Within, Extent::Within, self.order.chunk as usize, remark)
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

    fn is_open(&self, over: Over) -> bool {
        self.loops.contains(&over)
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
        if let Some(line) = self.lines.last_mut() {
            line.over = Some(over);
        }
        self.loops.push(over);
        self.loop_depth = self.loop_depth.max(self.loops.len() as u32);
        Ok(())
    }

    /// Ends the innermost loop.
    pub(super) fn close(&mut self) -> Result<(), LowerError> {
        self.loops.pop();
        let level = self.loops.len() as u32;
        self.push(Action::Next(Next { level }), &[], "the loop ends".to_owned())
    }
}
