//! `bench`: cells, clocks and speeds beside their bounds.

use super::{Console, Exit};
use crate::bench::{BenchOptions, run};
use clap::Args;

/// Arguments of `bench`.
#[derive(Args, Debug)]
pub(super) struct BenchCommand {
    /// Only cells and clocks of the blocks, placed and routed; minutes the first time.
    #[arg(long)]
    area: bool,
    /// Only the speeds of co-simulation and of the reference.
    #[arg(long)]
    speed: bool,
    /// Only the cost model beside synthesis and simulation; long the first time, seconds after that.
    #[arg(long)]
    cost: bool,
    /// Of --cost, the designs with one of these texts in their line, such as matrix,8 x 16.
    #[arg(long, value_name = "TEXT,…", value_delimiter = ',', requires = "cost")]
    only: Vec<String>,
    /// Only the machines of a matrix, dense, event and baked: cells, cycles, and where they cross.
    #[arg(long)]
    forms: bool,
    /// Only what spikes buy: the bundled network on dense machines and on machines of events.
    #[arg(long)]
    spikes: bool,
    /// Seeds of the placer; a clock is the median over them.
    #[arg(long, value_name = "N", default_value_t = BenchOptions::default().seeds)]
    seeds: u32,
    /// Exit with 1 if a target is missed, or the cost model is off.
    #[arg(long)]
    check: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

impl BenchCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let all = !(self.area || self.speed || self.cost || self.forms || self.spikes);
        let options = BenchOptions {
            area: all || self.area,
            speed: all || self.speed,
            cost: self.cost,
            only: self.only.clone(),
            forms: self.forms,
            spikes: self.spikes,
            seeds: self.seeds,
            ..BenchOptions::default()
        };
        let report = run(&options)?;
        match self.json {
            true => console.result(&serde_json::to_string_pretty(&report)?),
            false => console.result(report.to_string().trim_end()),
        }
        let costly = report.cost.as_ref().is_some_and(|cost| !cost.holds());
        let formed = report.forms.as_ref().is_some_and(|forms| !forms.holds());
        let failed = self.check && (costly || formed || !report.missed().is_empty());
        Ok(if failed { Exit::Failure } else { Exit::Success })
    }
}
