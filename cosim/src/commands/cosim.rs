//! `cosim`: one matrix of a run, with a waveform if asked.

use super::gates::Built;
use super::layers::conclude;
use super::options::LayerOptions;
use super::stages::Stages;
use super::{Console, Exit};
use crate::pipeline::PipelineError;
use crate::pipeline::layers::{
    CosimReport, Job, Lowered, MatrixRun, Trace, Verified, verify_matrix,
};
use crate::verilated::CompiledModel;
use clap::Args;
use std::path::PathBuf;
use std::slice::from_ref;
use std::time::Instant;
use weights::shown::shown_path;

/// Arguments of `cosim`.
#[derive(Args, Debug)]
pub(super) struct CosimCommand {
    #[command(flatten)]
    options: LayerOptions,
    /// Name of the matrix, such as `blocks.1.ffn.up`.
    #[arg(long, value_name = "NAME")]
    matrix: String,
    /// Token to look at: its values are printed, and the waveform is recorded around it.
    #[arg(long, value_name = "N")]
    token: Option<usize>,
    /// Record a waveform into this VCD file.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// First cycle of the waveform.
    #[arg(long, value_name = "CYCLE", requires = "trace")]
    from: Option<u64>,
    /// Last cycle of the waveform.
    #[arg(long, value_name = "CYCLE", requires = "trace")]
    to: Option<u64>,
    /// Print the result as JSON on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// Cycles shown before a token's first and after its last value.
const MARGIN: u64 = 20;

impl CosimCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let mut stages = Stages::default();
        self.check_window()?;
        let prepared = self.options.prepare(console, &mut stages, |_| Ok(()))?;
        let job = prepared.lowered.job(&self.matrix)?.clone();
        if let Some(token) = self.token.filter(|&token| token >= prepared.lowered.tokens) {
            let count = prepared.lowered.tokens;
            return Err(PipelineError::UnknownToken { token, count }.into());
        }
        let traced = self.trace.is_some();
        let rtl = &prepared.rtls[job.index % prepared.rtls.len()];
        let seed = prepared.source.file.design.run.seed;
        let Built { models, tools, gates } =
            self.options.gates.build(console, &mut stages, &[rtl.design()], traced, seed)?;
        let model = &models[0];
        let begin = Instant::now();
        let mut run = verify_matrix(&job, model, None)?;
        if let Some(trace) = self.window(&run) {
            run = self.record(console, &job, model, &trace)?;
        }
        self.show_token(console, &job, &run);
        let elapsed = begin.elapsed();
        let lowered = Lowered { jobs: vec![job], ..prepared.lowered };
        let verified = Verified { runs: vec![run], elapsed };
        let mut report =
            CosimReport::new(&prepared.source, &lowered, from_ref(rtl), &verified, tools);
        report.planted = prepared.planted;
        report.gates = gates;
        let what = format!(
            "{}: {} tokens, {} values, {} cycles",
            self.matrix, report.tokens, report.values, report.simulated_cycles
        );
        stages.note_time(console, "cosim", elapsed, &what);
        report.seconds = stages.seconds;
        console.json(&report.to_json());
        Ok(conclude(console, &self.options, &verified))
    }

    fn check_window(&self) -> Result<(), PipelineError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err(PipelineError::Options {
                reason: format!("--from {from} is after --to {to}"),
                remedy: "give the first cycle before the last",
            }),
            _ => Ok(()),
        }
    }

    /// The waveform that was asked for; without numbers, around the token, or everything.
    fn window(&self, run: &MatrixRun) -> Option<Trace> {
        let path = self.trace.clone()?;
        let cycles = &run.spike_cycles;
        let before = |token: usize| match token.checked_sub(1) {
            Some(previous) => cycles.get(previous).copied(),
            None => cycles.first().map(|end| end.saturating_sub(run.cycles)),
        };
        let around = self.token.and_then(|token| Some((before(token)?, *cycles.get(token)?)));
        let (first, last) = around.unwrap_or((0, run.simulated_cycles));
        let from = self.from.unwrap_or_else(|| first.saturating_sub(MARGIN));
        let to = self.to.unwrap_or(last + MARGIN).max(from);
        Some(Trace { path, from, to })
    }

    fn record(
        &self,
        console: &mut Console,
        job: &Job,
        model: &CompiledModel,
        trace: &Trace,
    ) -> Result<MatrixRun, PipelineError> {
        let run = verify_matrix(job, model, Some(trace))?;
        let Trace { path, from, to } = trace;
        console.line(&format!("waveform   {}: cycles {from}..={to}", shown_path(path)));
        Ok(run)
    }

    /// The values of the token, one row a line that differs, or how many are equal.
    fn show_token(&self, console: &mut Console, job: &Job, run: &MatrixRun) {
        let Some(token) = self.token else { return };
        let spikes = job.layer.spikes(&job.currents());
        let sides = [
            ("current", &job.records[token].currents, run.currents.get(token)),
            ("spike", &spikes[token], run.spikes.get(token)),
        ];
        for (name, reference, rtl) in sides {
            let Some(rtl) = rtl else { continue };
            let pairs = || reference.iter().zip(rtl).enumerate();
            let different = pairs().filter(|(_, (reference, rtl))| reference != rtl).count();
            console.line(&format!(
                "token {token:<4} {} {name}s, {different} different",
                reference.len()
            ));
            const SHOWN: usize = 8;
            for (row, (reference, rtl)) in pairs().filter(|(_, (a, b))| a != b).take(SHOWN) {
                console.line(&format!("  channel {row}: reference {reference}, rtl {rtl}"));
            }
        }
    }
}
