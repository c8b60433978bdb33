//! Appending the operations of an encoder, part by part.

use super::neurons::{spikelm_input, spikelm_stored, spikingbert_neuron};
use super::{BertHead, BertPooler, BertShape, BertSource, BertSpiking};
use crate::network::{AttentionShape, EmbedIndex, Function, NeuronLayer, Operation, Table};
use std::collections::BTreeMap;

pub(super) struct Builder<'a, S> {
    shape: &'a BertShape,
    source: &'a mut S,
    tables: BTreeMap<String, Table>,
    operations: Vec<Operation>,
}

impl<'a, S: BertSource> Builder<'a, S> {
    pub(super) fn new(shape: &'a BertShape, source: &'a mut S) -> Builder<'a, S> {
        Builder { shape, source, tables: BTreeMap::new(), operations: Vec::new() }
    }

    /// The tables and the operations.
    pub(super) fn finish(self) -> (BTreeMap<String, Table>, Vec<Operation>) {
        (self.tables, self.operations)
    }

    /// Appends an operation; yields the name of the value it writes.
    fn push(&mut self, operation: Operation) -> String {
        let output = operation.output().to_owned();
        self.operations.push(operation);
        output
    }

    /// Token and position rows, their sum, its norm, and SpikingBERT's first neurons.
    pub(super) fn embedding(&mut self) -> Result<String, S::Error> {
        let (vocabulary, context) = (self.shape.vocabulary, self.shape.context);
        let left = self.embed("embedding", vocabulary, EmbedIndex::Token)?;
        let right = self.embed("positions", context, EmbedIndex::Position)?;
        let sum = self.push(Operation::Add { left, right, output: "embedding.sum".to_owned() });
        let normed = self.norm("embedding.norm", &sum, self.shape.width)?;
        Ok(self.behind("embedding", normed))
    }

    fn embed(&mut self, name: &str, rows: usize, index: EmbedIndex) -> Result<String, S::Error> {
        let table = self.source.table(name, rows, self.shape.width)?;
        self.tables.insert(name.to_owned(), table);
        let output = format!("{name}.row");
        Ok(self.push(Operation::Embed { table: name.to_owned(), index, output }))
    }

    /// Attention and feed-forward part, each with its residual and the norm behind it.
    pub(super) fn block(&mut self, prefix: &str, hidden: &str) -> Result<String, S::Error> {
        let hidden = self.attention(&format!("{prefix}.attention"), hidden)?;
        self.feed_forward(&format!("{prefix}.ffn"), &hidden)
    }

    fn attention(&mut self, prefix: &str, hidden: &str) -> Result<String, S::Error> {
        let width = self.shape.width;
        let [query, key, value] = self.query_key_value(prefix, hidden)?;
        let (heads, head_width) = (self.shape.heads, width / self.shape.heads);
        let shape = AttentionShape { heads, key_value_heads: heads, head_width, causal: false };
        let (name, output) = (prefix.to_owned(), format!("{prefix}.scores"));
        let scores = self.push(Operation::AttentionScores { name, query, key, output, shape });
        let output = format!("{prefix}.probabilities");
        let probabilities = self.push(Operation::Softmax { input: scores, output });
        let (name, output) = (prefix.to_owned(), format!("{prefix}.context"));
        let context =
            self.push(Operation::WeightedValues { name, probabilities, value, output, shape });
        let context = self.behind(&format!("{prefix}.context"), context);
        let matrix = format!("{prefix}.output");
        let context = match self.thresholds(&matrix)? {
            Some(thresholds) => self.before(&format!("{prefix}.context"), &context, &thresholds),
            None => context,
        };
        let right = self.linear(&matrix, &context, width, width)?;
        self.residual(prefix, hidden, right)
    }

    /// The inputs of the attention. A neuron layer serves all linears of equal thresholds.
    fn query_key_value(&mut self, prefix: &str, hidden: &str) -> Result<[String; 3], S::Error> {
        let width = self.shape.width;
        let parts = ["query", "key", "value"].map(|part| format!("{prefix}.{part}"));
        let mut thresholds = Vec::new();
        for part in &parts {
            thresholds.push(self.thresholds(part)?);
        }
        let shared = thresholds.windows(2).all(|pair| pair[0] == pair[1]);
        let mut trains: Vec<(Vec<f32>, String)> = Vec::new();
        let mut outputs = Vec::new();
        for (part, thresholds) in parts.iter().zip(thresholds) {
            let input = match thresholds {
                None => hidden.to_owned(),
                Some(own) => match trains.iter().find(|(known, _)| *known == own) {
                    Some((_, train)) => train.clone(),
                    None => {
                        let owner = if shared { prefix } else { part };
                        let train = self.before(&format!("{owner}.input"), hidden, &own);
                        trains.push((own, train.clone()));
                        train
                    }
                },
            };
            outputs.push(self.linear(part, &input, width, width)?);
        }
        let [query, key, value] =
            <[String; 3]>::try_from(outputs).expect("three parts give three outputs");
        let [_, key_part, value_part] = &parts;
        Ok([query, self.stored(key_part, key)?, self.stored(value_part, value)?])
    }

    fn feed_forward(&mut self, prefix: &str, hidden: &str) -> Result<String, S::Error> {
        let (width, inner) = (self.shape.width, self.shape.hidden);
        let matrix = format!("{prefix}.up");
        let input = match self.thresholds(&matrix)? {
            Some(thresholds) => self.before(&format!("{prefix}.input"), hidden, &thresholds),
            None => hidden.to_owned(),
        };
        let up = self.linear(&matrix, &input, inner, width)?;
        let (function, output) = (self.shape.function, format!("{prefix}.hidden"));
        let inside = self.push(Operation::Apply { function, input: up, output });
        let inside = self.behind(&format!("{prefix}.hidden"), inside);
        let matrix = format!("{prefix}.down");
        let inside = match self.thresholds(&matrix)? {
            Some(thresholds) => self.before(&format!("{prefix}.hidden"), &inside, &thresholds),
            None => inside,
        };
        let right = self.linear(&matrix, &inside, width, inner)?;
        self.residual(prefix, hidden, right)
    }

    /// `norm(hidden + branch)` and SpikingBERT's neurons behind it.
    fn residual(&mut self, prefix: &str, hidden: &str, right: String) -> Result<String, S::Error> {
        let (left, output) = (hidden.to_owned(), format!("{prefix}.residual"));
        let sum = self.push(Operation::Add { left, right, output });
        let normed = self.norm(&format!("{prefix}.norm"), &sum, self.shape.width)?;
        Ok(self.behind(prefix, normed))
    }

    fn norm(&mut self, name: &str, input: &str, width: usize) -> Result<String, S::Error> {
        let weight = self.source.gain(name, width)?.into();
        let bias = self.source.bias(name, width)?.into();
        Ok(self.push(Operation::LayerNorm {
            name: name.to_owned(),
            input: input.to_owned(),
            output: format!("{name}.out"),
            weight,
            bias,
            epsilon: self.shape.epsilon,
        }))
    }

    /// A ternary matrix and its bias.
    fn linear(
        &mut self,
        name: &str,
        input: &str,
        rows: usize,
        columns: usize,
    ) -> Result<String, S::Error> {
        let product = format!("{name}.out");
        let weights = self.source.weights(name, rows, columns)?;
        self.operations.extend(weights.operations(input, &product));
        self.biased(name, product, rows)
    }

    /// A float table as a matrix, and its bias.
    fn dense(&mut self, name: &str, input: String, rows: usize) -> Result<String, S::Error> {
        let table = self.source.table(name, rows, self.shape.width)?;
        self.tables.insert(name.to_owned(), table);
        let output = format!("{name}.out");
        let product = self.push(Operation::Head { table: name.to_owned(), input, output });
        self.biased(name, product, rows)
    }

    fn biased(&mut self, of: &str, input: String, width: usize) -> Result<String, S::Error> {
        let bias = self.source.bias(of, width)?.into();
        let (name, output) = (format!("{of}.bias"), format!("{of}.biased"));
        Ok(self.push(Operation::Bias { name, input, output, bias }))
    }

    /// The thresholds of the neurons before a linear, where SpikeLM has some.
    fn thresholds(&mut self, linear: &str) -> Result<Option<Vec<f32>>, S::Error> {
        match self.shape.spiking {
            BertSpiking::Spikelm { .. } => self.source.thresholds(linear).map(Some),
            _ => Ok(None),
        }
    }

    /// SpikeLM's neurons before a linear.
    fn before(&mut self, prefix: &str, input: &str, thresholds: &[f32]) -> String {
        let BertSpiking::Spikelm { beta, reset } = self.shape.spiking else {
            unreachable!("only SpikeLM has thresholds before a linear");
        };
        self.neuron(prefix, input.to_owned(), spikelm_input(thresholds, beta, reset))
    }

    /// SpikingBERT's neurons behind a value.
    fn behind(&mut self, prefix: &str, input: String) -> String {
        match self.shape.spiking {
            BertSpiking::Spikingbert { threshold, leak } => {
                self.neuron(prefix, input, spikingbert_neuron(threshold, leak))
            }
            _ => input,
        }
    }

    /// The neurons of keys or values.
    fn stored(&mut self, prefix: &str, input: String) -> Result<String, S::Error> {
        match self.shape.spiking {
            BertSpiking::Spikelm { .. } => {
                let thresholds = self.source.thresholds(&format!("{prefix}.stored"))?;
                Ok(self.neuron(prefix, input, spikelm_stored(&thresholds)))
            }
            _ => Ok(self.behind(prefix, input)),
        }
    }

    fn neuron(&mut self, prefix: &str, input: String, neuron: NeuronLayer) -> String {
        let (name, output) = (format!("{prefix}.neuron"), format!("{prefix}.spikes"));
        self.push(Operation::Neuron { name, input, output, neuron })
    }

    /// Mean over the steps, then the classifier of the first position or a logit a token.
    pub(super) fn head(&mut self, hidden: &str) -> Result<String, S::Error> {
        let mean = match self.shape.spiking {
            BertSpiking::Plain => hidden.to_owned(),
            _ => self
                .push(Operation::StepMean { input: hidden.to_owned(), output: "mean".to_owned() }),
        };
        match self.shape.head.clone() {
            BertHead::Classifier { labels, pooler } => {
                let first =
                    self.push(Operation::FirstPosition { input: mean, output: "first".to_owned() });
                let pooled = self.pooler(first, pooler)?;
                self.dense("classifier", pooled, labels.len())
            }
            BertHead::MaskedToken { tied } => self.masked_token(mean, tied),
        }
    }

    fn pooler(&mut self, first: String, pooler: BertPooler) -> Result<String, S::Error> {
        if pooler == BertPooler::None {
            return Ok(first);
        }
        let input = self.dense("pooler", first, self.shape.width)?;
        let (function, output) = (Function::Tanh, "pooler.tanh".to_owned());
        let pooled = self.push(Operation::Apply { function, input, output });
        if pooler == BertPooler::Tanh {
            return Ok(pooled);
        }
        let (function, output) = (Function::Relu, "pooler.relu".to_owned());
        Ok(self.push(Operation::Apply { function, input: pooled, output }))
    }

    fn masked_token(&mut self, mean: String, tied: bool) -> Result<String, S::Error> {
        let width = self.shape.width;
        let input = self.dense("head.transform", mean, width)?;
        let (function, output) = (self.shape.function, "head.function".to_owned());
        let transformed = self.push(Operation::Apply { function, input, output });
        let normed = self.norm("head.norm", &transformed, width)?;
        if !tied {
            return self.dense("head", normed, self.shape.vocabulary);
        }
        let (table, output) = ("embedding".to_owned(), "head.out".to_owned());
        let product = self.push(Operation::Head { table, input: normed, output });
        self.biased("head", product, self.shape.vocabulary)
    }
}
