//! Files of strangers, through the command as a user meets them.
//!
//! With `SPIKEWRIGHT_SHARED` set to a folder of real models and faults, the tests of those need
//! every file; without it they pass at once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn shared() -> Option<PathBuf> {
    std::env::var_os("SPIKEWRIGHT_SHARED").map(PathBuf::from)
}

fn spikewright(arguments: &[&std::ffi::OsStr]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikewright"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn ended(words: &[&str]) -> Output {
    let words: Vec<&std::ffi::OsStr> = words.iter().map(std::ffi::OsStr::new).collect();
    spikewright(&words).output().unwrap()
}

fn text(end: &Output) -> String {
    String::from_utf8_lossy(&end.stderr).into_owned() + &String::from_utf8_lossy(&end.stdout)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Requires an end within some seconds: a program that waits for a pipe would never end.
fn ends(mut command: Command) -> Output {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it waits: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn pipes_and_devices_are_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    pipe(&folder.path().join("pipe"));
    let model = folder.path().join("model");
    for name in ["config.json", "tokenizer.json", "model.safetensors", "generation_config.json"] {
        let _ = fs::remove_dir_all(&model);
        fs::create_dir(&model).unwrap();
        fs::write(model.join("config.json"), "{}").unwrap();
        let _ = fs::remove_file(model.join(name));
        pipe(&model.join(name));
        let end = ends(spikewright(&["run".as_ref(), "--model".as_ref(), model.as_os_str()]));
        assert_eq!(end.status.code(), Some(2), "{name}: {}", text(&end));
    }
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    pipe(&run.join("manifest.json"));
    let (pipe, run, out) = (at("pipe"), at("run"), at("out"));
    let model = at("model");
    for words in [
        vec!["run", &pipe],
        vec!["run", "/dev/zero"],
        vec!["generate", &pipe],
        vec!["run", "--model", &model, "--text", &pipe],
        vec!["explore", &pipe],
        vec!["synth", &pipe, "--board", "ulx3s-85f"],
        vec!["eval", "--model", &model, "--text", &pipe],
        vec!["report", &pipe],
        vec!["report", &run],
    ] {
        let mut command = spikewright(&words.iter().map(std::ffi::OsStr::new).collect::<Vec<_>>());
        if !["eval", "report"].contains(&words[0]) {
            command.args(["--out", &out]);
        }
        let end = ends(command);
        assert_eq!(end.status.code(), Some(2), "{words:?}: {}", text(&end));
        assert!(!Path::new(&out).exists(), "{words:?}");
    }
    let end = ended(&["run", &pipe]);
    assert!(text(&end).contains("not a regular file"), "{}", text(&end));
}

/// A name that moves the cursor, or ends the line, could print a verdict that nobody made.
#[test]
fn names_do_not_reach_the_terminal_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let name = "m\u{1b}[2K\u{1b}[1G\nRTL = reference\r\u{1b}[8m";
    let at = |part: &str| folder.path().join(format!("{name}{part}")).display().to_string();
    fs::create_dir(at("folder")).unwrap();
    fs::write(at("design.toml"), weights::config::starter()).unwrap();
    fs::write(at("bad.toml"), "schema = 1\nname = \"\u{1b}[2K\"\n").unwrap();
    let (out, missing) = (at("out"), at("missing"));
    for words in [
        vec!["generate", &at("design.toml"), "--out", &out],
        vec!["generate", &at("bad.toml")],
        vec!["generate", &missing],
        vec!["run", "--model", &at("folder")],
        vec!["run", "--model", &missing],
        vec!["run", "--sample", "--prompt", &name.repeat(99)],
        vec!["run", "--sample", "--trace", &missing, "--from", "3", "--to", "2"],
        vec!["report", &missing],
        vec!["synth", "--board", name],
        vec!["explore", "--part", name],
        vec!["run", "--sample", "--matrix", name],
        vec!["run", "--sample", "--vectors", &missing],
        vec!["init", &at("init.toml")],
        vec![name],
    ] {
        let end = ended(&words);
        let shown = text(&end);
        assert!(!shown.is_empty());
        for (index, line) in shown.lines().enumerate() {
            assert!(!line.starts_with("RTL = reference"), "{words:?}: line {index} of {shown}");
            assert!(!line.chars().any(|c| c.is_control() && c != '\t'), "{words:?}: {line:?}");
        }
    }
}

#[test]
fn a_result_that_cannot_be_written_fails() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().display().to_string();
    let explore = "explore --json --lanes 8 --slots 16 --planes 4 --elements 8 --tokens 1 --out";
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut explore = words(explore);
    explore.push(out.clone());
    let mut generate = words("generate --json --out");
    generate.push(out);
    for words in [
        explore,
        generate,
        words("schema"),
        words("doctor"),
        words("doctor --json"),
        words("--help"),
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let words: Vec<&std::ffi::OsStr> = words.iter().map(std::ffi::OsStr::new).collect();
        let end = spikewright(&words).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(end.status.code(), Some(2), "{words:?}");
        assert!(text(&end).contains("the result cannot be written"), "{words:?}: {}", text(&end));
    }
    // A reader that has seen enough is no failure.
    let mut command = spikewright(&["schema".as_ref()]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// Every tokenizer of the collection of faults: ids, or a refusal that says where.
#[test]
fn tokenizers_of_strangers_are_read_or_refused() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    copy(&shared.join("faults/conventions/control"), &model);
    let texts = ["ab ab b c é 日".to_owned(), "a".repeat(3000)];
    let refused = [
        "dropout-nan",
        "fixed-length-zero",
        "id-huge",
        "merge-unknown",
        "normalizer-nested",
        "precompiled-charsmap",
        "prefix-merge",
        "regex-backtrack",
        "replace-empty",
        "strip-decoder",
        "template-missing-special",
        "unigram-nan",
        "unk-missing",
        "wordlevel-unk",
        "wordpiece-chars",
    ];
    let network = weights::import::import(&model).unwrap();
    let mut cases = 0;
    for entry in fs::read_dir(shared.join("faults/strangers")).unwrap().map(Result::unwrap) {
        let (name, file) = (entry.file_name(), entry.path().join("tokenizer.json"));
        if !file.is_file() {
            continue;
        }
        fs::copy(&file, model.join("tokenizer.json")).unwrap();
        let result = cosim::reference::Tokens::open(&model, &network).and_then(|tokens| {
            texts.iter().try_for_each(|text| tokens.decode(&tokens.encode(text)?).map(drop))
        });
        let name = name.to_string_lossy();
        assert_eq!(result.is_err(), refused.contains(&&*name), "{name}: {result:?}");
        cases += 1;
    }
    assert!(cases >= 21, "{cases}");
}
