//! Recurrent spiking networks on the command line: their spikes, their accounts, and faults in them.

use cosim::commands::{Exit, main_with};
use std::path::Path;

/// What a command ends with, and what it says.
fn command(arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("spikewright").chain(arguments.iter().copied());
    let exit = main_with(arguments, &mut out, &mut err);
    (exit, String::from_utf8_lossy(&[out, err].concat()).into_owned())
}

/// The design `lif` in a place of its own.
fn lif(place: &Path) -> String {
    let design = place.join("lif.toml").to_string_lossy().into_owned();
    let (exit, told) = command(&["init", &design, "--design", "lif"]);
    assert_eq!(exit, Exit::Success, "{told}");
    design
}

/// Spikes of the token before are spikes: every matrix sees nothing else, and a layer whose current was
/// joined into its pass keeps its name.
#[test]
fn spikes_that_come_back_are_spikes() {
    let place = tempfile::tempdir().unwrap();
    let (design, out) = (lif(place.path()), place.path().join("out"));
    let out = out.to_string_lossy();
    let (exit, told) =
        command(&["run", &design, "--out", &out, "--tokens", "3", "--spikes", "layers.1.spikes"]);
    assert_eq!(exit, Exit::Success, "{told}");
    assert!(
        told.contains("layers.1.spikes, position") && told.contains("RTL = reference"),
        "{told}"
    );
    let cosim = std::fs::read_to_string(place.path().join("out/lif/5-cosim.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&cosim).unwrap();
    let matrices = report["spikes"]["matrices"].as_array().expect("matrices are counted");
    // The head sees values of its own code.
    let of_layers = |it: &&serde_json::Value| it["name"].as_str().unwrap().starts_with("layers.");
    let matrices: Vec<_> = matrices.iter().filter(of_layers).collect();
    assert_eq!(matrices.len(), 3, "{matrices:#?}");
    assert!(matrices.iter().all(|matrix| matrix["spiking"] == true), "{matrices:#?}");
    let text = place.path().join("text.txt");
    std::fs::write(&text, "a cat sat on a mat. the dog ran to the cat and sat.").unwrap();
    let text = text.to_string_lossy();
    let window = ["--from", "0", "--window", "16", "--windows", "1"];
    let (exit, told) = command(&[&["eval", &design, "--text", &text], &window[..]].concat());
    assert_eq!(exit, Exit::Success, "{told}");
    assert!(!told.contains("see no spikes but values"), "{told}");
}

#[test]
fn every_planted_fault_shows() {
    let place = tempfile::tempdir().unwrap();
    let (design, out) = (lif(place.path()), place.path().join("out"));
    for plant in ["weight", "instruction", "constant"] {
        let out = out.to_string_lossy();
        // Long enough for the neuron to spike whose weight is another.
        let (exit, told) =
            command(&["run", &design, "--out", &out, "--tokens", "40", "--plant", plant]);
        assert_eq!(exit, Exit::Failure, "{plant}: {told}");
        assert!(told.contains("RTL != reference"), "{plant}: {told}");
    }
}
