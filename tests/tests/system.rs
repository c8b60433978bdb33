//! Ring `system`: the generated machine writes what the reference writes, a matrix alone too, the check
//! sees every planted fault, and equal input gives equal bytes.
//!
//! Needs a Verilator, which is installed if there is none. With `SPIKEWRIGHT_SHARED` set to a
//! folder with `models/` and `text/`, a real model is run too, and its absence is a failure.

use cosim::commands::{Exit, main_with};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use weights::config::starters;

/// How a command ended.
struct Ended {
    exit: Exit,
    stdout: String,
    stderr: String,
}

fn spikewright<A: Into<OsString> + Clone>(arguments: &[A]) -> Ended {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let program = [OsString::from("spikewright")];
    let arguments = program.into_iter().chain(arguments.iter().cloned().map(Into::into));
    let exit = main_with(arguments, &mut stdout, &mut stderr);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ended { exit, stdout: text(stdout), stderr: text(stderr) }
}

fn report(folder: &Path) -> serde_json::Value {
    let text = std::fs::read(folder.join("5-cosim.json")).expect("the report is written");
    serde_json::from_slice(&text).expect("JSON")
}

/// Every file below a folder, by its path inside. The folders of runs are read through the names
/// that point to them: their own names say when they were written.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("an entry has a name").to_string_lossy();
            if name.starts_with(".run") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let inside = path.strip_prefix(folder).expect("below the folder").to_owned();
                found.insert(inside, std::fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

#[test]
fn the_sample_machine_writes_what_the_reference_writes() {
    let out = tempfile::tempdir().unwrap();
    let out_path = out.path().to_str().unwrap();
    let ended = spikewright(&["run", "--sample", "--out", out_path, "--json", "--tokens", "6"]);
    assert_eq!(ended.exit, Exit::Success, "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().last(), Some("RTL = reference"));
    let printed: serde_json::Value = serde_json::from_str(&ended.stdout).expect("only JSON");
    let written = report(&out.path().join("sample"));
    assert_eq!(printed["values"], written["values"]);
    assert_eq!((&written["mismatches"], &written["predictions"]), (&0.into(), &6.into()));
    assert!(written["values"].as_u64().is_some_and(|values| values > 10_000));
    assert_eq!(written["conversations"][0]["ids"].as_array().map(Vec::len), Some(6));
    the_page_is_made_again(&out.path().join("sample"));
    for file in ["2-weights.bin", "3-program.lst", "4-rtl/machine.v", "4-rtl/registers.md"] {
        assert!(out.path().join("sample").join(file).exists(), "{file}");
    }
}

/// `report` makes the page again from the JSON files, as `run` wrote it.
fn the_page_is_made_again(folder: &Path) {
    let before = files(folder);
    let page = PathBuf::from("6-report.html");
    assert!(String::from_utf8_lossy(&before[&page]).contains("RTL = reference"));
    std::fs::remove_file(folder.join(&page)).unwrap();
    let ended = spikewright(&["report".as_ref(), folder.as_os_str()]);
    assert_eq!(ended.exit, Exit::Success, "{}", ended.stderr);
    let after = files(folder);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    for (name, bytes) in &before {
        assert!(bytes == &after[name], "{} differs", name.display());
    }
}

#[test]
fn every_fault_planted_in_a_machine_is_seen_named_and_replayed() {
    let out = tempfile::tempdir().unwrap();
    let out_path = out.path().to_str().unwrap();
    for plant in ["weight", "instruction", "constant"] {
        let options = ["run", "--sample", "--out", out_path, "--tokens", "3", "--plant", plant];
        let ended = spikewright(&options);
        assert_eq!(ended.exit, Exit::Failure, "{plant}: {}", ended.stderr);
        let begin = ended.stdout.find("mismatch at token ").expect("a mismatch");
        let message = &ended.stdout[begin..];
        assert!(message.contains(" rtl ") && message.contains("  program     0x"), "{message}");
        assert_eq!(message.lines().last(), Some("RTL != reference"));
        let written = report(&out.path().join("sample"));
        assert_eq!(written["mismatches"], 1, "{plant}");
        assert!(written["planted"].is_string(), "{plant}");
        if plant != "weight" {
            continue;
        }
        let (_, command) = message.split_once("replay      spikewright ").expect("a command");
        let wave = out.path().join("wave.vcd");
        let command = command.lines().next().unwrap().replace("wave.vcd", wave.to_str().unwrap());
        let again = out.path().join("again");
        let arguments = format!("{command} --out {}", again.to_str().unwrap());
        let replayed = spikewright(&arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(replayed.exit, Exit::Failure, "{}", replayed.stderr);
        let place = replayed.stdout.find("mismatch at token ").expect("the same mismatch");
        let first = |text: &str| text.lines().take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(first(&replayed.stdout[place..]), first(message));
        assert!(std::fs::metadata(&wave).unwrap().len() > 1000, "a waveform");
    }
}

/// A matrix of the sample network, and one of a model of several digits, alone between streams.
#[test]
fn a_matrix_alone_equals_its_reference() {
    let out = tempfile::tempdir().unwrap();
    let out_path = out.path().to_str().unwrap();
    let matrix = ["--matrix", "blocks.1.ffn.up", "--tokens", "6"];
    let arguments = [&["run", "--sample", "--out", out_path, "--json"][..], &matrix].concat();
    let ended = spikewright(&arguments);
    assert_eq!(ended.exit, Exit::Success, "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().last(), Some("RTL = reference"));
    let written = report(&out.path().join("sample"));
    assert_eq!((&written["mismatches"], &written["predictions"]), (&0.into(), &6.into()));
    the_page_is_made_again(&out.path().join("sample"));
    let ended = spikewright(&["run", "--sample", "--matrix", "blocks.9.ffn.up", "--out", out_path]);
    assert_eq!(ended.exit, Exit::BadInput);
    assert!(ended.stderr.contains("blocks.0.attention.q"), "{}", ended.stderr);
}

/// Layers of neurons whose weights are wires: nothing is loaded, every write equals the reference, and a
/// weight that is another is seen.
#[test]
fn weights_as_wires_equal_their_reference() {
    let out = tempfile::tempdir().unwrap();
    let (_, design) = starters().find(|(name, _)| *name == "lif-stream").expect("it is shipped");
    let path = out.path().join("wires.toml");
    let (dense, baked) = ("form = \"dense\"", "form = \"baked\"");
    assert!(design.contains(dense));
    std::fs::write(&path, design.replacen(dense, baked, 1)).unwrap();
    let (path, out_path) = (path.to_str().unwrap(), out.path().to_str().unwrap());
    let arguments = ["run", path, "--out", out_path, "--tokens", "40"];
    let ended = spikewright(&arguments);
    assert_eq!(ended.exit, Exit::Success, "{}{}", ended.stdout, ended.stderr);
    assert!(out.path().join("lif-stream/4-rtl/baked_store.v").exists());
    assert!(!out.path().join("lif-stream/4-rtl/weight_store.v").exists());
    let ended = spikewright(&[&arguments[..], &["--plant", "weight"]].concat());
    assert_eq!(ended.exit, Exit::Failure, "{}{}", ended.stdout, ended.stderr);
}

/// Outputs 0 to 4 do not know where or when they were made.
#[test]
fn equal_input_gives_equal_bytes() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let runs = folders.each_ref().map(|folder| {
        // The other tests of this file name absolute paths only.
        std::env::set_current_dir(folder.path()).unwrap();
        let ended = spikewright(&["run", "--sample", "--seed", "7", "--tokens", "2"]);
        assert_eq!(ended.exit, Exit::Success, "{}", ended.stderr);
        let mut files = files(&folder.path().join("build"));
        for name in ["5-cosim.json", "manifest.json"] {
            assert!(files.remove(&Path::new("sample").join(name)).is_some());
        }
        files
    });
    assert!(runs[0].len() > 50, "{:?}", runs[0].keys());
    assert_eq!(runs[0].keys().collect::<Vec<_>>(), runs[1].keys().collect::<Vec<_>>());
    for (name, bytes) in &runs[0] {
        assert!(bytes == &runs[1][name], "{} differs", name.display());
        let text = String::from_utf8_lossy(bytes);
        let place = folders[0].path().to_str().unwrap();
        assert!(!text.contains(place), "{} names its folder", name.display());
    }
}

#[test]
fn a_real_model_writes_its_story() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let (shared, out) = (PathBuf::from(shared), tempfile::tempdir().unwrap());
    let ended = spikewright(&[
        "run".into(),
        "--model".into(),
        shared.join("models/tinystories-bitnet-1m").into_os_string(),
        "--prompt".into(),
        "Once upon a time".into(),
        "--tokens".into(),
        "8".into(),
        "--out".into(),
        out.path().into(),
    ]);
    assert_eq!(ended.exit, Exit::Success, "{}{}", ended.stdout, ended.stderr);
    let written = report(&out.path().join("tinystories-bitnet-1m-tinystories"));
    assert_eq!((&written["mismatches"], &written["predictions"]), (&0.into(), &8.into()));
    assert_eq!((&written["weights"], &written["saturations"]), (&1_179_648.into(), &0.into()));
    let text = written["conversations"][0]["text"].as_str().expect("a text");
    assert!(text.contains("there was a little"), "{text}");
}

#[test]
fn a_matrix_of_a_real_model_equals_its_reference() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let (shared, out) = (PathBuf::from(shared), tempfile::tempdir().unwrap());
    for (model, matrix, rows) in [
        ("tinystories-bitnet-1m", "blocks.1.ffn.up", 256),
        ("spikelm-tiny", "blocks.0.attention.query", 128),
    ] {
        let ended = spikewright(&[
            "run".into(),
            "--model".into(),
            shared.join("models").join(model).into_os_string(),
            "--matrix".into(),
            matrix.into(),
            "--tokens".into(),
            "4".into(),
            "--json".into(),
            "--out".into(),
            out.path().into(),
        ]);
        assert_eq!(ended.exit, Exit::Success, "{}{}", ended.stdout, ended.stderr);
        let written: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!((&written["mismatches"], &written["predictions"]), (&0.into(), &4.into()));
        assert!(written["values"].as_u64().is_some_and(|values| values > 4 * rows), "{model}");
    }
}
