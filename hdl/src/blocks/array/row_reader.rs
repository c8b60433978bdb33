//! The row reader: values of an embedding straight from the words of the weight store.
//!
//! ```text
//!  word ─► row of the token ─► group of slots ─► 3·v + trit ─► values_o
//! ```
//!
//! Bit-exact to the sum of the digits of [`balanced_digits`], most significant first.
//!
//! [`balanced_digits`]: weights::numeric::fixed_point::balanced_digits

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, sint, uint};
use std::sync::Arc;

/// Cycles from the last digit's word to the values.
pub const READ_CYCLES: u32 = 2;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct RowReader {
    /// Rows of a store word.
    pub lanes: u32,
    /// Columns of a store word.
    pub slots: u32,
    /// Values of a group.
    pub elements: u32,
    /// Digits of a value.
    pub digits: u32,
}

impl RowReader {
    /// Type of a value.
    pub fn value_type(&self) -> Type {
        let max = (3u64.pow(self.digits) - 1) / 2;
        sint(u64::BITS - max.leading_zeros() + 1)
    }

    /// The module `row_reader`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("row_reader", file!(), &self.summary());
        let groups = self.slots / self.elements;
        b.port_group("Word.");
        let word = uint(self.lanes * self.slots);
        let high = b.input("high_i", word, "upper bit of each trit, lane 0 in the lowest bits");
        let low = b.input("low_i", word, "lower bit of each trit");
        b.port_group("What it is.");
        let valid = b.input("valid_i", uint(1), "a digit of the token's row");
        let first = b.input("first_i", uint(1), "the most significant");
        let last = b.input("last_i", uint(1), "the least significant");
        let ends = b.input("final_i", uint(1), "of the last group of the row");
        let lane = (self.lanes > 1)
            .then(|| b.input("lane_i", uint(self.lanes.ilog2()), "the token's row"));
        let group =
            (groups > 1).then(|| b.input("group_i", uint(groups.ilog2()), "the group of slots"));

        b.stage("the row of the token.");
        let always = b.flag(true);
        let (slots, elements) = (self.slots, self.elements);
        let high = part_of(&b, "row_high", high, lane, slots);
        let low = part_of(&b, "row_low", low, lane, slots);
        let high = b.delay("row_high_q", always, high);
        let low = b.delay("row_low_q", always, low);
        let group = group.map(|group| b.delay("group_q", always, group));
        let valid = b.register_reset("valid_q", uint(1), 0).next(valid).signal();
        let [first, last, ends] = [("first_q", first), ("last_q", last), ("final_q", ends)]
            .map(|(name, signal)| b.delay(name, always, signal));

        b.stage("its digits, one after the other.");
        let high = part_of(&b, "group_high", high, group, elements);
        let low = part_of(&b, "group_low", low, group, elements);
        let mut values: Vec<Signal> = (0..self.elements)
            .map(|element| {
                self.value(&b, element, high.bit(element), low.bit(element), valid, first)
            })
            .collect();
        values.reverse();
        let arrives = valid & last;
        let arrives = b.register_reset("arrives_q", uint(1), 0).next(arrives).signal();
        let ends = b.delay("ends_q", always, ends);

        b.port_group("Values.");
        b.output("values_o", b.concat(&values), "element 0 in the lowest bits");
        b.output("done_o", arrives, "all their digits are in, for this cycle");
        b.output("final_o", ends, "they are the last of the row");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "one row of a table of {} digits, {} values at a time.\n\n\
             A word holds one digit of {} rows; the digits of a group follow each other, most \
             significant first.",
            self.digits, self.elements, self.lanes
        )
    }

    fn value<'m>(
        &self,
        b: &'m Builder,
        element: u32,
        high: Signal<'m>,
        low: Signal<'m>,
        valid: Signal<'m>,
        first: Signal<'m>,
    ) -> Signal<'m> {
        let ty = self.value_type();
        let trit = b.concat(&[!low, high | !low]).as_sint();
        let trit = b.wire(&format!("trit_{element}"), trit).extend(ty.width);
        let register = b.register(&format!("value_{element}_q"), ty);
        let value = register.signal();
        let next = match self.digits {
            1 => trit,
            _ => first.select(trit, value + value.shift_left(1) + trit),
        };
        register.when(valid, next).signal().as_uint()
    }
}

/// `width` bits of a named signal, those that `index` tells, or all of them.
fn part_of<'m>(
    b: &'m Builder,
    name: &str,
    of: Signal<'m>,
    index: Option<Signal<'m>>,
    width: u32,
) -> Signal<'m> {
    let Some(index) = index else { return of };
    let count = of.width() / width;
    let arm = |part: u32| of.bits(part * width, width);
    let arms: Vec<(i128, Signal)> = (0..count - 1).map(|part| (part.into(), arm(part))).collect();
    b.case(name, index, &arms, arm(count - 1))
}
