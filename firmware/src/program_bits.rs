//! Which bits of its instructions a program memory keeps.
//!
//! ```text
//!  instructions ─► a bit that is the same in all of them ─► a constant
//!                  bits that are alike in each of them   ─► kept once
//! ```
//!
//! An instruction has room for every field of every format; a program fills half of it with what never
//! changes. The header is kept as it is, whatever the program: an opcode without a meaning stays one.

use crate::isa::{Encoded, HEADER_WIDTH, Instruction};
use std::collections::BTreeMap;

/// Bits of a part of an instruction, as the host writes it.
const PART_WIDTH: usize = 32;

/// A bit of an instruction, as the sequencer gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgramBit {
    /// The same in all instructions.
    Constant(bool),
    /// That bit of the kept ones.
    Kept(u32),
}

/// Which bits of its instructions a program memory keeps, and what becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct ProgramBits {
    /// Every bit of an instruction, the lowest first.
    bits: Vec<ProgramBit>,
    /// Where the kept bits stand in an instruction, ascending.
    kept: Vec<u32>,
}

impl ProgramBits {
    /// All bits of instructions of so many parts.
    pub fn all(parts: u32) -> ProgramBits {
        let kept: Vec<u32> = (0..parts * PART_WIDTH as u32).collect();
        ProgramBits { bits: kept.iter().map(|&bit| ProgramBit::Kept(bit)).collect(), kept }
    }

    /// Those that tell the instructions of a program from each other.
    ///
    /// # Panics
    /// If an instruction has no encoding, as those of a lowered program have.
    pub fn of(instructions: &[Instruction]) -> ProgramBits {
        let encode = |it: &Instruction| it.encode().expect("a program has encoded instructions");
        let encoded: Vec<Encoded> = instructions.iter().map(encode).collect();
        let mut found = ProgramBits::default();
        let mut known: BTreeMap<Vec<bool>, u32> = BTreeMap::new();
        for bit in 0..Encoded::default().len() * PART_WIDTH {
            let column: Vec<bool> = encoded.iter().map(|it| value(it, bit)).collect();
            let is_header = bit < HEADER_WIDTH as usize;
            let first = column.first().is_some_and(|&value| value);
            let is_shared = column.iter().all(|&value| value == first);
            found.bits.push(match known.get(&column) {
                _ if is_shared && !is_header => ProgramBit::Constant(first),
                Some(&alike) if !is_header => ProgramBit::Kept(alike),
                _ => {
                    let index = found.kept.len() as u32;
                    found.kept.push(bit as u32);
                    known.insert(column, index);
                    ProgramBit::Kept(index)
                }
            });
        }
        found
    }

    /// Every bit of an instruction, the lowest first.
    pub fn bits(&self) -> &[ProgramBit] {
        &self.bits
    }

    /// Where the kept bits stand in an instruction, ascending.
    pub fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// How many bits are kept.
    pub fn width(&self) -> u32 {
        self.kept.len() as u32
    }

    /// The kept bits of an instruction as words of 64, the lowest first.
    pub fn word(&self, encoded: &Encoded) -> Vec<u64> {
        let mut words = vec![0; self.kept.len().div_ceil(64)];
        for (index, &bit) in self.kept.iter().enumerate() {
            words[index / 64] |= u64::from(value(encoded, bit as usize)) << (index % 64);
        }
        words
    }
}

fn value(encoded: &Encoded, bit: usize) -> bool {
    encoded[bit / PART_WIDTH] >> (bit % PART_WIDTH) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::lower;
    use weights::config::Design;
    use weights::sample;

    /// What is kept, and what is not, is every instruction again.
    #[test]
    fn kept_bits_are_the_program() {
        let program =
            lower(&sample::spikegpt(1, &sample::spikegpt_shape(1)), &Design::bundled()).unwrap();
        let bits = ProgramBits::of(&program.instructions);
        assert!(bits.width() < 160, "{} of 352 bits are kept", bits.width());
        for instruction in &program.instructions {
            let encoded = instruction.encode().unwrap();
            let word = bits.word(&encoded);
            let mut again = Encoded::default();
            for (at, bit) in bits.bits().iter().enumerate() {
                let is_set = match *bit {
                    ProgramBit::Constant(value) => value,
                    ProgramBit::Kept(index) => word[index as usize / 64] >> (index % 64) & 1 == 1,
                };
                again[at / PART_WIDTH] |= u32::from(is_set) << (at % PART_WIDTH);
            }
            assert_eq!(again, encoded);
        }
        let header: Vec<u32> = (0..HEADER_WIDTH).collect();
        assert!(bits.kept().starts_with(&header), "whatever the program");
    }
}
