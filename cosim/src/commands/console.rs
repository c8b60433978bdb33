//! Where a command speaks: results, stages, errors.

use std::io::Write;
use std::time::Duration;

/// The two streams of a command.
///
/// A reader that closed its end (`spikewright run | head -1`) must not turn a result into an
/// error, so failures to write are ignored.
pub struct Console<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    program: String,
    json: bool,
}

impl<'a> Console<'a> {
    /// Speaks to these streams; `program` is what the user called us.
    pub fn new(stdout: &'a mut dyn Write, stderr: &'a mut dyn Write, program: &str) -> Self {
        Console { stdout, stderr, program: program.to_owned(), json: false }
    }

    /// From now on the standard output carries nothing but one machine-readable result.
    pub fn reserve_for_json(&mut self, json: bool) {
        self.json = json;
    }

    /// What the user called us.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// A result.
    pub fn result(&mut self, text: &str) {
        let _ = writeln!(self.stdout, "{text}");
    }

    /// The machine-readable result, where it was asked for.
    pub fn json(&mut self, text: &str) {
        if self.json {
            let _ = write!(self.stdout, "{text}");
        }
    }

    /// Something for a human: on the standard output, unless that is reserved.
    pub fn line(&mut self, text: &str) {
        let out: &mut dyn Write = if self.json { self.stderr } else { self.stdout };
        let _ = writeln!(out, "{text}");
        // A stage may take long; its predecessor's line should be seen before.
        let _ = out.flush();
    }

    /// A piece of a line for a human, as [`line`](Console::line).
    pub fn piece(&mut self, text: &str) {
        let out: &mut dyn Write = if self.json { self.stderr } else { self.stdout };
        let _ = write!(out, "{text}");
        let _ = out.flush();
    }

    /// One line of a stage: name, what, time.
    pub fn stage(&mut self, name: &str, what: &str, time: Duration) {
        self.line(&format!("{name:<10} {what:<92} {:>7.2} s", time.as_secs_f64()));
    }

    /// An error, as it is.
    pub fn error_text(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{text}");
    }
}
