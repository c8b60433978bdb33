//! A program as the memories of its machine hold it.
//!
//! ```text
//!  word(tile, digit, column) = base + (tile · digits + digit) · stride + column
//! ```

use crate::isa::{Encoded, InstructionError};
use crate::machine::{MachineParameters, Program, StoredMatrix};
use crate::tiling::{Tiling, TilingError};
use weights::packing::{pack_word, word_banks};

/// What a host loads before the first token; each part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineImage {
    /// 32-bit banks of the weight store, bank 0 of word 0 first.
    pub weights: Vec<u32>,
    /// The program, lowest word of each instruction first.
    pub program: Vec<Encoded>,
    /// The constants, `elements` values a word.
    pub constants: Vec<i64>,
}

/// Why a program has no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// An instruction does not encode.
    #[error("instruction {index}: {error}")]
    Instruction {
        /// Its place in the program.
        index: usize,
        /// Why.
        error: InstructionError,
    },
    /// A matrix cannot be tiled.
    #[error("matrix {name}: {error}")]
    Matrix {
        /// Its name.
        name: String,
        /// Why.
        error: TilingError,
    },
    /// A memory is too small.
    #[error("the {memory} memory has {limit} words, the program needs {needed}; deepen it")]
    Capacity {
        /// Which memory.
        memory: &'static str,
        /// Words that are needed.
        needed: usize,
        /// Words that there are.
        limit: usize,
    },
}

impl MachineParameters {
    /// 32-bit banks of one weight word.
    pub const fn banks(&self) -> usize {
        word_banks(self.word_trits() as usize, 1, self.packing)
    }
}

impl MachineImage {
    /// The image of a program.
    ///
    /// # Errors
    /// The first part that does not encode, or does not fit its memory.
    pub fn new(program: &Program) -> Result<MachineImage, ImageError> {
        let machine = &program.parameters;
        let mut weights = vec![];
        for matrix in &program.matrices {
            place(machine, matrix, &mut weights)?;
        }
        let encode = |(index, instruction): (usize, &crate::isa::Instruction)| {
            instruction.encode().map_err(|error| ImageError::Instruction { index, error })
        };
        let instructions = program.instructions.iter().enumerate().map(encode);
        let instructions = instructions.collect::<Result<Vec<Encoded>, ImageError>>()?;
        let constants = program.constants.clone();
        let constant_words = constants.len().div_ceil(machine.elements as usize);
        for (memory, needed, limit) in [
            ("weight", weights.len() / machine.banks(), machine.weight_depth),
            ("program", instructions.len(), machine.program_depth),
            ("constant", constant_words, machine.constant_depth),
        ] {
            let limit = limit as usize;
            if needed > limit {
                return Err(ImageError::Capacity { memory, needed, limit });
            }
        }
        Ok(MachineImage { weights, program: instructions, constants })
    }
}

/// Packs the digits of a matrix to their words; words that belong to none hold zero trits.
fn place(
    machine: &MachineParameters,
    matrix: &StoredMatrix,
    weights: &mut Vec<u32>,
) -> Result<(), ImageError> {
    let (lanes, slots) = (matrix.word.rows as usize, matrix.word.columns as usize);
    let named = |error| ImageError::Matrix { name: matrix.name.clone(), error };
    let tiling = Tiling::new(matrix.rows, matrix.columns, lanes, slots).map_err(named)?;
    let (banks, digits) = (machine.banks(), matrix.digits.len());
    let end = (matrix.base as usize + tiling.words() * digits) * banks;
    if weights.len() < end {
        let zero = packed(&vec![0; lanes * slots], machine);
        let first = weights.len() / banks;
        (first..end / banks).for_each(|_| weights.extend(&zero));
    }
    for (digit, trits) in matrix.digits.iter().enumerate() {
        for (index, word) in tiling.weight_words(trits).map_err(named)?.enumerate() {
            let (tile, column) = (index / tiling.column_tiles, index % tiling.column_tiles);
            let word_index =
                matrix.base as usize + (tile * digits + digit) * tiling.column_tiles + column;
            weights[word_index * banks..][..banks].copy_from_slice(&packed(&word, machine));
        }
    }
    Ok(())
}

fn packed(word: &[weights::numeric::Trit], machine: &MachineParameters) -> Vec<u32> {
    let bytes = pack_word(word, machine.packing);
    let bank = |bank: &[u8]| u32::from_le_bytes([bank[0], bank[1], bank[2], bank[3]]);
    bytes.chunks_exact(4).map(bank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::config::{Form, Target};
    use weights::numeric::{Radix, Trit};
    use weights::packing::{Packing, unpack_word};

    fn machine() -> MachineParameters {
        MachineParameters {
            form: Form::Dense,
            digit_passes: false,
            streams: false,
            chunks: false,
            lanes: 4,
            slots: 8,
            planes: 2,
            radix: Radix::Bitwise,
            acc_width: 16,
            target: Target::Portable,
            packing: Packing::Base3,
            elements: 4,
            value_width: 16,
            count_width: 8,
            key_value_digits: 4,
            embedding_digits: 3,
            context: 16,
            vocabulary: 20,
            weight_depth: 16,
            key_depth: 16,
            value_depth: 16,
            result_depth: 8,
            temporary_depth: 8,
            constant_depth: 8,
            train_depth: 8,
            train_count: 4,
            scalar_count: 8,
            program_depth: 8,
            state_depth: 0,
            level_count: 0,
            loop_depth: 0,
            plane_depth: 0,
            answers_positions: false,
            functions: true,
            input: None,
            output: None,
            fingerprint: 0,
        }
    }

    #[test]
    fn digits_lie_beside_each_other_tile_by_tile() {
        let machine = machine();
        let trit = |digit: usize, at: usize| ((at * 5 + digit * 7) / 3 % 3) as Trit - 1;
        let (rows, columns) = (8, 16);
        let digits: Vec<Vec<Trit>> =
            (0..3).map(|digit| (0..rows * columns).map(|at| trit(digit, at)).collect()).collect();
        let matrix = StoredMatrix {
            name: "table".into(),
            base: 2,
            word: machine.matrix_word(),
            rows,
            columns,
            digits,
        };
        let mut weights = vec![];
        place(&machine, &matrix, &mut weights).unwrap();
        let banks = machine.banks();
        assert_eq!(weights.len(), (2 + 2 * 3 * 2) * banks);
        let word = |index: usize| {
            let bytes: Vec<u8> = weights[index * banks..][..banks]
                .iter()
                .flat_map(|bank| bank.to_le_bytes())
                .collect();
            unpack_word(&bytes, 32, Packing::Base3).unwrap()
        };
        assert!(word(0).iter().chain(&word(1)).all(|&trit| trit == 0));
        for (tile, digit, column) in [(0, 0, 0), (0, 2, 1), (1, 1, 0), (1, 2, 1)] {
            let found = word(2 + (tile * 3 + digit) * 2 + column);
            for (index, &found) in found.iter().enumerate() {
                let (row, channel) = (tile * 4 + index / 8, column * 8 + index % 8);
                assert_eq!(found, trit(digit, row * columns + channel));
            }
        }
    }
}
