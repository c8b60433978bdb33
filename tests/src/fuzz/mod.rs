//! Parsers of files from strangers, each as a plain function of bytes, and a loop that feeds them.
//!
//! ```text
//!  fuzz/fuzz_targets/*.rs ─┐
//!  tests/tests/fuzz.rs ────┴► Target::run(bytes): refuses or accepts, and never panics
//! ```
//!
//! The same functions serve `cargo fuzz`, which needs a nightly compiler, and the loop here, which
//! changes files that are right: single bytes and stretches, and single values of JSON.

mod seeds;

use cosim::pipeline::machine::{MachineReport, MachineRtl, converse};
use cosim::pipeline::{Outputs, Source};
use cosim::reference::Tokens;
use cosim::reference::machine::MachineReference;
use cosim::report::page;
use firmware::image::MachineImage;
use hdl::blocks::machine::Machine;
use hdl::check::check;
use hdl::simulator::NativeSimulation;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use weights::config::{DesignFile, starter};
use weights::network::Network;
use weights::sample;

/// A parser.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Feeds it; a panic is a fault.
    pub run: fn(&[u8]),
    /// Files that it accepts, to begin with.
    seeds: fn() -> Vec<Vec<u8>>,
}

/// Every parser of files from strangers.
pub const TARGETS: [Target; 9] = [
    Target { name: "design", run: design, seeds: || vec![starter().into()] },
    Target { name: "tokenizer", run: tokenizer, seeds: seeds::tokenizers },
    Target { name: "gguf", run: gguf, seeds: || vec![seeds::gguf()] },
    Target { name: "llama", run: llama, seeds: || vec![LLAMA.file("config.json")] },
    Target { name: "config", run: config, seeds: || vec![MODEL.file("config.json")] },
    Target { name: "weights", run: weights, seeds: || vec![MODEL.file("model.safetensors")] },
    Target { name: "index", run: index, seeds: || vec![INDEX.to_vec()] },
    Target { name: "report", run: report, seeds: || vec![REPORT.clone()] },
    Target { name: "manifest", run: manifest, seeds: || vec![MODEL.file("manifest.json")] },
];

const INDEX: &[u8] =
    br#"{"metadata": {"total_size": 1}, "weight_map": {"model.embed_tokens.weight": "model.safetensors"}}"#;

/// A small network and its files, in a folder of this process.
struct Model {
    network: Network,
    folder: PathBuf,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let mut design = DesignFile::bundled().design;
    let shape = &mut design.sample;
    (shape.width, shape.hidden, shape.blocks) = (8, 8, 1);
    let network = sample::network_of(1, &sample::shape_of(&design.sample));
    let folder = std::env::temp_dir().join(format!("fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    weights::import::export(&network, &folder).expect("the sample has this layout");
    let mut outputs = Outputs::new(&folder, "run").expect("nothing is there");
    outputs.add("5-cosim.json", "{}");
    outputs.write(&[]).expect("there is room");
    std::fs::copy(folder.join("run/manifest.json"), folder.join("manifest.json")).expect("room");
    Model { network, folder }
});

/// A small model of LLaMA's structure that the command `quantise` could have made.
static LLAMA: LazyLock<Model> = LazyLock::new(|| {
    let folder = MODEL.folder.join("llama-seed");
    std::fs::create_dir_all(&folder).expect("a folder");
    let model = seeds::llama();
    weights::import::export_llama(&model, &Value::Null, &folder).expect("it has this layout");
    Model { network: model.network().expect("every matrix holds integers"), folder }
});

/// Removes the files of this process.
pub fn clean() {
    let _ =
        std::fs::remove_dir_all(std::env::temp_dir().join(format!("fuzz-{}", std::process::id())));
}

impl Model {
    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).expect("it was written")
    }

    /// Imports a copy of the folder in which one file is another.
    fn import_with(&self, target: &str, name: &str, bytes: &[u8]) {
        let folder = self.folder.join(target);
        if !folder.exists() {
            std::fs::create_dir_all(&folder).expect("a folder");
            for name in ["config.json", "model.safetensors"] {
                std::fs::write(folder.join(name), self.file(name)).expect("there is room");
            }
            if target == "index" {
                std::fs::rename(folder.join("model.safetensors"), folder.join("a.safetensors"))
                    .expect("room");
            }
        }
        std::fs::write(folder.join(name), bytes).expect("there is room");
        let _ = weights::import::dimensions(&folder);
        let _ = weights::import::import(&folder);
    }
}

/// The JSON of a short run of the sample, simulated natively.
static REPORT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let file = DesignFile::bundled();
    let network = sample::network(file.design.run.seed);
    let source = Source { file, network, texts: Vec::new() };
    let program = source.lower().expect("the sample is a machine");
    let rtl = MachineRtl::new(&program).expect("the sample is a machine");
    let module = check(&Machine::observed(&program).module()).expect("it passes");
    let simulation = NativeSimulation::new(&module);
    let image = MachineImage::new(&program).expect("it fits");
    let talk = converse(simulation, &image, MachineReference::new(&program), &[1], 1, |_| ());
    let texts = vec![("1".to_owned(), "2".to_owned())];
    let report = MachineReport::new(&source, &program, &rtl, &[talk], texts, Duration::ZERO);
    let mut value: Value = serde_json::from_str(&report.to_json()).expect("it is JSON");
    // A page of few instructions shows the same sections in less time.
    if let Some(instructions) = value["timeline"]["instructions"].as_array_mut() {
        instructions.truncate(24);
    }
    serde_json::to_vec(&value).expect("it is JSON")
});

/// A design file.
pub fn design(bytes: &[u8]) {
    let _ = DesignFile::parse("design.toml", bytes);
}

/// A `tokenizer.json`, and two texts for it.
pub fn tokenizer(bytes: &[u8]) {
    if let Ok(tokens) = Tokens::parse(bytes, &MODEL.network) {
        for text in ["ab ab b c é 日 \u{fdfa}<s>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            if let Ok(ids) = tokens.encode(text) {
                let _ = tokens.decode(&ids);
            }
        }
    }
}

/// A `config.json`.
pub fn config(bytes: &[u8]) {
    MODEL.import_with("config", "config.json", bytes);
}

/// A `config.json` of a model of LLaMA's structure.
pub fn llama(bytes: &[u8]) {
    LLAMA.import_with("llama", "config.json", bytes);
}

/// A GGUF file.
pub fn gguf(bytes: &[u8]) {
    let path = MODEL.folder.join("model.gguf");
    std::fs::write(&path, bytes).expect("there is room");
    let _ = weights::import::dimensions(&path);
    let _ = weights::import::tokenizer(&path, seeds::GGUF_IDS);
    let _ = weights::import::import(&path);
}

/// A `model.safetensors`.
pub fn weights(bytes: &[u8]) {
    MODEL.import_with("weights", "model.safetensors", bytes);
}

/// A `model.safetensors.index.json`.
pub fn index(bytes: &[u8]) {
    MODEL.import_with("index", "model.safetensors.index.json", bytes);
}

/// A `5-cosim.json`.
pub fn report(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = page(text, &[]);
    }
}

/// A `manifest.json`.
pub fn manifest(bytes: &[u8]) {
    let folder = MODEL.folder.join("manifest");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("manifest.json"), bytes).expect("there is room");
    let _ = Outputs::require_whole(&folder, None);
}

/// What a loop did.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Files that the parser was fed.
    pub executions: u64,
    /// How long that took.
    pub elapsed: Duration,
}

impl Target {
    /// Feeds changed files for `time`, or until there were `executions`.
    pub fn repeat(&self, seed: u64, time: Duration, executions: u64) -> Outcome {
        let seeds = (self.seeds)();
        seeds.iter().for_each(|seed| (self.run)(seed));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (begin, mut done) = (Instant::now(), seeds.len() as u64);
        while done < executions && begin.elapsed() < time {
            let bytes = changed(&mut random, &seeds);
            (self.run)(&bytes);
            done += 1;
        }
        Outcome { executions: done, elapsed: begin.elapsed() }
    }
}

/// One of the seeds with some changes.
fn changed(random: &mut ChaCha8Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let seed = seeds.choose(random).expect("there is one");
    if random.random_bool(0.6)
        && let Ok(mut value) = serde_json::from_slice::<Value>(seed)
    {
        for _ in 0..random.random_range(1..4) {
            change_value(random, &mut value);
        }
        return serde_json::to_vec(&value).expect("it is JSON");
    }
    let mut bytes = seed.clone();
    for _ in 0..random.random_range(1..5) {
        change_bytes(random, &mut bytes);
    }
    bytes
}

/// Puts something else in the place of one value, or takes it away.
fn change_value(random: &mut ChaCha8Rng, value: &mut Value) {
    let stay = random.random_bool(0.25);
    match value {
        Value::Object(fields) if !stay && !fields.is_empty() => {
            let index = random.random_range(0..fields.len());
            let key = fields.keys().nth(index).expect("within").clone();
            if random.random_bool(0.1) {
                fields.remove(&key);
            } else {
                change_value(random, &mut fields[&key]);
            }
        }
        Value::Array(values) if !stay && !values.is_empty() => {
            let index = random.random_range(0..values.len());
            match random.random_range(0..10) {
                0 => drop(values.remove(index)),
                1 => values.push(values[index].clone()),
                _ => change_value(random, &mut values[index]),
            }
        }
        place => {
            let hostile = [
                json!(null),
                json!(true),
                json!(0),
                json!(1),
                json!(-1),
                json!(0.5),
                json!(1e300),
                json!(u64::MAX),
                json!(1u64 << 32),
                json!(i64::MIN),
                json!(""),
                json!("a"),
                json!("\u{1b}[2J"),
                json!("(a+)+$"),
                json!("Sequence"),
                json!("../x"),
                json!([]),
                json!({}),
                json!("a".repeat(300)),
                json!([[[[]]]]),
            ];
            *place = hostile.choose(random).expect("there are some").clone();
        }
    }
}

fn change_bytes(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        bytes.push(random.random());
        return;
    }
    let at = random.random_range(0..bytes.len());
    let end = (at + random.random_range(1..32)).min(bytes.len());
    match random.random_range(0..7) {
        0 => bytes[at] = random.random(),
        1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[at..end].to_vec();
            let to = random.random_range(0..=bytes.len());
            bytes.splice(to..to, copy);
        }
        5 => bytes.insert(at, *b"\0\"{}[],:\\\xff19-.e\n".choose(random).expect("some")),
        _ => {
            let number = [0u64, 1, 1 << 31, 1 << 32, 1 << 62, u64::MAX];
            let number = number.choose(random).expect("some").to_le_bytes();
            let end = (at + 8).min(bytes.len());
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }
}
