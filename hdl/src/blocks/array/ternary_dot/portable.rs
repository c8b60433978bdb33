//! The portable form: full adders of LUTs, and additions that every family's synthesis knows.
//!
//! ```text
//!  slots ─┬─ 3/4 ─► chains of 3 full adders ─► counts 0..7 ─► packed adders ─► − slots ─► dot_o
//!         └─ 1/4 ─► two single bits each ────────carry-ins──────┘
//! ```
//!
//! Every slot counts 1 + s·w, which is 0, 1 or 2: an inactive spike or a zero weight adds exactly
//! one, otherwise the slot adds nothing or two. So the sum over all slots is unsigned, `slots`
//! too large, and a constant mends it at the end. A slot that adds one passes a full adder's carry
//! through; this makes a slot two LUTs of four inputs, the fewest that two outputs can have.

use super::slots::{Slots, dot_width};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// What the header says beyond the purpose.
pub(super) fn promise(slots: u32) -> String {
    format!(
        "Each slot counts 1 + weight * spike, so the count of all is {slots} too large until the \
         last stage. A slot that counts one hands its full adder's carry on."
    )
}

/// The form's parameters.
#[derive(Clone, Copy)]
pub(super) struct Portable {
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

impl Portable {
    fn leaves(&self) -> u32 {
        self.slots.div_ceil(4)
    }

    /// Slots that go through the full-adder chains.
    fn chained(&self) -> u32 {
        (3 * self.leaves()).min(self.slots)
    }

    /// The stages from the slots to the dot.
    pub(super) fn body<'m>(&self, b: &'m Builder, slots: Slots<'m>) -> Signal<'m> {
        let mut partial = self.chains(b, slots);
        while partial.count > 1 {
            partial = self.level(b, partial);
        }
        self.remove_offset(b, partial)
    }

    /// Stage 1: the first three quarters of the slots in chains of three full adders.
    fn chains<'m>(&self, b: &'m Builder, slots: Slots<'m>) -> Partial<'m> {
        let Slots { high, low, active, negative } = slots;
        let (leaves, chained) = (self.leaves(), self.chained());
        b.stage("three slots a chain, every sum two and every carry one LUT.");
        let singles = self.singles(b, slots);
        let parity = parity(leaves);
        let mut ones = b.wire("chain_0", take(b, singles, 0, leaves));
        let mut carries = vec![];
        for step in 0..3 {
            let part =
                |signal: Signal<'m>, fill| pad(b, signal, step * leaves, chained, leaves, fill);
            let plus = part(high, false) ^ part(negative, false);
            let plus = b.wire(&format!("plus_{step}"), plus);
            let inputs = [
                ("active_i", part(active, true)),
                ("high_i", part(high, false)),
                ("low_i", part(low, false)),
                ("chain_i", ones),
            ];
            let sum = b.instance(&format!("step_{step}"), &parity, &inputs).get("chain_o");
            let carry = (ones & plus) | (!sum & (ones | plus));
            carries.push(b.wire(&format!("carry_{step}"), carry));
            ones = sum;
        }
        let always = b.flag(true);
        let ones = b.delay("ones_q", always, ones);
        let hold = |step: usize| b.delay(&format!("carry_{step}_q"), always, carries[step]);
        let (x, y, z) = (hold(0), hold(1), hold(2));
        let singles = rest(b, "singles_1_q", singles, leaves);

        let second = if leaves > 1 { title(leaves / 2, 3) } else { "remove the offset.".into() };
        b.stage(&second);
        b.comment("A chain holds its ones and three carries of weight two: a count of 0..7.");
        let twos = b.wire("twos", x ^ y ^ z);
        let fours = b.wire("fours", (x & y) | (x & z) | (y & z));
        let digits = |chain: u32| [fours.bit(chain), twos.bit(chain), ones.bit(chain)];
        let parts: Vec<Signal> = (0..leaves).rev().flat_map(digits).collect();
        Partial { counts: b.wire("counts_3", b.concat(&parts)), count: leaves, width: 3, singles }
    }

    /// The slots outside the chains as two bits each, 1 + s·w of them set.
    fn singles<'m>(&self, b: &'m Builder, slots: Slots<'m>) -> Option<Signal<'m>> {
        let Slots { high, low, active, negative } = slots;
        let (chained, rest) = (self.chained(), self.slots - self.chained());
        if rest == 0 {
            return None;
        }
        b.comment(&format!(
            "The upper {rest} slots are split into two bits each, which fill the carry-ins."
        ));
        let part = |signal: Signal<'m>| signal.bits(chained, rest);
        let one = b.wire("split_one", !part(active) | (part(high) ^ part(low)));
        let two = b.wire("split_two", part(high) ^ part(negative));
        Some(b.wire("singles", b.concat(&[two & !one, two | one])))
    }

    /// One level of the tree: pairs of counts, all in one carry chain.
    fn level<'m>(&self, b: &'m Builder, p: Partial<'m>) -> Partial<'m> {
        let (pairs, field) = (p.count / 2, p.width + 1);
        let name = |what: &str| format!("{what}_{field}");
        if p.width > 3 {
            b.stage(&title(pairs, p.width));
        } else {
            b.comment(
                "A field of the chain is a count above a carry-in that both operands hold: the \
                 equal bits carry it in, and show the carry out of the field below.",
            );
        }
        let carry_in = b.wire(&name("carry_in"), take(b, p.singles, 0, pairs));
        let count = |index: u32| p.counts.bits(index * p.width, p.width);
        let operand = |first: u32| {
            let fields = (0..pairs).rev().flat_map(|j| [count(first + j), carry_in.bit(j)]);
            let parts: Vec<Signal> = [b.flag(false)].into_iter().chain(fields).collect();
            b.concat(&parts)
        };
        let left = b.wire(&name("left"), operand(0));
        let right = b.wire(&name("right"), operand(pairs));
        let sum = b.wire(&name("sum"), left + right);
        b.unused(&name("sum"), sum.bit(0), "The lowest bit only carries in.");
        let mut next = sum.bits(1, pairs * field);
        if p.count % 2 == 1 {
            next = b.concat(&[b.flag(false), count(p.count - 1), next]);
        }
        let counts = b.delay(&format!("counts_{field}_q"), b.flag(true), next);
        let singles = rest(b, &format!("singles_{}_q", field - 2), p.singles, pairs);
        Partial { counts, count: p.count - pairs, width: field, singles }
    }

    /// The last stage: adds the last single bit, subtracts the slots.
    fn remove_offset<'m>(&self, b: &'m Builder, p: Partial<'m>) -> Signal<'m> {
        let width = dot_width(self.slots);
        if self.leaves() > 1 {
            b.stage("remove the offset.");
        }
        if p.width > width {
            let zeros = p.counts.bits(width, p.width - width);
            b.unused("total_top", zeros, "The total is at most twice the slots.");
        }
        let total = match p.width > width {
            true => p.counts.bits(0, width),
            false => p.counts.extend(width),
        };
        let offset = b.constant("OFFSET", self.slots.into(), uint(width), "every slot counts one");
        let dot = match p.singles {
            Some(single) => {
                let sum = b.concat(&[total, single]) + b.concat(&[!offset + 1, single]);
                let sum = b.wire("sum", sum);
                b.unused("sum", sum.bit(0), "The lowest bit only carries in.");
                sum.bits(1, width)
            }
            None => total - offset,
        };
        b.delay("dot_q", b.flag(true), dot.as_sint())
    }
}

pub(super) fn title(pairs: u32, width: u32) -> String {
    match pairs {
        1 => format!("one addition of {width}-bit counts."),
        _ => format!("{pairs} additions of {width}-bit counts in one carry chain."),
    }
}

/// `count` bits of the singles from `first` on, zeros where there are no more.
pub(super) fn take<'m>(
    b: &'m Builder,
    singles: Option<Signal<'m>>,
    first: u32,
    count: u32,
) -> Signal<'m> {
    let zeros = |count| b.literal(0, uint(count));
    let Some(singles) = singles else { return zeros(count) };
    match singles.width().saturating_sub(first) {
        0 => zeros(count),
        left if left < count => b.concat(&[zeros(count - left), singles.bits(first, left)]),
        _ => singles.bits(first, count),
    }
}

/// The singles after the first `used`, registered; none if all are used.
pub(super) fn rest<'m>(
    b: &'m Builder,
    name: &str,
    singles: Option<Signal<'m>>,
    used: u32,
) -> Option<Signal<'m>> {
    let singles = singles.filter(|singles| singles.width() > used)?;
    Some(b.delay(name, b.flag(true), singles.bits(used, singles.width() - used)))
}

/// Slots `first..first + count` of `signal`, with `fill` above slot `end`.
fn pad<'m>(
    b: &'m Builder,
    signal: Signal<'m>,
    first: u32,
    end: u32,
    count: u32,
    fill: bool,
) -> Signal<'m> {
    let present = end.saturating_sub(first).min(count);
    let filler = |count| b.flag(fill).repeat(count);
    match present {
        0 => filler(count),
        _ if present == count => signal.bits(first, count),
        _ => b.concat(&[filler(count - present), signal.bits(first, present)]),
    }
}

/// The sum bit of one step of a chain, kept whole so that no optimiser splits it over more LUTs.
fn parity(chains: u32) -> Arc<Module> {
    let b = Builder::new(
        "ternary_parity",
        file!(),
        "sum bit of a full adder that takes one slot and a chain.\n\n\
         A slot of zero (no spike, or no weight) counts one. Its own module because synthesis \
         would else share parts of it with the carry and spend a third LUT on each slot.",
    );
    b.keep_hierarchy();
    let vector = uint(chains);
    let active = b.input("active_i", vector, "1: a spike, 0: none");
    let high = b.input("high_i", vector, "upper bit of each weight");
    let low = b.input("low_i", vector, "lower bit of each weight");
    let chain = b.input("chain_i", vector, "sum bits of the step before");
    b.output("chain_o", (!active | (high ^ low)) ^ chain, "sum bits of this step");
    b.finish()
}
