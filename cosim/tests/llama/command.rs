//! The command `quantise`: its folder, its table, its picture, and what it refuses.

use crate::{expected, shared};
use cosim::commands::{Exit, main_with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use weights::import::{export_llama, import, import_llama};
use weights::llama::{Llama, LlamaMatrix, LlamaShape};
use weights::network::{AttentionShape, Function};
use weights::sample;

/// What a command ends with, prints, and says on the standard error.
fn command(arguments: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("spikewright").chain(arguments.iter().copied());
    let exit = main_with(arguments, &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("paths of tests are texts")
}

/// Tokens of one letter, and `<s>` in front of a text.
fn letters() -> Value {
    let letters = "abcdefghijklmnopqrstuvwxyz .";
    let mut vocabulary: BTreeMap<String, usize> =
        letters.chars().enumerate().map(|(id, letter)| (letter.to_string(), id + 3)).collect();
    for (id, token) in ["<unk>", "<s>", "</s>"].into_iter().enumerate() {
        vocabulary.insert(token.to_owned(), id);
    }
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": null, "decoder": { "type": "Fuse" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "<s>", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
            ],
            "pair": [{ "Sequence": { "id": "A", "type_id": 0 } },
                { "Sequence": { "id": "B", "type_id": 0 } }],
            "special_tokens": { "<s>": { "id": "<s>", "ids": [1], "tokens": ["<s>"] } },
        },
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>",
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "vocab": vocabulary, "merges": [],
        },
    })
}

/// A folder of a dense model with its tokenizer and a text, in a place of its own.
fn dense() -> tempfile::TempDir {
    let shape = LlamaShape {
        width: 16,
        hidden: 24,
        blocks: 2,
        attention: AttentionShape { heads: 2, key_value_heads: 1, head_width: 8, causal: true },
        gate: Function::Silu,
        vocabulary: 31,
        context: 40,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: Some(1),
        end_tokens: [2].into(),
    };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("dense");
    std::fs::create_dir(&folder).unwrap();
    export_llama(&sample::llama(3, &shape), &Value::Null, &folder).unwrap();
    std::fs::write(folder.join("tokenizer.json"), letters().to_string()).unwrap();
    let text = "a cat sat on a mat.\n\nthe dog ran to the cat and sat.\n\nall was well.\n";
    std::fs::write(place.path().join("text.txt"), text.repeat(3)).unwrap();
    place
}

/// Quantises the model of a place with few samples, if not told otherwise.
fn quantise(place: &Path, out: &str, more: &[&str]) -> (Exit, String, String) {
    let (model, out, text) = (place.join("dense"), place.join(out), place.join("text.txt"));
    let few = ["--samples", "12", "--length", "24"];
    let few = if more.contains(&few[0]) { &[][..] } else { &few };
    let paths = ["quantise", "--model", path(&model), "--out", path(&out), "--text", path(&text)];
    command(&[&paths[..], few, more].concat())
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_folder_loads_again_and_is_the_same_every_time() {
    let place = dense();
    let recipe = ["--digits", "2", "--salient", "0.2", "--seed", "5"];
    for out in ["first", "second"] {
        let (exit, out, err) = quantise(place.path(), out, &recipe);
        assert_eq!(exit, Exit::Success, "{out}{err}");
    }
    let first = files(&place.path().join("first"));
    assert_eq!(first, files(&place.path().join("second")));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(names, ["config.json", "model.safetensors", "table.json", "tokenizer.json"]);
    let model = import_llama(&place.path().join("first")).unwrap();
    assert!(model.is_quantised());
    let rules = model.activations.as_ref().expect("the folder says how its neurons run");
    assert_eq!(rules.mean_count, Some(3.0));
    assert!(rules.gif_t2.is_some() && rules.gif_t4.is_some());
    assert!(import(&place.path().join("first")).is_ok(), "a network comes of it");
    let (exit, _, err) = quantise(place.path(), "third", &["--digits", "2", "--seed", "6"]);
    assert_eq!(exit, Exit::Success, "{err}");
    assert_ne!(first, files(&place.path().join("third")));
    // The quantised folder is nothing to quantise.
    let arguments =
        ["quantise", "--model", path(&place.path().join("first")), "--out"].map(String::from);
    let out = place.path().join("again");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain([path(&out)]).collect();
    let (exit, _, err) = command(&arguments);
    assert_eq!(exit, Exit::BadInput);
    assert!(err.contains("holds integers already"), "{err}");
    assert!(!out.exists());
}

#[test]
fn what_was_quantised_runs_on_the_machine() {
    let place = dense();
    let (exit, _, err) = quantise(place.path(), "spiking", &["--digits", "2"]);
    assert_eq!(exit, Exit::Success, "{err}");
    let (model, out) = (place.path().join("spiking"), place.path().join("out"));
    let text = place.path().join("text.txt");
    let (exit, told, err) = command(&[
        "run",
        "--model",
        path(&model),
        "--out",
        path(&out),
        "--prompt",
        "a cat",
        "--tokens",
        "3",
    ]);
    assert_eq!(exit, Exit::Success, "{told}{err}");
    assert!(told.contains("RTL = reference"), "{told}");
    let (exit, told, err) = command(&["eval", "--model", path(&model), "--text", path(&text)]);
    assert_eq!(exit, Exit::Success, "{told}{err}");
    assert!(told.contains("perplexity of the integer machine"), "{told}");
    let Some(shared) = shared() else { return };
    let file = shared.join("models/gguf-ternary/ternary-tq2_0.gguf");
    let (exit, told, err) = command(&[
        "run",
        "--model",
        path(&file),
        "--out",
        path(&out),
        "--prompt",
        "once",
        "--tokens",
        "2",
    ]);
    assert_eq!(exit, Exit::Success, "{told}{err}");
    assert!(told.contains("RTL = reference"), "{told}");
}

#[test]
fn the_table_has_every_stage_and_the_sweep_its_picture() {
    let place = dense();
    let more = [
        "--sweep",
        "--json",
        "--key-digits",
        "4",
        "--value-digits",
        "2",
        "--key-value-salient",
        "0.25",
    ];
    let (exit, out, err) = quantise(place.path(), "swept", &more);
    assert_eq!(exit, Exit::Success, "{err}");
    let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[0]["inputs"], "float");
    let inputs: Vec<&str> = rows.iter().map(|row| row["inputs"].as_str().unwrap()).collect();
    let stages =
        ["float", "float", "counts", "gif_t2", "gif_t4", "counts, K 4, V 2, 25 % one more"];
    assert_eq!(inputs[..6], stages);
    let number = |row: usize, key: &str| rows[row][key].as_f64().unwrap();
    assert_eq!((number(0, "bits"), number(1, "trits")), (32.0, 3.0));
    for row in &rows[2..6] {
        let number = |key: &str| row[key].as_f64().unwrap();
        assert!(number("spikes") > 0.5 && number("nanojoules") > 0.0, "{row}");
    }
    let written = files(&place.path().join("swept"));
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&written["table.json"]).unwrap(), rows);
    let svg = String::from_utf8(written["sweep.svg"].clone()).unwrap();
    assert_eq!(svg.matches("<circle").count(), rows.len() - 6);
    assert!(rows.len() > 6 + 20, "{} rows", rows.len());
    // More digits store more and predict better, and GPTQ beats the nearest integers.
    let of = |name: &str| {
        let row = rows.iter().find(|row| row["weights"] == name).expect(name);
        (row["bits"].as_f64().unwrap(), row["perplexity"].as_f64().unwrap())
    };
    let [one, two, three] = ["1 digits, GPTQ", "2 digits, GPTQ", "3 digits, GPTQ"].map(of);
    assert!(one.0 < two.0 && two.0 < three.0);
    assert!(
        (three.1 / number(0, "perplexity")).ln().abs()
            < (one.1 / number(0, "perplexity")).ln().abs()
    );
    // What a human reads went to the standard error, one line a row.
    assert!(err.lines().filter(|line| line.contains("this recipe  ")).count() >= 5, "{err}");
}

/// Integers stay; scales and norms move, and what the model predicts comes closer to the float model.
#[test]
fn refining_follows_the_float_model() {
    let place = dense();
    let told = |out: &str, more: &[&str]| {
        let (exit, told, err) = quantise(place.path(), out, &[&["--digits", "1"], more].concat());
        assert_eq!(exit, Exit::Success, "{err}");
        told
    };
    told("plain", &[]);
    let told = told("refined", &["--refine", "60"]);
    let rows = |name: &str| told.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!((rows("this recipe  "), rows("this recipe, refined")), (2, 4), "{told}");
    let line = told.lines().find(|line| line.starts_with("refine ")).expect("a line says it");
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [first, last] = numbers[..2] else { panic!("{line}") };
    assert!(last < 0.7 * first, "{line}");
    let [plain, refined] =
        ["plain", "refined"].map(|folder| import_llama(&place.path().join(folder)).unwrap());
    let integers = |model: &Llama| {
        let matrices = model.blocks.iter().flat_map(|block| block.matrices.clone());
        let terms = matrices.map(|matrix| match matrix {
            LlamaMatrix::Digits(terms) => terms,
            LlamaMatrix::Float(_) => panic!("floats"),
        });
        terms.flatten().map(|term| term.values).collect::<Vec<_>>()
    };
    assert_eq!(integers(&plain), integers(&refined));
    assert_ne!(plain.norm, refined.norm);
}

#[test]
fn refusals_leave_nothing_behind() {
    let place = dense();
    let refused = |more: &[&str], naming: &str| {
        let (exit, out, err) = quantise(place.path(), "refused", more);
        assert_eq!(exit, Exit::BadInput, "{more:?}: {out}");
        assert!(err.contains(naming), "{more:?}: {err}");
        let names = files_of(place.path());
        assert_eq!(names, ["dense", "text.txt"], "{more:?}");
    };
    refused(&["--digits", "6"], "1..=5");
    refused(&["--digits", "2", "--binary"], "cannot be used with");
    refused(&["--salient", "1.5"], "salient share is 1.5");
    refused(&["--damping=-1"], "damping is -1");
    refused(&["--damping", "NaN"], "damping is NaN");
    refused(&["--counts", "1000"], "mean count is 1000");
    refused(&["--mean-count", "0"], "--mean-count 0 is out of range");
    refused(&["--group", "0"], "group is 0");
    refused(&["--key-digits", "4"], "--value-digits");
    refused(&["--refine", "0"], "1..=100000");
    refused(&["--calibration", "/dev/null"], "not a regular file");
    refused(&["--samples", "1", "--length", "2"], "at least 16 are needed");
    refused(&["--stories", "0"], "text.txt");
    std::fs::create_dir(place.path().join("dense/refused")).unwrap();
    let (exit, _, err) = quantise(place.path(), "dense/refused", &[]);
    assert_eq!(exit, Exit::BadInput);
    assert!(err.contains("exists already"), "{err}");
}

fn files_of(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn nothing_moves_where_there_is_no_terminal() {
    let place = dense();
    let (model, out) = (place.path().join("dense"), place.path().join("quiet"));
    let output = Command::new(env!("CARGO_BIN_EXE_spikewright"))
        .args(["quantise", "--samples", "8", "--length", "16", "--model", path(&model)])
        .args(["--out", path(&out)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains(['\r', '\u{1b}']) && told.contains("written to"), "{told}");
}

#[test]
fn the_published_model_keeps_its_published_quality() {
    let Some(shared) = shared() else { return };
    let place = tempfile::tempdir().unwrap();
    let (model, out) = (shared.join("models/stories260k"), place.path().join("spikes"));
    let text = shared.join("text/tinystories-sample-a.txt");
    let stories = if expected(1.0, 0.0) == 1.0 { "20" } else { "123" };
    let (exit, told, err) = command(&[
        "quantise",
        "--model",
        path(&model),
        "--out",
        path(&out),
        "--text",
        path(&text),
        "--json",
        "--stories",
        stories,
    ]);
    assert_eq!(exit, Exit::Success, "{err}");
    println!("{err}");
    let rows: Vec<Value> = serde_json::from_str(&told).unwrap();
    let perplexity = |row: usize| rows[row]["perplexity"].as_f64().unwrap();
    assert!((perplexity(0) - expected(3.45944, 4.391)).abs() < 6e-4, "{}", perplexity(0));
    // Another calibration text moves three digits by up to 0.017.
    assert!(perplexity(1) <= expected(3.572, 4.52), "{}", perplexity(1));
    assert!(perplexity(2) <= expected(3.707, 4.71), "{}", perplexity(2));
}

#[test]
fn options_of_salient_weights_need_salient_weights() {
    let place = dense();
    for option in [&["--columns"][..], &["--saliency", "random"], &["--salient-digits", "4"]] {
        let (exit, _, err) = quantise(place.path(), "out", option);
        assert_eq!(exit, Exit::BadInput, "{err}");
        assert!(err.contains("--salient <SHARE>"), "{err}");
    }
}

#[test]
fn what_cannot_be_scored_is_refused_with_the_reason() {
    let place = dense();
    let (exit, _, err) = quantise(place.path(), "out", &["--stories", "0"]);
    assert_eq!(exit, Exit::BadInput, "{err}");
    assert!(err.contains("0 stories are asked for") && err.contains("--stories"), "{err}");
    let file = place.path().join("dense/config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    config["max_position_embeddings"] = json!(1);
    std::fs::write(&file, config.to_string()).unwrap();
    let (exit, _, err) = quantise(place.path(), "out", &[]);
    assert_eq!(exit, Exit::BadInput, "{err}");
    assert!(err.contains("a context of 1 holds no id to predict"), "{err}");
    let (model, out) = (place.path().join("dense"), place.path().join("out"));
    let (exit, _, err) = command(&["quantise", "--model", path(&model), "--out", path(&out)]);
    assert_eq!(exit, Exit::BadInput, "{err}");
    assert!(err.contains("samples have one id each"), "{err}");
    assert!(!out.exists());
}

#[test]
fn a_gguf_file_is_not_packed() {
    let place = tempfile::tempdir().unwrap();
    let (model, out) = (place.path().join("model.gguf"), place.path().join("out"));
    let (exit, _, err) = command(&["pack", "--model", path(&model), "--out", path(&out)]);
    assert_eq!(exit, Exit::BadInput, "{err}");
    assert!(err.contains("is a GGUF file: only folders are packed"), "{err}");
}
