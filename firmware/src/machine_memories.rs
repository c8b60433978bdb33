//! The memories of a machine: words, bits, and what an FPGA makes of them.
//!
//! A block RAM holds 18 kbit as 512 words of 36 bits, 1024 of 18, 2048 of 9, 4096 of 4, 8192 of 2
//! or 16384 of 1: that of ECP5, and of most others. Small memories are made of LUTs.

use crate::isa::{Action, INSTRUCTION_WIDTH};
use crate::machine::{MachineParameters, Program};
use serde::Serialize;
use weights::numeric::fixed_point::{TABLE_INDEX_WIDTH, UNIT_WIDTH};
use weights::packing::word_banks;

/// Depths and widths of a block RAM.
pub const BLOCK_SHAPES: [(u32, u32); 6] =
    [(512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)];
/// Bits of a bank of the weight store.
const BANK_WIDTH: u32 = 32;
/// Bits of a deficit.
const DEFICIT_WIDTH: u32 = 5;
/// Bits of a scalar: mantissa, shift, exponent.
const SCALAR_WIDTH: u32 = 16 + 6 + 8;
/// Bits of a train word's column, and of the number of words of a train.
const COLUMN_WIDTH: u32 = 10;
const TRAIN_WORDS_WIDTH: u32 = 11;

/// What a memory is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Block RAMs.
    Block,
    /// LUTs.
    Distributed,
}

/// A memory of the machine, or several alike side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MemoryUse {
    /// What it holds.
    pub name: &'static str,
    /// How many alike.
    pub copies: u32,
    /// Words of one.
    pub depth: u32,
    /// Bits of a word of one.
    pub width: u32,
    /// What it is made of.
    pub material: Material,
}

impl MemoryUse {
    /// Bits of all copies.
    pub fn bits(&self) -> u64 {
        u64::from(self.copies) * u64::from(self.depth) * u64::from(self.width)
    }

    /// Block RAMs of all copies; none for a distributed memory.
    pub fn blocks(&self) -> u32 {
        match self.material {
            Material::Block => self.copies * blocks(self.depth, self.width),
            Material::Distributed => 0,
        }
    }

    /// Words that one copy's block RAMs hold: it may grow so far at no cost.
    pub fn capacity(&self) -> u32 {
        let taken = blocks(self.depth, self.width);
        let holds = |(depth, width): (u32, u32)| (taken / self.width.div_ceil(width)) * depth;
        match self.material {
            Material::Block => BLOCK_SHAPES.map(holds).into_iter().max().unwrap_or(0),
            Material::Distributed => self.depth,
        }
    }
}

/// Block RAMs of one memory in its best shape.
pub fn blocks(depth: u32, width: u32) -> u32 {
    let of_shape = |(d, w): (u32, u32)| width.div_ceil(w) * depth.div_ceil(d);
    BLOCK_SHAPES.map(of_shape).into_iter().min().unwrap_or(0)
}

/// Words up to which the result memory is made of LUTs: a block RAM would be mostly empty.
pub const LUT_WORDS_MAX: u32 = 64;

/// Elements up to which the tables of the vector unit's functions take block RAMs.
const TABLE_ELEMENTS_MAX: u32 = 8;

/// What the tables of the vector unit's functions are made of.
pub const fn function_material(elements: u32) -> Material {
    if elements <= TABLE_ELEMENTS_MAX { Material::Block } else { Material::Distributed }
}

impl MachineParameters {
    /// What the result memory is made of.
    pub const fn result_material(&self) -> Material {
        if self.result_depth <= LUT_WORDS_MAX { Material::Distributed } else { Material::Block }
    }

    /// 32-bit banks of a word of the weight store.
    pub fn weight_banks(&self) -> u32 {
        word_banks(self.lanes as usize, self.slots as usize, self.packing) as u32
    }
}

impl Program {
    /// Maximum registers that the program uses.
    pub fn maximum_count(&self) -> u32 {
        let used = |action: &Action| match action {
            Action::Matrix(matrix) if matrix.search != 0 => matrix.maximum + 1,
            _ => 0,
        };
        self.instructions.iter().map(|instruction| used(&instruction.action)).max().unwrap_or(0)
    }

    /// Every memory of the machine, the largest first to name.
    pub fn memories(&self) -> Vec<MemoryUse> {
        let machine = &self.parameters;
        let word = machine.elements * machine.value_width;
        let block = |name, copies, depth, width| {
            let material = Material::Block;
            MemoryUse { name, copies, depth, width, material }
        };
        let distributed = |name, copies, depth, width| {
            let material = Material::Distributed;
            MemoryUse { name, copies, depth, width, material }
        };
        let (lanes, slots, counts) = (machine.lanes, machine.slots, machine.count_width);
        let train = slots * (1 + counts) + COLUMN_WIDTH;
        let deficits = 2 * machine.elements;
        vec![
            block("weights", machine.weight_banks(), machine.weight_depth, BANK_WIDTH),
            block("keys", lanes, machine.key_depth, 2 * slots),
            block("values", slots, machine.value_depth, 2 * lanes),
            MemoryUse {
                name: "results",
                copies: 1,
                depth: machine.result_depth,
                width: word,
                material: machine.result_material(),
            },
            block("constants", 1, machine.constant_depth, word),
            block("program", 1, machine.program_depth, INSTRUCTION_WIDTH),
            MemoryUse {
                name: "functions",
                copies: machine.elements.div_ceil(2),
                depth: 1 << (TABLE_INDEX_WIDTH + 1),
                width: UNIT_WIDTH,
                material: function_material(machine.elements),
            },
            distributed("residual", 1, machine.residual_depth, word),
            distributed("temporaries", 1, machine.temporary_depth, word),
            distributed("trains", 1, machine.train_depth, train),
            distributed("deficits", deficits, machine.deficit_depth, DEFICIT_WIDTH),
            distributed("descriptors", 1, machine.train_count, TRAIN_WORDS_WIDTH + counts),
            distributed("scalars", 1, machine.scalar_count, SCALAR_WIDTH),
            distributed("maxima", 1, self.maximum_count(), machine.value_width),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_take_their_best_shape() {
        for (depth, width, expected) in
            [(512, 36, 1), (513, 36, 2), (512, 37, 2), (1024, 32, 2), (2048, 9, 1), (16384, 3, 3)]
        {
            assert_eq!(blocks(depth, width), expected, "{depth} x {width}");
        }
        let memory = |depth, width| MemoryUse {
            name: "keys",
            copies: 16,
            depth,
            width,
            material: Material::Block,
        };
        assert_eq!((memory(300, 32).blocks(), memory(300, 32).capacity()), (16, 512));
        assert_eq!((memory(600, 32).blocks(), memory(600, 32).capacity()), (32, 1024));
        assert_eq!(memory(300, 32).bits(), 16 * 300 * 32);
    }
}
