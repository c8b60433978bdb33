//! The form for an ECP5: half of the slots are a carry cell each, the others ride on its carries.
//!
//! ```text
//!            ┌ carry-in ┬ slot ┬ carry-in ┬ slot ┬ … ┬ end ┐   one chain, a cell each
//!  sums           –       ones    twos       ones       twos    counts 0..3
//!
//!  counts ─► chains of additions, each field with a carry-in ─► slots − total ─► dot_o
//! ```
//!
//! A slot counts 1 − s·w here. Then one carry cell adds it to a carry: it propagates where the
//! product is zero, and generates where the product is −1, which upper bit of the weight and sign
//! of the spike tell. The other slots are split in two bits: the first is the same function, made
//! in the carry-in cell of a slot, the second one LUT, for the carry-in cell of an addition. A
//! carry-in cell never propagates, so its sum shows the carry out of the field below.

use super::portable::{rest, take, title};
use super::slots::{Slots, dot_width};
use crate::blocks::array::carry_chain::{CHAIN_CELLS, add_fields, constant_less, slot_fields};
use crate::language::builder::Builder;
use crate::language::signal::Signal;

/// What the header says beyond the purpose.
pub(super) fn promise(slots: u32) -> String {
    format!(
        "Each slot counts 1 - weight * spike, so {slots} less the count of all is the sum. Built of \
         an ECP5's carry cells, each of which takes a whole slot."
    )
}

/// The form's parameters.
#[derive(Clone, Copy)]
pub(super) struct Ecp5 {
    pub(super) slots: u32,
}

/// Counts of equal width side by side in one vector, and the single bits not yet added.
#[derive(Clone, Copy)]
struct Partial<'m> {
    counts: Signal<'m>,
    count: u32,
    width: u32,
    singles: Option<Signal<'m>>,
}

impl Ecp5 {
    /// Slots that are a cell of their own.
    fn whole(&self) -> u32 {
        self.slots.div_ceil(2)
    }

    /// The stages from the slots to the dot.
    pub(super) fn body<'m>(&self, b: &'m Builder, slots: Slots<'m>) -> Signal<'m> {
        let mut partial = self.slot_stage(b, slots);
        while partial.count > 1 {
            partial = self.level(b, partial);
        }
        self.remove_offset(b, partial)
    }

    /// Stage 1: every slot becomes a part of a count of two bits, or a single bit.
    fn slot_stage<'m>(&self, b: &'m Builder, slots: Slots<'m>) -> Partial<'m> {
        let (whole, split) = (self.whole(), self.slots - self.whole());
        b.stage(&format!("{whole} slots a cell each, {split} split in two bits."));
        let Slots { high, low, active, negative } = slots;
        let upper = |signal: Signal<'m>| signal.bits(whole, split);
        // A slot without a partner takes no carry: the bit of weight 0 and spike −1.
        let padded = |signal: Signal<'m>, fill| match (split, whole - split) {
            (0, _) => b.flag(fill),
            (_, 0) => upper(signal),
            _ => b.concat(&[b.flag(fill), upper(signal)]),
        };
        let split_high = b.wire("split_high", padded(high, false));
        let split_negative = b.wire("split_negative", padded(negative, true));
        let mut counts = vec![];
        for (index, (first, fields)) in chains(whole, 2).into_iter().enumerate() {
            let part = |signal: Signal<'m>| signal.bits(first, fields);
            let inputs = [
                ("high_i", part(high)),
                ("low_i", part(low)),
                ("active_i", part(active)),
                ("negative_i", part(negative)),
                ("split_high_i", part(split_high)),
                ("split_negative_i", part(split_negative)),
            ];
            let module = slot_fields(fields);
            counts.push(b.instance(&format!("slots_{index}"), &module, &inputs).get("counts_o"));
        }
        let always = b.flag(true);
        counts.reverse();
        let counts = b.delay("counts_2_q", always, b.concat(&counts));
        let singles = (split > 0).then(|| {
            b.comment(
                "The second bit of a split slot: 1 - weight * spike, less the first, which is 1 \
                 where the weight's upper bit equals the spike's sign.",
            );
            let first = !(upper(high) ^ upper(negative));
            let nothing = !upper(active) | (upper(high) ^ upper(low));
            let second = b.wire("second", nothing ^ first);
            b.delay("singles_0_q", always, second)
        });
        Partial { counts, count: whole, width: 2, singles }
    }

    /// One level of the tree: pairs of counts, each with a single bit, in a few chains.
    fn level<'m>(&self, b: &'m Builder, p: Partial<'m>) -> Partial<'m> {
        let (pairs, field) = (p.count / 2, p.width + 1);
        b.stage(&title(pairs, p.width));
        let carry_in = b.wire(&format!("carry_in_{field}"), take(b, p.singles, 0, pairs));
        let mut sums = vec![];
        for (index, (first, fields)) in chains(pairs, field).into_iter().enumerate() {
            let operand = |from: u32| p.counts.bits((from + first) * p.width, fields * p.width);
            let inputs = [
                ("left_i", operand(0)),
                ("right_i", operand(pairs)),
                ("carry_in_i", carry_in.bits(first, fields)),
            ];
            let module = add_fields(fields, p.width);
            sums.push(b.instance(&format!("add_{field}_{index}"), &module, &inputs).get("sums_o"));
        }
        if p.count % 2 == 1 {
            let odd = p.counts.bits((p.count - 1) * p.width, p.width);
            sums.push(b.concat(&[b.flag(false), odd]));
        }
        sums.reverse();
        let counts = b.delay(&format!("counts_{field}_q"), b.flag(true), b.concat(&sums));
        let singles = rest(b, &format!("singles_{}_q", field - 2), p.singles, pairs);
        Partial { counts, count: p.count - pairs, width: field, singles }
    }

    /// The last stage: slots less the count, less the last single bit.
    fn remove_offset<'m>(&self, b: &'m Builder, p: Partial<'m>) -> Signal<'m> {
        let width = dot_width(self.slots);
        b.stage("the slots less the count.");
        if p.width > width {
            let zeros = p.counts.bits(width, p.width - width);
            b.unused("total_top", zeros, "The total is at most twice the slots.");
        }
        let total = match p.width > width {
            true => p.counts.bits(0, width),
            false => p.counts.extend(width),
        };
        let inputs = [("count_i", total), ("single_i", p.singles.unwrap_or(b.flag(false)))];
        let less = b.instance("offset", &constant_less(self.slots, width), &inputs);
        b.delay("dot_q", b.flag(true), less.get("difference_o").as_sint())
    }
}

/// `count` fields of `cells` each in chains of about equal length: first field and fields of each.
fn chains(count: u32, cells: u32) -> Vec<(u32, u32)> {
    let chains = (count * cells).div_ceil(CHAIN_CELLS).min(count);
    let fields = count.div_ceil(chains);
    (0..count).step_by(fields as usize).map(|first| (first, fields.min(count - first))).collect()
}
