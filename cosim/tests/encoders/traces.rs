//! Every vector of the traced texts: spikes equal, everything else within the golden's 32 bits.

use crate::golden::{Golden, imported, shared};
use cosim::reference::float::{FloatExecutor, Part, Recording};
use serde_json::json;
use weights::network::Network;

/// Distance that a golden in 32-bit floats allows.
fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 2e-6 + 2e-6 * expected.abs()
}

/// What a golden tensor is compared with.
struct Counterpart {
    name: String,
    part: Part,
    /// Whether it is scores: by head and position, where ours are by position and head.
    heads: bool,
}

fn value(name: String) -> Counterpart {
    Counterpart { name, part: Part::Output, heads: false }
}

fn scores(name: String) -> Counterpart {
    Counterpart { name, part: Part::Output, heads: true }
}

/// A neuron layer's spikes or membranes.
fn neuron(name: String, part: &str) -> Counterpart {
    let part = if part == "spikes" { Part::Spikes } else { Part::Membrane };
    Counterpart { name, part, heads: false }
}

/// What lies before and behind the blocks in both models.
fn outside(golden: &str) -> Option<Counterpart> {
    Some(value(match golden {
        "embedding_sum" => "embedding.sum".to_owned(),
        "embedding_norm" => "embedding.norm.out".to_owned(),
        "time_mean" => "mean".to_owned(),
        "pooler_dense" => "pooler.biased".to_owned(),
        "pooled" => "pooler.tanh".to_owned(),
        "rate" => "first".to_owned(),
        "logits" => "classifier.biased".to_owned(),
        _ => return None,
    }))
}

/// Vectors of a block that both models have under one name.
fn inside(block: &str, golden: &str) -> Option<Counterpart> {
    let attention = |part: &str| format!("blocks.{block}.attention.{part}");
    let ffn = |part: &str| format!("blocks.{block}.ffn.{part}");
    Some(match golden {
        "query" => value(attention("query.biased")),
        "key" | "key_current" => value(attention("key.biased")),
        "value" | "value_current" => value(attention("value.biased")),
        "scores" => scores(attention("scores")),
        "probabilities" => scores(attention("probabilities")),
        "context" | "context_current" => value(attention("context")),
        "attention_residual" => value(attention("residual")),
        "attention_norm" => value(attention("norm.out")),
        "intermediate" | "intermediate_dense" => value(ffn("up.biased")),
        "gelu" => value(ffn("hidden")),
        "output_dense" => value(ffn("down.biased")),
        "output_residual" => value(ffn("residual")),
        "output_norm" => value(ffn("norm.out")),
        _ => return None,
    })
}

fn of_spikelm(golden: &str) -> Option<Counterpart> {
    let Some(rest) = golden.strip_prefix("layer.") else { return outside(golden) };
    let (block, rest) = rest.split_once('.')?;
    let name = |part: &str| format!("blocks.{block}.{part}.neuron");
    if let Some((place, part)) = rest.split_once('.') {
        let place = match place {
            "qkv_input" => "attention.input",
            "context_input" => "attention.context",
            "ffn_input" => "ffn.input",
            "gelu_input" => "ffn.hidden",
            _ => return None,
        };
        return Some(neuron(name(place), part));
    }
    match rest {
        "key_spikes" => Some(neuron(name("attention.key"), "spikes")),
        "value_spikes" => Some(neuron(name("attention.value"), "spikes")),
        _ => inside(block, rest),
    }
}

fn of_spikingbert(golden: &str) -> Option<Counterpart> {
    if let Some(part) = golden.strip_prefix("embedding.") {
        return Some(neuron("embedding.neuron".to_owned(), part));
    }
    let Some(rest) = golden.strip_prefix("layer.") else { return outside(golden) };
    let (block, rest) = rest.split_once('.')?;
    let (place, part) = rest.split_once('.')?;
    if place == "step" {
        return inside(block, part.split_once('.')?.1);
    }
    let name = match place {
        "key" | "value" | "context" => format!("blocks.{block}.attention.{place}.neuron"),
        "attention_output" => format!("blocks.{block}.attention.neuron"),
        "intermediate" => format!("blocks.{block}.ffn.hidden.neuron"),
        "output" => format!("blocks.{block}.ffn.neuron"),
        _ => return None,
    };
    Some(neuron(name, part))
}

/// The steps of a golden's first index.
fn steps(golden: &str, network: &Network) -> Vec<usize> {
    if let Some((_, rest)) = golden.split_once("step.") {
        let step = rest.split_once('.').expect("a step has a name behind it").0;
        return vec![step.parse().expect("a step is a number")];
    }
    match golden.ends_with("_first_last") {
        true => vec![0, 1, network.steps - 1],
        false => (0..network.steps).collect(),
    }
}

/// Compares one tensor; yields how many numbers it held, or the first difference.
fn compare(
    golden: &Golden,
    (prefix, name): (&str, &str),
    counterpart: &Counterpart,
    (network, positions, recording): (&Network, usize, &Recording),
) -> Result<usize, String> {
    let values = golden.values(&format!("{prefix}{name}"));
    let steps = steps(name, network);
    let of = |position, step| {
        let (ours, part) = (&counterpart.name, counterpart.part);
        recording.at(ours, part, position, step).unwrap_or_else(|| panic!("no `{ours}` for {name}"))
    };
    let width = of(0, 0).len();
    // What is the same at every step, or of the first position only, is stored once.
    let positions = if values.len() == width { 1 } else { positions };
    let steps = if values.len() == positions * width { vec![steps[0]] } else { steps };
    assert_eq!(values.len(), steps.len() * positions * width, "{name}");
    for (at, &step) in steps.iter().enumerate() {
        let block = &values[at * positions * width..(at + 1) * positions * width];
        for position in 0..positions {
            for (channel, &found) in of(position, step).iter().enumerate() {
                let place = match counterpart.heads {
                    true => {
                        let (head, other) = (channel / positions, channel % positions);
                        (head * positions + position) * positions + other
                    }
                    false => position * width + channel,
                };
                let expected = block[place];
                let right = match counterpart.part {
                    Part::Spikes => found == expected,
                    _ => near(found, expected),
                };
                if !right {
                    let place = format!("{name} at step {step}, {position}, {channel}");
                    return Err(format!("{place}: {found}, but must be {expected}"));
                }
            }
        }
    }
    Ok(values.len())
}

/// Compares every tensor of both traced texts; yields tensors and numbers, or the first difference.
fn compare_all(
    network: &Network,
    golden: &Golden,
    counterpart: fn(&str) -> Option<Counterpart>,
) -> Result<(usize, usize), String> {
    let (mut tensors, mut numbers) = (0, 0);
    for example in 0..2 {
        let prefix = format!("trace.{example}.");
        let ids = golden.ids(&format!("{prefix}input_ids"));
        let mut recording = Recording::default();
        let mut executor = FloatExecutor::new(network).unwrap();
        executor.read_observed(&ids, &mut |seen| recording.take(seen)).unwrap();
        for name in golden.names(&prefix).filter(|name| *name != "input_ids") {
            let ours = counterpart(name).unwrap_or_else(|| panic!("`{name}` has no counterpart"));
            let read = (network, ids.len(), &recording);
            numbers += compare(golden, (&prefix, name), &ours, read)?;
            tensors += 1;
        }
    }
    Ok((tensors, numbers))
}

#[test]
fn spikelm_has_the_spikes_and_membranes_of_its_golden() {
    let Some(shared) = shared() else { return };
    let network = imported(&shared, "spikelm-tiny", |_| {});
    let golden = Golden::open(&shared, "spikelm-tiny");
    let (tensors, numbers) = compare_all(&network, &golden, of_spikelm).unwrap();
    println!("spikelm-tiny: {tensors} tensors, {numbers} numbers");
    assert!(tensors > 80, "{tensors}");
}

#[test]
fn spikingbert_has_the_spikes_and_membranes_of_its_golden() {
    let Some(shared) = shared() else { return };
    let network = imported(&shared, "spikingbert-tiny", |_| {});
    let golden = Golden::open(&shared, "spikingbert-tiny");
    let (tensors, numbers) = compare_all(&network, &golden, of_spikingbert).unwrap();
    println!("spikingbert-tiny: {tensors} tensors, {numbers} numbers");
    assert!(tensors > 80, "{tensors}");
}

#[test]
fn another_reset_is_seen() {
    let Some(shared) = shared() else { return };
    let network = imported(&shared, "spikelm-tiny", |config| {
        config["spiking"]["reset"] = json!("paper");
    });
    let golden = Golden::open(&shared, "spikelm-tiny");
    let difference = compare_all(&network, &golden, of_spikelm).unwrap_err();
    assert!(difference.starts_with("layer.0.attention_norm at step 1"), "{difference}");
}
