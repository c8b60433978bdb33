//! Does a tool accept a design, and without a word of complaint?

use std::fmt::Write as _;
use std::path::Path;

use super::cache::Cache;
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::locate::Tool;
use super::verilator::Verilator;

/// Lints a design with `verilator --lint-only -Wall`, no warning waived.
///
/// # Errors
/// [`ToolError::Failed`] with the warnings if there is any.
pub fn lint(verilator: &Verilator, cache: &Cache, design: &Design<'_>) -> Result<(), ToolError> {
    let folder = design.staged()?;
    let ended = verilator
        .step(format!("lint {}", design.top))
        .inside(folder.path())
        .args(["--lint-only", "-Wall", "--top-module", design.top])
        .args(design.verilog_names())
        .remedy("the generator printed this Verilog: correct the block that it names")
        .run()?;
    // Without `-Wno-fatal` every warning already fails; this also catches messages that do not.
    let complains = ended.log().contains("%Warning");
    if ended.succeeded() && !complains { Ok(()) } else { Err(ended.failure(cache)) }
}

/// Compiles a design with Icarus Verilog as Verilog-2005 with all warnings; any output fails.
///
/// # Errors
/// [`ToolError::Failed`] with the messages.
pub fn check_with_icarus(
    iverilog: &Tool,
    cache: &Cache,
    design: &Design<'_>,
) -> Result<(), ToolError> {
    let folder = design.staged()?;
    let ended = iverilog
        .step(format!("compile {}", design.top))
        .inside(folder.path())
        // `timescale` warns about designs that have none, which ours never have: no delays.
        .args(["-g2005", "-Wall", "-Wno-timescale", "-o", "design.vvp", "-s", design.top])
        .args(design.verilog_names())
        .remedy("the generator printed this Verilog: correct the block that it names")
        .run()?;
    let silent = ended.log().trim().is_empty();
    if ended.succeeded() && silent { Ok(()) } else { Err(ended.failure(cache)) }
}

/// Reads and elaborates a design with Yosys (the system's or the WebAssembly one), and lets it
/// look for undriven wires, several drivers and loops; any warning fails.
///
/// # Errors
/// [`ToolError::Failed`] with the messages.
pub fn check_with_yosys(yosys: &Tool, cache: &Cache, design: &Design<'_>) -> Result<(), ToolError> {
    let folder = design.staged()?;
    let mut script = read_command(design.verilog_names());
    let _ = writeln!(
        script,
        "hierarchy -check -top {}\nproc\nflatten\nopt_clean\ncheck -assert",
        design.top
    );
    let ended = yosys_step(yosys, folder.path(), &script, format!("check {}", design.top))?
        .remedy("the generator printed this Verilog: correct the block that it names")
        .run()?;
    let complains = ended.log().lines().any(|line| line.contains("Warning:"));
    if ended.succeeded() && !complains { Ok(()) } else { Err(ended.failure(cache)) }
}

/// The command that reads some files of a design.
pub(crate) fn read_command<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("read_verilog {}\n", names.collect::<Vec<_>>().join(" "))
}

/// A run of Yosys on a script in `folder`.
///
/// Paths are relative throughout: the WebAssembly tools see another folder in place of the
/// system's temporary one.
pub(crate) fn yosys_step(
    yosys: &Tool,
    folder: &Path,
    script: &str,
    doing: String,
) -> Result<super::command::Step, ToolError> {
    let path = folder.join("script.ys");
    std::fs::write(&path, script).at("write", &path)?;
    Ok(yosys.step(doing).inside(folder).args(["-q", "-s", "script.ys"]))
}
