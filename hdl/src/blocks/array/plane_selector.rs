//! The plane selector: the counts of a train word into the spikes of one pass.
//!
//! ```text
//!  magnitude_i ─► planes of the pass ─► wait ─► wait ─► one bit a plane ─► active_o
//!  negative_i ─────────────────────────────────────────────────────────► negative_o
//! ```
//!
//! One slot of it. Bit-exact to [`numeric::count_trits`](weights::numeric::count_trits), of which a
//! pass is a part: bitwise trains give `planes` bits of the magnitude, most significant pass
//! first; plane j of a unary pass is active where more than the taken planes and j are left.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::numeric::{Radix, planes_needed};

/// Cycles from the train word to its spikes: the weights need as long.
pub const SELECT_CYCLES: u32 = 4;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PlaneSelector {
    /// Planes in parallel.
    pub planes: u32,
    /// How planes add up.
    pub radix: Radix,
    /// Bits of a count's magnitude.
    pub count_width: u32,
}

impl PlaneSelector {
    /// Passes of the longest train.
    pub fn passes(&self) -> u32 {
        let planes = planes_needed((1 << self.count_width) - 1, self.radix);
        (planes as u32).div_ceil(self.planes)
    }

    /// What tells a pass from the others, if there are others: its number, counted from the last,
    /// in a bitwise train; the planes that earlier passes took in a unary one.
    pub fn pass_type(&self) -> Option<Type> {
        let width = match self.radix {
            Radix::Bitwise => address_width(self.passes()),
            Radix::Unary => self.count_width,
        };
        (self.passes() > 1).then(|| uint(width))
    }

    /// What the input of that type is called.
    pub fn pass_meaning(&self) -> &'static str {
        match self.radix {
            Radix::Bitwise => "passes that follow this one",
            Radix::Unary => "planes that earlier passes took",
        }
    }

    /// The module `plane_selector`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("plane_selector", file!(), &self.summary());
        b.port_group("One slot of a train word.");
        let magnitude = b.input("magnitude_i", uint(self.count_width), "magnitude of its count");
        let negative = b.input("negative_i", uint(1), "1: the count is negative");
        let empty = b.input("empty_i", uint(1), "1: take the count as zero");
        let pass = self.pass_type().map(|ty| b.input("pass_i", ty, self.pass_meaning()));

        b.stage("what the pass takes of the count.");
        let level = match self.radix {
            Radix::Bitwise => self.bits_of_pass(&b, magnitude, pass),
            Radix::Unary => self.rest_of_pass(&b, magnitude, pass),
        };
        let level = b.wire("level", empty.select(level.same(0), level));
        let always = b.flag(true);
        let mut level = b.delay("level_1_q", always, level);
        let mut sign = b.delay("negative_1_q", always, negative);
        for (stage, title) in [(2, "the weights are fetched."), (3, "the weights are decoded.")] {
            b.stage(title);
            level = b.delay(&format!("level_{stage}_q"), always, level);
            sign = b.delay(&format!("negative_{stage}_q"), always, sign);
        }

        b.stage("one bit a plane.");
        let planes: Vec<Signal> =
            (0..self.planes).rev().map(|j| self.plane(&b, level, j)).collect();
        let active = b.wire("active", b.concat(&planes));
        let negative = sign.repeat(self.planes) & active;
        let negative = b.delay("negative_q", always, negative);
        let active = b.delay("active_q", always, active);
        b.port_group("Its spikes, plane 0 in the lowest bit.");
        b.output("active_o", active, "1: a spike, 0: none");
        b.output("negative_o", negative, "1: the spike is -1");
        b.finish()
    }

    fn summary(&self) -> String {
        let Self { planes, count_width, .. } = self;
        let order = match self.radix {
            Radix::Bitwise => "Plane 0 is the most significant bit of the pass.",
            Radix::Unary => "A count of n is n spikes in the first planes.",
        };
        format!("a count of {count_width} bits into {planes} planes of one pass.\n\n{order}")
    }

    /// Bitwise: `planes` bits of the magnitude, or all of them where there are fewer.
    fn bits_of_pass<'m>(
        &self,
        b: &'m Builder,
        magnitude: Signal<'m>,
        pass: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let Some(pass) = pass else { return magnitude };
        let bits = |index: u32| {
            let low = index * self.planes;
            let count = self.planes.min(self.count_width - low);
            match self.planes - count {
                0 => magnitude.bits(low, count),
                gap => b.concat(&[b.literal(0, uint(gap)), magnitude.bits(low, count)]),
            }
        };
        let arms: Vec<(i128, Signal)> =
            (1..self.passes()).map(|index| (index.into(), bits(index))).collect();
        b.case("bits_of_pass", pass, &arms, bits(0))
    }

    /// Unary: the spikes that are left for this pass, at most `planes`.
    fn rest_of_pass<'m>(
        &self,
        b: &'m Builder,
        magnitude: Signal<'m>,
        taken: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let Some(taken) = taken else { return magnitude };
        let planes = i128::from(self.planes);
        let rest = b.wire("rest", magnitude - taken);
        let width = u32::BITS - self.planes.leading_zeros();
        let full = magnitude.same(planes).le(rest);
        let some = full.select(rest.same(planes), rest);
        let some = b.wire("at_most_all", magnitude.le(taken).select(rest.same(0), some));
        if self.count_width > width {
            let above = some.bits(width, self.count_width - width);
            b.unused("at_most_all", above, "A pass takes no more than its planes.");
        }
        some.bits(0, width.min(self.count_width))
    }

    /// Plane `index` of a pass.
    fn plane<'m>(&self, b: &'m Builder, level: Signal<'m>, index: u32) -> Signal<'m> {
        match self.radix {
            Radix::Bitwise => match self.planes - 1 - index {
                place if place < level.width() => level.bit(place),
                _ => b.flag(false),
            },
            Radix::Unary if u64::from(index) >> level.width() != 0 => b.flag(false),
            Radix::Unary => level.same(index.into()).lt(level),
        }
    }
}
