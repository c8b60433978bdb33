//! What each board's synthesis found: use of the part, clocks, the slowest path, memories.

use super::chart::{Part, along, bar};
use super::words::{count, of, percent, ratio};
use crate::pipeline::machine::MachineReport;
use crate::synth::{CriticalPath, MemoryFound, SynthReport, Utilisation};
use maud::{Markup, html};

/// Memories shown; the others are summed up.
const MEMORIES_MAX: usize = 10;

/// The boards on which the machine of a run was synthesised, and those of another machine.
pub(super) fn of_run<'a>(
    report: &MachineReport,
    boards: &'a [SynthReport],
) -> (Vec<&'a SynthReport>, Vec<&'a SynthReport>) {
    let same =
        |board: &&SynthReport| board.machine == report.machine && board.network == report.network;
    boards.iter().partition(same)
}

impl SynthReport {
    /// The clock that the machine may have there: its own if it is reached, else the routed one.
    pub(super) fn reached_mhz(&self) -> f64 {
        if self.timing_met { self.clock.machine_mhz } else { self.megahertz.best }
    }
}

/// A hint for boards whose figures are of another machine.
pub(super) fn others(boards: &[&SynthReport]) -> Option<Markup> {
    let names: Vec<&str> = boards.iter().map(|board| board.board.as_str()).collect();
    (!names.is_empty()).then(|| {
        html! {
            p .notice {
                "The synthesis for " (names.join(", ")) " is of another machine than this run, and not shown: "
                code { "spikewright synth" } " makes it again."
            }
        }
    })
}

pub(super) fn section(board: &SynthReport) -> Markup {
    let used: Vec<&Utilisation> =
        board.utilisation.iter().filter(|row| row.available > 0).collect();
    html! {
        section .board {
            h2 {
                "On " (board.board) ", " (board.part) ": " (megahertz(board.megahertz.best)) " routed, "
                @if board.timing_met { span .good { (megahertz(board.clock.machine_mhz)) " met ✓" } }
                @else { span .bad { (megahertz(board.clock.machine_mhz)) " missed ✗" } }
            }
            p .why {
                @if let Some(pll) = &board.clock.pll {
                    "Clock of the machine from " (megahertz(board.clock.board_mhz)) " by " (pll) ". "
                }
                @if let Some(bitstream) = &board.bitstream { "Bitstream: " code { (bitstream) } ". " }
            }
            table {
                tr { th { "of the part" } th .bar {} th .number { "used" } th .number { "there are" } th .number {} }
                @for row in &used { (utilisation(row)) }
            }
            div .columns style="margin-top:14px" {
                (clocks(board))
                (path(&board.critical_path))
            }
            (memories(&board.memories))
            p .tools.soft {
                "Figures differ from version to version of the tools: "
                @for (index, tool) in board.tools.iter().enumerate() {
                    @if index > 0 { "; " }
                    (tool.version)
                }
            }
        }
    }
}

fn megahertz(value: f64) -> String {
    format!("{value:.1} MHz")
}

fn utilisation(row: &Utilisation) -> Markup {
    let (used, available) = (row.used as f64, row.available as f64);
    let part = Part { name: row.what.clone(), class: "weights", value: used };
    html! {
        tr {
            td { (row.what) " " span .soft { (row.cell) } }
            td .bar { (bar(&[part], available.max(used), 14)) }
            td .number { (count(row.used)) }
            td .number.soft { (count(row.available)) }
            td .number { (percent(ratio(used, available))) }
        }
    }
}

/// A dot a seed, and a line where the machine's clock lies.
fn clocks(board: &SynthReport) -> Markup {
    let goal = board.clock.machine_mhz;
    let largest = board.megahertz.best.max(goal) * 1.08;
    let goal_x = along(ratio(goal, largest));
    html! {
        div {
            h3 { "Routed clock, " (of(board.seeds.len(), "seed")) }
            svg height="52" role="img" {
                rect .track y="12" width="100%" height="14" rx="3" {}
                line .goal x1=(goal_x) x2=(goal_x) y1="4" y2="34" {}
                @for seed in &board.seeds {
                    circle .weights cx=(along(ratio(seed.megahertz, largest))) cy="19" r="5" {
                        title { "seed " (seed.seed) ": " (megahertz(seed.megahertz)) }
                    }
                }
                text .axis x=(goal_x) y="46" text-anchor="end" { "needs " (megahertz(goal)) }
            }
            p .soft {
                "best " (megahertz(board.megahertz.best)) ", median " (megahertz(board.megahertz.median))
                ", worst " (megahertz(board.megahertz.worst))
            }
        }
    }
}

fn path(path: &CriticalPath) -> Markup {
    let logic = path.nanoseconds - path.routing_nanoseconds;
    let part = |name: &str, class, value| Part { name: name.to_owned(), class, value };
    let parts =
        [part("logic", "weights", logic), part("routing", "vector", path.routing_nanoseconds)];
    html! {
        div {
            h3 { "Slowest path: " (format!("{:.2} ns", path.nanoseconds)) }
            (bar(&parts, path.nanoseconds, 14))
            p .soft style="margin-top:8px" {
                (format!("{logic:.2} ns in cells, {:.2} ns in wires", path.routing_nanoseconds))
            }
            details {
                summary { (of(path.steps.len(), "stage")) }
                table {
                    @for step in &path.steps {
                        tr {
                            td .soft { (step.kind) }
                            td { code { (step.signal) } }
                            td .number { (format!("{:.2}", step.nanoseconds)) }
                        }
                    }
                }
            }
        }
    }
}

fn memories(memories: &[MemoryFound]) -> Markup {
    let mut rows: Vec<&MemoryFound> = memories.iter().collect();
    // LUT RAMs are many and small: block RAMs stand first.
    rows.sort_by(|left, right| {
        let cells = right.cells.cmp(&left.cells).then_with(|| left.name.cmp(&right.name));
        left.is_of_luts().cmp(&right.is_of_luts()).then(cells)
    });
    let others = rows.split_off(rows.len().min(MEMORIES_MAX));
    html! {
        @if !rows.is_empty() {
            h3 style="margin-top:14px" { "Memories that synthesis found" }
            table {
                @for row in &rows {
                    tr {
                        td { code { (row.name) } }
                        td .number.soft { @if row.copies > 1 { (count(row.copies)) " ×" } }
                        td .soft { (row.cell) }
                        td .number { (count(row.cells)) }
                    }
                }
                @if !others.is_empty() {
                    tr {
                        td .soft { (of(others.len(), "other")) }
                        td {} td {}
                        td .number { (count(others.iter().map(|row| row.cells).sum::<u64>())) }
                    }
                }
            }
        }
    }
}
