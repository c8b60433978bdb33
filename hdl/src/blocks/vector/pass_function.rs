//! The second stage of an element: a function of the joined value, from a table.
//!
//! ```text
//!  value_i ─► − low ─► clamp, align ──┐
//!         └─► leading zeros ─► shift ─┴─► index_o ─► pass_table ─► entry + step × fraction ─► found_o
//! ```
//!
//! Bit-exact to [`FunctionTable::value`] and
//! [`normalised_reciprocal`](weights::numeric::pass::normalised_reciprocal). The argument of every
//! table is brought to one form: the segment above 16 bits of fraction.

use super::choice::Chosen;
use super::delay_line::delayed;
use super::leading_zeros::leading_zeros;
use super::limit::signed;
use super::pass_table::index_width;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::Function;
use std::collections::BTreeSet;
use std::sync::Arc;
use weights::numeric::pass::{ENTRY_WIDTH, FunctionTable, SEGMENT_WIDTH, VALUE_WIDTH_MAX};

/// Bits of the fraction within a segment.
const FRACTION_WIDTH: u32 = 16;
/// Bits of segment and fraction.
const POSITION_WIDTH: u32 = SEGMENT_WIDTH + FRACTION_WIDTH;
/// Bits of the length of a reciprocal's argument.
pub const LENGTH_WIDTH: u32 = 5;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassFunction {
    /// Bits of a value.
    pub value_width: u32,
    /// The functions that the program uses.
    pub functions: BTreeSet<Function>,
    /// The tables behind them, in the order of their memory.
    pub tables: Vec<(Function, FunctionTable)>,
}

/// What a table's memory is asked, a cycle before it answers.
struct Place<'m> {
    segment: Signal<'m>,
    fraction: Signal<'m>,
    /// The argument of a reciprocal is positive.
    positive: Option<Signal<'m>>,
    length: Option<Signal<'m>>,
}

impl PassFunction {
    /// Bits of what is found.
    pub fn found_width(&self) -> u32 {
        self.value_width.max(ENTRY_WIDTH)
    }

    /// Functions that look into a table of the program.
    fn of_tables(&self) -> Vec<Function> {
        self.tables
            .iter()
            .map(|(function, _)| *function)
            .filter(|f| *f != Function::Reciprocal)
            .collect()
    }

    fn has_reciprocal(&self) -> bool {
        self.functions.contains(&Function::Reciprocal)
    }

    /// The module `pass_function`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "the function of one element.\n\n\
             Five cycles, whichever it is. Bit-exact to numeric::pass::FunctionTable.";
        let b = Builder::new("pass_function", file!(), summary);
        let meaning = "which one, in the cycle of the value";
        let function = Chosen::input(&b, "function", &self.functions, meaning);
        let value = b.input("value_i", sint(self.value_width), "argument");
        let entry = b.input("entry_i", sint(ENTRY_WIDTH), "entry, a cycle after its index");
        let step = b.input("step_i", sint(ENTRY_WIDTH), "step to the next entry");
        let place = self.place(&b, &function, value);
        self.look(&b, &function, value, &place, (entry, step));
        b.finish()
    }

    /// Two cycles: where in the tables the value is.
    fn place<'m>(
        &self,
        b: &'m Builder,
        function: &Chosen<'m, Function>,
        value: Signal<'m>,
    ) -> Place<'m> {
        let now = b.flag(true);
        let of_tables = self.of_tables();
        b.stage("the distance from the low end of the table; leading zeros.");
        let distance = (!of_tables.is_empty()).then(|| self.distance(b, function, value));
        let normal = self.has_reciprocal().then(|| self.leading(b, value));
        let function = function.later("placing", 1);
        b.stage("limited to the table, and aligned.");
        let tabled = || {
            distance.map_or_else(
                || b.literal(0, uint(POSITION_WIDTH)),
                |distance| self.aligned(b, &function, distance),
            )
        };
        let reciprocal = || {
            let Some((value, zeros)) = normal else { return b.literal(0, uint(POSITION_WIDTH)) };
            let shifted = b.wire("normal", value.shift_left_by(zeros));
            b.unused("normal_top", shifted.top_bit(), "It is one, or there is nothing.");
            let low = VALUE_WIDTH_MAX - 1 - FRACTION_WIDTH;
            b.unused("normal_low", shifted.bits(0, low), "Sixteen bits are enough.");
            b.concat(&[shifted.bits(low, FRACTION_WIDTH), b.literal(0, uint(SEGMENT_WIDTH))])
        };
        let position =
            function.pick(&[(&[Function::Reciprocal], &reciprocal), (&of_tables, &tabled)]);
        let position = b.delay("position_q", now, position);
        let length = normal.map(|(_, zeros)| {
            let top = b.literal((VALUE_WIDTH_MAX - 1).into(), uint(LENGTH_WIDTH));
            b.delay("length_q", now, top - zeros)
        });
        let positive = normal.map(|(value, _)| b.delay("positive_q", now, value.any()));
        Place {
            segment: position.bits(FRACTION_WIDTH, SEGMENT_WIDTH),
            fraction: position.bits(0, FRACTION_WIDTH),
            positive,
            length,
        }
    }

    /// `value − low` of the table, registered.
    fn distance<'m>(
        &self,
        b: &'m Builder,
        function: &Chosen<'m, Function>,
        value: Signal<'m>,
    ) -> Signal<'m> {
        let tables = || self.tables.iter().filter(|(f, _)| *f != Function::Reciprocal);
        let low_width = tables()
            .map(|(_, table)| 65 - table.low.unsigned_abs().leading_zeros())
            .fold(self.value_width, u32::max);
        let width = low_width + 1;
        let arms: Vec<_> = tables()
            .map(|(function, table)| {
                ([*function], move || b.literal(table.low.into(), sint(width)))
            })
            .collect();
        let arms: Vec<_> = arms
            .iter()
            .map(|(function, low)| (&function[..], low as &dyn Fn() -> Signal<'m>))
            .collect();
        let low = b.wire("low", function.pick(&arms));
        b.delay("distance_q", b.flag(true), value.extend(width) - low)
    }

    /// A positive value and the zeros above its highest one, registered; zero if it is not positive.
    fn leading<'m>(&self, b: &'m Builder, value: Signal<'m>) -> (Signal<'m>, Signal<'m>) {
        let zero = b.literal(0, uint(self.value_width));
        let positive = value.top_bit().select(zero, value.as_uint());
        let positive = b.wire("positive", positive).extend(VALUE_WIDTH_MAX);
        let counter = leading_zeros("leading_zeros_value", VALUE_WIDTH_MAX);
        let zeros = b.instance("count", &counter, &[("value_i", positive)]).get("zeros_o");
        b.unused("zeros_top", zeros.top_bit(), "There are at most 24.");
        let now = b.flag(true);
        let zeros = b.delay("zeros_q", now, zeros.bits(0, LENGTH_WIDTH));
        (b.delay("argument_q", now, positive), zeros)
    }

    /// The distance, limited to the table; its segment in the highest bits.
    fn aligned<'m>(
        &self,
        b: &'m Builder,
        function: &Chosen<'m, Function>,
        distance: Signal<'m>,
    ) -> Signal<'m> {
        let negative = b.wire("below", distance.top_bit());
        let magnitude_width = distance.width() - 1;
        let spans: BTreeSet<u32> = self.program_tables().map(|(_, table)| table.span).collect();
        let of_span = |span: u32| -> Vec<Function> {
            let same = self.program_tables().filter(|(_, table)| table.span == span);
            same.map(|(function, _)| *function).collect()
        };
        let arms: Vec<_> = spans
            .iter()
            .map(|&span| {
                let arm = move || {
                    let kept = span.min(magnitude_width);
                    let within = distance.bits(0, kept);
                    let within = match kept < span {
                        true => b.concat(&[b.literal(0, uint(span - kept)), within]),
                        false => within,
                    };
                    let beyond = match magnitude_width > span {
                        true => distance.bits(span, magnitude_width - span).any(),
                        false => b.flag(false),
                    };
                    let last = beyond.repeat(span);
                    let limited = (within | last) & (!negative).repeat(span);
                    match span < POSITION_WIDTH {
                        true => b.concat(&[limited, b.literal(0, uint(POSITION_WIDTH - span))]),
                        false => limited,
                    }
                };
                (of_span(span), arm)
            })
            .collect();
        let arms: Vec<_> = arms
            .iter()
            .map(|(functions, arm)| (&functions[..], arm as &dyn Fn() -> Signal<'m>))
            .collect();
        function.pick(&arms)
    }

    fn program_tables(&self) -> impl Iterator<Item = &(Function, FunctionTable)> {
        self.tables.iter().filter(|(function, _)| *function != Function::Reciprocal)
    }

    /// Three cycles: the entry, the product, the value between two entries.
    fn look<'m>(
        &self,
        b: &'m Builder,
        function: &Chosen<'m, Function>,
        value: Signal<'m>,
        place: &Place<'m>,
        (entry, step): (Signal<'m>, Signal<'m>),
    ) {
        let now = b.flag(true);
        b.stage("the table looks.");
        let index_width = index_width(self.tables.len());
        let index = match index_width > SEGMENT_WIDTH {
            false => place.segment,
            true => {
                let looking = function.later("looking", 2);
                let number =
                    |number: usize| b.literal(number as i128, uint(index_width - SEGMENT_WIDTH));
                let arms: Vec<_> = self
                    .tables
                    .iter()
                    .enumerate()
                    .map(|(index, (function, _))| ([*function], move || number(index)))
                    .collect();
                let mut arms: Vec<_> = arms
                    .iter()
                    .map(|(function, arm)| (&function[..], arm as &dyn Fn() -> Signal<'m>))
                    .collect();
                let first = || number(0);
                arms.push((&[Function::Nothing], &first));
                b.concat(&[b.wire("table_number", looking.pick(&arms)), place.segment])
            }
        };
        let fraction = b.delay("fraction_q", now, place.fraction);
        let positive = place.positive.map(|positive| delayed(b, "positive_late", positive, 2));
        let length = place.length.map(|length| delayed(b, "length_late", length, 3));

        b.stage("the way to the next entry.");
        let fraction = signed(b, "fraction", fraction);
        let product_width = ENTRY_WIDTH + fraction.width();
        let product = step.extend(product_width) * fraction.extend(product_width);
        let product = b.delay("product_q", now, product);
        let entry = b.delay("entry_q", now, entry);

        b.stage("the entry, and what lies beyond it.");
        let half = product.same(1 << (FRACTION_WIDTH - 1));
        let rounded = b.wire("rounded", product + half);
        b.unused("rounded_low", rounded.bits(0, FRACTION_WIDTH), "Rounded away.");
        let above = rounded.width() - FRACTION_WIDTH - ENTRY_WIDTH;
        b.unused(
            "rounded_top",
            rounded.bits(FRACTION_WIDTH + ENTRY_WIDTH, above),
            "The way is not longer than the step.",
        );
        let way = rounded.bits(FRACTION_WIDTH, ENTRY_WIDTH).as_sint();
        let tabled = b.wire("tabled", entry + way).extend(self.found_width());
        let choosing = function.later("choosing", 4);
        let plain = || b.wire("plain", delayed(b, "value", value, 4)).extend(self.found_width());
        let reciprocal = || positive.map_or(tabled, |is| is.select(tabled, tabled.same(0)));
        let found = choosing.pick(&[
            (&[Function::Nothing], &plain),
            (&[Function::Reciprocal], &reciprocal),
            (&self.of_tables(), &|| tabled),
        ]);
        let found = b.delay("found_q", now, found);
        b.port_group("To the table, at once.");
        b.output("index_o", index, "where to look");
        b.port_group("Result.");
        b.output("found_o", found, "the value");
        if let Some(length) = length {
            b.output("length_o", length, "of a reciprocal's argument, less one");
        }
    }
}
