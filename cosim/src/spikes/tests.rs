use super::*;
use crate::reference::float::FloatExecutor;
use crate::reference::seeded_ids;
use firmware::lower::lower;
use weights::config::Design;
use weights::network::{BertHead, BertPooler, LifPlacement, Operation};
use weights::sample;

#[test]
fn a_train_prints_a_line_a_step() {
    let mut record = SpikeRecord::new(2);
    record.take("n", 4, 0, &[0, 1, -1, 3]);
    record.take("n", 4, 1, &[0, 0, 0, 12]);
    record.take("n", 5, 0, &[1, 1, 1, 1]);
    let layer = record.layer("n").unwrap();
    assert_eq!(layer.train(4), "step 0  .+-3\nstep 1  ...*\n");
    assert_eq!(layer.train(5), "step 0  ++++\n");
    assert_eq!(layer.train(6), "");
    assert_eq!(layer.rate(), 8.0 / 12.0);
    assert_eq!(record.layer("m"), None);
}

#[test]
fn a_machine_fills_a_record_of_every_layer() {
    for seed in 1..4 {
        let network = sample::spikegpt(seed, &sample::spikegpt_shape(seed));
        let program = lower(&network, &Design::spiking()).unwrap();
        let ids = seeded_ids(&network, seed, 6);
        let machine = MachineReference::new(&program);
        let record = SpikeRecord::of_machine(&machine, 1, &ids, &[], |_| true).unwrap();
        let names: Vec<&str> = record.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, neuron_layers(&program));
        for (layer, operation) in record.layers.iter().zip(neurons(&network)) {
            let at: Vec<_> = layer.vectors.iter().map(|it| (it.position, it.step)).collect();
            assert_eq!(at, (0..6).map(|position| (position, 0)).collect::<Vec<_>>());
            let levels = layer.vectors.iter().flat_map(|vector| &vector.spikes);
            assert!(
                levels.clone().all(|&(neuron, level)| neuron < layer.neurons as u32 && level == 1),
                "{operation}"
            );
        }
        assert!(record.layers.iter().any(|layer| layer.rate() > 0.0));
    }
}

/// At every position and step, in loops, chunks and planes: those of the float network, but where a
/// membrane is at its threshold.
#[test]
fn a_block_fills_a_record_of_every_position_and_step() {
    for seed in 0..6 {
        let mut shape = sample::spikelm_shape(seed);
        shape.head = BertHead::Classifier {
            labels: ["no", "yes"].map(str::to_owned).to_vec(),
            pooler: BertPooler::Tanh,
        };
        let network = sample::spikelm(seed, &shape);
        let ids = seeded_ids(&network, seed, network.context.min(7));
        let last = ids.len() - 1;
        let mut float = SpikeRecord::new(network.steps);
        let mut executor = FloatExecutor::new(&network).unwrap();
        executor.read_observed(&ids, &mut |seen| float.take_seen(seen)).unwrap();
        let machine = MachineReference::new(&lower(&network, &Design::spiking()).unwrap());
        let record =
            SpikeRecord::of_machine(&machine, network.steps, &ids, &[], |at| at == last).unwrap();
        assert_eq!(record.layers.len(), float.layers.len());
        let (mut spikes, mut differing) = (0, 0);
        for (layer, float) in record.layers.iter().zip(&float.layers) {
            let places = |layer: &LayerSpikes| {
                let place = |it: &SpikeVector| ((it.position, it.step), it.spikes.len());
                layer.vectors.iter().map(place).collect::<BTreeMap<_, _>>()
            };
            let (ours, theirs) = (places(layer), places(float));
            assert_eq!(ours.len(), ids.len() * network.steps, "{}", layer.name);
            assert!(ours.keys().eq(theirs.keys()), "{} {}", layer.name, float.name);
            spikes += theirs.values().sum::<usize>();
            differing += ours.iter().map(|(at, n)| n.abs_diff(theirs[at])).sum::<usize>();
        }
        println!("{seed}: {spikes} spikes, {differing} differ in number");
        assert!(spikes > 0 && differing * 4 < spikes, "{seed}: {differing} of {spikes}");
    }
}

/// Behind the parts of a block no matrix sees spikes; before them, all but the head do.
#[test]
fn placements_differ_in_what_matrices_see() {
    for placement in [LifPlacement::BehindParts, LifPlacement::BeforeMatrices] {
        let mut shape = sample::spikegpt_shape(5);
        shape.spiking.as_mut().unwrap().placement = placement;
        let network = sample::spikegpt(5, &shape);
        let machine = MachineReference::new(&lower(&network, &Design::spiking()).unwrap());
        let ids = seeded_ids(&network, 1, 8);
        let record = SpikeRecord::of_machine(&machine, 1, &ids, &[], |_| true).unwrap();
        assert_eq!((record.tokens, record.matrices.len()), (8, 7 * shape.blocks + 1));
        let (head, blocks) = record.matrices.split_last().unwrap();
        let before = placement == LifPlacement::BeforeMatrices;
        assert!(!head.spiking && blocks.iter().all(|it| it.spiking == before), "{record:?}");
        for (counted, matrix) in blocks.iter().zip(network.ternary_matrices()) {
            let weights = matrix.trits.iter().filter(|&&trit| trit != 0).count() as u64;
            assert_eq!(counted.weights, 8 * weights, "{}", counted.name);
            assert!(counted.synapses >= 8 * matrix.trits.len() as u64);
            assert!(!before || counted.additions <= counted.synapses);
        }
    }
}

/// The outputs of the neuron layers.
fn neurons(network: &weights::network::Network) -> Vec<&str> {
    let is_neuron = |operation: &&Operation| matches!(operation, Operation::Neuron { .. });
    network.operations.iter().filter(is_neuron).map(Operation::output).collect()
}

#[test]
fn the_float_executor_fills_a_record() {
    let network = sample::neurtransformer(3, &sample::neurtransformer_shape(3));
    let mut record = SpikeRecord::new(network.steps);
    let ids = seeded_ids(&network, 1, network.context.min(5));
    let mut executor = FloatExecutor::new(&network).unwrap();
    executor.read_observed(&ids, &mut |seen| record.take_seen(seen)).unwrap();
    let names: Vec<&str> = record.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names[0], "blocks.0.attention.query.neuron");
    assert_eq!(names.len() % 5, 0);
    for layer in &record.layers {
        assert_eq!(layer.vectors.len(), ids.len() * network.steps);
    }
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<SpikeRecord>(&text).unwrap(), record);
}
