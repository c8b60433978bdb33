//! Ring `fuzz`: no file of a stranger makes a parser panic, wait, or take memory without bound.
//!
//! A few seconds of each parser; `FUZZ_SECONDS=60` takes a minute of each, and
//! `FUZZ_EXECUTIONS=10000000 FUZZ_SECONDS=100000 cargo test --release -p tests --test fuzz -- --nocapture`
//! ten million executions in total. `FUZZ_SEED` begins elsewhere. Each parser has a process of its
//! own, so that its memory is its own, and a process that dies says whose it was.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;
use tests::fuzz::{TAKEN_MAX, TARGETS, Target, clean};

/// Names the parser that a process is for.
const TARGET: &str = "FUZZ_TARGET";

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Feeds one parser, in this process.
fn alone(target: Target) {
    let seconds = setting("FUZZ_SECONDS", 2);
    let executions = setting("FUZZ_EXECUTIONS", u64::MAX).div_ceil(TARGETS.len() as u64);
    let seed = setting("FUZZ_SEED", 1);
    let outcome = target.repeat(seed, Duration::from_secs(seconds), executions);
    clean();
    let rate = outcome.executions as f64 / outcome.elapsed.as_secs_f64();
    println!(
        "{:<10} {:>9} executions in {:>6.1} s, {rate:>8.0} a second, {} kB more at the peak",
        target.name,
        outcome.executions,
        outcome.elapsed.as_secs_f64(),
        outcome.taken,
    );
    assert!(outcome.executions >= 4, "{} was hardly run", target.name);
    assert!(outcome.taken <= TAKEN_MAX, "{} takes too much: {:?}", target.name, outcome.hungry);
}

/// Feeds one parser, in a process of its own; yields its executions.
fn in_a_process(target: &Target, this_test: &str) -> Result<u64, String> {
    let mut command = Command::new(std::env::current_exe().expect("it runs"));
    command.args([this_test, "--exact", "--nocapture"]).env(TARGET, target.name);
    let output = command.output().expect("it starts once more");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with(&format!("{:<10}", target.name)));
    println!("{}", line.unwrap_or_default());
    let count = line.and_then(|line| line.split_ascii_whitespace().nth(1)?.parse().ok());
    match count.filter(|_| output.status.success()) {
        Some(count) => Ok(count),
        None => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("{}: {}\n{errors}", target.name, output.status))
        }
    }
}

#[test]
fn parsers_refuse_what_they_cannot_read() {
    if let Ok(name) = std::env::var(TARGET) {
        return alone(Target::find(&name).expect("there is such a parser"));
    }
    let left = Mutex::new(TARGETS.iter());
    let ends = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let target = left.lock().expect("nobody panics with it").next();
                    let Some(target) = target else { break };
                    let end = in_a_process(target, "parsers_refuse_what_they_cannot_read");
                    ends.lock().expect("nobody panics with it").push(end);
                }
            });
        }
    });
    let ends = ends.into_inner().expect("all are done");
    let faults: Vec<&String> = ends.iter().filter_map(|end| end.as_ref().err()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let total: u64 = ends.iter().flatten().sum();
    println!("{total} executions of {} parsers, no panic", ends.len());
}

/// `cargo fuzz` has the same parsers.
#[test]
fn every_parser_has_its_file_for_cargo_fuzz() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");
    let manifest = std::fs::read_to_string(format!("{folder}/Cargo.toml")).unwrap();
    let files = std::fs::read_dir(format!("{folder}/fuzz_targets")).unwrap();
    let stem = |entry: std::fs::DirEntry| entry.path().file_stem().unwrap().to_owned();
    let files: BTreeSet<_> = files.map(|entry| stem(entry.unwrap())).collect();
    assert_eq!(files, TARGETS.iter().map(|target| target.name.into()).collect());
    for Target { name, .. } in TARGETS {
        let bin = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&bin), "{name}");
        let file = std::fs::read_to_string(format!("{folder}/fuzz_targets/{name}.rs")).unwrap();
        assert!(file.contains(&format!("tests::fuzz::{name}(bytes)")), "{name}");
    }
}
