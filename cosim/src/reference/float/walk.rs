//! Many texts through a network at once, operation by operation, so that each matrix of floats is
//! chosen by the inputs which the matrices before it give.
//!
//! ```text
//!  texts ─► operation ─► all vectors ─► site: choose ─► product of what was chosen ─► …
//! ```

use super::arithmetic::Columns;
use super::value::Value;
use super::{Block, FloatExecutor, Observer, ReferenceError, State};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::llama::LlamaMatrix;
use weights::network::{DigitMatrix, Network, Operation};
use weights::quantise::FloatMatrix;

/// A matrix of floats, and what it sees.
pub struct Site<'a> {
    /// The matrix.
    pub matrix: &'a FloatMatrix,
    /// Its input: matrices of one input see the same vectors.
    pub input: &'a str,
    /// By text.
    values: Vec<&'a Value>,
}

impl Site<'_> {
    /// The vectors of each text: of its positions, and of the steps of each.
    pub fn vectors(&self) -> impl Iterator<Item = Vec<&[f64]>> {
        self.values.iter().map(|value| value.rows().map(|(_, _, vector)| vector).collect())
    }
}

/// The values of a text that are read again, by operation.
struct Text<'a> {
    ids: &'a [u32],
    values: Vec<Option<Value>>,
}

impl FloatExecutor {
    /// Reads texts with the floats of a network, and yields the integers that `choose` puts in their
    /// place, by name; what stands behind a matrix sees the integers.
    ///
    /// Memory: of every text the vectors that are read again, 8 bytes a number.
    ///
    /// # Errors
    /// As [`read`](FloatExecutor::read), or the first of `choose`.
    ///
    /// # Panics
    /// If `choose` yields another size.
    pub fn walk<E: From<ReferenceError>>(
        network: &Network,
        floats: &BTreeMap<String, FloatMatrix>,
        texts: &[Vec<u32>],
        mut choose: impl FnMut(&Site<'_>) -> Result<Vec<DigitMatrix>, E>,
    ) -> Result<BTreeMap<String, Vec<DigitMatrix>>, E> {
        let executor = FloatExecutor::with_floats(network, floats)?;
        for ids in texts {
            executor.require_readable(ids)?;
        }
        let mut program =
            Arc::into_inner(executor.program).expect("an executor that was not cloned");
        let mut last_reader: Vec<usize> = (0..program.inputs.len()).collect();
        for (index, inputs) in program.inputs.iter().enumerate() {
            inputs.iter().for_each(|&input| last_reader[input] = index);
        }
        let mut texts: Vec<Text<'_>> =
            texts.iter().map(|ids| Text { ids, values: Vec::new() }).collect();
        let mut chosen = BTreeMap::new();
        for (index, operation) in network.operations.iter().enumerate() {
            if let Operation::TernaryLinear { input, matrix, .. } = operation
                && let Some(matrix) = floats.get(&matrix.name)
            {
                let at = program.inputs[index][0];
                let value = |text| -> &Value { of(text, at) };
                let values = texts.iter().map(value).collect();
                let terms = choose(&Site { matrix, input, values })?;
                let integers = LlamaMatrix::Digits(terms.clone());
                assert_eq!(integers.size(), (matrix.rows, matrix.columns), "`{}`", matrix.name);
                let values = integers.values();
                let columns = Columns::of_reals(matrix.rows, matrix.columns, |at| values[at]);
                program.matrices[index] = Some(columns);
                chosen.insert(matrix.name.clone(), terms);
            }
            let execute = |text: &mut Text<'_>| -> Result<(), ReferenceError> {
                let block =
                    Block { program: &program, begin: 0, ids: text.ids, vectors: &[], index };
                let inputs: Vec<&Value> =
                    program.inputs[index].iter().map(|&input| of(text, input)).collect();
                let observe: Observer<'_> = &mut |_| {};
                let value = block.execute(operation, &inputs, &mut State::default(), observe);
                block.show(operation, &value, observe)?;
                text.values.push(Some(value));
                for &input in &program.inputs[index] {
                    if last_reader[input] == index {
                        text.values[input] = None;
                    }
                }
                Ok(())
            };
            // A text is one block: no state outlives an operation.
            let done: Vec<Result<(), ReferenceError>> = texts.par_iter_mut().map(execute).collect();
            done.into_iter().collect::<Result<Vec<()>, _>>()?;
        }
        Ok(chosen)
    }
}

fn of<'a>(text: &'a Text<'_>, value: usize) -> &'a Value {
    text.values[value].as_ref().expect("a value is there until its last reader")
}
