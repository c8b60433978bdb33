//! The scalar unit: from the sums and peaks of a vector to the scale of its counts.
//!
//! ```text
//!  sums, peak ─► leading zeros ─► normalise ─► [ 1/√, 1/x ] ─►(×)─► compare ─► scalar
//!                      └───────────────────── peak scales ───────────────────┘
//! ```
//!
//! Bit-exact to [`mean_scale`], [`peak_norm_scale`], [`peak_scale`], [`reciprocal`] and
//! [`epsilon`]. One normaliser serves both sums of a norm: the squares go first, and their root is
//! looked up while the magnitudes follow.
//!
//! [`mean_scale`]: weights::numeric::fixed_point::mean_scale
//! [`peak_norm_scale`]: weights::numeric::fixed_point::peak_norm_scale
//! [`peak_scale`]: weights::numeric::fixed_point::peak_scale
//! [`reciprocal`]: weights::numeric::fixed_point::reciprocal
//! [`epsilon`]: weights::numeric::fixed_point::epsilon

use super::leading_zeros::leading_zeros;
use super::round_shifter::SHIFT_WIDTH;
use super::vector_reduction::{SUM_WIDTH, delays};
use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::{
    RECIPROCAL_TABLE, ROOT_INDEX_WIDTH, ROOT_TABLE, TABLE_INDEX_WIDTH, UNIT_WIDTH,
};

/// Bits of a scalar's address.
pub const SCALAR_ADDRESS_WIDTH: u32 = 8;
/// Bits of a scalar's exponent.
pub const EXPONENT_WIDTH: u32 = 8;
/// Bits of a number of bits.
pub const BITS_WIDTH: u32 = 4;

/// Cycles from the sums of a norm to its scalar.
pub const NORM_SCALE_CYCLES: u32 = 7;
/// Cycles from a peak to its scalar.
pub const PEAK_SCALE_CYCLES: u32 = 2;
/// Cycles from the peak of softmax weights to the second scalar.
pub const SOFTMAX_SCALE_CYCLES: u32 = PEAK_SCALE_CYCLES + 2;

/// Bits of shifts and exponents on the way: none of them overflows.
const WORK_WIDTH: u32 = 10;
/// Bits of a sum's length.
const LENGTH_WIDTH: u32 = 6;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct ScalarUnit {
    /// Bits of a peak.
    pub peak_width: u32,
}

/// What the instruction under way is.
struct Mode<'m> {
    norm: Signal<'m>,
    softmax: Signal<'m>,
    scales: Signal<'m>,
    bits: Signal<'m>,
    /// A norm that aims at a mean.
    mean: Signal<'m>,
    target: Signal<'m>,
    target_exponent: Signal<'m>,
    input_exponent: Signal<'m>,
}

/// Sums and peaks with the cycles they come in.
struct Sums<'m> {
    /// The sums are valid, and so many cycles later.
    at: Vec<Signal<'m>>,
    squares: Signal<'m>,
    magnitudes: Signal<'m>,
    peak: Signal<'m>,
}

/// A normalised operand: its highest one is the top bit.
struct Normal<'m> {
    /// Leading zeros of the operand, a cycle after it.
    zeros: Signal<'m>,
    /// Top 16 bits, two cycles after it.
    value: Signal<'m>,
    /// Length of the operand, two cycles after it.
    length: Signal<'m>,
}

/// What a norm, or the sum of softmax weights, leaves for its scalar.
struct Found<'m> {
    mantissa: Signal<'m>,
    /// The shift before it is limited to 0.
    shift: Signal<'m>,
    /// What the shift is taken from to give the exponent.
    frame: Signal<'m>,
}

impl ScalarUnit {
    /// The module `scalar_unit`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "from sums and peaks to the scale of a vector's counts.\n\n\
             A norm's scalar is written 7 cycles after its sums, a peak's 2 cycles after it; the \
             second scalar of softmax weights follows 2 cycles later.";
        let b = Builder::new("scalar_unit", file!(), summary);
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        b.port_group("The instruction under way, held.");
        let start = flag("start_i", "it starts");
        let mode = self.mode(&b);
        let output = b.input("output_i", uint(SCALAR_ADDRESS_WIDTH), "first scalar to write");
        self.epsilon(&b, mode.input_exponent);
        b.port_group("Sums and peaks.");
        let sums_valid = flag("sums_valid_i", "the sums are complete");
        let squares = b.input("sum_squares_i", uint(SUM_WIDTH), "sum of squares");
        let magnitudes = b.input("sum_magnitudes_i", uint(SUM_WIDTH), "sum of magnitudes");
        let peak_valid = flag("peak_valid_i", "a peak is complete");
        let peak_ends = flag("peak_ends_i", "it is the last of its instruction");
        let peak = b.input("peak_i", uint(self.peak_width), "or of the folded values");

        b.section("Cycles since the sums were complete.");
        let complete = b.wire("sums_complete", sums_valid & (mode.norm | mode.softmax));
        let at = delays(&b, "sums", complete, 6, true);
        let sums = Sums { at, squares, magnitudes, peak };
        let normal = self.normalise(&b, &mode, &sums);
        let found = self.look_up(&b, &mode, &sums, &normal);

        b.section("The scalar of a norm, of a peak, and the second one of softmax weights.");
        let write_norm = sums.at[6] & mode.norm;
        let peaks = delays(&b, "peak_valid", peak_valid & mode.scales, 1, true);
        let ends = b.delay("peak_ends_q", b.flag(true), peak_ends);
        let seconds = delays(&b, "second", peaks[1] & mode.softmax, 2, true);
        let (write_peak, second) = (peaks[1], seconds[2]);
        self.write(&b, &mode, &found, normal.zeros, second);
        let write = b.register_reset("write_q", uint(1), 0);
        let write = write.next(write_norm | write_peak | second).signal();
        let finished = b.register_reset("finished_q", uint(1), 0);
        let last_peak = write_peak & ends & !mode.softmax;
        let finished = finished.next(write_norm | last_peak | second).signal();
        let address = b.register("address_q", uint(SCALAR_ADDRESS_WIDTH));
        let address = address.when(start, output).when(write, address.signal() + 1).signal();
        b.port_group("Scalar.");
        b.output("write_o", write, "write it");
        b.output("address_o", address, "which one");
        b.output("finished_o", finished, "it is the last of its instruction");
        b.finish()
    }

    fn mode<'m>(&self, b: &'m Builder) -> Mode<'m> {
        let norm = b.input("norm_i", uint(1), "a norm: both sums");
        let softmax = b.input("softmax_i", uint(1), "softmax weights: sum and peak");
        let scales = b.input("scales_i", uint(1), "each peak gives a scalar");
        let bits = b.input("bits_i", uint(BITS_WIDTH), "bits of the largest count; 0: a mean");
        Mode {
            norm,
            softmax,
            scales,
            bits,
            mean: b.wire("mean", bits.is(0)),
            target: b.input("target_i", uint(UNIT_WIDTH), "mean to aim at: mantissa"),
            target_exponent: b.input("target_exponent_i", sint(6), "its exponent"),
            input_exponent: b.input(
                "input_exponent_i",
                sint(EXPONENT_WIDTH),
                "exponent of the vector",
            ),
        }
    }

    /// `mantissa · 2^left`, rounded down, as a right shift of `mantissa · 2^31` by 31 − left.
    fn epsilon<'m>(&self, b: &'m Builder, input_exponent: Signal<'m>) {
        const LEFT_MAX: i128 = 31;
        const LEFT_WIDTH: u32 = 12;
        b.port_group("What is added to a sum of squares.");
        let mantissa = b.input("epsilon_i", uint(UNIT_WIDTH), "its mantissa");
        let shift = b.input("epsilon_shift_i", sint(8), "its left shift");
        let follows = b.input("follows_i", uint(1), "four times the vector's exponent more");
        b.section("Epsilon, two cycles after its exponent.");
        let fourfold = b.concat(&[input_exponent, b.literal(0, uint(2))]).as_sint();
        let fourfold = b.wire("fourfold", follows.select(fourfold, fourfold.same(0)));
        let left = b.wire("left", shift.extend(LEFT_WIDTH) + fourfold.extend(LEFT_WIDTH));
        let most = left.same(LEFT_MAX);
        let least = left.same(-LEFT_MAX);
        let limited = most.lt(left).select(most, left.lt(least).select(least, left));
        let right = b.wire("right", most - limited);
        let reason = "Between 0 and 62.";
        b.unused("right", right.bits(SHIFT_WIDTH, LEFT_WIDTH - SHIFT_WIDTH), reason);
        let right = b.delay("right_q", b.flag(true), right.bits(0, SHIFT_WIDTH));
        let wide = b.concat(&[b.flag(false), mantissa, b.literal(0, uint(LEFT_MAX as u32))]);
        let wide = b.wire("epsilon_wide", wide);
        let epsilon = b.delay("epsilon_q", b.flag(true), wide.shift_right_by(right));
        b.output("epsilon_o", epsilon, "start of a sum of squares");
    }

    /// Squares first, the other operand of a norm in the cycle after; else peaks.
    fn normalise<'m>(&self, b: &'m Builder, mode: &Mode<'m>, sums: &Sums<'m>) -> Normal<'m> {
        let now = b.flag(true);
        b.section("An operand and its leading zeros.");
        let takes_squares = mode.norm & sums.at[0];
        let takes_magnitudes = (mode.softmax & sums.at[0]) | (mode.norm & mode.mean & sums.at[1]);
        let peak = sums.peak.extend(SUM_WIDTH);
        let operand = takes_magnitudes.select(sums.magnitudes, peak);
        let operand = b.wire("operand", takes_squares.select(sums.squares, operand));
        let counter = leading_zeros(SUM_WIDTH);
        let zeros = b.instance("count", &counter, &[("value_i", operand)]).get("zeros_o");
        let operand = b.delay("operand_q", now, operand);
        let zeros = b.delay("zeros_q", now, zeros);
        b.section("The operand, shifted until its highest one is the top bit.");
        let shifted = b.wire("shifted", operand.shift_left_by(zeros));
        let below = SUM_WIDTH - UNIT_WIDTH;
        b.unused("shifted", shifted.bits(0, below), "Sixteen bits are enough.");
        let value = b.delay("normal_q", now, shifted.bits(below, UNIT_WIDTH));
        let length = b.literal(SUM_WIDTH.into(), uint(LENGTH_WIDTH)) - zeros;
        let length = b.delay("length_q", now, length);
        Normal { zeros, value, length }
    }

    /// The root or the reciprocal, and what a norm makes of it.
    fn look_up<'m>(
        &self,
        b: &'m Builder,
        mode: &Mode<'m>,
        sums: &Sums<'m>,
        normal: &Normal<'m>,
    ) -> Found<'m> {
        let (value, length) = (normal.value, normal.length);
        b.section("Inverse root, or reciprocal, and its exponent.");
        let odd = b.concat(&[b.flag(false), value.bits(8, 8)]);
        let root = length.bit(0).select(odd, value.bits(7, ROOT_INDEX_WIDTH));
        b.comment("A root's index has the highest one in bit 8 or, for an odd length, in bit 7.");
        let root = b.wire("root_entry", b.concat(&[b.flag(false), root]));
        let quotient = b.concat(&[b.literal(2, uint(2)), value.bits(7, TABLE_INDEX_WIDTH)]);
        let entries = ROOT_TABLE.iter().chain(RECIPROCAL_TABLE.iter());
        let contents: Vec<Bits> =
            entries.map(|&entry| Bits::new(entry.into(), uint(UNIT_WIDTH))).collect();
        b.comment("2^16 / sqrt((i + 1/2) / 128), and from 512 on 2^16 / (1 + (i + 1/2) / 256).");
        let table = b.memory("roots", contents.len() as u32, uint(UNIT_WIDTH), &contents);
        let index = b.wire("root_index", mode.softmax.select(quotient, root));
        let entry = table.read("entry_q", b.flag(true), index);
        let exists = b.delay("exists_q", b.flag(true), value.top_bit());
        let mantissa = exists.select(entry, entry.same(0));
        let mantissa = b.delay("mantissa_q", sums.at[3], mantissa);
        let some = b.wire("some", length.any());
        let one_less = b.wire("one_less", length - some.extend(LENGTH_WIDTH));
        let half = b.wire("half", one_less.bits(1, LENGTH_WIDTH - 1)).extend(WORK_WIDTH);
        let unit = half.same(UNIT_WIDTH.into());
        let frame = mode.norm.select(half + unit, one_less.extend(WORK_WIDTH)).as_sint();
        let frame = b.delay("frame_q", sums.at[2], frame);

        b.section("The product of root and magnitudes: its leading bits tell the shift.");
        let factor = b.delay("factor_q", sums.at[3], value);
        let level = b.delay("level_q", sums.at[3], length);
        let product = mantissa.extend(2 * UNIT_WIDTH) * factor.extend(2 * UNIT_WIDTH);
        let product = b.delay("product_q", b.flag(true), product);
        let work = |signal: Signal<'m>| signal.extend(WORK_WIDTH).as_sint();
        let exponent = mode.target_exponent.extend(WORK_WIDTH);
        let bits = work(mode.bits);
        let offset = mode.mean.select(bits.same(14) - exponent, bits.same(16) - bits);
        let base = b.delay("base_q", b.flag(true), work(level) + offset);
        let top = b.wire("product_top", product.top_bit());
        let leading = top.select(product.bits(16, UNIT_WIDTH), product.bits(15, UNIT_WIDTH));
        let below = b.wire("below", leading.lt(mode.target));
        let nothing = b.wire("nothing", !product.bits(30, 2).any());
        b.unused("product", product.bits(0, 15), "Only sixteen leading bits are compared.");
        let mean = base + work(top) - work(below);
        let mean = nothing.select(mean.same(0), mean);
        let shift = b.delay("norm_shift_q", b.flag(true), mode.mean.select(mean, base));
        Found { mantissa, shift, frame }
    }

    /// The contents of the scalar, registered.
    fn write<'m>(
        &self,
        b: &'m Builder,
        mode: &Mode<'m>,
        found: &Found<'m>,
        zeros: Signal<'m>,
        second: Signal<'m>,
    ) {
        let work = |signal: Signal<'m>| signal.extend(WORK_WIDTH).as_sint();
        let length = b.literal(SUM_WIDTH.into(), sint(WORK_WIDTH)) - work(zeros);
        let peak = length - work(mode.bits);
        let shift = b.wire("shift", mode.norm.select(found.shift, peak));
        let limited = shift.top_bit().select(shift.same(0), shift);
        let kept = b.register("shift_q", uint(SHIFT_WIDTH));
        let taken = b.wire("taken", second.select(work(kept.signal()), limited));
        kept.when(second, kept.signal().same(0)).next(taken.bits(0, SHIFT_WIDTH));
        let looked_up = b.wire("looked_up", mode.norm | second);
        let own = mode.input_exponent.extend(WORK_WIDTH);
        let own = mode.softmax.select(own.same(0), own);
        let frame = looked_up.select(found.frame, own);
        let exponent = b.wire("exponent", frame - taken);
        let reason = "The lowering keeps exponents in their range.";
        let above = exponent.bits(EXPONENT_WIDTH, WORK_WIDTH - EXPONENT_WIDTH);
        b.unused("exponent", above, reason);
        let exponent = exponent.truncate(EXPONENT_WIDTH);
        let exponent = b.delay("exponent_q", b.flag(true), exponent);
        let one = found.mantissa.same(1);
        let mantissa = looked_up.select(found.mantissa, one);
        let mantissa = b.delay("scalar_mantissa_q", b.flag(true), mantissa);
        b.port_group("Its contents.");
        b.output("mantissa_o", mantissa, "factor");
        b.output("shift_o", kept.signal(), "right shift");
        b.output("exponent_o", exponent, "value of a count of one is 2^-exponent");
    }
}
