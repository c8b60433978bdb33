//! Baked dots: all rows of a constant ternary matrix times the values of all columns, bit by bit.
//!
//! ```text
//!  values ─► a shift register a column ─► sums that rows share ─► sums of single rows ─► row_q
//!            lowest bit first              an addition is one full adder and its carry
//! ```
//!
//! Bit-exact to [`numeric::dot`](weights::numeric::dot) of the values, row by row. There is no weight
//! memory: a weight of +1 is an addition, of −1 a subtraction, of 0 nothing. Because the values
//! pass lowest bit first, an addition of any width is two LUTs, and what several rows add up alike
//! is added once; so a synapse costs less than one LUT.

pub mod share;

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use share::{Sharing, Sum, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use weights::numeric::Trit;

/// A matrix that becomes logic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BakedMatrix {
    /// Columns of the matrix.
    pub columns: usize,
    /// The weights, row by row.
    pub trits: Vec<Trit>,
}

impl BakedMatrix {
    /// Rows of the matrix.
    pub fn rows(&self) -> usize {
        self.trits.len() / self.columns
    }
}

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct BakedDots {
    /// The sums of the matrix.
    pub sharing: Sharing,
    /// Bits of a column's value, two's complement.
    pub value_width: u32,
}

impl BakedDots {
    /// Bits of a dot, and cycles that it takes: those of the row with the most weights.
    pub fn dot_width(&self) -> u32 {
        let rows = self.sharing.rows.iter().flatten();
        let weights = rows.map(|&(value, _)| self.sharing.magnitude(value)).max().unwrap_or(1);
        self.value_width + u32::BITS - (weights - 1).leading_zeros()
    }

    /// The module `baked_dots`.
    pub fn module(&self) -> Arc<Module> {
        let sharing = &self.sharing;
        let (width, columns) = (self.value_width, sharing.columns as u32);
        let b = Builder::new("baked_dots", file!(), &self.summary());
        let load = b.input("load_i", uint(1), "take the values; not before the last have passed");
        let given =
            b.input("values_i", uint(columns * width), "signed, column 0 in the lowest bits");

        b.section("Values pass lowest bit first; the sign stays.");
        let read = self.values_read();
        if read.is_empty() {
            b.unused("load", load, "All weights are zero.");
        }
        let mut bits: Vec<Option<Signal>> = (0..columns)
            .map(|column| {
                let value = given.bits(column * width, width);
                let pass = || {
                    let register = b.register(&format!("column_{column}_q"), uint(width));
                    let held = register.signal();
                    let next = match width {
                        1 => held,
                        _ => b.concat(&[held.top_bit(), held.bits(1, width - 1)]),
                    };
                    register.next(load.select(value, next)).signal().bit(0)
                };
                if !read.contains(&(column as usize)) {
                    let reason = "All weights of this column are zero.";
                    b.unused(&format!("column_{column}"), value, reason);
                    return None;
                }
                Some(pass())
            })
            .collect();
        for (index, sum) in sharing.sums.iter().enumerate() {
            if index == 0 && sharing.shared > 0 {
                b.section("Sums that several rows share.");
            } else if index == sharing.shared {
                b.section("Sums of single rows.");
            }
            let of = |value: Value| bits[value].unwrap_or_else(|| b.flag(false));
            let bit = add(&b, &index.to_string(), load, of(sum.left), of(sum.right), sum);
            bits.push(Some(bit));
        }

        b.section("Rows: the lowest bit enters first.");
        let dot_width = self.dot_width();
        b.add_latency(dot_width + 1);
        let row = |(index, row): (usize, &Option<(Value, bool)>)| {
            let Some((value, negated)) = *row else { return b.literal(0, uint(dot_width)) };
            let bit = bits[value].unwrap_or_else(|| b.flag(false));
            let bit = if negated { negate(&b, index, load, bit) } else { bit };
            let register = b.register(&format!("row_{index}_q"), uint(dot_width));
            let next = match dot_width {
                1 => bit,
                _ => b.concat(&[bit, register.signal().bits(1, dot_width - 1)]),
            };
            register.next(next).signal()
        };
        let mut dots: Vec<Signal> = sharing.rows.iter().enumerate().map(row).collect();
        dots.reverse();
        b.port_group("Dots of all rows, whole for one cycle.");
        b.output("dots_o", b.concat(&dots), "signed, row 0 in the lowest bits");
        b.finish()
    }

    fn values_read(&self) -> BTreeSet<Value> {
        let of_sums = self.sharing.sums.iter().flat_map(|sum| [sum.left, sum.right]);
        of_sums.chain(self.sharing.rows.iter().flatten().map(|&(value, _)| value)).collect()
    }

    fn summary(&self) -> String {
        let Sharing { columns, sums, shared, rows } = &self.sharing;
        format!(
            "{} rows of {columns} constant weights times values of {} bits, a bit a cycle.\n\n\
             {} additions, of which {shared} serve several rows. New values every {} cycles at most.",
            rows.len(),
            self.value_width,
            sums.len(),
            self.dot_width()
        )
    }
}

/// One bit of a sum: a full adder that keeps its carry. A subtraction adds the inverse and one.
fn add<'m>(
    b: &'m Builder,
    name: &str,
    load: Signal<'m>,
    left: Signal<'m>,
    right: Signal<'m>,
    sum: &Sum,
) -> Signal<'m> {
    let right = if sum.subtract { !right } else { right };
    let carry = b.register(&format!("carry_{name}_q"), uint(1));
    let held = carry.signal();
    let majority = (left & right) | (held & (left | right));
    carry.next(load.select(b.flag(sum.subtract), majority));
    b.wire(&format!("sum_{name}"), left ^ right ^ held)
}

/// One bit of a row that is all of the other sign.
fn negate<'m>(b: &'m Builder, row: usize, load: Signal<'m>, bit: Signal<'m>) -> Signal<'m> {
    let carry = b.register(&format!("negate_{row}_q"), uint(1));
    let held = carry.signal();
    carry.next(load.select(b.flag(true), !bit & held));
    b.wire(&format!("negative_{row}"), !bit ^ held)
}
