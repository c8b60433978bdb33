//! The integer machine against the float executor: the same network, near enough.

use cosim::reference::float::FloatExecutor;
use cosim::reference::machine::MachineReference;
use firmware::lower::lower;
use weights::config::Design;
use weights::network::{BertShape, BitnetShape, Function, Network, Readout};
use weights::sample;

fn design() -> Design {
    let mut design = Design::bundled();
    design.array.acc_width = 24;
    design.machine.value_width = 24;
    design
}

/// The logits of the machine and of the floats for a text: of each position, or of the whole.
fn logits(network: &Network, ids: &[u32]) -> (Vec<Vec<f64>>, Vec<Vec<f64>>, u64) {
    let mut design = design();
    // Keys whose unit is the same for all tokens need more digits.
    design.machine.key_value_digits = 7;
    let program = lower(network, &design).unwrap_or_else(|error| panic!("{error}"));
    let mut machine = MachineReference::new(&program);
    let classes = matches!(network.readout, Readout::Classes(_));
    let mut found = Vec::new();
    for (index, &id) in ids.iter().enumerate() {
        let asked = !classes || index + 1 == ids.len();
        if let Some(prediction) = machine.step(id, asked).unwrap() {
            let values: Vec<f64> = prediction.values().collect();
            found.push(values);
        }
    }
    let expected = FloatExecutor::new(network).unwrap().read(ids).unwrap();
    (found, expected, machine.saturations())
}

/// How much of the variation of the float logits the machine's leave unexplained.
fn distance(found: &[Vec<f64>], expected: &[Vec<f64>]) -> f64 {
    let (mut error, mut total) = (0.0, 0.0);
    for (found, expected) in found.iter().zip(expected) {
        let mean = expected.iter().sum::<f64>() / expected.len() as f64;
        for (x, y) in found.iter().zip(expected) {
            error += (x - y).powi(2);
            total += (y - mean).powi(2);
        }
    }
    (error / total).sqrt()
}

/// Half of the networks must be nearer than this: a spike that fixed point flips can change all of a
/// small random network, a wrong operation changes most of them.
const MEDIAN_MAX: f64 = 0.2;

fn require_near(mut distances: Vec<f64>) {
    distances.sort_by(f64::total_cmp);
    let median = distances[distances.len() / 2];
    assert!(median < MEDIAN_MAX, "{distances:?}");
}

fn distance_of(network: &Network, length: usize) -> f64 {
    let ids: Vec<u32> = (0..length.min(network.context))
        .map(|i| ((i * 7919 + 13) % network.vocabulary) as u32)
        .collect();
    let (found, expected, saturations) = logits(network, &ids);
    assert_eq!(found.len(), expected.len());
    let distance = distance(&found, &expected);
    println!("{} {:?}: {distance:.4}, {saturations} saturations", network.name, network.readout);
    distance
}

#[test]
fn a_squared_relu_in_bitnet_is_near_its_floats() {
    let shape = BitnetShape { gate: Function::SquaredRelu, ..sample::shape() };
    let networks = (0..4).map(|seed| sample::network_of(seed, &shape));
    require_near(networks.map(|network| distance_of(&network, 20)).collect());
}

#[test]
fn decoders_are_near_their_floats() {
    let (mut recurrent, mut attending) = (Vec::new(), Vec::new());
    for seed in 0..8 {
        let network = sample::spikegpt(seed, &sample::spikegpt_shape(seed));
        recurrent.push(distance_of(&network, 20));
        let network = sample::neurtransformer(seed, &sample::neurtransformer_shape(seed));
        attending.push(distance_of(&network, 20));
    }
    require_near(attending);
    // WKV keeps what a flipped spike has changed: half as near.
    recurrent.iter_mut().for_each(|distance| *distance /= 2.0);
    require_near(recurrent);
}

#[test]
fn functions_are_near_their_floats() {
    use Function::{Gelu, GeluTanh, HardSwish, Relu, Sigmoid, Silu, SquaredRelu, Tanh};
    for function in [Silu, Gelu, GeluTanh, HardSwish, Relu, Tanh, SquaredRelu, Sigmoid] {
        let shape = |seed| BertShape { function, ..sample::bert_shape(seed) };
        let networks = (0..6).map(|seed| sample::bert(seed, &shape(seed)));
        let classes = networks.filter(|it| matches!(it.readout, Readout::Classes(_)));
        println!("{function:?}");
        require_near(classes.map(|network| distance_of(&network, 12)).collect());
    }
}

#[test]
fn llamas_are_near_their_floats() {
    let mut distances = Vec::new();
    for seed in 0..16 {
        let model = sample::spikellm(seed, &sample::spikellm_shape(seed));
        let network = model.network().expect("its matrices are integers");
        distances.push(distance_of(&network, 12));
    }
    require_near(distances);
}

#[test]
fn encoders_are_near_their_floats() {
    let mut distances = Vec::new();
    for seed in 0..8 {
        for network in [
            sample::spikelm(seed, &sample::spikelm_shape(seed)),
            sample::spikingbert(seed, &sample::spikingbert_shape(seed)),
        ] {
            if matches!(network.readout, Readout::Classes(_)) {
                distances.push(distance_of(&network, 12));
            }
        }
    }
    require_near(distances);
}
