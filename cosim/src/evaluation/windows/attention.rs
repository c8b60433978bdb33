//! Attention of spikes beside softmax attention of the same shape, as machines execute both.
//!
//! ```text
//!  network ──────────────► machine ─┐
//!    └─ its shape ─► GPT-2 ► machine ┴─► every instruction on keys and values: words, bits, rows;
//!                                        every pass over the attended positions: exponentials
//! ```
//!
//! What is counted are the instructions that the reference executes, which the hardware equals at
//! every write: words of the cache that are fetched, ones of trains under stored digits, exponentials.

use crate::reference::ReferenceError;
use crate::reference::machine::{Facts, MachineReference, MatrixFacts, Record, Recorder};
use firmware::energy::{ADD_8, ADD_32, FETCH_BIT, MULTIPLY_8};
use firmware::isa::{Action, Function, Length};
use firmware::lower::{LowerError, lower};
use firmware::machine::Program;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use weights::config::Design;
use weights::network::{Function as Curve, GptInside, GptShape, Network, Operation, TernaryMatrix};
use weights::sample;

/// The part of attention energy that NeurTransformer's authors save, by a formula that is not public.
const PUBLISHED_PERCENT: [f64; 2] = [64.71, 85.28];

/// Stores of a Matrix instruction: keys, values.
const CACHE: [u32; 2] = [1, 2];

/// What the attention of one network takes on its machine, a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AttentionWork {
    /// Bits of keys and values that are fetched.
    pub fetched_bits: f64,
    /// Bits of queries, scores and attention weights that meet a stored digit: ANDs of one, which a
    /// popcount adds.
    pub additions: f64,
    /// Sums of a word of the array that a lane accumulates.
    pub accumulations: f64,
    /// Exponentials: look-ups of a table.
    pub exponentials: f64,
    /// Neurons of query, key, value and attention output that are updated.
    pub neurons: f64,
}

/// A network whose attention is spikes, and softmax attention of its shape.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AttentionOnHardware {
    /// Tokens of the text.
    pub tokens: usize,
    /// In spikes, all steps.
    pub spiking: AttentionWork,
    /// Softmax, one step.
    pub softmax: AttentionWork,
    /// Bits of a count of its queries and attention weights, and digits of its keys and values.
    pub softmax_bits: [u32; 2],
}

/// pJ of a product of 16 bits: four of 8 bits, and their sum.
const PRODUCT: f64 = 4.0 * MULTIPLY_8.picojoules + ADD_32.picojoules;
/// Bits of an entry of a table and of the step to the next.
const ENTRY_BITS: f64 = 36.0;
/// Bits of a membrane.
const MEMBRANE_BITS: f64 = 18.0;

impl AttentionWork {
    /// Picojoules of the arithmetic: what a published formula may count.
    pub fn arithmetic(&self) -> f64 {
        self.additions * ADD_8.picojoules
            + self.accumulations * ADD_32.picojoules
            + self.exponentials * PRODUCT
    }

    /// Picojoules of what is read for it: the cache, and the table of exponentials.
    pub fn reads(&self) -> f64 {
        (self.fetched_bits + self.exponentials * ENTRY_BITS) * FETCH_BIT.picojoules
    }

    /// Picojoules of the neurons: a leak, a current, a threshold, and the membrane, read and written.
    pub fn of_neurons(&self) -> f64 {
        let arithmetic = PRODUCT + 2.0 * ADD_32.picojoules;
        self.neurons * (arithmetic + 2.0 * MEMBRANE_BITS * FETCH_BIT.picojoules)
    }
}

/// Both attentions over a text; nothing for a network whose attention is no spikes.
///
/// # Errors
/// If the softmax network has no machine of that design.
pub fn attention_on_hardware(
    network: &Network,
    design: &Design,
    machine: &MachineReference,
    ids: &[u32],
) -> Result<Option<AttentionOnHardware>, LowerError> {
    let Some(shape) = softmax_shape(network) else { return Ok(None) };
    let twin = lower(&sample::neurtransformer(0, &shape), design)?;
    let softmax_bits = [design.machine.attention_bits, twin.parameters.key_value_digits];
    let twin = MachineReference::new(&twin);
    let (Ok(mut spiking), Ok(softmax)) = (work(machine, ids), work(&twin, ids)) else {
        return Ok(None);
    };
    spiking.neurons = attention_neurons(network) * network.steps as f64;
    Ok(Some(AttentionOnHardware { tokens: ids.len(), spiking, softmax, softmax_bits }))
}

/// GPT-2 of the widths of a network with spiking attention.
fn softmax_shape(network: &Network) -> Option<GptShape> {
    let heads = network.operations.iter().find_map(|it| match it {
        Operation::SpikingAttention { shape, .. } => Some(shape.heads),
        _ => None,
    })?;
    let blocks = network
        .operations
        .iter()
        .filter(|it| matches!(it, Operation::SpikingAttention { .. }))
        .count();
    let rows = |matrix: &TernaryMatrix| matrix.rows;
    let width = network.ternary_matrices().next()?.columns;
    let hidden = network.ternary_matrices().map(rows).max()?;
    Some(GptShape {
        width,
        hidden,
        blocks,
        heads,
        vocabulary: network.vocabulary,
        context: network.context,
        epsilon: 1e-5,
        inside: GptInside::Plain(Curve::GeluTanh),
        tied: true,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    })
}

/// Channels of neurons that make queries, keys, values and the attention's output.
fn attention_neurons(network: &Network) -> f64 {
    let channels = |it: &Operation| match it {
        Operation::SpikingAttention { shape, .. } => 4 * shape.heads * shape.head_width,
        _ => 0,
    };
    network.operations.iter().map(channels).sum::<usize>() as f64
}

/// What a text takes, a token.
fn work(machine: &MachineReference, ids: &[u32]) -> Result<AttentionWork, ReferenceError> {
    let (mut machine, mut sum) = (machine.clone(), AttentionWork::default());
    machine.reset();
    for (position, &id) in ids.iter().enumerate() {
        let mut recorder = Recorder::default();
        machine.step_observed(id, false, &mut recorder)?;
        for record in &recorder.records {
            sum.take(machine.program(), record, position);
        }
    }
    let tokens = ids.len().max(1) as f64;
    Ok(AttentionWork {
        fetched_bits: sum.fetched_bits / tokens,
        additions: sum.additions / tokens,
        accumulations: sum.accumulations / tokens,
        exponentials: sum.exponentials / tokens,
        neurons: 0.0,
    })
}

impl AttentionWork {
    fn take(&mut self, program: &Program, record: &Record, position: usize) {
        let (machine, action) =
            (&program.parameters, &program.instructions[record.instruction].action);
        match (action, record.facts) {
            (Action::Matrix(matrix), Facts::Matrix(facts)) if CACHE.contains(&matrix.store) => {
                let MatrixFacts { tiles, digits, words, passes, rows, .. } = facts;
                let fetched = f64::from(tiles * digits * words.max(1) * passes.max(1));
                self.fetched_bits += fetched * f64::from(2 * machine.lanes * machine.slots);
                self.accumulations += fetched * f64::from(machine.lanes);
                self.additions += f64::from(facts.bitwise.spikes * rows * digits);
            }
            (Action::Pass(pass), _)
                if pass.length == Length::Attended && pass.function != Function::Nothing =>
            {
                self.exponentials += (position + 1) as f64;
            }
            _ => {}
        }
    }
}

/// A quantity of the table.
type Quantity = fn(&AttentionWork) -> f64;

impl fmt::Display for AttentionOnHardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AttentionOnHardware { tokens, spiking, softmax, softmax_bits: [bits, digits] } = self;
        writeln!(
            f,
            "\nattention on the machine, a token, mean of a text of {tokens}: {:>18}{:>14}",
            "spikes, all steps", "softmax"
        )?;
        let rows: [(&str, Quantity); 8] = [
            ("bits of keys and values fetched", |it| it.fetched_bits),
            ("ANDs of ones, added by popcounts", |it| it.additions),
            ("sums of a word, added to an accumulator", |it| it.accumulations),
            ("exponentials", |it| it.exponentials),
            ("updates of neurons", |it| it.neurons),
            ("nJ of arithmetic", |it| it.arithmetic() / 1000.0),
            ("nJ of reads", |it| it.reads() / 1000.0),
            ("nJ of neurons and their membranes", |it| it.of_neurons() / 1000.0),
        ];
        for (what, of) in rows {
            writeln!(f, "  {what:<64}{:>14.1}{:>14.1}", of(spiking), of(softmax))?;
        }
        let less = |of: &dyn Fn(&AttentionWork) -> f64| {
            let percent = 100.0 * (1.0 - of(spiking) / of(softmax));
            format!("{:.1} % {}", percent.abs(), if percent < 0.0 { "more" } else { "less" })
        };
        let [low, high] = PUBLISHED_PERCENT;
        writeln!(
            f,
            "  spikes take {} in arithmetic, {} with reads, {} with neurons too;\n  \
             published: {low:.2} to {high:.2} % less, by a formula that is not public",
            less(&AttentionWork::arithmetic),
            less(&|it| it.arithmetic() + it.reads()),
            less(&|it| it.arithmetic() + it.reads() + it.of_neurons()),
        )?;
        write!(
            f,
            "  softmax: GPT-2 of the same widths, counts of {bits} bits, {digits} ternary digits a key \
             or value; pJ:\n  an AND and its addition 0.03, a sum 0.1, a product of an \
             exponential or a leak {PRODUCT:.1}, a bit read {:.3}",
            FETCH_BIT.picojoules
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::seeded_ids;

    /// By hand: one word of keys and of values each head and step, one digit; softmax in four digits.
    #[test]
    fn work_is_that_of_words_and_rows() {
        let shape = GptShape { context: 8, ..sample::neurtransformer_shape(3) };
        let network = sample::neurtransformer(3, &shape);
        let mut design = Design::spiking();
        (design.array.lanes, design.array.slots) = (16, 16);
        let machine = MachineReference::new(&lower(&network, &design).unwrap());
        let ids = seeded_ids(&network, 1, 5);
        let found = attention_on_hardware(&network, &design, &machine, &ids).unwrap().unwrap();
        let words = (shape.blocks * shape.heads * network.steps) as f64;
        assert_eq!(found.spiking.accumulations, words * 2.0 * 16.0, "{found}");
        assert_eq!(found.spiking.fetched_bits, words * 2.0 * 512.0);
        assert_eq!(found.spiking.exponentials, 0.0);
        assert_eq!(found.spiking.neurons, words * 4.0 * (shape.width / shape.heads) as f64);
        let heads = (shape.blocks * shape.heads) as f64;
        // Positions 0 to 4 attend 1 to 5 positions.
        assert_eq!(found.softmax.exponentials, heads * 3.0);
        let digits = f64::from(found.softmax_bits[1]);
        assert_eq!(found.softmax.fetched_bits, heads * 2.0 * digits * 512.0);
        assert!(found.spiking.additions > 0.0 && found.softmax.additions > 0.0);
        let recurrent = sample::spikegpt(3, &sample::spikegpt_shape(3));
        let machine = MachineReference::new(&lower(&recurrent, &design).unwrap());
        assert_eq!(attention_on_hardware(&recurrent, &design, &machine, &ids).unwrap(), None);
    }
}
