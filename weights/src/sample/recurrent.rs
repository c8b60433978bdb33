//! Seeded recurrent spiking networks: layers of leaky neurons, some of which see their own spikes of
//! the token before.
//!
//! ```text
//!  token ─► row ─► LIF ─► W ─┬─► + ─► LIF ─┬─► W ─► LIF ─► head ─► logits
//!                            └── V ◄─ z⁻¹ ◄┘
//! ```

use super::seeded::{Choice, Seeded};
use crate::config::Sample;
use crate::network::{
    CONTEXT_UNBOUNDED, EmbedIndex, NamedSource, Network, NeuronLayer, Operation, Readout,
};
use crate::neuron::{LastStep, Quantise, Reset, SpikeRange, State};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeMap, BTreeSet};

/// One layer of neurons.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentLayer {
    /// Neurons.
    pub width: usize,
    /// Whether its spikes of the token before enter a matrix of its own.
    pub recurrent: bool,
    /// Their rule.
    pub neuron: NeuronLayer,
}

/// The dimensions of a recurrent spiking network.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentShape {
    /// Layers; the rows of the tokens are the currents of the first.
    pub layers: Vec<RecurrentLayer>,
    /// Token ids.
    pub vocabulary: usize,
}

/// Layers of leaky integrate-and-fire neurons with a soft reset, every second one recurrent.
pub fn lif_shape(sample: &Sample) -> RecurrentShape {
    let neuron = NeuronLayer { leak: vec![0.9], ..lif() };
    let layer = |index: usize| {
        let (width, recurrent) = (sample.width, index % 2 == 1);
        RecurrentLayer { width, recurrent, neuron: neuron.clone() }
    };
    RecurrentShape {
        layers: (0..sample.blocks).map(layer).collect(),
        vocabulary: sample.vocabulary,
    }
}

/// A shape from a seed: every reset, spikes of one and of several levels, leaks down to a hundredth.
pub fn recurrent_shape(seed: u64) -> RecurrentShape {
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(seed));
    let layers = (0..choice.between(1, 4)).map(|_| {
        let rules = [
            (SpikeRange::Unsigned(1), Quantise::Floor, Reset::Soft),
            (SpikeRange::Unsigned(1), Quantise::Floor, Reset::Hard),
            (SpikeRange::Signed(1), Quantise::NearestEven, Reset::Soft),
            (SpikeRange::Signed(1), Quantise::NearestEven, Reset::Hard),
            (SpikeRange::Signed(1), Quantise::NearestEven, Reset::SpikelmCode),
            (SpikeRange::Unsigned(3), Quantise::Floor, Reset::Soft),
            (SpikeRange::Signed(2), Quantise::NearestEven, Reset::Soft),
        ];
        let &(range, quantise, reset) = choice.of(&rules);
        let leaks: &[f32] = match reset {
            // It doubles its membrane with every spike of -1.
            Reset::SpikelmCode => &[0.25, 0.5],
            _ => &[0.5, 0.75, 0.9, 0.99],
        };
        let neuron = NeuronLayer {
            leak: vec![*choice.of(leaks)],
            threshold: vec![*choice.of(&[0.25, 0.5, 1.0])],
            range,
            quantise,
            reset,
            ..lif()
        };
        RecurrentLayer { width: choice.between(3, 41), recurrent: choice.between(0, 3) > 0, neuron }
    });
    let layers = layers.collect();
    RecurrentShape { layers, vocabulary: choice.between(5, 40) }
}

fn lif() -> NeuronLayer {
    NeuronLayer {
        leak: vec![0.5],
        gain: 1.0,
        threshold: vec![1.0],
        quantise: Quantise::Floor,
        range: SpikeRange::Unsigned(1),
        reset: Reset::Soft,
        state: State::PerToken,
        last_step: LastStep::Same,
        amplitude: vec![1.0],
    }
}

/// A seeded recurrent spiking network.
///
/// # Panics
/// If the shape has no layer.
pub fn recurrent(seed: u64, shape: &RecurrentShape) -> Network {
    let mut seeded = Seeded::new(seed);
    let mut operations = Vec::new();
    let mut tables = BTreeMap::new();
    let first = shape.layers.first().expect("a network has a layer");
    let Ok(table) = seeded.table("currents", shape.vocabulary, first.width);
    tables.insert("currents".to_owned(), table);
    let mut spikes = String::new();
    for (index, layer) in shape.layers.iter().enumerate() {
        let named = |what: &str| format!("layers.{index}.{what}");
        let mut linear = |matrix: &str, columns: usize, input: &str, output: &str| {
            let Ok(weights) = NamedSource::weights(&mut seeded, matrix, layer.width, columns);
            weights.operations(input, output)
        };
        let own = match index {
            0 => {
                let (table, index) = ("currents".to_owned(), EmbedIndex::Token);
                vec![Operation::Embed { table, index, output: named("current") }]
            }
            _ => {
                let columns = shape.layers[index - 1].width;
                linear(&named("input"), columns, &spikes, &named("current"))
            }
        };
        operations.extend(own);
        spikes = named("spikes");
        let mut current = named("current");
        if layer.recurrent {
            let previous = named("previous");
            let (input, width) = (spikes.clone(), layer.width);
            operations.push(Operation::Previous { input, output: previous.clone(), width });
            let back = named("recurrent_current");
            operations.extend(linear(&named("recurrent"), width, &previous, &back));
            let (left, output) = (current, named("currents"));
            operations.push(Operation::Add { left, right: back, output: output.clone() });
            current = output;
        }
        let (name, output, neuron) = (named("neuron"), spikes.clone(), layer.neuron.clone());
        operations.push(Operation::Neuron { name, input: current, output, neuron });
    }
    let last = shape.layers.last().map_or(0, |layer| layer.width);
    let Ok(table) = seeded.table("head", shape.vocabulary, last);
    tables.insert("head".to_owned(), table);
    let (table, output) = ("head".to_owned(), "logits".to_owned());
    operations.push(Operation::Head { table, input: spikes, output: output.clone() });
    Network {
        name: format!("recurrent-{seed}"),
        vocabulary: shape.vocabulary,
        context: CONTEXT_UNBOUNDED,
        steps: 1,
        readout: Readout::NextToken,
        begin_token: None,
        end_tokens: BTreeSet::new(),
        tables,
        operations,
        output,
    }
}
