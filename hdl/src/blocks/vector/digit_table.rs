//! A small integer's balanced ternary digits, by table.
//!
//! ```text
//!  value_i ─► [ table ] ─► positive_o, negative_o
//! ```
//!
//! Bit-exact to [`fixed_point::balanced_digits`](weights::numeric::fixed_point::balanced_digits).

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::{balanced_digits, digit_magnitude_bits};

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct DigitTable {
    /// Balanced ternary digits.
    pub digits: u32,
}

impl DigitTable {
    /// Bits of a value: its magnitude reaches 2^bits, because it was rounded to that many bits.
    pub fn value_width(&self) -> u32 {
        digit_magnitude_bits(self.digits) + 2
    }

    /// The module `digit_table`.
    pub fn module(&self) -> Arc<Module> {
        let (digits, width) = (self.digits, self.value_width());
        let largest = 1i64 << digit_magnitude_bits(digits);
        let summary = format!(
            "{digits} balanced ternary digits of {}..{largest}, one value per cycle.\n\n\
             Beyond that range all digits are 0.",
            -largest
        );
        let b = Builder::new("digit_table", file!(), &summary);
        let value = b.input("value_i", sint(width), "value");
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
        let found = b.delay("digits_q", b.flag(true), table.word(value.as_uint()));
        b.port_group("Digits a cycle later, units in the lowest bit.");
        b.output("positive_o", found.bits(digits, digits), "1: the digit is +1");
        b.output("negative_o", found.bits(0, digits), "1: the digit is -1");
        b.finish()
    }
}
