//! One lane of the accumulator array: one output row.
//!
//! ```text
//!             ┌► dot (plane 0) ─┐
//!  weights_i ─┼► dot (plane 1) ─┼► combine ─►(+)─► sum_q ─► sum_o
//!             └► dot (plane …) ─┘             └◄─────┘
//! ```
//!
//! Bit-exact to [`numeric::accumulate`](weights::numeric::accumulate): all planes share one weight
//! word, because fetching weights, not adding, is what bounds a language model.
//!
//! A train of more planes than stand in parallel comes in passes, first plane first; in a bitwise
//! train each new pass doubles what is there once per plane (Horner's rule). Rows of several
//! balanced ternary digits come digit by digit, most significant first; each new digit triples it.
//! Where both are, the digits before have a register of their own.
//!
//! With vectors, each plane has an accumulator of its own beside that of all:
//!
//! ```text
//!  dot (plane …) ─►(+)─► plane_sum_…_q ─► planes_o
//! ```

use super::ternary_dot::TernaryDot;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::config::Target;
use weights::numeric::Radix;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// Input columns per cycle.
    pub slots: u32,
    /// Planes in parallel.
    pub planes: u32,
    /// How planes add up.
    pub radix: Radix,
    /// Bits of the accumulator; `firmware` proves that every sum fits.
    pub acc_width: u32,
    /// What the dots are built of.
    pub target: Target,
    /// Whether rows may have several balanced ternary digits.
    pub digits: bool,
    /// Whether counts of a later digit may come in several passes.
    pub digit_passes: bool,
    /// Whether planes may be vectors with a sum of their own.
    pub vectors: bool,
}

impl Lane {
    /// The module `lane`.
    pub fn module(&self) -> Arc<Module> {
        let dot = TernaryDot { slots: self.slots, target: self.target }.module();
        let summary = format!(
            "one output row: {} dots of {} slots on one weight word, combined and accumulated.\n\n\
             The commands accompany the last stage: they come when the sums of their word arrive.",
            self.planes, self.slots
        );
        let b = Builder::new("lane", file!(), &summary);
        b.port_group("Weights of this row.");
        let high = b.input("high_i", uint(self.slots), "upper bit of each weight");
        let low = b.input("low_i", uint(self.slots), "lower bit of each weight");
        b.port_group("Spikes, plane 0 in the lowest bits.");
        let wide = uint(self.slots * self.planes);
        let active = b.input("active_i", wide, "1: a spike, 0: none");
        let negative = b.input("negative_i", wide, "1: the spike is -1");
        b.port_group("Commands.");
        let accumulate = b.input("accumulate_i", uint(1), "take the sums that arrive");
        let first = b.input("first_i", uint(1), "1: start from zero");
        let pass = (self.radix == Radix::Bitwise)
            .then(|| b.input("pass_i", uint(1), "1: a later pass begins, shift what is there"));
        let digit =
            self.digits.then(|| b.input("digit_i", uint(1), "1: a later digit begins, triple it"));
        let vectors = self.vectors.then(|| self.vector_commands(&b));

        b.section("Dots.");
        b.add_latency(dot.latency);
        let sums: Vec<Signal> = (0..self.planes)
            .map(|plane| {
                let low_bit = plane * self.slots;
                let inputs = [
                    ("high_i", high),
                    ("low_i", low),
                    ("active_i", active.bits(low_bit, self.slots)),
                    ("negative_i", negative.bits(low_bit, self.slots)),
                ];
                b.instance(&format!("plane_{plane}"), &dot, &inputs).get("dot_o")
            })
            .collect();
        let planes = vectors.map(|commands| self.each_plane(&b, &sums, commands));
        let sum = self.combine(&b, sums, accumulate, first, [pass, digit]);
        b.port_group("Result.");
        b.output("sum_o", sum, "accumulated sum of this row");
        if let Some(planes) = planes {
            b.output("planes_o", planes, "the sum of each plane by itself, plane 0 lowest");
        }
        b.finish()
    }

    /// Commands of the planes' own sums: take, first, later digit.
    fn vector_commands<'m>(&self, b: &'m Builder) -> (Signal<'m>, Signal<'m>, Option<Signal<'m>>) {
        b.port_group("Commands for the planes by themselves; they come with the dots.");
        let bit = uint(1);
        let accumulate = b.input("plane_accumulate_i", bit, "take the dots that arrive");
        let first = b.input("plane_first_i", bit, "1: start from zero");
        let digit = || b.input("plane_digit_i", bit, "1: a later digit begins, triple it");
        (accumulate, first, self.digits.then(digit))
    }

    /// A sum a plane, plane 0 lowest.
    fn each_plane<'m>(
        &self,
        b: &'m Builder,
        dots: &[Signal<'m>],
        (accumulate, first, digit): (Signal<'m>, Signal<'m>, Option<Signal<'m>>),
    ) -> Signal<'m> {
        b.section("A sum of each plane by itself.");
        let sums: Vec<Signal> = dots
            .iter()
            .enumerate()
            .map(|(plane, &dot)| {
                let sum = b.register(&format!("plane_sum_{plane}_q"), sint(self.acc_width));
                let held = sum.signal();
                let kept = b.wire(&format!("plane_base_{plane}"), first.select(held.same(0), held));
                let kept = match digit {
                    Some(digit) => kept + digit.select(held.shift_left(1), held.same(0)),
                    None => kept,
                };
                let arriving = self.arriving(b, &format!("plane_above_{plane}"), dot);
                sum.when(accumulate, kept + arriving).signal().as_uint()
            })
            .rev()
            .collect();
        b.concat(&sums)
    }

    /// A sum as wide as the accumulator.
    fn arriving<'m>(&self, b: &'m Builder, name: &str, sum: Signal<'m>) -> Signal<'m> {
        let width = self.acc_width;
        match sum.width() > width {
            true => {
                let above = sum.bits(width, sum.width() - width);
                b.unused(name, above, "The widths are proven: these bits copy the sign.");
                sum.truncate(width)
            }
            false => sum.extend(width),
        }
    }

    /// Combines the dots of all planes and accumulates them; the commands are a later pass and a
    /// later digit.
    pub(super) fn combine<'m>(
        &self,
        b: &'m Builder,
        mut sums: Vec<Signal<'m>>,
        accumulate: Signal<'m>,
        first: Signal<'m>,
        commands: [Option<Signal<'m>>; 2],
    ) -> Signal<'m> {
        let mut weight = 1;
        while sums.len() > 1 {
            b.stage(&format!("combine {} sums.", sums.len()));
            sums = self.pairs(b, &sums, weight);
            weight *= 2;
        }
        b.stage("accumulate.");
        self.accumulate(b, sums[0], accumulate, first, commands)
    }

    /// Adds neighbours; the earlier of a pair is worth 2^`planes` of the later in a bitwise train.
    fn pairs<'m>(&self, b: &'m Builder, sums: &[Signal<'m>], planes: u32) -> Vec<Signal<'m>> {
        let shift = if self.radix == Radix::Bitwise { planes } else { 0 };
        let lone = sums.len() % 2;
        let width = sums[sums.len() - 1].width() + shift + 1;
        let hold =
            |index: usize, sum| b.delay(&format!("sum_{planes}_{index}_q"), b.flag(true), sum);
        let mut next = vec![];
        if lone == 1 {
            next.push(hold(0, sums[0]));
        }
        for (index, pair) in sums[lone..].chunks(2).enumerate() {
            let index = index + lone;
            let earlier = match shift {
                0 => pair[0],
                _ => b.concat(&[pair[0].as_uint(), b.literal(0, uint(shift))]).as_sint(),
            };
            let earlier = b.wire(&format!("earlier_{planes}_{index}"), earlier);
            next.push(hold(index, earlier.extend(width) + pair[1].extend(width)));
        }
        next
    }

    fn accumulate<'m>(
        &self,
        b: &'m Builder,
        arriving: Signal<'m>,
        accumulate: Signal<'m>,
        first: Signal<'m>,
        [pass, digit]: [Option<Signal<'m>>; 2],
    ) -> Signal<'m> {
        let width = self.acc_width;
        let sum = b.register("sum_q", sint(width));
        let held = sum.signal();
        let shifted = match pass {
            Some(pass) if self.planes < width => pass.select(held.shift_left(self.planes), held),
            Some(pass) => pass.select(held.same(0), held),
            None => held,
        };
        let base = b.wire("base", first.select(held.same(0), shifted));
        let arriving = self.arriving(b, "above", arriving);
        let kept = match digit {
            Some(digit) if self.digit_passes => {
                b.comment("Passes shift the digit that they belong to, not those before it.");
                let before = b.register("digits_before_q", sint(width));
                let total = b.wire("total", before.signal() + held);
                before
                    .when(accumulate & first, total.same(0))
                    .when(accumulate & digit, total + total.shift_left(1));
                sum.when(accumulate, digit.select(held.same(0), base) + arriving);
                return total;
            }
            Some(digit) => {
                let twice = digit.select(held.shift_left(1), held.same(0));
                base + b.wire("twice", twice)
            }
            None => base,
        };
        sum.when(accumulate, kept + arriving);
        held
    }
}
