//! Follows the words of an instruction through the elements: who does what in which cycle.
//!
//! ```text
//!  tag ─► cycle 1 … 7 ─┬─► entering cycle 0 … 6 ─► writers
//!                      └─ 2: as it is, 7: first product, 8: exponential
//! ```
//!
//! Also reads the scalars and the deficits just in time, and writes T.

use super::round_shifter::SHIFT_WIDTH;
use super::scalar_unit::{BITS_WIDTH, EXPONENT_WIDTH, SCALAR_ADDRESS_WIDTH};
use super::vector_fields::MEMORY_ADDRESS_WIDTH;
use super::vector_reduction::{commands, delays};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// Cycles from the last read of a word until it enters the second half of an element.
pub const EARLY_CYCLES: u32 = 2;
/// The same for what the first product changes.
pub const LATE_CYCLES: u32 = 7;
/// The same for exponentials.
pub const EXPONENTIAL_CYCLES: u32 = 8;
/// Cycles from there to counts and kept values.
pub const RESULT_CYCLES: u32 = 5;
/// Cycles from there to digits.
pub const DIGIT_CYCLES: u32 = RESULT_CYCLES + 1;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorSchedule {
    /// Elements of a word.
    pub elements: u32,
    /// Bits of a value, two's complement.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
}

/// The instruction that drains.
struct Mode<'m> {
    norm: Signal<'m>,
    encode: Signal<'m>,
    rotate: Signal<'m>,
    store: Signal<'m>,
    softmax: Signal<'m>,
    gate: Signal<'m>,
    start: Signal<'m>,
}

/// The instruction that reads.
struct Reading<'m> {
    rotate: Signal<'m>,
    softmax: Signal<'m>,
    gate: Signal<'m>,
    weighted: Signal<'m>,
    early: Signal<'m>,
    start: Signal<'m>,
}

/// A word's tag, in so many cycles.
struct Tags<'m> {
    valid: Vec<Signal<'m>>,
    first: Vec<Signal<'m>>,
    last: Vec<Signal<'m>>,
    ends: Vec<Signal<'m>>,
}

impl VectorSchedule {
    /// The module `vector_schedule`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "follows the words of an instruction through the elements.\n\n\
             A word enters the second half of an element 2 cycles after its last read, or 7 after \
             the first product, or 8 as an exponential. Cycles from there count as entering cycles.";
        let b = Builder::new("vector_schedule", file!(), summary);
        let reading = self.reading(&b);
        let mode = self.mode(&b);
        let hand_over = b.input("hand_over_i", uint(1), "what reads drains from now on");
        let (tags, second) = self.tags(&b, &reading, hand_over);
        self.first_shift(&b, &reading, &mode, second);
        self.scalars(&b, &mode, hand_over, &tags);
        self.results(&b, &mode, &tags);
        b.finish()
    }

    fn reading<'m>(&self, b: &'m Builder) -> Reading<'m> {
        b.port_group("The instruction that reads, held.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        Reading {
            rotate: flag("reading_rotate_i", "pairs turned by an angle"),
            softmax: flag("reading_softmax_i", "scores to weights"),
            gate: flag("reading_gate_i", "gate, sigmoid, up"),
            weighted: flag("reading_weighted_i", "times the weight in C"),
            early: flag("reading_early_i", "no first product"),
            start: flag("read_start_i", "its first cycle"),
        }
    }

    fn mode<'m>(&self, b: &'m Builder) -> Mode<'m> {
        b.port_group("The instruction that drains, held.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        Mode {
            norm: flag("norm_i", "sums of a vector"),
            encode: flag("encode_i", "values to trains"),
            rotate: flag("rotate_i", "pairs turned by an angle"),
            store: flag("store_i", "keys or values kept as digits"),
            softmax: flag("softmax_i", "scores to weights"),
            gate: flag("gate_i", "gate, sigmoid, up"),
            start: flag("start_i", "its first cycle"),
        }
    }

    /// The tags as they enter the second half; and whether a word's last read was three cycles ago.
    fn tags<'m>(
        &self,
        b: &'m Builder,
        reading: &Reading<'m>,
        hand_over: Signal<'m>,
    ) -> (Tags<'m>, Signal<'m>) {
        b.port_group("Tag of a word, with its last read.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        let accept = flag("accept_i", "an instruction is taken: no tag stays here");
        let valid = flag("valid_i", "a word is on its way");
        let first = flag("first_i", "first word of its group");
        let last = flag("last_i", "last word of its group");
        let ends = flag("ends_i", "last word of the instruction");

        b.section("Cycles since a word's last read.");
        let ways = [EARLY_CYCLES, LATE_CYCLES, EXPONENTIAL_CYCLES].map(|way| way as usize - 1);
        let valids = commands(b, "read_valid", valid, ways[2], accept);
        let rest = [("first", first), ("last", last), ("ends", ends)];
        let rest =
            rest.map(|(name, signal)| delays(b, &format!("read_{name}"), signal, ways[2], false));

        b.section("Where a word enters the second half. Cycle by cycle from there.");
        b.comment("A word that has entered leaves this line with the instruction.");
        let ahead = |name: &str, line: &[Signal<'m>]| {
            let way = reading.softmax.select(line[ways[2]], line[ways[1]]);
            b.wire(&format!("ahead_{name}"), reading.early.select(line[ways[0]], way))
        };
        let enter = |name: &str, line: &[Signal<'m>], cycles: u32| {
            let ahead = ahead(name, line);
            delays(b, &format!("entering_{name}"), ahead, cycles as usize + 1, false)
        };
        let digits = DIGIT_CYCLES as usize + 1;
        let ahead_valid = ahead("valid", &valids);
        let entering = Tags {
            valid: commands(b, "entering_valid", ahead_valid, digits, hand_over),
            first: enter("first", &rest[0], RESULT_CYCLES),
            last: enter("last", &rest[1], DIGIT_CYCLES),
            ends: enter("ends", &rest[2], DIGIT_CYCLES),
        };
        b.port_group("Elements, from the last read.");
        let twice = b.wire("twice", reading.rotate | reading.gate);
        b.output("second_o", valids[2] & twice, "cycle 2: second of two reads");
        (entering, valids[3])
    }

    /// The shift of the first sum in cycle 4: of a weight, an angle, an argument, or gate times up.
    fn first_shift<'m>(
        &self,
        b: &'m Builder,
        reading: &Reading<'m>,
        mode: &Mode<'m>,
        second: Signal<'m>,
    ) {
        const WIDTH: u32 = 10;
        let shift = b.input("shift_i", uint(SHIFT_WIDTH), "right shift of turns and arguments");
        let product = b.input("product_shift_i", uint(SHIFT_WIDTH), "right shift of gate times up");
        let exponent_type = sint(EXPONENT_WIDTH);
        let argument = b.input("argument_exponent_i", exponent_type, "exponent of an argument");
        let exponent = b.input("scalar_exponent_i", exponent_type, "exponent of the scalar");
        b.section("Right shift of the first sum.");
        b.comment("Exponents are read once, as the instruction may write the same scalar.");
        let argument = b.delay("argument_exponent_q", reading.start, argument);
        let follows = reading.softmax | reading.gate;
        let more = b.wire("more", follows.select(argument, argument.same(0)));
        let sum = b.wire("argument_sum", shift.extend(WIDTH).as_sint() + more.extend(WIDTH));
        let most = sum.same((1 << SHIFT_WIDTH) - 1);
        let limited = most.lt(sum).select(most, sum);
        let limited = b.wire("argument_limited", sum.top_bit().select(sum.same(0), limited));
        let reason = "Limited to six bits.";
        b.unused("limited", limited.bits(SHIFT_WIDTH, WIDTH - SHIFT_WIDTH), reason);
        let weight = b.literal(i128::from(self.value_width) - 2, uint(SHIFT_WIDTH));
        let usual = reading.weighted.select(weight, limited.bits(0, SHIFT_WIDTH));
        let usual = b.delay("usual_shift_q", b.flag(true), usual);
        let chosen = (reading.gate & second).select(product, usual);
        let chosen = b.delay("first_shift_q", b.flag(true), chosen);
        b.output("first_shift_o", chosen, "cycle 4: right shift of the first sum");
        b.section("The exponent that scales and deficits start from; each head's for a store.");
        let held_exponent = b.delay("exponent_q", mode.start | mode.store, exponent);
        b.output("exponent_o", held_exponent, "exponent of the scalar, entering cycle 0");
    }

    /// Reads a group's scalar in time for its first word; others read the one they follow.
    fn scalars<'m>(&self, b: &'m Builder, mode: &Mode<'m>, hand_over: Signal<'m>, tags: &Tags<'m>) {
        let address_type = uint(SCALAR_ADDRESS_WIDTH);
        b.port_group("Scalar.");
        let scalar = b.input("scalar_i", address_type, "first scalar of what is handed over");
        let mantissa = b.input("scalar_mantissa_i", uint(UNIT_WIDTH), "its factor");
        let shift = b.input("scalar_shift_i", uint(SHIFT_WIDTH), "its right shift");
        let maximum = b.input("maximum_i", sint(self.value_width), "largest score");
        let bits = b.input("bits_i", uint(BITS_WIDTH), "bits of a magnitude");
        b.section("The scalar of the group, a cycle before its word enters.");
        let address = b.register("scalar_address_q", address_type);
        let follows = tags.valid[0] & tags.last[0] & !tags.ends[0];
        let by_group = (mode.encode | mode.store) & follows;
        let address = address.when(hand_over, scalar).when(by_group, address.signal() + 1).signal();
        let mantissa = b.delay("mantissa_q", b.flag(true), mantissa);
        let shift = b.delay("shift_q", b.flag(true), shift);
        let late = b.delay("shift_1_q", b.flag(true), shift);
        let unit = late.same(UNIT_WIDTH.into());
        let below = |index: u32| b.literal(index.into(), uint(BITS_WIDTH)).lt(bits);
        let limit: Vec<Signal> = (0..self.count_width).rev().map(below).collect();
        let limit = b.delay("limit_q", b.flag(true), b.concat(&limit));
        let maximum = b.delay("maximum_q", b.flag(true), maximum);
        b.output("scalar_address_o", address, "scalar to read");
        b.port_group("Elements, from the entering.");
        b.output("mantissa_o", mantissa, "cycle 0: factor of counts");
        let second_shift = mode.gate.select(unit, late);
        b.output("second_shift_o", second_shift, "cycle 1: shift of the second product");
        b.output("maximum_o", maximum, "largest score");
        b.output("limit_o", limit, "largest magnitude");
    }

    /// Tags for the writers, deficits, and T.
    fn results<'m>(&self, b: &'m Builder, mode: &Mode<'m>, tags: &Tags<'m>) {
        let start = mode.start;
        let address_type = uint(MEMORY_ADDRESS_WIDTH);
        // The first of each line is a cycle ahead.
        let at = |line: &[Signal<'m>], cycle: u32| line[cycle as usize + 1];
        let (valid, ends) = (at(&tags.valid, 0), at(&tags.ends, 0));
        let index_type = uint(self.elements.trailing_zeros());
        let position = b.input("position_i", index_type, "position p in its word");
        b.section("Beyond p, the last word of a softmax has no weights.");
        let beyond = |index: u32| ends & position.lt(b.literal(index.into(), index_type));
        let mut masked: Vec<Signal> = (1..self.elements).rev().map(beyond).collect();
        masked.push(b.flag(false));
        b.output("masked_o", b.concat(&masked), "cycle 0: the position is beyond p");

        b.section("Deficits of the positions, read in entering cycle 0.");
        b.port_group("Deficits of values.");
        let deficits = b.input("deficits_i", address_type, "first word of deficits");
        let read = b.wire("deficit_read", mode.softmax & valid);
        let deficit = b.register("deficit_address_q", address_type);
        let deficit = deficit.when(start, deficits).when(read, deficit.signal() + 1).signal();
        b.output("deficit_read_o", read, "read a word");
        b.output("deficit_address_o", deficit, "which one");

        b.section("Words of T: turned pairs enter, weights and gated values leave.");
        b.port_group("Temporaries.");
        let destination = b.input("destination_i", address_type, "first word to write");
        let result = at(&tags.valid, RESULT_CYCLES);
        let leaves = (mode.softmax | mode.gate) & result;
        let write = b.wire("temporary_write", (mode.rotate & valid) | leaves);
        let address = b.register("temporary_address_q", address_type);
        let address = address.when(start, destination).when(write, address.signal() + 1).signal();
        b.output("temporary_write_o", write, "write a word");
        b.output("temporary_address_o", address, "which one");
        let result_ends = at(&tags.ends, RESULT_CYCLES);
        let finished = mode.gate & result & result_ends;
        b.output("finished_o", finished, "the last gated value is written");

        b.port_group("Sums and peaks.");
        b.output("entering_valid_o", valid, "cycle 0: a word enters");
        let sums = mode.norm | mode.softmax;
        b.output("sum_valid_o", valid & sums, "cycle 0: a word to sum enters");
        b.output("entering_first_o", at(&tags.first, 0), "first word of its group");
        b.output("entering_last_o", at(&tags.last, 0), "last word of its group");
        b.output("peak_ends_o", at(&tags.ends, 1), "cycle 1: last word of the instruction");
        b.output("opens_o", mode.store & valid & at(&tags.first, 0), "cycle 0: a head begins");
        b.port_group("Writers.");
        b.output("result_valid_o", result, "cycle 5: counts and kept values");
        b.output("count_valid_o", mode.encode & result, "cycle 5: counts");
        b.output("result_first_o", at(&tags.first, RESULT_CYCLES), "first word of its group");
        b.output("result_last_o", at(&tags.last, RESULT_CYCLES), "last word of its group");
        b.output("result_ends_o", result_ends, "last word of the instruction");
        let digits = mode.store & at(&tags.valid, DIGIT_CYCLES);
        b.output("digit_valid_o", digits, "cycle 6: digits");
        b.output("digit_last_o", at(&tags.last, DIGIT_CYCLES), "last word of its head");
        b.output("digit_ends_o", at(&tags.ends, DIGIT_CYCLES), "last word of the instruction");
    }
}
