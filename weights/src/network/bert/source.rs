//! Where the weights of an encoder come from.

use crate::network::{LinearWeights, Table};

/// Where the weights of a BERT encoder come from: a file or a generator.
pub trait BertSource {
    /// Why weights cannot be had.
    type Error;
    /// A float table: `embedding`, `positions` (the embedding of the first token type added to every
    /// row), `pooler`, `classifier`, `head.transform` or `head`.
    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, Self::Error>;
    /// The weight of a norm, such as `blocks.0.ffn.norm`.
    fn gain(&mut self, norm: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// The bias of a norm, a matrix or a table.
    fn bias(&mut self, of: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// The weights of a linear operation, such as `blocks.0.attention.query`.
    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Self::Error>;
    /// The thresholds α of a SpikeLM neuron, one a step: of the input of a linear, by the linear's
    /// name, or `blocks.0.attention.key.stored` and `blocks.0.attention.value.stored`.
    fn thresholds(&mut self, of: &str) -> Result<Vec<f32>, Self::Error>;
}
