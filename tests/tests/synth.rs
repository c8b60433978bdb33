//! Ring `synth`: boards reach their bitstreams, with the tools that users get.
//!
//! `cargo test` takes layers of neurons to an ECP5 and an iCE40; `SPIKEWRIGHT_ALL=1` takes
//! the default design of every board but the largest, which is minutes each.

use cosim::boards::Board;
use cosim::commands::{Exit, main_with};
use serde_json::Value;
use std::path::Path;

/// Runs `synth` and returns how it ends, what it printed and its report.
fn synth(arguments: &[&str], out: &Path) -> (Exit, String, Value) {
    let out = out.to_string_lossy().into_owned();
    let (mut stdout, mut stderr) = (vec![], vec![]);
    let words = ["spikewright", "synth", "--json", "--out", &out];
    let words = words.iter().chain(arguments);
    let exit = main_with(words, &mut stdout, &mut stderr);
    let report = serde_json::from_slice(&stdout).unwrap_or_default();
    (exit, String::from_utf8_lossy(&stderr).into_owned(), report)
}

/// What must hold of every bitstream.
fn check(board: &str, folder: &Path, report: &Value) {
    assert_eq!(report["board"], board);
    assert_eq!(report["timing_met"], true, "{board}");
    let file = report["bitstream"].as_str().expect("a bitstream");
    let size = std::fs::metadata(folder.join(file)).expect("the bitstream is there").len();
    assert!(size > 10_000, "{board}: a bitstream of {size} bytes");
    for name in ["synth.json", "netlist.json", "yosys.log", "nextpnr-1.log", "manifest.json"] {
        assert!(folder.join(name).is_file(), "{board}: no {name}");
    }
    let rows = report["utilisation"].as_array().expect("rows");
    for what in ["LUT4", "block RAM"] {
        let row = rows.iter().find(|row| row["what"] == what).expect("a row");
        let (used, available) = (row["used"].as_u64(), row["available"].as_u64());
        assert!(used > Some(0) && used <= available, "{board}: {row}");
    }
    // The path is told in names of the design: the machine, or what the top itself holds.
    let steps = report["critical_path"]["steps"].as_array().expect("steps");
    let named = steps.iter().filter_map(|step| step["signal"].as_str());
    assert!(named.clone().any(|name| name.contains(".core.")), "{board}: {steps:?}");
    assert!(named.clone().all(|name| !name.contains('$')), "{board}: {steps:?}");
    let speed = report["token"]["tokens_per_second"].as_f64();
    assert!(speed > Some(1.0), "{board}: {speed:?} tokens/s");
}

/// Layers of neurons between streams on an ECP5 and an iCE40, which takes a minute.
#[test]
fn layers_of_neurons_reach_their_bitstreams() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let design = root.join("weights/designs/lif-small.toml").to_string_lossy().into_owned();
    for board in ["icebreaker", "colorlight-i5"] {
        let out = tempfile::tempdir().expect("a folder");
        let arguments = [&design, "--board", board];
        let (exit, printed, report) = synth(&arguments, out.path());
        assert_eq!(exit, Exit::Success, "{printed}");
        let folder = out.path().join("lif-small/synth").join(board);
        check(board, &folder, &report);
        let memories = report["memories"].as_array().expect("memories");
        let name = |row: &Value| row["name"].as_str().unwrap_or_default().to_owned();
        let weights = memories.iter().any(|row| name(row).contains("weights.words"));
        assert!(weights, "{board}: the weights are in no memory: {memories:?}");
        // A second run takes everything from the cache and writes the same.
        let (exit, printed, again) = synth(&arguments, out.path());
        assert_eq!((exit, again), (Exit::Success, report));
        assert_eq!(printed.matches("from the cache").count(), 2, "{printed}");
    }
}

#[test]
fn every_small_board_reaches_its_bitstream() {
    if !tests::asked_for("SPIKEWRIGHT_ALL") {
        return;
    }
    for board in Board::all().expect("the table of boards") {
        if board.name == "ulx3s-85f" {
            continue;
        }
        let out = tempfile::tempdir().expect("a folder");
        let (exit, printed, report) = synth(&["--board", &board.name], out.path());
        assert_eq!(exit, Exit::Success, "{}: {printed}", board.name);
        let folder = out.path().join(&board.facts.design).join("synth").join(&board.name);
        check(&board.name, &folder, &report);
    }
}
