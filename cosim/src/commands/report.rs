//! `report`: the page of a run, made again from its JSON files.

use super::{Console, Exit};
use crate::report::{Written, write_again};
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;
use weights::shown::shown_path;

/// Arguments of `report`.
#[derive(Args, Debug)]
pub(super) struct ReportCommand {
    /// Folder of a run, such as `build/sample`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl ReportCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let begin = Instant::now();
        let Written { path, bytes } = write_again(&self.folder)?;
        let what = format!("{}: {bytes} bytes", shown_path(&path));
        console.stage("report", &what, begin.elapsed());
        Ok(Exit::Success)
    }
}
