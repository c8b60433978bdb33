//! The command line: what it accepts, and how a command ends.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | every value was compared and equal, or the command did what it was asked |
//! | 1 | the RTL differs from the reference, or a board misses its clock |
//! | 2 | bad input, or a tool is missing; nothing was written |

mod bench;
mod classify;
mod coded;
mod console;
mod doctor;
mod eval;
mod exit;
mod explore;
mod gates;
mod generate;
mod init;
mod pack;
mod prove;
mod quantise;
mod quoted;
mod report;
mod run;
mod schema;
mod stages;
mod synth;
mod windows;

pub use console::Console;
pub use exit::Exit;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use weights::shown::shown;

/// From a spiking, ternary-weight language model to verified Verilog.
#[derive(Debug, Parser)]
#[command(
    name = "spikewright",
    version,
    after_help = "Exit codes: 0 equal or done, 1 the RTL differs from the reference or the clock is missed, 2 bad input or missing tool."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate the machine of a network, let it write text, and prove every write of it equal to
    /// the reference.
    Run(run::RunCommand),
    /// Take a design to the bitstream of a board with open tools, and report its fit and clock.
    Synth(synth::SynthCommand),
    /// Write the Verilog, the C header and the register page of a design; needs no tool.
    Generate(generate::GenerateCommand),
    /// Pack the ternary matrices of a model, five trits a byte, into a folder that loads again.
    Pack(pack::PackCommand),
    /// Make the HTML page of a run again, from its JSON files; needs no tool.
    Report(report::ReportCommand),
    /// Score a text: perplexity, spikes and cycles of the machine beside the float model; or
    /// accuracy, spikes and energy of a model that classifies.
    Eval(eval::EvalCommand),
    /// Find the machines that a part holds and those worth building: cells, block RAM, speed, energy.
    Explore(explore::ExploreCommand),
    /// Prove the properties of the generated modules, for all times and all inputs.
    Prove(prove::ProveCommand),
    /// Make a spiking model of a float one: digits for weights, spikes for what they multiply.
    Quantise(quantise::QuantiseCommand),
    /// Show the tools that were found, and what to do about those that were not.
    Doctor(doctor::DoctorCommand),
    /// Write a commented design to start from.
    Init(init::InitCommand),
    /// Print the JSON schema of a design, for editors.
    Schema,
    /// Measure cells, clocks and speeds beside their bounds.
    Bench(bench::BenchCommand),
}

/// Runs the command of `arguments`, the first of which names the program.
///
/// Results go to `stdout`, errors and progress to `stderr`.
pub fn main_with<I, A>(arguments: I, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Exit
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let program = arguments.first().map(|name| name.to_string_lossy().into_owned());
    let mut console = Console::new(stdout, stderr, program.as_deref().unwrap_or("spikewright"));
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        // Help and version are results; clap knows which is which.
        Err(message) if !message.use_stderr() => {
            console.result(message.to_string().trim_end());
            return written(&mut console, Exit::Success);
        }
        Err(message) => {
            // The same about arguments without control characters: clap leaves line ends in them.
            let plain = arguments.iter().map(|argument| shown(&argument.to_string_lossy()));
            let message = Cli::try_parse_from(plain).err().unwrap_or(message);
            console.error_text(message.to_string().trim_end());
            return Exit::BadInput;
        }
    };
    let result = match cli.command {
        Command::Run(command) => command.execute(&mut console),
        Command::Synth(command) => command.execute(&mut console),
        Command::Generate(command) => command.execute(&mut console),
        Command::Pack(command) => command.execute(&mut console),
        Command::Report(command) => command.execute(&mut console),
        Command::Eval(command) => command.execute(&mut console),
        Command::Explore(command) => command.execute(&mut console),
        Command::Prove(command) => command.execute(&mut console),
        Command::Quantise(command) => command.execute(&mut console),
        Command::Doctor(command) => command.execute(&mut console),
        Command::Init(command) => command.execute(&mut console),
        Command::Schema => schema::execute(&mut console),
        Command::Bench(command) => command.execute(&mut console),
    };
    let exit = result.unwrap_or_else(|error| {
        console.error_text(&without_tricks(&format!("error: {error}"), &arguments));
        Exit::BadInput
    });
    written(&mut console, exit)
}

/// A message in which no argument that it repeats ends a line: what follows would look like ours.
fn without_tricks(message: &str, arguments: &[OsString]) -> String {
    let mut message = message.to_owned();
    for argument in arguments.iter().map(|argument| argument.to_string_lossy()) {
        let letters = argument.chars().filter(|c| !c.is_control()).count();
        let shown = shown(&argument);
        if shown != argument && letters > 1 {
            message = message.replace(&*argument, &shown);
        }
    }
    message
}

/// How a command ends whose result may not have reached its reader.
fn written(console: &mut Console, exit: Exit) -> Exit {
    match (console.finish(), exit) {
        (Ok(()), exit) => exit,
        (Err(error), exit) => {
            console.error_text(&format!(
                "error: the result cannot be written: {error}\n  = make room where the standard \
                 output goes, and run the same command again"
            ));
            // That the hardware differs is worse than that the page about it is lost.
            if exit == Exit::Failure { exit } else { Exit::BadInput }
        }
    }
}
