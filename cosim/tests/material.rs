//! Models of floats of every family but LLaMA's: seeded, quantised by the command, read again, and
//! executed by the integer machine.

use cosim::commands::{Exit, main_with};
use cosim::reference::float::FloatExecutor;
use cosim::reference::machine::MachineReference;
use firmware::lower::lower;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use weights::config::Design;
use weights::import::archive::{self, Archive, ArchiveTensor};
use weights::import::{Limits, import, import_material};
use weights::network::{Network, Operation};

const WIDTH: usize = 12;
const HIDDEN: usize = 20;
const BLOCKS: usize = 2;
const VOCABULARY: usize = 31;
const CONTEXT: usize = 40;

/// A family: its configuration, and the lengths of its tensors by name.
struct Family {
    config: Value,
    tensors: Vec<(String, Vec<usize>)>,
}

impl Family {
    fn add(&mut self, name: String, shape: &[usize]) {
        self.tensors.push((name, shape.to_vec()));
    }

    fn norm(&mut self, name: String, width: usize) {
        self.add(format!("{name}.weight"), &[width]);
        self.add(format!("{name}.bias"), &[width]);
    }

    fn biased(&mut self, name: String, shape: [usize; 2], outputs: usize) {
        self.add(format!("{name}.weight"), &shape);
        self.add(format!("{name}.bias"), &[outputs]);
    }
}

fn gpt2() -> Family {
    let config = json!({
        "model_type": "gpt2", "n_embd": WIDTH, "n_inner": HIDDEN, "n_layer": BLOCKS, "n_head": 2,
        "n_positions": CONTEXT, "vocab_size": VOCABULARY, "eos_token_id": 2,
    });
    let mut family = Family { config, tensors: Vec::new() };
    family.add("transformer.wte.weight".to_owned(), &[VOCABULARY, WIDTH]);
    family.add("transformer.wpe.weight".to_owned(), &[CONTEXT, WIDTH]);
    family.norm("transformer.ln_f".to_owned(), WIDTH);
    for block in 0..BLOCKS {
        let part = |part: &str| format!("transformer.h.{block}.{part}");
        family.norm(part("ln_1"), WIDTH);
        family.norm(part("ln_2"), WIDTH);
        family.biased(part("attn.c_attn"), [WIDTH, 3 * WIDTH], 3 * WIDTH);
        family.biased(part("attn.c_proj"), [WIDTH, WIDTH], WIDTH);
        family.biased(part("mlp.c_fc"), [WIDTH, HIDDEN], HIDDEN);
        family.biased(part("mlp.c_proj"), [HIDDEN, WIDTH], WIDTH);
    }
    family
}

fn rwkv() -> Family {
    let config = json!({
        "model_type": "rwkv", "hidden_size": WIDTH, "intermediate_size": HIDDEN,
        "num_hidden_layers": BLOCKS, "vocab_size": VOCABULARY, "eos_token_id": 2,
    });
    let mut family = Family { config, tensors: Vec::new() };
    family.add("rwkv.embeddings.weight".to_owned(), &[VOCABULARY, WIDTH]);
    family.add("head.weight".to_owned(), &[VOCABULARY, WIDTH]);
    family.norm("rwkv.blocks.0.pre_ln".to_owned(), WIDTH);
    family.norm("rwkv.ln_out".to_owned(), WIDTH);
    for block in 0..BLOCKS {
        let part = |part: &str| format!("rwkv.blocks.{block}.{part}");
        family.norm(part("ln1"), WIDTH);
        family.norm(part("ln2"), WIDTH);
        for vector in ["time_decay", "time_first"] {
            family.add(part(&format!("attention.{vector}")), &[WIDTH]);
        }
        for mix in ["key", "value", "receptance"] {
            family.add(part(&format!("attention.time_mix_{mix}")), &[1, 1, WIDTH]);
            family.add(part(&format!("attention.{mix}.weight")), &[WIDTH, WIDTH]);
        }
        family.add(part("attention.output.weight"), &[WIDTH, WIDTH]);
        for mix in ["key", "receptance"] {
            family.add(part(&format!("feed_forward.time_mix_{mix}")), &[1, 1, WIDTH]);
        }
        family.add(part("feed_forward.key.weight"), &[HIDDEN, WIDTH]);
        family.add(part("feed_forward.value.weight"), &[WIDTH, HIDDEN]);
        family.add(part("feed_forward.receptance.weight"), &[WIDTH, WIDTH]);
    }
    family
}

fn bert() -> Family {
    let config = json!({
        "model_type": "bert", "architectures": ["BertForSequenceClassification"],
        "hidden_size": WIDTH, "intermediate_size": HIDDEN, "num_hidden_layers": BLOCKS,
        "num_attention_heads": 2, "max_position_embeddings": CONTEXT, "vocab_size": VOCABULARY,
        "id2label": { "0": "good", "1": "bad" }, "label2id": { "good": 0, "bad": 1 },
    });
    let mut family = Family { config, tensors: Vec::new() };
    for (table, rows) in [("word", VOCABULARY), ("position", CONTEXT), ("token_type", 2)] {
        family.add(format!("bert.embeddings.{table}_embeddings.weight"), &[rows, WIDTH]);
    }
    family.norm("bert.embeddings.LayerNorm".to_owned(), WIDTH);
    family.biased("bert.pooler.dense".to_owned(), [WIDTH, WIDTH], WIDTH);
    family.biased("classifier".to_owned(), [2, WIDTH], 2);
    for block in 0..BLOCKS {
        let part = |part: &str| format!("bert.encoder.layer.{block}.{part}");
        for matrix in ["self.query", "self.key", "self.value", "output.dense"] {
            family.biased(part(&format!("attention.{matrix}")), [WIDTH, WIDTH], WIDTH);
        }
        family.norm(part("attention.output.LayerNorm"), WIDTH);
        family.biased(part("intermediate.dense"), [HIDDEN, WIDTH], HIDDEN);
        family.biased(part("output.dense"), [WIDTH, HIDDEN], WIDTH);
        family.norm(part("output.LayerNorm"), WIDTH);
    }
    family
}

/// Letters as tokens.
fn letters() -> Value {
    let letters = "abcdefghijklmnopqrstuvwxyz .";
    let mut vocabulary: BTreeMap<String, usize> =
        letters.chars().enumerate().map(|(id, letter)| (letter.to_string(), id + 3)).collect();
    for (id, token) in ["<unk>", "<s>", "</s>"].into_iter().enumerate() {
        vocabulary.insert(token.to_owned(), id);
    }
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": null, "post_processor": null,
        "decoder": { "type": "Fuse" },
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>",
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "vocab": vocabulary, "merges": [],
        },
    })
}

/// Numbers between -1 and 1 that are the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        // Steele and Vigna's SplitMix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// The folder of a family, in a place of its own beside a text.
fn dense(family: Family) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("dense");
    std::fs::create_dir(&folder).unwrap();
    let mut noise = Noise(7);
    let mut tensors = Archive::new();
    for (name, shape) in family.tensors {
        let count: usize = shape.iter().product();
        // Norms around one, biases around zero, mixtures between zero and one.
        let (centre, spread) = match (shape.len(), name.contains("time_mix")) {
            (_, true) => (0.5, 0.5),
            (1, _) if name.ends_with(".weight") => (1.0, 0.2),
            (1, _) => (0.0, 0.3),
            _ => (0.0, 1.5 / (WIDTH as f32).sqrt()),
        };
        let values: Vec<f32> = (0..count).map(|_| centre + spread * noise.next()).collect();
        tensors.insert(name, ArchiveTensor::f32(shape, &values));
    }
    std::fs::write(folder.join("model.safetensors"), archive::to_bytes(&tensors).unwrap()).unwrap();
    std::fs::write(folder.join("config.json"), family.config.to_string()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), letters().to_string()).unwrap();
    let text = "a cat sat on a mat.\n<|endoftext|>\nthe dog ran to the cat and sat.\n";
    std::fs::write(place.path().join("text.txt"), text.repeat(4)).unwrap();
    let labelled = "good\ta cat sat on a mat.\nbad\tthe dog ran away.\n0\tall was well.\n";
    std::fs::write(place.path().join("labelled.tsv"), labelled.repeat(3)).unwrap();
    place
}

fn command(arguments: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("spikewright").chain(arguments.iter().copied());
    let exit = main_with(arguments, &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

fn quantise(place: &Path, out: &str, more: &[&str]) -> (Exit, String, String) {
    let paths = [place.join("dense"), place.join(out)].map(|it| it.to_str().unwrap().to_owned());
    let arguments =
        ["quantise", "--model", &paths[0], "--out", &paths[1], "--samples", "16", "--length", "24"];
    command(&[&arguments[..], more].concat())
}

fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: PathBuf| (path.file_name().unwrap().into(), std::fs::read(&path).unwrap());
    paths.map(file).collect()
}

/// Root of the mean square of what integers lack of the floats, in parts of that of the floats.
fn lost(place: &Path, network: &Network) -> f64 {
    let material = import_material(&place.join("dense"), &Limits::default()).unwrap();
    let mut squares = [0.0, 0.0];
    let mut seen = 0;
    for (name, floats) in &material.floats {
        let mut left: Vec<f64> = floats.values.iter().map(|&value| value.into()).collect();
        squares[1] += left.iter().map(|x| x * x).sum::<f64>();
        let own = |term: &&weights::network::DigitMatrix| {
            term.name == *name || term.name.starts_with(&format!("{name}.term"))
        };
        for term in network.digit_matrices().filter(own) {
            assert_eq!((term.rows, term.columns), (floats.rows, floats.columns), "{name}");
            for (row, &scale) in term.row_scales.iter().enumerate() {
                let left = &mut left[row * term.columns..(row + 1) * term.columns];
                for (left, &value) in left.iter_mut().zip(term.row(row)) {
                    *left -= f64::from(scale) * f64::from(value);
                }
            }
            seen += 1;
        }
        squares[0] += left.iter().map(|x| x * x).sum::<f64>();
    }
    assert_eq!(seen, network.digit_matrices().count());
    (squares[0] / squares[1]).sqrt()
}

/// Logits of the float executor and of the integer machine behind some ids.
fn logits(network: &Network, ids: &[u32]) -> [Vec<f64>; 2] {
    let float = FloatExecutor::new(network).unwrap().read(ids).unwrap().pop().unwrap();
    let mut design = Design::spiking();
    design.machine.value_width = 24;
    design.machine.key_value_digits = 7;
    design.machine.head_bits = 12;
    design.machine.attention_bits = 12;
    design.machine.context = 16;
    design.array.acc_width = 32;
    let program = lower(network, &design).unwrap_or_else(|error| panic!("{error}"));
    let mut machine = MachineReference::new(&program);
    let mut last = None;
    for (index, &id) in ids.iter().enumerate() {
        last = machine.step(id, index + 1 == ids.len()).unwrap();
    }
    [float, last.expect("the last id asks for a prediction").values().collect()]
}

fn check(family: Family, more: &[&str], rms_max: f64) -> (tempfile::TempDir, Network) {
    let place = dense(family);
    for out in ["first", "second"] {
        let (exit, out, err) = quantise(place.path(), out, more);
        assert_eq!(exit, Exit::Success, "{out}{err}");
    }
    let first = place.path().join("first");
    assert_eq!(bytes(&first), bytes(&place.path().join("second")));
    let network = import(&first).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(network.ternary_matrices().count(), 0);
    let encoded = |it: &&Operation| matches!(it, Operation::Encode { .. });
    assert!(network.operations.iter().filter(encoded).count() >= 4 * BLOCKS);
    let lost = lost(place.path(), &network);
    assert!(lost < rms_max, "{lost}");
    let table: Value =
        serde_json::from_slice(&std::fs::read(first.join("table.json")).unwrap()).unwrap();
    let inputs: Vec<&str> =
        table.as_array().unwrap().iter().map(|row| row["inputs"].as_str().unwrap()).collect();
    assert_eq!(inputs, ["float", "float", "counts"]);
    let [float, real, _] = [0, 1, 2].map(|row| table[row]["perplexity"].as_f64().unwrap());
    assert!((real / float - 1.0).abs() < 0.2, "{float} {real}");
    (place, network)
}

/// The machine says what the floats say, where its inputs are no counts: at this width a count that
/// rounds the other way moves every logit.
fn close(place: &Path) {
    let folder = place.join("first");
    let config = std::fs::read_to_string(folder.join("config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["spikellm"]["activations"]["default"] = json!("float");
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let [float, machine] = logits(&import(&folder).unwrap(), &[1, 7, 4, 9, 22]);
    let largest = float.iter().fold(0f64, |most, x| most.max(x.abs()));
    for (float, machine) in float.iter().zip(&machine) {
        assert!((float - machine).abs() < 0.05 * largest, "{float} {machine} of {largest}");
    }
}

#[test]
fn gpt2_becomes_digits_and_runs() {
    let (place, network) = check(gpt2(), &[], 0.15);
    // Counts too make a machine.
    let [_, machine] = logits(&network, &[1, 7, 4]);
    assert_eq!(machine.len(), VOCABULARY);
    close(place.path());
}

#[test]
fn rwkv_becomes_digits_and_runs() {
    let (place, network) = check(rwkv(), &[], 0.15);
    // Counts too make a machine.
    let [_, machine] = logits(&network, &[1, 7, 4]);
    assert_eq!(machine.len(), VOCABULARY);
    close(place.path());
}

#[test]
fn bert_becomes_digits_by_labelled_texts() {
    let place = dense(bert());
    let text = place.path().join("labelled.tsv").to_str().unwrap().to_owned();
    let (_place, network) = check(bert(), &["--calibration", &text], 0.15);
    assert_eq!(network.vocabulary, VOCABULARY);
}

/// Two terms a matrix, which thirds of one tensor hold side by side; and all other recipes.
#[test]
fn mixtures_load_again() {
    check(gpt2(), &["--digits", "2", "--salient", "0.2", "--salient-digits", "3"], 0.25);
    check(rwkv(), &["--digits", "3", "--group", "8"], 0.15);
    check(gpt2(), &["--counts", "12", "--method", "nearest"], 0.1);
}

#[test]
fn what_is_no_material_is_refused() {
    let refused = |place: &Path, out: &str, more: &[&str]| {
        let (exit, _, err) = quantise(place, out, more);
        assert_eq!(exit, Exit::BadInput, "{err}");
        assert!(!place.join(out).exists());
        err
    };
    let place = dense(bert());
    let err = refused(place.path(), "out", &[]);
    assert!(err.contains("--calibration FILE"), "{err}");
    let place = dense(gpt2());
    let err = refused(place.path(), "out", &["--tied-scale"]);
    assert!(err.contains("leave them out"), "{err}");
    let err = import(&place.path().join("dense")).unwrap_err().to_string();
    assert!(err.contains("spikewright quantise"), "{err}");
    assert_eq!(quantise(place.path(), "once", &[]).0, Exit::Success);
    let again = [place.path().join("once"), place.path().join("twice")];
    let again = again.map(|it| it.to_str().unwrap().to_owned());
    let (exit, _, err) = command(&["quantise", "--model", &again[0], "--out", &again[1]]);
    assert_eq!(exit, Exit::BadInput);
    assert!(err.contains("integers already"), "{err}");
    let mut family = gpt2();
    family.config["model_type"] = json!("spikegpt");
    let err = refused(dense(family).path(), "out", &[]);
    assert!(err.contains("\"llama\", \"bert\", \"gpt2\", \"rwkv\""), "{err}");
}
