//! `--gates`: the netlist in place of the RTL, before the same host and the same reference.

use super::Console;
use super::stages::Stages;
use crate::gates::{Gates, GatesReport};
use crate::pipeline::{PipelineError, ToolVersion};
use crate::tools::{Cache, Design, Family};
use crate::verilated::{BuildOptions, CompiledModel, Optimisation, PowerUp, Toolchain};
use clap::Args;
use hdl::language::simulation::Port;
use std::time::Instant;

/// What is simulated.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct GateOptions {
    /// Synthesise, and simulate the netlist in place of the RTL, each of its cells by a model;
    /// registers begin with bits drawn from the seed of the run.
    #[arg(long, value_name = "FAMILY")]
    gates: Option<Family>,
}

/// A design: its top, its sources, its ports.
type Printed<'a> = (&'a str, &'a [(String, String)], &'a [Port]);

/// A compiled model, and what made it.
pub(super) struct Built {
    pub(super) model: CompiledModel,
    pub(super) tools: Vec<ToolVersion>,
    /// The netlist, if it is one.
    pub(super) gates: Option<GatesReport>,
}

impl GateOptions {
    /// Builds the model of a design, or of its netlist.
    pub(super) fn build(
        self,
        console: &mut Console,
        stages: &mut Stages,
        (top, sources, ports): Printed<'_>,
        trace: bool,
        seed: u64,
    ) -> Result<Built, PipelineError> {
        let Some(family) = self.gates else {
            let printed = (top, sources, ports);
            let (model, tools) = verilate(console, stages, printed, trace, PowerUp::Zero)?;
            return Ok(Built { model, tools, gates: None });
        };
        let begin = Instant::now();
        let gates = Gates::of(&Design { top, sources }, family, &Cache::of_user()?)?;
        let from = if gates.was_cached { "from the cache" } else { "synthesised" };
        let what = format!("{}, {from}: {}", family.name(), gates.report.describe());
        stages.note(console, "gates", begin, &what);
        let netlist = (top, &gates.sources[..], ports);
        let (model, mut tools) = verilate(console, stages, netlist, trace, PowerUp::Seeded)?;
        tools.push(ToolVersion::of(&gates.tool));
        // A seed of 2^32 and more only repeats another one.
        Ok(Built { model: model.seeded(seed as u32), tools, gates: Some(gates.report) })
    }

    /// What is compared with the reference.
    pub(super) fn subject(self) -> String {
        match self.gates {
            None => "RTL".to_owned(),
            Some(family) => format!("{} netlist", family.name()),
        }
    }

    /// The option as it stands on a command line.
    pub(super) fn option(self) -> Option<String> {
        use clap::ValueEnum;
        Some(self.gates?.to_possible_value()?.get_name().to_owned())
    }
}

/// Finds the tools and builds the model of a design.
fn verilate(
    console: &mut Console,
    stages: &mut Stages,
    (top, sources, ports): Printed<'_>,
    trace: bool,
    power_up: PowerUp,
) -> Result<(CompiledModel, Vec<ToolVersion>), PipelineError> {
    let begin = Instant::now();
    let toolchain = Toolchain::find()?;
    let options = BuildOptions { trace, optimisation: Optimisation::Fast, power_up };
    let model = toolchain.build(&Design { top, sources }, ports, options)?;
    let from = if model.was_cached() { "from the cache" } else { "built" };
    let what = format!("{from}: {}", toolchain.verilator().tool.version);
    stages.note(console, "verilate", begin, &what);
    Ok((model, toolchain.tools().into_iter().map(ToolVersion::of).collect()))
}
