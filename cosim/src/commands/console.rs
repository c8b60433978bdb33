//! Where a command speaks: results, stages, errors.

use std::io::{Error, ErrorKind, Result, Write};
use std::time::Duration;
use weights::config::DesignFile;
use weights::import::Imported;
use weights::network::Network;
use weights::shown::shown_lines;

/// The two streams of a command.
///
/// A reader that closed its end (`spikewright run | head -1`) must not turn a result into an error,
/// so that failure to write is ignored. Any other, of a full disk for example, means that the
/// result is lost: the first is kept, and [`finish`](Console::finish) yields it.
///
/// Whatever is printed comes from names, prompts and files of others too: what would move the
/// cursor is shown as an escape.
pub struct Console<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    program: String,
    json: bool,
    lost: Option<Error>,
}

impl<'a> Console<'a> {
    /// Speaks to these streams; `program` is what the user called us.
    pub fn new(stdout: &'a mut dyn Write, stderr: &'a mut dyn Write, program: &str) -> Self {
        Console { stdout, stderr, program: program.to_owned(), json: false, lost: None }
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
        let written = writeln!(self.stdout, "{}", shown_lines(text));
        self.note(written);
    }

    /// The machine-readable result, where it was asked for.
    pub fn json(&mut self, text: &str) {
        if self.json {
            let written = write!(self.stdout, "{text}").and_then(|()| self.stdout.flush());
            self.note(written);
        }
    }

    /// Something for a human: on the standard output, unless that is reserved.
    pub fn line(&mut self, text: &str) {
        self.piece(&format!("{text}\n"));
    }

    /// A piece of a line for a human, as [`line`](Console::line).
    pub fn piece(&mut self, text: &str) {
        let text = shown_lines(text);
        // A stage may take long; its predecessor's line should be seen before.
        if self.json {
            let _ = write!(self.stderr, "{text}").and_then(|()| self.stderr.flush());
        } else {
            let written = write!(self.stdout, "{text}").and_then(|()| self.stdout.flush());
            self.note(written);
        }
    }

    /// One line of a stage: name, what, time.
    pub fn stage(&mut self, name: &str, what: &str, time: Duration) {
        self.line(&format!("{name:<10} {what:<92} {:>7.2} s", time.as_secs_f64()));
    }

    /// What the user should know of something that went well.
    pub fn notes(&mut self, notes: &[String]) {
        for note in notes {
            self.line(&format!("note       {note}"));
        }
    }

    /// The network of an import, whose notes are printed.
    pub fn imported(&mut self, imported: Imported) -> Network {
        self.notes(&imported.notes);
        imported.network
    }

    /// A design, of whose keys those are named that mean nothing any more.
    pub fn design(&mut self, file: DesignFile) -> DesignFile {
        if !file.retired().is_empty() {
            let keys = file.retired().join(", ");
            self.line(&format!("note       of no effect: {keys}; delete them from the design"));
        }
        file
    }

    /// An error, as it is but for control characters.
    pub fn error_text(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{}", shown_lines(text));
    }

    /// Writes out what is still held back.
    ///
    /// # Errors
    /// The first failure to write a result, other than that nobody reads it any more.
    pub fn finish(&mut self) -> Result<()> {
        let flushed = self.stdout.flush();
        self.note(flushed);
        self.lost.take().map_or(Ok(()), Err)
    }

    fn note(&mut self, written: Result<()>) {
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.lost.get_or_insert(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, then fails.
    struct Full(usize, ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            match self.0 {
                0 => Err(self.1.into()),
                left => {
                    let taken = left.min(bytes.len());
                    self.0 -= taken;
                    Ok(taken)
                }
            }
        }
        fn flush(&mut self) -> Result<()> {
            if self.0 == 0 { Err(self.1.into()) } else { Ok(()) }
        }
    }

    #[test]
    fn a_result_that_cannot_be_written_is_noticed_and_a_closed_pipe_is_not() {
        type Print = fn(&mut Console);
        let prints: [Print; 4] = [
            |console| console.result("text"),
            |console| console.line("text"),
            |console| console.piece("text"),
            |console| {
                console.reserve_for_json(true);
                console.json("{}");
            },
        ];
        for print in prints {
            for (bytes, kind, is_lost) in [
                (0, ErrorKind::StorageFull, true),
                (1, ErrorKind::StorageFull, true),
                (0, ErrorKind::BrokenPipe, false),
                (9, ErrorKind::StorageFull, false),
            ] {
                let (mut stdout, mut stderr) = (Full(bytes, kind), Vec::new());
                let mut console = Console::new(&mut stdout, &mut stderr, "spikewright");
                print(&mut console);
                assert_eq!(console.finish().is_err(), is_lost, "{bytes} {kind}");
            }
        }
    }

    #[test]
    fn nothing_that_moves_the_cursor_is_printed() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&mut stdout, &mut stderr, "spikewright");
        let name = "m\u{1b}[2K\r\u{9b}8m\tRTL = reference\n";
        console.line(name);
        console.piece(name);
        console.result(name);
        console.stage("import", name, Duration::ZERO);
        console.error_text(name);
        for byte in stdout.iter().chain(&stderr) {
            assert!(*byte >= 32 || b"\n\t".contains(byte), "{byte}");
        }
        assert!(!String::from_utf8(stdout).unwrap().contains('\u{9b}'));
    }
}
