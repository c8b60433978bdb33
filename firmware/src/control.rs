//! The sequencer in plain integers: which instruction comes next, where the pointers stand, what
//! p is.
//!
//! ```text
//!  Loop ─► a turn: body, index, extent, strides ─┐
//!  Next ─► the body once more, pointers moved ◄──┴─► or on, pointers as before the loop
//! ```
//!
//! The integer reference, the cycle model and the tests of the hardware's sequencer walk a program
//! with it; nothing else knows what a loop does.

use crate::isa::{Action, Extent, Instruction, Loop, POINTER_COUNT, RestartAt};

/// Where all pointers stand, the one that is always zero first.
pub type PointerValues = [u32; POINTER_COUNT as usize];

/// How far a loop moves every pointer in a turn.
pub fn strides(turn: &Loop) -> PointerValues {
    [
        0,
        turn.stride_1,
        turn.stride_2,
        turn.stride_3,
        turn.stride_4,
        turn.stride_5,
        turn.stride_6,
        turn.stride_7,
    ]
}

/// The most turns of a loop.
pub fn turns_max(turn: &Loop, context: u32) -> u32 {
    match turn.extent {
        Extent::Count | Extent::Within => turn.count.max(1),
        // Where nothing depends on positions, no loop runs over them.
        Extent::Positions => context.max(1),
        Extent::Chunks => context.saturating_sub(1) / turn.count.max(1) + 1,
        Extent::Here => 1,
    }
}

/// One loop that runs.
#[derive(Clone, Debug)]
struct Turn {
    /// Its first instruction.
    body: usize,
    /// Iterations that are over.
    index: u32,
    /// Iterations in all.
    extent: u32,
    /// p in this iteration, and how far the next one moves it; not for loops that leave it as it is.
    position: Option<(u32, u32)>,
    strides: PointerValues,
    /// Where the pointers stand in this iteration.
    pointers: PointerValues,
}

/// The state of the sequencer within a token.
#[derive(Clone, Debug)]
pub struct Control {
    /// Position of the token.
    token: u32,
    next: usize,
    turns: Vec<Turn>,
}

impl Control {
    /// At the first instruction, for the token at a position.
    pub fn new(token: u32) -> Control {
        Control { token, next: 0, turns: Vec::new() }
    }

    /// The index of the next instruction.
    pub fn next(&self) -> usize {
        self.next
    }

    /// Whether an instruction ends a token whose prediction is asked for, or is not.
    pub fn ends(instruction: &Instruction, asked: bool) -> bool {
        matches!(instruction.action, Action::End(end) if end.unasked == 0 || !asked)
    }

    /// Goes on behind the instruction at hand.
    ///
    /// # Panics
    /// If a `Next` ends another loop than the innermost.
    pub fn advance(&mut self, instruction: &Instruction) {
        self.next += 1;
        match &instruction.action {
            Action::Loop(turn) => self.begin(turn),
            Action::Next(next) => {
                let inside = self.turns.len();
                assert_eq!(inside, next.level as usize + 1, "a next ends the innermost loop");
                let turn = &mut self.turns[inside - 1];
                turn.index += 1;
                if turn.index == turn.extent {
                    self.turns.pop();
                    return;
                }
                self.next = turn.body;
                for (pointer, stride) in turn.pointers.iter_mut().zip(turn.strides) {
                    *pointer += stride;
                }
                if let Some((position, by)) = &mut turn.position {
                    *position = (*position + *by).min(self.token);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, turn: &Loop) {
        let strides = strides(turn);
        let mut pointers = self.pointers();
        let chunk = turn.count.max(1);
        let (extent, position) = match turn.extent {
            Extent::Count => (chunk, None),
            Extent::Positions => (self.token + 1, Some((0, 1))),
            Extent::Chunks => (self.token / chunk + 1, Some(((chunk - 1).min(self.token), chunk))),
            Extent::Within => {
                let (last, within) = (self.position(), self.position() % chunk);
                (within + 1, Some((last - within, 1)))
            }
            Extent::Here => {
                for (pointer, stride) in pointers.iter_mut().zip(strides) {
                    *pointer += stride * self.token;
                }
                (1, None)
            }
        };
        self.turns.push(Turn { body: self.next, index: 0, extent, position, strides, pointers });
    }

    /// Where the pointers stand.
    pub fn pointers(&self) -> PointerValues {
        self.turns.last().map_or([0; POINTER_COUNT as usize], |turn| turn.pointers)
    }

    /// p: the position of the innermost loop over positions, or that of the token.
    pub fn position(&self) -> u32 {
        let innermost = self.turns.iter().rev().find_map(|turn| turn.position);
        innermost.map_or(self.token, |(position, _)| position)
    }

    /// The last position that an instruction attends.
    pub fn attended(&self, instruction: &Instruction) -> u32 {
        if instruction.pointers.all { self.token } else { self.position() }
    }

    /// Whether state begins anew here.
    pub fn restarts(&self, at: RestartAt) -> bool {
        let first = |depth: usize| self.turns.get(depth).is_some_and(|turn| turn.index == 0);
        match at {
            RestartAt::Never => false,
            RestartAt::Text => self.position() == 0,
            RestartAt::Loop0 => first(0),
            RestartAt::Loop1 => first(1),
            RestartAt::Loop2 => first(2),
            RestartAt::Loop3 => first(3),
            RestartAt::Always => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{ANY, End, Next, Pass, Wait};

    fn instruction(action: Action) -> Instruction {
        Instruction::new(Wait { matrix: ANY, vector: ANY }, action)
    }

    /// Address, pointer 1 and p of every pass.
    fn walk(program: &[Action], token: u32) -> Vec<(usize, u32, u32)> {
        let mut control = Control::new(token);
        let mut seen = vec![];
        loop {
            let at = instruction(program[control.next()]);
            match at.action {
                Action::Pass(_) => {
                    seen.push((control.next(), control.pointers()[1], control.position()))
                }
                Action::End(_) => return seen,
                _ => {}
            }
            control.advance(&at);
        }
    }

    #[test]
    fn loops_move_what_they_give_back() {
        let turn = |extent, count, stride_1| {
            Action::Loop(Loop { extent, count, stride_1, ..Loop::default() })
        };
        let pass = Action::Pass(Pass::default());
        let next = |level| Action::Next(Next { level });
        let program = [
            turn(Extent::Count, 2, 100),
            turn(Extent::Positions, 0, 10),
            pass,
            next(1),
            pass,
            next(0),
            turn(Extent::Here, 0, 7),
            pass,
            next(0),
            pass,
            Action::End(End::default()),
        ];
        let body = [(2, 0, 0), (2, 10, 1), (4, 0, 1), (2, 100, 0), (2, 110, 1), (4, 100, 1)];
        let behind = [(7, 7, 1), (9, 0, 1)];
        assert_eq!(walk(&program, 1), [&body[..], &behind].concat());
    }

    #[test]
    fn chunks_end_with_the_text() {
        let turn =
            |extent, stride_1| Action::Loop(Loop { extent, count: 4, stride_1, ..Loop::default() });
        let pass = Action::Pass(Pass::default());
        let next = |level| Action::Next(Next { level });
        let program = [
            turn(Extent::Chunks, 40),
            turn(Extent::Within, 10),
            pass,
            next(1),
            pass,
            next(0),
            Action::End(End::default()),
        ];
        let first = [(2, 0, 0), (2, 10, 1), (2, 20, 2), (2, 30, 3), (4, 0, 3)];
        let second = [(2, 40, 4), (2, 50, 5), (4, 40, 5)];
        assert_eq!(walk(&program, 5), [&first[..], &second].concat());
        assert_eq!(walk(&program, 1), [(2, 0, 0), (2, 10, 1), (4, 0, 1)]);
        assert_eq!(walk(&program, 4), [&first[..], &[(2, 40, 4), (4, 40, 4)]].concat());
    }

    #[test]
    fn a_loop_has_at_least_one_turn() {
        let program = [
            Action::Loop(Loop::default()),
            Action::Pass(Pass::default()),
            Action::Next(Next::default()),
            Action::End(End::default()),
        ];
        assert_eq!(walk(&program, 5), [(1, 0, 5)]);
    }
}
