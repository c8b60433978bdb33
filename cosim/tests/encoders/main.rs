//! The float executor of encoders against the goldens of trained models, and what a text is to them.
//!
//! With `SPIKEWRIGHT_SHARED` set to a folder of real models, the tests of real data run and need
//! every file; without it they pass at once.

mod commands;
mod framed;
mod golden;
mod labelled;
mod synthetic;
mod traces;

use cosim::reference::float::FloatExecutor;
use golden::{Golden, imported, shared};
use rayon::prelude::*;
use serde_json::json;
use weights::network::Network;

/// How far a logit may be from its golden.
const BOUND: f64 = 1e-3;

/// Requires that the logits of the first 64 texts are those of a golden.
fn assert_logits(network: &Network, golden: &Golden, name: &str) {
    let executor = FloatExecutor::new(network).unwrap();
    let expected = golden.rows(name);
    let examples = golden.examples();
    assert_eq!((examples.len(), expected.len()), (64, 64));
    let distance = |(ids, expected): (&Vec<u32>, &Vec<f64>)| {
        let found = executor.clone().read(ids).unwrap().remove(0);
        let distances = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        distances.fold(0.0, f64::max)
    };
    let distances: Vec<f64> = examples.par_iter().zip(&expected).map(distance).collect();
    let largest = distances.iter().copied().fold(0.0, f64::max);
    let far: Vec<(usize, &f64)> =
        distances.iter().enumerate().filter(|(_, distance)| **distance > BOUND).collect();
    println!("{}: {name}: largest distance {largest:e}", network.name);
    assert!(far.is_empty(), "{name}: texts beyond {BOUND}: {far:?}");
}

#[test]
fn spikelm_has_the_logits_of_its_golden() {
    let Some(shared) = shared() else { return };
    let golden = Golden::open(&shared, "spikelm-tiny");
    for (reset, steps) in [("code", 1), ("code", 2), ("code", 4), ("paper", 4)] {
        let network = imported(&shared, "spikelm-tiny", |config| {
            config["spiking"]["steps"] = json!(steps);
            config["spiking"]["reset"] = json!(reset);
        });
        assert_logits(&network, &golden, &format!("logits.{reset}.T{steps}"));
    }
}

#[test]
fn spikingbert_has_the_logits_of_its_golden() {
    let Some(shared) = shared() else { return };
    let golden = Golden::open(&shared, "spikingbert-tiny");
    for (leak, steps) in [("", 4), ("", 8), ("", 16), ("", 32), ("leak0.99.", 16)] {
        let network = imported(&shared, "spikingbert-tiny", |config| {
            config["spiking"]["steps"] = json!(steps);
            config["spiking"]["leak"] = json!(if leak.is_empty() { 1.0 } else { 0.99 });
        });
        assert_logits(&network, &golden, &format!("logits.{leak}T{steps}"));
    }
}
