//! The parsers, as functions of the bytes of a file.

use super::seeds;
use cosim::pipeline::machine::{MachineReport, MachineRtl, converse};
use cosim::pipeline::{Outputs, Source, read_text};
use cosim::reference::machine::MachineReference;
use cosim::reference::{Labelled, Tokens, stories};
use cosim::report::page;
use cosim::synth::SynthReport;
use firmware::image::MachineImage;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use weights::config::DesignFile;
use weights::network::Network;
use weights::sample;

/// A small network and its files, in a folder of this process.
pub(super) struct Model {
    network: Network,
    folder: PathBuf,
}

/// The folder of this process: in memory where there is such a place, since most targets write a
/// file every time, and a disk makes them thirty times slower.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    place.join(format!("fuzz-{}", std::process::id()))
}

pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let mut design = DesignFile::bundled().design;
    let shape = &mut design.sample;
    (shape.width, shape.hidden, shape.blocks) = (8, 8, 1);
    let network = sample::network_of(1, &sample::shape_of(&design.sample));
    let folder = place();
    fs::create_dir_all(&folder).expect("a folder");
    weights::import::export(&network, &folder).expect("the sample has this layout");
    fs::write(folder.join("tokenizer.json"), &seeds::tokenizers()[0]).expect("there is room");
    let mut outputs = Outputs::new(&folder, "run").expect("nothing is there");
    outputs.add("5-cosim.json", "{}");
    outputs.write(&[]).expect("there is room");
    fs::copy(folder.join("run/manifest.json"), folder.join("manifest.json")).expect("room");
    Model { network, folder }
});

/// A small model of LLaMA's structure that the command `quantise` could have made.
pub(super) static LLAMA: LazyLock<Model> = LazyLock::new(|| {
    let folder = MODEL.folder.join("llama-seed");
    fs::create_dir_all(&folder).expect("a folder");
    let model = seeds::llama();
    weights::import::export_llama(&model, &Value::Null, &folder).expect("it has this layout");
    Model { network: model.network().expect("every matrix holds integers"), folder }
});

/// Removes the files of this process.
pub fn clean() {
    let _ = fs::remove_dir_all(place());
}

impl Model {
    pub(super) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).expect("it was written")
    }

    /// A copy of the folder for a target, in which one file is another.
    fn with(&self, target: &str, name: &str, bytes: &[u8]) -> PathBuf {
        let folder = self.folder.join(target);
        if !folder.exists() {
            fs::create_dir_all(&folder).expect("a folder");
            for name in ["config.json", "model.safetensors"] {
                fs::write(folder.join(name), self.file(name)).expect("there is room");
            }
            match target {
                "index" => {
                    let shard = folder.join("a.safetensors");
                    fs::rename(folder.join("model.safetensors"), shard).expect("room");
                }
                "beside" => {
                    let tokenizer = self.file("tokenizer.json");
                    fs::write(folder.join("tokenizer.json"), tokenizer).expect("room");
                }
                _ => {}
            }
        }
        fs::write(folder.join(name), bytes).expect("there is room");
        folder
    }

    /// Imports a copy of the folder in which one file is another.
    fn import_with(&self, target: &str, name: &str, bytes: &[u8]) {
        let folder = self.with(target, name, bytes);
        let _ = weights::import::dimensions(&folder);
        let _ = weights::import::import(&folder);
    }
}

/// The JSON of a short run of the sample, simulated natively.
pub(super) static REPORT: LazyLock<Vec<u8>> = LazyLock::new(|| {
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

/// A `tokenizer_config.json` beside a `tokenizer.json`.
pub fn beside(bytes: &[u8]) {
    let folder = MODEL.with("beside", "tokenizer_config.json", bytes);
    if let Ok(tokens) = Tokens::open(&folder, &MODEL.network) {
        let _ = tokens.encode("ab<s>").map(|ids| tokens.decode(&ids));
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

/// A `config.json` of the other families, of a folder without weights.
pub fn families(bytes: &[u8]) {
    let folder = MODEL.folder.join("families");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.json"), bytes).expect("there is room");
    let _ = weights::import::dimensions(&folder);
    let _ = weights::import::import(&folder);
}

/// A `generation_config.json`.
pub fn generation(bytes: &[u8]) {
    MODEL.import_with("generation", "generation_config.json", bytes);
}

/// A GGUF file.
pub fn gguf(bytes: &[u8]) {
    let path = MODEL.folder.join("model.gguf");
    fs::write(&path, bytes).expect("there is room");
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

/// A text, and the same as lines of labels and texts.
pub fn text(bytes: &[u8]) {
    static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
        Tokens::parse(&seeds::tokenizers()[0], &MODEL.network).expect("it is right")
    });
    let path = MODEL.folder.join("text.txt");
    fs::write(&path, bytes).expect("there is room");
    if let Ok(text) = read_text(&path, &mut Vec::new()) {
        for story in stories(&text) {
            let _ = TOKENS.encode(story);
        }
        let labels = ["no".to_owned(), "yes".to_owned()];
        let _ = Labelled::parse(&text, &labels, &TOKENS, (16, 4));
    }
}

/// A `5-cosim.json`.
pub fn report(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = page(text, &[]);
    }
}

/// A `synth.json` of the machine of the report.
pub fn synth(bytes: &[u8]) {
    let Ok(board) = serde_json::from_slice::<SynthReport>(bytes) else { return };
    let report = std::str::from_utf8(&REPORT).expect("it is JSON");
    let _ = page(report, &[board]);
}

/// A `manifest.json`.
pub fn manifest(bytes: &[u8]) {
    let folder = MODEL.folder.join("manifest");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("manifest.json"), bytes).expect("there is room");
    let _ = Outputs::require_whole(&folder, None);
}
