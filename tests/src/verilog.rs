//! An engine as Verilog, and as a Verilated model.

use cosim::tools::{Design, ToolError};
use cosim::verilated::{BuildOptions, CompiledModel, Optimisation, Toolchain, VerilatedModel};
use firmware::engine::EngineParameters;
use hdl::blocks::layer_engine::LayerEngine;
use hdl::check::Checked;

/// Name of the top module.
pub const TOP: &str = "layer_engine";

/// The checked design of an engine.
///
/// # Panics
/// If the generator made a mistake.
pub fn engine(parameters: &EngineParameters) -> Checked {
    let module = LayerEngine { parameters: *parameters, image: vec![] }.module();
    hdl::check::check(&module).unwrap_or_else(|error| panic!("{parameters:?}: {error}"))
}

/// File names and texts of a printed design.
pub fn sources(design: &Checked) -> Vec<(String, String)> {
    hdl::verilog::print(design).into_iter().map(|file| (file.name, file.text)).collect()
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
