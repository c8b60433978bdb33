//! Encoders: what the builder makes of each family, and the seeded ones.

use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use weights::network::{
    BertHead, BertPooler, BertShape, BertSpiking, Network, NeuronLayer, Operation, Readout, Shape,
    SpikelmReset, spikelm_input,
};
use weights::neuron::Reset;
use weights::sample;

fn neurons(network: &Network) -> Vec<(&str, &NeuronLayer)> {
    network
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Neuron { name, neuron, .. } => Some((name.as_str(), neuron)),
            _ => None,
        })
        .collect()
}

fn classifier(spiking: BertSpiking, pooler: BertPooler) -> BertShape {
    let labels = vec!["no".to_owned(), "yes".to_owned()];
    BertShape {
        blocks: 1,
        spiking,
        head: BertHead::Classifier { labels, pooler },
        ..sample::bert_shape(1)
    }
}

#[test]
fn seeded_encoders_are_valid_and_differ() {
    let (mut steps, mut resets, mut kinds) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for seed in 0..60 {
        let shapes = [
            sample::spikelm_shape(seed),
            sample::spikingbert_shape(seed),
            sample::bert_shape(seed),
        ];
        let networks = [
            sample::spikelm(seed, &shapes[0]),
            sample::spikingbert(seed, &shapes[1]),
            sample::bert(seed, &shapes[2]),
        ];
        for (network, shape) in networks.iter().zip(&shapes) {
            network.check().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(network.steps, shape.steps);
            steps.insert(network.steps);
            kinds.insert(match network.readout {
                Readout::Vector => "vector",
                Readout::NextToken => "next token",
                Readout::Classes(_) => "classes",
                Readout::MaskedToken => "masked token",
            });
        }
        resets.extend(neurons(&networks[0]).iter().map(|(_, it)| format!("{:?}", it.reset)));
        let zeros: usize = networks[1].ternary_matrices().map(|m| m.summary().zero_count).sum();
        assert_eq!(zeros == 0, seed % 2 == 1, "odd seeds have binary weights");
        assert_eq!(networks[0], sample::spikelm(seed, &shapes[0]));
    }
    assert_eq!(steps, (1..=8).collect());
    assert_eq!(resets, BTreeSet::from(["Hard".to_owned(), "SpikelmCode".to_owned()]));
    assert_eq!(kinds, BTreeSet::from(["classes", "masked token"]));
}

#[test]
fn spikelm_shares_one_train_where_thresholds_are_equal() {
    let spiking = BertSpiking::Spikelm { beta: 0.25, reset: SpikelmReset::Code };
    let shape = BertShape { steps: 4, ..classifier(spiking, BertPooler::Tanh) };
    let names = |network: &Network| {
        neurons(network).iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
    };
    let shared = sample::spikelm(2, &shape);
    let rest = [
        "blocks.0.attention.key.neuron",
        "blocks.0.attention.value.neuron",
        "blocks.0.attention.context.neuron",
        "blocks.0.ffn.input.neuron",
        "blocks.0.ffn.hidden.neuron",
    ];
    assert_eq!(names(&shared)[0], "blocks.0.attention.input.neuron");
    assert_eq!(names(&shared)[1..], rest);
    let apart = names(&sample::spikelm(3, &shape));
    assert_eq!(
        apart[..3],
        ["query", "key", "value"].map(|part| format!("blocks.0.attention.{part}.input.neuron"))
    );
    assert_eq!(apart[3..], rest);
}

#[test]
fn the_released_reset_leaks_by_the_threshold_before() {
    let neuron = spikelm_input(&[2.0, 3.0], 0.25, SpikelmReset::Code);
    assert_eq!(neuron.reset, Reset::SpikelmCode);
    assert_eq!(neuron.at(1), (0.5, 3.0, 3.0));
    // steps beyond the stored thresholds repeat the last, in the leak one step later
    assert_eq!(neuron.at(2), (0.75, 3.0, 3.0));
    assert_eq!(neuron.at(7), (0.75, 3.0, 3.0));
    let paper = spikelm_input(&[2.0, 3.0], 0.25, SpikelmReset::Paper);
    assert_eq!((paper.reset, paper.at(1)), (Reset::Hard, (0.25, 3.0, 3.0)));
}

#[test]
fn spikingbert_fires_behind_everything_but_the_query() {
    let spiking = BertSpiking::Spikingbert { threshold: 1.0, leak: 0.99 };
    let shape = BertShape { steps: 3, ..classifier(spiking, BertPooler::TanhRelu) };
    let network = sample::spikingbert(1, &shape);
    let names: Vec<&str> = neurons(&network).iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "embedding.neuron",
            "blocks.0.attention.key.neuron",
            "blocks.0.attention.value.neuron",
            "blocks.0.attention.context.neuron",
            "blocks.0.attention.neuron",
            "blocks.0.ffn.hidden.neuron",
            "blocks.0.ffn.neuron",
        ]
    );
    assert_eq!(network.check().unwrap()[&network.output], Shape::Vector(2));
    assert_eq!(
        network.tables.keys().collect::<Vec<_>>(),
        ["classifier", "embedding", "pooler", "positions"]
    );
}
