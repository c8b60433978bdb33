//! Cells and clock of the blocks on an ECP5: Yosys synthesises, nextpnr places and routes.
//!
//! A figure depends on nothing but the Verilog, the tools and their options, so it is kept in the
//! cache under a key of exactly those.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use super::BenchError;
use super::designs::{self, Subject};
use super::fabrics::{self, FabricRow};
use super::verdict::{Quantity, Spread, Verdict};
use crate::tools::{
    AtPath, Cache, Design, ECP5_DEVICE, Family, Placement, Tool, ToolError, ToolName,
    place_and_route, provide, synthesise,
};

/// Wide multiplexers double the cells of popcount-like logic, so they are left out.
const SYNTHESIS_OPTIONS: [&str; 1] = ["-nowidelut"];

/// The clock in MHz that the router aims at: above every target, within reach of some.
const MEGAHERTZ_AIM: u32 = 300;

/// Area and clock of one design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AreaRow {
    /// The block and its parameters.
    pub what: String,
    /// Cells of one LUT4 each, those of carry chains and their ends included (`TRELLIS_COMB`).
    pub cells: u64,
    /// Flip-flops, those on the inputs included (`TRELLIS_FF`).
    pub flip_flops: u64,
    /// Highest clock in MHz over the seeds of the placer; none for a design without registers.
    pub megahertz: Option<Spread>,
    /// Synapses, times planes, in a cycle; none for a block that is no array.
    pub synapses: Option<u32>,
    /// Cells for each of these synapses.
    pub cells_per_synapse: Option<f64>,
    /// What it must reach.
    pub targets: Vec<Verdict>,
    /// The least that is possible, or known.
    pub bound: &'static str,
}

/// Area and clock of all blocks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AreaReport {
    /// One row a design.
    pub rows: Vec<AreaRow>,
    /// The portable ones on the other fabrics.
    pub fabrics: Vec<FabricRow>,
    /// Seeds of the placer that each clock is the median of.
    pub seeds: u32,
    /// How the figures came about: tools with their versions, options, device.
    pub conditions: Vec<String>,
}

/// The two tools and where their results are kept.
struct Bench {
    yosys: Tool,
    nextpnr: Tool,
    cache: Cache,
    seeds: u32,
}

/// A subject in Verilog, and the file that keeps its placements.
struct Job {
    subject: Subject,
    sources: Vec<(String, String)>,
    kept: PathBuf,
}

/// Measures every block with `seeds` seeds of the placer.
///
/// # Errors
/// A tool that cannot be provided or that fails.
pub(crate) fn measure(cache: &Cache, seeds: u32) -> Result<AreaReport, BenchError> {
    let bench = Bench {
        yosys: provide(ToolName::YowaspYosys, cache)?,
        nextpnr: provide(ToolName::YowaspNextpnrEcp5, cache)?,
        cache: cache.clone(),
        seeds,
    };
    let jobs: Vec<Job> = designs::subjects()
        .into_iter()
        .map(|subject| bench.job(subject))
        .collect::<Result<_, _>>()?;
    bench.fill(&jobs)?;
    let rows = jobs
        .into_iter()
        .map(|job| Ok(row(job.subject, &bench.placements(&job.kept)?)))
        .collect::<Result<_, BenchError>>()?;
    let fabrics = fabrics::measure(cache)?;
    Ok(AreaReport { rows, fabrics, seeds, conditions: bench.conditions() })
}

impl Bench {
    fn job(&self, subject: Subject) -> Result<Job, BenchError> {
        let sources = designs::verilog(&subject.top)?;
        let key = self.key(&subject.top.name, &sources);
        let kept = self.cache.folder("bench")?.join(format!("{key}.json"));
        Ok(Job { subject, sources, kept })
    }

    /// The content key of a measurement: whatever changes the result changes the key.
    fn key(&self, top: &str, sources: &[(String, String)]) -> String {
        let (aim, seeds) = (MEGAHERTZ_AIM.to_string(), self.seeds.to_string());
        let mut parts = vec![top, &self.yosys.version, &self.nextpnr.version, &aim, &seeds];
        parts.extend(SYNTHESIS_OPTIONS);
        parts.extend(ECP5_DEVICE);
        for (name, text) in sources {
            parts.extend([name.as_str(), text.as_str()]);
        }
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Measures what is not kept yet: first all syntheses, then all placements side by side.
    fn fill(&self, jobs: &[Job]) -> Result<(), BenchError> {
        let missing: Vec<&Job> =
            jobs.iter().filter(|job| self.placements(&job.kept).is_err()).collect();
        let mut netlists = vec![];
        for job in &missing {
            let design = Design { top: &job.subject.top.name, sources: &job.sources };
            let counts =
                synthesise(&self.yosys, &self.cache, &design, Family::Ecp5, &SYNTHESIS_OPTIONS)?;
            netlists.push(counts.netlist);
        }
        let bar = progress(missing.len() as u64 * u64::from(self.seeds), "place and route");
        missing.par_iter().zip(&netlists).try_for_each(|(job, netlist)| {
            let placements = (1..=self.seeds)
                .into_par_iter()
                .map(|seed| {
                    let (tool, cache) = (&self.nextpnr, &self.cache);
                    let placed = place_and_route(tool, cache, netlist, MEGAHERTZ_AIM, seed);
                    bar.inc(1);
                    placed
                })
                .collect::<Result<Vec<_>, ToolError>>()?;
            self.keep(job, &placements)
        })?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Writes the placements of a design into the cache, whole or not at all.
    fn keep(&self, job: &Job, placements: &[Placement]) -> Result<(), BenchError> {
        let folder = self.cache.folder("bench")?;
        let text = serde_json::to_string(placements).map_err(std::io::Error::from);
        let text = text.at("write", &job.kept)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder).at("create", &folder)?;
        file.write_all(text.as_bytes()).at("write", &job.kept)?;
        file.persist(&job.kept).map_err(|error| error.error).at("create", &job.kept)?;
        Ok(())
    }

    /// The placements that are kept; a file that does not hold one a seed is no hit.
    fn placements(&self, kept: &PathBuf) -> Result<Vec<Placement>, ToolError> {
        let text = std::fs::read_to_string(kept).at("read", kept)?;
        let placements: Vec<Placement> =
            serde_json::from_str(&text).map_err(std::io::Error::from).at("read", kept)?;
        if placements.len() != self.seeds as usize {
            let error = std::io::Error::other("it holds another number of seeds");
            return Err(error).at("read", kept);
        }
        Ok(placements)
    }

    fn conditions(&self) -> Vec<String> {
        vec![
            self.yosys.version.clone(),
            self.nextpnr.version.clone(),
            format!("synth_ecp5 {}", SYNTHESIS_OPTIONS.join(" ")),
            format!(
                "nextpnr-ecp5 {} --out-of-context --timing-allow-fail --freq {MEGAHERTZ_AIM}",
                ECP5_DEVICE.join(" ")
            ),
        ]
    }
}

/// A bar on a terminal, nothing elsewhere.
pub(crate) fn progress(length: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// The figures of one subject, against its targets.
fn row(subject: Subject, placements: &[Placement]) -> AreaRow {
    let Subject { what, synapses, targets, bound, .. } = subject;
    let largest = |figure: fn(&Placement) -> u64| placements.iter().map(figure).max().unwrap_or(0);
    let cells = largest(|placement| placement.cells);
    let clocks: Vec<f64> = placements.iter().filter_map(|placed| placed.megahertz).collect();
    let megahertz = Spread::of(&clocks);
    let cells_per_synapse = synapses.map(|synapses| cells as f64 / f64::from(synapses));
    let measured = |quantity| match quantity {
        Quantity::Cells => cells as f64,
        Quantity::CellsPerSynapse => cells_per_synapse.unwrap_or(f64::NAN),
        Quantity::Megahertz => megahertz.map_or(f64::NAN, |spread| spread.median),
        Quantity::RelativeSpeed => f64::NAN,
    };
    let judge = |(quantity, limit)| Verdict::new(&what, quantity, measured(quantity), limit);
    let targets = targets.into_iter().map(judge).collect();
    AreaRow {
        cells,
        flip_flops: largest(|placement| placement.flip_flops),
        megahertz,
        synapses,
        cells_per_synapse,
        targets,
        bound,
        what,
    }
}

/// The bounds of a report, each once, in the order of the rows.
pub(crate) fn bounds(rows: &[AreaRow]) -> Vec<(&str, &str)> {
    let mut seen = BTreeSet::new();
    rows.iter().filter(|row| seen.insert(row.bound)).map(|row| (&row.what[..], row.bound)).collect()
}
