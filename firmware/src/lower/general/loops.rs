//! Instructions, and the loops around them.

use super::super::LowerError;
use super::super::pool::{Area, Pool};
use super::bundle::Bundle;
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
            Action::Matrix(_) | Action::Pass(_) => self.enter_bundle()?,
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
        self.together || self.is_open(Over::Steps)
    }

    /// Keeps an area for good.
    pub(super) fn keep_area(&mut self, area: Area) {
        self.kept.push(area);
    }

    /// What goes through each operation here before the next: the positions of a chunk, or the steps of
    /// a token.
    pub(super) fn bundle(&self) -> Option<Bundle> {
        let (chunk, steps) = (self.order.chunk, self.network.steps as u32);
        match (self.together, self.is_open(Over::Chunks)) {
            (true, _) => Some(Bundle { over: Over::Steps, count: steps }),
            (_, true) => Some(Bundle { over: Over::Within, count: chunk }),
            _ => None,
        }
    }

    /// Runs what follows for each of a bundle. What is let go of meanwhile stays as it is until all have
    /// been there: the next one still reads it, or writes it once more.
    fn enter_bundle(&mut self) -> Result<(), LowerError> {
        let Some(Bundle { over, count }) = self.bundle().filter(|it| !self.is_open(it.over)) else {
            return Ok(());
        };
        self.pools.all().into_iter().for_each(Pool::hold);
        let (extent, remark) = match over {
            Over::Steps => (Extent::Count, "each step"),
            _ => (Extent::Within, "each position of the chunk"),
        };
        self.open(over, extent, count as usize, remark.to_owned())
    }

    /// Runs what follows for all of a bundle together.
    pub(super) fn leave_bundle(&mut self) -> Result<(), LowerError> {
        if !self.bundle().is_some_and(|it| self.is_open(it.over)) {
            return Ok(());
        }
        self.close()?;
        // The train at hand is that of the last one.
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
            self.enter_bundle()?;
        }
        let action = Action::Loop(Loop { extent, count: count as u32, ..Loop::default() });
        self.push(action, &[], remark)?;
        if let Some(line) = self.lines.last_mut() {
            line.over = Some(over);
        }
        self.loops.push(over);
        Ok(())
    }

    /// Ends the innermost loop.
    pub(super) fn close(&mut self) -> Result<(), LowerError> {
        self.loops.pop();
        let level = self.loops.len() as u32;
        self.push(Action::Next(Next { level }), &[], "the loop ends".to_owned())
    }
}
