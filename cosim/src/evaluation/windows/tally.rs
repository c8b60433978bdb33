//! Counts of an execution: spikes of layers, additions of matrices, operations of attention.

use crate::reference::float::{Part, Seen};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::network::{Network, Operation};
use weights::numeric::Trit;

/// What was counted, over all tokens and steps.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Tokens that were read.
    pub tokens: usize,
    /// In the order of execution.
    pub layers: Vec<LayerTally>,
    /// In the order of execution.
    pub matrices: Vec<MatrixTally>,
    /// All spiking attentions together.
    pub attention: AttentionTally,
    places: Arc<Places>,
}

/// Where what is seen belongs.
#[derive(Debug)]
struct Places {
    layers: BTreeMap<String, usize>,
    /// The matrices that read a value.
    readers: BTreeMap<String, Vec<usize>>,
    /// By matrix and column: trits that are not zero.
    weights: Vec<Vec<u32>>,
    /// Head widths of spiking attentions, by name.
    attentions: BTreeMap<String, usize>,
}

/// One neuron layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerTally {
    /// Name of the layer.
    pub name: String,
    /// Neurons.
    pub neurons: usize,
    /// Vectors of spikes.
    pub vectors: u64,
    /// Spikes that are not zero.
    pub spikes: u64,
    /// Sum of their magnitudes.
    pub levels: f64,
}

impl LayerTally {
    /// Part of the neurons that fire in a step.
    pub fn rate(&self) -> f64 {
        self.spikes as f64 / (self.vectors * self.neurons as u64).max(1) as f64
    }
}

/// One matrix of trits, or of several digits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MatrixTally {
    /// Name of the matrix.
    pub name: String,
    /// Weights.
    pub synapses: u64,
    /// Weights that are not zero; of several digits, digits that are not.
    pub weights: u64,
    /// Whether its input is spikes.
    pub spiking: bool,
    /// Products that were computed: one a token, or one a step where the input differs by step.
    pub products: u64,
    /// Additions: weights that are not zero under inputs that are not zero.
    pub additions: u64,
    /// Synapses whose input is not zero.
    pub active: u64,
}

/// Attention of spikes, and what softmax attention of the same shape would be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AttentionTally {
    /// ANDs of a query bit and a key bit.
    pub ands: u64,
    /// Ones that popcounts add.
    pub popcount_additions: u64,
    /// Additions of a score under a value that spikes, at most: every score that is not zero, for every
    /// channel.
    pub value_additions: u64,
    /// Multiply-accumulates of softmax attention at one step.
    pub softmax_products: u64,
    /// Exponentials of softmax attention at one step.
    pub softmax_exponentials: u64,
}

/// By column: trits that are not zero.
fn column_trits(columns: usize, trits: &[Trit]) -> Vec<u32> {
    let mut counts = vec![0; columns];
    for row in trits.chunks_exact(columns) {
        counts.iter_mut().zip(row).for_each(|(count, &trit)| *count += u32::from(trit != 0));
    }
    counts
}

impl Tally {
    /// Counts of nothing for a network.
    pub fn new(network: &Network) -> Tally {
        let (mut layers, mut matrices) = (Vec::new(), Vec::new());
        let mut places = Places {
            layers: BTreeMap::new(),
            readers: BTreeMap::new(),
            weights: Vec::new(),
            attentions: BTreeMap::new(),
        };
        let mut spikes = Vec::new();
        for operation in &network.operations {
            match operation {
                Operation::Neuron { name, output, .. } => {
                    places.layers.insert(name.clone(), layers.len());
                    layers.push(LayerTally { name: name.clone(), ..LayerTally::default() });
                    spikes.push(output);
                }
                // Only spikes come back of the token before.
                Operation::Previous { output, .. } => spikes.push(output),
                Operation::SpikingAttention { name, shape, .. } => {
                    places.attentions.insert(name.clone(), shape.head_width);
                }
                _ => {}
            }
            let (input, name, synapses, weights) = match operation {
                Operation::TernaryLinear { input, matrix, .. } => {
                    let weights = column_trits(matrix.columns, &matrix.trits);
                    (input, &matrix.name, matrix.trits.len(), weights)
                }
                Operation::DigitLinear { input, matrix, .. } => {
                    let mut weights = vec![0; matrix.columns];
                    for plane in matrix.planes() {
                        let plane = column_trits(matrix.columns, &plane);
                        weights.iter_mut().zip(plane).for_each(|(sum, count)| *sum += count);
                    }
                    (input, &matrix.name, matrix.values.len(), weights)
                }
                _ => continue,
            };
            places.readers.entry(input.clone()).or_default().push(matrices.len());
            matrices.push(MatrixTally {
                name: name.clone(),
                synapses: synapses as u64,
                weights: weights.iter().map(|&count| u64::from(count)).sum(),
                spiking: spikes.contains(&input),
                ..MatrixTally::default()
            });
            places.weights.push(weights);
        }
        let (attention, places) = (AttentionTally::default(), Arc::new(places));
        Tally { tokens: 0, layers, matrices, attention, places }
    }

    /// Takes one vector of an execution.
    pub fn take(&mut self, seen: &Seen<'_>) {
        match seen.part {
            Part::Spikes => {
                let layer = &mut self.layers[self.places.layers[seen.name]];
                layer.neurons = seen.values.len();
                layer.vectors += 1;
                layer.spikes += seen.values.iter().filter(|&&spike| spike != 0.0).count() as u64;
                layer.levels += seen.values.iter().map(|spike| spike.abs()).sum::<f64>();
            }
            Part::Scores => self.take_scores(seen),
            Part::Output => {
                for &index in self.places.readers.get(seen.name).map_or(&[][..], Vec::as_slice) {
                    let (matrix, weights) =
                        (&mut self.matrices[index], &self.places.weights[index]);
                    let rows = matrix.synapses / seen.values.len() as u64;
                    matrix.products += 1;
                    for (&x, &weights) in seen.values.iter().zip(weights) {
                        if x != 0.0 {
                            matrix.additions += u64::from(weights);
                            matrix.active += rows;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn take_scores(&mut self, seen: &Seen<'_>) {
        let head_width = self.places.attentions[seen.name] as u64;
        let (scores, attention) = (seen.values.len() as u64, &mut self.attention);
        attention.ands += scores * head_width;
        attention.popcount_additions += seen.values.iter().sum::<f64>() as u64;
        let scored = seen.values.iter().filter(|&&score| score != 0.0).count() as u64;
        attention.value_additions += scored * head_width;
        if seen.step == 0 {
            attention.softmax_products += 2 * scores * head_width;
            attention.softmax_exponentials += scores;
        }
    }

    /// Adds the counts of another text of the same network.
    pub fn add(&mut self, other: &Tally) {
        self.tokens += other.tokens;
        for (layer, other) in self.layers.iter_mut().zip(&other.layers) {
            layer.neurons = layer.neurons.max(other.neurons);
            layer.vectors += other.vectors;
            layer.spikes += other.spikes;
            layer.levels += other.levels;
        }
        for (matrix, other) in self.matrices.iter_mut().zip(&other.matrices) {
            matrix.products += other.products;
            matrix.additions += other.additions;
            matrix.active += other.active;
        }
        let (sum, other) = (&mut self.attention, &other.attention);
        sum.ands += other.ands;
        sum.popcount_additions += other.popcount_additions;
        sum.value_additions += other.value_additions;
        sum.softmax_products += other.softmax_products;
        sum.softmax_exponentials += other.softmax_exponentials;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::float::FloatExecutor;
    use crate::reference::seeded_ids;
    use weights::network::{DigitMatrix, LifPlacement};
    use weights::sample;

    #[test]
    fn additions_are_those_of_spikes_under_weights() {
        let mut shape = sample::spikegpt_shape(4);
        shape.spiking.as_mut().unwrap().placement = LifPlacement::BeforeMatrices;
        let network = sample::spikegpt(4, &shape);
        let (mut tally, mut expected) = (Tally::new(&network), BTreeMap::new());
        let mut executor = FloatExecutor::new(&network).unwrap();
        let observe = &mut |seen: &Seen<'_>| {
            tally.take(seen);
            for matrix in network.ternary_matrices() {
                if seen.part == Part::Output && seen.name == format!("{}.spikes", matrix.name) {
                    let fired = |(_, spike): &(_, &f64)| **spike != 0.0;
                    let additions: i64 = (0..matrix.rows)
                        .flat_map(|row| matrix.row(row).iter().zip(seen.values).filter(fired))
                        .map(|(trit, _)| i64::from(trit.abs()))
                        .sum();
                    *expected.entry(matrix.name.clone()).or_insert(0) += additions as u64;
                }
            }
        };
        executor.read_observed(&seeded_ids(&network, 1, 24), observe).unwrap();
        assert_eq!(expected.len(), tally.matrices.len());
        for matrix in &tally.matrices {
            assert!(matrix.spiking && matrix.products == 24, "{matrix:?}");
            assert_eq!(matrix.additions, expected[&matrix.name], "{}", matrix.name);
        }
        for layer in &tally.layers {
            assert_eq!((layer.vectors, layer.levels), (24, layer.spikes as f64));
        }
    }

    #[test]
    fn digits_of_weights_are_counted_as_trits_are() {
        let shape = sample::spikegpt_shape(4);
        let mut network = sample::spikegpt(4, &shape);
        let Some(Operation::TernaryLinear { input, output, matrix }) =
            network.operations.iter().find(|it| matches!(it, Operation::TernaryLinear { .. }))
        else {
            panic!("the network has a matrix");
        };
        let (rows, columns) = (matrix.rows, matrix.columns);
        // 4 is 3 + 1: two trits; -3 is one.
        let mut values = vec![0; rows * columns];
        (values[0], values[columns + 1]) = (4, -3);
        let (name, row_scales) = (matrix.name.clone(), vec![1.0; rows]);
        let matrix = DigitMatrix { name, rows, columns, digits: 2, values, row_scales };
        let (input, output) = (input.clone(), output.clone());
        network.operations = vec![Operation::DigitLinear { input: input.clone(), output, matrix }];
        let mut tally = Tally::new(&network);
        let mut x = vec![0.0; columns];
        x[0] = 1.0;
        let part = Part::Output;
        tally.take(&Seen { name: &input, part, position: 0, step: 0, values: &x });
        let matrix = &tally.matrices[0];
        assert_eq!((matrix.synapses, matrix.weights), ((rows * columns) as u64, 3));
        assert_eq!((matrix.additions, matrix.active), (2, rows as u64));
    }
}
