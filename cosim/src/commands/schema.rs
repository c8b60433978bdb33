//! `schema`: the JSON schema of a design.

use super::{Console, Exit};

pub(super) fn execute(console: &mut Console) -> anyhow::Result<Exit> {
    console.result(weights::config::schema().trim_end());
    Ok(Exit::Success)
}
