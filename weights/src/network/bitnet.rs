//! The operations of a BitNet b1.58 transformer, whatever its weights come from.
//!
//! ```text
//! x ─► norm ─► q, k, v ─► rotary ─► scores ─► softmax ─► values ─► sub_norm ─► output ─► + x
//! x ─► norm ─► silu(gate) · up ─► sub_norm ─► down ─► + x
//! ```
//!
//! Formula: `modeling_bitnet.py` of transformers, after Ma et al., "The Era of 1-bit LLMs" (2024).

use super::{
    AttentionShape, EmbedIndex, Function, Network, Operation, Readout, RotaryPairing, Table,
    TernaryMatrix,
};
use std::collections::{BTreeMap, BTreeSet};

/// The dimensions of a BitNet transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct BitnetShape {
    /// Channels between blocks.
    pub width: usize,
    /// Channels inside the feed-forward part.
    pub hidden: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heads of the attention; causal.
    pub attention: AttentionShape,
    /// The function of the gate.
    pub gate: Function,
    /// Whether a norm stands before the last matrix of attention and feed-forward part: BitNet has
    /// it, LLaMA with ternary matrices has not.
    pub sub_norms: bool,
    /// Number of token ids.
    pub vocabulary: usize,
    /// Most tokens of one text.
    pub context: usize,
    /// What every norm adds to the mean square.
    pub epsilon: f32,
    /// Base of the rotary angles.
    pub rotary_base: f32,
    /// Whether the output head is the embedding.
    pub tied: bool,
    /// The id that starts every text.
    pub begin_token: Option<u32>,
    /// The ids that end a text.
    pub end_tokens: BTreeSet<u32>,
}

/// Where the weights of a BitNet transformer come from: a file, a generator, another network.
pub trait BitnetSource {
    /// Why weights cannot be had.
    type Error;
    /// The float table `embedding` or `head`.
    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, Self::Error>;
    /// The weights of a norm, such as `blocks.0.ffn.norm`.
    fn norm(&mut self, name: &str, width: usize) -> Result<Vec<f32>, Self::Error>;
    /// A ternary matrix, such as `blocks.0.attention.q`.
    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, Self::Error>;
}

/// Builds the network of `shape` with the weights of `source`.
///
/// # Errors
/// The first error of the source.
pub fn bitnet_network<S: BitnetSource>(
    name: &str,
    shape: &BitnetShape,
    source: &mut S,
) -> Result<Network, S::Error> {
    let mut builder = Builder { shape, source, operations: Vec::new() };
    let mut tables = BTreeMap::new();
    let embedding = builder.source.table("embedding", shape.vocabulary, shape.width)?;
    tables.insert("embedding".to_owned(), embedding);
    let index = EmbedIndex::Token;
    builder.push(Operation::Embed {
        table: "embedding".to_owned(),
        index,
        output: "embedded".to_owned(),
    });
    let mut residual = "embedded".to_owned();
    for block in 0..shape.blocks {
        residual = builder.attention(&format!("blocks.{block}.attention"), &residual)?;
        residual = builder.feed_forward(&format!("blocks.{block}.ffn"), &residual)?;
    }
    let normed = builder.norm("norm", &residual, shape.width)?;
    let table = if shape.tied { "embedding" } else { "head" };
    if !shape.tied {
        let head = builder.source.table("head", shape.vocabulary, shape.width)?;
        tables.insert("head".to_owned(), head);
    }
    let output = "logits".to_owned();
    builder.push(Operation::Head { table: table.to_owned(), input: normed, output });
    Ok(Network {
        name: name.to_owned(),
        vocabulary: shape.vocabulary,
        context: shape.context,
        steps: 1,
        readout: Readout::NextToken,
        begin_token: shape.begin_token,
        end_tokens: shape.end_tokens.clone(),
        tables,
        operations: builder.operations,
        output: "logits".to_owned(),
    })
}

struct Builder<'a, S> {
    shape: &'a BitnetShape,
    source: &'a mut S,
    operations: Vec<Operation>,
}

impl<S: BitnetSource> Builder<'_, S> {
    /// Appends an operation; yields the name of the value it writes.
    fn push(&mut self, operation: Operation) -> String {
        let output = operation.output().to_owned();
        self.operations.push(operation);
        output
    }

    fn norm(&mut self, name: &str, input: &str, width: usize) -> Result<String, S::Error> {
        let weight = self.source.norm(name, width)?.into();
        Ok(self.push(Operation::RmsNorm {
            name: name.to_owned(),
            input: input.to_owned(),
            output: format!("{name}.out"),
            weight,
            epsilon: self.shape.epsilon,
        }))
    }

    fn sub_norm(&mut self, prefix: &str, input: String, width: usize) -> Result<String, S::Error> {
        match self.shape.sub_norms {
            true => self.norm(&format!("{prefix}.sub_norm"), &input, width),
            false => Ok(input),
        }
    }

    fn linear(
        &mut self,
        name: String,
        input: &str,
        rows: usize,
        columns: usize,
    ) -> Result<String, S::Error> {
        let matrix = self.source.matrix(&name, rows, columns)?;
        let output = format!("{name}.out");
        Ok(self.push(Operation::TernaryLinear { input: input.to_owned(), output, matrix }))
    }

    fn rotary(&mut self, name: String, input: String, heads: usize) -> String {
        self.push(Operation::Rotary {
            input,
            output: name,
            heads,
            head_width: self.shape.attention.head_width,
            base: self.shape.rotary_base,
            pairing: RotaryPairing::Halves,
        })
    }

    fn attention(&mut self, prefix: &str, residual: &str) -> Result<String, S::Error> {
        let (shape, width) = (self.shape.attention, self.shape.width);
        let (query_width, key_value_width) = (shape.query_width(), shape.key_value_width());
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let query = self.linear(format!("{prefix}.q"), &normed, query_width, width)?;
        let key = self.linear(format!("{prefix}.k"), &normed, key_value_width, width)?;
        let value = self.linear(format!("{prefix}.v"), &normed, key_value_width, width)?;
        let query = self.rotary(format!("{prefix}.q.rotary"), query, shape.heads);
        let key = self.rotary(format!("{prefix}.k.rotary"), key, shape.key_value_heads);
        let (name, output) = (prefix.to_owned(), format!("{prefix}.scores"));
        let scores = self.push(Operation::AttentionScores { name, query, key, output, shape });
        let output = format!("{prefix}.probabilities");
        let probabilities = self.push(Operation::Softmax { input: scores, output });
        let (name, output) = (prefix.to_owned(), format!("{prefix}.mixed"));
        let mixed =
            self.push(Operation::WeightedValues { name, probabilities, value, output, shape });
        let normed = self.sub_norm(prefix, mixed, query_width)?;
        let right = self.linear(format!("{prefix}.output"), &normed, width, query_width)?;
        let (left, output) = (residual.to_owned(), format!("{prefix}.residual"));
        Ok(self.push(Operation::Add { left, right, output }))
    }

    fn feed_forward(&mut self, prefix: &str, residual: &str) -> Result<String, S::Error> {
        let (width, hidden) = (self.shape.width, self.shape.hidden);
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let gate = self.linear(format!("{prefix}.gate"), &normed, hidden, width)?;
        let right = self.linear(format!("{prefix}.up"), &normed, hidden, width)?;
        let (function, output) = (self.shape.gate, format!("{prefix}.gate.open"));
        let left = self.push(Operation::Apply { function, input: gate, output });
        let output = format!("{prefix}.gated");
        let gated = self.push(Operation::Multiply { left, right, output });
        let normed = self.sub_norm(prefix, gated, hidden)?;
        let right = self.linear(format!("{prefix}.down"), &normed, width, hidden)?;
        let (left, output) = (residual.to_owned(), format!("{prefix}.residual"));
        Ok(self.push(Operation::Add { left, right, output }))
    }
}

/// The dimensions of `network`, if it is exactly what [`bitnet_network`] builds from them.
pub fn bitnet_shape(network: &Network) -> Option<BitnetShape> {
    let operations = &network.operations;
    let attention = operations.iter().find_map(|operation| match operation {
        Operation::AttentionScores { shape, .. } => Some(*shape),
        _ => None,
    })?;
    let gate = operations.iter().find_map(|operation| match operation {
        Operation::Apply { function, .. } => Some(*function),
        _ => None,
    })?;
    let rotary_base = operations.iter().find_map(|operation| match operation {
        Operation::Rotary { base, .. } => Some(*base),
        _ => None,
    })?;
    let epsilon = operations.iter().find_map(|operation| match operation {
        Operation::RmsNorm { epsilon, .. } => Some(*epsilon),
        _ => None,
    })?;
    let embedding = network.tables.get("embedding")?;
    let is_sub_norm = |operation: &Operation| matches!(operation, Operation::RmsNorm { name, .. } if name.ends_with(".sub_norm"));
    let shape = BitnetShape {
        width: embedding.columns,
        hidden: network.ternary_matrices().find(|m| m.name == "blocks.0.ffn.up")?.rows,
        blocks: network.ternary_matrices().count() / 7,
        attention,
        gate,
        sub_norms: operations.iter().any(is_sub_norm),
        vocabulary: network.vocabulary,
        context: network.context,
        epsilon,
        rotary_base,
        tied: !network.tables.contains_key("head"),
        begin_token: network.begin_token,
        end_tokens: network.end_tokens.clone(),
    };
    let rebuilt = bitnet_network(&network.name, &shape, &mut Copied { network }).ok()?;
    (rebuilt == *network).then_some(shape)
}

/// Takes the weights of another network; any of another shape ends the copy.
struct Copied<'network> {
    network: &'network Network,
}

impl BitnetSource for Copied<'_> {
    type Error = ();

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ()> {
        let table = self.network.tables.get(name).ok_or(())?;
        if (table.rows, table.columns) == (rows, columns) { Ok(table.clone()) } else { Err(()) }
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Vec<f32>, ()> {
        let weight = self.network.operations.iter().find_map(|operation| match operation {
            Operation::RmsNorm { name: found, weight, .. } if found == name => Some(weight),
            _ => None,
        });
        let values = weight.ok_or(())?.values();
        if values.len() == width { Ok(values.to_vec()) } else { Err(()) }
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<TernaryMatrix, ()> {
        let matrix = self.network.ternary_matrices().find(|matrix| matrix.name == name).ok_or(())?;
        if (matrix.rows, matrix.columns) == (rows, columns) { Ok(matrix.clone()) } else { Err(()) }
    }
}
