//! The two functions of an element: where to look in the table, and what to make of the entry.
//!
//! ```text
//!  argument ─► index_o ─► function_table ─► entry_i ─┬─►(>> octaves)───► exponential_o
//!                                                    └─►(1 - σ if < 0)─► openness_o
//! ```
//!
//! Bit-exact to [`fixed_point::exponential`](weights::numeric::fixed_point::exponential) and
//! [`fixed_point::sigmoid`](weights::numeric::fixed_point::sigmoid).

use super::function_table::{ENTRY_WIDTH, INDEX_WIDTH};
use super::round_shifter::Shifted;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::{OCTAVE_FRACTION_WIDTH, OCTAVES, TABLE_INDEX_WIDTH};

/// Bits of the number of whole octaves below 32.
const OCTAVE_WIDTH: u32 = OCTAVES.trailing_zeros();

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct FunctionUnit {
    /// Bits of the argument, two's complement.
    pub width: u32,
}

/// The functions, in the module that uses them.
#[derive(Clone, Copy)]
pub(super) struct Functions<'m> {
    /// `63 · 2^10 · 2^(−argument / 256)`.
    pub(super) exponential: Signal<'m>,
    /// `2^16 · σ(argument / 32)`.
    pub(super) openness: Signal<'m>,
}

impl FunctionUnit {
    /// The module `function_unit`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "2^-x and the sigmoid, one argument per cycle.\n\n\
             exponential_o = 63 * 2^10 * 2^(-argument / 256)   argument >= 0; 0 from 32 octaves on\n\
             openness_o    = 2^16 * sigmoid(argument / 32)";
        let b = Builder::new("function_unit", file!(), summary);
        b.port_group("Argument: argument_i + round_up_i.");
        let floor = b.input("argument_i", sint(self.width), "argument, rounded down");
        let round_up = b.input("round_up_i", uint(1), "1: one more is nearer");
        let softmax = b.input("softmax_i", uint(1), "1: exponential; 0: sigmoid. Held");
        b.port_group("Table.");
        let entry = b.input("entry_i", uint(ENTRY_WIDTH), "what it holds, a cycle later");

        b.stage("the table looks; what else the argument says waits.");
        let magnitude = Magnitude::of(&b, "argument", floor, round_up, TABLE_INDEX_WIDTH);
        b.comment("From 255 on the sigmoid stays at its last entry.");
        let largest = magnitude.value.same((1 << TABLE_INDEX_WIDTH) - 1);
        let sigmoid = magnitude.beyond.select(largest, magnitude.value);
        let index = softmax.select(floor.bits(0, TABLE_INDEX_WIDTH), sigmoid);
        let index = b.wire("index", b.concat(&[!softmax, index]));
        let limit = OCTAVE_FRACTION_WIDTH + OCTAVE_WIDTH;
        let octaves = floor.bits(OCTAVE_FRACTION_WIDTH, OCTAVE_WIDTH);
        let beyond = floor.bits(limit, self.width - limit).any();
        let hold = |name: &str, signal| b.delay(name, b.flag(true), signal);
        let octaves = hold("octaves_q", octaves);
        let beyond = hold("beyond_q", beyond);
        let negative = hold("negative_q", magnitude.negative);
        b.output("index_o", index, "where to look, at once");

        b.stage("the entry.");
        let entry = hold("entry_q", entry);
        let octaves = hold("entry_octaves_q", octaves);
        let beyond = hold("entry_beyond_q", beyond);
        let negative = hold("entry_negative_q", negative);

        b.section("The rest of either function.");
        let halved = b.wire("halved", entry.shift_right_by(octaves));
        b.port_group("The functions, two cycles later.");
        let exponential = beyond.select(halved.same(0), halved);
        b.output("exponential_o", exponential, "63 * 2^10 * 2^(-argument / 256)");
        let openness = negative.select(entry.negate(), entry);
        b.output("openness_o", openness, "2^16 * sigmoid(argument / 32)");
        b.finish()
    }

    /// An instance; the functions come two cycles later. The index becomes a port.
    pub(super) fn instance<'m>(
        &self,
        b: &'m Builder,
        argument: Shifted<'m>,
        softmax: Signal<'m>,
    ) -> Functions<'m> {
        b.port_group("Function table.");
        let entry = b.input("entry_i", uint(ENTRY_WIDTH), "entry, a cycle after its index");
        let inputs = [
            ("argument_i", argument.floor),
            ("round_up_i", argument.round_up),
            ("softmax_i", softmax),
            ("entry_i", entry),
        ];
        let outputs = b.instance("functions", &self.module(), &inputs);
        debug_assert_eq!(outputs.get("index_o").width(), INDEX_WIDTH);
        b.output("index_o", outputs.get("index_o"), "cycle 6: entry to look up");
        Functions { exponential: outputs.get("exponential_o"), openness: outputs.get("openness_o") }
    }
}

/// The magnitude of `floor + round_up`, with one small adder:
/// `|floor + up| = (floor ^ sign) + (up ^ sign)`, where sign is that of the floor.
#[derive(Clone, Copy)]
pub(super) struct Magnitude<'m> {
    /// Its low bits.
    pub(super) value: Signal<'m>,
    /// Whether it needs more than those bits.
    pub(super) beyond: Signal<'m>,
    /// Whether the sum is negative.
    pub(super) negative: Signal<'m>,
    /// The operands of that adder: low bits of the folded floor, and zero or one.
    pub(super) low: Signal<'m>,
    pub(super) one: Signal<'m>,
}

impl<'m> Magnitude<'m> {
    /// As `width` bits of a sum that is wider.
    pub(super) fn of(
        b: &'m Builder,
        name: &str,
        floor: Signal<'m>,
        round_up: Signal<'m>,
        width: u32,
    ) -> Magnitude<'m> {
        let wire = |part: &str, signal| b.wire(&format!("{name}_{part}"), signal);
        b.comment("|floor + up| = (floor ^ sign) + (up ^ sign): one adder, as wide as the result.");
        let sign = wire("sign", floor.top_bit());
        let folded = wire("folded", floor.as_uint() ^ sign.repeat(floor.width()));
        let one = wire("one", round_up ^ sign);
        let low = wire("low", folded.bits(0, width));
        let value = wire("magnitude", low + one.extend(width));
        let high = folded.bits(width, floor.width() - width).any();
        let beyond = wire("beyond", high | (low.all() & one));
        let negative = wire("negative", sign & (one | folded.any()));
        Magnitude { value, beyond, negative, low, one }
    }
}
