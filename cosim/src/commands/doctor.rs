//! `doctor`: the tools of this machine.

use super::{Console, Exit};
use crate::tools::doctor;
use clap::Args;

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub(super) struct DoctorCommand {
    /// Print the table as JSON.
    #[arg(long)]
    json: bool,
}

impl DoctorCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let report = doctor()?;
        match self.json {
            true => console.result(&serde_json::to_string_pretty(&report)?),
            false => console.result(report.to_string().trim_end()),
        }
        // A missing tool is what exit code 2 stands for everywhere else too.
        Ok(if report.is_ready() { Exit::Success } else { Exit::BadInput })
    }
}
