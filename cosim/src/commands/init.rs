//! `init`: a design to start from.

use super::{Console, Exit};
use crate::pipeline::PipelineError;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use weights::config::starters;
use weights::shown::shown_path;

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(super) struct InitCommand {
    /// Where to write it; an existing file is never replaced.
    #[arg(value_name = "PATH", default_value = "design.toml")]
    path: PathBuf,
    /// Which of the designs that come with the program.
    #[arg(long, value_name = "NAME", default_value = "sample", value_parser = names())]
    design: String,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(starters().map(|(name, _)| name))
}

impl InitCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let remedy = "give another path; an existing file is never replaced";
        // The parser knows no other names.
        let text = starters().find(|(name, _)| *name == self.design).map_or("", |(_, text)| text);
        let failed = || PipelineError::file("write", &self.path, remedy);
        let mut file =
            OpenOptions::new().write(true).create_new(true).open(&self.path).map_err(failed())?;
        file.write_all(text.as_bytes()).map_err(failed())?;
        let path = shown_path(&self.path);
        console.line(&format!("{path} written; run it: {} run {path}", console.program()));
        Ok(Exit::Success)
    }
}
