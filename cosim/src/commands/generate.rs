//! `generate`: the hardware alone.

use super::{Console, Exit};
use crate::pipeline::layers::Rtl;
use crate::pipeline::{Outputs, SourceOptions};
use clap::Args;
use firmware::engine::EngineParameters;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Arguments of `generate`.
#[derive(Args, Debug)]
pub(super) struct GenerateCommand {
    /// The design; without it, the bundled one of the sample network.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// Folder in which `<name>/` with the outputs is written.
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Print the folder and its Verilog files as JSON.
    #[arg(long)]
    json: bool,
}

impl GenerateCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let begin = Instant::now();
        let options = SourceOptions { design: self.design.clone(), ..SourceOptions::default() };
        let design = options.design_file()?.design;
        let mut outputs = Outputs::new(&self.out, &design.name)?;
        let rtl = Rtl::new(&EngineParameters::from(&design))?;
        outputs.add("0-config.toml", design.to_commented_toml());
        for (name, text) in rtl.files() {
            outputs.add(&format!("4-rtl/{name}"), text);
        }
        outputs.write(&[])?;
        let folder = outputs.folder().join("4-rtl");
        let what =
            format!("{}: {} modules, {} lines", folder.display(), rtl.sources.len(), rtl.lines());
        console.stage("generate", &what, begin.elapsed());
        let names: Vec<&String> = rtl.sources.iter().map(|(name, _)| name).collect();
        console.json(&format!("{:#}\n", json!({ "folder": folder, "verilog": names })));
        Ok(Exit::Success)
    }
}
