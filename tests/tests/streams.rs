//! Ring `streams`: vectors come in the place of token ids, and go out in the place of predictions; every
//! beat, every write and every cycle is compared.

use firmware::lower::lower;
use firmware::vector_stream::VectorStream;
use rayon::prelude::*;
use tests::asked_for;
use tests::coverage::Coverage;
use tests::streams::{arrivals, error, loaded, without_head, without_rows};
use tests::systems::design;
use weights::config::Form;
use weights::network::{Network, Operation, Readout};
use weights::sample;

/// A host that is late once in so many beats is never late.
const NEVER: u32 = u32::MAX;

/// Seeds of each family.
fn seeds() -> u64 {
    if asked_for("SPIKEWRIGHT_ALL") { 48 } else { 12 }
}

/// Layers of neurons between all kinds of streams, on dense arrays and on those of events, with hosts that
/// are late; a text that comes again finds no state of the one before.
#[test]
fn layers_of_neurons_take_and_give_vectors() {
    let one = |seed: u64| {
        let network = sample::recurrent(seed, &sample::stream_shape(seed));
        let mut design = design(seed);
        if seed % 3 == 2 {
            design.array.form = Form::Event;
        }
        let mut machine = loaded(&network, &design);
        let sent = arrivals(&network, seed, 8);
        let first = machine.sends(&sent, 2, seed);
        let again = machine.sends(&sent, NEVER, seed);
        assert_eq!(first.outputs, again.outputs, "{}", network.name);
        assert_eq!(first.answer, again.answer, "{}", network.name);
        (network, machine.program)
    };
    let all: Vec<u64> = (0..seeds()).collect();
    let found: Vec<_> = all.into_par_iter().with_max_len(1).map(one).collect();
    let mut coverage = Coverage::default();
    found.iter().for_each(|(network, program)| coverage.add(network, program));
    println!("{coverage}");
    let some = |is: fn(&Network) -> bool| found.iter().any(|(network, _)| is(network));
    assert!(some(|it| it.input().is_some() && it.readout == Readout::Vector));
    assert!(some(|it| it.input().is_some() && it.readout == Readout::NextToken));
    assert!(some(|it| it.input().is_none() && it.readout == Readout::Vector));
}

/// Whatever else a machine runs stands between streams as well: what comes in and goes out is what the
/// float network says, as close as it is with token rows.
#[test]
fn other_families_without_their_ends() {
    let network = |index: u64| {
        let seed = index / 3;
        without_head(&match index % 3 {
            0 => sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
            1 => sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
            _ => sample::spikellm(seed, &sample::spikellm_shape(seed)).network().expect("digits"),
        })
    };
    let one = |index: u64| {
        let rows = network(index);
        [without_rows(&rows), rows].map(|network| {
            let mut machine = loaded(&network, &design(index));
            let sent = arrivals(&network, index, 4);
            let talk = machine.sends(&sent, 3, index);
            error(&network, &machine.program, &sent, &talk)
        })
    };
    let all: Vec<u64> = (0..seeds() / 2).collect();
    let found: Vec<_> = all.into_par_iter().with_max_len(1).map(one).collect();
    let percent = |error: f64| format!("{:.4} %", 100.0 * error);
    for (index, [vectors, rows]) in found.iter().enumerate() {
        println!("{index}: error {} of the power, {} with rows", percent(*vectors), percent(*rows));
    }
    let median = |which: usize| {
        let mut errors: Vec<f64> = found.iter().map(|errors| errors[which]).collect();
        errors.sort_by(f64::total_cmp);
        errors[errors.len() / 2]
    };
    assert!(median(0) < 0.1 && median(0) < 4.0 * median(1), "{found:?}");
}

/// From the first beat in to the last beat out a vector takes its beats, its program and as few cycles
/// between as handshakes need.
#[test]
fn a_vector_takes_its_beats_and_its_program() {
    for seed in 0..8 {
        let network = sample::recurrent(seed, &sample::stream_shape(seed));
        let mut machine = loaded(&network, &design(seed));
        let parameters = machine.program.parameters;
        let talk = machine.sends(&arrivals(&network, seed, 3), NEVER, seed);
        let beats = |stream: Option<VectorStream>| u64::from(stream.map_or(1, |it| it.words));
        for (token, &latency) in talk.tokens.iter().zip(&talk.latencies) {
            // A vector waits a cycle until it is a token, and one that goes out until its first fetch.
            let between =
                u64::from(parameters.input.is_some()) + u64::from(parameters.output.is_some());
            let all = beats(parameters.input) + beats(parameters.output) + between;
            assert_eq!(latency, all + u64::from(token.counters.cycles), "{}", network.name);
        }
    }
}

/// A text that is read whole has no stream of vectors.
#[test]
fn whole_texts_are_refused() {
    let network = sample::spikelm(1, &sample::spikelm_shape(1));
    let mut inner = network.clone();
    inner.readout = Readout::Vector;
    let is_embed = |it: &Operation| matches!(it, Operation::LayerNorm { .. });
    inner.output = inner.operations.iter().find(|it| is_embed(it)).unwrap().output().to_owned();
    let message = lower(&inner, &design(0)).unwrap_err().to_string();
    assert!(message.contains("reads texts whole"), "{message}");
}
