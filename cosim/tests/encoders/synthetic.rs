//! Encoders of shapes that no trained model of ours has, from a folder to the RTL.
//!
//! With `SPIKEWRIGHT_ALL=1` all shapes; each is verilated by itself.

use crate::commands::{command, path};
use crate::framed::{WORDS, byte_pairs, word_piece};
use cosim::commands::Exit;
use cosim::evaluation::classify::{Classifier, FloatClassifier};
use cosim::reference::Tokens;
use cosim::reference::machine::MachineReference;
use firmware::lower::lower;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use weights::config::Design;
use weights::import::{archive, import};
use weights::network::{
    BertHead, BertPooler, BertShape, BertSpiking, Function, Network, SpikelmReset,
};
use weights::sample;

/// Width, hidden width, blocks, heads, context, steps.
type Sizes = [usize; 6];

fn shape([width, hidden, blocks, heads, context, steps]: Sizes, spiking: BertSpiking) -> BertShape {
    let pooler = match spiking {
        BertSpiking::Spikingbert { .. } if width > 64 => BertPooler::None,
        BertSpiking::Spikingbert { .. } => BertPooler::TanhRelu,
        _ => BertPooler::Tanh,
    };
    let labels = ["no", "yes", "other"].map(str::to_owned).to_vec();
    BertShape {
        width,
        hidden,
        blocks,
        heads,
        function: Function::Gelu,
        vocabulary: WORDS.len(),
        context,
        epsilon: 1e-12,
        steps,
        spiking,
        head: BertHead::Classifier { labels, pooler },
        begin_token: None,
        end_token: None,
    }
}

fn spikelm(beta: f32, reset: SpikelmReset) -> BertSpiking {
    BertSpiking::Spikelm { beta, reset }
}

fn spikingbert(threshold: f32, leak: f32) -> BertSpiking {
    BertSpiking::Spikingbert { threshold, leak }
}

/// A folder of a seeded network. Odd seeds of SpikingBERT have binary weights.
fn folder(seed: u64, shape: &BertShape, tokenizer: &Value) -> TempDir {
    let network = match shape.spiking {
        BertSpiking::Plain => sample::bert(seed, shape),
        BertSpiking::Spikelm { .. } => sample::spikelm(seed, shape),
        BertSpiking::Spikingbert { .. } => sample::spikingbert(seed, shape),
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("config.json", sample::encoder_config(shape).to_string().as_bytes());
    write("model.safetensors", &archive::to_bytes(&sample::encoder_tensors(&network)).unwrap());
    write("tokenizer.json", tokenizer.to_string().as_bytes());
    folder
}

/// The shapes that are asked for: all, or those whose place is a multiple of `some`.
fn asked<T: Clone>(all: &[T], some: usize) -> Vec<T> {
    let whole = std::env::var_os("SPIKEWRIGHT_ALL").is_some_and(|value| value == "1");
    all.iter().step_by(if whole { 1 } else { some }).cloned().collect()
}

/// Labelled texts of one word and of more than the context, with a tab, a number, and a carriage return.
fn labelled(folder: &Path, word: &str) -> std::path::PathBuf {
    let mut text = String::new();
    for length in [1, 2, 3, 5, 8, 13, 21, 60] {
        let label = ["no", "1", "other"][length % 3];
        let words: Vec<&str> = (0..length).map(|at| if at % 3 == 1 { "a" } else { word }).collect();
        text.push_str(&format!("{label}\t{}\r\n\n", words.join(" ")));
    }
    let file = folder.join("labelled.tsv");
    std::fs::write(&file, text).unwrap();
    file
}

/// How many of 20 texts, of one word and more, have the float network's scores on the integer machine too.
fn near(network: &Network, tokens: &Tokens, design: &Design) -> usize {
    let mut float = FloatClassifier::new(network).unwrap();
    let mut machine = MachineReference::new(&lower(network, design).unwrap());
    let mut is_near = |length: usize| {
        let word = |at: usize| if at * at % 3 == 1 { "a" } else { "playing" };
        let words: Vec<&str> = (0..length).map(word).collect();
        let ids = tokens.encode(&words.join(" ")).unwrap();
        let (float, machine) = (float.scores(&ids).unwrap(), machine.scores(&ids).unwrap());
        float.iter().zip(&machine).all(|(a, b)| (a - b).abs() < 0.1)
    };
    (1..=20).filter(|length| is_near(*length)).count()
}

/// Values so wide and networks so small that in most texts no membrane is at its threshold: where one is,
/// its spike flips, and in a random network it turns all that is behind it.
#[test]
fn the_integer_machine_is_the_float_network() {
    let mut design = Design::spiking();
    (design.array.acc_width, design.machine.value_width) = (40, 24);
    (design.machine.embedding_digits, design.machine.key_value_digits) = (7, 7);
    design.machine.attention_bits = 8;
    let (code, paper) = (SpikelmReset::Code, SpikelmReset::Paper);
    for (seed, spiking) in [
        (2, BertSpiking::Plain),
        (2, spikelm(0.25, code)),
        (4, spikelm(0.25, paper)),
        (11, spikelm(0.9, code)),
        (8, spikelm(0.9, paper)),
        (2, spikingbert(1.0, 1.0)),
        (3, spikingbert(1.0, 0.9)),
        (5, spikingbert(0.75, 0.99)),
    ] {
        let found = [1, 2, 4, 8].map(|steps| {
            let folder = folder(seed, &shape([12, 16, 1, 2, 17, steps], spiking), &word_piece());
            let network = import(folder.path()).unwrap();
            near(&network, &Tokens::open(folder.path(), &network).unwrap(), &design)
        });
        println!("{spiking:?}: {found:?} of 20 texts at 1, 2, 4, 8 steps");
        // More steps have more membranes at their thresholds.
        let least = [18, 18, 5, 5];
        assert!(
            found.iter().zip(least).all(|(found, least)| *found >= least),
            "{spiking:?}: {found:?}"
        );
    }
}

/// How far scores of the integer machine are from those of the float network, beside their size: random
/// networks fire near their thresholds, so that some spikes differ, but never most of them.
fn distance(folder: &Path, word: &str) -> f64 {
    let network = import(folder).unwrap();
    let tokens = Tokens::open(folder, &network).unwrap();
    let mut float = FloatClassifier::new(&network).unwrap();
    let mut design = Design::spiking();
    // Keys whose unit is the same for all tokens need more digits.
    design.machine.key_value_digits = 7;
    let mut machine = MachineReference::new(&lower(&network, &design).unwrap());
    let (mut apart, mut size) = (0.0, 0.0);
    for length in [1, 4, 7, 10] {
        let ids = tokens.encode(&vec![word; length].join(" a ")).unwrap();
        let (float, machine) = (float.scores(&ids).unwrap(), machine.scores(&ids).unwrap());
        println!("  {float:.3?} {machine:.3?}");
        apart += float.iter().zip(&machine).map(|(a, b)| (a - b).abs()).sum::<f64>();
        size += float.iter().map(|a| a.abs()).sum::<f64>();
    }
    apart / size
}

#[test]
fn classifiers_of_other_shapes_reach_the_rtl() {
    let (code, paper) = (SpikelmReset::Code, SpikelmReset::Paper);
    let shapes = [
        (2, shape([64, 96, 1, 2, 17, 1], spikelm(0.25, paper))),
        (1, shape([160, 200, 1, 5, 48, 2], spikingbert(1.0, 0.9))),
        (1, shape([64, 96, 1, 2, 17, 2], spikelm(0.9, code))),
        (2, shape([64, 128, 3, 2, 17, 8], spikelm(0.5, paper))),
        (4, shape([64, 64, 1, 2, 17, 32], spikelm(0.25, code))),
        (2, shape([64, 96, 1, 2, 17, 1], spikingbert(1.0, 1.0))),
        (3, shape([64, 128, 3, 2, 17, 8], spikingbert(1.0, 0.99))),
        (2, shape([64, 64, 1, 2, 48, 32], spikingbert(0.75, 0.99))),
        (2, shape([64, 96, 2, 2, 17, 1], BertSpiking::Plain)),
    ];
    for (seed, shape) in asked(&shapes, 6) {
        let (tokenizer, word) =
            if seed % 2 == 0 { (word_piece(), "playing") } else { (byte_pairs(), "ab") };
        let folder = folder(seed, &shape, &tokenizer);
        let text = labelled(folder.path(), word);
        let arguments = ["eval", "--model", path(folder.path()), "--text", path(&text)];
        let (exit, out, err) = command(&[&arguments[..], &["--rtl", "4", "--json"]].concat());
        let name = format!("{} wide, {} steps, {:?}", shape.width, shape.steps, shape.spiking);
        assert_eq!(exit, Exit::Success, "{name}: {err}");
        let table: Value = serde_json::from_str(&out).unwrap();
        let rtl = &table["rows"][0]["rtl"];
        println!("{name}: {rtl}");
        assert_eq!((&table["texts"], &rtl["texts"]), (&8.into(), &4.into()), "{name}: {table}");
        assert!(rtl["failure"].is_null() && rtl["cycle_model_error"] == 0.0, "{name}: {rtl}");
        assert!(rtl["writes"].as_u64().is_some_and(|writes| writes > 1000), "{name}: {rtl}");
        let far = distance(folder.path(), word);
        println!("{name}: scores {far:.3} of their size from the float network's");
        // In three blocks a spike that flips turns all that is behind it.
        assert!(far < 0.4 || shape.blocks > 2, "{name}: scores differ by {far:.3} of their size");
    }
}

#[test]
fn masks_are_filled_by_the_rtl() {
    let masks = |tied, sizes, spiking| BertShape {
        head: BertHead::MaskedToken { tied },
        ..shape(sizes, spiking)
    };
    let shapes = [
        (2, masks(true, [24, 40, 1, 3, 9, 4], spikelm(0.25, SpikelmReset::Code))),
        (3, masks(false, [30, 20, 1, 2, 9, 8], spikingbert(1.0, 0.9))),
        (4, masks(false, [24, 40, 1, 3, 9, 1], spikelm(0.25, SpikelmReset::Paper))),
        (6, masks(true, [32, 20, 2, 4, 9, 1], BertSpiking::Plain)),
    ];
    for (seed, shape) in asked(&shapes, 4) {
        let folder = folder(seed, &shape, &word_piece());
        let (texts, place) = (folder.path().join("texts.txt"), folder.path().join("build"));
        std::fs::write(&texts, "a [MASK] cat\r\n\n[MASK]\nplaying a [MASK] [MASK] cat\n").unwrap();
        let arguments =
            ["run", "--model", path(folder.path()), "--text", path(&texts), "--out", path(&place)];
        let (exit, out, err) = command(&arguments);
        println!("{out}");
        assert_eq!(exit, Exit::Success, "{err}{out}");
        assert!(out.contains("RTL = reference") && out.contains("cycle model 0.0 % off"), "{out}");
        let lines: Vec<&str> = out.lines().collect();
        // Each text stands above itself with its masks filled by the likeliest tokens.
        for text in ["a [MASK] cat", "playing a [MASK] [MASK] cat"] {
            let at = lines.iter().position(|line| line.trim() == text).expect(text);
            let filled = lines[at + 1].trim();
            let kept = |word: &&str| *word != "[MASK]";
            assert!(!filled.contains("[MASK]"), "{out}");
            assert!(text.split(' ').filter(kept).all(|word| filled.contains(word)), "{out}");
        }
        let told = lines.iter().filter(|line| line.starts_with("mask ")).count();
        assert_eq!(told, 4, "{out}");
        let arguments = ["eval", "--model", path(folder.path()), "--text", path(&texts)];
        // Keys whose unit is the same for all tokens need more digits.
        let finer = ["--set", "machine.key_value_digits=7", "--rtl", "2", "--json"];
        let (exit, out, err) = command(&[&arguments[..], &finer].concat());
        assert_eq!(exit, Exit::Success, "{err}");
        let table: Value = serde_json::from_str(&out).unwrap();
        let row = &table["rows"][0];
        println!("{row}");
        assert!(row["rtl"]["failure"].is_null() && row["rtl"]["texts"] == 2, "{row}");
        let [float, machine] = [0, 1].map(|at| row["columns"][at]["perplexity"].as_f64().unwrap());
        assert!((float.ln() - machine.ln()).abs() < 0.5, "{float} and {machine}");
        let refused = ["run", "--model", path(folder.path()), "--prompt", "a cat"];
        let (exit, _, err) = command(&refused);
        assert_eq!(exit, Exit::BadInput);
        assert!(err.contains("the text \"a cat\" has no mask"), "{err}");
    }
}
