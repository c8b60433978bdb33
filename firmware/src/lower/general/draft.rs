//! A pass while it is put together: its fields, and how its addresses move.

use super::value::{At, Vector};
use crate::isa::{
    Destination, Emit, Finish, Follow, Function, Join, Multiply, Pass, Reduce, Restart, Space,
};
use weights::numeric::pass::JOIN_SHIFT_MAX;

/// How far an address moves from step to step, position to position, head to head, from group of
/// heads to group of heads, and from one position of a chunk to the next.
pub(super) type Moves = [u32; 5];

/// What a loop runs over; the place in [`Moves`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Steps,
    Positions,
    Heads,
    Groups,
    /// The positions of a chunk.
    Within,
    /// Chunks of positions.
    Chunks,
}

/// Most positions of a chunk: a power of two that the number of vectors holds.
pub(super) const CHUNK_MAX: u32 = 8;

/// How far an address moves from head to head, and from group of heads to group of heads.
pub(super) type PerHead = [u32; 2];

/// A pass, and its addresses that may move.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) pass: Pass,
    pub(super) moves: Vec<(&'static str, Moves)>,
    /// A shift that no pass makes.
    pub(super) beyond: Option<i64>,
}

impl Draft {
    /// A pass over so many elements that takes a.
    pub(super) fn over(channels: usize) -> Draft {
        let pass = Pass { channels: channels as u32, ..Pass::default() };
        Draft { pass, moves: Vec::new(), beyond: None }
    }

    /// Notes a shift that the pass cannot make; who appends the pass refuses it.
    fn check(&mut self, shift: i64, most: i64) {
        if !(0..=most).contains(&shift) {
            self.beyond = Some(shift);
        }
    }

    fn moving(&mut self, field: &'static str, at: At, [head, group]: PerHead) {
        self.moves.push((field, [at.per_step, at.per_position, head, group, at.within]));
    }

    /// Operand a.
    pub(super) fn a(self, at: At) -> Draft {
        self.a_heads(at, [0; 2])
    }

    /// Operand a is a head.
    pub(super) fn a_heads(mut self, at: At, per_head: PerHead) -> Draft {
        (self.pass.a_space, self.pass.a) = (at.space, at.first);
        self.moving("a", at, per_head);
        self
    }

    pub(super) fn b(mut self, at: At) -> Draft {
        (self.pass.b_space, self.pass.b) = (at.space, at.first);
        self.moving("b", at, [0; 2]);
        self
    }

    pub(super) fn c(mut self, at: At) -> Draft {
        (self.pass.c_space, self.pass.c) = (at.space, at.first);
        self.moving("c", at, [0; 2]);
        self
    }

    /// Operand a is a whole vector.
    pub(super) fn vector(self, vector: &Vector) -> Draft {
        self.a(vector.at)
    }

    /// Each pair of neighbours of a changes places.
    pub(super) fn swap(mut self) -> Draft {
        self.pass.a_swap = 1;
        self
    }

    pub(super) fn join(mut self, join: Join, shift: i64) -> Draft {
        self.check(shift, JOIN_SHIFT_MAX.into());
        (self.pass.join, self.pass.join_shift) = (join, shift as u32);
        self
    }

    pub(super) fn function(mut self, function: Function) -> Draft {
        self.pass.function = function;
        self
    }

    pub(super) fn multiply(mut self, multiply: Multiply, shift: i64) -> Draft {
        self.check(shift, 63);
        (self.pass.multiply, self.pass.shift) = (multiply, shift as u32);
        self
    }

    pub(super) fn follow(mut self, follow: Follow, scalar: u32) -> Draft {
        (self.pass.follow, self.pass.scalar) = (follow, scalar);
        self
    }

    /// Writes to T or S.
    pub(super) fn to(self, at: At) -> Draft {
        self.write_heads(at, [0; 2])
    }

    /// Writes a head to T or S.
    pub(super) fn write_heads(mut self, at: At, per_head: PerHead) -> Draft {
        self.pass.destination = match at.space {
            Space::Temporaries => Destination::Temporaries,
            Space::State => Destination::State,
            other => panic!("a pass does not write to {other:?}"),
        };
        self.pass.write = at.first;
        self.moving("write", at, per_head);
        self
    }

    /// Emits a train.
    pub(super) fn train(mut self, descriptor: u32, words: u32, bits: u32) -> Draft {
        self.pass.emit = Emit::Train;
        (self.pass.train, self.pass.words, self.pass.bits) = (descriptor, words, bits);
        self
    }

    /// Emits a vector: plane 0 for the first position of a chunk, or step; plane 1 for the next.
    pub(super) fn plane(mut self, words: u32, over: Over) -> Draft {
        (self.pass.emit, self.pass.words) = (Emit::Vector, words);
        let mut moves = Moves::default();
        moves[over as usize] = 1;
        self.moves.push(("train", moves));
        self
    }

    /// Keeps a head in the cache.
    pub(super) fn keep(mut self, emit: Emit, at: At, per_head: PerHead, columns: u32) -> Draft {
        (self.pass.emit, self.pass.words, self.pass.columns) = (emit, at.first, columns);
        self.moving("words", At { per_position: 0, ..at }, per_head);
        self
    }

    pub(super) fn reduce(mut self, reduce: Reduce, finish: Finish, output: u32) -> Draft {
        (self.pass.reduce, self.pass.finish, self.pass.output) = (reduce, finish, output);
        self
    }

    pub(super) fn finish_with(mut self, factor: u32, shift: i32) -> Draft {
        (self.pass.factor, self.pass.finish_shift) = (factor, shift);
        self
    }

    /// Operand restarts: a, b, c.
    pub(super) fn restart(mut self, restarts: [Restart; 3], at: crate::isa::RestartAt) -> Draft {
        [self.pass.a_restart, self.pass.b_restart, self.pass.c_restart] = restarts;
        self.pass.restart_at = at;
        self
    }
}
