//! The bounds of what is built: both ends of every key, and models that are too large.

mod capacity;
mod families;
mod limits;
mod texts;

use cosim::commands::{Exit, main_with};

/// What a command ends with, and what it says.
fn command(arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = std::iter::once("spikewright").chain(arguments.iter().copied());
    let exit = main_with(arguments, &mut out, &mut err);
    out.extend(err);
    (exit, String::from_utf8(out).unwrap())
}
