//! The last stage: what a pass gathers over all its elements.
//!
//! ```text
//!  y_i ─► y, y², |y| ─► tree ─►(+)─► gathered_o
//!     ├─► folded ─► or ───────►(|)─┤
//!     └─► larger ones ────────►(>)─┘
//! ```
//!
//! Bit-exact to [`Reduction::gather`](weights::numeric::pass::Reduction::gather), as long as sums
//! have [`GATHERED_WIDTH`] bits.

use super::choice::Chosen;
use super::delay_line::delayed;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::Reduce;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bits of what is gathered, two's complement.
pub const GATHERED_WIDTH: u32 = 56;

/// Levels of the adder tree in one cycle.
const TREE_LEVELS: u32 = 2;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassReduce {
    /// Elements of a word.
    pub elements: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// What the program gathers.
    pub reduces: BTreeSet<Reduce>,
}

impl PassReduce {
    /// Cycles from the terms of the last word to what is gathered.
    pub fn cycles(elements: u32) -> u32 {
        elements.trailing_zeros().div_ceil(TREE_LEVELS) + 1
    }

    /// The module `pass_reduce`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "gathers a number over all elements of a pass.\n\n\
             Bit-exact to numeric::pass::Reduction::gather.";
        let b = Builder::new("pass_reduce", file!(), summary);
        let width = self.value_width;
        let made: BTreeSet<Reduce> =
            self.reduces.iter().copied().filter(|&reduce| reduce != Reduce::Nothing).collect();
        b.port_group("The pass, in the cycle of a word.");
        let reduce = Chosen::input(&b, "reduce", &made, "what is gathered");
        b.port_group("A word.");
        let valid = b.input("valid_i", uint(1), "it arrives");
        let first = b.input("first_i", uint(1), "it is the first");
        let word = b.input("y_i", uint(self.elements * width), "its elements");
        let element = |index: u32| {
            let bits = word.bits(index * width, width).as_sint();
            b.wire(&format!("y_{index}"), bits)
        };
        let elements: Vec<Signal> = (0..self.elements).map(element).collect();

        b.stage("the term of every element.");
        let sums = [Reduce::Sum, Reduce::Squares, Reduce::Magnitudes];
        let tree_cycles = PassReduce::cycles(self.elements) - 1;
        let sum = reduce.makes(&sums).then(|| self.sum(&b, &reduce, &elements));
        let peak = reduce.makes(&[Reduce::Peak]).then(|| {
            let folded =
                elements.iter().map(|y| y.bits(0, width - 1) ^ y.top_bit().repeat(width - 1));
            let or = folded.reduce(|or, one| or | one);
            let or = or.unwrap_or_else(|| unreachable!("a word has elements"));
            let peak = b.delay("peak_q", b.flag(true), or);
            delayed(&b, "peak_late", peak, tree_cycles).extend(GATHERED_WIDTH).as_sint()
        });
        let largest = reduce.makes(&[Reduce::Largest]).then(|| {
            let mut candidates = Vec::new();
            for (index, &y) in elements.iter().enumerate() {
                candidates.push(b.delay(&format!("candidate_{index}_q"), b.flag(true), y));
            }
            tree(&b, "larger", candidates, larger)
        });

        b.section("All terms so far.");
        let wait = |name: &str, signal| delayed(&b, name, signal, 1 + tree_cycles);
        let adding = wait("adding", valid);
        let opening = wait("opening", first);
        let reduce = reduce.later("gathering", 1 + tree_cycles);
        let gathered = b.register("gathered_q", sint(GATHERED_WIDTH));
        let before = opening.select(gathered.signal().same(0), gathered.signal());
        let before = b.wire("so_far", before);
        let next = reduce.pick(&[
            (&[Reduce::Peak], &|| peak.map_or(before, |peak| before | peak)),
            (&sums, &|| sum.map_or(before, |sum| before + sum)),
            (&[Reduce::Largest], &|| largest.map_or(before, |largest| larger(before, largest))),
        ]);
        let gathered = gathered.when(adding, next).signal();
        b.port_group("Gathered, with the last word.");
        b.output("gathered_o", gathered, "the number");
        b.finish()
    }

    /// The sum of the terms of a word; its first cycle is that of the terms.
    fn sum<'m>(
        &self,
        b: &'m Builder,
        reduce: &Chosen<'m, Reduce>,
        elements: &[Signal<'m>],
    ) -> Signal<'m> {
        let now = b.flag(true);
        let squares = reduce.makes(&[Reduce::Squares]);
        let width = if squares { 2 * self.value_width } else { self.value_width + 1 };
        let term = |(index, y): (usize, &Signal<'m>)| {
            let y = *y;
            let magnitude = || {
                let wide = y.extend(width);
                y.top_bit().select(wide.negate(), wide)
            };
            let term = reduce.pick(&[
                (&[Reduce::Squares], &|| y.extend(width) * y.extend(width)),
                (&[Reduce::Magnitudes], &magnitude),
                (&[Reduce::Sum, Reduce::Peak, Reduce::Largest], &|| y.extend(width)),
            ]);
            b.delay(&format!("term_{index}_q"), now, term)
        };
        let terms = elements.iter().enumerate().map(term).collect();
        tree(b, "sum", terms, |left, right| {
            let width = (left.width() + 1).min(GATHERED_WIDTH);
            left.extend(width) + right.extend(width)
        })
    }
}

/// The larger of two.
fn larger<'m>(left: Signal<'m>, right: Signal<'m>) -> Signal<'m> {
    let width = left.width().max(right.width());
    let (left, right) = (left.extend(width), right.extend(width));
    left.lt(right).select(right, left)
}

/// What `join` makes of all terms, two by two, a register every [`TREE_LEVELS`] levels and at the end.
fn tree<'m>(
    b: &'m Builder,
    name: &str,
    mut terms: Vec<Signal<'m>>,
    join: impl Fn(Signal<'m>, Signal<'m>) -> Signal<'m>,
) -> Signal<'m> {
    let mut level = 0;
    while terms.len() > 1 {
        level += 1;
        let registered = level % TREE_LEVELS == 0 || terms.len() == 2;
        let one = |(index, pair): (usize, &[Signal<'m>])| {
            let joined = join(pair[0], pair[1]);
            match registered {
                true => b.delay(&format!("{name}_{level}_{index}_q"), b.flag(true), joined),
                false => b.wire(&format!("{name}_{level}_{index}"), joined),
            }
        };
        terms = terms.chunks(2).enumerate().map(one).collect();
    }
    terms[0].extend(GATHERED_WIDTH)
}
