//! The issue of an instruction.

use crate::language::signal::Signal;

/// The instruction that stands at the issue, and what becomes of it.
pub(super) struct Issue<'m> {
    pub(super) instruction: Signal<'m>,
    pub(super) address: Signal<'m>,
    pub(super) bad: Signal<'m>,
    pub(super) matrix_waits: Signal<'m>,
    pub(super) vector_waits: Signal<'m>,
    pub(super) unit_waits: Signal<'m>,
    /// It is a Loop or a Next that leaves, if the program has them.
    pub(super) turn: Option<[Signal<'m>; 2]>,
}

/// Wires of the issue that lead back to the state and the fetch.
#[derive(Clone, Copy)]
pub(super) struct Back<'m> {
    pub(super) issued: Signal<'m>,
    pub(super) ends: Signal<'m>,
    pub(super) matrix_issued: Signal<'m>,
    pub(super) vector_issued: Signal<'m>,
}
