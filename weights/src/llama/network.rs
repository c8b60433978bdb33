//! A quantised LLaMA model as a network of operations.

use super::{Coding, Linear, Llama, LlamaBlock, LlamaMatrix, Site};
use crate::network::{
    DigitMatrix, EmbedIndex, Network, Operation, Readout, RotaryPairing, TernaryMatrix,
};
use crate::numeric::Trit;
use std::collections::BTreeMap;

impl Llama {
    /// The operations of the model, inputs of matrices coded as the model says; nothing where a matrix
    /// still holds floats.
    ///
    /// A matrix of one digit with one scale becomes a ternary matrix, which every machine runs; a
    /// matrix of several terms becomes one operation a term, and their sum.
    pub fn network(&self) -> Option<Network> {
        let default = self.activations.as_ref().map_or(Coding::Float, |rules| rules.default);
        self.network_with(default)
    }

    /// [`network`](Llama::network) with another coding; nothing where the model has no rule for it
    /// either.
    pub fn network_with(&self, coding: Coding) -> Option<Network> {
        let has_rule = |coding| match &self.activations {
            Some(rules) => rules.has(coding),
            None => coding == Coding::Float,
        };
        if !self.is_quantised() || !has_rule(coding) {
            return None;
        }
        let mut builder = Builder { model: self, coding, operations: Vec::new() };
        let mut tables = BTreeMap::from([("embedding".to_owned(), self.embedding.clone())]);
        let table = "embedding".to_owned();
        let output = "embedded".to_owned();
        let mut residual =
            builder.push(Operation::Embed { table, index: EmbedIndex::Token, output });
        for (index, block) in self.blocks.iter().enumerate() {
            residual = builder.attention(index, block, &residual);
            residual = builder.feed_forward(index, block, &residual);
        }
        let input = builder.norm("norm", &residual, &self.norm);
        let table = if self.head.is_some() { "head" } else { "embedding" }.to_owned();
        tables.extend(self.head.iter().map(|head| ("head".to_owned(), head.clone())));
        let output = builder.push(Operation::Head { table, input, output: "logits".to_owned() });
        Some(Network {
            name: self.name.clone(),
            vocabulary: self.shape.vocabulary,
            context: self.shape.context,
            steps: 1,
            readout: Readout::NextToken,
            begin_token: self.shape.begin_token,
            end_tokens: self.shape.end_tokens.clone(),
            tables,
            operations: builder.operations,
            output,
        })
    }
}

struct Builder<'model> {
    model: &'model Llama,
    coding: Coding,
    operations: Vec<Operation>,
}

impl Builder<'_> {
    /// Appends an operation; yields the name of the value it writes.
    fn push(&mut self, operation: Operation) -> String {
        let output = operation.output().to_owned();
        self.operations.push(operation);
        output
    }

    fn norm(&mut self, name: &str, input: &str, weight: &[f32]) -> String {
        self.push(Operation::RmsNorm {
            name: name.to_owned(),
            input: input.to_owned(),
            output: format!("{name}.out"),
            weight: weight.to_vec().into(),
            epsilon: self.model.shape.epsilon,
        })
    }

    /// The spikes of a vector, where the model codes them.
    fn coded(&mut self, site: Site, block: usize, input: String) -> String {
        let rules = self.model.activations.as_ref();
        match rules.and_then(|rules| rules.code(self.coding, site, block)) {
            None => input,
            Some(code) => {
                let output = format!("blocks.{block}.{}.spikes", site.name());
                self.push(Operation::Encode { input, output, code })
            }
        }
    }

    fn linear(&mut self, block: &LlamaBlock, linear: Linear, input: &str) -> String {
        let LlamaMatrix::Digits(terms) = block.matrix(linear) else {
            unreachable!("a model with floats is no network");
        };
        let mut sum = None;
        for term in terms {
            let output = format!("{}.out", term.name);
            let (input, name) = (input.to_owned(), term.name.clone());
            let written = self.push(match ternary(term) {
                Some(matrix) => Operation::TernaryLinear { input, output, matrix },
                None => Operation::DigitLinear { input, output, matrix: term.clone() },
            });
            sum = Some(match sum {
                None => written,
                Some(left) => {
                    let output = format!("{name}.sum");
                    self.push(Operation::Add { left, right: written, output })
                }
            });
        }
        sum.expect("a matrix has at least one term")
    }

    fn rotary(&mut self, name: String, input: String, heads: usize) -> String {
        self.push(Operation::Rotary {
            input,
            output: name,
            heads,
            head_width: self.model.shape.attention.head_width,
            base: self.model.shape.rotary_base,
            pairing: RotaryPairing::Halves,
        })
    }

    fn attention(&mut self, index: usize, block: &LlamaBlock, residual: &str) -> String {
        let shape = self.model.shape.attention;
        let prefix = &format!("blocks.{index}.attention");
        let normed = self.norm(&format!("{prefix}.norm"), residual, &block.attention_norm);
        let normed = self.coded(Site::Qkv, index, normed);
        let query = self.linear(block, Linear::Query, &normed);
        let key = self.linear(block, Linear::Key, &normed);
        let value = self.linear(block, Linear::Value, &normed);
        let query = self.rotary(format!("{prefix}.q.rotary"), query, shape.heads);
        let key = self.rotary(format!("{prefix}.k.rotary"), key, shape.key_value_heads);
        let (name, output) = (prefix.to_owned(), format!("{prefix}.scores"));
        let scores = self.push(Operation::AttentionScores { name, query, key, output, shape });
        let output = format!("{prefix}.probabilities");
        let probabilities = self.push(Operation::Softmax { input: scores, output });
        let (name, output) = (prefix.to_owned(), format!("{prefix}.mixed"));
        let mut mixed =
            self.push(Operation::WeightedValues { name, probabilities, value, output, shape });
        if let Some(weight) = &block.attention_sub_norm {
            mixed = self.norm(&format!("{prefix}.sub_norm"), &mixed, weight);
        }
        let mixed = self.coded(Site::Output, index, mixed);
        let right = self.linear(block, Linear::Output, &mixed);
        let (left, output) = (residual.to_owned(), format!("{prefix}.residual"));
        self.push(Operation::Add { left, right, output })
    }

    fn feed_forward(&mut self, index: usize, block: &LlamaBlock, residual: &str) -> String {
        let prefix = &format!("blocks.{index}.ffn");
        let normed = self.norm(&format!("{prefix}.norm"), residual, &block.ffn_norm);
        let normed = self.coded(Site::GateUp, index, normed);
        let gate = self.linear(block, Linear::Gate, &normed);
        let right = self.linear(block, Linear::Up, &normed);
        let (function, output) = (self.model.shape.gate, format!("{prefix}.gate.open"));
        let left = self.push(Operation::Apply { function, input: gate, output });
        let output = format!("{prefix}.gated");
        let mut gated = self.push(Operation::Multiply { left, right, output });
        if let Some(weight) = &block.ffn_sub_norm {
            gated = self.norm(&format!("{prefix}.sub_norm"), &gated, weight);
        }
        let gated = self.coded(Site::Down, index, gated);
        let right = self.linear(block, Linear::Down, &gated);
        let (left, output) = (residual.to_owned(), format!("{prefix}.residual"));
        self.push(Operation::Add { left, right, output })
    }
}

/// A matrix of one digit and one scale as a ternary matrix.
fn ternary(matrix: &DigitMatrix) -> Option<TernaryMatrix> {
    let scale = *matrix.row_scales.first()?;
    if matrix.digits != 1 || matrix.row_scales.iter().any(|&other| other != scale) {
        return None;
    }
    Some(TernaryMatrix {
        name: matrix.name.clone(),
        rows: matrix.rows,
        columns: matrix.columns,
        trits: matrix.values.iter().map(|&value| value as Trit).collect(),
        scale,
    })
}
