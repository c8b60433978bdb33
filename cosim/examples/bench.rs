//! Prints the benchmark: `cargo run --release -p cosim --example bench [-- --json] [--check]
//! [--area] [--speed]`; neither of the last two means both.

use cosim::bench::{BenchError, BenchOptions, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--json", "--check", "--area", "--speed"];
    if let Some(unknown) = arguments.iter().find(|argument| !known.contains(&&argument[..])) {
        eprintln!("error: unknown argument {unknown:?}; known are {}", known.join(" "));
        return ExitCode::from(2);
    }
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    match print(&given) {
        Ok(all_met) if all_met || !given("--check") => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; tells whether every target is reached.
fn print(given: &dyn Fn(&str) -> bool) -> Result<bool, BenchError> {
    let both = given("--area") == given("--speed");
    let options = BenchOptions {
        area: both || given("--area"),
        speed: both || given("--speed"),
        ..BenchOptions::default()
    };
    let report = run(&options)?;
    match serde_json::to_string_pretty(&report) {
        Ok(json) if given("--json") => println!("{json}"),
        _ => println!("{report}"),
    }
    Ok(report.missed().is_empty())
}
