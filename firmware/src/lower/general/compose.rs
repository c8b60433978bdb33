//! One program of a network: its arrival, its segments, its readout.

use super::super::LowerError;
use super::super::sizes::machine;
use super::composer::Composer;
use super::draft::Over;
use super::norm::Norm;
use super::phases::{Phase, Phases};
use super::position_order::PositionOrder;
use super::rotary::Turn;
use super::value::{self, Value};
use crate::isa::{Action, End, Extent};
use crate::machine::Program;
use weights::config::Design;
use weights::network::{EmbedIndex, Network, Operation, Readout};

/// Lowers to passes in an order.
pub(super) fn lower_in(
    network: &Network,
    design: &Design,
    order: PositionOrder,
) -> Result<Program, LowerError> {
    let mut parameters = machine(network, design)?;
    if network.keeps_spikes() {
        parameters.key_value_digits = 1;
    }
    let mut composer = Composer::new(network, design, parameters, order)?;
    if parameters.has_events() {
        composer.refuse_keys()?;
    }
    let scalar = match network.readout {
        Readout::Vector => 0,
        _ => composer.unit_scalar()?,
    };
    composer.arrivals()?;
    let steps = network.steps;
    if order.steps_together {
        composer.together = true;
        composer.body(0)?;
        composer.leave_bundle()?;
        composer.together = false;
    } else if steps_are_alike(network) && steps > 1 {
        composer.open(Over::Steps, Extent::Count, steps, "for each step".to_owned())?;
        composer.body(0)?;
        composer.close()?;
    } else {
        (0..steps).try_for_each(|step| composer.body(step))?;
    }
    composer.readout()?;
    composer.program(scalar)
}

/// Whether all neurons do the same at every step.
fn steps_are_alike(network: &Network) -> bool {
    let alike = |values: &[f32]| values.windows(2).all(|pair| pair[0] == pair[1]);
    network.operations.iter().all(|operation| match operation {
        Operation::Neuron { neuron, .. } => {
            alike(&neuron.leak)
                && alike(&neuron.threshold)
                && alike(&neuron.amplitude)
                && neuron.last_step == weights::neuron::LastStep::Same
        }
        _ => true,
    })
}

/// Whether each operation of a network may be executed for all steps before the next: steps find of each
/// other what one operation leaves to itself, and what is computed once is not kept in words of a step.
pub(super) fn steps_may_go_together(network: &Network) -> bool {
    let phases = Phases::of(network);
    let outputs = |it: &Operation| it.output() == network.output;
    let output = network.operations.iter().position(outputs);
    let behind = output.is_some_and(|output| phases.phase(output) == Phase::Readout);
    let known = network.operations.iter().all(|it| {
        matches!(
            it,
            Operation::Input { .. }
                | Operation::Embed { .. }
                | Operation::LayerNorm { .. }
                | Operation::RmsNorm { .. }
                | Operation::TernaryLinear { .. }
                | Operation::DigitLinear { .. }
                | Operation::Bias { .. }
                | Operation::Head { .. }
                | Operation::Apply { .. }
                | Operation::Multiply { .. }
                | Operation::Add { .. }
                | Operation::Neuron { .. }
                | Operation::SpikingAttention { .. }
                | Operation::StepMean { .. }
        )
    });
    let ends = behind || network.readout == Readout::Vector;
    network.steps > 1 && !phases.block && ends && known && steps_are_alike(network)
}

impl<'n> Composer<'n> {
    /// Refuses operations that keep keys and values: words of those have many columns, and an array
    /// of events takes one.
    fn refuse_keys(&mut self) -> Result<(), LowerError> {
        let keeps = |operation: &Operation| {
            matches!(
                operation,
                Operation::AttentionScores { .. } | Operation::SpikingAttention { .. }
            )
        };
        let Some(index) = self.network.operations.iter().position(keeps) else { return Ok(()) };
        self.index = index;
        Err(self
            .refuse("an array of events has no keys and values", "write array.form = \"dense\""))
    }

    /// What is executed when a token arrives; in a block nothing more, unless it is asked for.
    fn arrivals(&mut self) -> Result<(), LowerError> {
        let block = self.phases.block;
        if block {
            self.open(Over::Positions, Extent::Here, 1, "where the token stands".to_owned())?;
        }
        self.run(Phase::Arrival)?;
        if block {
            self.close()?;
            let end = Action::End(End { unasked: 1 });
            self.push(end, &[], "nobody asks for the text's result".to_owned())?;
        }
        Ok(())
    }

    /// One step of all segments.
    fn body(&mut self, step: usize) -> Result<(), LowerError> {
        self.step = step;
        for segment in 0..self.phases.segments() {
            let phase = Phase::Segment(segment);
            if self.order.chunk > 0 {
                let (count, what) = (self.order.chunk as usize, "positions, chunk by chunk");
                let remark = format!("segment {segment}, {count} {what}");
                self.open(Over::Chunks, Extent::Chunks, count, remark)?;
                self.run(phase)?;
                self.leave_bundle()?;
                self.close()?;
            } else if self.phases.block {
                let remark = format!("segment {segment}, for each position");
                self.open(Over::Positions, Extent::Positions, 1, remark)?;
                self.run(phase)?;
                self.close()?;
            } else {
                self.run(phase)?;
            }
            self.forget_trains();
        }
        Ok(())
    }

    /// What follows the last step: once, or once a position where masks are filled.
    fn readout(&mut self) -> Result<(), LowerError> {
        match self.network.readout {
            Readout::MaskedToken => {}
            Readout::NextToken | Readout::Classes(_) => return self.run(Phase::Readout),
            Readout::Vector => {
                self.run(Phase::Readout)?;
                return self.vector_output();
            }
        }
        let remark = "the head, for each position".to_owned();
        self.open(Over::Positions, Extent::Positions, 1, remark)?;
        self.run(Phase::Readout)?;
        self.close()
    }

    /// The operations of a phase.
    fn run(&mut self, phase: Phase) -> Result<(), LowerError> {
        let last_step = self.step + 1 == self.network.steps || self.steps_loop();
        let network = self.network;
        for (index, operation) in network.operations.iter().enumerate() {
            if self.phases.phase(index) != phase {
                continue;
            }
            self.index = index;
            let value = self.operation_value(operation)?;
            self.set(operation.output(), value);
            self.keep_operands(operation.output())?;
            self.sum_steps(operation.output(), phase)?;
            self.forget_read(index, phase, last_step);
        }
        self.forget_trains();
        Ok(())
    }

    /// Adds a value to its mean over the steps, where it has one.
    fn sum_steps(&mut self, name: &'n str, phase: Phase) -> Result<(), LowerError> {
        let averaged =
            |it: &Operation| matches!(it, Operation::StepMean { input, .. } if input == name);
        let steps = self.network.steps > 1 && phase != Phase::Readout;
        match steps && self.network.operations.iter().any(averaged) {
            true => self.step_sum(name),
            false => Ok(()),
        }
    }

    /// Lets go of values that only this phase makes and reads.
    fn forget_read(&mut self, index: usize, phase: Phase, last_step: bool) {
        let network = self.network;
        for input in network.operations[index].inputs() {
            let producer = network.operations.iter().position(|it| it.output() == input);
            let here = producer.is_some_and(|producer| self.phases.phase(producer) == phase);
            let readers = network.operations.iter().enumerate();
            let later = readers
                .filter(|(_, it)| it.inputs().contains(&input))
                .any(|(reader, _)| self.phases.phase(reader) != phase || reader > index);
            let is_kept = input == network.output;
            if here && !later && !is_kept && (last_step || !self.phases.is_arrival(index)) {
                self.forget(input);
            }
        }
    }

    fn operation_value(&mut self, operation: &'n Operation) -> Result<Value<'n>, LowerError> {
        match operation {
            Operation::Input { bits, fraction, .. } => self.input(*bits, *fraction),
            Operation::Embed { table, index: EmbedIndex::Token, .. } => self.token_row(table),
            Operation::Embed { table, index: EmbedIndex::Position, .. } => self.position_row(table),
            Operation::LayerNorm { name, input, weight, bias, epsilon, .. } => {
                let (weight, bias) = (weight.values(), Some(bias.values()));
                self.norm(input, &Norm { name, weight, bias, epsilon: *epsilon, centred: true })
            }
            Operation::RmsNorm { name, input, weight, epsilon, .. } => {
                let weight = weight.values();
                let (bias, centred) = (None, false);
                self.norm(input, &Norm { name, weight, bias, epsilon: *epsilon, centred })
            }
            Operation::TernaryLinear { input, matrix, .. } => self.linear(input, matrix),
            Operation::DigitLinear { input, matrix, .. } => self.digit_linear(input, matrix),
            Operation::Bias { input, bias, .. } => match self.dense_of(input) {
                // The head's value is its input.
                Some(table) => {
                    let is_output = self.is_output();
                    self.dense(table, input, Some(bias.values()), is_output)
                }
                None => self.bias(input, bias.values()),
            },
            Operation::Head { table, input, output } => match self.biased(output) {
                // The bias that follows takes both.
                true => self.value_of_input(input),
                false => {
                    let is_output = self.is_output();
                    self.dense(table, input, None, is_output)
                }
            },
            Operation::Apply { function, input, .. } => self.apply(*function, input),
            Operation::Multiply { left, right, .. } => self.multiply(left, right),
            Operation::Add { left, right, .. } => self.add(left, right),
            Operation::TokenShift { input, mix, .. } => self.token_shift(input, mix.values()),
            Operation::Previous { input, .. } => self.previous(input),
            Operation::Wkv { key, value, decay, bonus, .. } => {
                self.wkv(key, value, decay.values(), bonus.values())
            }
            Operation::Neuron { input, neuron, .. } => self.neuron(input, neuron),
            Operation::Encode { input, code, .. } => self.encode(input, code),
            Operation::AttentionScores { name, query, key, shape, .. } => {
                self.scores(name, query, key, shape)
            }
            Operation::Softmax { input, .. } => match self.value(input) {
                Value::Scores(scores) => Ok(Value::Probabilities(scores)),
                other => Err(self.refuse(
                    format!("`{input}` is {}, not attention scores", other.kind()),
                    "put it behind attention scores",
                )),
            },
            Operation::WeightedValues { probabilities, value, .. } => {
                self.weighted_values(probabilities, value)
            }
            Operation::SpikingAttention { name, query, key, value, shape, .. } => {
                self.spiking_attention(name, [query, key, value], shape)
            }
            Operation::StepMean { input, .. } if self.network.steps > 1 => self.step_mean(input),
            Operation::StepMean { input, .. } => self.value_of_input(input),
            Operation::FirstPosition { input, .. } => self.first_position(input),
            Operation::Rotary { input, heads, head_width, base, pairing, .. } => {
                let turn =
                    Turn { heads: *heads, width: *head_width, base: *base, pairing: *pairing };
                self.rotary(input, turn)
            }
        }
    }

    fn is_output(&self) -> bool {
        self.operation().output() == self.network.output
    }

    fn value_of_input(&self, input: &str) -> Result<Value<'n>, LowerError> {
        self.vector(input).map(Value::Vector)
    }

    /// Whether the only reader of a table's product adds a bias.
    fn biased(&self, output: &str) -> bool {
        let mut readers = self.network.operations.iter().filter(|it| it.inputs().contains(&output));
        matches!((readers.next(), readers.next()), (Some(Operation::Bias { .. }), None))
    }

    /// The table of a dense layer whose product is `name`.
    fn dense_of(&self, name: &str) -> Option<&'n str> {
        self.network.operations.iter().find_map(|it| match it {
            Operation::Head { table, output, .. } if output == name => Some(table.as_str()),
            _ => None,
        })
    }

    fn first_position(&mut self, input: &'n str) -> Result<Value<'n>, LowerError> {
        let vector = self.vector(input)?;
        let at = value::At { per_position: 0, within: 0, ..vector.at };
        let first = std::rc::Rc::new(value::Vector { at, ..(*vector).clone() });
        let limit = i64::from(self.machine.value_width);
        self.plain(&first, limit).map(Value::Vector)
    }
}
