//! Ring `streams`: vectors come in the place of token ids, and go out in the place of predictions; every
//! beat, every write and every cycle is compared.

use cosim::machine::MachineHarness;
use cosim::pipeline::machine::Arrivals;
use cosim::reference::machine::MachineReference;
use firmware::driver::MachineDriver;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::vector_stream::VectorStream;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use std::sync::Arc;
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

/// A vector that ends early is dropped and told, as is one with a number beyond its bits; the text that
/// begins then is what it would have been.
#[test]
fn bad_vectors_are_told_and_leave_nothing() {
    let is_meant = |network: &Network| {
        network.input().is_some_and(|it| it.width > 16) && network.readout == Readout::Vector
    };
    let networks = (0..).map(|seed| sample::recurrent(seed, &sample::stream_shape(seed)));
    let network = networks.into_iter().find(is_meant).expect("there are some");
    let program = Arc::new(lower(&network, &design(0)).unwrap_or_else(|error| panic!("{error}")));
    let checked = check(&Machine::observed(&program).module()).unwrap();
    let reference = MachineReference::new(&program);
    let simulation = NativeSimulation::new(&checked);
    let harness = MachineHarness::new(simulation, Arc::clone(&program), reference);
    let parameters = program.parameters;
    let mut driver = MachineDriver::connect(harness, parameters).expect("it is the machine");
    driver.load(&MachineImage::new(&program).expect("it fits")).expect("it is loaded");
    let (stream, map) = parameters.input.zip(program.input.as_ref()).expect("it takes vectors");
    let Arrivals::Vectors(vectors) = arrivals(&network, 3, 2) else { panic!("it takes vectors") };
    let elements = parameters.elements;
    let beats = |vector: &[i64]| stream.beats(elements, &map.words(&stream, elements, vector));
    let whole = beats(&vectors[0]);
    let mut large = whole.clone();
    large[0][0] = stream.input_max() as u64 + 1;
    for bad in [&whole[..1], &large[..]] {
        driver.begin_text().expect("the bus answers");
        driver.bus().forget();
        for (index, beat) in bad.iter().enumerate() {
            driver.bus().send_beat(beat, index + 1 == bad.len()).expect("it is taken");
        }
        driver.bus().pause(100).expect("nothing is written");
        assert!(driver.status().expect("the bus answers").bad_token);
        driver.begin_text().expect("the bus answers");
        driver.bus().forget();
        assert!(!driver.status().expect("the bus answers").has_error());
        for vector in &vectors {
            driver.bus().present(vector).expect("a vector");
            driver.bus().expect(0, true).expect("there is room");
            let words = driver.bus().expected_words().expect("it gives vectors");
            let sent = beats(vector);
            for (index, beat) in sent.iter().enumerate() {
                driver.bus().send_beat(beat, index + 1 == sent.len()).expect("it is taken");
            }
            let output = parameters.output.expect("it gives vectors");
            let mut found = Vec::new();
            while found.len() < words.len() {
                let (beat, last) = driver.bus().receive_beat().expect("it answers");
                found.extend(output.values(elements, &beat));
                assert_eq!(last, found.len() == words.len());
            }
            assert_eq!(found, words);
        }
        driver.bus().settled().expect("all was written");
    }
}
