//! What neurons do while texts are read: spikes, and the additions that they cause.
//!
//! A spike that meets a weight of 0 adds nothing and is not counted. Norms, softmax and functions of
//! single numbers are in no count, as in the tables of the publications.

use crate::reference::float::{Part, Seen};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::network::{Network, Operation};

/// Spikes of one neuron layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LayerActivity {
    /// The layer.
    pub name: String,
    /// Neurons times positions times steps.
    pub neurons: u64,
    /// Spikes that are not 0.
    pub spikes: u64,
    /// Spikes above 0.
    pub positive: u64,
}

/// Counts over texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// By neuron layer, in the order of execution.
    pub layers: Vec<LayerActivity>,
    /// Additions where an input that is not 0 meets a weight, key or value that is not 0.
    pub adds: u64,
    /// Multiplications with an addition that remain: heads, and attention without spikes.
    pub multiplies: u64,
    /// The same network at one step without neurons: additions by ternary weights.
    pub silent_adds: u64,
    /// And its attention: multiplications of two numbers that flow.
    pub silent_multiplies: u64,
    /// The same network with dense weights: multiplications with an addition.
    pub dense_multiplies: u64,
}

impl LayerActivity {
    /// Spikes a neuron and step.
    pub fn rate(&self) -> f64 {
        self.spikes as f64 / self.neurons.max(1) as f64
    }

    /// Positive spikes a neuron and step.
    pub fn positive_rate(&self) -> f64 {
        self.positive as f64 / self.neurons.max(1) as f64
    }
}

impl Activity {
    /// Adds the counts of other texts of the same network.
    pub fn add(&mut self, other: &Activity) {
        for (sum, layer) in self.layers.iter_mut().zip(&other.layers) {
            sum.neurons += layer.neurons;
            sum.spikes += layer.spikes;
            sum.positive += layer.positive;
        }
        self.adds += other.adds;
        self.multiplies += other.multiplies;
        self.silent_adds += other.silent_adds;
        self.silent_multiplies += other.silent_multiplies;
        self.dense_multiplies += other.dense_multiplies;
    }

    /// Spikes a neuron and step of all layers.
    pub fn rate(&self) -> f64 {
        let sum = |of: fn(&LayerActivity) -> u64| self.layers.iter().map(of).sum::<u64>();
        sum(|layer| layer.spikes) as f64 / sum(|layer| layer.neurons).max(1) as f64
    }
}

/// What meets a value.
enum Consumer {
    /// A ternary matrix: weights that are not 0, by column, and all of them.
    Linear { by_column: Vec<u64>, populated: u64, weights: u64 },
    /// Keys or values, met by every query of the text; adds where they are spikes.
    Stored { spikes: bool },
    /// A dense matrix of that many weights.
    Dense { weights: u64 },
}

/// Counts what an execution shows.
#[derive(Clone)]
pub struct Watcher {
    consumers: Arc<BTreeMap<String, Vec<Consumer>>>,
    layers: Arc<BTreeMap<String, usize>>,
    none: Activity,
    activity: Activity,
    positions: u64,
}

impl Watcher {
    /// A watcher of a network.
    pub fn new(network: &Network) -> Watcher {
        let mut consumers: BTreeMap<String, Vec<Consumer>> = BTreeMap::new();
        let (mut layers, mut none) = (BTreeMap::new(), Activity::default());
        let mut spiking = Vec::new();
        for operation in &network.operations {
            let mut put = |value: &str, consumer: Consumer| {
                consumers.entry(value.to_owned()).or_default().push(consumer);
            };
            match operation {
                Operation::Neuron { name, output, .. } => {
                    spiking.push(output.as_str());
                    layers.insert(name.clone(), none.layers.len());
                    none.layers.push(LayerActivity { name: name.clone(), ..Default::default() });
                }
                Operation::TernaryLinear { input, matrix, .. } => {
                    let column = |column: usize| {
                        (0..matrix.rows).filter(|row| matrix.row(*row)[column] != 0).count() as u64
                    };
                    let by_column: Vec<u64> = (0..matrix.columns).map(column).collect();
                    let populated = by_column.iter().sum();
                    let weights = matrix.trits.len() as u64;
                    put(input, Consumer::Linear { by_column, populated, weights });
                }
                Operation::AttentionScores { key: value, .. }
                | Operation::WeightedValues { value, .. } => {
                    let spikes = spiking.contains(&value.as_str());
                    put(value, Consumer::Stored { spikes });
                }
                Operation::Head { table, input, .. } => {
                    let weights = network.tables.get(table).map_or(0, |table| table.values.len());
                    put(input, Consumer::Dense { weights: weights as u64 });
                }
                _ => {}
            }
        }
        let (consumers, layers) = (Arc::new(consumers), Arc::new(layers));
        Watcher { consumers, layers, activity: none.clone(), none, positions: 0 }
    }

    /// A text of that many tokens begins.
    pub fn begin(&mut self, positions: usize) {
        self.positions = positions as u64;
    }

    /// Counts one vector.
    pub fn see(&mut self, seen: &Seen<'_>) {
        match seen.part {
            Part::Spikes => {
                let Some(&layer) = self.layers.get(seen.name) else { return };
                let layer = &mut self.activity.layers[layer];
                layer.neurons += seen.values.len() as u64;
                layer.spikes += seen.values.iter().filter(|&&s| s != 0.0).count() as u64;
                layer.positive += seen.values.iter().filter(|&&s| s > 0.0).count() as u64;
            }
            Part::Output => {
                let consumers = Arc::clone(&self.consumers);
                for consumer in consumers.get(seen.name).into_iter().flatten() {
                    self.count(consumer, seen.step == 0, seen.values);
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, consumer: &Consumer, first_step: bool, values: &[f64]) {
        let activity = &mut self.activity;
        match consumer {
            Consumer::Linear { by_column, populated, weights } => {
                let met = values.iter().zip(by_column).filter(|(value, _)| **value != 0.0);
                activity.adds += met.map(|(_, weights)| weights).sum::<u64>();
                if first_step {
                    activity.silent_adds += populated;
                    activity.dense_multiplies += weights;
                }
            }
            Consumer::Stored { spikes } => {
                let all = values.len() as u64 * self.positions;
                let populated = values.iter().filter(|&&value| value != 0.0).count() as u64;
                match spikes {
                    true => activity.adds += populated * self.positions,
                    false => activity.multiplies += all,
                }
                if first_step {
                    activity.silent_multiplies += all;
                    activity.dense_multiplies += all;
                }
            }
            Consumer::Dense { weights } => {
                activity.multiplies += weights;
                if first_step {
                    activity.silent_multiplies += weights;
                    activity.dense_multiplies += weights;
                }
            }
        }
    }

    /// The counts since the last call.
    pub fn take(&mut self) -> Activity {
        std::mem::replace(&mut self.activity, self.none.clone())
    }
}
