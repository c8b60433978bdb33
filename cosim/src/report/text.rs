//! What the hardware wrote, and what of it was compared.

use super::chart::{Part, bar};
use super::words::count;
use crate::pipeline::machine::{CheckpointReport, MachineReport};
use maud::{Markup, html};

pub(super) fn story(report: &MachineReport) -> Option<Markup> {
    (report.predictions > 0).then(|| {
        html! {
            section #text {
                h2 { "What the hardware wrote" }
                @for conversation in &report.conversations {
                    p .story {
                        span .prompt { (conversation.prompt) }
                        " " (conversation.text)
                    }
                }
            }
        }
    })
}

pub(super) fn checkpoints(report: &MachineReport) -> Markup {
    html! {
        section #checkpoints {
            h2 { (count(report.values)) " values compared, " (count(report.writes)) " writes" }
            p .why {
                "Every write of every memory of the machine, in the order of each memory, against the integer "
                "reference. " (verdict(report))
            }
            (table(&report.checkpoints))
        }
    }
}

fn verdict(report: &MachineReport) -> &'static str {
    match report.mismatches {
        0 => "All are equal.",
        _ => "Those below were equal; then came the first difference.",
    }
}

fn table(checkpoints: &[CheckpointReport]) -> Markup {
    let mut rows: Vec<&CheckpointReport> = checkpoints.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.values));
    let largest = rows.first().map_or(0, |row| row.values) as f64;
    html! {
        table {
            tr { th { "memory" } th .bar {} th .number { "writes" } th .number { "values equal" } }
            @for row in rows {
                @let part = Part { name: row.memory.clone(), class: "weights", value: row.values as f64 };
                tr {
                    td { (row.memory) }
                    td .bar { (bar(&[part], largest, 12)) }
                    td .number.soft { (count(row.writes)) }
                    td .number { (count(row.values)) }
                }
            }
        }
    }
}
