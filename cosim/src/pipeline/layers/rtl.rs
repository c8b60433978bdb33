//! Stage 3: the engine as Verilog, its C header and its register page.

use super::Lowered;
use crate::harness::Layer;
use crate::pipeline::PipelineError;
use firmware::engine::EngineParameters;
use firmware::registers::{c_header, markdown};
use hdl::blocks::engine::layer_engine::LayerEngine;
use hdl::language::check::check;
use hdl::language::simulation::Port;
use weights::config::Form;

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
    /// Generates, checks and prints an engine that any matrix of its size can be loaded into.
    ///
    /// # Errors
    /// If the parameters are out of range, or the design does not pass its check.
    ///
    /// # Panics
    /// If the form is baked: such an engine is made [of a layer](Self::of_layer).
    pub fn new(engine: &EngineParameters) -> Result<Rtl, PipelineError> {
        engine.check()?;
        Self::print(LayerEngine { parameters: *engine, image: Vec::new(), baked: None })
    }

    /// Generates, checks and prints the engine of a layer.
    ///
    /// # Errors
    /// As [`Rtl::new`].
    pub fn of_layer(layer: &Layer) -> Result<Rtl, PipelineError> {
        layer.engine.check()?;
        Self::print(layer.generator())
    }

    /// The engines of all jobs: one that serves every matrix, or one a matrix where the weights are
    /// wires.
    ///
    /// # Errors
    /// As [`Rtl::new`].
    pub fn of_jobs(lowered: &Lowered) -> Result<Vec<Rtl>, PipelineError> {
        match lowered.engine.form {
            Form::Dense | Form::Event => Ok(vec![Rtl::new(&lowered.engine)?]),
            Form::Baked => lowered.jobs.iter().map(|job| Rtl::of_layer(&job.layer)).collect(),
        }
    }

    fn print(engine: LayerEngine) -> Result<Rtl, PipelineError> {
        let module = engine.module();
        let checked = check(&module)?;
        let files = hdl::language::verilog::print(&checked);
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
