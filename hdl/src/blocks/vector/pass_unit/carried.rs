//! What goes in a line beside the words.

use crate::language::signal::Signal;

/// A signal, and the same when it leaves the line.
pub(super) struct Carried<'m> {
    /// What it is called wherever it is.
    pub(super) name: String,
    pub(super) signal: Signal<'m>,
    pub(super) late: Signal<'m>,
}
