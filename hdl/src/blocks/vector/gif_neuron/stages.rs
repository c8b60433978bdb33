//! What goes from stage to stage.

use crate::language::builder::Builder;
use crate::language::signal::Signal;

/// What stage 1 hands to the quantiser, registered.
pub(super) struct Integrated<'m> {
    /// Membrane after integration, `sint(membrane_width)`.
    pub(super) v: Signal<'m>,
    /// Threshold, `uint(membrane_width − 1)`; only for a threshold per channel.
    pub(super) threshold: Option<Signal<'m>>,
    /// Whether this is the last step of a token; only for rules that ask.
    pub(super) last: Option<Signal<'m>>,
    /// Whether the sum saturated; only where the block saturates.
    pub(super) saturated: Option<Signal<'m>>,
}

/// What the quantiser and the reset yield, registered.
pub(super) struct Fired<'m> {
    pub(super) spike: Signal<'m>,
    pub(super) membrane: Signal<'m>,
    pub(super) saturated: Option<Signal<'m>>,
}

/// `value` clamped to `width` bits, and whether it had to be.
pub(super) fn saturate<'m>(
    b: &'m Builder,
    name: &str,
    value: Signal<'m>,
    width: u32,
) -> (Signal<'m>, Signal<'m>) {
    let top = value.bits(width - 1, value.width() - width + 1);
    let top = b.wire(&format!("{name}_top"), top);
    b.comment("A sum fits when all bits from the new sign bit upwards are equal.");
    let saturated = b.wire(&format!("{name}_saturated"), top.any() & !top.all());
    let negative = value.top_bit();
    let limit = b.wire(
        &format!("{name}_limit"),
        b.concat(&[negative, (!negative).repeat(width - 1)]).as_sint(),
    );
    let clamped = b.wire(name, saturated.select(limit, value.truncate(width)));
    (clamped, saturated)
}
