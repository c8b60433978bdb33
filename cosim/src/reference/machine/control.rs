//! The sequencer: which instruction comes next, where the pointers stand, what p is.

use firmware::isa::{Action, Extent, Instruction, Loop, POINTER_COUNT, Restart, RestartAt};

/// One loop that runs.
#[derive(Clone, Debug)]
struct Turn {
    /// Its first instruction.
    body: usize,
    /// Iterations that are over.
    index: u32,
    /// Iterations in all.
    extent: u32,
    /// Whether p is its index.
    positions: bool,
    strides: [u32; POINTER_COUNT as usize],
    /// Where the pointers stand in this iteration.
    pointers: [u32; POINTER_COUNT as usize],
}

/// The state of the sequencer within a token.
#[derive(Clone, Debug)]
pub(super) struct Control {
    /// Position of the token.
    token: u32,
    next: usize,
    turns: Vec<Turn>,
}

impl Control {
    /// At the first instruction, for the token at a position.
    pub(super) fn new(token: usize) -> Control {
        Control { token: token as u32, next: 0, turns: Vec::new() }
    }

    /// The index of the next instruction.
    pub(super) fn next(&self) -> usize {
        self.next
    }

    /// Goes on behind the instruction at hand.
    pub(super) fn advance(&mut self, instruction: &Instruction) {
        self.next += 1;
        match &instruction.action {
            Action::Loop(turn) => self.begin(turn),
            Action::Next(_) => {
                let turn = self.turns.last_mut().expect("a next belongs to a loop");
                turn.index += 1;
                if turn.index == turn.extent {
                    self.turns.pop();
                    return;
                }
                self.next = turn.body;
                for (pointer, stride) in turn.pointers.iter_mut().zip(turn.strides) {
                    *pointer += stride;
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, turn: &Loop) {
        let strides = [
            0,
            turn.stride_1,
            turn.stride_2,
            turn.stride_3,
            turn.stride_4,
            turn.stride_5,
            turn.stride_6,
            turn.stride_7,
        ];
        let mut pointers = self.pointers();
        let (extent, positions) = match turn.extent {
            Extent::Count => (turn.count.max(1), false),
            Extent::Positions => (self.token + 1, true),
            Extent::Here => {
                for (pointer, stride) in pointers.iter_mut().zip(strides) {
                    *pointer += stride * self.token;
                }
                (1, false)
            }
        };
        self.turns.push(Turn { body: self.next, index: 0, extent, positions, strides, pointers });
    }

    /// Where the pointers stand.
    pub(super) fn pointers(&self) -> [u32; POINTER_COUNT as usize] {
        self.turns.last().map_or([0; POINTER_COUNT as usize], |turn| turn.pointers)
    }

    /// p: the index of the innermost loop over positions, or the position of the token.
    pub(super) fn position(&self) -> usize {
        let turn = self.turns.iter().rev().find(|turn| turn.positions);
        turn.map_or(self.token, |turn| turn.index) as usize
    }

    /// The last position that an instruction attends.
    pub(super) fn attended(&self, instruction: &Instruction) -> usize {
        if instruction.pointers.all { self.token as usize } else { self.position() }
    }

    /// Whether state begins anew here.
    pub(super) fn restarts(&self, at: RestartAt) -> bool {
        let first = |depth: usize| self.turns.get(depth).is_some_and(|turn| turn.index == 0);
        match at {
            RestartAt::Never => false,
            RestartAt::Text => self.position() == 0,
            RestartAt::Loop0 => first(0),
            RestartAt::Loop1 => first(1),
            RestartAt::Loop2 => first(2),
            RestartAt::Loop3 => first(3),
        }
    }
}

/// An operand that is `x` unless its state begins anew.
pub(super) fn restarted(x: i64, restarts: bool, restart: Restart, width: u32) -> i64 {
    match restart {
        Restart::Zero if restarts => 0,
        Restart::Lowest if restarts => -(1 << (width - 1)),
        _ => x,
    }
}
