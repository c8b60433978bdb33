//! Ring `systems`: random networks of every spiking family on machines of their own, every write of
//! every memory equal to the integer reference, every cycle as the model says.

use cosim::reference::machine::MachineReference;
use firmware::lower::{lower, position_orders};
use firmware::machine::Program;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tests::asked_for;
use tests::coverage::Coverage;
use tests::systems::{design, ids, runs, runs_verilated};
use weights::config::{Design, Form};
use weights::network::{
    BertHead, BertShape, BertSpiking, BitnetShape, Network, Operation, Readout,
};
use weights::{import, sample};

/// How many networks of each family; all of them where `SPIKEWRIGHT_ALL` asks for it.
fn seeds() -> u64 {
    if asked_for("SPIKEWRIGHT_ALL") { 24 } else { 3 }
}

/// SpikeGPT in both placements and NeurTransformer. All of them have every rule of their families
/// between them.
#[test]
fn decoders_equal_their_reference() {
    let one = |index: u64| {
        let seed = index / 2;
        let network = match index % 2 {
            0 => sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
            _ => sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
        };
        let program = runs(&network, &design(seed), &ids(&network, seed, 2), 3);
        (network, program)
    };
    let indices: Vec<u64> = (0..2 * seeds()).collect();
    let found: Vec<(Network, Program)> = indices.into_par_iter().with_max_len(1).map(one).collect();
    let mut coverage = Coverage::default();
    found.iter().for_each(|(network, program)| coverage.add(network, program));
    println!("{coverage}");
    if !asked_for("SPIKEWRIGHT_ALL") {
        return;
    }
    assert!(coverage.networks >= 40 && coverage.steps.len() == 8, "{coverage}");
    let has = |counted: &BTreeMap<String, usize>, name: &str| {
        assert!(counted.contains_key(name), "no {name}: {coverage}");
    };
    for operation in [
        "Embed",
        "LayerNorm",
        "TernaryLinear",
        "Bias",
        "TokenShift",
        "Wkv",
        "Apply Sigmoid",
        "Apply SquaredRelu",
        "Multiply",
        "Add",
        "Neuron",
        "SpikingAttention",
    ] {
        has(&coverage.operations, operation);
    }
    for rule in ["reset Hard", "reset Soft", "membranes PerToken", "membranes PerStep"] {
        has(&coverage.neurons, rule);
    }
}

/// The same networks on arrays of events, and on one plane, whose counts take several passes.
#[test]
fn events_and_single_planes_equal_their_reference() {
    for seed in 0..seeds().min(16) {
        let network = sample::spikegpt(seed, &sample::spikegpt_shape(seed));
        let mut events = design(seed);
        events.array.form = Form::Event;
        events.array.lanes *= [1, 4, 2, 8][(seed % 4) as usize];
        let mut plane = design(seed);
        plane.array.planes = 1;
        for design in [events, plane] {
            runs(&network, &design, &ids(&network, seed, 2), 3);
        }
    }
}

/// Layers of neurons by themselves, some of which see their own spikes of the token before; on arrays of
/// events too.
#[test]
fn recurrent_networks_equal_their_reference() {
    let one = |seed: u64| {
        let network = sample::recurrent(seed, &sample::recurrent_shape(seed));
        let mut design = design(seed);
        if seed % 4 == 3 {
            design.array.form = Form::Event;
        }
        let program = runs(&network, &design, &ids(&network, seed, 6), 6);
        (network, program)
    };
    let seeds: Vec<u64> = (0..4 * seeds()).collect();
    let found: Vec<(Network, Program)> = seeds.into_par_iter().with_max_len(1).map(one).collect();
    let mut coverage = Coverage::default();
    found.iter().for_each(|(network, program)| coverage.add(network, program));
    println!("{coverage}");
    assert!(coverage.operations.contains_key("Previous"), "{coverage}");
}

#[test]
fn llamas_equal_their_reference() {
    for seed in 0..3 * seeds().min(16) {
        let model = sample::spikellm(seed, &sample::spikellm_shape(seed));
        let network = model.network().expect("its matrices are integers");
        runs(&network, &design(seed), &ids(&network, seed, 3), 3);
    }
}

/// A LLaMA of ternary matrices; its norms are smaller and the matrices behind them larger by 2^`bits`.
fn ternary_llama(seed: u64, bits: i32) -> Network {
    let shape = BitnetShape { sub_norms: false, ..sample::shape_of(&design(seed).sample) };
    let mut network = sample::network_of(seed, &shape);
    let by = 2f32.powi(bits);
    for operation in &mut network.operations {
        match operation {
            Operation::RmsNorm { weight, name, .. } if name.starts_with("blocks") => {
                *weight = weight.values().iter().map(|gain| gain / by).collect::<Vec<f32>>().into();
            }
            Operation::TernaryLinear { matrix, .. }
                if !matrix.name.ends_with("output") && !matrix.name.ends_with("down") =>
            {
                matrix.scale *= by;
            }
            _ => {}
        }
    }
    network
}

/// Where norms are small and the matrices behind them large, the machine computes the same.
#[test]
fn ternary_llamas_equal_their_reference_at_any_scale() {
    for seed in 0..4 {
        let answers = [0, 8, -4].map(|bits| {
            let network = ternary_llama(seed, bits);
            let program = lower(&network, &design(seed)).unwrap();
            let mut machine = MachineReference::new(&program);
            let ids = ids(&network, seed, 8);
            let answer = |&id: &u32| -> Vec<f64> {
                machine.step(id, true).unwrap().expect("it is asked for").values().collect()
            };
            ids.iter().flat_map(answer).collect::<Vec<f64>>()
        });
        let largest = answers[0].iter().fold(0f64, |largest, x| largest.max(x.abs()));
        for scaled in &answers[1..] {
            let distances = scaled.iter().zip(&answers[0]).map(|(a, b)| (a - b).abs());
            let distance = distances.fold(0.0, f64::max) / largest;
            println!("llama {seed}: {distance:.4}");
            assert!(distance < 0.1, "{seed}: {distance}");
        }
        let network = ternary_llama(seed, 8);
        runs(&network, &design(seed), &ids(&network, seed, 3), 3);
    }
}

/// As the operations stand, with instructions that changed places, with loops as they are and apart, in
/// chunks, and in chunks that share weights: the same values.
#[test]
fn orders_have_equal_results() {
    let (mut orders, mut moved) = (BTreeMap::new(), 0);
    for seed in 0..16 {
        let llama = sample::spikellm(seed, &sample::spikellm_shape(seed));
        for network in [
            sample::spikelm(seed, &sample::spikelm_shape(seed)),
            sample::spikingbert(seed, &sample::spikingbert_shape(seed)),
            sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
            sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
            llama.network().expect("its matrices are integers"),
        ] {
            if network.readout == Readout::MaskedToken {
                continue;
            }
            let asks_all = network.readout == Readout::NextToken;
            let design = Design { name: "orders".into(), ..design(seed) };
            let text = ids(&network, seed, 2 + seed as usize);
            let mut known: Option<Vec<Vec<f64>>> = None;
            for (order, program) in position_orders(&network, &design).unwrap() {
                let mut machine = MachineReference::new(&program);
                let found: Vec<Vec<f64>> = (1..=text.len())
                    .filter_map(|length| {
                        let asked = asks_all || length == text.len();
                        let found = machine.step(text[length - 1], asked).unwrap();
                        found.map(|found| found.values().collect())
                    })
                    .collect();
                assert!(!found.is_empty(), "{} {seed}: nothing is answered", network.name);
                let known = known.get_or_insert_with(|| found.clone());
                assert_eq!(*known, found, "{} {seed}, {order:?}", network.name);
                *orders.entry((order.chunk > 0, order.shares, order.apart)).or_insert(0) += 1;
                moved += u32::from(order.scheduled);
            }
        }
    }
    println!("{orders:?}, {moved} scheduled");
    assert!(moved >= 400, "{moved}");
    let [whole, apart] = [false, true].map(|apart| orders[&(false, false, apart)]);
    assert!(whole >= 140 && apart >= 200 && orders[&(true, false, true)] >= 50, "{orders:?}");
    assert!(orders[&(true, true, true)] >= 50 && orders[&(false, true, true)] >= 25, "{orders:?}");
}

/// Encoders of each family; all of them where `SPIKEWRIGHT_ALL` asks for it.
fn encoder_seeds() -> u64 {
    if asked_for("SPIKEWRIGHT_ALL") { 20 } else { 4 }
}

/// An encoder of a seed, in turn SpikeLM, SpikingBERT and plain, with a text of any length.
fn encoder(index: u64) -> (BertShape, Network, usize) {
    let (family, seed) = (index % 3, index / 3);
    let mut shape = match family {
        0 => sample::spikelm_shape(seed),
        1 => sample::spikingbert_shape(seed),
        _ => sample::bert_shape(seed),
    };
    if family < 2 {
        shape.steps = 1 + (seed as usize + 2) % 8;
    }
    if seed % 5 == 3 {
        shape.head = BertHead::MaskedToken { tied: seed % 2 == 0 };
    }
    let network = match family {
        0 => sample::spikelm(seed, &shape),
        1 => sample::spikingbert(seed, &shape),
        _ => sample::bert(seed, &shape),
    };
    // One token, a full context, and all between.
    let length = match seed % 4 {
        1 => 1,
        2 => shape.context,
        _ => 1 + (5 * seed as usize + 2) % shape.context,
    };
    (shape, network, length)
}

/// What an encoder has that others have not.
fn kinds(shape: &BertShape, network: &Network, length: usize, program: &Program) -> Vec<String> {
    let has_zeros = network.ternary_matrices().any(|matrix| matrix.trits.contains(&0));
    let (family, rule) = match shape.spiking {
        BertSpiking::Plain => ("plain", "no neurons".to_owned()),
        BertSpiking::Spikelm { beta, reset } => {
            ("SpikeLM", format!("{reset:?} reset, leak {beta}"))
        }
        BertSpiking::Spikingbert { threshold, leak } => {
            ("SpikingBERT", format!("threshold {threshold}, leak {leak}"))
        }
    };
    let head = match &shape.head {
        BertHead::Classifier { pooler, .. } => format!("classifier, pooler {pooler:?}"),
        BertHead::MaskedToken { tied: true } => "masks, tied".to_owned(),
        BertHead::MaskedToken { tied: false } => "masks, a table of their own".to_owned(),
    };
    let weights = if has_zeros { "ternary" } else { "binary" };
    let filled = match (length, length == shape.context) {
        (1, _) => "one token",
        (_, true) => "a full context",
        _ => "padding",
    };
    let shared = if program.parameters.has_vectors() { "chunks" } else { "single positions" };
    let of = |what: &str| format!("{family}: {what}");
    vec![
        of(&rule),
        of(&head),
        of(&format!("{weights} weights")),
        of(filled),
        of(shared),
        format!("T = {}", shape.steps),
        rule,
        head,
    ]
}

/// SpikeLM, SpikingBERT and plain encoders that classify and that fill masks.
#[test]
fn encoders_equal_their_reference() {
    let one = |index: u64| {
        let (shape, network, length) = encoder(index);
        let seed = index / 3;
        let program = runs(&network, &design(seed), &ids(&network, seed, length), 1);
        kinds(&shape, &network, length, &program)
    };
    let count = 3 * encoder_seeds();
    let indices: Vec<u64> = (0..count).collect();
    let found: Vec<Vec<String>> = indices.into_par_iter().with_max_len(1).map(one).collect();
    let mut coverage: BTreeMap<String, usize> = BTreeMap::new();
    for kind in found.into_iter().flatten() {
        *coverage.entry(kind).or_default() += 1;
    }
    println!("{count} encoders have between them: {coverage:#?}");
    let every = [
        "SpikeLM: ternary weights",
        "SpikingBERT: ternary weights",
        "SpikingBERT: binary weights",
        "SpikeLM: padding",
        "SpikeLM: one token",
        "SpikeLM: a full context",
        "SpikingBERT: padding",
        "SpikingBERT: one token",
        "SpikingBERT: a full context",
        "SpikeLM: masks, a table of their own",
        "SpikingBERT: masks, a table of their own",
    ];
    let all = [
        "Code reset, leak 0.25",
        "Paper reset, leak 0.25",
        "SpikeLM: chunks",
        "SpikingBERT: chunks",
        "SpikeLM: masks, tied",
        "SpikingBERT: masks, tied",
        "SpikeLM: classifier, pooler Tanh",
        "SpikingBERT: classifier, pooler None",
        "SpikingBERT: classifier, pooler TanhRelu",
        "T = 1",
        "T = 2",
        "T = 3",
        "T = 4",
        "T = 5",
        "T = 6",
        "T = 7",
        "T = 8",
    ];
    let asked = if asked_for("SPIKEWRIGHT_ALL") { &all[..] } else { &[] };
    for kind in every.iter().chain(asked) {
        assert!(coverage.contains_key(*kind), "no encoder has {kind}: {coverage:#?}");
    }
    assert!(asked.is_empty() || count >= 40, "only {count} encoders");
}

/// The trained models of all families, a short text each, at all their steps, in Verilator.
#[test]
fn trained_models_equal_their_reference() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let models = PathBuf::from(shared).join("models");
    let one = |(folder, length, generate): (&str, usize, usize)| {
        let network = import::import(&models.join(folder))
            .unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut design = Design::spiking();
        design.machine.context = 32;
        runs_verilated(&network, &design, &ids(&network, 1, length), generate);
    };
    // The longest first.
    let all = vec![
        ("spikingbert-tiny", 5, 1),
        ("spikelm-tiny", 7, 1),
        ("spikegpt-tiny/published", 4, 8),
        ("spikegpt-tiny/spike-input", 4, 8),
        ("neurtransformer-tiny", 4, 8),
    ];
    all.into_par_iter().with_max_len(1).for_each(one);
}
