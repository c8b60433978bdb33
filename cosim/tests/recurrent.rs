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
    design(place, "lif")
}

/// A shipped design in a place of its own.
fn design(place: &Path, name: &str) -> String {
    let design = place.join(format!("{name}.toml")).to_string_lossy().into_owned();
    let (exit, told) = command(&["init", &design, "--design", name]);
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

/// Vectors of a file go in, and every row that comes out is one of the float network.
#[test]
fn vectors_of_a_file_go_through_the_hardware() {
    let place = tempfile::tempdir().unwrap();
    let (design, out) = (design(place.path(), "lif-stream"), place.path().join("out"));
    let out = out.to_string_lossy();
    let vectors = place.path().join("vectors.txt");
    let line = |seed: usize| {
        let number = |at: usize| if (at * 7 + seed * 5).is_multiple_of(3) { "1" } else { "0" };
        (0..48).map(number).collect::<Vec<_>>().join(" ")
    };
    let lines = |count: usize| (0..count).map(line).collect::<Vec<_>>().join("\n\n");
    std::fs::write(&vectors, lines(6)).unwrap();
    let vectors = vectors.to_string_lossy();
    let run = ["run", &design, "--out", &out, "--vectors", &vectors];
    let (exit, told) = command(&[&run[..], &["--spikes", "layers.1.spikes@2"]].concat());
    assert_eq!(exit, Exit::Success, "{told}");
    for said in
        ["6 vectors", "100.00 % of 384 spikes", "layers.1.spikes, position 2", "RTL = reference"]
    {
        assert!(told.contains(said), "no `{said}`: {told}");
    }
    let listing = place.path().join("out/lif-stream/3-program.lst");
    let listing = std::fs::read_to_string(listing).unwrap();
    assert!(listing.contains("s_axis  vectors of 48 channels: 12 beats of 4 values"), "{listing}");
    let cosim = std::fs::read_to_string(place.path().join("out/lif-stream/5-cosim.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&cosim).unwrap();
    let conversation = &report["conversations"][0];
    assert_eq!(conversation["tokens"].as_array().unwrap().len(), 6);
    assert_eq!(conversation["vectors"][5].as_str(), Some(&*line(5)));
    let spikes = conversation["outputs"][5].as_str().unwrap();
    assert_eq!(spikes.split(' ').filter(|&spike| spike == "0" || spike == "1").count(), 64);
    // Long enough for the neuron to spike whose weight is another.
    std::fs::write(&*vectors, lines(30)).unwrap();
    for plant in ["weight", "instruction"] {
        let (exit, told) = command(&[&run[..], &["--plant", plant]].concat());
        assert_eq!(exit, Exit::Failure, "{plant}: {told}");
        assert!(told.contains("RTL != reference") && told.contains("--vectors"), "{told}");
    }
}
