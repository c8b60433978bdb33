//! The third stage of an element: a second factor, and a shift that may follow a scalar.
//!
//! ```text
//!  found_i ─────────────────────────►(×)─►(>>)─► saturate ─► scaled_o
//!  a b c mantissa, a cycle before ─►factor ┘
//! ```
//!
//! Bit-exact to [`numeric::pass::Multiply`](weights::numeric::pass::Multiply).

use super::choice::Chosen;
use super::limit::{limit, signed};
use super::pass_function::LENGTH_WIDTH;
use super::round_shifter::{RoundShifter, SHIFT_WIDTH};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::Multiply;
use std::collections::BTreeSet;
use std::sync::Arc;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// Bits of a shift with all that is added to it.
pub const AMOUNT_WIDTH: u32 = 10;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassMultiply {
    /// Bits of a value.
    pub value_width: u32,
    /// Bits of what the function finds.
    pub found_width: u32,
    /// The factors that the program uses.
    pub multiplies: BTreeSet<Multiply>,
    /// Whether a reciprocal adds to the shift.
    pub has_length: bool,
}

impl PassMultiply {
    /// The module `pass_multiply`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "multiplies what the function found, shifts, and saturates.\n\n\
             Bit-exact to numeric::pass::Multiply.";
        let b = Builder::new("pass_multiply", file!(), summary);
        let now = b.flag(true);
        b.port_group("The pass, and its factors, a cycle before the value.");
        let multiply = Chosen::input(&b, "multiply", &self.multiplies, "the factor");
        let factor = self.factor(&b, &multiply);
        b.port_group("The value, and its shift, which is not limited yet.");
        let found = b.input("found_i", sint(self.found_width), "value");
        let amount = b.input("amount_i", sint(AMOUNT_WIDTH), "right shift");
        let amount = match self.has_length {
            false => amount,
            true => {
                let length = b.input("length_i", uint(LENGTH_WIDTH), "what a reciprocal adds");
                let reciprocal = b.input("reciprocal_i", uint(1), "it is one");
                let length = length.extend(AMOUNT_WIDTH).as_sint();
                b.wire("amount", amount + reciprocal.select(length, length.same(0)))
            }
        };

        b.stage("the product, and the shift, limited to 0..63.");
        let product = match factor {
            None => found,
            Some(factor) => {
                let width = found.width() + factor.width();
                found.extend(width) * factor.extend(width)
            }
        };
        let product = b.delay("product_q", now, product);
        let beyond = amount.bits(SHIFT_WIDTH, AMOUNT_WIDTH - SHIFT_WIDTH - 1).any();
        let limited = beyond.repeat(SHIFT_WIDTH) | amount.bits(0, SHIFT_WIDTH);
        let limited = amount.top_bit().select(limited.same(0), limited);
        let limited = b.delay("shift_q", now, limited);

        b.stage("the result, shifted.");
        b.stage("by the rest of the shift.");
        let shifter = RoundShifter { width: product.width() };
        let shifted = shifter.instance(&b, "shifter", product, limited);

        b.stage("rounded and saturated.");
        let width = product.width() + 1;
        let rounded = shifted.floor.extend(width) + shifted.round_up.extend(width).as_sint();
        let limited = limit(&b, "scaled", rounded, self.value_width);
        let scaled = b.delay("scaled_q", now, limited.value);
        let saturated = b.delay("saturated_q", now, limited.saturated);
        b.port_group("Result.");
        b.output("scaled_o", scaled, "the scaled value");
        b.output("saturated_o", saturated, "it had to be limited");
        b.finish()
    }

    /// The factor, registered; none if the program never multiplies.
    fn factor<'m>(&self, b: &'m Builder, multiply: &Chosen<'m, Multiply>) -> Option<Signal<'m>> {
        if multiply.makes_only(&[Multiply::One]) {
            return None;
        }
        let value = sint(self.value_width);
        let width = match multiply.makes(&[Multiply::Scalar]) {
            true => self.value_width.max(UNIT_WIDTH + 1),
            false => self.value_width,
        };
        let operand = |name: &str| {
            b.input(&format!("{name}_i"), value, &format!("operand {name}")).extend(width)
        };
        let mantissa = || {
            let mantissa = b.input("mantissa_i", uint(UNIT_WIDTH), "mantissa of the scalar");
            signed(b, "mantissa", mantissa).extend(width)
        };
        let factor = multiply.pick(&[
            (&[Multiply::A], &|| operand("a")),
            (&[Multiply::B], &|| operand("b")),
            (&[Multiply::C], &|| operand("c")),
            (&[Multiply::Scalar], &mantissa),
            (&[Multiply::One], &|| b.literal(1, sint(width))),
        ]);
        b.section("The factor.");
        Some(b.delay("factor_q", b.flag(true), factor))
    }
}
