//! The matrices of a model: floats, or sums of integer matrices with scales.

use crate::network::DigitMatrix;

/// A matrix of floats: `y = W·x`.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatMatrix {
    /// Name, such as `blocks.1.ffn.up`.
    pub name: String,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// Row-major, `rows × columns`.
    pub values: Vec<f32>,
}

/// One matrix of a block.
#[derive(Clone, Debug, PartialEq)]
pub enum LlamaMatrix {
    /// Floats: material for quantising.
    Float(FloatMatrix),
    /// The sum of one or more terms, `y = Σ g · (D·x)`. No weight is in two terms: a term holds
    /// the weights of one scale, such as those with more digits, and zeros elsewhere.
    Digits(Vec<DigitMatrix>),
}

impl LlamaMatrix {
    /// Outputs and inputs.
    pub fn size(&self) -> (usize, usize) {
        match self {
            LlamaMatrix::Float(matrix) => (matrix.rows, matrix.columns),
            LlamaMatrix::Digits(terms) => {
                terms.first().map_or((0, 0), |term| (term.rows, term.columns))
            }
        }
    }

    /// Its values, row-major, in double precision: exact for terms that do not overlap.
    pub fn values(&self) -> Vec<f64> {
        match self {
            LlamaMatrix::Float(matrix) => matrix.values.iter().map(|&v| f64::from(v)).collect(),
            LlamaMatrix::Digits(terms) => {
                let (rows, columns) = self.size();
                let mut values = vec![0.0; rows * columns];
                for term in terms {
                    for (row, &scale) in term.row_scales.iter().enumerate() {
                        let sums = &mut values[row * columns..(row + 1) * columns];
                        for (sum, &digit) in sums.iter_mut().zip(term.row(row)) {
                            *sum += f64::from(scale) * f64::from(digit);
                        }
                    }
                }
                values
            }
        }
    }
}
