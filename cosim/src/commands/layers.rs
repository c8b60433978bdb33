//! `layers`: each ternary matrix alone on the streaming layer engine.

use super::gates::Built;
use super::options::{LayerOptions, Prepared};
use super::stages::Stages;
use super::{Console, Exit};
use crate::lockstep::Difference;
use crate::pipeline::layers::{Choice, CosimReport, Rtl, Verified, listing, verify, weight_file};
use crate::pipeline::{Outputs, PipelineError};
use crate::report::{COSIM, PAGE, page};
use clap::Args;
use std::path::PathBuf;
use std::time::Instant;
use weights::config::DesignFile;
use weights::shown::shown_path;

/// Arguments of `layers`.
#[derive(Args, Debug)]
pub(super) struct LayersCommand {
    #[command(flatten)]
    options: LayerOptions,
    /// Folder in which `<name>-layers/` with the outputs is written.
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Print `5-cosim.json` on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

impl LayersCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let mut stages = Stages::default();
        let ours = |file: &DesignFile| self.outputs(file).map(|_| ());
        let prepared = self.options.prepare(console, &mut stages, ours)?;
        let begin = Instant::now();
        let choice = Choice::of(&prepared.lowered)?;
        stages.note(console, "form", begin, &choice.to_string());
        let seed = prepared.source.file.design.run.seed;
        let designs: Vec<_> = prepared.rtls.iter().map(Rtl::design).collect();
        let Built { models, tools, gates } =
            self.options.gates.build(console, &mut stages, &designs, false, seed)?;

        let verified = verify(&prepared.lowered, &models)?;
        let mut report = CosimReport::new(
            &prepared.source,
            &prepared.lowered,
            &prepared.rtls,
            &verified,
            tools.clone(),
        );
        report.planted.clone_from(&prepared.planted);
        report.gates = gates;
        stages.note_time(console, "cosim", verified.elapsed, &describe(&report));

        let begin = Instant::now();
        report.seconds.clone_from(&stages.seconds);
        let outputs = self.fill(&prepared, &report)?;
        outputs.write(&tools)?;
        let what = format!("{}: {} files", shown_path(outputs.folder()), outputs.file_count());
        stages.note(console, "report", begin, &what);
        console.json(&report.to_json());
        Ok(conclude(console, &self.options, &verified))
    }

    /// The outputs stand beside those of the whole machine.
    fn outputs(&self, file: &DesignFile) -> Result<Outputs, PipelineError> {
        let options = self.options.source_options();
        let name = format!("{}-layers", options.folder_name(file));
        Outputs::new(&self.out, &name)?.of_model(options.model.as_deref())
    }

    fn fill(&self, prepared: &Prepared, report: &CosimReport) -> anyhow::Result<Outputs> {
        let file = &prepared.source.file;
        let design = &file.design;
        let mut outputs = self.outputs(file)?;
        outputs.add("0-config.toml", design.to_commented_toml());
        outputs.add("1-network.json", prepared.source.network.to_json());
        outputs.add("2-weights.bin", weight_file(&prepared.lowered));
        outputs.add("3-program.lst", listing(&prepared.lowered));
        for (rtl, job) in prepared.rtls.iter().zip(&prepared.lowered.jobs) {
            let own = if prepared.rtls.len() > 1 { format!("{}/", job.name) } else { "".into() };
            for (name, text) in rtl.files() {
                outputs.add(&format!("4-rtl/{own}{name}"), text);
            }
        }
        let json = report.to_json();
        outputs.add(PAGE, page(&json, &[])?);
        outputs.add(COSIM, json);
        Ok(outputs)
    }
}

fn describe(report: &CosimReport) -> String {
    format!(
        "{} matrices, {} values; {:.0} of {} synapses a cycle, array busy {:.1} %; {:.0} k cycles/s",
        report.matrices,
        report.values,
        report.synapses_per_cycle,
        report.peak_synapses_per_cycle,
        100.0 * report.array_utilisation,
        report.simulated_cycles_per_second * 1e-3,
    )
}

/// The last lines: what differs first, and the verdict.
pub(super) fn conclude(console: &mut Console, options: &LayerOptions, verified: &Verified) -> Exit {
    let subject = options.gates.subject();
    if verified.mismatches() == 0 {
        console.line(&format!("{subject} = reference"));
        return Exit::Success;
    }
    if let Some((_, fault)) = verified.fault() {
        console.line(fault);
    }
    if let Some(first) = verified.first() {
        let replay = replay(console, options, first);
        console.line(&first.explain(&replay));
    }
    console.line(&format!("{subject} != reference"));
    Exit::Failure
}

/// The command that replays a difference.
fn replay(console: &Console, options: &LayerOptions, first: &Difference) -> String {
    format!("{} cosim{} {}", console.program(), options.command_line(), first.replay())
}
