//! The float executor against formulas, against the 32-bit reference, and against itself by tokens.

use cosim::reference::float::{FloatExecutor, Part, Recording, Seen};
use cosim::reference::{Activation, Reference, ReferenceError, seeded_ids};
use std::collections::{BTreeMap, BTreeSet};
use weights::network::{
    AttentionShape, EmbedIndex, Function, Network, NeuronLayer, Operation, Parameters, Readout,
    SpikingHeads, Table,
};
use weights::neuron::{LastStep, Quantise, Reset, SpikeRange, State};
use weights::sample;

/// Number of token ids of the networks here.
const VOCABULARY: usize = 5;

/// A network whose token ids have the rows of `table`, of `width` channels.
fn network(width: usize, table: &[f32], operations: Vec<Operation>) -> Network {
    let embed = Operation::Embed {
        table: "embedding".to_owned(),
        index: EmbedIndex::Token,
        output: "x".to_owned(),
    };
    let last = operations.last().unwrap_or(&embed).output().to_owned();
    let classes = (0..width).map(|class| class.to_string()).collect();
    let table = Table { rows: VOCABULARY, columns: width, values: table.to_vec() };
    Network {
        name: "test".to_owned(),
        vocabulary: VOCABULARY,
        context: 64,
        steps: 1,
        // Classes: the width of the output need not be the vocabulary.
        readout: Readout::Classes(classes),
        begin_token: None,
        end_tokens: BTreeSet::new(),
        tables: BTreeMap::from([("embedding".to_owned(), table)]),
        operations: std::iter::once(embed).chain(operations).collect(),
        output: last,
    }
}

fn neuron(neuron: NeuronLayer) -> Operation {
    Operation::Neuron {
        name: "n".to_owned(),
        input: "x".to_owned(),
        output: "s".to_owned(),
        neuron,
    }
}

fn record(network: &Network, ids: &[u32]) -> Recording {
    let mut recording = Recording::default();
    let mut executor = FloatExecutor::new(network).unwrap();
    executor.read_observed(ids, &mut |seen| recording.take(seen)).unwrap();
    recording
}

/// One channel over positions (at step 0), or over the steps of position 0.
fn column(recording: &Recording, name: &str, part: Part, places: &[(usize, usize)]) -> Vec<f64> {
    let at = |&(position, step): &(usize, usize)| {
        recording.at(name, part, position, step).expect("it was shown")[0]
    };
    places.iter().map(at).collect()
}

#[test]
fn a_network_without_neurons_equals_the_32_bit_reference() {
    let network = sample::network(3);
    let ids = seeded_ids(&network, 4, 20);
    let logits = FloatExecutor::new(&network).unwrap().read(&ids).unwrap();
    let mut reference = Reference::new(&network, Activation::Float).unwrap();
    for (&id, logits) in ids.iter().zip(&logits) {
        for (&expected, found) in reference.step(id).unwrap().iter().zip(logits) {
            assert!((f64::from(expected) - found).abs() < 1e-4, "{expected} {found}");
        }
    }
}

#[test]
fn blocks_of_any_length_are_one_text() {
    let network = sample::network(3);
    let ids = seeded_ids(&network, 4, 12);
    let mut executor = FloatExecutor::new(&network).unwrap();
    let whole = executor.read(&ids).unwrap();
    executor.reset();
    let mut pieces = executor.read(&ids[..5]).unwrap();
    assert_eq!(executor.position(), 5);
    pieces.extend(executor.read(&[]).unwrap());
    for &id in &ids[5..] {
        pieces.extend(executor.read(&[id]).unwrap());
    }
    assert_eq!(whole, pieces);
}

/// A seeded network of either family.
fn decoder(seed: u64) -> Network {
    match seed % 2 {
        0 => sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
        _ => sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
    }
}

#[test]
fn seeded_decoders_are_one_text_in_blocks_too() {
    for seed in 0..40 {
        let network = decoder(seed);
        let ids = seeded_ids(&network, seed, network.context.min(12));
        let mut executor = FloatExecutor::new(&network).unwrap();
        let whole = executor.read(&ids).unwrap();
        executor.reset();
        let mut pieces = executor.read(&ids[..1]).unwrap();
        pieces.extend(executor.read(&ids[1..]).unwrap());
        assert_eq!(whole, pieces, "seed {seed}");
    }
}

#[test]
fn seeded_neurons_fire_often_but_not_always() {
    let (mut layers, mut silent) = (0, 0);
    for seed in 0..40 {
        let network = decoder(seed);
        let mut rates: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        let ids = seeded_ids(&network, seed, network.context.min(32));
        let mut executor = FloatExecutor::new(&network).unwrap();
        let count = &mut |seen: &Seen<'_>| {
            if seen.part == Part::Spikes {
                let (spikes, all) = rates.entry(seen.name.to_owned()).or_default();
                *spikes += seen.values.iter().sum::<f64>();
                *all += seen.values.len() as f64;
            }
        };
        executor.read_observed(&ids, count).unwrap();
        layers += rates.len();
        let rate = |(spikes, all): &(f64, f64)| spikes / all;
        silent += rates.values().filter(|sum| !(0.02..=0.9).contains(&rate(sum))).count();
    }
    // Short texts of few channels may leave a layer silent; most must not be.
    assert!(layers > 200 && silent * 8 < layers, "{silent} of {layers} neuron layers");
}

#[test]
fn a_membrane_lives_over_tokens_and_ties_fire() {
    // τ = 3: v = v + (x − v) / 3 meets 1 at the second token of 3, 2.5 only if nothing is rounded
    let lif = NeuronLayer::lif(3.0, 1.0, State::PerToken);
    assert_eq!(lif.time_constant(), Some(3.0));
    let network = network(1, &[0.0, 1.5, 2.0, 3.0, -6.0], vec![neuron(lif)]);
    let recording = record(&network, &[1, 2, 0, 3, 4]);
    let places: Vec<_> = (0..5).map(|position| (position, 0)).collect();
    let membranes = column(&recording, "n", Part::Membrane, &places);
    assert_eq!(membranes, [0.5, 1.0, 0.0, 1.0, -2.0]);
    assert_eq!(column(&recording, "n", Part::Spikes, &places), [0.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(column(&recording, "s", Part::Output, &places), [0.0, 1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_membrane_lives_for_the_steps_of_a_token() {
    let soft = NeuronLayer {
        leak: vec![1.0],
        gain: 1.0,
        reset: Reset::Soft,
        threshold: vec![0.5],
        amplitude: vec![0.5],
        ..NeuronLayer::lif(2.0, 1.0, State::PerStep)
    };
    assert_eq!(soft.time_constant(), None);
    let mean = Operation::StepMean { input: "s".to_owned(), output: "mean".to_owned() };
    let mut network = network(1, &[0.0, 0.375, 0.75, -1.0, 0.0], vec![neuron(soft), mean]);
    network.steps = 4;
    let recording = record(&network, &[1, 2]);
    let steps = |position| (0..4).map(|step| (position, step)).collect::<Vec<_>>();
    assert_eq!(column(&recording, "n", Part::Membrane, &steps(0)), [0.375, 0.75, 0.625, 0.5]);
    assert_eq!(column(&recording, "s", Part::Output, &steps(0)), [0.0, 0.5, 0.5, 0.5]);
    // more than two thresholds: one spike a step all the same, and the rest stays
    assert_eq!(column(&recording, "n", Part::Membrane, &steps(1)), [0.75, 1.0, 1.25, 1.5]);
    assert_eq!(column(&recording, "mean", Part::Output, &[(0, 3), (1, 0)]), [0.375, 0.5]);
}

#[test]
fn ternary_neurons_follow_the_released_code() {
    // SpikeLM: m = ¼·m·(α' − out) + x with its own α a step: the leak of a step has the α before
    let layer = NeuronLayer {
        leak: vec![0.0, 0.5, 1.0],
        gain: 1.0,
        threshold: vec![2.0, 4.0],
        quantise: Quantise::NearestEven,
        range: SpikeRange::Signed(1),
        reset: Reset::SpikelmCode,
        state: State::PerStep,
        last_step: LastStep::Same,
        amplitude: vec![2.0, 4.0],
    };
    let mut network = network(1, &[-3.0, 1.0, 0.0, 0.0, 0.0], vec![neuron(layer)]);
    network.steps = 3;
    let recording = record(&network, &[0, 1]);
    let steps = |position| (0..3).map(|step| (position, step)).collect::<Vec<_>>();
    // −3 / 2 rounds to −2, clamped to −1; m·(1 − s) = −6, halved −3, and −3 again makes −6
    assert_eq!(column(&recording, "n", Part::Membrane, &steps(0)), [-3.0, -6.0, -15.0]);
    assert_eq!(column(&recording, "s", Part::Output, &steps(0)), [-2.0, -4.0, -4.0]);
    // 1 / 2 is a tie and goes to the even 0
    assert_eq!(column(&recording, "s", Part::Output, &steps(1)), [0.0, 0.0, 4.0]);
}

#[test]
fn the_last_step_emits_the_remainder() {
    let layer = NeuronLayer {
        leak: vec![1.0],
        gain: 1.0,
        reset: Reset::Soft,
        range: SpikeRange::Unsigned(2),
        last_step: LastStep::Remainder,
        ..NeuronLayer::lif(2.0, 1.0, State::PerStep)
    };
    let mut network = network(1, &[4.5; VOCABULARY], vec![neuron(layer)]);
    network.steps = 2;
    let recording = record(&network, &[0]);
    assert_eq!(column(&recording, "n", Part::Spikes, &[(0, 0), (0, 1)]), [3.0, 6.0]);
}

#[test]
fn wkv_equals_its_sum() {
    let channels = [[0.5, -1.0, 2.0, 0.25, 30.0], [1.0, 2.0, -0.5, -3.0, 1.5]];
    let table: Vec<f32> = (0..VOCABULARY).map(|id| channels[0][id]).collect();
    let (decay, bonus) = (0.4f32, -0.75f32);
    let key = Operation::Bias {
        name: "b".to_owned(),
        input: "x".to_owned(),
        output: "k".to_owned(),
        bias: Parameters(vec![0.125]),
    };
    let wkv = Operation::Wkv {
        name: "w".to_owned(),
        key: "k".to_owned(),
        value: "x".to_owned(),
        output: "y".to_owned(),
        decay: Parameters(vec![decay]),
        bonus: Parameters(vec![bonus]),
    };
    let ids = [0u32, 3, 2, 1, 3, 4, 0];
    let recording = record(&network(1, &table, vec![key, wkv]), &ids);
    for now in 0..ids.len() {
        let (mut numerator, mut denominator) = (0.0, 0.0);
        for (position, &id) in ids[..=now].iter().enumerate() {
            let value = f64::from(table[id as usize]);
            let exponent = match now - position {
                0 => f64::from(bonus),
                distance => -(distance as f64 - 1.0) * f64::from(decay),
            };
            let weight = (value + 0.125 + exponent).exp();
            numerator += weight * value;
            denominator += weight;
        }
        let found = recording.at("y", Part::Output, now, 0).unwrap()[0];
        assert!((found - numerator / denominator).abs() < 1e-12, "{now}: {found}");
        let (q, o) = (Part::Denominator, Part::Exponent);
        assert!(recording.at("w", q, now, 0).unwrap()[0] >= 0.5);
        assert!(recording.at("w", o, now, 0).unwrap()[0].is_finite());
    }
}

#[test]
fn a_shift_remembers_one_token() {
    let shift = Operation::TokenShift {
        name: "t".to_owned(),
        input: "x".to_owned(),
        output: "y".to_owned(),
        mix: Parameters(vec![2.0, 0.25]),
    };
    let table = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0, 5.0, 50.0];
    let recording = record(&network(2, &table, vec![shift]), &[0, 1, 4]);
    let at = |position| recording.at("y", Part::Output, position, 0).unwrap();
    assert_eq!((at(0), at(1), at(2)), (&[2.0, 2.5][..], &[3.0, 12.5][..], &[8.0, 27.5][..]));
}

/// A neuron that is driven by itself: once it has spiked, it spikes at every token until the text ends.
#[test]
fn a_recurrence_remembers_the_spikes_of_the_token_before() {
    let previous =
        Operation::Previous { input: "y".to_owned(), output: "before".to_owned(), width: 2 };
    let [left, right, output] = ["x", "before", "current"].map(str::to_owned);
    let sum = Operation::Add { left, right, output };
    let neuron = NeuronLayer { leak: vec![0.0], ..NeuronLayer::lif(1.0, 1.0, State::PerToken) };
    let spikes = Operation::Neuron {
        name: "n".to_owned(),
        input: "current".to_owned(),
        output: "y".to_owned(),
        neuron,
    };
    let table = [0.0, 0.5, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.25, 0.0];
    let network = network(2, &table, vec![previous, sum, spikes]);
    let ids = [0, 1, 0, 2, 3];
    let recording = record(&network, &ids);
    let at = |position| recording.at("y", Part::Output, position, 0).unwrap().to_vec();
    let expected = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]];
    assert_eq!([0, 1, 2, 3, 4].map(at), expected.map(Vec::from));
    // A text in parts is the same text, and a new one remembers nothing.
    let mut executor = FloatExecutor::new(&network).unwrap();
    let whole = executor.read(&ids).unwrap();
    executor.reset();
    let mut parts = executor.read(&ids[..2]).unwrap();
    parts.extend(executor.read(&ids[2..]).unwrap());
    assert_eq!(parts, whole);
}

/// Two heads of two channels: spikes of query, key and value are those of the token.
fn spiking(causal: bool) -> Network {
    let x = || "x".to_owned();
    let shape = SpikingHeads { heads: 2, head_width: 2, scale_shift: 1, causal };
    let attention = Operation::SpikingAttention {
        name: "a".to_owned(),
        query: x(),
        key: x(),
        value: x(),
        output: "y".to_owned(),
        shape,
    };
    let rows: [[f32; 4]; VOCABULARY] = [
        [1.0, 1.0, 0.0, 1.0],
        [0.0, 1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0, 0.0],
        [1.0, 0.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 1.0],
    ];
    network(4, rows.as_flattened(), vec![attention])
}

#[test]
fn spiking_attention_counts() {
    let recording = record(&spiking(true), &[0, 1, 4]);
    let scores = |position| recording.at("a", Part::Scores, position, 0).unwrap();
    assert_eq!(scores(1), [1.0, 1.0, 1.0, 2.0]);
    assert_eq!(scores(2), [2.0, 1.0, 2.0, 1.0, 2.0, 2.0]);
    let y = |position| recording.at("y", Part::Output, position, 0).unwrap();
    assert_eq!(y(1), [0.5, 1.0, 1.0, 1.5]);
    assert_eq!(y(2), [2.0, 2.5, 2.0, 2.5]);
    let recording = record(&spiking(false), &[0, 1, 4]);
    assert_eq!(recording.at("a", Part::Scores, 0, 0).unwrap().len(), 6);
    assert_eq!(recording.at("y", Part::Output, 0, 0).unwrap(), [2.0, 2.5, 1.0, 1.5]);
}

#[test]
fn positions_see_later_ones_where_the_attention_is_not_causal() {
    let x = || "x".to_owned();
    let shape = AttentionShape { heads: 1, key_value_heads: 1, head_width: 1, causal: false };
    let (name, scores) = ("a".to_owned(), "scores".to_owned());
    let operations = vec![
        Operation::AttentionScores {
            name: name.clone(),
            query: x(),
            key: x(),
            output: scores,
            shape,
        },
        Operation::Softmax { input: "scores".to_owned(), output: "p".to_owned() },
        Operation::WeightedValues {
            name,
            probabilities: "p".to_owned(),
            value: x(),
            output: "y".to_owned(),
            shape,
        },
        Operation::FirstPosition { input: "y".to_owned(), output: "first".to_owned() },
        Operation::Apply {
            function: Function::Tanh,
            input: "first".to_owned(),
            output: "z".to_owned(),
        },
    ];
    let network = network(1, &[0.0, 1.0, 2.0, -1.0, 3.0], operations);
    let mut executor = FloatExecutor::new(&network).unwrap();
    assert!(executor.reads_whole_texts());
    let expected = |ids: &[f64]| {
        let weights: Vec<f64> = ids.iter().map(|key| (ids[0] * key).exp()).collect();
        let sum: f64 = weights.iter().sum();
        (weights.iter().zip(ids).map(|(weight, value)| weight * value).sum::<f64>() / sum).tanh()
    };
    let logits = executor.read(&[1, 2, 3]).unwrap();
    assert_eq!(logits.len(), 1);
    assert!((logits[0][0] - expected(&[1.0, 2.0, -1.0])).abs() < 1e-15);
    // a text of its own, whatever was read before
    let logits = executor.read(&[2, 4]).unwrap();
    assert!((logits[0][0] - expected(&[2.0, 3.0])).abs() < 1e-15);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let mut network = sample::network(1);
    network.context = 3;
    let mut executor = FloatExecutor::new(&network).unwrap();
    let message = |error: ReferenceError| error.to_string();
    let outside = executor.read(&[1, network.vocabulary as u32]).unwrap_err();
    assert!(message(outside).contains("at position 1 is outside the vocabulary"));
    let full = executor.read(&[1, 1, 1, 1]).unwrap_err();
    assert!(message(full).starts_with("position 3 is outside the context of 3 tokens"));
    assert_eq!(executor.position(), 0);
    assert_eq!(executor.read(&[1, 1, 1]).unwrap().len(), 3);
    network.tables.get_mut("embedding").unwrap().values[0] = f32::MAX;
    let mut executor = FloatExecutor::new(&network).unwrap();
    // the largest float has a square that 64 bits hold
    assert!(executor.read(&[0]).is_ok());
}
