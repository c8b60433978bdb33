//! Published folders as others wrote them: the float model's value beside that of transformers, or
//! the refusal that names what stands in the way.
//!
//! With `SPIKEWRIGHT_SHARED` set to the folder that holds `faults/conventions`, every row of its
//! table is tried; without it there is nothing to compare with.

use cosim::evaluation::{Corpus, evaluate_float};
use cosim::reference::{Activation, Reference, Tokens};
use indicatif::ProgressBar;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use weights::import::{Imported, Limits, archive, import_within};

/// How far a perplexity may be from that of transformers, relative.
const PERPLEXITY_ERROR_MAX: f64 = 1e-3;
/// Root mean square of what int8 rounding may do to a logit.
const LOGIT_ERROR_MAX: f64 = 0.05;

fn shared() -> Option<PathBuf> {
    std::env::var_os("SPIKEWRIGHT_SHARED").map(|path| Path::new(&path).join("faults/conventions"))
}

/// What a row of the table expects.
#[derive(Default)]
struct Row {
    case: String,
    /// Perplexity, and how many ids it is over.
    value: Option<(f64, usize)>,
    /// What a refusal must name.
    naming: Option<String>,
    end_tokens: Option<BTreeSet<u32>>,
    /// One of these stands in a note or a refusal.
    noted: Vec<String>,
}

/// The text between two marks.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(inside, _)| inside))
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
    let (&case, &expected) = (cells.first()?, cells.get(2)?);
    if case == "case" || case.starts_with('-') {
        return None;
    }
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let value = between(expected, "perplexity ", " over").and_then(number);
    let over = between(expected, " over ", " ids").and_then(number);
    let ends = between(expected, "end tokens {", "}")
        .map(|ids| ids.split(',').map(|id| id.trim().parse().unwrap()).collect());
    let noted = between(expected, "refusal that names ", ".")
        .map_or(Vec::new(), |names| names.split(" or ").map(str::to_owned).collect::<Vec<_>>());
    Some(Row {
        case: case.to_owned(),
        value: value.zip(over.map(|count| count as usize)),
        // The name ends with the sentence; some names hold a full stop.
        naming: between(expected, "refused, naming ", ". ").map(str::to_owned),
        end_tokens: ends,
        noted,
    })
}

fn rows(folder: &Path) -> Vec<Row> {
    let table = std::fs::read_to_string(folder.join("NOTE.md")).unwrap();
    table.lines().filter_map(row).collect()
}

/// A folder as it is imported, with what reads its text.
fn open(folder: &Path) -> Result<(Imported, Tokens), String> {
    let imported = import_within(folder, &Limits::default()).map_err(|error| error.to_string())?;
    let tokens = Tokens::open(folder, &imported.network).map_err(|error| error.to_string())?;
    Ok((imported, tokens))
}

/// The perplexity of a text, and how many ids it is over.
fn score(
    (imported, tokens): &(Imported, Tokens),
    text: &str,
    activation: Activation,
) -> Result<(f64, usize), String> {
    let failed = |error: cosim::reference::ReferenceError| error.to_string();
    let context = imported.network.context;
    let corpus = Corpus::new(text, tokens, context, usize::MAX).map_err(failed)?;
    let bar = ProgressBar::hidden();
    let (score, _) =
        evaluate_float(&imported.network, activation, &corpus, &bar).map_err(failed)?;
    Ok((score.perplexity(), score.scored))
}

/// What is wrong with a case; nothing if it is as the table expects.
fn fault(row: &Row, folder: &Path, text: &str) -> Option<String> {
    let refused = |message: &str| match &row.naming {
        Some(naming) if message.to_lowercase().contains(&naming.to_lowercase()) => None,
        _ => Some(format!("refused: {message}")),
    };
    let opened = match open(&folder.join(&row.case)) {
        Ok(opened) => opened,
        Err(message) => return refused(&message),
    };
    // Without a quantisation section, transformers runs the floats as they are.
    let activation = match row.case.as_str() {
        "no-quantization-config" => Activation::Float,
        _ => Activation::INT8,
    };
    let scored = match score(&opened, text, activation) {
        Ok(scored) => scored,
        Err(message) => return refused(&message),
    };
    let (imported, tokens) = &opened;
    if let Some(expected) = &row.end_tokens {
        let found = &imported.network.end_tokens;
        return (found != expected).then(|| format!("end tokens {found:?}"));
    }
    if !row.noted.is_empty() {
        let notes = [&imported.notes, tokens.notes()].concat().join("\n");
        return (!row.noted.iter().any(|name| notes.contains(name))).then_some(notes);
    }
    let Some((perplexity, count)) = row.value else {
        return Some(format!("imported, perplexity {:.4}", scored.0));
    };
    let equal = (scored.0 / perplexity - 1.0).abs() <= PERPLEXITY_ERROR_MAX;
    (!equal || scored.1 != count).then(|| {
        format!("perplexity {:.4} over {} ids, not {perplexity} over {count}", scored.0, scored.1)
    })
}

#[test]
fn every_convention_is_followed_or_refused_by_name() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("text.txt")).unwrap();
    let rows = rows(&folder);
    assert!(rows.len() > 60, "the table has {} rows", rows.len());
    let faults: Vec<String> = rows
        .iter()
        .filter_map(|row| fault(row, &folder, &text).map(|fault| format!("{}: {fault}", row.case)))
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

/// How far the integer machine may be from the float model, relative: counts in place of int8.
const MACHINE_ERROR_MAX: f64 = 0.03;

#[test]
fn squared_relu_runs_on_the_machine() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("text.txt")).unwrap();
    let row = rows(&folder).into_iter().find(|row| row.case == "relu2").expect("the table has it");
    let (imported, tokens) = open(&folder.join("relu2")).unwrap();
    let design = weights::config::Design::spiking();
    let program = firmware::lower::lower(&imported.network, &design).unwrap();
    let mut machine = cosim::reference::machine::MachineReference::new(&program);
    let ids = tokens.encode(&text).unwrap();
    let mut nats = 0.0;
    for pair in ids.windows(2) {
        let prediction = machine.step(pair[0], true).unwrap().expect("every position is asked for");
        let logits: Vec<f64> = prediction.values().collect();
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        nats += sum.ln() - logits[pair[1] as usize];
    }
    let perplexity = (nats / (ids.len() - 1) as f64).exp();
    let expected = row.value.expect("it has a value").0;
    assert!((perplexity / expected - 1.0).abs() < MACHINE_ERROR_MAX, "{perplexity}, {expected}");
}

/// Little-endian floats.
fn floats(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into())
}

#[test]
fn logits_are_those_of_transformers() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("text.txt")).unwrap();
    let oracle = archive::from_bytes(&std::fs::read(folder.join("oracle.safetensors")).unwrap());
    let oracle = oracle.unwrap();
    let mut compared = 0;
    for (name, expected) in &oracle {
        let Some(case) = name.strip_suffix(".logits") else { continue };
        // What may be refused is held to its value by the other test where it is not.
        let Ok((imported, tokens)) = open(&folder.join(case)) else { continue };
        let ids = tokens.encode(&text).unwrap();
        let activation = match case {
            "no-quantization-config" => Activation::Float,
            _ => Activation::INT8,
        };
        let mut reference = Reference::new(&imported.network, activation).unwrap();
        let (mut squares, mut count) = (0.0, 0);
        for (position, row) in expected.bytes.chunks_exact(128 * 4).enumerate() {
            let logits = reference.step(ids[position]).unwrap();
            for (ours, theirs) in logits.iter().zip(floats(row)) {
                squares += (f64::from(*ours) - theirs).powi(2);
                count += 1;
            }
        }
        let error = (squares / f64::from(count)).sqrt();
        assert!(error <= LOGIT_ERROR_MAX, "{case}: logits differ by {error:.4} rms");
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} cases were compared");
}

#[test]
fn ids_are_those_of_transformers() {
    let Some(folder) = shared() else { return };
    let text = std::fs::read_to_string(folder.join("text.txt")).unwrap();
    let oracle = archive::from_bytes(&std::fs::read(folder.join("oracle.safetensors")).unwrap());
    let bytes = &oracle.unwrap()["control.ids"].bytes;
    let expected: Vec<u32> =
        bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let (_, tokens) = open(&folder.join("control")).unwrap();
    assert_eq!(tokens.encode(&text).unwrap(), expected);
}

/// The other reports of faults, beside `faults/conventions`: what each folder holds, or why it is
/// refused.
#[test]
fn reports_of_other_importers_are_answered() {
    let Some(folder) = shared() else { return };
    let reports = folder.with_file_name("reports");
    let perplexity = |model: &Path, text: &Path| {
        let mut notes = Vec::new();
        let text = cosim::pipeline::read_text(text, &mut notes).unwrap();
        let (perplexity, count) = score(&open(model)?, &text, Activation::INT8)?;
        Ok::<_, String>((perplexity, count, notes.join("; ")))
    };
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() <= PERPLEXITY_ERROR_MAX;
    // NaN and Infinity in fields without effect.
    let first = reports.join("1");
    let (found, count, _) = perplexity(&first, &first.join("text.txt")).unwrap();
    assert!(near(found, 326.2037) && count == 39, "{found} over {count}");
    // One text with three kinds of line ends and marks.
    let model =
        folder.parent().and_then(Path::parent).unwrap().join("models/tinystories-bitnet-1m");
    for (name, noted) in [("lf", ""), ("crlf", "CR LF"), ("bom", "byte order mark")] {
        let text = reports.join(format!("2/{name}.txt"));
        let (found, count, notes) = perplexity(&model, &text).unwrap();
        assert!(near(found, 6.9490) && count == 44, "{name}: {found} over {count}");
        assert!(notes.contains(noted) && notes.is_empty() == noted.is_empty(), "{name}: {notes}");
    }
    // A stray file of another model beside an index, and each of the two alone.
    let both = reports.join("4/model");
    let message = open(&both).err().expect("it holds two models");
    assert!(message.contains("`model.safetensors`, and `model-00001-of-00002"), "{message}");
    for (without, expected) in [("model.safetensors", 326.2038), ("index", 694.5491)] {
        let one = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(&both).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let leave = match without {
                "index" => name.contains("index") || name.contains("-of-"),
                _ => name == without,
            };
            if !leave {
                std::fs::copy(entry.path(), one.path().join(name)).unwrap();
            }
        }
        let (found, ..) = perplexity(one.path(), &reports.join("4/text.txt")).unwrap();
        assert!(near(found, expected), "without {without}: {found}");
    }
}
