//! The page of a run of the whole machine.

use super::page::{stacked, whole};
use super::summary::{Step, Tile, Title, flow, tiles};
use super::words::{count, grouped, of};
use super::{bounds, cycles, memories, positions, text, timeline};
use crate::pipeline::machine::MachineReport;
use maud::Markup;

pub(super) fn page(report: &MachineReport) -> Markup {
    let title = title(report);
    let mut sections = Vec::new();
    sections.extend((report.predictions > 0).then(|| tiles(&figures(report))));
    sections.push(flow(&steps(report)));
    sections.extend(text::story(report));
    sections.extend(report.timeline.as_ref().map(cycles::section));
    sections.extend(report.timeline.as_ref().map(timeline::section));
    sections.extend(positions::section(report));
    sections.extend(memories::section(report));
    sections.extend(bounds::section(&bounds::of_machine(report)));
    sections.push(text::checkpoints(report));
    whole(&title, stacked(sections))
}

fn title(report: &MachineReport) -> Title<'_> {
    let machine = &report.machine;
    Title {
        kind: "the whole machine",
        design: &report.design,
        what: format!(
            "{} on {} lanes × {} slots × {} planes, {} values of a vector a cycle",
            report.network, machine.lanes, machine.slots, machine.planes, machine.elements,
        ),
        equal: report.mismatches == 0,
        planted: report.planted.clone(),
        difference: report.first_mismatch.clone(),
    }
}

fn figures(report: &MachineReport) -> Vec<Tile> {
    let tile = |name, figure, unit, beside| Tile { figure, unit, name, beside };
    vec![
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
    ]
}

fn steps(report: &MachineReport) -> Vec<Step> {
    let machine = &report.machine;
    let synapses = machine.lanes * machine.slots * machine.planes;
    let proofs = of(report.width_proofs, "width");
    let instructions = count(report.instructions);
    let lines = format!("modules, {} lines", count(report.verilog_lines));
    vec![
        Step::passed("config", count(synapses), "synapses a cycle", "every key in its range"),
        Step::passed("weights", count(report.weights), "ternary weights", "every code legal"),
        Step::passed("program", instructions, "instructions", &format!("{proofs} proven to hold")),
        Step::passed("RTL", count(report.modules), &lines, "the HDL's checks passed"),
        cosim_step(report),
    ]
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
