//! One element of the vector unit: two multipliers, two shifters, a function table.
//!
//! ```text
//!  memories ─► source ─┬─► left ─►(×)─►(+)─►(>>)─► y ─┬──────────────► turned_o (rotations)
//!  constant ───────────┼─► right ──┘                 │ functions
//!                      └──────────────────────┬──────┴──┬─► entering_o (sums and peaks)
//!                                             ▼         ▼
//!                              counts, kept ◄─(>>)◄─(×)◄─ entering × factor
//! ```
//!
//! The first product weighs, turns, or scales the argument of a function; what needs none of that
//! goes straight to the second product, which squares, scales to counts, or opens a gate. Every
//! register moves at every clock: the instruction that reads is the same for all that is in the first
//! half, the one that drains for all in the second, and `vector_schedule` knows which word is where.
//! Bit-exact to the functions of
//! [`numeric::fixed_point`](weights::numeric::fixed_point).

use super::digit_table::DigitTable;
use super::function_table::ENTRY_WIDTH;
use super::function_unit::{FunctionUnit, Functions, Magnitude};
use super::round_shifter::{RoundShifter, SHIFT_WIDTH, Shifted};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// Bits of a deficit.
pub const DEFICIT_WIDTH: u32 = 5;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorElement {
    /// Bits of a value, two's complement; at least 16.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
}

/// What the instruction that drains is, the same for all elements.
struct Mode<'m> {
    norm: Signal<'m>,
    weighted: Signal<'m>,
    encode: Signal<'m>,
    softmax: Signal<'m>,
    gate: Signal<'m>,
}

/// What the instruction that reads is, the same for all elements.
struct Reading<'m> {
    rotate: Signal<'m>,
    softmax: Signal<'m>,
    gate: Signal<'m>,
    /// No first product is needed.
    early: Signal<'m>,
}

/// What comes out of the memories.
struct Words<'m> {
    source: Signal<'m>,
    constant: Signal<'m>,
}

impl VectorElement {
    /// Bits of what enters the second half: a weight reaches up to 2 in magnitude.
    pub fn entering_width(&self) -> u32 {
        self.value_width + 2
    }

    /// Bits of the right factors: a value or 16 unsigned bits.
    fn right_width(&self) -> u32 {
        self.value_width.max(UNIT_WIDTH + 1)
    }

    /// Bits of a square.
    pub fn square_width(&self) -> u32 {
        2 * self.value_width - 1
    }

    /// The module `vector_element`.
    pub fn module(&self) -> Arc<Module> {
        let width = self.value_width;
        assert!(width >= UNIT_WIDTH, "a value of {width} bits cannot hold 16 bits of a function");
        let b = Builder::new("vector_element", file!(), &self.summary());
        let reading = Reading::inputs(&b);
        let mode = Mode::inputs(&b);
        let words = self.words(&b);
        let from = self.first_half(&b, &reading, &words);
        b.section("Entering cycle 0: source, rounded sum or exponential.");
        let masked = b.input("masked_i", uint(1), "cycle 0: the position is beyond p");
        let exponential = from.functions.exponential.extend(self.entering_width()).as_sint();
        let exponential = masked.select(exponential.same(0), exponential);
        let early = from.source.extend(self.entering_width());
        let late = reading.softmax.select(exponential, from.y);
        let entering = b.wire("entering", reading.early.select(early, late));
        self.second_half(&b, &mode, from, entering);
        b.finish()
    }

    fn summary(&self) -> String {
        "one element of the vector unit.\n\n\
         Every register moves at every clock. Cycles are counted from the read of a word: its \
         source is there in 2, what the first product made of it in 7, an exponential in 8."
            .into()
    }

    fn words<'m>(&self, b: &'m Builder) -> Words<'m> {
        let value = sint(self.value_width);
        b.port_group("Words of the memories, a cycle after their read.");
        let space = b.input("space_i", uint(2), "0: residual, 1: results, 2: temporaries");
        let residual = b.input("residual_i", value, "element of X");
        let result = b.input("result_i", value, "element of R");
        let temporary = b.input("temporary_i", value, "element of T");
        let constant = b.input("constant_i", value, "element of C");
        b.section("Cycle 2: the source and the constant.");
        let arms = [(0, residual), (1, result)];
        let chosen = b.case("chosen", space, &arms, temporary);
        let source = b.delay("source_q", b.flag(true), chosen);
        let constant = b.delay("constant_q", b.flag(true), constant);
        b.port_group("For the neighbour.");
        b.output("source_o", source, "source of this element");
        Words { source, constant }
    }

    /// Both ways into the second half.
    fn first_half<'m>(
        &self,
        b: &'m Builder,
        mode: &Reading<'m>,
        words: &Words<'m>,
    ) -> Entering<'m> {
        let width = self.value_width;
        let now = b.flag(true);
        b.port_group("First product.");
        let partner = b.input("partner_i", sint(width), "source of the other channel of the pair");
        let second = b.input("second_i", uint(1), "cycle 2: second of a word's two reads");
        let maximum = b.input("maximum_i", sint(width), "largest score");
        let multiplier = b.input("multiplier_i", uint(UNIT_WIDTH), "factor of an argument");
        let shift = b.input("first_shift_i", uint(SHIFT_WIDTH), "cycle 4: right shift of its sum");

        b.section("Cycle 3: the factors.");
        b.comment(
            "The distance from the maximum fills width bits, unsigned. Its top bit inverted, it \
             is signed and half the range less, which the sum makes good.",
        );
        let distance = b.wire("distance", (maximum - words.source).as_uint());
        let lowered = b.concat(&[!distance.top_bit(), distance.bits(0, width - 1)]).as_sint();
        let left = b.register("left_q", sint(width));
        let left = left
            .when(mode.softmax, lowered)
            .when(mode.rotate & second, partner)
            .when(!(mode.gate & second), words.source)
            .signal();
        let factor = b.wire("factor", b.concat(&[b.flag(false), multiplier]).as_sint());
        let right_width = self.right_width();
        let fixed = factor.extend(right_width);
        let right = b.register("right_q", sint(right_width));
        let takes_factor = mode.softmax | (mode.gate & !second);
        let right = right
            .when(takes_factor, fixed)
            .when(mode.gate, words.source.extend(right_width))
            .next(words.constant.extend(right_width))
            .signal();

        b.section("Cycle 4: the product.");
        let product_width = width + right_width;
        let product = left.extend(product_width) * right.extend(product_width);
        let product = b.delay("product_q", now, product);
        let previous = b.delay("previous_q", now, product);

        b.section("Cycles 5 and 6: the sum, shifted.");
        let sum_width = product_width + 1;
        let correction = b.concat(&[multiplier, b.literal(0, uint(width - 1))]);
        let correction = b.wire("half_range", correction);
        let addend = mode.softmax.select(
            correction.extend(sum_width).as_sint(),
            mode.rotate.select(previous.extend(sum_width), b.literal(0, sint(sum_width))),
        );
        let sum = b.wire("sum", product.extend(sum_width) + addend);
        let shifter = RoundShifter { width: sum_width };
        let shifted = shifter.instance(b, "first_shifter", sum, shift, !mode.softmax);

        let unit = FunctionUnit { width: sum_width };
        let functions = unit.instance(b, shifted, mode.softmax);
        b.section("Cycle 7: the rounded sum, and the source it came from.");
        let entering_width = self.entering_width();
        let rounded = self.rounded(b, "y", shifted, entering_width);
        let y = b.delay("y_q", now, rounded);
        let mut late = words.source;
        for cycle in 3..=7 {
            late = b.delay(&format!("source_{cycle}_q"), now, late);
        }
        b.port_group("Rotated value, cycle 7.");
        b.output("turned_o", y.truncate(width), "channel of a turned pair");
        Entering { source: words.source, late, y, functions }
    }

    /// `floor + round_up`, the low bits.
    fn rounded<'m>(
        &self,
        b: &'m Builder,
        name: &str,
        shifted: Shifted<'m>,
        width: u32,
    ) -> Signal<'m> {
        let above = shifted.floor.width() - width;
        let reason = "Proven to be copies of the sign.";
        b.unused(&format!("{name}_above"), shifted.floor.bits(width, above), reason);
        let floor = b.wire(&format!("{name}_floor"), shifted.floor.truncate(width));
        floor + shifted.round_up.extend(width).as_sint()
    }

    fn second_half<'m>(
        &self,
        b: &'m Builder,
        mode: &Mode<'m>,
        from: Entering<'m>,
        entering: Signal<'m>,
    ) {
        let (width, entering_width) = (self.value_width, self.entering_width());
        let now = b.flag(true);
        b.port_group("Second product; cycle 0 is that of entering_o.");
        let mantissa = b.input("mantissa_i", uint(UNIT_WIDTH), "cycle 0: factor of counts");
        let shift = b.input("second_shift_i", uint(SHIFT_WIDTH), "cycle 1: right shift");
        let deficit = b.input("deficit_i", uint(DEFICIT_WIDTH), "cycle 1: shift of a position");
        let limit = b.input("limit_i", uint(self.count_width), "largest magnitude of a count");

        b.section("Cycle 1: the factors.");
        let late = from.late.extend(entering_width);
        let squares_late = mode.norm & mode.weighted;
        let left = b.delay("entered_q", now, squares_late.select(late, entering));
        let right_width = self.right_width();
        let original = b.wire("original", squares_late.select(from.late, from.source));
        let unsigned =
            |name: &str, value| b.wire(name, b.concat(&[b.flag(false), value]).as_sint());
        let scale = unsigned("scale", mantissa).extend(right_width);
        let openness = unsigned("openness", from.functions.openness).extend(right_width);
        let right = b.register("scaling_q", sint(right_width));
        let right = right
            .when(mode.norm, original.extend(right_width))
            .when(mode.encode, scale)
            .when(mode.gate, openness)
            .next(b.literal(1, sint(right_width)))
            .signal();

        b.section("Cycle 2: the product and its shift.");
        let product_width = entering_width + right_width;
        let product = left.extend(product_width) * right.extend(product_width);
        let product = b.delay("scaled_q", now, product);
        let shift = mode.softmax.select(deficit.extend(SHIFT_WIDTH), shift);
        let shift = b.delay("shift_q", now, shift);

        b.section("Cycles 3 and 4: the product, shifted.");
        let shifter = RoundShifter { width: product_width };
        let shifted = shifter.instance(b, "second_shifter", product, shift, !mode.softmax);

        b.section("Cycle 5: the value as it is kept, and the count.");
        let kept = self.rounded(b, "kept", shifted, width);
        let kept = b.delay("kept_q", now, kept);
        b.port_group("For sums and peaks.");
        b.output("entering_o", entering, "what enters the second half, cycle 0");
        let square = product.bits(0, self.square_width());
        b.output("square_o", square, "square of a source, cycle 2");
        b.port_group("Results, cycle 5.");
        b.output("kept_o", kept, "product, shifted");
        self.count(b, shifted, limit);

        b.port_group("Digits of the result, cycle 6.");
        let table = DigitTable { digits: self.digits };
        let inputs = [("value_i", kept.bits(0, table.value_width()).as_sint())];
        let digits = b.instance("digits", &table.module(), &inputs);
        b.output("positive_o", digits.get("positive_o"), "1: the digit is +1; units lowest");
        b.output("negative_digit_o", digits.get("negative_o"), "1: the digit is -1");
    }

    /// Sign and magnitude of the count, limited.
    fn count<'m>(&self, b: &'m Builder, shifted: Shifted<'m>, limit: Signal<'m>) {
        let width = self.count_width;
        let Shifted { floor, round_up } = shifted;
        let magnitude = Magnitude::of(b, "count", floor, round_up, width);
        b.comment("Beyond the limit are higher bits, and a carry out of bits that are all ones.");
        let above = (magnitude.low & !limit).any();
        let carries = (magnitude.low | !limit).all() & magnitude.one;
        let limited = b.wire("limited", magnitude.beyond | above | carries);
        let value = limited.select(limit, magnitude.value);
        let negative = b.delay("negative_q", b.flag(true), magnitude.negative);
        let value = b.delay("magnitude_q", b.flag(true), value);
        b.output("negative_o", negative, "sign of the count; 0 for zero");
        b.output("magnitude_o", value, "its magnitude");
    }
}

/// The ways into the second half.
struct Entering<'m> {
    source: Signal<'m>,
    late: Signal<'m>,
    y: Signal<'m>,
    functions: Functions<'m>,
}

impl<'m> Mode<'m> {
    fn inputs(b: &'m Builder) -> Mode<'m> {
        b.port_group("The instruction that drains, held.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        Mode {
            norm: flag("norm_i", "sums of squares and magnitudes"),
            weighted: flag("weighted_i", "times the weight in C"),
            encode: flag("encode_i", "to counts"),
            softmax: flag("softmax_i", "scores to weights"),
            gate: flag("gate_i", "gate, sigmoid, up"),
        }
    }
}

impl<'m> Reading<'m> {
    fn inputs(b: &'m Builder) -> Reading<'m> {
        b.port_group("The instruction that reads, held.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        Reading {
            rotate: flag("reading_rotate_i", "pairs turned by an angle"),
            softmax: flag("reading_softmax_i", "scores to weights"),
            gate: flag("reading_gate_i", "gate, sigmoid, up"),
            early: flag("reading_early_i", "the source enters the second half as it is"),
        }
    }
}

/// An exponential fits what enters the second half.
const _: () = assert!(ENTRY_WIDTH < UNIT_WIDTH + 2);
