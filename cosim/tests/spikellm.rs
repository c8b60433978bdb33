//! SpikeLLM on the integer machine: its perplexity against that of the quantised floats.

use cosim::evaluation::Corpus;
use cosim::reference::float::FloatExecutor;
use cosim::reference::machine::MachineReference;
use cosim::reference::{Predictor, Score, Tokens, score_each};
use firmware::lower::lower;
use std::ops::Add;
use std::path::PathBuf;
use weights::calibration::{Encoder, LlamaExecutor, Options};
use weights::config::Design;
use weights::import;
use weights::llama::Coding;
use weights::sample;

/// How much more the machine's perplexity may be.
const RATIO_MAX: f64 = 1.02;

/// Stories that are scored.
const STORIES: usize = 20;

fn perplexity<P: Predictor>(predictor: &P, corpus: &Corpus) -> f64 {
    let scores = score_each(predictor, &corpus.stories, |score, _| score).unwrap();
    scores.into_iter().fold(Score::default(), Score::add).perplexity()
}

#[test]
fn networks_of_codes_are_the_calibrated_models() {
    for seed in 0..8 {
        let model = sample::spikellm(seed, &sample::spikellm_shape(seed));
        let ids: Vec<u32> =
            (0..model.shape.context as u32).map(|at| at % model.shape.vocabulary as u32).collect();
        for coding in Coding::ALL {
            let encoder = Encoder::of(&model, coding).unwrap();
            let options = Options { encoder, key_value: None };
            let expected = LlamaExecutor::new(&model, options).logits(&ids).unwrap();
            let network = model.network_with(coding).unwrap();
            let found = FloatExecutor::new(&network).unwrap().read(&ids).unwrap();
            for (found, expected) in found.iter().zip(expected.outer_iter()) {
                for (x, y) in found.iter().zip(expected) {
                    assert!((x - y).abs() < 1e-6, "seed {seed}, {}: {x}, {y}", coding.name());
                }
            }
        }
    }
}

#[test]
fn integers_are_as_good_as_the_quantised_floats() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let shared = PathBuf::from(shared);
    let folder = shared.join("models/spikellm-stories260k");
    let model = import::import_llama(&folder).unwrap();
    let text = std::fs::read_to_string(shared.join("text/tinystories-sample-a.txt")).unwrap();
    for coding in Coding::ALL {
        let network = model.network_with(coding).unwrap();
        let tokens = Tokens::open(&folder, &network).unwrap();
        let corpus = Corpus::new(&text, &tokens, network.context, STORIES).unwrap();
        let float = perplexity(&FloatExecutor::new(&network).unwrap(), &corpus);
        let program =
            lower(&network, &Design::spikellm()).unwrap_or_else(|error| panic!("{error}"));
        let reference = MachineReference::new(&program);
        let machine = perplexity(&reference, &corpus);
        println!("{}: floats {float:.4}, machine {machine:.4}", coding.name());
        assert!(machine < float * RATIO_MAX, "{}: {machine} against {float}", coding.name());
    }
}
