//! `synth`: from a design to the bitstream of a board, with open tools.

use super::stages::Stages;
use super::{Console, Exit};
use crate::boards::{BlockRam, Board};
use crate::pipeline::capacity::Supply;
use crate::pipeline::{BOARDS, Outputs, PipelineError, Source, SourceOptions, ToolVersion};
use crate::report::{ReportError, Written, write_again};
use crate::synth::{
    BoardRtl, ClockReport, ClockSpread, Placed, Road, SeedReport, SynthError, SynthReport,
    Synthesised, TokenReport, machine_clock, memory_excess,
};
use crate::tools::Cache;
use clap::Args;
use firmware::machine::Program;
use firmware::machine_cycles::{MachineLatency, dense, token_cycles};
use std::path::{Path, PathBuf};
use std::time::Instant;
use weights::config::DesignFile;
use weights::shown::shown_path;

/// Arguments of `synth`.
#[derive(Args, Debug)]
pub(super) struct SynthCommand {
    /// The design; without it, that of the board in `constraints/boards.toml`.
    #[arg(value_name = "DESIGN.toml")]
    design: Option<PathBuf>,
    /// The board, one of `constraints/boards.toml`.
    #[arg(long, value_name = "NAME")]
    board: String,
    /// Folder of a BitNet model in the Hugging Face layout; without it, the seeded sample network.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Seeds of the placer; the fastest becomes the bitstream.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    seeds: u32,
    /// The machine's clock in MHz, instead of the board's; another than the oscillator takes a PLL.
    #[arg(long, value_name = "MHZ")]
    freq: Option<f64>,
    /// Folder in which `<name>/synth/<board>/` with the outputs is written.
    #[arg(long, value_name = "DIR", default_value = "build")]
    out: PathBuf,
    /// Print `synth.json` on the standard output, and nothing else there.
    #[arg(long)]
    json: bool,
}

/// What is known before any tool runs.
struct Plan {
    board: Board,
    source: Source,
    program: Program,
    rtl: BoardRtl,
    clock: ClockReport,
}

impl SynthCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        console.reserve_for_json(self.json);
        let mut stages = Stages::default();
        let (plan, outputs) = self.plan(console, &mut stages)?;
        let begin = Instant::now();
        let cache = Cache::of_user()?;
        let road = Road::open(plan.board.facts.family, &cache)?;
        let versions: Vec<&str> = road.tools().iter().map(|tool| tool.version.as_str()).collect();
        stages.note(console, "tools", begin, versions[0]);

        let begin = Instant::now();
        let synthesised = road.synthesise(&plan.rtl)?;
        let cells: u64 = synthesised.cells.values().sum();
        let blocks: u64 = synthesised.memories.iter().map(|memory| memory.copies).sum();
        let what = format!("{cells} cells, {blocks} memories{}", kept(synthesised.kept.was_cached));
        stages.note(console, "synthesise", begin, &what);

        let begin = Instant::now();
        let clock = plan.clock.machine_mhz;
        let placed = road.place(&plan.board, &synthesised.kept, clock, self.seeds)?;
        let best = &placed[0];
        let met = best.routed.megahertz >= clock;
        let bitstream = met.then(|| road.pack(&plan.board, best)).transpose()?;
        let command = bitstream.as_ref().map(|(_, command)| command.clone());
        let report = report(&plan, &road, (&synthesised, &placed), command);
        let what = format!("{}{}", report.describe_clock(), kept(best.kept.was_cached));
        stages.note(console, "place", begin, &what);
        show(console, &report);

        let begin = Instant::now();
        let outputs = fill(outputs, &report, (&synthesised, &placed), bitstream)?;
        outputs.write(&report.tools)?;
        let what = format!("{}: {} files", shown_path(outputs.folder()), outputs.file_count());
        stages.note(console, "report", begin, &what);
        renew_page(console, outputs.folder());
        console.json(&report.to_json());
        Ok(conclude(console, &report))
    }

    /// Everything that needs no tool: design, network, program, Verilog.
    fn plan(
        &self,
        console: &mut Console,
        stages: &mut Stages,
    ) -> Result<(Plan, Outputs), SynthError> {
        let begin = Instant::now();
        let board = Board::find(&self.board)?;
        let facts = &board.facts;
        let pll = machine_clock(&board, self.freq.unwrap_or(facts.machine_mhz))?;
        let board_mhz = f64::from(facts.clock_mhz);
        let clock = ClockReport {
            board_mhz,
            machine_mhz: pll.map_or(board_mhz, |pll| pll.output_mhz),
            pll: pll.map(|pll| pll.describe()),
        };
        let (design, model) = (self.design.clone(), self.model.clone());
        let options = SourceOptions { design, model, ..SourceOptions::default() };
        let file = match &self.design {
            Some(_) => console.design(options.design_file()?),
            None => DesignFile::named(&facts.design).expect("the table of boards was checked"),
        };
        let file = match facts.block_ram {
            BlockRam { count, kbit: 18 } => file.on_part(count),
            _ => file,
        };
        let run = options.outputs(&self.out, &file)?;
        let outputs = Outputs::new(&run.folder().join(BOARDS), &board.name)?;
        let outputs = outputs.of_model(self.model.as_deref())?;
        let what = format!("{} on {}, {}", file.design.name, facts.description, facts.part);
        stages.note(console, "config", begin, &what);

        let begin = Instant::now();
        options.require_prediction()?;
        let BlockRam { count, kbit } = facts.block_ram;
        let supply = Supply { part: &facts.part, blocks: count.into(), kbit: kbit.into() };
        options.require_memory(&file, supply, false)?;
        let network = console.imported(options.network(&file)?);
        let source = Source { file, network, texts: Vec::new() };
        let program = source.lower()?;
        if let (Some(first), 2..) = (program.end_token(), program.end_tokens.len()) {
            console.notes(&[format!(
                "a text ends with any id of {:?}; a board that answers by itself knows one, {first}",
                program.end_tokens
            )]);
        }
        stages.note(console, "lower", begin, &describe(&source, &program));
        let available = facts.block_ram.bits();
        if let Some(text) = memory_excess(&facts.part, &program.memories(), available) {
            return Err(SynthError::Fit(text));
        }

        let begin = Instant::now();
        let rtl = BoardRtl::new(&board, &program, pll)?;
        let what = format!(
            "{}: {} files, {} lines of Verilog; {}",
            BoardRtl::TOP,
            rtl.sources.len(),
            rtl.lines(),
            clock.pll.as_deref().unwrap_or("the board's clock")
        );
        stages.note(console, "generate", begin, &what);
        Ok((Plan { board, source, program, rtl, clock }, outputs))
    }
}

/// The page of the run beside this synthesis, if there is one, shows it from now on.
fn renew_page(console: &mut Console, board: &Path) {
    let begin = Instant::now();
    let Some(folder) = board.parent().and_then(Path::parent) else { return };
    match write_again(folder) {
        Ok(Written { path, .. }) => console.stage("report", &shown_path(&path), begin.elapsed()),
        Err(ReportError::NoRun { .. }) => {}
        Err(error) => console.line(&format!("no page: {error}")),
    }
}

/// What is built, on one line.
fn describe(source: &Source, program: &Program) -> String {
    format!(
        "{}: {} weights, {} instructions, {}",
        source.network.name,
        source.network.weight_count(),
        program.instructions.len(),
        program.parameters.texts()
    )
}

fn kept(was_cached: bool) -> &'static str {
    if was_cached { "; from the cache" } else { "" }
}

/// The token at every position, by the cycle model.
fn token(program: &Program, megahertz: f64) -> TokenReport {
    let latency = MachineLatency::of(&program.parameters);
    let cycles =
        |position: u32| token_cycles(program, &latency, position, true, dense(program)).total;
    let all: Vec<u64> = (0..program.parameters.context.max(1)).map(cycles).collect();
    let cycles_mean = all.iter().sum::<u64>() as f64 / all.len().max(1) as f64;
    TokenReport {
        cycles_first: all.first().copied().unwrap_or(0),
        cycles_last: all.last().copied().unwrap_or(0),
        cycles_mean,
        tokens_per_second: megahertz * 1e6 / cycles_mean.max(1.0),
    }
}

fn report(
    plan: &Plan,
    road: &Road,
    (synthesised, placed): (&Synthesised, &[Placed]),
    pack_command: Option<String>,
) -> SynthReport {
    let best = &placed[0];
    let clocks: Vec<f64> = placed.iter().map(|placed| placed.routed.megahertz).collect();
    let megahertz = ClockSpread::of(&clocks).expect("there is a seed");
    let machine_mhz = plan.clock.machine_mhz;
    let facts = &plan.board.facts;
    let config = plan.source.file.design.to_commented_toml();
    let tools = road.tools().map(|tool| ToolVersion {
        name: tool.name.name().to_owned(),
        version: tool.version.clone(),
    });
    let seed =
        |placed: &Placed| SeedReport { seed: placed.seed, megahertz: placed.routed.megahertz };
    let mut commands = vec![synthesised.kept.command.clone(), best.kept.command.clone()];
    commands.extend(pack_command.clone());
    SynthReport {
        design: plan.source.file.design.name.clone(),
        network: plan.source.network.name.clone(),
        config_blake3: blake3::hash(config.as_bytes()).to_hex().to_string(),
        board: plan.board.name.clone(),
        part: facts.part.clone(),
        family: facts.family,
        clock: plan.clock.clone(),
        machine: plan.program.parameters,
        weights: plan.source.network.weight_count(),
        cells: synthesised.cells.clone(),
        utilisation: best.routed.utilisation.clone(),
        memories: synthesised.memories.clone(),
        seeds: placed.iter().map(seed).collect(),
        megahertz,
        timing_met: megahertz.best >= machine_mhz,
        critical_path: best.routed.critical_path.clone(),
        token: token(&plan.program, machine_mhz),
        bitstream: pack_command.map(|_| facts.family.bitstream_name().to_owned()),
        tools: tools.to_vec(),
        commands,
    }
}

/// The lines between the stages.
fn show(console: &mut Console, report: &SynthReport) {
    console.line(&format!("  uses       {}", report.describe_use()));
    console.line(&format!("  slowest    {}", report.critical_path));
    console.line(&format!("  predicted  {}", report.describe_token()));
    console.line("  memories");
    for line in report.describe_memories() {
        console.line(&format!("  {line}"));
    }
}

fn fill(
    mut outputs: Outputs,
    report: &SynthReport,
    (synthesised, placed): (&Synthesised, &[Placed]),
    bitstream: Option<(Vec<u8>, String)>,
) -> Result<Outputs, PipelineError> {
    outputs.add("synth.json", report.to_json());
    outputs.add("yosys.log", synthesised.kept.bytes("yosys.log")?);
    outputs.add("netlist.json", synthesised.kept.bytes("netlist.json")?);
    for placed in placed {
        let seed = placed.seed;
        outputs.add(&format!("nextpnr-{seed}.log"), placed.kept.bytes("nextpnr.log")?);
    }
    outputs.add("nextpnr.json", placed[0].kept.bytes("report.json")?);
    if let Some((bytes, _)) = bitstream {
        outputs.add(report.family.bitstream_name(), bytes);
    }
    Ok(outputs)
}

/// The last line.
fn conclude(console: &mut Console, report: &SynthReport) -> Exit {
    if report.timing_met {
        console.line(&format!("bitstream for {}: {}", report.board, report.part));
        return Exit::Success;
    }
    let reached = report.megahertz.best;
    console.line(&format!(
        "timing missed: {reached:.1} of {:.1} MHz; no bitstream\n  = try --freq {:.0}, or more --seeds",
        report.clock.machine_mhz,
        reached.floor()
    ));
    Exit::Failure
}
