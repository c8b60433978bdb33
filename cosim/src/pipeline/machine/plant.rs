//! Faults on purpose, in what the hardware is loaded with; the reference keeps the original.

use crate::pipeline::PipelineError;
use firmware::isa::{Action, Instruction};
use firmware::machine::Program;

/// What to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum MachinePlant {
    /// One trit of the weights.
    Weight,
    /// One shift of the program.
    Instruction,
    /// One value of the constants.
    Constant,
}

impl MachinePlant {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            MachinePlant::Weight => "weight",
            MachinePlant::Instruction => "instruction",
            MachinePlant::Constant => "constant",
        }
    }

    /// The program with the fault in its middle, and where that is.
    ///
    /// # Errors
    /// If the program has nothing of this kind.
    pub fn apply(self, program: &Program) -> Result<(Program, String), PipelineError> {
        let mut planted = program.clone();
        let place = match self {
            MachinePlant::Weight => {
                let middle = planted.matrices.len() / 2;
                let matrix = &mut planted.matrices[middle];
                // Padding is never read with a spike; a weight that is not zero is no padding.
                let trits = &mut matrix.digits[0];
                let index = trits.iter().position(|&trit| trit != 0).unwrap_or(0);
                trits[index] = if trits[index] == 0 { 1 } else { -trits[index] };
                let (row, column) = (index / matrix.columns, index % matrix.columns);
                format!("{}: row {row}, column {column} has the other sign", matrix.name)
            }
            MachinePlant::Instruction => {
                // The last matrix makes the logits.
                let is_matrix = |it: &Instruction| matches!(it.action, Action::Matrix(_));
                let last = planted.instructions.iter().rposition(is_matrix);
                let index = last.expect("a program has a matrix");
                if let Action::Matrix(matrix) = &mut planted.instructions[index].action {
                    matrix.shift += 1;
                }
                format!("{index:#06x} {}: shifts one more", planted.remarks[index])
            }
            MachinePlant::Constant => {
                // One that is far from zero, in a bit that matters.
                let bit = 1 << (planted.parameters.value_width - 4);
                let elements = planted.parameters.elements as usize;
                // The first words are the host's, where it sends vectors.
                let words = planted.parameters.input.map_or(0, |stream| stream.words as usize);
                let first = words * elements;
                let own = &planted.constants[first..];
                if own.is_empty() {
                    return Err(PipelineError::Options {
                        reason: format!(
                            "--plant: the program of `{}` has no constant of its own",
                            program.name
                        ),
                        remedy: "plant a weight or an instruction",
                    });
                }
                let large = |value: &i64| value.abs() >= bit;
                let index = first + own.iter().position(large).unwrap_or(0);
                planted.constants[index] ^= bit;
                format!("word {}, element {}: one bit", index / elements, index % elements)
            }
        };
        Ok((planted, place))
    }
}
