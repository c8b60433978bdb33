//! The slots of a dot, and its width.

use crate::language::signal::Signal;

/// Bits of a signed dot over `slots` slots: −slots..=slots.
pub fn dot_width(slots: u32) -> u32 {
    u32::BITS - slots.leading_zeros() + 1
}

/// The inputs, a bit a slot.
#[derive(Clone, Copy)]
pub(super) struct Slots<'m> {
    pub(super) high: Signal<'m>,
    pub(super) low: Signal<'m>,
    pub(super) active: Signal<'m>,
    pub(super) negative: Signal<'m>,
}
