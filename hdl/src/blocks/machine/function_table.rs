//! The two functions of the vector unit, as one table for each element.
//!
//! ```text
//!  argument ─► index ─► [ 2^-x ; sigmoid ] ─►(>> octaves)───► exponential_o
//!                                          └►(1 - σ if < 0)─► openness_o
//! ```
//!
//! Bit-exact to [`fixed_point::exponential`](weights::numeric::fixed_point::exponential) and
//! [`fixed_point::sigmoid`](weights::numeric::fixed_point::sigmoid).

use super::round_shifter::Shifted;
use crate::bits::Bits;
use crate::builder::Builder;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::{sint, uint};
use std::sync::Arc;
use weights::numeric::fixed_point::{
    EXPONENTIAL_TABLE, OCTAVE_FRACTION_WIDTH, OCTAVES, SIGMOID_TABLE, TABLE_INDEX_WIDTH, UNIT_WIDTH,
};

/// Cycles from the argument to the function, which leaves without a register.
pub const TABLE_CYCLES: u32 = 2;
/// Bits of an exponential: 2^16 is among them.
pub const EXPONENTIAL_WIDTH: u32 = UNIT_WIDTH + 1;

/// Bits of the number of whole octaves below 32.
const OCTAVE_WIDTH: u32 = OCTAVES.trailing_zeros();

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct FunctionTable {
    /// Bits of the argument, two's complement.
    pub width: u32,
}

/// The table's outputs, in the module that uses it.
#[derive(Clone, Copy)]
pub(super) struct Functions<'m> {
    /// `2^16 · 2^(−argument / 256)`.
    pub(super) exponential: Signal<'m>,
    /// `2^16 · σ(argument / 32)`.
    pub(super) openness: Signal<'m>,
}

impl FunctionTable {
    /// The module `function_table`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "2^-x and the sigmoid, one table look-up per cycle.\n\n\
             exponential_o = 2^16 * 2^(-argument / 256)    argument >= 0; 0 from 32 octaves on\n\
             openness_o    = 2^16 * sigmoid(argument / 32)";
        let b = Builder::new("function_table", file!(), summary);
        b.port_group("Argument: argument_i + round_up_i.");
        let floor = b.input("argument_i", sint(self.width), "argument, rounded down");
        let round_up = b.input("round_up_i", uint(1), "1: one more is nearer");
        let softmax = b.input("softmax_i", uint(1), "1: exponential; 0: sigmoid. Held");

        b.stage("where to look.");
        let sigmoid = self.sigmoid_index(&b, floor, round_up);
        let index = softmax.select(floor.bits(0, TABLE_INDEX_WIDTH), sigmoid.index);
        let index = b.delay("index_q", b.flag(true), index);
        let whole = floor.bits(OCTAVE_FRACTION_WIDTH, OCTAVE_WIDTH);
        let whole = b.delay("octaves_q", b.flag(true), whole);
        let limit = OCTAVE_FRACTION_WIDTH + OCTAVE_WIDTH;
        let beyond = floor.bits(limit, self.width - limit).any();
        let beyond = b.delay("beyond_q", b.flag(true), beyond);
        let negative = b.delay("negative_q", b.flag(true), sigmoid.negative);

        b.stage("look.");
        let entries = EXPONENTIAL_TABLE.iter().chain(SIGMOID_TABLE.iter());
        let contents: Vec<Bits> =
            entries.map(|&entry| Bits::new(entry.into(), uint(EXPONENTIAL_WIDTH))).collect();
        b.comment("2^16 * 2^(-i / 256), and from 256 on 2^16 * sigmoid((i + 1/2) / 32).");
        let depth = contents.len() as u32;
        let table = b.memory("entries", depth, uint(EXPONENTIAL_WIDTH), &contents).distributed();
        let address = b.concat(&[!softmax, index]);
        let entry = b.delay("entry_q", b.flag(true), table.word(address));
        let whole = b.delay("entry_octaves_q", b.flag(true), whole);
        let beyond = b.delay("entry_beyond_q", b.flag(true), beyond);
        let negative = b.delay("entry_negative_q", b.flag(true), negative);

        b.section("The rest of either function.");
        let halved = b.wire("halved", entry.shift_right_by(whole));
        let unit = b.wire("positive", entry.bits(0, UNIT_WIDTH));
        b.port_group("The function, two cycles later.");
        let exponential = beyond.select(halved.same(0), halved);
        b.output("exponential_o", exponential, "2^16 * 2^(-argument / 256)");
        let openness = negative.select(unit.negate(), unit);
        b.output("openness_o", openness, "2^16 * sigmoid(argument / 32)");
        b.finish()
    }

    /// An instance; its outputs come [`TABLE_CYCLES`] later.
    pub(super) fn instance<'m>(
        &self,
        b: &'m Builder,
        argument: Shifted<'m>,
        softmax: Signal<'m>,
    ) -> Functions<'m> {
        let inputs = [
            ("argument_i", argument.floor),
            ("round_up_i", argument.round_up),
            ("softmax_i", softmax),
        ];
        let outputs = b.instance("functions", &self.module(), &inputs);
        Functions { exponential: outputs.get("exponential_o"), openness: outputs.get("openness_o") }
    }

    fn sigmoid_index<'m>(
        &self,
        b: &'m Builder,
        floor: Signal<'m>,
        round_up: Signal<'m>,
    ) -> SigmoidIndex<'m> {
        let magnitude = Magnitude::of(b, "argument", floor, round_up, TABLE_INDEX_WIDTH);
        b.comment("From 255 on the sigmoid stays at its last entry.");
        let largest = magnitude.value.same((1 << TABLE_INDEX_WIDTH) - 1);
        let index = magnitude.beyond.select(largest, magnitude.value);
        SigmoidIndex { index, negative: magnitude.negative }
    }
}

struct SigmoidIndex<'m> {
    index: Signal<'m>,
    negative: Signal<'m>,
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
        Magnitude { value, beyond, negative }
    }
}
