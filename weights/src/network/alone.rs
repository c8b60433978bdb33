//! A single matrix as a network: vectors in, sums out.

use super::{CONTEXT_UNBOUNDED, Network, Operation, Readout};
use std::collections::{BTreeMap, BTreeSet};

impl Network {
    /// The names of all matrices in the order of execution.
    pub fn matrix_names(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().filter_map(|operation| match operation {
            Operation::TernaryLinear { matrix, .. } => Some(matrix.name.as_str()),
            Operation::DigitLinear { matrix, .. } => Some(matrix.name.as_str()),
            _ => None,
        })
    }

    /// One matrix of the network between two streams: whole numbers below `2^bits` in magnitude come in,
    /// its products go out. A ternary matrix has no scale then, so that these are the sums of the array.
    /// Nothing if there is no matrix of that name.
    pub fn alone(&self, name: &str, bits: u32) -> Option<Network> {
        let find = |operation: &Operation| match operation {
            Operation::TernaryLinear { matrix, .. } if matrix.name == name => {
                let matrix = super::TernaryMatrix { scale: 1.0, ..matrix.clone() };
                let width = matrix.columns;
                let (input, output) = ("vector".to_owned(), "sums".to_owned());
                Some((width, Operation::TernaryLinear { input, output, matrix }))
            }
            Operation::DigitLinear { matrix, .. } if matrix.name == name => {
                let (width, matrix) = (matrix.columns, matrix.clone());
                let (input, output) = ("vector".to_owned(), "sums".to_owned());
                Some((width, Operation::DigitLinear { input, output, matrix }))
            }
            _ => None,
        };
        let (width, product) = self.operations.iter().find_map(find)?;
        let input = Operation::Input { output: "vector".to_owned(), width, bits, fraction: 0 };
        Some(Network {
            name: format!("{}-{name}", self.name),
            vocabulary: 1,
            context: CONTEXT_UNBOUNDED,
            steps: 1,
            readout: Readout::Vector,
            begin_token: None,
            end_tokens: BTreeSet::new(),
            tables: BTreeMap::new(),
            operations: vec![input, product],
            output: "sums".to_owned(),
        })
    }
}
