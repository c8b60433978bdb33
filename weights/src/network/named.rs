//! Where the weights of a network come from, by our names.

use super::{LinearWeights, Operation, Table};
use std::collections::BTreeMap;

/// A file, a generator, another network.
pub trait NamedSource {
    /// Why weights cannot be had.
    type Error;
    /// A float table, such as `embedding`.
    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, Self::Error>;
    /// One number a channel: the `.weight` or `.bias` of a norm, the `.bias` of a matrix, the `.mix`
    /// of a token shift, the `.decay` and the `.bonus` of WKV.
    fn parameters(&mut self, name: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// The weights of a linear operation, such as `blocks.0.attention.key`.
    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Self::Error>;
}

/// Appends operations, with the weights of a source.
pub(super) struct Builder<'a, S> {
    pub(super) source: &'a mut S,
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) operations: Vec<Operation>,
    /// What every norm adds to the variance.
    epsilon: f32,
}

impl<'a, S: NamedSource> Builder<'a, S> {
    pub(super) fn new(source: &'a mut S, epsilon: f32) -> Builder<'a, S> {
        Builder { source, tables: BTreeMap::new(), operations: Vec::new(), epsilon }
    }

    /// Appends an operation; yields the name of the value it writes.
    pub(super) fn push(&mut self, operation: Operation) -> String {
        let output = operation.output().to_owned();
        self.operations.push(operation);
        output
    }

    /// Takes a table, for operations to name.
    pub(super) fn table(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<(), S::Error> {
        let table = self.source.table(name, rows, columns)?;
        self.tables.insert(name.to_owned(), table);
        Ok(())
    }

    pub(super) fn norm(
        &mut self,
        name: &str,
        input: &str,
        width: usize,
    ) -> Result<String, S::Error> {
        let weight = self.source.parameters(&format!("{name}.weight"), width)?.into();
        let bias = self.source.parameters(&format!("{name}.bias"), width)?.into();
        Ok(self.push(Operation::LayerNorm {
            name: name.to_owned(),
            input: input.to_owned(),
            output: format!("{name}.out"),
            weight,
            bias,
            epsilon: self.epsilon,
        }))
    }

    pub(super) fn linear(
        &mut self,
        name: &str,
        input: String,
        rows: usize,
        columns: usize,
    ) -> Result<String, S::Error> {
        let output = format!("{name}.out");
        let weights = self.source.weights(name, rows, columns)?;
        self.operations.extend(weights.operations(&input, &output));
        Ok(output)
    }

    /// A ternary matrix and its bias.
    pub(super) fn biased(
        &mut self,
        name: &str,
        input: String,
        rows: usize,
        columns: usize,
    ) -> Result<String, S::Error> {
        let input = self.linear(name, input, rows, columns)?;
        let bias = self.source.parameters(&format!("{name}.bias"), rows)?.into();
        let (name, output) = (format!("{name}.bias"), format!("{name}.biased"));
        Ok(self.push(Operation::Bias { name, input, output, bias }))
    }

    pub(super) fn residual(&mut self, prefix: &str, left: &str, right: String) -> String {
        let (left, output) = (left.to_owned(), format!("{prefix}.residual"));
        self.push(Operation::Add { left, right, output })
    }
}
