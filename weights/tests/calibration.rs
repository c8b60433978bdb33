//! LLaMA models in double precision against what others computed of them. With
//! `SPIKEWRIGHT_SHARED` set to a folder of real models, these tests run; without it there is
//! nothing to compare with.

use std::path::PathBuf;
use weights::calibration::{Encoder, LlamaExecutor, Options, gif_code};
use weights::import::archive::{self, Archive};
use weights::import::import_llama;
use weights::llama::{Coding, Llama};

/// The quantised model and what was computed of it.
fn golden() -> Option<(Llama, Archive)> {
    let shared = PathBuf::from(std::env::var_os("SPIKEWRIGHT_SHARED")?);
    let folder = shared.join("models/spikellm-stories260k");
    let golden = std::fs::read(folder.join("golden.safetensors")).unwrap();
    Some((import_llama(&folder).unwrap(), archive::from_bytes(&golden).unwrap()))
}

fn f32s(archive: &Archive, name: &str) -> Vec<f32> {
    let quads = archive[name].bytes.chunks_exact(4);
    quads.map(|quad| f32::from_le_bytes(quad.try_into().unwrap())).collect()
}

fn i64s(archive: &Archive, name: &str) -> Vec<i64> {
    let quads = archive[name].bytes.chunks_exact(4);
    quads.map(|quad| i32::from_le_bytes(quad.try_into().unwrap()).into()).collect()
}

fn f64s(archive: &Archive, name: &str) -> Vec<f64> {
    let octets = archive[name].bytes.chunks_exact(8);
    octets.map(|octet| f64::from_le_bytes(octet.try_into().unwrap())).collect()
}

#[test]
fn the_quantised_model_has_the_published_logits() {
    let Some((model, golden)) = golden() else { return };
    assert!(model.is_quantised());
    let ids = i64s(&golden, "ids");
    let cases = [
        (Coding::Float, "logits.float"),
        (Coding::Counts, "logits.counts_k3"),
        (Coding::GifT2, "logits.gif_t2"),
        (Coding::GifT4, "logits.gif_t4"),
    ];
    for (coding, name) in cases {
        let encoder = Encoder::of(&model, coding).unwrap();
        let executor = LlamaExecutor::new(&model, Options { encoder, key_value: None });
        let expected = f32s(&golden, name);
        let mut largest = 0f64;
        for (row, ids) in ids.chunks_exact(32).enumerate() {
            let ids: Vec<u32> = ids.iter().map(|&id| id as u32).collect();
            let logits = executor.logits(&ids).unwrap();
            for (found, expected) in logits.iter().zip(&expected[row * 32 * 512..]) {
                largest = largest.max((found - f64::from(*expected)).abs());
            }
        }
        println!("{name}: largest difference {largest:.2e}");
        assert!(largest < 1e-4, "{name}: {largest}");
    }
}

#[test]
fn levels_of_the_worked_example_are_the_published_ones() {
    let Some((model, golden)) = golden() else { return };
    let rules = model.activations.as_ref().unwrap();
    for (name, rule) in [("gif_t2", &rules.gif_t2), ("gif_t4", &rules.gif_t4)] {
        let rule = rule.as_ref().unwrap();
        let named = |what: &str| format!("{name}.{what}");
        let x: Vec<f64> = f32s(&golden, &named("x")).into_iter().map(f64::from).collect();
        let mut is_salient = vec![false; x.len()];
        rule.salient[0][0].iter().for_each(|&channel| is_salient[channel] = true);
        let code = gif_code(&x, &is_salient, rule);
        let (low, high) = (i64s(&golden, &named("q_lo")), i64s(&golden, &named("q_hi")));
        for (channel, &level) in code.levels.iter().enumerate() {
            let expected = if is_salient[channel] { high[channel] } else { low[channel] };
            assert_eq!(level, expected, "{name}, channel {channel}");
        }
        assert_eq!(code.zero_points.to_vec(), i64s(&golden, &named("zero_points")));
        for (found, expected) in code.scales.iter().zip(f64s(&golden, &named("scales"))) {
            // The published scales are of the doubles that x was rounded from.
            assert!((found / expected - 1.0).abs() < 1e-6);
        }
        // The spikes of a salient channel add up to its level.
        let spikes = i64s(&golden, &named("spikes_hi"));
        for channel in (0..x.len()).filter(|&channel| is_salient[channel]) {
            let sum: i64 = spikes.chunks_exact(x.len()).map(|step| step[channel]).sum();
            assert_eq!(sum, code.levels[channel], "{name}, channel {channel}");
        }
    }
}
