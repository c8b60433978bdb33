//! What becomes of a number that a pass gathered: a level, or a scalar.
//!
//! ```text
//!  gathered_i ─┬─►(× factor)─►(>>)─► saturate ──────────────────────► level_o
//!              └─►(+ ε)─► leading zeros ─► normalise ─► 1/√, 1/x ─┬─► mantissa_o, shift_o,
//!                                                  length ────────┘   exponent_o
//! ```
//!
//! Bit-exact to [`Reduction::finish`](weights::numeric::pass::Reduction::finish).

use super::choice::Chosen;
use super::delay_line::delayed;
use super::leading_zeros::leading_zeros;
use super::limit::{limit, signed};
use super::pass_reduce::GATHERED_WIDTH;
use super::round_shifter::{RoundShifter, SHIFT_WIDTH};
use super::widths::EXPONENT_WIDTH;
use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{Finish, Pass};
use std::collections::BTreeSet;
use std::sync::Arc;
use weights::numeric::fixed_point::{ROOT_INDEX_WIDTH, ROOT_TABLE, UNIT_WIDTH};
use weights::numeric::pass::{ENTRY_WIDTH, RECIPROCAL, SEGMENT_WIDTH};

/// Cycles from what is gathered to the write of its register.
pub const FINISH_CYCLES: u32 = 6;

/// Bits of a length.
const LENGTH_WIDTH: u32 = 6;
/// Bits of shifts and exponents on the way: none of them overflows.
const WORK_WIDTH: u32 = 18;
/// Largest left shift of ε.
const LEFT_MAX: u32 = 31;

/// Finishes that give a scalar.
const SCALARS: [Finish; 4] =
    [Finish::InverseRoot, Finish::Reciprocal, Finish::CountScale, Finish::PeakScale];
/// Those that look into no table.
const PLAIN: [Finish; 3] = [Finish::Level, Finish::CountScale, Finish::PeakScale];
/// Those that have a shift.
const SHIFTED: [Finish; 3] = [Finish::Level, Finish::InverseRoot, Finish::CountScale];
/// Those that aim at no count.
const NOT_COUNTS: [Finish; 4] =
    [Finish::Level, Finish::InverseRoot, Finish::Reciprocal, Finish::PeakScale];
/// Those that add nothing to what is gathered.
const OTHERS: [Finish; 4] =
    [Finish::Level, Finish::Reciprocal, Finish::CountScale, Finish::PeakScale];
/// Those whose scalar is a power of two.
const POWERS: [Finish; 2] = [Finish::CountScale, Finish::PeakScale];

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassFinish {
    /// Bits of a value.
    pub value_width: u32,
    /// The finishes that the program uses.
    pub finishes: BTreeSet<Finish>,
}

/// The parameters of a finish.
struct Order<'m> {
    finish: Chosen<'m, Finish>,
    factor: Signal<'m>,
    shift: Signal<'m>,
}

/// An operand whose highest one is the top bit, three cycles after it was gathered.
struct Normal<'m> {
    value: Signal<'m>,
    length: Signal<'m>,
}

impl PassFinish {
    /// The module `pass_finish`.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "a level or a scalar from what a pass gathered, {FINISH_CYCLES} cycles later.\n\n\
             Bit-exact to numeric::pass::Reduction::finish."
        );
        let b = Builder::new("pass_finish", file!(), &summary);
        let width = |field: &str| Pass::FORMAT.field(field).width;
        b.port_group("The pass, held.");
        let finish = Chosen::input(&b, "finish", &self.finishes, "what becomes of it");
        let port = |name: &str, ty, needed: &[Finish], meaning: &str| match finish.makes(needed) {
            true => b.input(name, ty, meaning),
            false => b.literal(0, ty),
        };
        let (factor, shift) = (uint(width("factor")), sint(width("finish_shift")));
        let meaning = "factor, mantissa or bits";
        let factor = port("factor_i", factor, &[SHIFTED, [Finish::PeakScale; 3]].concat(), meaning);
        let shift = port("finish_shift_i", shift, &SHIFTED, "shift or exponent");
        let order = Order { finish, factor, shift };
        b.port_group("What is gathered.");
        let valid = b.input("valid_i", uint(1), "it is complete, for this cycle");
        let gathered = b.input("gathered_i", sint(GATHERED_WIDTH), "the number");
        b.section("Its way.");
        b.add_latency(FINISH_CYCLES);
        let mut writes = valid;
        for cycle in 1..=FINISH_CYCLES {
            let name = format!("valid_{cycle}_q");
            writes = b.register_reset(&name, uint(1), 0).next(writes).signal();
        }
        let (level, scalar) = (order.finish.makes(&[Finish::Level]), order.finish.makes(&SCALARS));
        let is_level = (level && scalar).then(|| order.finish.is(&[Finish::Level]));
        if level {
            let writes = is_level.map_or(writes, |is_level| writes & is_level);
            self.level(&b, &order, gathered, b.wire("level_write", writes));
        }
        if scalar {
            self.scalar(&b, &order, gathered);
            let writes = is_level.map_or(writes, |is_level| writes & !is_level);
            b.output("scalar_write_o", writes, "write it");
        }
        b.finish()
    }

    fn level<'m>(
        &self,
        b: &'m Builder,
        order: &Order<'m>,
        gathered: Signal<'m>,
        write: Signal<'m>,
    ) {
        let now = b.flag(true);
        b.section("A level: the product, shifted, saturated.");
        let factor = signed(b, "wide_factor", order.factor);
        let width = GATHERED_WIDTH + factor.width();
        let product = gathered.extend(width) * factor.extend(width);
        let product = b.delay("product_q", now, product);
        let shift = order.shift;
        let beyond = shift.bits(SHIFT_WIDTH, shift.width() - SHIFT_WIDTH - 1).any();
        let limited = beyond.repeat(SHIFT_WIDTH) | shift.bits(0, SHIFT_WIDTH);
        let limited = shift.top_bit().select(limited.same(0), limited);
        let limited = b.delay("level_shift_q", now, limited);
        let shifter = RoundShifter { width };
        let shifted = shifter.instance(b, "shifter", product, limited);
        let rounded =
            shifted.floor.extend(width + 1) + shifted.round_up.extend(width + 1).as_sint();
        let limited = limit(b, "level", rounded, self.value_width);
        let level = delayed(b, "level", b.wire("level_value", limited.value), 3);
        let saturated = delayed(b, "level_saturated", limited.saturated, 3);
        b.port_group("Level.");
        b.output("level_write_o", write, "write it");
        b.output("level_o", level, "its value");
        b.output("saturated_o", write & saturated, "it had to be limited");
    }

    /// The operand, normalised.
    fn normalise<'m>(&self, b: &'m Builder, order: &Order<'m>, gathered: Signal<'m>) -> Normal<'m> {
        let now = b.flag(true);
        b.section("The operand; what is not positive is zero.");
        let operand = order.finish.pick(&[
            (&[Finish::InverseRoot], &|| gathered + self.epsilon(b, order)),
            (&OTHERS, &|| gathered),
        ]);
        let operand = b.wire("operand", operand);
        let positive = operand.top_bit().select(operand.same(0), operand).as_uint();
        let operand = b.delay("operand_q", now, positive);
        b.section("Its leading zeros.");
        let counter = leading_zeros("leading_zeros_gathered", GATHERED_WIDTH);
        let zeros = b.instance("count", &counter, &[("value_i", operand)]).get("zeros_o");
        let operand = b.delay("counted_q", now, operand);
        let zeros = b.delay("zeros_q", now, zeros);
        b.section("Shifted until its highest one is the top bit.");
        let shifted = b.wire("shifted", operand.shift_left_by(zeros));
        let kept = UNIT_WIDTH + 1;
        let below = GATHERED_WIDTH - kept;
        b.unused("shifted", shifted.bits(0, below), "Seventeen bits are enough.");
        let value = b.delay("normal_q", now, shifted.bits(below, kept));
        let length = b.literal(GATHERED_WIDTH.into(), uint(LENGTH_WIDTH)) - zeros;
        Normal { value, length: b.delay("length_q", now, length) }
    }

    /// `mantissa · 2^left`, rounded down, as a right shift of `mantissa · 2^31` by 31 − left.
    fn epsilon<'m>(&self, b: &'m Builder, order: &Order<'m>) -> Signal<'m> {
        let work = order.shift.width() + 1;
        let left = b.wire("left", order.shift.extend(work));
        let most = left.same(LEFT_MAX.into());
        let least = left.same(-i128::from(LEFT_MAX));
        let limited = most.lt(left).select(most, left.lt(least).select(least, left));
        let right = b.wire("right", most - limited);
        b.unused("right", right.bits(SHIFT_WIDTH, work - SHIFT_WIDTH), "Between 0 and 62.");
        let wide = b.concat(&[order.factor, b.literal(0, uint(LEFT_MAX))]);
        let wide = b.wire("epsilon_wide", wide);
        let epsilon = wide.shift_right_by(right.bits(0, SHIFT_WIDTH));
        b.wire("epsilon", epsilon).extend(GATHERED_WIDTH).as_sint()
    }

    fn scalar<'m>(&self, b: &'m Builder, order: &Order<'m>, gathered: Signal<'m>) {
        let now = b.flag(true);
        let normal = self.normalise(b, order, gathered);
        let finish = &order.finish;
        let powers = finish.makes(&POWERS).then(|| self.power(b, order, &normal));
        let root = finish.makes(&[Finish::InverseRoot]).then(|| self.root(b, &normal));
        let reciprocal = finish.makes(&[Finish::Reciprocal]).then(|| self.reciprocal(b, &normal));
        self.drop_unused(b, &normal);

        b.section("The scalar.");
        let of =
            |found: Option<Signal<'m>>| found.unwrap_or_else(|| unreachable!("the finish is used"));
        let mantissa = finish.pick(&[
            (&[Finish::InverseRoot], &|| of(root.map(|root| root.0))),
            (&[Finish::Reciprocal], &|| of(reciprocal.map(|reciprocal| reciprocal.0))),
            (&PLAIN, &|| b.literal(1, uint(UNIT_WIDTH))),
        ]);
        let shift = finish.pick(&[
            (&[Finish::InverseRoot, Finish::Reciprocal], &|| b.literal(0, uint(SHIFT_WIDTH))),
            (&POWERS, &|| of(powers)),
        ]);
        let shift = b.wire("shift", shift);
        let negative = || {
            let wide = b.wire("wide_shift", shift.extend(EXPONENT_WIDTH).as_sint());
            wide.negate()
        };
        let exponent = finish.pick(&[
            (&[Finish::InverseRoot], &|| of(root.map(|root| root.1))),
            (&[Finish::Reciprocal], &|| of(reciprocal.map(|reciprocal| reciprocal.1))),
            (&PLAIN, &negative),
        ]);
        let mantissa = b.delay("mantissa_q", now, mantissa);
        let exponent = b.delay("exponent_q", now, exponent);
        let shift = b.delay("shift_q", now, shift);
        b.port_group("Scalar.");
        b.output("mantissa_o", mantissa, "factor");
        b.output("shift_o", shift, "right shift");
        b.output("exponent_o", exponent, "exponent");
    }

    /// Bits of the normalised operand that no finish looks at.
    fn drop_unused(&self, b: &Builder, normal: &Normal<'_>) {
        let (value, reason) = (normal.value, "No finish looks that far.");
        let makes = |finish| self.finishes.contains(&finish);
        let (root, count) = (makes(Finish::InverseRoot), makes(Finish::CountScale));
        match (makes(Finish::Reciprocal), count, root) {
            (true, true, _) | (true, _, true) => {}
            (true, false, false) => {}
            (false, true, _) => b.unused("normal", value.bits(0, 1), reason),
            (false, false, true) => b.unused("normal", value.bits(0, 8), reason),
            (false, false, false) => b.unused("normal", value, "Its length is enough."),
        }
    }

    /// The shift of a scale that is a power of two, five cycles after what is gathered.
    fn power<'m>(&self, b: &'m Builder, order: &Order<'m>, normal: &Normal<'m>) -> Signal<'m> {
        let now = b.flag(true);
        b.section("A power of two.");
        let length = normal.length.extend(WORK_WIDTH).as_sint();
        let one = length.same(1);
        let count = || {
            let leading = normal.value.bits(1, UNIT_WIDTH);
            let below = b.wire("below", leading.lt(order.factor));
            let below = below.extend(WORK_WIDTH).as_sint();
            let shift = length - one - order.shift.extend(WORK_WIDTH) - below;
            let some = normal.length.any();
            some.select(shift, shift.same(0))
        };
        let peak = || length - order.factor.extend(WORK_WIDTH).as_sint();
        let shift = match self.finishes.contains(&Finish::PeakScale) {
            true => order.finish.pick(&[(&[Finish::CountScale], &count), (&NOT_COUNTS, &peak)]),
            false => count(),
        };
        let shift = b.delay("power_q", now, shift);
        let beyond = shift.bits(SHIFT_WIDTH, WORK_WIDTH - SHIFT_WIDTH - 1).any();
        let limited = beyond.repeat(SHIFT_WIDTH) | shift.bits(0, SHIFT_WIDTH);
        let limited = shift.top_bit().select(limited.same(0), limited);
        b.delay("limited_q", now, limited)
    }

    /// Mantissa and exponent of 1 / √x, five cycles after what is gathered.
    fn root<'m>(&self, b: &'m Builder, normal: &Normal<'m>) -> (Signal<'m>, Signal<'m>) {
        let now = b.flag(true);
        b.section("An inverse root, from its table.");
        let value = normal.value;
        let odd = b.concat(&[b.flag(false), value.bits(9, ROOT_INDEX_WIDTH - 1)]);
        let index = normal.length.bit(0).select(odd, value.bits(8, ROOT_INDEX_WIDTH));
        b.comment("An index has the highest one in bit 8 or, for an odd length, in bit 7.");
        let index = b.wire("root_index", index);
        let contents: Vec<Bits> =
            ROOT_TABLE.iter().map(|&entry| Bits::new(entry.into(), uint(UNIT_WIDTH))).collect();
        b.comment("2^16 / sqrt((i + 1/2) / 128); zero below 128.");
        let table = b.memory("roots", contents.len() as u32, uint(UNIT_WIDTH), &contents);
        let entry = table.read("root_q", now, index);
        let exists = b.delay("root_exists_q", now, value.top_bit());
        let mantissa = b.delay("root_mantissa_q", now, exists.select(entry, entry.same(0)));
        let some = b.wire("root_some", normal.length.any()).extend(LENGTH_WIDTH);
        let less = b.wire("root_length", normal.length - some);
        b.unused("root_length", less.bit(0), "Half of it.");
        let half = b.wire("half", less.bits(1, LENGTH_WIDTH - 1));
        let half = half.extend(EXPONENT_WIDTH).as_sint();
        (mantissa, delayed(b, "half_late", half, 2))
    }

    /// Mantissa and exponent of 1 / x, five cycles after what is gathered.
    fn reciprocal<'m>(&self, b: &'m Builder, normal: &Normal<'m>) -> (Signal<'m>, Signal<'m>) {
        let now = b.flag(true);
        b.section("A reciprocal, between two entries of its table.");
        let value = normal.value;
        let mask = (1i128 << ENTRY_WIDTH) - 1;
        let word = |pair: &[i64]| {
            let (entry, step) = (i128::from(pair[0]), i128::from(pair[1] - pair[0]));
            Bits::new((step & mask) << ENTRY_WIDTH | (entry & mask), uint(2 * ENTRY_WIDTH))
        };
        let contents: Vec<Bits> = RECIPROCAL.entries.windows(2).map(word).collect();
        b.comment("2^16 / (1 + i / 256) in the lower half, above it the step to the next one.");
        let ty = uint(2 * ENTRY_WIDTH);
        let table = b.memory("reciprocals", contents.len() as u32, ty, &contents);
        let fraction_width = UNIT_WIDTH - SEGMENT_WIDTH;
        let index = value.bits(fraction_width, SEGMENT_WIDTH);
        let found = table.read("reciprocal_q", now, index);
        let fraction = b.delay("reciprocal_fraction_q", now, value.bits(0, fraction_width));
        let exists = delayed(b, "reciprocal_exists", value.top_bit(), 2);
        let fraction = signed(b, "reciprocal_fraction", fraction);
        let step = found.bits(ENTRY_WIDTH, ENTRY_WIDTH).as_sint();
        let step = b.wire("reciprocal_step", step);
        let entry = b.delay("reciprocal_entry_q", now, found.bits(0, ENTRY_WIDTH).as_sint());
        let width = ENTRY_WIDTH + fraction.width();
        let way = b.delay("reciprocal_way_q", now, step.extend(width) * fraction.extend(width));
        let half = way.same(1 << (fraction_width - 1));
        let way = b.wire("rounded_way", way + half);
        b.unused("rounded_way", way.bits(0, fraction_width), "Rounded away.");
        let above = width - fraction_width - ENTRY_WIDTH;
        let reason = "The way is not longer than the step.";
        b.unused("way_above", way.bits(fraction_width + ENTRY_WIDTH, above), reason);
        let way = way.bits(fraction_width, ENTRY_WIDTH).as_sint();
        let mantissa = b.wire("reciprocal_mantissa", entry + way);
        b.unused("mantissa_sign", mantissa.top_bit(), "It is positive.");
        b.comment("A power of two has a mantissa of 2^16, one more than a register holds.");
        let limited = mantissa.bit(UNIT_WIDTH).repeat(UNIT_WIDTH) | mantissa.bits(0, UNIT_WIDTH);
        let mantissa = exists.select(limited, limited.same(0));
        let some = b.wire("reciprocal_some", normal.length.any()).extend(LENGTH_WIDTH);
        let less = b.wire("reciprocal_length", normal.length - some);
        let exponent = less.extend(EXPONENT_WIDTH).as_sint();
        (mantissa, delayed(b, "reciprocal_exponent", exponent, 2))
    }
}
