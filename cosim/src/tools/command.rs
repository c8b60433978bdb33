//! Runs one external command: bounded in time, its output kept, its failure explained.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::cache::Cache;
use super::error::{AtPath, Failure, ToolError};
use super::watchdog::{Watchdog, end_group};

/// How many of a failed tool's last lines an error message repeats.
const TAIL_LINES: usize = 12;

/// A command to be run.
#[derive(Debug)]
pub(crate) struct Step {
    tool: String,
    doing: String,
    remedy: &'static str,
    command: Command,
    limit: Duration,
    progress: Option<String>,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    tool: String,
    doing: String,
    remedy: &'static str,
    ending: Option<String>,
    /// Everything printed to the standard output.
    pub(crate) stdout: String,
    /// Everything printed to the standard error.
    pub(crate) stderr: String,
}

impl Step {
    /// A run of `program`, known to the user as `tool`, in order to `doing`.
    pub(crate) fn new(tool: &str, program: &Path, doing: impl Into<String>) -> Self {
        let mut command = Command::new(program);
        // A group of its own, so that what the tool starts in turn can be ended with it.
        command.stdin(Stdio::null()).process_group(0);
        Self {
            tool: tool.to_owned(),
            doing: doing.into(),
            remedy: "read the log; `spikewright doctor` shows the tools in use",
            command,
            limit: Duration::from_secs(600),
            progress: None,
        }
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs in that folder.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets an environment variable of the tool.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Replaces the remedy that a failure prints.
    pub(crate) fn remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = remedy;
        self
    }

    /// Stops the tool when it runs longer than this; the default is ten minutes.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Shows a spinner with this text while the tool runs, on a terminal only.
    pub(crate) fn progress(mut self, text: impl Into<String>) -> Self {
        self.progress = Some(text.into());
        self
    }

    /// Runs to the end, whatever the end is.
    ///
    /// The output goes to files rather than pipes: a tool never blocks on us, and nothing is lost
    /// when it has to be stopped.
    pub(crate) fn run(mut self) -> Result<Ended, ToolError> {
        let folder = std::env::temp_dir();
        let mut stdout = tempfile::tempfile().at("write in", &folder)?;
        let mut stderr = tempfile::tempfile().at("write in", &folder)?;
        self.command.stdout(stdout.try_clone().at("write in", &folder)?);
        self.command.stderr(stderr.try_clone().at("write in", &folder)?);
        let spinner = self.progress.take().map(|text| {
            let bar = ProgressBar::new_spinner().with_message(text);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        let path = PathBuf::from(self.command.get_program());
        let start = |source| ToolError::Start { path: path.clone(), source };
        let mut child = self.command.spawn().map_err(start)?;
        let watchdog = Watchdog::of(&child).inspect_err(|_| end(&mut child)).map_err(start)?;
        let ending = match wait(&mut child, self.limit).map_err(start)? {
            None => Some(format!("stopped after {} s", self.limit.as_secs())),
            Some(status) if status.success() => None,
            Some(status) => Some(status.to_string()),
        };
        watchdog.dismiss();
        if let Some(bar) = spinner {
            bar.finish_and_clear();
        }
        let text = |file: &mut fs::File| -> Result<String, ToolError> {
            let mut bytes = Vec::new();
            file.rewind().and_then(|()| file.read_to_end(&mut bytes)).at("read in", &folder)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let (stdout, stderr) = (text(&mut stdout)?, text(&mut stderr)?);
        let Step { tool, doing, remedy, .. } = self;
        Ok(Ended { tool, doing, remedy, ending, stdout, stderr })
    }

    /// Runs, and makes any end but success an error whose log is kept in the cache.
    pub(crate) fn require(self, cache: &Cache) -> Result<Ended, ToolError> {
        let ended = self.run()?;
        if ended.succeeded() { Ok(ended) } else { Err(ended.failure(cache)) }
    }
}

impl Ended {
    /// Whether the tool reported success.
    pub(crate) fn succeeded(&self) -> bool {
        self.ending.is_none()
    }

    /// Everything printed, the standard error last.
    pub(crate) fn log(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The error for this end, also when the tool itself found nothing wrong but its caller did.
    pub(crate) fn failure(&self, cache: &Cache) -> ToolError {
        let log = self.log();
        // The name is the content's, so that the same failure leaves one log, not many.
        let digest = blake3::hash(log.as_bytes()).to_hex();
        let name = format!("{}-{}.log", self.tool.replace(['/', ' '], "_"), &digest[..12]);
        let kept = cache.folder("logs").and_then(|folder| {
            let path = folder.join(name);
            fs::write(&path, &log).at("write", &path)?;
            Ok(path)
        });
        let path = match kept {
            Ok(path) => path,
            Err(error) => return error,
        };
        // Most tools explain themselves on the standard error; some only on the standard output.
        let told = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        ToolError::Failed(Box::new(Failure {
            tool: self.tool.clone(),
            doing: self.doing.clone(),
            ending: self.ending.clone().unwrap_or_else(|| "with warnings".to_owned()),
            tail: tail(told),
            log: path,
            remedy: self.remedy,
        }))
    }
}

/// Stops the child and what it started.
fn end(child: &mut Child) {
    // Without the group, at least the child itself.
    end_group(child).or_else(|_| child.kill()).ok();
    child.wait().ok();
}

/// Waits for the child, or stops it at the limit and returns `None`.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            end(child);
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(8));
    }
}

/// The last lines of a text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Step {
        Step::new("sh", Path::new("/bin/sh"), "run a script").args(["-c", script])
    }

    #[test]
    fn a_failure_tells_the_tail_and_keeps_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let script = "seq 100 >&2; echo out; exit 3";
        let error = shell(script).remedy("none").require(&cache).unwrap_err();
        let ToolError::Failed(failure) = error else { panic!("{error}") };
        assert_eq!(failure.ending, "exit status: 3");
        assert_eq!(failure.tail.lines().count(), TAIL_LINES);
        assert!(failure.tail.ends_with("100"));
        assert!(fs::read_to_string(&failure.log).unwrap().starts_with("out\n1\n2\n"));
        assert!(failure.to_string().starts_with("sh failed to run a script (exit status: 3)\n"));
    }

    #[test]
    fn a_tool_that_does_not_end_is_stopped() {
        let ended = shell("echo begun; exec sleep 60").limit(Duration::from_millis(50)).run();
        let ended = ended.unwrap();
        assert!(!ended.succeeded());
        assert_eq!(ended.stdout, "begun\n");
    }

    #[test]
    fn what_a_stopped_tool_started_is_stopped_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 60 & echo $! > {}; wait", file.display());
        shell(&script).limit(Duration::from_millis(300)).run().unwrap();
        let pid = fs::read_to_string(&file).unwrap();
        assert!(super::super::watchdog::is_gone(pid.trim()), "{pid}");
    }

    /// Run by the next test in a process of its own, and killed there.
    #[test]
    #[ignore = "runs for ever; the next test starts it"]
    fn a_tool_that_waits() {
        let script = "sleep 600 & echo $! $$ > \"$PIDS.new\"; mv \"$PIDS.new\" \"$PIDS\"; wait";
        shell(script).run().unwrap();
    }

    #[test]
    fn tools_die_with_this_process_and_so_does_what_they_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pids");
        let name = "tools::command::tests::a_tool_that_waits";
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--ignored", "--exact", name]).env("PIDS", &file);
        let mut process = process.stdout(Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        while !file.exists() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the tool did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        process.kill().unwrap();
        process.wait().unwrap();
        for pid in fs::read_to_string(&file).unwrap().split_whitespace() {
            assert!(super::super::watchdog::is_gone(pid), "{pid} outlives its parent");
        }
    }

    #[test]
    fn a_program_that_is_no_program_says_so() {
        let error = Step::new("x", Path::new("/nowhere/x"), "start").run().unwrap_err();
        assert!(error.to_string().starts_with("cannot start /nowhere/x: "), "{error}");
    }
}
