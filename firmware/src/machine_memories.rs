//! The memories of a machine: words, bits, and what an FPGA makes of them.
//!
//! ```text
//!  program ──► memories ──► block_ram::Shape ──► block RAMs, or LUTs
//! ```
//!
//! The map is that of the machine that a host loads. One whose contents come with the bitstream
//! takes fewer block RAMs: nothing writes them, so their words need no columns of nine bits.

use crate::block_ram::{ENABLED_WIDTH, Shape};
use crate::isa::{Action, Finish, Instruction, POINTER_COUNT};
use crate::lower::{Reach, reaches};
use crate::machine::{MachineParameters, Program};
use crate::pass_choices::PassChoices;
use serde::Serialize;
use weights::numeric::fixed_point::{ROOT_TABLE, UNIT_WIDTH};
use weights::numeric::pass::{ENTRY_WIDTH, FunctionTable, RECIPROCAL};
use weights::packing::packed_len;

/// Bits of a bank of the weight store.
const BANK_WIDTH: u32 = 32;
/// Bits of a scalar: mantissa, shift, exponent.
const SCALAR_WIDTH: u32 = 16 + 6 + 8;
/// Bits of a train word's column, and of the number of words of a train.
const COLUMN_WIDTH: u32 = 10;
const TRAIN_WORDS_WIDTH: u32 = 11;
/// Bits of a position, and of a pointer.
const POSITION_WIDTH: u32 = 16;
const POINTER_WIDTH: u32 = 16;
const CHUNK_WIDTH: u32 = 14;
/// Bits of a prediction in its queue: an id, and whether it is the last.
const PREDICTION_WIDTH: u32 = 17;

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
    /// Bits of a word of the last copy that something reads, the lowest ones.
    pub last_width: u32,
    /// Clocked read ports of one.
    pub reads: u32,
    /// Parts of a word that are written each by itself; none if nothing writes it.
    pub parts: u32,
    /// What it is asked to be made of; a block memory that is small becomes LUTs even so.
    pub material: Material,
}

impl MemoryUse {
    /// Bits of all copies.
    pub fn bits(&self) -> u64 {
        u64::from(self.copies) * u64::from(self.depth) * u64::from(self.width)
    }

    /// Block RAMs of all copies; none if LUTs hold them.
    pub fn blocks(&self) -> u32 {
        self.blocks_at(self.depth)
    }

    fn blocks_at(&self, depth: u32) -> u32 {
        let shape = Shape {
            depth,
            width: self.width,
            clocked_reads: self.reads,
            reads_at_once: 0,
            parts: self.parts,
            exclusive: true,
            distributed: self.material == Material::Distributed,
        };
        let made = shape.made();
        let mut read = vec![true; self.width as usize];
        let whole = made.block_rams(&read);
        read[self.last_width as usize..].fill(false);
        self.copies.saturating_sub(1) * whole + made.block_rams(&read)
    }

    /// Words that one copy may have before it takes more block RAMs.
    pub fn capacity(&self) -> u32 {
        if self.material == Material::Distributed {
            return self.depth;
        }
        let taken = self.blocks();
        let (mut held, mut beyond) = (self.depth, DEPTH_MAX);
        while held + 1 < beyond {
            let middle = held.midpoint(beyond);
            match self.blocks_at(middle) <= taken {
                true => held = middle,
                false => beyond = middle,
            }
        }
        held
    }
}

/// More words than any memory has.
const DEPTH_MAX: u32 = 1 << 24;

/// Words up to which a memory of values is made of LUTs: a block RAM would be mostly empty.
pub const LUT_WORDS_MAX: u32 = 64;

/// Words from which on a weight store is deep.
const DEEP_WORDS: u32 = 1025;

/// Bits of a word of the weight store that are written at once: those of a bank, or of a block RAM that is as
/// narrow as deep stores have them, which uses all of its bits.
pub const fn column_width(weight_depth: u32) -> u32 {
    if weight_depth < DEEP_WORDS { BANK_WIDTH } else { ENABLED_WIDTH }
}

/// What a memory of words of values, counts or planes is made of, being so deep.
pub const fn value_material(depth: u32) -> Material {
    if depth <= LUT_WORDS_MAX { Material::Distributed } else { Material::Block }
}

impl MachineParameters {
    /// Bits of a word of the weight store, without those that fill its last bank.
    pub fn weight_word_width(&self) -> u32 {
        8 * packed_len(self.word_trits() as usize, self.packing) as u32
    }

    /// 32-bit banks of a word of the weight store.
    pub fn weight_banks(&self) -> u32 {
        self.banks() as u32
    }
}

/// A memory of tables of functions: a word has an entry and the step to the next one. Bits that are
/// the same in all of them are stored nowhere.
fn of_tables<'t>(name: &'static str, tables: impl Iterator<Item = &'t FunctionTable>) -> MemoryUse {
    let mask = (1i64 << ENTRY_WIDTH) - 1;
    let word = |pair: &[i64]| (pair[1] - pair[0]) << ENTRY_WIDTH | pair[0] & mask;
    let words: Vec<i64> = tables.flat_map(|table| table.entries.windows(2).map(word)).collect();
    let varied = words.iter().fold(0, |varied, held| varied | (held ^ words[0]));
    let width = (varied as u64 & ((1 << (2 * ENTRY_WIDTH)) - 1)).count_ones();
    let (depth, material) = (words.len() as u32, Material::Block);
    MemoryUse { name, copies: 1, depth, width, last_width: width, reads: 1, parts: 0, material }
}

impl Program {
    /// Maximum registers that the program uses.
    pub fn maximum_count(&self) -> u32 {
        let reaches = reaches(&self.instructions, self.parameters.context);
        let used = |(instruction, reach): (&Instruction, &Reach)| match &instruction.action {
            Action::Matrix(matrix) if matrix.search != 0 => {
                let pointer = instruction.pointers.of(&instruction.action, "maximum");
                matrix.maximum + reach[pointer] + 1
            }
            _ => 0,
        };
        self.instructions.iter().zip(&reaches).map(used).max().unwrap_or(0)
    }

    /// Block RAMs of its machine.
    pub fn block_rams(&self) -> u32 {
        self.memories().iter().map(MemoryUse::blocks).sum()
    }

    /// Every memory of the machine, the largest first to name.
    pub fn memories(&self) -> Vec<MemoryUse> {
        let machine = &self.parameters;
        let word = machine.elements * machine.value_width;
        let memory = |name, copies, depth, width, material| MemoryUse {
            name,
            copies,
            depth,
            width,
            last_width: width,
            reads: 1,
            parts: 1,
            material,
        };
        let block =
            |name, copies, depth, width| memory(name, copies, depth, width, Material::Block);
        let distributed =
            |name, copies, depth, width| memory(name, copies, depth, width, Material::Distributed);
        let (lanes, slots, counts) = (machine.lanes, machine.slots, machine.count_width);
        let train = slots * (1 + counts) + COLUMN_WIDTH;
        let (last_width, column) =
            (machine.weight_word_width(), column_width(machine.weight_depth));
        let columns = last_width.div_ceil(column);
        let weights = block("weights", 1, machine.weight_depth, columns * column);
        let instructions = machine.program_depth.next_power_of_two();
        let [roots, reciprocals] = self.finishes();
        let values = |name, depth| memory(name, 1, depth, word, value_material(depth));
        let mut all = vec![
            MemoryUse { last_width, parts: columns, ..weights },
            block("keys", lanes, machine.key_depth, 2 * slots),
            block("values", slots, machine.value_depth, 2 * lanes),
            values("results", machine.result_depth),
            // The host loads a value at a time.
            MemoryUse {
                parts: machine.elements,
                ..block("constants", 1, machine.constant_depth, word)
            },
            block("program", 1, instructions, PassChoices::of(self).bits.width()),
            self.functions(),
            roots,
            values("temporaries", machine.temporary_depth),
            memory("trains", 1, machine.train_depth, train, value_material(machine.train_depth)),
            distributed("descriptors", 1, machine.train_count, TRAIN_WORDS_WIDTH + counts),
            distributed("scalars", 1, machine.scalar_count, SCALAR_WIDTH),
            distributed("maxima", 1, self.maximum_count(), machine.value_width),
        ];
        let level = machine.value_width;
        all.push(values("state", machine.state_depth));
        all.push(distributed("levels", 1, machine.level_count, level));
        all.push(distributed("loops", 1, machine.loop_depth, self.frame_width()));
        let material = value_material(machine.plane_depth);
        let planes = memory("planes", machine.planes, machine.plane_depth, 2 * slots, material);
        all.extend([planes, reciprocals]);
        if machine.answers_positions {
            let depth = machine.context.next_power_of_two().max(2);
            all.push(block("predictions", 1, depth, PREDICTION_WIDTH));
        }
        all.retain(|memory| memory.depth > 0);
        all
    }

    /// The tables of functions, one for two values that look theirs up.
    fn functions(&self) -> MemoryUse {
        let copies = self.parameters.elements.div_ceil(2);
        let choices = PassChoices::of(self);
        let tables = choices.tables_in_use().map(|(_, table)| table);
        MemoryUse { copies, reads: 2, ..of_tables("functions", tables) }
    }

    /// The tables of what becomes of a sum: roots and reciprocals.
    fn finishes(&self) -> [MemoryUse; 2] {
        let finishes = PassChoices::of(self).finishes;
        let depth =
            if finishes.contains(&Finish::InverseRoot) { ROOT_TABLE.len() as u32 } else { 0 };
        let divides = finishes.contains(&Finish::Reciprocal);
        let reciprocals = of_tables("reciprocals", divides.then_some(&*RECIPROCAL).into_iter());
        let name = "roots";
        [
            MemoryUse { name, depth, width: UNIT_WIDTH, last_width: UNIT_WIDTH, ..reciprocals },
            reciprocals,
        ]
    }

    /// Bits of what a loop remembers: the body, whether it moves p, p, what is left, strides and
    /// pointers; with chunks of positions, how far it moves p too.
    fn frame_width(&self) -> u32 {
        let address = self.parameters.program_depth.next_power_of_two().ilog2().max(1);
        let chunks = if self.parameters.chunks { 1 + CHUNK_WIDTH } else { 0 };
        address + chunks + 1 + 2 * POSITION_WIDTH + 2 * (POINTER_COUNT - 1) * POINTER_WIDTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: MemoryUse = MemoryUse {
        name: "keys",
        copies: 16,
        depth: 300,
        width: 32,
        last_width: 32,
        reads: 1,
        parts: 1,
        material: Material::Block,
    };

    #[test]
    fn a_memory_grows_at_no_cost_until_its_block_rams_are_full() {
        assert_eq!((KEYS.blocks(), KEYS.capacity(), KEYS.bits()), (16, 512, 16 * 300 * 32));
        let deeper = MemoryUse { depth: 600, ..KEYS };
        assert_eq!((deeper.blocks(), deeper.capacity()), (32, 1024));
        let small = MemoryUse { depth: 32, ..KEYS };
        assert_eq!(small.blocks(), 0, "LUTs are cheaper");
        assert!((32..300).contains(&small.capacity()));
        let distributed = MemoryUse { material: Material::Distributed, ..KEYS };
        assert_eq!((distributed.blocks(), distributed.capacity()), (0, 300));
    }

    #[test]
    fn what_nothing_reads_or_writes_takes_less() {
        let bank = MemoryUse { copies: 2, depth: 5888, ..KEYS };
        assert_eq!(bank.blocks(), 24);
        assert_eq!(MemoryUse { parts: 0, ..bank }.blocks(), 22, "no columns of nine bits");
        let columns = MemoryUse { copies: 1, width: 63, last_width: 63, parts: 7, ..bank };
        assert_eq!(columns.blocks(), 21, "all of their bits");
        // Of the last bank's four columns of three block RAMs, one is read.
        assert_eq!(MemoryUse { last_width: 8, ..bank }.blocks(), 12 + 3);
    }
}
