//! The stages of a command: what each prints, how long each took, and one that many share.

use super::Console;
use crate::pipeline::{PipelineError, ToolVersion};
use crate::tools::Design;
use crate::verilated::{BuildOptions, CompiledModel, Optimisation, PowerUp, Toolchain};
use hdl::simulation::Port;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Wall time of each stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Stages {
    pub(super) seconds: BTreeMap<String, f64>,
}

impl Stages {
    /// Prints the line of a stage that began at `begin`.
    pub(super) fn note(
        &mut self,
        console: &mut Console,
        name: &'static str,
        begin: Instant,
        what: &str,
    ) {
        self.note_time(console, name, begin.elapsed(), what);
    }

    /// Prints the line of a stage that took `time`.
    pub(super) fn note_time(
        &mut self,
        console: &mut Console,
        name: &'static str,
        time: Duration,
        what: &str,
    ) {
        console.stage(name, what, time);
        self.seconds.insert(name.to_owned(), time.as_secs_f64());
    }
}

/// Finds the tools and builds the model of a design: its top, its sources, its ports.
pub(super) fn verilate(
    console: &mut Console,
    stages: &mut Stages,
    (top, sources, ports): (&str, &[(String, String)], &[Port]),
    trace: bool,
    power_up: PowerUp,
) -> Result<(CompiledModel, Vec<ToolVersion>), PipelineError> {
    let begin = Instant::now();
    let toolchain = Toolchain::find()?;
    let options = BuildOptions { trace, optimisation: Optimisation::Fast, power_up };
    let model = toolchain.build(&Design { top, sources }, ports, options)?;
    let tools: Vec<ToolVersion> = toolchain.tools().into_iter().map(ToolVersion::of).collect();
    let from = if model.was_cached() { "from the cache" } else { "built" };
    let what = format!("{from}: {}", toolchain.verilator().tool.version);
    stages.note(console, "verilate", begin, &what);
    Ok((model, tools))
}
