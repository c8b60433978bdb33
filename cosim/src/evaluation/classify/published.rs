//! What the publications of these systems report, at their size, for reading beside ours.

use weights::network::{Network, Operation};
use weights::neuron::{Reset, SpikeRange};

/// A line of a publication's table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The model.
    pub model: &'static str,
    /// The test, and its result.
    pub result: &'static str,
    /// Energy of a text in millijoules, where it is given.
    pub millijoules: Option<f64>,
    /// Where the figure is from.
    pub source: &'static str,
}

const SPIKELM: &str = "Xing et al., SpikeLM, ICML 2024: BERT base, 128 tokens";

/// GLUE mean and energy, and the one task that our texts resemble.
const OF_SPIKELM: [Published; 4] = [
    Published { model: "BERT", result: "GLUE 83.2", millijoules: Some(51.41), source: SPIKELM },
    Published { model: "LIF-BERT", result: "GLUE 54.9", millijoules: Some(7.98), source: SPIKELM },
    Published {
        model: "SpikeLM, T = 1",
        result: "GLUE 75.7",
        millijoules: Some(3.98),
        source: SPIKELM,
    },
    Published { model: "SpikeLM, T = 4", result: "SST-2 87.0", millijoules: None, source: SPIKELM },
];

/// What is published of the system whose neurons a network has; nothing where no figure is known.
pub fn published(network: &Network) -> &'static [Published] {
    let ternary = network.operations.iter().any(|operation| match operation {
        Operation::Neuron { neuron, .. } => {
            neuron.range == SpikeRange::Signed(1) && neuron.reset != Reset::Soft
        }
        _ => false,
    });
    if ternary { &OF_SPIKELM } else { &[] }
}
