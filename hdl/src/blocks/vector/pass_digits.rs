//! The balanced ternary digits of one element, limited to the range that they have.
//!
//! ```text
//!  y_i ─► limit ─► [ table ] ─► positive_o, negative_o
//! ```
//!
//! Bit-exact to [`fixed_point::balanced_digits`](weights::numeric::fixed_point::balanced_digits).

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::balanced_digits;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PassDigits {
    /// Bits of a value.
    pub value_width: u32,
    /// Balanced ternary digits, at most 6.
    pub digits: u32,
}

impl PassDigits {
    /// The module `pass_digits`.
    pub fn module(&self) -> Arc<Module> {
        let digits = self.digits;
        let largest = (3i64.pow(digits) - 1) / 2;
        let width = largest.ilog2() + 2;
        let summary = format!(
            "{digits} balanced ternary digits of a value limited to {}..{largest}.",
            -largest
        );
        let b = Builder::new("pass_digits", file!(), &summary);
        let y = b.input("y_i", sint(self.value_width), "value");
        b.stage("limited.");
        let now = b.flag(true);
        let most = b.constant("LARGEST", largest.into(), y.ty(), "value of ones in all places");
        let least = b.constant("LOWEST", (-largest).into(), y.ty(), "its negative");
        let limited = most.lt(y).select(most, y.lt(least).select(least, y));
        let limited = b.wire("limited", limited);
        if width < self.value_width {
            let above = limited.bits(width, self.value_width - width);
            b.unused("limited", above, "Copies of the sign.");
        }
        let limited = b.delay("limited_q", now, limited.truncate(width));
        b.stage("look.");
        let contents: Vec<Bits> = (0..1i64 << width)
            .map(|index| {
                let value = if index >= 1 << (width - 1) { index - (1 << width) } else { index };
                let trits = match value.abs() <= largest {
                    true => balanced_digits(value, digits),
                    false => vec![0; digits as usize],
                };
                let ones = |sign: i8| {
                    trits.iter().fold(0i128, |bits, &trit| bits << 1 | i128::from(trit == sign))
                };
                Bits::new(ones(1) << digits | ones(-1), uint(2 * digits))
            })
            .collect();
        b.comment("By the value's bits: which digits are +1, and below, which are -1.");
        let table = b.memory("codes", 1 << width, uint(2 * digits), &contents).distributed();
        let found = b.delay("digits_q", now, table.word(limited.as_uint()));
        b.port_group("Digits two cycles later, units in the lowest bit.");
        b.output("positive_o", found.bits(digits, digits), "1: the digit is +1");
        b.output("negative_o", found.bits(0, digits), "1: the digit is -1");
        b.finish()
    }
}
