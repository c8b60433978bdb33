//! The float executor against published outputs: logits, greedy texts, and every traced value.
//!
//! With `SPIKEWRIGHT_SHARED` set to a folder of real models and texts, the tests run and need every
//! file; without it they pass at once.

mod golden;
mod rwkv;
mod traces;
mod windows;

use cosim::reference::float::{FloatExecutor, Recording};
use golden::{Golden, folder};
use traces::{neurtransformer, spikegpt};
use weights::import::import;
use weights::network::Network;

/// The largest distance of a logit from its golden.
const LOGIT_ERROR_MAX: f64 = 1e-3;

fn largest_error(found: &[Vec<f64>], expected: &[Vec<f64>]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().flatten().zip(expected.iter().flatten());
    pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f64::max)
}

/// Holds the logits of all prompts to their golden.
fn compare_logits(network: &Network, golden: &Golden, logits: &str) {
    let mut executor = FloatExecutor::new(network).unwrap();
    let mut largest = 0f64;
    for prompt in 0..4 {
        executor.reset();
        let found = executor.read(&golden.ids("prompts.ids", prompt)).unwrap();
        largest = largest.max(largest_error(&found, &golden.rows(logits, &[prompt])));
    }
    assert!(largest < LOGIT_ERROR_MAX, "{logits}: {largest}");
    println!("{}, {logits}: largest error of a logit {largest:.1e}", network.name);
}

/// Continues prompts by the likeliest ids and holds them to their golden.
fn compare_greedy(network: &Network, golden: &Golden, length: usize) {
    let mut executor = FloatExecutor::new(network).unwrap();
    for prompt in 0..4 {
        executor.reset();
        let ids = golden.ids("prompts.ids", prompt);
        let mut logits = executor.read(&ids[..length]).unwrap().pop().unwrap();
        let mut written = Vec::new();
        let expected = golden.ids("greedy.ids", prompt);
        for _ in &expected {
            let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
            written.push(best as u32);
            if written.len() < expected.len() {
                logits = executor.read(&[best as u32]).unwrap().remove(0);
            }
        }
        assert_eq!(written, expected, "{}, prompt {prompt}", network.name);
    }
}

/// What the first prompt shows.
fn record(network: &Network, golden: &Golden, length: usize) -> Recording {
    let mut recording = Recording::default();
    let mut executor = FloatExecutor::new(network).unwrap();
    let ids = golden.ids("prompts.ids", 0);
    executor.read_observed(&ids[..length], &mut |seen| recording.take(seen)).unwrap();
    recording
}

#[test]
fn spikegpt_of_both_placements_is_as_published() {
    for placement in ["published", "spike-input"] {
        let Some(folder) = folder(&format!("models/spikegpt-tiny/{placement}")) else { return };
        let golden = Golden::open(&folder.join("golden.safetensors"));
        let network = import(&folder).unwrap();
        compare_logits(&network, &golden, "prompts.logits");
        compare_greedy(&network, &golden, 64);
        spikegpt(&record(&network, &golden, 32), &golden);
    }
}

#[test]
fn neurtransformer_is_as_published_at_all_steps() {
    let Some(folder) = folder("models/neurtransformer-tiny") else { return };
    let golden = Golden::open(&folder.join("golden.safetensors"));
    let mut network = import(&folder).unwrap();
    neurtransformer(&record(&network, &golden, 24), &golden);
    compare_greedy(&network, &golden, 16);
    for steps in [1, 2, 4] {
        network = network.with_steps(steps).unwrap();
        compare_logits(&network, &golden, &format!("logits.T{steps}"));
    }
}
