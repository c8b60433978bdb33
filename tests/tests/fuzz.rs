//! Ring `fuzz`: no file of a stranger makes a parser panic, wait, or take memory without bound.
//!
//! A few seconds of each parser; `FUZZ_SECONDS=60` takes a minute of each, and
//! `FUZZ_EXECUTIONS=10000000 FUZZ_SECONDS=100000 cargo test --release -p tests --test fuzz` ten
//! million executions in total. `FUZZ_SEED` begins elsewhere.

use std::time::Duration;
use tests::fuzz::{TARGETS, clean};

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The most memory that this process has ever taken, in kilobytes.
fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says so");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("and this too");
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn parsers_refuse_what_they_cannot_read() {
    let seconds = setting("FUZZ_SECONDS", 2);
    let executions = setting("FUZZ_EXECUTIONS", u64::MAX).div_ceil(TARGETS.len() as u64);
    let seed = setting("FUZZ_SEED", 1);
    let mut total = 0;
    for target in TARGETS {
        // The files to begin with have memory of their own.
        target.repeat(seed, Duration::ZERO, 0);
        let before = peak_kilobytes();
        let outcome = target.repeat(seed, Duration::from_secs(seconds), executions);
        let taken = peak_kilobytes() - before;
        let rate = outcome.executions as f64 / outcome.elapsed.as_secs_f64();
        println!(
            "{:<10} {:>9} executions in {:>6.1} s, {rate:>8.0} a second, {taken} kB more at the peak",
            target.name,
            outcome.executions,
            outcome.elapsed.as_secs_f64(),
        );
        assert!(outcome.executions >= 4, "{} was hardly run", target.name);
        assert!(taken < 64 << 10, "{} took {taken} kB", target.name);
        total += outcome.executions;
    }
    println!("{total} executions, no panic");
    clean();
}
