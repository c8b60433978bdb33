//! Cycles of a token by its position in the context, as the hardware counted them.

use super::chart::{Part, along, legend, marks};
use super::words::{grouped, ratio};
use crate::pipeline::machine::MachineReport;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Height of the picture, and of the marks below it.
const HEIGHT: f64 = 190.0;
const FOOT: f64 = 20.0;
/// Part of the width that the marks at the side take.
const SIDE: f64 = 0.07;

/// What is shown of one position: means over the prompts.
#[derive(Clone, Copy, Default)]
struct Position {
    tokens: f64,
    cycles: f64,
    array: f64,
}

pub(super) fn section(report: &MachineReport) -> Option<Markup> {
    let positions = positions(report);
    let (&first, &last) = (positions.keys().next()?, positions.keys().next_back()?);
    let means = positions
        .iter()
        .map(|(&at, next)| (at, next.cycles / next.tokens, next.array / next.tokens));
    let means: Vec<(usize, f64, f64)> = means.collect();
    let largest = means.iter().map(|mean| mean.1).fold(1.0, f64::max) * 1.06;
    let count = (last - first + 1) as f64;
    let left = |at: f64| SIDE + (1.0 - SIDE) * (at - first as f64) / count;
    let up = |cycles: f64| format!("{:.1}", HEIGHT * (1.0 - ratio(cycles, largest)));
    let tall = |cycles: f64| format!("{:.1}", HEIGHT * ratio(cycles, largest));
    // Bars stand apart while there is room.
    let width = along((1.0 - SIDE) / count * if count > 150.0 { 1.0 } else { 0.78 });
    let parts = parts(&means);
    let label_every = ((count / 20.0).ceil().max(1.0) as usize).next_power_of_two();
    Some(html! {
        section #positions {
            h2 { "Cycles by position in the context" }
            p .why {
                "From the hardware's counters, every predicted token; positions " (first) " to " (last)
                " of " (report.machine.texts()) ". " (model(report))
            }
            svg height=(HEIGHT + FOOT) role="img" {
                @for mark in marks(largest, 5) {
                    line .grid x1=(along(SIDE)) x2="100%" y1=(up(mark)) y2=(up(mark)) {}
                    text .axis x=(along(SIDE - 0.008)) y=(up(mark)) dy="4" text-anchor="end" { (grouped(mark)) }
                }
                @for &(at, cycles, array) in &means {
                    @let x = along(left(at as f64 + 0.11));
                    g {
                        title { "position " (at) ": " (grouped(cycles)) " cycles, array busy in " (grouped(array)) }
                        rect .idle x=(x) y=(up(cycles)) width=(width) height=(tall(cycles - array)) {}
                        rect .weights x=(x) y=(up(array)) width=(width) height=(tall(array)) {}
                    }
                    @if at.is_multiple_of(label_every) {
                        text .axis x=(along(left(at as f64 + 0.5))) y=(HEIGHT + 15.0) text-anchor="middle" { (at) }
                    }
                }
                line .grid x1=(along(SIDE)) x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
            }
            (legend(&parts, |part| format!("{} on average", grouped(part.value))))
        }
    })
}

fn positions(report: &MachineReport) -> BTreeMap<usize, Position> {
    let mut positions: BTreeMap<usize, Position> = BTreeMap::new();
    for token in report.conversations.iter().flat_map(|next| &next.tokens) {
        let position = positions.entry(token.position).or_default();
        position.tokens += 1.0;
        position.cycles += f64::from(token.cycles);
        position.array += f64::from(token.array);
    }
    positions
}

fn parts(means: &[(usize, f64, f64)]) -> [Part; 2] {
    let count = means.len() as f64;
    let mean = |value: fn(&(usize, f64, f64)) -> f64| ratio(means.iter().map(value).sum(), count);
    let part = |name: &str, class, value| Part { name: name.to_owned(), class, value };
    [
        part("array takes an entry", "weights", mean(|next| next.2)),
        part("other cycles", "idle", mean(|next| next.1 - next.2)),
    ]
}

/// What the cycle model says of the same tokens.
fn model(report: &MachineReport) -> String {
    match report.cycle_model_error {
        0.0 => "The cycle model predicts every one of them exactly.".to_owned(),
        error => format!("The cycle model is at most {:.2} % off.", 100.0 * error),
    }
}
