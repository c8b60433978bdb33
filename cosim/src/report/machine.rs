//! The page of a run of the whole machine.

use super::frame::{stacked, whole};
use super::summary::{Step, Tile, Title, flow, tiles};
use super::words::{count, grouped, of};
use super::{boards, bounds, cycles, memories, positions, raster, text, timeline};
use crate::pipeline::machine::MachineReport;
use crate::synth::SynthReport;
use maud::Markup;

pub(super) fn page(report: &MachineReport, boards: &[SynthReport]) -> Markup {
    let title = title(report);
    let (boards, others) = boards::of_run(report, boards);
    let mut sections = Vec::new();
    sections.extend((report.predictions > 0).then(|| tiles(&figures(report, &boards))));
    sections.push(flow(&steps(report, &boards)));
    sections.extend(text::story(report));
    sections.extend(report.timeline.as_ref().map(cycles::section));
    sections.extend(bounds::section(&bounds::of_machine(report, &boards)));
    sections.extend(boards.iter().map(|board| boards::section(board)));
    sections.extend(boards::others(&others));
    sections.extend(report.timeline.as_ref().map(timeline::section));
    sections.extend(positions::section(report));
    sections.extend(report.spikes.as_ref().and_then(raster::section));
    sections.extend(memories::section(report));
    sections.push(text::checkpoints(report));
    whole(&title, stacked(sections))
}

fn title(report: &MachineReport) -> Title<'_> {
    let machine = &report.machine;
    Title {
        kind: "the whole machine",
        design: &report.design,
        what: format!(
            "{} on {}, {} values of a vector a cycle",
            report.network,
            machine.array().replace(" x ", " × "),
            machine.elements,
        ),
        equal: report.mismatches == 0,
        planted: report.planted.clone(),
        difference: report.first_mismatch.clone(),
    }
}

fn figures(report: &MachineReport, boards: &[&SynthReport]) -> Vec<Tile> {
    let tile = |name, figure, unit, beside| Tile { figure, unit, name, beside };
    let mut figures = vec![
        tile(
            "Tokens predicted",
            count(report.predictions),
            "",
            format!("by the RTL, {}", of(report.conversations.len(), "prompt")),
        ),
        tile(
            "Cycles a token",
            grouped(report.cycles_per_token),
            "",
            format!("{} for the weights alone", grouped(report.weight_cycles)),
        ),
        tile(
            "Array busy",
            format!("{:.1}", 100.0 * report.array_utilisation),
            "%",
            "of the cycles; 90 % is the target".to_owned(),
        ),
    ];
    let fastest =
        boards.iter().max_by(|left, right| left.reached_mhz().total_cmp(&right.reached_mhz()));
    figures.extend(fastest.map(|board| {
        tile(
            "Tokens a second",
            grouped(1e6 * board.reached_mhz() / report.cycles_per_token),
            "",
            format!("predicted, at {:.1} MHz on {}", board.reached_mhz(), board.board),
        )
    }));
    figures.extend(fastest.and_then(|board| {
        let fullest = board.fullest()?;
        let of = format!("{} of {}", count(fullest.used), count(fullest.available));
        let beside = format!("{}: {of} on {}", fullest.what, board.board);
        Some(tile("Part used", format!("{:.0}", fullest.percent()), "%", beside))
    }));
    figures
}

fn steps(report: &MachineReport, boards: &[&SynthReport]) -> Vec<Step> {
    let machine = &report.machine;
    let synapses = machine.synapses();
    let proofs = of(report.width_proofs, "width");
    let instructions = count(report.instructions);
    let lines = format!("modules, {} lines", count(report.verilog_lines));
    let mut steps = vec![
        Step::passed("config", count(synapses), "synapses a cycle", "every key in its range"),
        Step::passed("weights", count(report.weights), "ternary weights", "every code legal"),
        Step::passed("program", instructions, "instructions", &format!("{proofs} proven to hold")),
        Step::passed("RTL", count(report.modules), &lines, "the HDL's checks passed"),
        cosim_step(report),
    ];
    steps.extend(boards.iter().map(|board| synth_step(board)));
    steps
}

fn synth_step(board: &SynthReport) -> Step {
    let goal = board.clock.machine_mhz;
    Step {
        name: "synthesis",
        figure: format!("{:.1} MHz", board.megahertz.best),
        unit: format!("on {}", board.board),
        check: format!("{goal:.1} MHz {}", if board.timing_met { "met" } else { "missed" }),
        passed: board.timing_met,
    }
}

fn cosim_step(report: &MachineReport) -> Step {
    let equal = report.mismatches == 0;
    Step {
        name: "co-simulation",
        figure: count(report.values),
        unit: "values equal".to_owned(),
        check: if equal { "0 differ" } else { "then the first difference" }.to_owned(),
        passed: equal,
    }
}
