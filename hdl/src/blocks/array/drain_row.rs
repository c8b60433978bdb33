//! One row of the drain: an accumulated sum into a value.
//!
//! ```text
//!  sum ─► × factor ─► >> shift ─► round ─► saturate ─► value_o ─► result_o
//! ```
//!
//! Bit-exact to [`round_shift`](weights::numeric::round_shift) of the product and
//! [`saturate`](weights::numeric::fixed_point::saturate); the shift is limited to 0..=63.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use std::sync::Arc;

/// Cycles from a sum to its value.
pub const VALUE_CYCLES: u32 = 5;
/// Cycles from a sum to its result.
pub const RESULT_CYCLES: u32 = 6;
/// Bits of a factor.
pub const FACTOR_WIDTH: u32 = 16;
/// Bits of a shift that is limited.
const SHIFT_WIDTH: u32 = 6;
/// Of them, those of the fine shift.
const FINE_WIDTH: u32 = 3;

/// Type of a shift before it is limited: a field of 6 bits and an exponent of 8.
pub(super) fn base_shift_type() -> Type {
    sint(9)
}

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct DrainRow {
    /// Bits of a sum.
    pub acc_width: u32,
    /// Bits of a value.
    pub value_width: u32,
}

impl DrainRow {
    /// The module `drain_row`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("drain_row", file!(), &self.summary());
        b.port_group("Sum, and what is done to it.");
        let sum = b.input("sum_i", sint(self.acc_width), "accumulated sum of the row");
        let factor = b.input("factor_i", uint(FACTOR_WIDTH), "its factor");
        let shift = b.input("shift_i", base_shift_type(), "right shift of the product");

        b.stage("multiply; limit the shift.");
        let always = b.flag(true);
        let width = self.acc_width + FACTOR_WIDTH;
        let factor = b.wire("wide_factor", factor.extend(width).as_sint());
        let product = b.delay("product_q", always, sum.extend(width) * factor);
        let shift_width = base_shift_type().width;
        let low = shift.bits(0, SHIFT_WIDTH);
        let above = shift.bits(SHIFT_WIDTH, shift_width - 1 - SHIFT_WIDTH).any();
        let limited = above.select(low.same((1 << SHIFT_WIDTH) - 1), low);
        let limited = shift.top_bit().select(low.same(0), limited);
        let limited = b.delay("shift_1_q", always, limited);

        b.stage("shift by multiples of eight; one bit below the product stays for rounding.");
        let scaled = b.wire("scaled", b.concat(&[product.as_uint(), b.flag(false)]).as_sint());
        let fine = limited.bits(0, FINE_WIDTH);
        let eights = limited.bits(FINE_WIDTH, SHIFT_WIDTH - FINE_WIDTH);
        let shifted = self.coarse(&b, scaled, eights);
        let fine = b.delay("shift_2_q", always, fine);

        b.stage("shift by less than eight.");
        let shifted = Shifted {
            bits: b.delay("fine_q", always, shifted.bits.shift_right_by(fine)),
            large: shifted.large.map(|large| b.delay("too_large_3_q", always, large)),
            sign: b.delay("sign_3_q", always, shifted.sign),
        };

        b.stage("round to nearest, ties up.");
        let rounded = self.round(&b, &shifted);

        b.stage("saturate.");
        let (value, clipped) = saturate(&b, "value", rounded, self.value_width);
        let value = b.delay("value_q", always, value);
        let clipped = b.delay("clipped_q", always, clipped);

        b.stage("wait for the write.");
        let result = b.delay("result_q", always, value);
        let saturated = b.delay("saturated_q", always, clipped);

        b.port_group("Value.");
        b.output("value_o", value, "the scaled sum");
        b.port_group("Result, a cycle later.");
        b.output("result_o", result, "the value");
        b.output("saturated_o", saturated, "it did not fit");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "a sum of {} bits times a factor, shifted right, as a value of {} bits.\n\n\
             The value is there after {VALUE_CYCLES} cycles, the result after {RESULT_CYCLES}.",
            self.acc_width, self.value_width
        )
    }

    /// The coarse shift. Of its bits only those stay that can become bits of a value; what is
    /// above them only tells that the value is too large, and is known before the shift.
    fn coarse<'m>(&self, b: &'m Builder, scaled: Signal<'m>, eights: Signal<'m>) -> Shifted<'m> {
        let amount = b.concat(&[eights, b.literal(0, uint(FINE_WIDTH))]);
        let shifted = scaled.shift_right_by(amount);
        let sign = b.delay("sign_2_q", b.flag(true), scaled.top_bit());
        let step = 1 << FINE_WIDTH;
        let (width, kept) = (scaled.width(), self.value_width + 1 + step);
        if width <= kept {
            return Shifted { bits: b.delay("coarse_q", b.flag(true), shifted), large: None, sign };
        }
        let shifted = b.wire("by_eights", shifted);
        let above = shifted.bits(kept, width - kept);
        b.unused(
            "by_eights",
            above,
            "A value that needs them is too large, which too_large tells.",
        );
        let large = |number: u32| {
            let low = kept - 1 + number * step;
            (low + 1 < width).then(|| (number.into(), !alike(scaled.bits(low, width - low))))
        };
        let arms: Vec<(i128, Signal)> = (0..step).map_while(large).collect();
        let large = b.case("too_large", eights, &arms, b.flag(false));
        Shifted {
            bits: b.delay("coarse_q", b.flag(true), shifted.truncate(kept)),
            large: Some(b.delay("too_large_2_q", b.flag(true), large)),
            sign,
        }
    }

    /// Adds the bit below the point. What is too large keeps its sign and stays too large.
    fn round<'m>(&self, b: &'m Builder, shifted: &Shifted<'m>) -> Signal<'m> {
        let always = b.flag(true);
        let width = self.value_width + 1;
        let whole = shifted.bits.width() - 1;
        let whole_bits = b.wire("whole", shifted.bits.bits(1, whole).as_sint());
        let half = b.concat(&[b.flag(false), shifted.bits.bit(0)]).as_sint();
        let half = b.wire("half", half);
        if whole <= width {
            b.unused("sign_3", shifted.sign, "Every product fits.");
            let sum = whole_bits.extend(whole + 1) + half.extend(whole + 1);
            return b.delay("rounded_q", always, sum);
        }
        let near = alike(whole_bits.bits(width - 1, whole - width + 1));
        let near = shifted.large.map_or(near, |large| near & !large);
        let near = b.wire("near", near);
        let sum = b.wire("rounded", whole_bits.truncate(width + 1) + half.extend(width + 1));
        let far = b.concat(&[shifted.sign, (!shifted.sign).repeat(width)]).as_sint();
        b.delay("rounded_q", always, near.select(sum, far))
    }
}

/// A product on its way through the shifts.
struct Shifted<'m> {
    bits: Signal<'m>,
    /// It has more bits than those, if it can.
    large: Option<Signal<'m>>,
    sign: Signal<'m>,
}

/// Whether all bits are equal.
fn alike(bits: Signal<'_>) -> Signal<'_> {
    (!bits.any()) | bits.all()
}

/// The value limited to `width` bits, and whether it had to be.
fn saturate<'m>(
    b: &'m Builder,
    name: &str,
    value: Signal<'m>,
    width: u32,
) -> (Signal<'m>, Signal<'m>) {
    if value.width() <= width {
        return (value.extend(width), b.flag(false));
    }
    let top = value.bits(width - 1, value.width() - width + 1);
    let fits = b.wire(&format!("{name}_fits"), alike(top));
    let sign = value.top_bit();
    let limit = b.concat(&[sign, (!sign).repeat(width - 1)]).as_sint();
    (fits.select(value.truncate(width), limit), !fits)
}
