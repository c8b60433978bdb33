//! Sums and peaks of the vector unit: Σ x², Σ |y| or Σ e, and the or of all folded values.
//!
//! ```text
//!  squares_i  ─► tree ─────►(+)─► sum_squares_o     starts at ε
//!  entering_i ─► |·| ─► tree ─►(+)─► sum_magnitudes_o
//!             └► fold ─► or ─►(|)─► peak_o            of each group
//! ```
//!
//! A folded value is [`fixed_point::folded`](weights::numeric::fixed_point::folded): the or of all
//! of them is as long as the longest. Sums have [`SUM_WIDTH`] bits, which the lowering proves to
//! be enough.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Bits of a sum.
pub const SUM_WIDTH: u32 = 48;

/// Cycles from a word to the peak with it.
pub const PEAK_CYCLES: u32 = 1;

/// Levels of the adder tree in one cycle.
const TREE_LEVELS: u32 = 2;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorReduction {
    /// Elements of a word.
    pub elements: u32,
    /// Bits of an entering value, two's complement.
    pub entering_width: u32,
    /// Bits of a square.
    pub square_width: u32,
    /// Bits of a kept value, two's complement.
    pub value_width: u32,
}

impl VectorReduction {
    /// Register stages of an adder tree.
    pub fn tree_cycles(elements: u32) -> u32 {
        elements.trailing_zeros().div_ceil(TREE_LEVELS)
    }

    /// Cycles from a word that enters to the sums with it.
    pub fn sum_cycles(elements: u32) -> u32 {
        VectorReduction::tree_cycles(elements) + 3
    }

    /// The module `vector_reduction`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("vector_reduction", file!(), &self.summary());
        let (elements, entering_width) = (self.elements, self.entering_width);
        b.port_group("A word that enters, cycle 0.");
        let valid = b.input("valid_i", uint(1), "it does");
        let summed = b.input("sum_valid_i", uint(1), "it does, and counts in the sums");
        let first = b.input("first_i", uint(1), "first word of its group");
        let last = b.input("last_i", uint(1), "last word of its group");
        let entering = b.input(
            "entering_i",
            uint(elements * entering_width),
            "its elements, the first in the lowest bits",
        );
        b.port_group("Its squares, cycle 2.");
        let squares_type = uint(elements * self.square_width);
        let squares = b.input("squares_i", squares_type, "square of each source");
        let epsilon = b.input("epsilon_i", uint(SUM_WIDTH), "what their sum starts from, cycle 2");
        b.port_group("A word that is kept.");
        let kept_valid =
            b.input("kept_valid_i", uint(1), "its peak counts, not the entering one's");
        let kept_first = b.input("kept_first_i", uint(1), "first word of its group");
        let kept_last = b.input("kept_last_i", uint(1), "last word of its group");
        let kept = b.input("kept_i", uint(elements * self.value_width), "its elements");
        let softmax = b.input("softmax_i", uint(1), "1: peaks of kept words. Held");

        b.section("Which cycle each sum is in.");
        let ready = VectorReduction::sum_cycles(elements) as usize - 1;
        let valids = delays(&b, "valid", summed, ready, true);
        let firsts = delays(&b, "first", first, 2, false);
        let lasts = delays(&b, "last", b.wire("last", summed & last), ready + 1, true);

        b.section("Sum of squares.");
        let squares = self.tree(&b, "squares", self.split(squares, self.square_width));
        let sum_squares = b.register("sum_squares_q", uint(SUM_WIDTH));
        let added = sum_squares.signal() + squares.extend(SUM_WIDTH);
        let sum_squares =
            sum_squares.when(valids[2] & firsts[2], epsilon).when(valids[ready], added).signal();

        b.section("Sum of magnitudes.");
        let magnitudes = self.tree(&b, "magnitudes", self.magnitudes(&b, entering));
        let sum = b.register("sum_magnitudes_q", uint(SUM_WIDTH));
        let added = sum.signal() + magnitudes.extend(SUM_WIDTH);
        let sum_magnitudes = sum
            .when(valids[1] & firsts[1], sum.signal().same(0))
            .when(valids[ready - 1], added)
            .signal();

        b.section("Peak: the or of all folded elements, of the words that enter or are kept.");
        let peak_valid = softmax.select(kept_valid, valid);
        let peak_first = softmax.select(kept_first, first);
        let peak_last = softmax.select(kept_last, last);
        let word = self.folded(&b, entering, kept, softmax);
        let peak = b.register("peak_q", uint(entering_width - 1));
        let before = peak_first.select(word.same(0), peak.signal());
        let peak = peak.when(peak_valid, before | word).signal();
        let complete = b.register_reset("peak_valid_q", uint(1), 0);
        let complete = complete.next(peak_valid & peak_last).signal();

        b.port_group("Sums of one group.");
        b.output("sums_valid_o", lasts[ready + 1], "both are complete, for this cycle");
        b.output("sum_squares_o", sum_squares, "epsilon and the squares");
        b.output("sum_magnitudes_o", sum_magnitudes, "magnitudes of what entered");
        b.port_group("Peak of one group.");
        b.output("peak_valid_o", complete, "it is complete, for this cycle");
        b.output("peak_o", peak, "or of the folded elements");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "sums and peaks over words of {} elements.\n\n\
             Cycles are counted from a word that enters. Both sums are complete in cycle {} of \
             their last word.",
            self.elements,
            VectorReduction::sum_cycles(self.elements)
        )
    }

    /// The elements of a word, each `width` bits.
    fn split<'m>(&self, word: Signal<'m>, width: u32) -> Vec<Signal<'m>> {
        (0..self.elements).map(|index| word.bits(index * width, width)).collect()
    }

    /// The magnitude of every entering element, registered.
    fn magnitudes<'m>(&self, b: &'m Builder, entering: Signal<'m>) -> Vec<Signal<'m>> {
        let width = self.entering_width;
        let magnitude = |(index, element): (usize, Signal<'m>)| {
            let element = b.wire(&format!("element_{index}"), element);
            let sign = b.wire(&format!("sign_{index}"), element.top_bit());
            let folded = element.bits(0, width - 1) ^ sign.repeat(width - 1);
            let magnitude = folded + sign.extend(width - 1);
            b.delay(&format!("magnitude_{index}_q"), b.flag(true), magnitude)
        };
        self.split(entering, width).into_iter().enumerate().map(magnitude).collect()
    }

    /// Unsigned terms, added up; a register after every second level and after the last.
    fn tree<'m>(&self, b: &'m Builder, name: &str, terms: Vec<Signal<'m>>) -> Signal<'m> {
        let mut terms: Vec<Signal> = terms
            .into_iter()
            .enumerate()
            .map(|(index, term)| b.wire(&format!("{name}_{index}"), term))
            .collect();
        let mut level = 0;
        while terms.len() > 1 {
            level += 1;
            let registered = level % TREE_LEVELS == 0 || terms.len() == 2;
            let sum = |(index, pair): (usize, &[Signal<'m>])| {
                let width = (pair[0].width() + 1).min(SUM_WIDTH);
                let sum = pair[0].extend(width) + pair[1].extend(width);
                match registered {
                    true => b.delay(&format!("{name}_{level}_{index}_q"), b.flag(true), sum),
                    false => b.wire(&format!("{name}_{level}_{index}"), sum),
                }
            };
            terms = terms.chunks(2).enumerate().map(sum).collect();
        }
        terms[0]
    }

    /// The or of the folded elements of a word, without their sign bits, which are zero.
    fn folded<'m>(
        &self,
        b: &'m Builder,
        entering: Signal<'m>,
        kept: Signal<'m>,
        softmax: Signal<'m>,
    ) -> Signal<'m> {
        let width = self.entering_width;
        let kept = self.split(kept, self.value_width);
        let folded = |(index, element): (usize, Signal<'m>)| {
            let kept = b.wire(&format!("kept_{index}"), kept[index].as_sint());
            let looked_at = softmax.select(kept.extend(width).as_uint(), element);
            let looked_at = b.wire(&format!("looked_at_{index}"), looked_at);
            looked_at.bits(0, width - 1) ^ looked_at.top_bit().repeat(width - 1)
        };
        let elements = self.split(entering, width).into_iter().enumerate().map(folded);
        let or = elements.reduce(|a, other| a | other);
        b.wire("folded", or.unwrap_or_else(|| unreachable!("a word has elements")))
    }
}

/// A signal in cycles 0..=`cycles`; with a reset if it commands something.
pub(super) fn delays<'m>(
    b: &'m Builder,
    name: &str,
    signal: Signal<'m>,
    cycles: usize,
    reset: bool,
) -> Vec<Signal<'m>> {
    let mut line = vec![signal];
    for cycle in 1..=cycles {
        let name = format!("{name}_{cycle}_q");
        let register = match reset {
            true => b.register_reset(&name, signal.ty(), 0),
            false => b.register(&name, signal.ty()),
        };
        line.push(register.next(line[cycle - 1]).signal());
    }
    line
}

/// A command in cycles 0..=`cycles`, all of which `clear` forgets.
pub(super) fn commands<'m>(
    b: &'m Builder,
    name: &str,
    signal: Signal<'m>,
    cycles: usize,
    clear: Signal<'m>,
) -> Vec<Signal<'m>> {
    let mut line = vec![signal];
    for cycle in 1..=cycles {
        let register = b.register_reset(&format!("{name}_{cycle}_q"), signal.ty(), 0);
        let register = register.when(clear, signal.same(0)).next(line[cycle - 1]);
        line.push(register.signal());
    }
    line
}
