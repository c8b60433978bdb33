//! `--gates`: the netlist in place of the RTL, before the same host and the same reference.

use super::Console;
use super::stages::Stages;
use crate::bench::progress;
use crate::gates::{Gates, GatesReport};
use crate::pipeline::{PipelineError, ToolVersion};
use crate::tools::{Cache, Design, Family};
use crate::verilated::{BuildOptions, CompiledModel, Optimisation, PowerUp, Toolchain};
use clap::Args;
use hdl::language::simulation::Port;
use rayon::prelude::*;
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

/// Compiled models, and what made them.
pub(super) struct Built {
    /// One a design.
    pub(super) models: Vec<CompiledModel>,
    pub(super) tools: Vec<ToolVersion>,
    /// The netlists, all cells together.
    pub(super) gates: Option<GatesReport>,
}

impl GateOptions {
    /// Builds the models of some designs, or of their netlists, as many at once as there are cores.
    pub(super) fn build(
        self,
        console: &mut Console,
        stages: &mut Stages,
        designs: &[Printed<'_>],
        trace: bool,
        seed: u64,
    ) -> Result<Built, PipelineError> {
        let Some(family) = self.gates else {
            let (models, tools) = verilate(console, stages, designs, trace, PowerUp::Zero)?;
            return Ok(Built { models, tools, gates: None });
        };
        let begin = Instant::now();
        let cache = Cache::of_user()?;
        let synthesise = |&(top, sources, _): &Printed<'_>| {
            Gates::of(&Design { top, sources }, family, &cache).map_err(PipelineError::from)
        };
        let gates = each(designs, "synthesise", synthesise)?;
        let report = GatesReport::of_all(family, gates.iter().map(|gates| &gates.report));
        let cached = gates.iter().filter(|gates| gates.was_cached).count();
        let from = origin(designs.len(), cached, "synthesised");
        let what = format!("{}, {from}: {}", family.name(), report.describe());
        stages.note(console, "gates", begin, &what);
        let netlists = designs.iter().zip(&gates);
        let netlists: Vec<Printed<'_>> =
            netlists.map(|(&(top, _, ports), gates)| (top, &gates.sources[..], ports)).collect();
        let (models, mut tools) = verilate(console, stages, &netlists, trace, PowerUp::Seeded)?;
        tools.extend(gates.first().map(|gates| ToolVersion::of(&gates.tool)));
        // A seed of 2^32 and more only repeats another one.
        let models = models.into_iter().map(|model| model.seeded(seed as u32)).collect();
        Ok(Built { models, tools, gates: Some(report) })
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

/// Finds the tools and builds the model of each design.
fn verilate(
    console: &mut Console,
    stages: &mut Stages,
    designs: &[Printed<'_>],
    trace: bool,
    power_up: PowerUp,
) -> Result<(Vec<CompiledModel>, Vec<ToolVersion>), PipelineError> {
    let begin = Instant::now();
    let toolchain = Toolchain::find()?;
    let options = BuildOptions { trace, optimisation: Optimisation::Fast, power_up };
    let build = |&(top, sources, ports): &Printed<'_>| {
        let model = toolchain.build(&Design { top, sources }, ports, options);
        model.map_err(PipelineError::from)
    };
    let models = each(designs, "verilate", build)?;
    let cached = models.iter().filter(|model| model.was_cached()).count();
    let from = origin(designs.len(), cached, "built");
    let what = format!("{from}: {}", toolchain.verilator().tool.version);
    stages.note(console, "verilate", begin, &what);
    Ok((models, toolchain.tools().into_iter().map(ToolVersion::of).collect()))
}

/// Does the work of each design, several at once.
fn each<T: Send>(
    designs: &[Printed<'_>],
    what: &str,
    work: impl Fn(&Printed<'_>) -> Result<T, PipelineError> + Sync,
) -> Result<Vec<T>, PipelineError> {
    let [one] = designs else {
        let bar = progress(designs.len() as u64, what);
        let counted = |design| work(design).inspect(|_| bar.inc(1));
        let done = designs.par_iter().with_max_len(1).map(counted).collect();
        bar.finish_and_clear();
        return done;
    };
    Ok(vec![work(one)?])
}

/// Where the results of some designs came from.
fn origin(count: usize, cached: usize, made: &str) -> String {
    match (count, cached) {
        (1, 0) => made.to_owned(),
        (1, _) => "from the cache".to_owned(),
        (_, 0) => format!("{count} engines, {made}"),
        _ => format!("{count} engines, {cached} from the cache"),
    }
}
