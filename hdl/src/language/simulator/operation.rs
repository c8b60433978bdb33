//! The operations of a flattened design.

use super::state::{MemoryState, Slot};
use crate::language::expression::{Binary, Compare, Reduce};

/// One step of an evaluation. Results are zero above their width.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Binary(Binary, Slot, Slot, Slot),
    Not(Slot, Slot),
    Negate(Slot, Slot),
    Reduce(Reduce, Slot, Slot),
    Compare {
        operator: Compare,
        signed: bool,
        out: Slot,
        a: Slot,
        b: Slot,
    },
    Select(Slot, Slot, Slot, Slot),
    /// Bits from `low` upwards; above the source's end come copies of its top bit if `signed`,
    /// zeros otherwise. Slices, extensions and right shifts are all this.
    Window {
        out: Slot,
        source: Slot,
        low: u32,
        signed: bool,
    },
    ShiftLeft(Slot, Slot, u32),
    /// A window whose `low` is a signal of at most 32 bits.
    ShiftRightBy {
        out: Slot,
        source: Slot,
        by: Slot,
        signed: bool,
    },
    ShiftLeftBy(Slot, Slot, Slot),
    /// Parts, least significant first.
    Concat(Slot, Box<[Slot]>),
    /// A result for every value of the selector.
    Case {
        out: Slot,
        selector: Slot,
        results: Box<[Slot]>,
    },
    MemoryWord {
        out: Slot,
        memory: usize,
        address: Slot,
    },
}

fn sign_extend(word: u64, width: u32) -> i64 {
    ((word << (64 - width)) as i64) >> (64 - width)
}

impl Operation {
    pub(super) fn run(&self, state: &mut [u64], memories: &[MemoryState]) {
        match self {
            Operation::Binary(Binary::Multiply, out, a, b) => multiply(state, *out, *a, *b),
            Operation::Binary(operator, out, a, b) => binary(state, *operator, *out, *a, *b),
            Operation::Not(out, a) => {
                for word in 0..out.words {
                    state[out.offset + word] = !state[a.offset + word];
                }
                state[out.offset + out.words - 1] &= out.mask();
            }
            Operation::Negate(out, a) => {
                let mut carry = true;
                for word in 0..out.words {
                    let (sum, over) = (!state[a.offset + word]).overflowing_add(u64::from(carry));
                    state[out.offset + word] = sum;
                    carry = over;
                }
                state[out.offset + out.words - 1] &= out.mask();
            }
            Operation::Reduce(operator, out, a) => {
                state[out.offset] = u64::from(reduce(state, *operator, *a));
            }
            Operation::Compare { operator, signed, out, a, b } => {
                state[out.offset] = u64::from(compare(state, *operator, *signed, *a, *b));
            }
            Operation::Select(out, condition, a, b) => {
                let from = if state[condition.offset] & 1 == 1 { a } else { b };
                copy(state, *out, *from);
            }
            Operation::Window { out, source, low, signed } => {
                window(state, *out, *source, *low, *signed);
            }
            Operation::ShiftLeft(out, a, by) => shift_left(state, *out, *a, *by),
            Operation::ShiftRightBy { out, source, by, signed } => {
                window(state, *out, *source, state[by.offset] as u32, *signed);
            }
            Operation::ShiftLeftBy(out, a, by) => {
                shift_left(state, *out, *a, state[by.offset] as u32);
            }
            Operation::Concat(out, parts) => concat(state, *out, parts),
            Operation::Case { out, selector, results } => {
                copy(state, *out, results[state[selector.offset] as usize]);
            }
            Operation::MemoryWord { out, memory, address } => {
                let word = memories[*memory].word(state[address.offset] as usize);
                state[out.offset..out.offset + out.words].copy_from_slice(word);
            }
        }
    }
}

fn copy(state: &mut [u64], out: Slot, from: Slot) {
    if out.words == 1 {
        state[out.offset] = state[from.offset];
    } else {
        state.copy_within(from.offset..from.offset + from.words, out.offset);
    }
}

fn binary(state: &mut [u64], operator: Binary, out: Slot, a: Slot, b: Slot) {
    let mut carry = operator == Binary::Subtract;
    for word in 0..out.words {
        let (x, y) = (state[a.offset + word], state[b.offset + word]);
        let mut add = |y: u64| {
            let (partial, first) = x.overflowing_add(y);
            let (sum, second) = partial.overflowing_add(u64::from(carry));
            carry = first | second;
            sum
        };
        state[out.offset + word] = match operator {
            Binary::And => x & y,
            Binary::Or => x | y,
            Binary::Xor => x ^ y,
            Binary::Add => add(y),
            Binary::Subtract => add(!y),
            Binary::Multiply => unreachable!("products have their own function"),
        };
    }
    state[out.offset + out.words - 1] &= out.mask();
}

/// Modulo 2^width the product is the same for signed and unsigned operands.
fn multiply(state: &mut [u64], out: Slot, a: Slot, b: Slot) {
    state[out.offset..out.offset + out.words].fill(0);
    for low in 0..out.words {
        let mut carry = 0u128;
        for high in 0..out.words - low {
            let product = u128::from(state[a.offset + low]) * u128::from(state[b.offset + high]);
            let sum = u128::from(state[out.offset + low + high]) + product + carry;
            state[out.offset + low + high] = sum as u64;
            carry = sum >> 64;
        }
    }
    state[out.offset + out.words - 1] &= out.mask();
}

fn shift_left(state: &mut [u64], out: Slot, a: Slot, by: u32) {
    let (skip, shift) = ((by / 64) as usize, by % 64);
    for word in (0..out.words).rev() {
        let at = |index: usize| state[a.offset + index];
        let high = if word >= skip { at(word - skip) << shift } else { 0 };
        let low = match shift {
            1.. if word > skip => at(word - skip - 1) >> (64 - shift),
            _ => 0,
        };
        state[out.offset + word] = high | low;
    }
    state[out.offset + out.words - 1] &= out.mask();
}

fn reduce(state: &[u64], operator: Reduce, a: Slot) -> bool {
    let words = &state[a.offset..a.offset + a.words];
    match operator {
        Reduce::Or => words.iter().any(|&word| word != 0),
        Reduce::Xor => words.iter().map(|word| word.count_ones()).sum::<u32>() % 2 == 1,
        Reduce::And => words.iter().map(|word| word.count_ones()).sum::<u32>() == a.width,
    }
}

fn compare(state: &[u64], operator: Compare, signed: bool, a: Slot, b: Slot) -> bool {
    let (x, y) = (&state[a.offset..a.offset + a.words], &state[b.offset..b.offset + b.words]);
    let top_width = (a.width - 1) % 64 + 1;
    let order = || {
        let (high_x, high_y) = (x[a.words - 1], y[a.words - 1]);
        let top = match signed {
            true => sign_extend(high_x, top_width).cmp(&sign_extend(high_y, top_width)),
            false => high_x.cmp(&high_y),
        };
        top.then_with(|| x.iter().rev().cmp(y.iter().rev()))
    };
    match operator {
        Compare::Equal => x == y,
        Compare::NotEqual => x != y,
        Compare::Less => order().is_lt(),
        Compare::LessEqual => order().is_le(),
    }
}

fn window(state: &mut [u64], out: Slot, source: Slot, low: u32, signed: bool) {
    let top = source.offset + source.words - 1;
    let top_width = (source.width - 1) % 64 + 1;
    let (high, fill) = match signed {
        true => {
            let high = sign_extend(state[top], top_width);
            (high as u64, (high >> 63) as u64)
        }
        false => (state[top], 0),
    };
    let (skip, shift) = ((low / 64) as usize, low % 64);
    for word in 0..out.words {
        let at = |index: usize| match (index + 1).cmp(&source.words) {
            std::cmp::Ordering::Less => state[source.offset + index],
            std::cmp::Ordering::Equal => high,
            std::cmp::Ordering::Greater => fill,
        };
        let part = at(word + skip) >> shift;
        let rest = if shift == 0 { 0 } else { at(word + skip + 1) << (64 - shift) };
        state[out.offset + word] = part | rest;
    }
    state[out.offset + out.words - 1] &= out.mask();
}

fn concat(state: &mut [u64], out: Slot, parts: &[Slot]) {
    state[out.offset..out.offset + out.words].fill(0);
    let mut position = 0u32;
    for part in parts {
        for word in 0..part.words {
            let value = state[part.offset + word];
            let at = position + 64 * word as u32;
            let (index, shift) = (out.offset + (at / 64) as usize, at % 64);
            state[index] |= value << shift;
            if shift != 0 && index + 1 < out.offset + out.words {
                state[index + 1] |= value >> (64 - shift);
            }
        }
        position += part.width;
    }
}
