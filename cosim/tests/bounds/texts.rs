//! A text says how large a machine that scores it is, and outputs lie by model and design.

use crate::command;
use cosim::commands::Exit;
use cosim::pipeline::Outputs;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use weights::config::DesignFile;
use weights::sample;

/// Words of the text; each is an id.
const WORDS: usize = 40;

/// A folder of a small network with texts of up to `context` ids, and a text beside it.
fn folder(place: &Path, name: &str, (seed, context): (u64, usize)) -> PathBuf {
    let folder = place.join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut shape = sample::shape_of(&DesignFile::bundled().design.sample);
    shape.context = context;
    weights::import::export(&sample::network_of(seed, &shape), &folder).unwrap();
    let vocabulary: serde_json::Map<String, Value> =
        (0..shape.vocabulary).map(|id| (format!("w{id}"), json!(id))).collect();
    let tokenizer = json!({ "version": "1.0", "pre_tokenizer": { "type": "WhitespaceSplit" },
        "model": { "type": "WordLevel", "unk_token": "w0", "vocab": vocabulary } });
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let text: Vec<String> = (0..WORDS).map(|word| format!("w{}", 1 + word % 60)).collect();
    fs::write(folder.join("text.txt"), text.join(" ")).unwrap();
    folder
}

/// How many ids `eval` scores.
fn scored(folder: &Path, more: &[&str]) -> u64 {
    let (model, text) = (folder.display().to_string(), folder.join("text.txt"));
    let words = ["eval", "--json", "--model", &model, "--text", text.to_str().unwrap()];
    let (exit, said) = command(&[&words[..], more].concat());
    assert_eq!(exit, Exit::Success, "{said}");
    let json = &said[said.find('{').unwrap()..=said.rfind('}').unwrap()];
    let value: Value = serde_json::from_str(json).unwrap();
    value["corpus"]["scored"].as_u64().unwrap()
}

#[test]
fn eval_is_sized_by_its_text_and_cut_by_what_is_set() {
    let place = tempfile::tempdir().unwrap();
    let long = folder(place.path(), "long", (1, 131_072));
    assert_eq!(scored(&long, &[]), WORDS as u64 - 1);
    assert_eq!(scored(&long, &["--set", "machine.context=16"]), 15);
    assert_eq!(scored(&long, &["--set", "machine.context=1024"]), WORDS as u64 - 1);
    // What the text cannot be longer than cuts it without a setting.
    let short = folder(place.path(), "short", (1, 8));
    assert_eq!(scored(&short, &[]), 7);
}

#[test]
fn outputs_of_two_models_and_two_designs_lie_side_by_side() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let generate = |more: &[&str]| {
        let words = [&["generate", "--out", out.to_str().unwrap()], more].concat();
        let (exit, said) = command(&words);
        assert_eq!(exit, Exit::Success, "{said}");
    };
    let design = place.path().join("wide.toml");
    let text = DesignFile::tinystories().with_settings(&["array.lanes=32".to_owned()]).unwrap();
    let text = text.design.to_commented_toml().replacen("\"tinystories\"", "\"wide\"", 1);
    fs::write(&design, text).unwrap();
    let models = [folder(place.path(), "one", (1, 64)), folder(place.path(), "other", (2, 64))];
    for model in &models {
        let model = model.to_str().unwrap();
        generate(&["--model", model]);
        generate(&[design.to_str().unwrap(), "--model", model]);
    }
    let mut weights = Vec::new();
    for name in ["one-tinystories", "one-wide", "other-tinystories", "other-wide"] {
        Outputs::require_whole(&out.join(name), None).unwrap();
        weights.push(fs::read(out.join(name).join("2-weights.bin")).unwrap());
    }
    assert!(weights[0] != weights[2] && weights[0] != weights[1] && weights[1] != weights[3]);
}
