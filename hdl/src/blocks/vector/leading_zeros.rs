//! Counts the zeros above the highest one of a sum.
//!
//! ```text
//!  value_i ─► which byte ─► which bit ─► zeros_o
//! ```

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Bits of a block: its position gives the low three bits of the count.
const BLOCK: u32 = 8;

/// The module of that name for values of `width` bits, a multiple of 8 below 64.
pub fn leading_zeros(name: &str, width: u32) -> Arc<Module> {
    assert!(width.is_multiple_of(BLOCK) && width < 64, "{width} bits are no whole bytes below 64");
    let b = Builder::new(name, file!(), "counts the zeros above the highest one.");
    let value = b.input("value_i", uint(width), "value");
    b.section("The highest byte that is not zero, and the zeros in it.");
    let bytes = width / BLOCK;
    let low = |index: usize| width - (index as u32 + 1) * BLOCK;
    let filled =
        |index: usize| b.wire(&format!("byte_{index}_filled"), value.bits(low(index), BLOCK).any());
    let filled: Vec<Signal> = (0..bytes as usize - 1).map(filled).collect();
    let index_type = uint(3);
    b.comment("The lowest bit of a byte does not matter: it is set where all above are zero.");
    let chosen = first_of(&filled, |index| value.bits(low(index) + 1, BLOCK - 1));
    let chosen = b.wire("highest", chosen);
    let index = first_of(&filled, |index| b.literal(index as i128, index_type));
    let index = b.wire("byte_index", index);
    let bits: Vec<Signal> = (0..BLOCK - 1).rev().map(|bit| chosen.bit(bit)).collect();
    let zeros = first_of(&bits, |index| b.literal(index as i128, index_type));
    let zeros = b.wire("zeros_in_byte", zeros);
    let count_type = uint(6);
    let all = b.constant("ALL", width.into(), count_type, "zeros of zero");
    let zeros = value.any().select(b.concat(&[index, zeros]), all);
    b.output("zeros_o", zeros, "zeros above the highest one");
    b.finish()
}

/// What belongs to the first of these flags that is set, or what follows them all.
fn first_of<'m>(flags: &[Signal<'m>], belongs: impl Fn(usize) -> Signal<'m>) -> Signal<'m> {
    let rest = belongs(flags.len());
    let later = |rest, index: usize| flags[index].select(belongs(index), rest);
    (0..flags.len()).rev().fold(rest, later)
}
