//! The operations of SpikeGPT and NeurTransformer, and their seeded samples.

use std::collections::BTreeSet;
use weights::network::{
    CONTEXT_UNBOUNDED, GptInside, LifPlacement, Network, Operation, RwkvShape, Shape,
};
use weights::neuron::State;
use weights::sample;

fn kinds(network: &Network) -> Vec<&'static str> {
    network.operations.iter().map(Operation::kind).collect()
}

fn count(network: &Network, kind: &str) -> usize {
    kinds(network).iter().filter(|&&found| found == kind).count()
}

#[test]
fn seeded_decoders_are_networks() {
    let mut placements = BTreeSet::new();
    for seed in 0..60 {
        let shape = sample::spikegpt_shape(seed);
        let network = sample::spikegpt(seed, &shape);
        let shapes = network.check().unwrap();
        assert_eq!(shapes["blocks.0.ffn.hidden"], Shape::Vector(shape.hidden));
        assert_eq!(network.context, CONTEXT_UNBOUNDED);
        placements.insert(format!("{:?}", shape.spiking.as_ref().unwrap().placement));
        assert_eq!(network, sample::spikegpt(seed, &shape));

        let shape = sample::neurtransformer_shape(seed);
        let network = sample::neurtransformer(seed, &shape);
        let shapes = network.check().unwrap();
        assert_eq!(shapes["blocks.0.attention.context.spikes"], Shape::Vector(shape.width));
        let GptInside::Spiking(spiking) = &shape.inside else { panic!("it spikes") };
        assert_eq!((network.steps, network.context), (spiking.steps, shape.context));

        let shape = sample::gpt_shape(seed);
        sample::neurtransformer(seed, &shape).check().unwrap();
    }
    assert_eq!(placements.len(), 2);
}

#[test]
fn neurons_stand_where_the_placement_says() {
    let shape = |placement| {
        let mut shape = sample::spikegpt_shape(3);
        shape.spiking.as_mut().unwrap().placement = placement;
        RwkvShape { blocks: 2, ..shape }
    };
    let behind = sample::spikegpt(1, &shape(LifPlacement::BehindParts));
    let before = sample::spikegpt(1, &shape(LifPlacement::BeforeMatrices));
    let plain =
        sample::spikegpt(1, &RwkvShape { spiking: None, ..shape(LifPlacement::BehindParts) });
    let neurons = [&behind, &before, &plain].map(|network| count(network, "neuron"));
    assert_eq!(neurons, [4, 14, 0]);
    for network in [&behind, &before, &plain] {
        assert_eq!((count(network, "wkv"), count(network, "token_shift")), (2, 10));
        assert_eq!(network.ternary_matrices().count(), 14);
    }
    for operation in &before.operations {
        if let Operation::TernaryLinear { input, matrix, .. } = operation {
            assert_eq!(*input, format!("{}.spikes", matrix.name));
        }
        if let Operation::Neuron { neuron, .. } = operation {
            assert_eq!(neuron.state, State::PerToken);
        }
    }
    let added = |operation: &Operation| match operation {
        Operation::Add { right, .. } => right.ends_with(".spikes"),
        _ => true,
    };
    assert!(behind.operations.iter().all(added));
}

#[test]
fn a_time_constant_is_found_again() {
    use weights::network::NeuronLayer;
    for tau in [1.1f32, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 41.0, 47.0, 49.0, 100.0] {
        let layer = NeuronLayer::lif(tau, 1.0, State::PerStep);
        assert_eq!(layer.time_constant(), Some(f64::from(tau)), "{tau}");
    }
    assert_eq!(NeuronLayer::lif(1.0, 1.0, State::PerStep).time_constant(), None);
    let mut decayed = NeuronLayer::lif(2.0, 1.0, State::PerStep);
    decayed.gain = 1.0;
    assert_eq!(decayed.time_constant(), None);
}
