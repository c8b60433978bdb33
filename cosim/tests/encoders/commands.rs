//! `eval` and `run` on models that read whole texts.

use crate::golden::{Golden, shared};
use cosim::commands::{Exit, main_with};
use std::path::Path;

/// What a command ends with, prints, and says on the standard error.
pub(crate) fn command(arguments: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("spikewright").chain(arguments.iter().copied());
    let exit = main_with(arguments, &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("paths of tests are texts")
}

/// The share of the first `count` golden predictions that are right, as the table prints it.
fn accuracy(golden: &Golden, predicted: &str, count: usize) -> String {
    let (predicted, labels) = (golden.ids(predicted), golden.ids("labels"));
    let pairs = predicted.iter().zip(&labels).take(count);
    format!("{:.1} %", 100.0 * pairs.filter(|(a, b)| a == b).count() as f64 / count as f64)
}

#[test]
fn eval_prints_accuracy_over_steps() {
    let Some(shared) = shared() else { return };
    let model = shared.join("models/spikelm-tiny");
    let golden = Golden::open(&shared, "spikelm-tiny");
    let (text, folder) = (model.join("labelled.tsv"), tempfile::tempdir().unwrap());
    let picture = folder.path().join("steps.svg");
    let (exit, out, err) = command(&[
        "eval",
        "--model",
        path(&model),
        "--text",
        path(&text),
        "--stories",
        "40",
        "--rtl",
        "0",
        "--steps",
        "1,4",
        "--picture",
        path(&picture),
    ]);
    assert_eq!(exit, Exit::Success, "{err}");
    for steps in [1, 4] {
        let expected = accuracy(&golden, &format!("all.predicted.code.T{steps}"), 40);
        let row = out.lines().find(|line| line.trim_start().starts_with(&format!("{steps}  ")));
        assert!(row.is_some_and(|row| row.contains(&expected)), "T = {steps}, {expected}:\n{out}");
    }
    assert!(out.contains("blocks.1.ffn.hidden.neuron") && out.contains("51.41 mJ"), "{out}");
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.matches("<circle").count() >= 4, "{svg}");
    println!("{out}");
}

/// The RTL reads labelled texts, several on each of its machines: 64 with `SPIKEWRIGHT_ALL=1`.
#[test]
fn eval_compares_the_rtl_text_by_text() {
    let Some(shared) = shared() else { return };
    let all = std::env::var_os("SPIKEWRIGHT_ALL").is_some_and(|value| value == "1");
    for (name, some) in [("spikelm-tiny", "6"), ("spikingbert-tiny", "4")] {
        let model = shared.join("models").join(name);
        let (text, count) = (model.join("labelled.tsv"), if all { "64" } else { some });
        let model = ["eval", "--model", path(&model), "--text", path(&text)];
        let (exit, out, err) =
            command(&[&model[..], &["--stories", "70", "--rtl", count]].concat());
        assert_eq!(exit, Exit::Success, "{err}");
        println!("{out}");
        assert!(out.contains(&format!("RTL = machine at every write: {count} texts")), "{out}");
        assert!(out.contains(&format!("RTL, {count} texts")), "{out}");
        assert!(out.contains("cycle model 0.0 % off"), "{out}");
        // The RTL's column is as good as the machine's on the same texts.
        let row = out.lines().skip_while(|line| !line.contains("RTL, ")).nth(1).unwrap();
        let share =
            |text: &str| text.split(" %").next().unwrap().rsplit(' ').next().unwrap().to_owned();
        let rtl = row.split(" %").nth(2).and_then(|cell| cell.rsplit(' ').next()).unwrap();
        let machine = out.lines().find(|line| line.contains("machine on these texts")).unwrap();
        assert_eq!(rtl, share(machine), "{out}");
    }
}

#[test]
fn run_prints_a_class_and_its_scores() {
    let Some(shared) = shared() else { return };
    let model = shared.join("models/spikelm-tiny");
    let golden = Golden::open(&shared, "spikelm-tiny");
    let labelled = std::fs::read_to_string(model.join("labelled.tsv")).unwrap();
    let text = labelled.lines().next().and_then(|line| line.split_once('\t')).unwrap().1;
    let place = tempfile::tempdir().unwrap();
    let arguments = ["run", "--model", path(&model), "--prompt", text, "--out", path(place.path())];
    let (exit, out, err) = command(&arguments);
    assert_eq!(exit, Exit::Success, "{err}");
    let line = out.lines().find(|line| line.contains("negative ") && line.contains("positive "));
    let class = golden.ids("all.predicted.code.T4")[0];
    let label = ["negative", "positive"][class as usize];
    assert!(line.is_some_and(|line| line.starts_with(label)), "{label}: {out}");
    assert!(out.contains("RTL = reference"), "{out}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.txt");
    std::fs::write(&file, "no label here\n").unwrap();
    let refused = |arguments: &[&str]| {
        let (exit, _, err) = command(arguments);
        assert_eq!(exit, Exit::BadInput, "{err}");
        err
    };
    let err = refused(&["run", "--text", path(&file)]);
    assert!(err.contains("--text is for models that classify texts or fill masks"), "{err}");
    let err = refused(&["run", "--steps", "2"]);
    assert!(err.contains("its neurons have no steps"), "{err}");
    let err = refused(&["eval", "--text", path(&file), "--steps", "2"]);
    assert!(err.contains("has no step counts to try"), "{err}");
    let Some(shared) = shared() else { return };
    let model = shared.join("models/spikelm-tiny");
    let err = refused(&["eval", "--model", path(&model), "--text", path(&file)]);
    assert!(err.contains("lines.txt, line 1 has no label"), "{err}");
    let err = refused(&["run", "--model", path(&model)]);
    assert!(err.contains("the model reads whole texts, and there is none"), "{err}");
}
