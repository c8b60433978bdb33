//! A design as Verilog, and as a Verilated model.

use cosim::tools::{Design, ToolError};
use cosim::verilated::{BuildOptions, CompiledModel, Optimisation, Toolchain, VerilatedModel};
use hdl::language::check::Checked;

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
