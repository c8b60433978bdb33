//! `generate`: the hardware alone; needs no tool.

use super::{Console, Exit};
use crate::pipeline::machine::{MachineRtl, program_file};
use crate::pipeline::{Source, SourceOptions};
use clap::Args;
use firmware::image::MachineImage;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;
use weights::shown::shown_path;

/// Arguments of `generate`.
#[derive(Args, Debug)]
pub(super) struct GenerateCommand {
    /// The design; without it, the bundled one that fits the model.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// Folder of a model in the Hugging Face layout; without it, the bundled model or, with a design,
    /// its sample network.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// The seeded sample network of the bundled design: noise, on a small machine.
    #[arg(long, conflicts_with_all = ["model", "design"])]
    sample: bool,
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
        let (design, model) = (self.design.clone(), self.model.clone());
        let options = SourceOptions { design, model, ..SourceOptions::default() };
        let options = if self.sample { options } else { options.or_bundled() };
        let file = console.design(options.design_file()?);
        let mut outputs = options.outputs(&self.out, &file)?;
        outputs.add("0-config.toml", file.design.to_commented_toml());
        options.require_prediction()?;
        let network = console.imported(options.network(&file)?);
        outputs.add("1-network.json", network.to_json());
        let program = Source { file, network, texts: Vec::new() }.lower()?;
        let image = MachineImage::new(&program)?;
        outputs.add("2-weights.bin", program_file(&program.parameters, &image));
        outputs.add("3-program.lst", program.listing());
        let rtl = MachineRtl::new(&program)?;
        let verilog: Vec<String> = rtl.sources.iter().map(|(name, _)| name.clone()).collect();
        let lines = rtl.lines();
        for (name, text) in rtl.files() {
            outputs.add(&format!("4-rtl/{name}"), text);
        }
        outputs.write(&[])?;
        let folder = outputs.folder().join("4-rtl");
        let what = format!("{}: {} modules, {lines} lines", shown_path(&folder), verilog.len());
        console.stage("generate", &what, begin.elapsed());
        console.json(&format!("{:#}\n", json!({ "folder": folder, "verilog": verilog })));
        Ok(Exit::Success)
    }
}
