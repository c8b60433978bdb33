//! Execution of a network, operation by operation.

use super::arithmetic::{dot, function, rms_norm, rotate, softmax, ternary_product};
use super::attention::{Kept, scores, weighted_values};
use super::{Activation, Encoded, PackedMatrix, PackedTrain, ReferenceError};
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::network::{DigitMatrix, EmbedIndex, Network, Operation, Table, TernaryMatrix};

/// What went into and came out of one ternary matrix for one token.
#[derive(Clone, Copy, Debug)]
pub struct LinearEvent<'a> {
    /// Index of the matrix, as in [`Network::ternary_matrices`].
    pub matrix: usize,
    /// Position of the token in its text.
    pub position: usize,
    /// The counts, one a column, with their threshold.
    pub input: &'a Encoded,
    /// The currents `W · counts`, one a row.
    pub currents: &'a [i64],
}

/// A network with the state of one text. Cloning shares the weights and copies the state.
#[derive(Clone)]
pub struct Reference {
    program: Arc<Program>,
    activation: Activation,
    state: State,
}

/// What does not change from token to token.
struct Program {
    network: Network,
    steps: Vec<Step>,
    matrices: Vec<PackedMatrix>,
    value_count: usize,
    output: usize,
}

/// Where one operation reads and writes.
struct Step {
    inputs: Vec<usize>,
    output: usize,
    /// Index of its ternary matrix, where it has one.
    matrix: usize,
}

/// What a text has left behind.
#[derive(Clone, Default)]
struct State {
    position: usize,
    values: Vec<Vec<f32>>,
    /// Keys and values, by operation.
    kept: Vec<Kept>,
    /// The train of the value that was encoded last: several matrices read one value.
    encoded: Option<(usize, Encoded, PackedTrain)>,
}

impl Reference {
    /// Prepares a network for execution at position 0.
    ///
    /// # Errors
    /// If the network does not pass its check, has an operation that is not executable here, or
    /// the encoder's parameter is out of range.
    pub fn new(network: &Network, activation: Activation) -> Result<Reference, ReferenceError> {
        network.check()?;
        require_encoder(activation)?;
        let mut indices = BTreeMap::new();
        let mut steps = Vec::new();
        let mut matrices = Vec::new();
        for operation in &network.operations {
            require_executable(network, operation)?;
            let inputs = operation.inputs().iter().map(|&value| indices[value]).collect();
            let output = indices.len();
            indices.insert(operation.output(), output);
            steps.push(Step { inputs, output, matrix: matrices.len() });
            if let Operation::TernaryLinear { matrix, .. } = operation {
                matrices.push(PackedMatrix::new(matrix));
            }
        }
        let (value_count, output) = (indices.len(), indices[network.output.as_str()]);
        let network = network.clone();
        let program = Program { network, steps, matrices, value_count, output };
        let mut reference =
            Reference { program: Arc::new(program), activation, state: State::default() };
        reference.reset();
        Ok(reference)
    }

    /// Forgets the text: the next token has position 0.
    pub fn reset(&mut self) {
        let kept = vec![Kept::new(); self.program.steps.len()];
        let values = vec![Vec::new(); self.program.value_count];
        self.state = State { position: 0, values, kept, encoded: None };
    }

    /// A copy at position 0 that encodes otherwise, sharing the weights.
    ///
    /// # Errors
    /// If the encoder's parameter is out of range.
    pub fn with_activation(&self, activation: Activation) -> Result<Reference, ReferenceError> {
        require_encoder(activation)?;
        let program = Arc::clone(&self.program);
        let mut copy = Reference { program, activation, state: State::default() };
        copy.reset();
        Ok(copy)
    }

    /// The network that is executed.
    pub fn network(&self) -> &Network {
        &self.program.network
    }

    /// How inputs of matrices are encoded.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The position that the next token will have.
    pub fn position(&self) -> usize {
        self.state.position
    }

    /// The value of that name as the last token left it, for checkpoints.
    pub fn value(&self, name: &str) -> Option<&[f32]> {
        let operations = &self.program.network.operations;
        let step = operations.iter().position(|operation| operation.output() == name)?;
        Some(&self.state.values[self.program.steps[step].output])
    }

    /// Executes one token; yields the logits of the next, `vocabulary` numbers.
    ///
    /// # Errors
    /// If the id is outside the vocabulary, the context is full, or a value overflows.
    pub fn step(&mut self, token: u32) -> Result<&[f32], ReferenceError> {
        self.step_observed(token, |_| {})
    }

    /// [`step`](Reference::step) that shows every matrix's counts and currents to `observe`, in the
    /// order of execution. With [`Activation::Float`] there are none.
    ///
    /// # Errors
    /// As [`step`](Reference::step).
    pub fn step_observed(
        &mut self,
        token: u32,
        mut observe: impl FnMut(&LinearEvent<'_>),
    ) -> Result<&[f32], ReferenceError> {
        let program = Arc::clone(&self.program);
        let network = &program.network;
        let (position, vocabulary) = (self.state.position, network.vocabulary);
        if position >= network.context {
            return Err(ReferenceError::ContextFull { position, context: network.context });
        }
        if token as usize >= vocabulary {
            return Err(ReferenceError::TokenId { id: token, position, vocabulary });
        }
        self.state.encoded = None;
        for (index, step) in program.steps.iter().enumerate() {
            let value = match &network.operations[index] {
                Operation::TernaryLinear { matrix, .. } => {
                    self.linear(&program, step, matrix, &mut observe)
                }
                Operation::DigitLinear { matrix, .. } => self.digit_linear(step, matrix),
                operation => self.operation(network, index, step, operation, token as usize),
            };
            if value.iter().any(|x| !x.is_finite()) {
                let value = network.operations[index].output().to_owned();
                return Err(ReferenceError::NotFinite { value, position });
            }
            self.state.values[step.output] = value;
        }
        self.state.position += 1;
        Ok(&self.state.values[program.output])
    }

    /// A ternary matrix: encode, accumulate, scale.
    fn linear(
        &mut self,
        program: &Program,
        step: &Step,
        matrix: &TernaryMatrix,
        observe: &mut impl FnMut(&LinearEvent<'_>),
    ) -> Vec<f32> {
        let source = step.inputs[0];
        self.encode(source);
        let Some((_, input, train)) = &self.state.encoded else {
            let mut product = ternary_product(&matrix.trits, &self.state.values[source]);
            product.iter_mut().for_each(|y| *y *= matrix.scale);
            return product;
        };
        let currents = program.matrices[step.matrix].currents(train);
        let position = self.state.position;
        observe(&LinearEvent { matrix: step.matrix, position, input, currents: &currents });
        let factor = input.threshold * matrix.scale;
        currents.iter().map(|&current| current as f32 * factor).collect()
    }

    /// A matrix of several digits: encode, accumulate, scale each row.
    fn digit_linear(&mut self, step: &Step, matrix: &DigitMatrix) -> Vec<f32> {
        let source = step.inputs[0];
        self.encode(source);
        let rows = matrix.values.chunks_exact(matrix.columns).zip(&matrix.row_scales);
        match &self.state.encoded {
            Some((_, input, _)) => rows
                .map(|(row, scale)| {
                    let products = row.iter().zip(&input.counts);
                    let current: i64 = products.map(|(&d, &c)| i64::from(d) * i64::from(c)).sum();
                    current as f32 * (input.threshold * scale)
                })
                .collect(),
            None => rows
                .map(|(row, scale)| {
                    let floats: Vec<f32> = row.iter().map(|&d| f32::from(d)).collect();
                    scale * dot(&floats, &self.state.values[source])
                })
                .collect(),
        }
    }

    /// Encodes a value, unless it is the one that was encoded last.
    fn encode(&mut self, source: usize) {
        if matches!(self.state.encoded, Some((cached, ..)) if cached == source) {
            return;
        }
        let encoded = self.activation.encode(&self.state.values[source]);
        self.state.encoded = encoded.map(|encoded| {
            let train = PackedTrain::new(&encoded.counts);
            (source, encoded, train)
        });
    }

    /// Every other operation.
    fn operation(
        &mut self,
        network: &Network,
        index: usize,
        step: &Step,
        operation: &Operation,
        token: usize,
    ) -> Vec<f32> {
        let State { position, values, kept, .. } = &mut self.state;
        let (kept, position) = (&mut kept[index], *position);
        let input = |which: usize| values[step.inputs[which]].as_slice();
        let pairs = || input(0).iter().zip(input(1));
        match operation {
            Operation::Embed { table, index, .. } => {
                let row = if *index == EmbedIndex::Token { token } else { position };
                network.tables[table].row(row).to_vec()
            }
            Operation::RmsNorm { weight, epsilon, .. } => {
                rms_norm(input(0), weight.values(), *epsilon)
            }
            Operation::Bias { bias, .. } => {
                input(0).iter().zip(bias.values()).map(|(x, bias)| x + bias).collect()
            }
            Operation::Rotary { head_width, base, pairing, .. } => {
                rotate(input(0), *head_width, *base, *pairing, position)
            }
            Operation::AttentionScores { shape, .. } => scores(shape, input(0), input(1), kept),
            Operation::Softmax { .. } => {
                let mut probabilities = input(0).to_vec();
                probabilities.chunks_exact_mut(position + 1).for_each(softmax);
                probabilities
            }
            Operation::WeightedValues { shape, .. } => {
                weighted_values(shape, input(0), input(1), kept)
            }
            Operation::Apply { function: which, .. } => {
                let apply = function(*which).expect("checked when the reference was built");
                input(0).iter().map(|&x| apply(x)).collect()
            }
            Operation::Multiply { .. } => pairs().map(|(left, right)| left * right).collect(),
            Operation::Add { .. } => pairs().map(|(left, right)| left + right).collect(),
            Operation::Head { table, .. } => head(&network.tables[table], input(0)),
            _ => unreachable!("{} was refused when the reference was built", operation.kind()),
        }
    }
}

fn head(table: &Table, x: &[f32]) -> Vec<f32> {
    table.values.chunks_exact(table.columns).map(|row| dot(row, x)).collect()
}

/// Refuses parameters that leave no counts.
fn require_encoder(activation: Activation) -> Result<(), ReferenceError> {
    let (what, value, expected) = match activation {
        Activation::Counts { mean_count } if !(0.01..=1000.0).contains(&mean_count) => {
            ("mean_count", mean_count.to_string(), "in 0.01..=1000")
        }
        Activation::Absmax { bits } if !(2..=16).contains(&bits) => {
            ("bits", bits.to_string(), "in 2..=16")
        }
        _ => return Ok(()),
    };
    Err(ReferenceError::Encoder { what, value, expected })
}

fn require_executable(network: &Network, operation: &Operation) -> Result<(), ReferenceError> {
    let detail = match operation {
        Operation::Apply { function: which, .. } if function(*which).is_none() => {
            format!(" of {which:?}")
        }
        Operation::AttentionScores { shape, .. } | Operation::WeightedValues { shape, .. }
            if !shape.causal =>
        {
            " that is not causal".to_owned()
        }
        Operation::LayerNorm { .. }
        | Operation::TokenShift { .. }
        | Operation::Input { .. }
        | Operation::Previous { .. }
        | Operation::Wkv { .. }
        | Operation::Neuron { .. }
        | Operation::SpikingAttention { .. }
        | Operation::StepMean { .. }
        | Operation::FirstPosition { .. } => String::new(),
        _ => return Ok(()),
    };
    Err(ReferenceError::NotExecutable {
        network: network.name.clone(),
        operation: operation.kind(),
        detail,
        output: operation.output().to_owned(),
    })
}
