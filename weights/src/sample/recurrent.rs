//! Seeded recurrent spiking networks: layers of leaky neurons, some of which see their own spikes of
//! the token before.
//!
//! ```text
//!  token ─► row ─┬─► LIF ─► W ─┬─► + ─► LIF ─┬─► W ─► LIF ─┬─► head ─► logits
//!  vector ─► W ──┘             └── V ◄─ z⁻¹ ◄┘             └─► vector
//! ```

use super::seeded::{Choice, Seeded};
use crate::config::{Sample, SampleNetwork};
use crate::network::{
    CONTEXT_UNBOUNDED, EmbedIndex, NamedSource, Network, NeuronLayer, Operation, Readout, Table,
    VectorInput,
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
    /// What the first layer sees.
    pub input: LayerInput,
    /// Layers.
    pub layers: Vec<RecurrentLayer>,
    /// What the last layer gives.
    pub output: LayerOutput,
}

/// What the first layer of a spiking network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerInput {
    /// A row of currents for each of so many token ids.
    Rows(usize),
    /// Vectors of the host, behind a matrix.
    Vectors(VectorInput),
    /// Vectors of the host that are its currents: these bits of a magnitude, and of them a fraction.
    Currents {
        /// Bits of a magnitude.
        bits: u32,
        /// Fraction bits.
        fraction: u32,
    },
}

/// What the last layer of a spiking network gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerOutput {
    /// Logits of so many ids.
    Logits(usize),
    /// Its spikes, as a vector.
    Spikes,
    /// So many currents of a matrix behind it, as a vector.
    Currents(usize),
}

/// Layers of leaky integrate-and-fire neurons with a soft reset, every second one recurrent.
pub fn lif_shape(sample: &Sample) -> RecurrentShape {
    let neuron = NeuronLayer { leak: vec![0.9], ..lif() };
    let layer = |index: usize| {
        let (width, recurrent) = (sample.width, index % 2 == 1);
        RecurrentLayer { width, recurrent, neuron: neuron.clone() }
    };
    let (input, output) = match sample.network {
        SampleNetwork::LifStream => {
            let spikes = VectorInput { width: sample.hidden, bits: 1, fraction: 0 };
            (LayerInput::Vectors(spikes), LayerOutput::Spikes)
        }
        _ => (LayerInput::Rows(sample.vocabulary), LayerOutput::Logits(sample.vocabulary)),
    };
    RecurrentShape { input, layers: (0..sample.blocks).map(layer).collect(), output }
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
    let vocabulary = choice.between(5, 40);
    RecurrentShape {
        input: LayerInput::Rows(vocabulary),
        layers,
        output: LayerOutput::Logits(vocabulary),
    }
}

/// The same from a seed between two streams, of which one may be of ids: vectors of spikes, of several
/// levels and of currents come in, spikes and currents go out.
pub fn stream_shape(seed: u64) -> RecurrentShape {
    let shape = recurrent_shape(seed);
    let mut choice = Choice(ChaCha8Rng::seed_from_u64(!seed));
    let vectors = VectorInput {
        width: choice.between(3, 41),
        bits: *choice.of(&[1, 1, 2, 5]) as u32,
        fraction: choice.between(0, 2) as u32,
    };
    let inputs = [
        LayerInput::Vectors(vectors),
        LayerInput::Vectors(vectors),
        LayerInput::Currents { bits: choice.between(3, 9) as u32, fraction: 3 },
        shape.input,
    ];
    let outputs = [LayerOutput::Spikes, LayerOutput::Currents(choice.between(3, 41)), shape.output];
    let (input, output) = (*choice.of(&inputs), *choice.of(&outputs));
    match (input, output) {
        // That is no stream of vectors.
        (LayerInput::Rows(_), LayerOutput::Logits(_)) => {
            RecurrentShape { output: LayerOutput::Spikes, ..shape }
        }
        _ => RecurrentShape { input, output, ..shape },
    }
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
    let (seeded, operations, tables) = (Seeded::new(seed), Vec::new(), BTreeMap::new());
    let mut builder = Builder { seeded, operations, tables };
    let first = shape.layers.first().expect("a network has a layer");
    builder.input(shape.input, first.width);
    let mut before = None;
    for (index, layer) in shape.layers.iter().enumerate() {
        builder.layer(index, layer, before);
        before = Some(layer.width);
    }
    let spikes = format!("layers.{}.spikes", shape.layers.len() - 1);
    let (output, readout) = builder.output(shape.output, &spikes, before.unwrap_or(0));
    let vocabulary = match (shape.input, shape.output) {
        (LayerInput::Rows(vocabulary), _) | (_, LayerOutput::Logits(vocabulary)) => vocabulary,
        _ => 1,
    };
    Network {
        name: format!("recurrent-{seed}"),
        vocabulary,
        context: CONTEXT_UNBOUNDED,
        steps: 1,
        readout,
        begin_token: None,
        end_tokens: BTreeSet::new(),
        tables: builder.tables,
        operations: builder.operations,
        output,
    }
}

/// A single seeded matrix between two streams: whole numbers below `2^bits` in magnitude in, sums out.
pub fn matrix(seed: u64, (rows, columns): (usize, usize), bits: u32) -> Network {
    let vectors = VectorInput { width: columns, bits, fraction: 0 };
    let layer = RecurrentLayer { width: rows, recurrent: false, neuron: lif() };
    let (input, output) = (LayerInput::Vectors(vectors), LayerOutput::Spikes);
    let shape = RecurrentShape { input, layers: vec![layer], output };
    let network = recurrent(seed, &shape).alone("layers.0.input", bits).expect("it is there");
    Network { name: format!("matrix-{seed}"), ..network }
}

/// A network under construction.
struct Builder {
    seeded: Seeded,
    operations: Vec<Operation>,
    tables: BTreeMap<String, Table>,
}

impl Builder {
    fn table(&mut self, name: &str, rows: usize, columns: usize) -> String {
        let Ok(table) = self.seeded.table(name, rows, columns);
        self.tables.insert(name.to_owned(), table);
        name.to_owned()
    }

    fn linear(&mut self, name: &str, (rows, columns): (usize, usize), input: &str, output: &str) {
        let Ok(weights) = NamedSource::weights(&mut self.seeded, name, rows, columns);
        self.operations.extend(weights.operations(input, output));
    }

    /// The current of the first layer.
    fn input(&mut self, input: LayerInput, width: usize) {
        let current = "layers.0.current".to_owned();
        match input {
            LayerInput::Rows(vocabulary) => {
                let table = self.table("currents", vocabulary, width);
                let index = EmbedIndex::Token;
                self.operations.push(Operation::Embed { table, index, output: current });
            }
            LayerInput::Vectors(VectorInput { width: columns, bits, fraction }) => {
                let output = "input".to_owned();
                self.operations.push(Operation::Input { output, width: columns, bits, fraction });
                self.linear("layers.0.input", (width, columns), "input", &current);
            }
            LayerInput::Currents { bits, fraction } => {
                self.operations.push(Operation::Input { output: current, width, bits, fraction });
            }
        }
    }

    /// A layer behind one of `before` neurons, if there is one.
    fn layer(&mut self, index: usize, layer: &RecurrentLayer, before: Option<usize>) {
        let named = |what: &str| format!("layers.{index}.{what}");
        let mut current = named("current");
        if let Some(columns) = before {
            let spikes = format!("layers.{}.spikes", index - 1);
            self.linear(&named("input"), (layer.width, columns), &spikes, &current);
        }
        let (spikes, width) = (named("spikes"), layer.width);
        if layer.recurrent {
            let previous = named("previous");
            let (input, output) = (spikes.clone(), previous.clone());
            self.operations.push(Operation::Previous { input, output, width });
            let back = named("recurrent_current");
            self.linear(&named("recurrent"), (width, width), &previous, &back);
            let (left, output) = (current, named("currents"));
            current = output.clone();
            self.operations.push(Operation::Add { left, right: back, output });
        }
        let (name, neuron) = (named("neuron"), layer.neuron.clone());
        self.operations.push(Operation::Neuron { name, input: current, output: spikes, neuron });
    }

    /// What the network gives of the last spikes: the value's name, and what it is.
    fn output(&mut self, output: LayerOutput, spikes: &str, width: usize) -> (String, Readout) {
        let input = spikes.to_owned();
        match output {
            LayerOutput::Logits(vocabulary) => {
                let (table, output) = (self.table("head", vocabulary, width), "logits".to_owned());
                self.operations.push(Operation::Head { table, input, output: output.clone() });
                (output, Readout::NextToken)
            }
            LayerOutput::Spikes => (input, Readout::Vector),
            LayerOutput::Currents(rows) => {
                self.linear("output", (rows, width), spikes, "currents");
                ("currents".to_owned(), Readout::Vector)
            }
        }
    }
}
