//! The stages of a command: what each prints, how long each took.

use super::Console;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Wall time of each stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    pub(super) seconds: BTreeMap<String, f64>,
}

impl Stages {
    /// Prints the line of a stage that began at `begin`.
    pub(super) fn note(
        &mut self,
        console: &mut Console,
        name: &'static str,
        begin: Instant,
        what: &str,
    ) {
        self.note_time(console, name, begin.elapsed(), what);
    }

    /// Prints the line of a stage that took `time`.
    pub(super) fn note_time(
        &mut self,
        console: &mut Console,
        name: &'static str,
        time: Duration,
        what: &str,
    ) {
        console.stage(name, what, time);
        self.seconds.insert(name.to_owned(), time.as_secs_f64());
    }
}
