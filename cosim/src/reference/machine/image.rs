//! What does not change from token to token: the program, and its weights packed for the host.

use super::train::Train;
use firmware::isa::{Action, Instruction, Matrix};
use firmware::machine::{Program, StoredMatrix};
use std::ops::Range;

/// A program, resolved.
pub(super) struct Image {
    pub(super) program: Program,
    /// What the matrix instruction at each index reads.
    operands: Vec<Option<Operand>>,
    weights: Vec<Weights>,
}

/// What a matrix instruction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// Rows of a matrix from `first_row` on.
    Weights { matrix: usize, first_row: usize },
    /// A table, by row.
    Table(usize),
    /// Kept keys.
    Keys,
    /// Kept values.
    Values,
}

/// A stored matrix with its digits combined: row by row, so that several products become one
/// instruction of the host. That is faster than counting bits, whatever the counts are.
pub(super) struct Weights {
    pub(super) columns: usize,
    values: Vec<i16>,
}

impl Image {
    pub(super) fn new(program: &Program) -> Image {
        let program = program.clone();
        let weights = program.matrices.iter().map(Weights::new).collect();
        let mut image = Image { operands: Vec::new(), weights, program };
        let operand = |it: &Instruction| match &it.action {
            Action::Matrix(matrix) if it.pointers.selectors[0] == 0 => Some(image.resolve(matrix)),
            _ => None,
        };
        image.operands = image.program.instructions.iter().map(operand).collect();
        image
    }

    /// What the matrix instruction at `index` reads, its pointers added.
    pub(super) fn operand(&self, index: usize, matrix: &Matrix) -> Operand {
        match self.operands.get(index).copied().flatten() {
            Some(operand) => operand,
            // Pointers have moved it.
            None => self.resolve(matrix),
        }
    }

    pub(super) fn weights(&self, matrix: usize) -> &Weights {
        &self.weights[matrix]
    }

    fn resolve(&self, matrix: &Matrix) -> Operand {
        match matrix.store {
            1 => Operand::Keys,
            2 => Operand::Values,
            _ => self.resolve_weights(matrix),
        }
    }

    fn resolve_weights(&self, instruction: &Matrix) -> Operand {
        let base = instruction.base;
        let words = |matrix: &StoredMatrix| (matrix.tile_words() as u32, matrix.words() as u32);
        let covers =
            |matrix: &StoredMatrix| (matrix.base..matrix.base + words(matrix).1).contains(&base);
        let found = self.program.matrices.iter().position(covers);
        let index = found.unwrap_or_else(|| panic!("no matrix is stored at {base}"));
        let matrix = &self.program.matrices[index];
        assert_eq!(matrix.digits.len(), instruction.digits as usize, "digits of {}", matrix.name);
        assert_eq!(
            matrix.stride(),
            instruction.stride as usize,
            "words of a row of {}",
            matrix.name
        );
        let (tile, all) = words(matrix);
        let begin = base - matrix.base;
        assert_eq!(begin % tile, 0, "{base} is in the middle of a tile of {}", matrix.name);
        if instruction.store == 3 {
            assert_eq!(begin, 0, "{} is looked up from its first word", matrix.name);
            return Operand::Table(index);
        }
        let end = begin + instruction.tiles * tile;
        assert!(end <= all, "{} has {all} words, not {end}", matrix.name);
        Operand::Weights { matrix: index, first_row: (begin / tile * matrix.word.rows) as usize }
    }
}

impl Weights {
    fn new(matrix: &StoredMatrix) -> Weights {
        let combined = |at: usize| {
            matrix.digits.iter().fold(0i16, |value, trits| 3 * value + i16::from(trits[at]))
        };
        let values = (0..matrix.rows * matrix.columns).map(combined).collect();
        Weights { columns: matrix.columns, values }
    }

    /// Σ weight · count of each row of `rows`.
    pub(super) fn sums(&self, train: &Train, rows: Range<usize>, sums: &mut Vec<i64>) {
        // The last word of a train may end behind the columns, in zeros.
        let (counts, behind) = train.counts().split_at(train.counts().len().min(self.columns));
        assert!(behind.iter().all(|&count| count == 0), "spikes behind the last column");
        sums.clear();
        sums.extend(rows.map(|row| dot(&self.row(row)[..counts.len()], counts)));
    }

    /// One row.
    pub(super) fn row(&self, row: usize) -> &[i16] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }
}

/// Products summed in 32 bits before they are added up: 32 · 32767 · 1093 stays below 2^31.
const CHUNK: usize = 32;

/// `Σ a · b` of balanced digits, at most 1093, and counts.
pub(super) fn dot(a: &[i16], b: &[i16]) -> i64 {
    let (a_chunks, b_chunks) = (a.chunks_exact(CHUNK), b.chunks_exact(CHUNK));
    let sum = |a: &[i16], b: &[i16]| {
        let products = a.iter().zip(b).map(|(&a, &b)| i32::from(a).wrapping_mul(i32::from(b)));
        i64::from(products.fold(0i32, i32::wrapping_add))
    };
    let rest = sum(a_chunks.remainder(), b_chunks.remainder());
    a_chunks.zip(b_chunks).map(|(a, b)| sum(a, b)).fold(rest, i64::wrapping_add)
}
