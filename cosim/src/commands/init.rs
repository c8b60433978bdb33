//! `init`: a design to start from.

use super::{Console, Exit};
use crate::pipeline::PipelineError;
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use weights::config::starter;
use weights::shown::shown_path;

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(super) struct InitCommand {
    /// Where to write it; an existing file is never replaced.
    #[arg(value_name = "PATH", default_value = "design.toml")]
    path: PathBuf,
}

impl InitCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let remedy = "give another path; an existing file is never replaced";
        let failed = || PipelineError::file("write", &self.path, remedy);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&self.path).map_err(failed())?;
        file.write_all(starter().as_bytes()).map_err(failed())?;
        let path = shown_path(&self.path);
        console.line(&format!("{path} written; run it: {} run {path}", console.program()));
        Ok(Exit::Success)
    }
}
