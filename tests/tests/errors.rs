//! Ring `errors`: bad input ends with its committed message, exit code 2, and nothing written.
//!
//! What a TOML file or a weight file can get wrong has goldens beside the code that reads it; here
//! are the command line, and what only shows when configuration, network and text meet.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test errors` rewrites the messages.

use cosim::commands::{Exit, main_with};
use pretty_assertions::assert_eq;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use weights::config::{Design, starter, starters};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/errors.txt");

/// Command lines; `@` stands for the folder with the prepared files.
const CASES: &[&str] = &[
    // The command line.
    "rum",
    "run --colour",
    "run --tokens 0",
    "run --tokens many",
    "run --tokens 65537",
    "run --seed -1",
    "run --plant everything",
    "run a.toml b.toml",
    "run --trace @/w.vcd --from 5 --to 3",
    "run --from 5",
    // Files that are not there, or not what they should be.
    "run @/missing.toml",
    "run @",
    "run @/zero.toml",
    "generate @/zero.toml",
    "run --model @/missing",
    "run --model @/zero.toml",
    "run --model @/model",
    "run --model @/damaged",
    // Weights that are too many to become wires.
    "run @/baked.toml",
    "generate @/baked.toml",
    // Layers of neurons have no rules of codes, and a matrix between them.
    "run @/lif.toml --coding counts",
    "run @/lif-stream.toml --prompt hello",
    "run @/lif-stream.toml --vectors @/none.txt",
    "run @/lif-stream.toml --vectors @/short.txt",
    "run @/lif-stream.toml --vectors @/large.txt",
    "run @/lif-stream.toml --vectors @/words.txt",
    "run @/lif.toml --vectors @/short.txt",
    "eval @/lif-stream.toml --text @/words.txt",
    "run @/one-layer.toml",
    // A design of which no machine can be made for the network.
    "run @/narrow.toml",
    "run @/six-lanes.toml",
    "run @/few-digits.toml",
    "generate @/narrow.toml",
    "run --sample --prompt aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    // Boards: no such one, no such clock, memories that no part of it holds.
    "synth",
    "synth --board ulx3s",
    "synth --board icebreaker --seeds 0",
    "synth --board icebreaker --freq fast",
    "synth --board icebreaker --freq 3",
    "synth --board icebreaker --freq 14",
    "synth --board ulx3s-85f --freq NaN",
    "synth @/zero.toml --board icebreaker",
    "synth @/foreign.toml --board ulx3s-85f",
    "synth @/starter.toml --board icebreaker",
    // Explorations: no such part, no such values, nothing that is a machine, nothing that fits.
    "explore --part LFE5U-12F",
    "explore --megahertz 0",
    "explore --packing base4",
    "explore --target asic",
    "explore --bits 9",
    "explore --lanes 0",
    "explore --lanes 6,8 --elements 4",
    "explore @/zero.toml",
    "explore @/foreign.toml",
    "explore @/narrow.toml --lanes 4 --slots 8 --elements 4 --planes 4",
    "explore @/starter.toml --part LFE5U-25F --lanes 64 --slots 64 --elements 16 --planes 8",
    // Benchmarks: nothing to measure, no such number.
    "bench --seeds 0",
    "bench --cost --seeds many",
    "bench --cost --only abacus",
    "bench --only matrix",
    // What does not exist in the run.
    "run --sample --matrix blocks.9.ffn.up",
    "run --sample --matrix blocks.0.ffn.up --prompt a",
    "run @/lif.toml --matrix layers.0.input",
    // Folders that hold no run, or one of another version.
    "report",
    "report @/missing",
    "report @/out/foreign",
    "report @/empty",
    "report @/stale",
    // Folders and files of someone else.
    "run @/foreign.toml",
    "generate @/foreign.toml",
    "generate --out @/empty.txt",
    "init @/zero.toml",
    "init @/no/folder/design.toml",
];

/// Writes the files that the cases name.
fn prepare(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let edited = |name: &str, edits: &[(&str, &str)]| {
        let mut text = starter().to_owned();
        for (from, to) in edits {
            assert!(text.contains(from), "the starter has no {from:?}");
            text = text.replacen(from, to, 1);
        }
        write(name, text.as_bytes());
    };
    write("starter.toml", starter().as_bytes());
    let lif = starters().find(|(name, _)| *name == "lif").expect("it is shipped").1;
    write("lif.toml", lif.as_bytes());
    let stream = starters().find(|(name, _)| *name == "lif-stream").expect("it is shipped").1;
    write("lif-stream.toml", stream.as_bytes());
    write("short.txt", b"1 0 1\n");
    write("large.txt", ["2"; 48].join(" ").as_bytes());
    write("words.txt", b"one two\n");
    write("one-layer.toml", lif.replace("blocks = 3", "blocks = 1").as_bytes());
    edited("zero.toml", &[("\nlanes = 8", "\nlanes = 0")]);
    edited("narrow.toml", &[("acc_width = 18", "acc_width = 9")]);
    edited("six-lanes.toml", &[("\nlanes = 8", "\nlanes = 6")]);
    edited("few-digits.toml", &[("key_value_digits = 4", "key_value_digits = 1")]);
    edited(
        "baked.toml",
        &[
            ("form = \"dense\"", "form = \"baked\""),
            ("hidden = 52", "hidden = 512"),
            ("acc_width = 18", "acc_width = 24"),
        ],
    );
    edited("foreign.toml", &[("name = \"sample\"", "name = \"foreign\"")]);
    write("empty.txt", b"");
    write("binary.txt", b"text \xff");
    write("text.txt", b"Once upon a time");
    fs::create_dir_all(folder.join("out/foreign")).unwrap();
    write("out/foreign/thesis.txt", b"the only copy");
    for name in ["empty", "stale"] {
        fs::create_dir(folder.join(name)).unwrap();
        write(&format!("{name}/manifest.json"), br#"{ "generator": "spikewright" }"#);
    }
    write("stale/5-cosim.json", b"{ \"design\": \"sample\" }");
    let network = weights::sample::network(1);
    for name in ["model", "damaged"] {
        fs::create_dir(folder.join(name)).unwrap();
        weights::import::export(&network, &folder.join(name)).unwrap();
    }
    let weights = fs::read(folder.join("damaged/model.safetensors")).unwrap();
    write("damaged/model.safetensors", &weights[..weights.len() - 1]);
}

/// The names of everything below a folder.
fn names(folder: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.display().to_string());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn bad_input_has_its_message_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    prepare(folder.path());
    let before = names(folder.path());
    let mut messages = String::new();
    for case in CASES {
        let mut line = format!("spikewright {case}").replace('@', place);
        if matches!(case.split(' ').next(), Some("run" | "generate" | "synth" | "explore"))
            && !case.contains("--out")
        {
            write!(line, " --out {place}/out").unwrap();
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit = main_with(line.split(' '), &mut stdout, &mut stderr);
        let message = String::from_utf8(stderr).unwrap().replace(place, "@");
        assert_eq!(exit, Exit::BadInput, "{case}: {message}");
        assert!(message.starts_with("error: "), "{case}: {message}");
        assert_eq!(names(folder.path()), before, "{case} has written something");
        writeln!(messages, "$ spikewright {case}\n{message}").unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, &messages).unwrap();
    }
    assert_eq!(fs::read_to_string(GOLDEN).expect("the golden is committed"), messages);
}

/// Results go to the standard output and end well.
#[test]
fn help_version_and_schema_are_results() {
    for arguments in ["--help", "--version", "run --help", "eval --help", "schema"] {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let line = format!("spikewright {arguments}");
        assert_eq!(main_with(line.split(' '), &mut stdout, &mut stderr), Exit::Success);
        assert!(stderr.is_empty() && stdout.len() > 10, "{arguments}");
    }
}

/// What `init` writes is the design that `run` uses by default.
#[test]
fn init_writes_the_starter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("design.toml");
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let line = ["spikewright", "init", path.to_str().unwrap()];
    assert_eq!(main_with(line, &mut stdout, &mut stderr), Exit::Success);
    let design = Design::parse("design.toml", &fs::read(&path).unwrap()).unwrap();
    assert_eq!(design, Design::bundled());
    // Any other that comes with the program, by its name.
    let path = folder.path().join("lif.toml");
    let line = ["spikewright", "init", path.to_str().unwrap(), "--design", "lif"];
    assert_eq!(main_with(line, &mut stdout, &mut stderr), Exit::Success);
    let design = Design::parse("lif.toml", &fs::read(&path).unwrap()).unwrap();
    assert_eq!(design.name, "lif");
    let line = ["spikewright", "init", "none.toml", "--design", "nosuch"];
    assert_eq!(main_with(line, &mut stdout, &mut stderr), Exit::BadInput);
    let told = String::from_utf8(stderr).unwrap();
    assert!(told.contains("nosuch") && told.contains("ulx3s-85f"), "{told}");
}
