//! What a model takes is known before its weights are read: here these are none that could be.

use crate::command;
use cosim::commands::Exit;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a refusal may take.
const REFUSAL_MAX: Duration = Duration::from_secs(1);

/// A folder whose weights are damaged in their first byte.
fn folder(place: &Path, name: &str, (width, hidden, blocks): (u64, u64, u64)) -> PathBuf {
    let folder = place.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let config = json!({
        "model_type": "bitnet", "hidden_size": width, "intermediate_size": hidden,
        "num_hidden_layers": blocks, "num_attention_heads": 16, "num_key_value_heads": 16,
        "hidden_act": "silu", "vocab_size": 32000, "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true,
        "bos_token_id": 1, "eos_token_id": 1,
        "quantization_config": { "quant_method": "bitnet", "linear_class": "autobitlinear",
            "quantization_mode": "offline" },
    });
    write_config(&folder, &config);
    std::fs::write(folder.join("model.safetensors"), "no weights at all").unwrap();
    std::fs::write(folder.join("text.txt"), "a text").unwrap();
    folder
}

fn write_config(folder: &Path, config: &Value) {
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// The arguments of each command that would build a machine for a model.
fn commands(folder: &Path) -> [Vec<String>; 5] {
    let model = folder.display().to_string();
    let text = folder.join("text.txt").display().to_string();
    let out = folder.join("out").display().to_string();
    let words = |line: String| line.split(' ').map(str::to_owned).collect();
    [
        words(format!("run --model {model} --out {out} --tokens 2")),
        words(format!("eval --model {model} --text {text}")),
        words(format!("generate --model {model} --out {out}")),
        words(format!("explore --model {model} --out {out}")),
        words(format!("synth --model {model} --out {out} --board ulx3s-85f")),
    ]
}

/// What each command says, which must be soon.
fn refusals(folder: &Path) -> Vec<String> {
    let refused = |arguments: &Vec<String>| {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let begin = Instant::now();
        let (exit, message) = command(&words);
        assert_eq!(exit, Exit::BadInput, "{words:?}: {message}");
        assert!(begin.elapsed() < REFUSAL_MAX, "{words:?} took {:?}", begin.elapsed());
        message
    };
    commands(folder).iter().map(refused).collect()
}

#[test]
fn a_model_that_is_too_large_is_refused_before_its_weights_are_read() {
    let place = tempfile::tempdir().unwrap();
    let large = folder(place.path(), "large", (2048, 5632, 6));
    let messages = refusals(&large);
    for (index, message) in messages.iter().enumerate() {
        assert!(message.contains("308.3 M ternary weights"), "{message}");
        let expected: &[&str] = match index {
            0..3 => &["at most 65536 have addresses", "array.lanes = 128 and array.slots = 128"],
            _ => &[
                "LFE5U-85F",
                "holds 2.4 M trits",
                "no setting of the design lifts this",
                "in external memory the model would take 127.2 M bytes",
            ],
        };
        for expected in expected {
            assert!(message.contains(expected), "{message}");
        }
    }
    assert!(!large.join("out").exists());
    // A model that would fit gets as far as its weights.
    let small = folder(place.path(), "small", (32, 64, 1));
    let (_, message) = command(&["run", "--model", small.to_str().unwrap()]);
    assert!(message.contains("model.safetensors"), "{message}");
}

#[test]
fn the_other_layouts_are_counted_too() {
    let place = tempfile::tempdir().unwrap();
    let large = folder(place.path(), "llama", (2048, 5632, 6));
    let read = || std::fs::read(large.join("config.json")).unwrap();
    let mut config: Value = serde_json::from_slice(&read()).unwrap();
    config["model_type"] = json!("llama");
    write_config(&large, &config);
    assert!(refusals(&large)[0].contains("308.3 M ternary weights"));
    config["quantization_config"] = Value::Null;
    config["spikellm"] = json!({ "version": 1, "weights": { "digits": 3 } });
    write_config(&large, &config);
    let messages = refusals(&large);
    assert!(
        messages[0].contains("924.8 M trits of 308.3 M weights of 3 digits"),
        "{}",
        messages[0]
    );
    assert!(messages[4].contains("in external memory"), "{}", messages[4]);
}
