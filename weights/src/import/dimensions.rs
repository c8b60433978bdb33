//! What a model takes of a machine at least, from its configuration alone.
//!
//! ```text
//!  config.json ─► shape ─► network without a single weight ─► sizes of what a machine stores
//! ```
//!
//! The operations are those of the import, so that nothing is said twice; whatever only the weights
//! say makes the machine larger, never smaller.

use crate::network::{
    BertShape, BertSource, BitnetShape, BitnetSource, EmbedIndex, GptShape, LinearWeights,
    NamedSource, Network, Operation, Readout, RwkvShape, Table, TernaryMatrix, bert_network,
    bitnet_network, gpt_network, rwkv_network,
};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// What kind of network it is: which shipped design suits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// BitNet's blocks.
    Blocks,
    /// LLaMA's structure, whose values want a high resolution.
    Passes,
    /// With neurons, recurrences or norms with means.
    Neurons,
}

/// The sizes of a matrix or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Outputs, or entries.
    pub rows: usize,
    /// Inputs, or channels of an entry.
    pub columns: usize,
}

/// Heads of which a machine keeps keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptHeads {
    /// How many.
    pub heads: usize,
    /// Channels of each.
    pub head_width: usize,
}

/// What a model takes at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimensions {
    /// Its kind.
    pub execution: Execution,
    /// Matrices of ternary digits, and how many there are of each size.
    pub matrices: BTreeMap<Size, usize>,
    /// Fewest ternary digits of a weight.
    pub digits: u32,
    /// Float tables that are multiplied, or of which a row is read, by name.
    pub tables: BTreeMap<String, Size>,
    /// The table of positions, where the network has one.
    pub positions: Option<Size>,
    /// Widths of heads that turn by the angle of their position.
    pub rotated: BTreeSet<usize>,
    /// Heads whose keys and values are kept, and how many operations keep so many.
    pub kept: BTreeMap<KeptHeads, usize>,
    /// Whether keys and values are spikes: a digit each.
    pub keeps_spikes: bool,
    /// Time steps whose keys and values lie side by side.
    pub kept_steps: usize,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text.
    pub context: usize,
    /// Whether the network fills masks, which no machine does.
    pub fills_masks: bool,
}

impl Dimensions {
    /// Those of a transformer of BitNet's or LLaMA's structure, whose weights have `digits`.
    pub fn of_bitnet(shape: &BitnetShape, digits: u32, execution: Execution) -> Dimensions {
        let Ok(network) = bitnet_network("", shape, &mut Sizes);
        Dimensions { digits, ..Dimensions::of(&network, execution) }
    }

    pub(super) fn of_bert(shape: &BertShape) -> Dimensions {
        let Ok(network) = bert_network("", shape, &mut Sizes);
        Dimensions::of(&network, Execution::Neurons)
    }

    pub(super) fn of_gpt(shape: &GptShape) -> Dimensions {
        let Ok(network) = gpt_network("", shape, &mut Sizes);
        Dimensions::of(&network, Execution::Neurons)
    }

    pub(super) fn of_rwkv(shape: &RwkvShape) -> Dimensions {
        let Ok(network) = rwkv_network("", shape, &mut Sizes);
        Dimensions::of(&network, Execution::Neurons)
    }

    /// Those of a network, which needs no weights.
    fn of(network: &Network, execution: Execution) -> Dimensions {
        let mut found = Dimensions {
            execution,
            matrices: BTreeMap::new(),
            digits: 1,
            tables: BTreeMap::new(),
            positions: None,
            rotated: BTreeSet::new(),
            kept: BTreeMap::new(),
            keeps_spikes: network.keeps_spikes(),
            kept_steps: network.steps,
            vocabulary: network.vocabulary,
            context: network.context,
            fills_masks: network.readout == Readout::MaskedToken,
        };
        for operation in &network.operations {
            found.add(network, operation);
        }
        found
    }

    fn add(&mut self, network: &Network, operation: &Operation) {
        let size = |table: &str| {
            let Table { rows, columns, .. } = network.tables[table];
            Size { rows, columns }
        };
        let mut keep = |heads, head_width, causal| {
            *self.kept.entry(KeptHeads { heads, head_width }).or_default() += 1;
            // Where all positions of a block are attended, a step overwrites the one before.
            self.kept_steps = if causal { self.kept_steps } else { 1 };
        };
        match operation {
            Operation::TernaryLinear { matrix, .. } => {
                let TernaryMatrix { rows, columns, .. } = *matrix;
                *self.matrices.entry(Size { rows, columns }).or_default() += 1;
            }
            Operation::Embed { table, index: EmbedIndex::Position, .. } => {
                self.positions = Some(size(table));
            }
            Operation::Embed { table, .. } | Operation::Head { table, .. } => {
                self.tables.insert(table.clone(), size(table));
            }
            Operation::Rotary { head_width, .. } => {
                self.rotated.insert(*head_width);
            }
            Operation::AttentionScores { shape, .. } => {
                keep(shape.key_value_heads, shape.head_width, shape.causal);
            }
            Operation::SpikingAttention { shape, .. } => {
                keep(shape.heads, shape.head_width, shape.causal);
            }
            _ => {}
        }
    }
}

/// A source of matrices and tables that have sizes and nothing else.
struct Sizes;

fn table(rows: usize, columns: usize) -> Result<Table, Infallible> {
    Ok(Table { rows, columns, values: Vec::new() })
}

fn matrix(rows: usize, columns: usize) -> Result<TernaryMatrix, Infallible> {
    Ok(TernaryMatrix { name: String::new(), rows, columns, trits: Vec::new(), scale: 1.0 })
}

impl BitnetSource for Sizes {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        table(rows, columns)
    }

    fn norm(&mut self, _: &str, _: usize) -> Result<Vec<f32>, Infallible> {
        Ok(Vec::new())
    }

    fn matrix(
        &mut self,
        _: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, Infallible> {
        matrix(rows, columns)
    }
}

impl NamedSource for Sizes {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        table(rows, columns)
    }

    fn parameters(&mut self, _: &str, _: usize) -> Result<Vec<f32>, Infallible> {
        Ok(Vec::new())
    }

    fn weights(
        &mut self,
        _: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Infallible> {
        matrix(rows, columns).map(LinearWeights::Ternary)
    }
}

impl BertSource for Sizes {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        table(rows, columns)
    }

    fn gain(&mut self, _: &str, _: usize) -> Result<Vec<f32>, Infallible> {
        Ok(Vec::new())
    }

    fn bias(&mut self, _: &str, _: usize) -> Result<Vec<f32>, Infallible> {
        Ok(Vec::new())
    }

    fn weights(
        &mut self,
        _: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Infallible> {
        matrix(rows, columns).map(LinearWeights::Ternary)
    }

    fn thresholds(&mut self, _: &str) -> Result<Vec<f32>, Infallible> {
        Ok(vec![1.0])
    }
}
