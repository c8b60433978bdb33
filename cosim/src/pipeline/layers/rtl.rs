//! Stage 3: the engine as Verilog, its C header and its register page.

use crate::pipeline::PipelineError;
use firmware::engine::EngineParameters;
use firmware::registers::{c_header, markdown};
use hdl::blocks::layer_engine::LayerEngine;
use hdl::check::check;
use hdl::simulation::Port;

/// The top module.
pub const TOP: &str = "layer_engine";

/// A printed engine.
#[derive(Clone, Debug)]
pub struct Rtl {
    /// Name and text of each Verilog file, children first.
    pub sources: Vec<(String, String)>,
    /// Ports of the top, without the clock.
    pub ports: Vec<Port>,
}

impl Rtl {
    /// Generates, checks and prints.
    ///
    /// # Errors
    /// If the parameters are out of range, or the design does not pass its check.
    pub fn new(engine: &EngineParameters) -> Result<Rtl, PipelineError> {
        engine.check()?;
        // The weight memory is loaded through the registers: one engine serves every matrix.
        let module = LayerEngine { parameters: *engine, image: Vec::new() }.module();
        let checked = check(&module)?;
        let files = hdl::verilog::print(&checked);
        let sources = files.into_iter().map(|file| (file.name, file.text)).collect();
        Ok(Rtl { sources, ports: module.ports() })
    }

    /// What is verilated: the top, its sources, its ports.
    pub fn design(&self) -> (&str, &[(String, String)], &[Port]) {
        (TOP, &self.sources, &self.ports)
    }

    /// Every file of `4-rtl`.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = self.sources.clone();
        files.push((format!("{TOP}.h"), c_header()));
        files.push(("registers.md".to_owned(), markdown()));
        files
    }

    /// Lines of Verilog.
    pub fn lines(&self) -> usize {
        self.sources.iter().map(|(_, text)| text.lines().count()).sum()
    }
}
