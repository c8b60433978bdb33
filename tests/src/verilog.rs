//! An engine as Verilog, and as a Verilated model.

use crate::case::Case;
use crate::configuration::Configuration;
use cosim::harness::Layer;
use cosim::tools::{Design, ToolError};
use cosim::verilated::{BuildOptions, CompiledModel, Optimisation, Toolchain, VerilatedModel};
use firmware::engine::EngineParameters;
use hdl::blocks::engine::layer_engine::LayerEngine;
use hdl::language::check::Checked;

/// Name of the top module.
pub const TOP: &str = "layer_engine";

/// The checked design of an engine.
///
/// # Panics
/// If the generator made a mistake.
pub fn engine(parameters: &EngineParameters) -> Checked {
    checked(&LayerEngine { parameters: *parameters, image: vec![], baked: None })
}

/// The checked design of a configuration; one of the baked form is made of a random matrix.
///
/// # Panics
/// As [`engine`].
pub fn configured(configuration: &Configuration) -> Checked {
    layer(&Case::new(configuration, 1).layer)
}

/// The checked design of the engine of a layer.
///
/// # Panics
/// As [`engine`].
pub fn layer(layer: &Layer) -> Checked {
    checked(&layer.generator())
}

fn checked(engine: &LayerEngine) -> Checked {
    let found = hdl::language::check::check(&engine.module());
    found.unwrap_or_else(|error| panic!("{:?}: {error}", engine.parameters))
}

/// File names and texts of a printed design.
pub fn sources(design: &Checked) -> Vec<(String, String)> {
    hdl::language::verilog::print(design).into_iter().map(|file| (file.name, file.text)).collect()
}

/// A model of a design's Verilog, which may differ from what was printed.
///
/// # Errors
/// If Verilator or the compiler refuses it.
pub fn compile(
    toolchain: &Toolchain,
    design: &Checked,
    sources: &[(String, String)],
) -> Result<CompiledModel, ToolError> {
    let options = BuildOptions { optimisation: Optimisation::Normal, ..BuildOptions::default() };
    let ports = design.top().ports();
    toolchain.build(&Design { top: &design.top().name, sources }, &ports, options)
}

/// A fresh simulation of a design's Verilog, which may differ from what was printed.
///
/// # Errors
/// If Verilator or the compiler refuses it.
pub fn verilate(
    toolchain: &Toolchain,
    design: &Checked,
    sources: &[(String, String)],
) -> Result<VerilatedModel, ToolError> {
    compile(toolchain, design, sources)?.simulate()
}
