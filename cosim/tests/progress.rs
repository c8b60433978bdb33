//! What takes long says how far it is, also where no terminal shows a bar.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How long a sweep may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// The number before a word of a line.
fn number(line: &str, before: &str) -> Option<u64> {
    let (front, _) = line.split_once(before)?;
    front.split_ascii_whitespace().last()?.parse().ok()
}

#[test]
fn a_sweep_tells_how_far_it_is_within_two_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spikewright"))
        .args(["explore", "--planes", "1,2,3,4,5,6,7,8", "--bits", "1,2,3,4,5,6,7,8", "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (line, told) = channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| line.send(it)));
    let next = |wanted: &str| {
        let begin = Instant::now();
        loop {
            let left = SILENCE_MAX.saturating_sub(begin.elapsed());
            let line = told.recv_timeout(left).unwrap_or_else(|_| panic!("no line of {wanted}"));
            if let Some(number) = number(&line, wanted) {
                return number;
            }
        }
    };
    let designs = next("designs on ");
    let predicted = [next(" of "), next(" of ")];
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(designs > 5000, "{designs} designs are done too soon");
    assert!(predicted[0] <= predicted[1] && predicted[1] < designs, "{predicted:?}");
    assert!(predicted[1] > 0, "nothing is predicted after two seconds");
}
