//! When each operation is executed.
//!
//! ```text
//!  a token arrives │ arrival        embedding, and all that no neuron and no attention has touched
//!  once a step     │ segment 0, 1 … loops over positions, where all keys must be there before a score
//!  once            │ readout        behind the mean over steps or the first position; in a loop
//!                  │                over positions where each of them has a prediction
//! ```
//!
//! A causal network runs through all of it for every token, without loops over positions. One that is
//! not causal waits for its last token: then it is a block, segment by segment over all positions.

use std::collections::{BTreeMap, BTreeSet};
use weights::network::{Network, Operation};

/// The phase of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Arrival,
    Segment(usize),
    Readout,
}

/// The phases of a network.
pub(super) struct Phases {
    /// Whether all positions are executed together, behind the last token.
    pub(super) block: bool,
    phases: Vec<Phase>,
    crossing: BTreeSet<String>,
}

impl Phases {
    pub(super) fn of(network: &Network) -> Phases {
        let block = network.operations.iter().any(|operation| match operation {
            Operation::AttentionScores { shape, .. } => !shape.causal,
            Operation::SpikingAttention { shape, .. } => !shape.causal,
            Operation::FirstPosition { .. } => true,
            _ => false,
        });
        let mut of_value: BTreeMap<&str, Phase> = BTreeMap::new();
        let mut phases = Vec::new();
        for operation in &network.operations {
            let phase = phase(network, operation, &of_value, block);
            of_value.insert(operation.output(), phase);
            phases.push(phase);
        }
        hoist_scores(network, &mut phases);
        let produced: BTreeMap<&str, Phase> = network
            .operations
            .iter()
            .zip(&phases)
            .map(|(operation, phase)| (operation.output(), *phase))
            .collect();
        let mut crossing = BTreeSet::new();
        for (operation, phase) in network.operations.iter().zip(&phases) {
            for input in operation.inputs() {
                if block && produced[input] < *phase {
                    crossing.insert(input.to_owned());
                }
            }
        }
        Phases { block, phases, crossing }
    }

    pub(super) fn phase(&self, index: usize) -> Phase {
        self.phases[index]
    }

    /// How many segments there are.
    pub(super) fn segments(&self) -> usize {
        let segment = |phase: &Phase| match phase {
            Phase::Segment(segment) => segment + 1,
            _ => 0,
        };
        self.phases.iter().map(segment).max().unwrap_or(0)
    }

    pub(super) fn is_arrival(&self, index: usize) -> bool {
        self.phases[index] == Phase::Arrival
    }

    /// Whether a value of each position is read in a later loop.
    pub(super) fn crosses(&self, name: &str) -> bool {
        self.crossing.contains(name)
    }
}

fn phase(
    network: &Network,
    operation: &Operation,
    of_value: &BTreeMap<&str, Phase>,
    block: bool,
) -> Phase {
    let latest = operation.inputs().into_iter().map(|input| of_value[input]).max();
    let latest = latest.unwrap_or(Phase::Arrival);
    let own = match operation {
        Operation::StepMean { .. } if network.steps > 1 || block => return Phase::Readout,
        Operation::FirstPosition { .. } => return Phase::Readout,
        // The head of every position stands in a loop of its own, behind the last step.
        Operation::Head { .. } if block => return Phase::Readout,
        // What all steps share is computed once; a network of one step has nothing to share.
        Operation::Input { .. } | Operation::Embed { .. } => Phase::Arrival,
        _ if network.steps == 1 && !block => Phase::Segment(0),
        Operation::Neuron { .. } | Operation::SpikingAttention { .. } => Phase::Segment(0),
        Operation::AttentionScores { key, .. } if block => match of_value[key.as_str()] {
            Phase::Segment(segment) => Phase::Segment(segment + 1),
            Phase::Arrival => Phase::Segment(1),
            Phase::Readout => Phase::Readout,
        },
        Operation::AttentionScores { .. } => Phase::Segment(0),
        _ => Phase::Arrival,
    };
    latest.max(own)
}

/// Scores, softmax and values of an attention belong to one loop: behind that of its values.
fn hoist_scores(network: &Network, phases: &mut [Phase]) {
    let produced =
        |name: &str| network.operations.iter().position(|operation| operation.output() == name);
    for index in 0..phases.len() {
        if let Operation::WeightedValues { probabilities, .. } = &network.operations[index] {
            let softmax = produced(probabilities);
            let scores = softmax.and_then(|at| produced(network.operations[at].inputs()[0]));
            for at in [softmax, scores].into_iter().flatten() {
                phases[at] = phases[index];
            }
        }
    }
}
