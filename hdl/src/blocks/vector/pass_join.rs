//! The first stage of an element: its operands become one value.
//!
//! ```text
//!  a b c ─► left, right ─►(×)─►(>>)─►(+ b)─► saturate ─► joined_o
//! ```
//!
//! Bit-exact to [`numeric::pass::Join`](weights::numeric::pass::Join). What is added behind the
//! shift is added behind the shift here too: `round(x + b · 2^shift, shift) = round(x, shift) + b`.

use super::choice::Chosen;
use super::delay_line::delayed;
use super::limit::limit;
use super::round_shifter::{RoundShifter, SHIFT_WIDTH};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{Join, Pass};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Joins that multiply.
const PRODUCTS: [Join; 3] = [Join::Multiply, Join::MultiplyAdd, Join::Interpolate];
/// Joins whose second factor is c, and that add b behind the shift.
const BLENDS: [Join; 2] = [Join::MultiplyAdd, Join::Interpolate];
/// Joins that need neither.
const OTHERS: [Join; 5] = [Join::Take, Join::Add, Join::Subtract, Join::Maximum, Join::Multiply];

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassJoin {
    /// Bits of a value.
    pub value_width: u32,
    /// The joins that the program uses.
    pub joins: BTreeSet<Join>,
}

impl PassJoin {
    /// The module `pass_join`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "joins the operands of one element, and saturates.\n\n\
             Bit-exact to numeric::pass::Join.";
        let b = Builder::new("pass_join", file!(), summary);
        let width = self.value_width;
        let value = sint(width);
        b.port_group("The pass, in the cycle of the operands.");
        let join = Chosen::input(&b, "join", &self.joins, "how they are joined");
        let amount_type = uint(Pass::FORMAT.field("join_shift").width);
        let amount = b.input("shift_i", amount_type, "right shift of the result");
        b.port_group("Operands.");
        let a = b.input("a_i", value, "a");
        let reads = |reads: fn(Join) -> bool| self.joins.iter().any(|&join| reads(join));
        let second = reads(Join::reads_b).then(|| b.input("b_i", value, "b"));
        let third = reads(Join::reads_c).then(|| b.input("c_i", value, "c"));

        b.stage("the factors, or the sum.");
        let wide = width + 1;
        let operand_b = || second.unwrap_or_else(|| a.same(0));
        let operand_c = || third.unwrap_or_else(|| a.same(0));
        let now = b.flag(true);
        let (a_wide, b_wide) = (|| a.extend(wide), || operand_b().extend(wide));
        let left = join.pick(&[
            (&[Join::Add], &|| a_wide() + b_wide()),
            (&[Join::Subtract, Join::Interpolate], &|| a_wide() - b_wide()),
            (&[Join::Maximum], &|| {
                b.wire("larger", a.lt(operand_b()).select(operand_b(), a)).extend(wide)
            }),
            (&[Join::Take, Join::Multiply, Join::MultiplyAdd], &a_wide),
        ]);
        let left = b.delay("left_q", now, left);
        let product = self.product(&b, &join, left, &operand_b, &operand_c);

        b.stage("the result, shifted.");
        b.stage("by the rest of the shift.");
        let wide_amount = delayed(&b, "shift", amount, 2).extend(SHIFT_WIDTH);
        let shifter = RoundShifter { width: product.width() };
        let shifted = shifter.instance(&b, "shifter", product, wide_amount);

        b.stage("b, where it is added behind the shift; saturated.");
        let sum_width = product.width() + 1;
        let rounded =
            shifted.floor.extend(sum_width) + shifted.round_up.extend(sum_width).as_sint();
        let sum = match join.makes(&BLENDS) {
            true => {
                let adds = join.later("late", 4);
                let late = delayed(&b, "late_b", operand_b(), 4);
                let late = b.wire("b_behind", late);
                let added = late.extend(sum_width);
                let addend = adds.pick(&[(&BLENDS, &|| added), (&OTHERS, &|| added.same(0))]);
                rounded + addend
            }
            false => rounded,
        };
        let limited = limit(&b, "joined", sum, width);
        let joined = b.delay("joined_q", now, limited.value);
        let saturated = b.delay("saturated_q", now, limited.saturated);
        b.port_group("Result.");
        b.output("joined_o", joined, "the joined value");
        b.output("saturated_o", saturated, "it had to be limited");
        b.finish()
    }

    /// The product, or what stands for it, a cycle after its factors.
    fn product<'m>(
        &self,
        b: &'m Builder,
        join: &Chosen<'m, Join>,
        left: Signal<'m>,
        operand_b: &dyn Fn() -> Signal<'m>,
        operand_c: &dyn Fn() -> Signal<'m>,
    ) -> Signal<'m> {
        let now = b.flag(true);
        if !join.makes(&PRODUCTS) {
            b.stage("nothing is multiplied.");
            return b.delay("product_q", now, left);
        }
        let one = || b.literal(1, sint(self.value_width));
        let right =
            join.pick(&[(&[Join::Multiply], operand_b), (&BLENDS, operand_c), (&OTHERS, &one)]);
        let right = b.delay("right_q", now, right);
        b.stage("the product.");
        let width = left.width() + right.width();
        b.delay("product_q", now, left.extend(width) * right.extend(width))
    }
}
