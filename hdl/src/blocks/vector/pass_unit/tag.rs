//! What accompanies a word.

use crate::language::signal::Signal;

/// A strobe and the tags of a word.
#[derive(Clone, Copy)]
pub(super) struct Tag<'m> {
    pub(super) valid: Signal<'m>,
    pub(super) first: Signal<'m>,
    /// Meaningless where nothing happens with the last word.
    pub(super) last: Signal<'m>,
}
