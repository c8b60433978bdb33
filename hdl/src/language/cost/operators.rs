//! Operators on words, as gates and carry chains: the way synthesis maps them.
//!
//! A sum of more than [`GATE_WIDTH_MAX`] bits is a carry chain, a shorter one is gates. Before
//! that, bits that are known are dropped: zeros at the low end, copies of the sign at the top.

use super::graph::{AdderId, Graph, Kind, Literal, ONE, ZERO};
use std::collections::{HashMap, HashSet};

/// Bits of a sum up to which it is made of gates (`techmap/arith_map` of the tool).
const GATE_WIDTH_MAX: usize = 4;
/// Bits of a factor that a multiplier takes.
const FACTOR_WIDTH_MAX: usize = 18;

/// A value, lowest bit first.
pub(super) type Word = Vec<Literal>;

/// What an earlier pass found out; empty at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Hints {
    /// Bits of each adder that something reads.
    pub(super) adder_widths: HashMap<AdderId, usize>,
    /// Bits of registers that always equal another one's, or a constant.
    pub(super) same: HashMap<RegisterBit, Same>,
    /// Memories, by scope and number, whose write enable is never set.
    pub(super) unwritten: HashSet<(usize, usize)>,
}

/// A bit of a register, by scope and name.
pub(super) type RegisterBit = (usize, u32, usize);

/// What a bit of a register equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Constant(bool),
    Register(RegisterBit),
}

/// Gates, and what an earlier pass found out.
#[derive(Debug)]
pub(super) struct Operators {
    pub(super) graph: Graph,
    pub(super) hints: Hints,
    /// The next adder.
    pub(super) adder: AdderId,
}

/// Bits of a two's complement value without the copies of its sign.
fn signed_width(word: &[Literal]) -> usize {
    let copies = word.iter().rev().zip(word.iter().rev().skip(1));
    word.len() - copies.take_while(|(top, below)| top == below).count()
}

/// A value times a constant that is zero or a power of two.
fn times_power(word: &[Literal], constant: &[Literal]) -> Option<Word> {
    let bits: Vec<bool> = constant.iter().map(|bit| bit.constant()).collect::<Option<_>>()?;
    let places: Vec<usize> = (0..bits.len()).filter(|&place| bits[place]).collect();
    let shifted = |by: usize| {
        let zeros = std::iter::repeat_n(ZERO, by);
        zeros.chain(word.iter().copied()).take(word.len()).collect()
    };
    match places[..] {
        [] => Some(vec![ZERO; word.len()]),
        [by] if by + 1 < bits.len() => Some(shifted(by)),
        _ => None,
    }
}

fn inverted(word: &[Literal]) -> Word {
    word.iter().map(|bit| bit.not()).collect()
}

impl Operators {
    pub(super) fn new(hints: Hints) -> Operators {
        Operators { graph: Graph::new(), hints, adder: (0, 0, 0) }
    }

    pub(super) fn bitwise(
        &mut self,
        a: &[Literal],
        b: &[Literal],
        operator: fn(&mut Graph, Literal, Literal) -> Literal,
    ) -> Word {
        a.iter().zip(b).map(|(&a, &b)| operator(&mut self.graph, a, b)).collect()
    }

    pub(super) fn select(&mut self, condition: Literal, yes: &[Literal], no: &[Literal]) -> Word {
        yes.iter().zip(no).map(|(&yes, &no)| self.graph.select(condition, yes, no)).collect()
    }

    /// `a + b`, or `a - b`, as wide as the operands.
    pub(super) fn add(&mut self, a: &[Literal], b: &[Literal], subtract: bool) -> Word {
        let width = a.len();
        // Low bits to which zero is added pass through.
        let passes = |at: &usize| b[*at] == ZERO || (!subtract && a[*at] == ZERO);
        let low = (0..width).take_while(passes).count();
        let mut sum: Word = (0..low).map(|at| if b[at] == ZERO { a[at] } else { b[at] }).collect();
        if low == width {
            return sum;
        }
        let (a, b) = (&a[low..], &b[low..]);
        let needed = (signed_width(a).max(signed_width(b)) + 1).min(width - low);
        let mut upper = self.chain(&a[..needed], &b[..needed], subtract).0;
        let top = upper[needed - 1];
        upper.resize(width - low, top);
        sum.extend(upper);
        sum
    }

    /// The sum and the carry out of its live bits.
    fn chain(&mut self, a: &[Literal], b: &[Literal], subtract: bool) -> (Word, Literal) {
        let id = self.adder;
        self.adder.2 += 1;
        let width = self.hints.adder_widths.get(&id).copied().unwrap_or(a.len()).min(a.len());
        let known = a.iter().chain(b).all(|bit| bit.constant().is_some());
        let (mut sum, carry) = if known || width <= GATE_WIDTH_MAX {
            self.ripple(&a[..width], &b[..width], subtract)
        } else {
            // The chain inverts for itself when it subtracts.
            let inputs: Vec<Literal> = a[..width].iter().chain(&b[..width]).copied().collect();
            let (_, mut outputs) = self.graph.add_box(Kind::Adder(id), inputs, width + 1);
            let carry = outputs.pop().unwrap_or(ZERO);
            (outputs, carry)
        };
        sum.resize(a.len(), ZERO);
        (sum, carry)
    }

    fn ripple(&mut self, a: &[Literal], b: &[Literal], subtract: bool) -> (Word, Literal) {
        let b = if subtract { inverted(b) } else { b.to_vec() };
        let mut carry = if subtract { ONE } else { ZERO };
        let mut sum = vec![];
        for (&a, &b) in a.iter().zip(&b) {
            let half = self.graph.xor(a, b);
            sum.push(self.graph.xor(half, carry));
            carry = self.graph.majority(a, b, carry);
        }
        (sum, carry)
    }

    /// `a < b`.
    pub(super) fn less(&mut self, a: &[Literal], b: &[Literal], signed: bool) -> Literal {
        let (mut a, mut b) = (a.to_vec(), b.to_vec());
        while a.len() > 1 && a.last() == b.last() && a[a.len() - 2..] == b[b.len() - 2..] {
            a.pop();
            b.pop();
        }
        if let Some(known) = self.less_than_power(&a, &b, signed) {
            return known;
        }
        if signed {
            // Flipped signs compare as unsigned numbers.
            let top = a.len() - 1;
            (a[top], b[top]) = (a[top].not(), b[top].not());
        }
        let low = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        let (a, b) = (&a[low..], &b[low..]);
        if a.is_empty() {
            return ZERO;
        }
        // The top bit of an odd number leaves the chain as a sum.
        self.chain(a, b, true).1.not()
    }

    /// `a < 2^k`: nothing above bit k − 1; `a < 0`: the sign.
    fn less_than_power(&mut self, a: &[Literal], b: &[Literal], signed: bool) -> Option<Literal> {
        let known: Vec<bool> = b.iter().map(|bit| bit.constant()).collect::<Option<_>>()?;
        if signed {
            return known.iter().all(|bit| !bit).then(|| a[a.len() - 1]);
        }
        let at = known.iter().position(|&bit| bit)?;
        let single = known.iter().filter(|&&bit| bit).count() == 1;
        single.then(|| self.graph.any(&a[at..]).not())
    }

    pub(super) fn equal(&mut self, a: &[Literal], b: &[Literal]) -> Literal {
        let differing = self.bitwise(a, b, Graph::xor);
        self.graph.any(&differing).not()
    }

    /// `a · b`, as wide as the operands: multipliers, and adders for factors that are too wide.
    pub(super) fn multiply(&mut self, a: &[Literal], b: &[Literal]) -> Word {
        if let Some(product) = times_power(a, b).or_else(|| times_power(b, a)) {
            return product;
        }
        let parts = |word: &[Literal]| signed_width(word).div_ceil(FACTOR_WIDTH_MAX).max(1);
        let (first, second) = (parts(a), parts(b));
        let inputs: Vec<Literal> = [&a[..signed_width(a)], &b[..signed_width(b)]].concat();
        let count = (first * second) as u32;
        let product = (signed_width(a) + signed_width(b)).min(a.len());
        let (_, outputs) = self.graph.add_box(Kind::Multiplier(count), inputs, product);
        let mut result = outputs;
        for _ in 1..count {
            let (low, high) = result.split_at(FACTOR_WIDTH_MAX.min(product / 2));
            let (low, high) = (low.to_vec(), high.to_vec());
            let (_, more) = self.graph.add_box(Kind::Wall, low.clone(), high.len());
            result = [low, self.chain(&high, &more, false).0].concat();
        }
        let top = result[product - 1];
        result.resize(a.len(), top);
        result
    }

    /// Shifted by `amount`: left with zeros, or right with `fill`.
    pub(super) fn shift(
        &mut self,
        word: &[Literal],
        amount: &[Literal],
        left: bool,
        fill: Literal,
    ) -> Word {
        let width = word.len();
        let mut shifted = word.to_vec();
        let stages = width.next_power_of_two().ilog2() as usize;
        for (stage, &bit) in amount.iter().enumerate().take(stages) {
            let by = 1 << stage;
            let from = |at: usize| match left {
                true => at.checked_sub(by).map_or(ZERO, |at| shifted[at]),
                false => shifted.get(at + by).copied().unwrap_or(fill),
            };
            let moved: Word = (0..width).map(from).collect();
            shifted = self.select(bit, &moved, &shifted);
        }
        let beyond = self.graph.any(amount.get(stages..).unwrap_or(&[]));
        let gone = vec![if left { ZERO } else { fill }; width];
        self.select(beyond, &gone, &shifted)
    }

    /// The word that `selector` chooses of `words`, the others being `default`: one comparison a
    /// word, all gated and merged.
    pub(super) fn cases(
        &mut self,
        selector: &[Literal],
        words: &[(u64, Word)],
        default: &Word,
    ) -> Word {
        let is_known = |word: &Word| word.iter().all(|bit| bit.constant().is_some());
        if is_known(default) && words.iter().all(|(_, word)| is_known(word)) {
            return self.table(selector, words, default);
        }
        let chosen: Word = words.iter().map(|(value, _)| self.decoded(selector, *value)).collect();
        let none = self.graph.any(&chosen).not();
        let bit = |at: usize| {
            let gated = words.iter().zip(&chosen).map(|((_, word), &chosen)| (word[at], chosen));
            let mut gated: Vec<(Literal, Literal)> = gated.collect();
            gated.push((default[at], none));
            let gated: Word = gated.iter().map(|&(bit, by)| self.graph.and(bit, by)).collect();
            self.graph.any(&gated)
        };
        (0..default.len()).map(bit).collect()
    }

    /// Whether `selector` is `value`.
    pub(super) fn decoded(&mut self, selector: &[Literal], value: u64) -> Literal {
        let bits = selector.iter().enumerate();
        let bits: Word =
            bits.map(|(at, &bit)| if value >> at & 1 == 1 { bit } else { bit.not() }).collect();
        self.graph.all(&bits)
    }

    /// The word that `selector` chooses of `words`, the others being `default`: a choice a bit.
    pub(super) fn table(
        &mut self,
        selector: &[Literal],
        words: &[(u64, Word)],
        default: &Word,
    ) -> Word {
        let Some((&top, rest)) = selector.split_last() else {
            return words.first().map_or_else(|| default.clone(), |(_, word)| word.clone());
        };
        if words.is_empty() {
            return default.clone();
        }
        let high = 1 << rest.len();
        let (ones, zeros): (Vec<_>, Vec<_>) =
            words.iter().cloned().partition(|(value, _)| value & high != 0);
        let zeros = self.table(rest, &zeros, default);
        let ones = self.table(rest, &ones, default);
        self.select(top, &ones, &zeros)
    }
}
