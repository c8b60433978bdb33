//! The matrices of a run of `layers`: cycles of each on the engine, and its proven sums.

use super::chart::{Part, bar, legend};
use super::words::{count, grouped, percent, ratio};
use crate::pipeline::layers::{CosimReport, MatrixReport};
use maud::{Markup, html};

pub(super) fn section(report: &CosimReport) -> Markup {
    let largest = report.per_matrix.iter().map(|row| row.cycles).max().unwrap_or(0) as f64;
    let totals = [
        part("array works", "weights", total(report, |row| row.array_cycles.into())),
        part(
            "array waits for results to leave",
            "drain",
            total(report, |row| row.stall_cycles.into()),
        ),
        part("other cycles", "idle", total(report, MatrixReport::rest)),
    ];
    html! {
        section #matrices {
            h2 { "Cycles of each matrix, all " (count(report.tokens)) " vectors" }
            p .why {
                "Each matrix alone on the streaming engine with spiking neurons; sums are proven to fit their "
                "accumulators, from the weights and the longest train."
            }
            (legend(&totals, |part| percent(ratio(part.value, report.cycles as f64))))
            table style="margin-top:10px" {
                tr {
                    th { "matrix" } th .number { "rows × columns" } th .number { "planes" }
                    th .number { "sums to" } th .number { "bits" } th .bar {} th .number { "cycles" }
                    th .number { "differences" }
                }
                @for row in &report.per_matrix { (show(row, largest)) }
            }
        }
    }
}

fn total(report: &CosimReport, value: fn(&MatrixReport) -> u64) -> f64 {
    report.per_matrix.iter().map(value).sum::<u64>() as f64
}

fn part(name: &str, class: &'static str, value: f64) -> Part {
    Part { name: name.to_owned(), class, value }
}

impl MatrixReport {
    /// Cycles in which the array neither works nor waits.
    fn rest(&self) -> u64 {
        self.cycles.saturating_sub(u64::from(self.array_cycles) + u64::from(self.stall_cycles))
    }
}

fn show(row: &MatrixReport, largest: f64) -> Markup {
    let parts = [
        part("array works", "weights", row.array_cycles.into()),
        part("array waits", "drain", row.stall_cycles.into()),
        part("other", "idle", row.rest() as f64),
    ];
    html! {
        tr {
            td { (row.name) }
            td .number.soft { (row.rows) " × " (row.columns) }
            td .number { (row.planes_max) }
            td .number { (count(row.current_max)) }
            td .number { (row.required_acc_width) }
            td .bar { (bar(&parts, largest, 12)) }
            td .number { (grouped(row.cycles as f64)) }
            td .number { @if row.mismatches == 0 { "0" } @else { b .bad { (count(row.mismatches)) } } }
        }
    }
}
