//! Ring `readme`: what README.md says is true.

use cosim::commands::{Exit, main_with};
use std::path::Path;

/// The text of README.md.
fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("README.md is there")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The lines of every fence of one language.
fn fences(text: &str, language: &str) -> Vec<Vec<String>> {
    let mut fences = vec![];
    let mut open: Option<Vec<String>> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(name)) if name == language => open = Some(vec![]),
            (None, _) => {}
            (Some(_), Some(_)) => fences.extend(open.take()),
            (Some(lines), None) => lines.push(line.into()),
        }
    }
    fences
}

/// The first command ends as the README shows it, and its stages have the names shown there.
#[test]
fn the_first_command_ends_as_shown() {
    let text = readme();
    let shell = fences(&text, "sh");
    assert!(shell[0][0].starts_with("cargo run --release -- run "), "{:?}", shell[0]);
    let folder = tempfile::tempdir().expect("a folder");
    let (mut out, mut err) = (vec![], vec![]);
    let folder = folder.path().to_string_lossy().into_owned();
    let exit = main_with(["spikewright", "run", "--out", &folder], &mut out, &mut err);
    let printed = String::from_utf8_lossy(&out).into_owned() + &String::from_utf8_lossy(&err);
    assert_eq!(exit, Exit::Success, "{printed}");
    let shown = fences(&text, "text").into_iter().find(|fence| fence[0].starts_with("config "));
    let shown = shown.expect("the README shows a run");
    assert_eq!(shown.last().map(String::as_str), Some("RTL = reference"));
    let printed = printed.replace(&folder, "build");
    let printed: Vec<String> = printed.lines().map(steady).collect();
    for line in shown.iter().map(|line| steady(line)) {
        assert!(printed.contains(&line), "no {line:?} in {printed:#?}");
    }
}

/// A line without what differs from machine to machine: times, speeds, and the tool that was found.
fn steady(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let words = match words[..] {
        ["verilate", ..] => &words[..1],
        [ref all @ .., _, "s"] => all,
        _ => &words,
    };
    let line = words.join(" ");
    match line.rsplit_once("; ") {
        Some((before, speed)) if speed.ends_with(" cycles/s") => before.to_owned(),
        _ => line,
    }
}

/// The second command exists and is what CI runs.
#[test]
fn the_second_command_is_what_ci_runs() {
    let second = &fences(&readme(), "sh")[0][1];
    assert!(second.starts_with("scripts/check.sh "), "{second}");
    let ci = std::fs::read_to_string(root().join(".ci/run")).expect(".ci/run is there");
    assert!(ci.contains("scripts/check.sh"));
}

/// The quoted Rust stands in the block's source, and the quoted Verilog in its golden file.
#[test]
fn quotations_are_exact() {
    let text = readme();
    let quotes =
        [("rust", "hdl/src/blocks/array/lane.rs"), ("verilog", "tests/golden/matrix/lane.v")];
    for (language, path) in quotes {
        let source = std::fs::read_to_string(root().join(path)).expect("the source is there");
        for line in fences(&text, language).concat() {
            assert!(source.lines().any(|other| other == line), "{path} has no line {line:?}");
        }
    }
}

/// Every path that the README names in backquotes or as a folder of the house exists.
#[test]
fn paths_exist() {
    let text = readme();
    let quoted = text.split('`').skip(1).step_by(2);
    let prefixes =
        ["hdl/", "weights/", "firmware/", "cosim/", "constraints/", "scripts/", "tests/"];
    for path in quoted.filter(|path| prefixes.iter().any(|prefix| path.starts_with(prefix))) {
        assert!(root().join(path).exists(), "README.md names {path}, which is not there");
    }
}
