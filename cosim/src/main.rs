//! The `spikewright` command; see [`cosim::commands`].

use std::io::{stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    cosim::commands::main_with(std::env::args_os(), &mut stdout(), &mut stderr()).into()
}
