//! Saturation, in the module that needs it.

use crate::language::builder::Builder;
use crate::language::signal::Signal;

/// A value that fits, and whether it had to be made to.
#[derive(Clone, Copy)]
pub(super) struct Limited<'m> {
    pub(super) value: Signal<'m>,
    pub(super) saturated: Signal<'m>,
}

/// Clamps a signed value to `width` bits.
pub(super) fn limit<'m>(b: &'m Builder, name: &str, value: Signal<'m>, width: u32) -> Limited<'m> {
    let value = b.wire(&format!("{name}_wide"), value);
    let above = value.bits(width - 1, value.width() - width + 1);
    let above = b.wire(&format!("{name}_above"), above);
    let sign = b.wire(&format!("{name}_sign"), value.top_bit());
    let saturated = b.wire(&format!("{name}_saturates"), above.any() & !above.all());
    let extreme = b.concat(&[sign, (!sign).repeat(width - 1)]);
    let limited = saturated.select(extreme, value.bits(0, width)).as_sint();
    Limited { value: limited, saturated }
}

/// An unsigned signal as a signed one, a bit wider.
pub(super) fn signed<'m>(b: &'m Builder, name: &str, value: Signal<'m>) -> Signal<'m> {
    b.wire(name, b.concat(&[b.flag(false), value]).as_sint())
}
