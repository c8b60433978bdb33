//! Ring `networks`: random networks of all families in one run, and what they have between them.
//!
//! Seven of them, or with `SPIKEWRIGHT_ALL=1` a hundred and more: then every operation is there, every
//! number of steps, every rule of a neuron, and every choice of a pass that lowering knows.

use firmware::machine::Program;
use rayon::prelude::*;
use tests::asked_for;
use tests::coverage::Coverage;
use tests::systems::{design, ids, runs};
use weights::config::Form;
use weights::llama::Coding;
use weights::network::{BertHead, Network};
use weights::sample;

/// Choices of passes that no network makes: what the hardware can do beyond what is asked for, proven by
/// the test of its vector unit.
const NEVER_MADE: [&str; 19] = [
    "a_space X",
    "a_space maximum",
    "b_space X",
    "b_restart lowest",
    "c_space nothing",
    "c_space X",
    "c_space R",
    "c_space S",
    "c_space maximum",
    "c_restart zero",
    "c_restart lowest",
    "restart_at loop_1",
    "restart_at loop_2",
    "restart_at loop_3",
    "function table_5",
    "function table_6",
    "function table_7",
    "levels unbounded",
    "theta channel",
];

/// Networks of each family.
fn seeds() -> u64 {
    if asked_for("SPIKEWRIGHT_ALL") { 16 } else { 1 }
}

/// The network of an index, its text and what follows it.
fn network(index: u64) -> (Network, usize, usize) {
    let (family, seed) = (index % 7, index / 7);
    let bert = |mut shape: weights::network::BertShape| {
        if seed % 5 == 3 {
            shape.head = BertHead::MaskedToken { tied: seed % 2 == 0 };
        }
        if family < 5 {
            shape.steps = 1 + (seed as usize + 2) % 8;
        }
        shape
    };
    match family {
        0 => (sample::recurrent(seed, &sample::recurrent_shape(seed)), 4, 4),
        1 => (sample::spikegpt(seed, &sample::spikegpt_shape(seed)), 2, 3),
        2 => (sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)), 2, 3),
        3 => (sample::spikelm(seed, &bert(sample::spikelm_shape(seed))), 3, 1),
        4 => (sample::spikingbert(seed, &bert(sample::spikingbert_shape(seed))), 3, 1),
        5 => (sample::bert(seed, &bert(sample::bert_shape(seed))), 3, 1),
        _ => {
            let model = sample::spikellm(seed, &sample::spikellm_shape(seed));
            let coding = Coding::ALL[seed as usize % Coding::ALL.len()];
            (model.network_with(coding).expect("it has a rule for every code"), 3, 3)
        }
    }
}

#[test]
fn networks_of_all_families_equal_their_reference() {
    let one = |index: u64| {
        let (network, prompt, length) = network(index);
        let mut design = design(index / 7 + index);
        // Only these keep no keys and values.
        if index % 7 < 2 && index % 4 == 3 {
            design.array.form = Form::Event;
        }
        let program = runs(&network, &design, &ids(&network, index, prompt), length);
        (network, program)
    };
    let indices: Vec<u64> = (0..7 * seeds()).collect();
    let found: Vec<(Network, Program)> = indices.into_par_iter().with_max_len(1).map(one).collect();
    let mut coverage = Coverage::default();
    found.iter().for_each(|(network, program)| coverage.add(network, program));
    println!("{coverage}  never made  {}", coverage.never_made().join(", "));
    if asked_for("SPIKEWRIGHT_ALL") {
        assert!(coverage.networks >= 100 && coverage.steps.len() == 8, "{coverage}");
        assert_eq!(coverage.never_made(), NEVER_MADE);
    }
}
