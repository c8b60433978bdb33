//! Chains of an ECP5's carry cells, cut into fields that do not carry into each other.
//!
//! ```text
//!  ┌ carry-in 0 ┬ bits of field 0 ┬ carry-in 1 ┬ bits of field 1 ┬ … ┬ end ┐
//!       –          sum 0, low       sum 0, top     sum 1, low         top
//! ```
//!
//! A carry-in cell does not propagate: whatever comes from below shows in its sum and goes no
//! further, and what it generates is the carry into its field. So an addition of n bits with a
//! carry takes n + 1 cells, and a chain one more; its ends need no cell that only feeds a carry.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::primitives::carry::ccu2c;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Cells of a chain, about. Timing analysis does not see that a carry ends with its field, so a
/// longer chain is slower; a shorter one wastes more ends. Of 16, 20, 24 and 32 cells, a dot of 128
/// slots takes 498, 490, 486 and 476 and reaches 282, 283, 252 and 253 MHz.
pub(super) const CHAIN_CELLS: u32 = 20;

/// Two operands A and B: propagates where they differ, generates A. D is 1.
const ADD: u16 = 0x66AA;
/// Carries A in. D is 1.
const CARRY_IN: u16 = 0x00AA;
/// A slot that counts 1 − s·w, A and C the weight's upper and lower bit, D and B the spike's
/// presence and sign: propagates where the product is zero, generates where A equals B. Where C and
/// D are 0 the two share their table, and that holds: without a spike B is 0, and a weight of −1
/// has A = 0.
const SLOT: u16 = 0x50F9;
/// Carries in whether A equals B, the first bit of a split slot. D is 1.
const SPLIT_CARRY_IN: u16 = 0x0099;
/// Not A and B: propagates where A equals B, generates B. D is 1.
const SUBTRACT: u16 = 0x99CC;
/// Carries in that A is not set. D is 1.
const BORROW_IN: u16 = 0x0055;
/// Shows the carry, and carries nothing.
const END: u16 = 0x0000;

/// One cell: its truth table and its inputs A, B, C, D.
type Cell<'m> = (u16, [Signal<'m>; 4]);

/// Slots in a chain, each with the first bit of a split slot: counts of two bits.
pub(super) fn slot_fields(fields: u32) -> Arc<Module> {
    let b = Builder::new(
        &format!("slot_fields_{fields}"),
        file!(),
        &format!(
            "{fields} slots and as many first bits of split slots in one carry chain.\n\n\
             A slot counts 1 - weight * spike; its cell propagates where that is 1."
        ),
    );
    let vector = uint(fields);
    b.port_group("Slots.");
    let high = b.input("high_i", vector, "upper bit of each weight");
    let low = b.input("low_i", vector, "lower bit of each weight");
    let active = b.input("active_i", vector, "1: a spike, 0: none");
    let negative = b.input("negative_i", vector, "1: the spike is -1; only with active");
    b.port_group("Split slots.");
    let split_high = b.input("split_high_i", vector, "upper bit of each weight");
    let split_negative = b.input("split_negative_i", vector, "1: the spike is -1");
    let (zero, one) = (b.flag(false), b.flag(true));
    let field = |index| {
        let carry_in = [split_high.bit(index), split_negative.bit(index), zero, one];
        let slot = [high.bit(index), negative.bit(index), low.bit(index), active.bit(index)];
        vec![(SPLIT_CARRY_IN, carry_in), (SLOT, slot)]
    };
    let counts = chain(&b, (0..fields).map(field).collect());
    b.output("counts_o", counts, "count of each slot and its first bit, 0..3");
    b.finish()
}

/// Additions of `width` bits in a chain, each with a carry in and one bit more out.
pub(super) fn add_fields(fields: u32, width: u32) -> Arc<Module> {
    let b = Builder::new(
        &format!("add_fields_{fields}_{width}"),
        file!(),
        &format!("{fields} additions of {width} bits with carry in one carry chain."),
    );
    let operand = uint(fields * width);
    let left = b.input("left_i", operand, "first operands, side by side");
    let right = b.input("right_i", operand, "second operands");
    let carry_in = b.input("carry_in_i", uint(fields), "a carry into each addition");
    let (zero, one) = (b.flag(false), b.flag(true));
    let field = |index: u32| {
        let bits = index * width..(index + 1) * width;
        let bits = bits.map(|bit| (ADD, [left.bit(bit), right.bit(bit), zero, one]));
        let carry_in = (CARRY_IN, [carry_in.bit(index), zero, zero, one]);
        [carry_in].into_iter().chain(bits).collect()
    };
    let sums = chain(&b, (0..fields).map(field).collect());
    b.output("sums_o", sums, "sums with their carries, side by side");
    b.finish()
}

/// A constant of `width` bits less a count, less a single bit.
pub(super) fn constant_less(offset: u32, width: u32) -> Arc<Module> {
    let b = Builder::new(
        "constant_less",
        file!(),
        &format!("{offset} less a count of {width} bits, less a single bit."),
    );
    let count = b.input("count_i", uint(width), "subtrahend");
    let single = b.input("single_i", uint(1), "one more");
    let constant = b.constant("MINUEND", offset.into(), uint(width), "what is subtracted from");
    let (zero, one) = (b.flag(false), b.flag(true));
    let bits = (0..width).map(|bit| (SUBTRACT, [count.bit(bit), constant.bit(bit), zero, one]));
    let borrow = (BORROW_IN, [single, zero, zero, one]);
    let sum = b.wire("sum", chain(&b, vec![[borrow].into_iter().chain(bits).collect()]));
    b.unused("carry", sum.bit(width), "The difference is signed: no carry leaves it.");
    b.output("difference_o", sum.bits(0, width), "constant less count less single");
    b.finish()
}

/// The cells of all fields and an end, two to a `CCU2C`: the sums of every field, its carry above
/// them, side by side.
fn chain<'m>(b: &'m Builder, fields: Vec<Vec<Cell<'m>>>) -> Signal<'m> {
    let mut cells: Vec<Cell> = fields.concat();
    let end = (END, [b.flag(false); 4]);
    cells.push(end);
    let used = cells.len();
    cells.resize(used.next_multiple_of(2), end);
    b.section("Carry cells, the lowest first.");
    let mut carry = b.flag(false);
    let mut sums = vec![];
    for (index, pair) in cells.chunks_exact(2).enumerate() {
        let mut inputs = vec![("CIN", carry)];
        for (names, (_, pins)) in
            [["A0", "B0", "C0", "D0"], ["A1", "B1", "C1", "D1"]].iter().zip(pair)
        {
            inputs.extend(names.iter().copied().zip(pins.iter().copied()));
        }
        let cell = b.instance(&format!("cell_{index}"), &ccu2c([pair[0].0, pair[1].0]), &inputs);
        carry = cell.get("COUT");
        sums.extend([cell.get("S0"), cell.get("S1")]);
    }
    let mut ends = vec![carry];
    ends.extend(sums.drain(used..));
    ends.push(sums.remove(0));
    ends.reverse();
    b.unused("ends", b.concat(&ends), "Below the first field and above the last nothing is.");
    sums.reverse();
    b.concat(&sums)
}
