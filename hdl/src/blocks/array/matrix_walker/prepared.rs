//! An instruction that waits for the walk.

use crate::language::signal::Signal;

/// Where an instruction starts, ready to be taken over.
pub(super) struct Prepared<'m> {
    pub(super) embedding: Signal<'m>,
    pub(super) base: Signal<'m>,
    pub(super) empty: Signal<'m>,
    pub(super) last_word: Signal<'m>,
    pub(super) last_digit: Signal<'m>,
    pub(super) last_tile: Signal<'m>,
    pub(super) rows: Signal<'m>,
    /// Row of the tile that has the token, where a tile has several.
    pub(super) lane: Option<Signal<'m>>,
    /// Bitwise: passes after the first. Unary: the train's maximum.
    pub(super) passes: Option<Signal<'m>>,
    pub(super) vectors: Option<Vectors<'m>>,
}

/// Planes that are vectors of their own.
#[derive(Clone, Copy)]
pub(super) struct Vectors<'m> {
    /// There are some.
    pub(super) walks: Signal<'m>,
    /// How many, but one.
    pub(super) further: Signal<'m>,
}
