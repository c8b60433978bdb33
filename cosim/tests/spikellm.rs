//! SpikeLLM on the integer machine: its perplexity against that of the quantised floats.

use cosim::evaluation::Corpus;
use cosim::reference::float::FloatExecutor;
use cosim::reference::machine::MachineReference;
use cosim::reference::{Predictor, Score, Tokens, score_each};
use firmware::lower::lower;
use std::ops::Add;
use std::path::PathBuf;
use weights::config::Design;
use weights::import;

/// How much more the machine's perplexity may be.
const RATIO_MAX: f64 = 1.02;

fn perplexity<P: Predictor>(predictor: &P, corpus: &Corpus) -> f64 {
    let scores = score_each(predictor, &corpus.stories, |score, _| score).unwrap();
    scores.into_iter().fold(Score::default(), Score::add).perplexity()
}

#[test]
fn integers_are_as_good_as_the_quantised_floats() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let shared = PathBuf::from(shared);
    let folder = shared.join("models/spikellm-stories260k");
    let network = import::import(&folder).unwrap();
    let text = std::fs::read_to_string(shared.join("text/tinystories-sample-a.txt")).unwrap();
    let tokens = Tokens::open(&folder, &network).unwrap();
    let corpus = Corpus::new(&text, &tokens, network.context, 4).unwrap();
    let mut design = Design::spiking();
    design.machine.context = network.context;
    // Keys in a unit that is the same for all tokens need more digits than keys with their own.
    design.machine.key_value_digits = 6;
    let float = perplexity(&FloatExecutor::new(&network).unwrap(), &corpus);
    let program = lower(&network, &design).unwrap_or_else(|error| panic!("{error}"));
    let machine = perplexity(&MachineReference::new(&program), &corpus);
    println!("floats {float:.4}, machine {machine:.4}");
    assert!(machine < float * RATIO_MAX, "{machine} against {float}");
}
