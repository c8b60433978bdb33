//! What a linear operation multiplies with, and the operations that it becomes.

use super::{DigitMatrix, Network, Operation, SpikeCode, TernaryMatrix};
use std::collections::{BTreeMap, BTreeSet};

/// The weights of a linear operation.
#[derive(Clone, Debug, PartialEq)]
pub enum LinearWeights {
    /// Trits with one scale.
    Ternary(TernaryMatrix),
    /// The sum of one or more terms, `y = Σ g · (D·x)`; no weight is in two of them.
    Digits(Vec<DigitMatrix>),
}

impl LinearWeights {
    /// The operations that write `output`: one a term, and their sums.
    pub(crate) fn operations(self, input: &str, output: &str) -> Vec<Operation> {
        let terms = match self {
            LinearWeights::Ternary(matrix) => {
                let (input, output) = (input.to_owned(), output.to_owned());
                return vec![Operation::TernaryLinear { input, output, matrix }];
            }
            LinearWeights::Digits(terms) => terms,
        };
        let last = terms.len().saturating_sub(1);
        let mut operations = Vec::new();
        let mut left: Option<String> = None;
        for (index, matrix) in terms.into_iter().enumerate() {
            let named = |what: &str| match last {
                0 => output.to_owned(),
                _ => format!("{output}.{what}{index}"),
            };
            let (input, right) = (input.to_owned(), named("term"));
            operations.push(Operation::DigitLinear { input, output: right.clone(), matrix });
            left = Some(match left {
                None => right,
                Some(left) => {
                    let output = if index == last { output.to_owned() } else { named("sum") };
                    operations.push(Operation::Add { left, right, output: output.clone() });
                    output
                }
            });
        }
        operations
    }
}

impl Network {
    /// The network with terms of digits in the place of its ternary matrices of those names.
    pub fn with_digits(&self, matrices: &BTreeMap<String, Vec<DigitMatrix>>) -> Network {
        let replaced = |operation: &Operation| match operation {
            Operation::TernaryLinear { input, output, matrix } => {
                match matrices.get(&matrix.name) {
                    Some(terms) => LinearWeights::Digits(terms.clone()).operations(input, output),
                    None => vec![operation.clone()],
                }
            }
            _ => vec![operation.clone()],
        };
        let operations = self.operations.iter().flat_map(replaced).collect();
        Network { operations, ..self.clone() }
    }

    /// The network whose matrices of digits see unclipped counts of that mean instead of real
    /// numbers; those that read one vector share its train.
    pub fn with_counts(&self, mean_count: f64) -> Network {
        let mut coded = BTreeSet::new();
        let mut operations = Vec::new();
        for operation in &self.operations {
            let Operation::DigitLinear { input, output, matrix } = operation else {
                operations.push(operation.clone());
                continue;
            };
            let spikes = format!("{input}.counts");
            if coded.insert(input.clone()) {
                let (input, output) = (input.clone(), spikes.clone());
                let code = SpikeCode::Counts { mean_count };
                operations.push(Operation::Encode { input, output, code });
            }
            let (output, matrix) = (output.clone(), matrix.clone());
            operations.push(Operation::DigitLinear { input: spikes, output, matrix });
        }
        Network { operations, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(name: &str) -> DigitMatrix {
        let (rows, columns, digits) = (1, 2, 2);
        let (name, values, row_scales) = (name.to_owned(), vec![1, -4], vec![0.5]);
        DigitMatrix { name, rows, columns, digits, values, row_scales }
    }

    #[test]
    fn terms_are_added_and_the_last_sum_is_the_output() {
        let names = |count: usize| {
            let terms = (0..count).map(|index| term(&format!("m{index}"))).collect();
            let operations = LinearWeights::Digits(terms).operations("x", "y");
            let names = operations.iter().map(|it| format!("{} {}", it.kind(), it.output()));
            names.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(names(1), "digit_linear y");
        assert_eq!(names(2), "digit_linear y.term0, digit_linear y.term1, add y");
        let three =
            "digit_linear y.term0, digit_linear y.term1, add y.sum1, digit_linear y.term2, add y";
        assert_eq!(names(3), three);
    }
}
