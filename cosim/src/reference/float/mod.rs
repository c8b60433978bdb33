//! The float executor: every operation of a network in 64-bit floats, over the positions of a
//! block and the steps of each.
//!
//! ```text
//! ids ─► operation ─► operation ─► … ─► logits      each for all positions × steps of the block
//!            ▲ │
//!            └─┴─ state of the text: keys and values, shifted tokens, WKV sums, membranes
//! ```
//!
//! This is what a published model says, and what goldens are compared with. A causal network reads
//! a text in blocks of any length, down to one token. One that is not reads each text whole. What
//! no neuron has touched is the same at every step and is computed once.

mod arithmetic;
mod attention;
mod neuron;
mod presented;
mod recurrence;
mod seen;
mod value;
mod walk;

pub use seen::{Part, Recording, Seen};
pub use walk::Site;

use super::{Predictor, ReferenceError};
use arithmetic::{Columns, head, layer_norm, rms_norm, rotate, softmax};
use attention::Cache;
use presented::Presented;
use recurrence::{Recurrence, token_shift, wkv};
use std::collections::BTreeMap;
use std::sync::Arc;
use value::Value;
use weights::network::{EmbedIndex, Network, Operation, Readout, Table};
use weights::quantise::FloatMatrix;

/// A network with the state of one text. Cloning shares the weights and copies the state.
#[derive(Clone)]
pub struct FloatExecutor {
    program: Arc<Program>,
    position: usize,
    /// By operation.
    states: Vec<State>,
    /// Vectors that came in the place of ids and were not read yet.
    presented: Presented,
}

/// What does not change from token to token.
struct Program {
    network: Network,
    /// By operation: where it reads.
    inputs: Vec<Vec<usize>>,
    /// By operation: the matrix of one that has one.
    matrices: Vec<Option<Columns>>,
    output: usize,
    /// Whether texts are read whole.
    whole: bool,
    /// By value that a recurrence takes: which operation writes it, and which take it.
    recurrences: Vec<(usize, usize)>,
}

/// What an operation keeps of the text so far.
#[derive(Clone, Default)]
struct State {
    cache: Cache,
    recurrence: Recurrence,
    membranes: Vec<f64>,
}

/// Takes what an execution shows.
pub type Observer<'a> = &'a mut dyn FnMut(&Seen<'_>);

impl FloatExecutor {
    /// Prepares a network for execution at position 0.
    ///
    /// # Errors
    /// If the network does not pass its check.
    pub fn new(network: &Network) -> Result<FloatExecutor, ReferenceError> {
        FloatExecutor::with_floats(network, &BTreeMap::new())
    }

    /// The same with floats in the place of the ternary matrices of those names.
    ///
    /// # Errors
    /// As [`new`](FloatExecutor::new).
    pub fn with_floats(
        network: &Network,
        floats: &BTreeMap<String, FloatMatrix>,
    ) -> Result<FloatExecutor, ReferenceError> {
        network.check()?;
        let mut indices = BTreeMap::new();
        let (mut inputs, mut matrices, mut whole) = (Vec::new(), Vec::new(), false);
        for (index, operation) in network.operations.iter().enumerate() {
            inputs.push(operation.inputs().iter().map(|&value| indices[value]).collect());
            indices.insert(operation.output(), index);
            matrices.push(match operation {
                Operation::TernaryLinear { matrix, .. } => Some(match floats.get(&matrix.name) {
                    Some(FloatMatrix { rows, columns, values, .. }) => {
                        Columns::of_reals(*rows, *columns, |index| values[index].into())
                    }
                    None => Columns::of_trits(matrix),
                }),
                Operation::DigitLinear { matrix, .. } => Some(Columns::of_digits(matrix)),
                _ => None,
            });
            whole |= sees_later_positions(operation);
        }
        let output = indices[network.output.as_str()];
        let takes = |(taker, operation): (usize, &Operation)| match operation {
            Operation::Previous { input, .. } => Some((indices[input.as_str()], taker)),
            _ => None,
        };
        let recurrences: Vec<_> = network.operations.iter().enumerate().filter_map(takes).collect();
        if whole && !recurrences.is_empty() {
            return Err(ReferenceError::NotCausal { network: network.name.clone() });
        }
        let states = vec![State::default(); network.operations.len()];
        let network = network.clone();
        let program = Program { network, inputs, matrices, output, whole, recurrences };
        let presented = Presented::default();
        Ok(FloatExecutor { program: Arc::new(program), position: 0, states, presented })
    }

    /// Forgets the text: the next token has position 0.
    pub fn reset(&mut self) {
        self.position = 0;
        self.states.fill(State::default());
    }

    /// Lets a vector come in the place of a token id: it is read with the id 0.
    ///
    /// # Errors
    /// If the network takes ids, or the numbers are no vector of it.
    pub fn present(&mut self, vector: &[i64]) -> Result<(), ReferenceError> {
        self.presented.put(&self.program.network, self.position, vector)
    }

    /// The network that is executed.
    pub fn network(&self) -> &Network {
        &self.program.network
    }

    /// The position that the next token will have.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Whether the network reads texts whole, because a position sees later ones.
    pub fn reads_whole_texts(&self) -> bool {
        self.program.whole
    }

    /// Reads the next ids of the text; yields the logits: a vector a position, or one of a network
    /// that classifies. A network that reads whole texts takes the ids as a text of its own.
    ///
    /// Logits are those of the last step where no mean over the steps stands before them.
    ///
    /// # Errors
    /// If an id is outside the vocabulary, the context is full, or a value overflows.
    pub fn read(&mut self, ids: &[u32]) -> Result<Vec<Vec<f64>>, ReferenceError> {
        self.read_observed(ids, &mut |_| {})
    }

    /// [`read`](FloatExecutor::read) that shows all values to `observe`, operation by operation.
    ///
    /// # Errors
    /// As [`read`](FloatExecutor::read).
    pub fn read_observed(
        &mut self,
        ids: &[u32],
        observe: Observer<'_>,
    ) -> Result<Vec<Vec<f64>>, ReferenceError> {
        let program = Arc::clone(&self.program);
        if program.whole {
            self.reset();
        }
        self.require_readable(ids)?;
        // What a token leaves must be there before the next is read.
        if !program.recurrences.is_empty() && ids.len() > 1 {
            let mut logits = Vec::with_capacity(ids.len());
            for id in ids.chunks(1) {
                logits.append(&mut self.read_observed(id, observe)?);
            }
            return Ok(logits);
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let vectors = self.presented.take(&program.network, ids.len())?;
        let mut values: Vec<Value> = Vec::with_capacity(program.inputs.len());
        for (index, operation) in program.network.operations.iter().enumerate() {
            let inputs: Vec<&Value> =
                program.inputs[index].iter().map(|&input| &values[input]).collect();
            let (program, begin, vectors) = (&program, self.position, &vectors);
            let block = Block { program, begin, ids, vectors, index };
            let value = block.execute(operation, &inputs, &mut self.states[index], observe);
            block.show(operation, &value, observe)?;
            values.push(value);
        }
        for &(written, taker) in &program.recurrences {
            let last = ids.len() - 1;
            self.states[taker].recurrence.leave(values[written].at(last, 0));
        }
        self.position += ids.len();
        let (output, last) = (&values[program.output], program.network.steps - 1);
        let logits = match program.network.readout {
            Readout::Classes(_) => 1,
            Readout::NextToken | Readout::MaskedToken | Readout::Vector => ids.len(),
        };
        Ok((0..logits).map(|position| output.at(position, last).to_vec()).collect())
    }

    fn require_readable(&self, ids: &[u32]) -> Result<(), ReferenceError> {
        let Network { vocabulary, context, .. } = self.program.network;
        if ids.len() > context.saturating_sub(self.position) {
            return Err(ReferenceError::ContextFull { position: context, context });
        }
        match ids.iter().position(|&id| id as usize >= vocabulary) {
            None => Ok(()),
            Some(at) => {
                let (id, position) = (ids[at], self.position + at);
                Err(ReferenceError::TokenId { id, position, vocabulary })
            }
        }
    }
}

impl Predictor for FloatExecutor {
    fn reset(&mut self) {
        FloatExecutor::reset(self);
    }

    fn context(&self) -> usize {
        self.network().context
    }

    fn predict(&mut self, id: u32, logits: &mut Vec<f64>) -> Result<(), ReferenceError> {
        if self.program.whole || self.network().readout != Readout::NextToken {
            return Err(ReferenceError::NotCausal { network: self.network().name.clone() });
        }
        *logits = self.read(&[id])?.remove(0);
        Ok(())
    }
}

fn sees_later_positions(operation: &Operation) -> bool {
    match operation {
        Operation::AttentionScores { shape, .. } | Operation::WeightedValues { shape, .. } => {
            !shape.causal
        }
        Operation::SpikingAttention { shape, .. } => !shape.causal,
        Operation::FirstPosition { .. } => true,
        _ => false,
    }
}

/// One operation over a block of positions.
struct Block<'a> {
    program: &'a Program,
    /// Position of the first id.
    begin: usize,
    ids: &'a [u32],
    /// What comes in the place of ids, if vectors do.
    vectors: &'a [Vec<f64>],
    /// Of the operation.
    index: usize,
}

impl Block<'_> {
    fn execute(
        &self,
        operation: &Operation,
        inputs: &[&Value],
        state: &mut State,
        observe: Observer<'_>,
    ) -> Value {
        let (begin, steps) = (self.begin, self.program.network.steps);
        let mut show = |name: &str, part, position: usize, step, values: &[f64]| {
            observe(&Seen { name, part, position: begin + position, step, values });
        };
        match operation {
            Operation::Input { .. } => Value::of_positions(self.vectors.to_vec()),
            Operation::Embed { table, index, .. } => self.embed(table, *index),
            Operation::AttentionScores { shape, .. } => {
                state.cache.scores(shape, inputs[0], inputs[1], begin)
            }
            Operation::WeightedValues { shape, .. } => {
                state.cache.weighted_values(shape, inputs[0], inputs[1], begin)
            }
            Operation::SpikingAttention { name, shape, .. } => {
                let [query, key, value] = [inputs[0], inputs[1], inputs[2]];
                let show = |position, step, scores: &[f64]| {
                    show(name, Part::Scores, position, step, scores);
                };
                state.cache.spiking(shape, [query, key, value], begin, show)
            }
            Operation::TokenShift { mix, .. } => {
                token_shift(inputs[0], mix.values(), &mut state.recurrence)
            }
            Operation::Previous { width, .. } => state.recurrence.previous(*width),
            Operation::Wkv { name, decay, bonus, .. } => {
                let (decay, bonus) = (decay.values(), bonus.values());
                let show = |part, position, step, values: &[f64]| {
                    show(name, part, position, step, values);
                };
                wkv(inputs[0], inputs[1], decay, bonus, &mut state.recurrence, show)
            }
            Operation::Neuron { name, neuron, .. } => {
                let show = |part, position, step, values: &[f64]| {
                    show(name, part, position, step, values);
                };
                neuron::spikes(neuron, inputs[0], steps, &mut state.membranes, show)
            }
            Operation::StepMean { .. } => inputs[0].step_mean(),
            Operation::FirstPosition { .. } => inputs[0].first_position(),
            _ => Value::map(inputs, |position, x| self.vector(operation, begin + position, x)),
        }
    }

    /// Operations that know one position and step only.
    fn vector(&self, operation: &Operation, position: usize, x: &[&[f64]]) -> Vec<f64> {
        let pairs = || x[0].iter().zip(x[1]);
        match operation {
            Operation::RmsNorm { weight, epsilon, .. } => {
                rms_norm(x[0], weight.values(), (*epsilon).into())
            }
            Operation::LayerNorm { weight, bias, epsilon, .. } => {
                layer_norm(x[0], weight.values(), bias.values(), (*epsilon).into())
            }
            Operation::TernaryLinear { .. } | Operation::DigitLinear { .. } => {
                let matrix = self.program.matrices[self.index].as_ref();
                matrix.expect("every linear operation has its matrix").product(x[0])
            }
            Operation::Bias { bias, .. } => {
                x[0].iter().zip(bias.values()).map(|(x, &bias)| x + f64::from(bias)).collect()
            }
            Operation::Rotary { head_width, base, pairing, .. } => {
                rotate(x[0], *head_width, (*base).into(), *pairing, position)
            }
            Operation::Encode { code, .. } => weights::calibration::coded(x[0], code),
            Operation::Softmax { input, .. } => softmax(x[0], self.heads_of(input)),
            Operation::Apply { function, .. } => x[0].iter().map(|&x| function.value(x)).collect(),
            Operation::Multiply { .. } => pairs().map(|(left, right)| left * right).collect(),
            Operation::Add { .. } => pairs().map(|(left, right)| left + right).collect(),
            Operation::Head { table, .. } => head(self.table(table), x[0]),
            _ => unreachable!("{} knows more than one position", operation.kind()),
        }
    }

    fn embed(&self, table: &str, index: EmbedIndex) -> Value {
        let table = self.table(table);
        let row = |(at, &id): (usize, &u32)| {
            let row = match index {
                EmbedIndex::Token => id as usize,
                EmbedIndex::Position => self.begin + at,
            };
            table.row(row).iter().map(|&x| x.into()).collect()
        };
        Value::of_positions(self.ids.iter().enumerate().map(row).collect())
    }

    fn table(&self, name: &str) -> &Table {
        &self.program.network.tables[name]
    }

    /// Heads of the attention whose scores that value holds.
    fn heads_of(&self, scores: &str) -> usize {
        let operations = &self.program.network.operations;
        match operations.iter().find(|operation| operation.output() == scores) {
            Some(Operation::AttentionScores { shape, .. }) => shape.heads,
            _ => 1,
        }
    }

    /// Shows the output of an operation.
    fn show(
        &self,
        operation: &Operation,
        value: &Value,
        observe: Observer<'_>,
    ) -> Result<(), ReferenceError> {
        let name = operation.output();
        for (position, step, values) in value.rows() {
            let position = self.begin + position;
            if values.iter().any(|x| !x.is_finite()) {
                return Err(ReferenceError::NotFinite { value: name.to_owned(), position });
            }
            observe(&Seen { name, part: Part::Output, position, step, values });
        }
        Ok(())
    }
}
