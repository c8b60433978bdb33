//! Where the cycles of a token go: a bar of what the units did together, and what each operation
//! took.

use super::chart::{Part, bar, legend};
use super::words::{grouped, percent, ratio};
use crate::pipeline::machine::{Timeline, TimelineEntry, TimelineUnit};
use maud::{Markup, html};

/// Operations shown of a unit; the others are summed up.
const OPERATIONS_MAX: usize = 12;

pub(super) fn section(timeline: &Timeline) -> Markup {
    let total = timeline.cycles as f64;
    let shares = shares(timeline);
    html! {
        section #cycles {
            h2 { "Where the " (grouped(total)) " cycles of a token go" }
            p .why {
                "The token at position " (timeline.position) ", whose cycles are nearest to the mean of the run; "
                "instruction by instruction from the cycle model, whose totals equal the hardware's counters."
            }
            (bar(&shares, total, 34))
            (legend(&shares, |part| format!("{} · {}", grouped(part.value), percent(ratio(part.value, total)))))
            div .columns style="margin-top:16px" {
                (operations(timeline, TimelineUnit::Matrix, "Matrix unit, by operation"))
                (operations(timeline, TimelineUnit::Vector, "Vector unit, by operation"))
            }
        }
    }
}

/// The cycles of a token by what the units did in them; they add up to all.
pub(super) fn shares(timeline: &Timeline) -> Vec<Part> {
    let spans = |wanted: Option<TimelineUnit>| {
        let wanted = move |entry: &&TimelineEntry| wanted.is_none_or(|unit| unit == entry.unit);
        let mut spans: Vec<(u64, u64)> = timeline
            .instructions
            .iter()
            .filter(wanted)
            .map(|entry| (entry.first, entry.last))
            .collect();
        spans.sort_unstable();
        covered(&spans)
    };
    let (matrix, either) = (spans(Some(TimelineUnit::Matrix)), spans(None));
    let other = matrix.saturating_sub(timeline.array.saturating_add(timeline.drain_waits));
    let part =
        |name: &str, class, value: u64| Part { name: name.to_owned(), class, value: value as f64 };
    let parts = vec![
        part("array takes an entry", "weights", timeline.array),
        part("array waits for results to drain", "drain", timeline.drain_waits),
        part("the token's embedding", "embedding", other),
        part("only the vector unit works", "vector", either.saturating_sub(matrix)),
        part("pipelines fill and drain", "idle", timeline.cycles.saturating_sub(either)),
    ];
    parts.into_iter().filter(|part| part.value > 0.0).collect()
}

/// Cycles that lie in at least one of the spans, which are in the order of their beginnings.
pub(super) fn covered(spans: &[(u64, u64)]) -> u64 {
    let (mut cycles, mut next) = (0, 0);
    for &(first, last) in spans {
        let begin = first.max(next);
        if last >= begin {
            next = last.saturating_add(1);
            cycles += next - begin;
        }
    }
    cycles
}

fn operations(timeline: &Timeline, unit: TimelineUnit, title: &str) -> Markup {
    let mut rows = sums(timeline, unit);
    let rest: Vec<Part> = rows.split_off(rows.len().min(OPERATIONS_MAX));
    if !rest.is_empty() {
        let value = rest.iter().map(|part| part.value).sum();
        rows.push(Part { name: format!("{} others", rest.len()), class: "idle", value });
    }
    let largest = rows.iter().map(|row| row.value).fold(0.0, f64::max);
    html! {
        div {
            h3 { (title) }
            table {
                @for row in &rows {
                    tr {
                        td { (row.name) }
                        td .bar { (bar(std::slice::from_ref(row), largest, 12)) }
                        td .number { (grouped(row.value)) }
                        td .number.soft { (percent(ratio(row.value, timeline.cycles as f64))) }
                    }
                }
            }
        }
    }
}

/// Cycles of every operation of a unit over all layers, the largest first.
fn sums(timeline: &Timeline, unit: TimelineUnit) -> Vec<Part> {
    let mut sums: Vec<Part> = Vec::new();
    for entry in timeline.instructions.iter().filter(|entry| entry.unit == unit) {
        let (name, value) =
            (entry.kind(), entry.last.saturating_add(1).saturating_sub(entry.first) as f64);
        match sums.iter_mut().find(|sum| sum.name == name) {
            Some(sum) => sum.value += value,
            None => sums.push(Part { name, class: entry.class(), value }),
        }
    }
    // The sort is stable: equal ones stay in the order of the program.
    sums.sort_by(|left, right| right.value.total_cmp(&left.value));
    sums
}

impl TimelineEntry {
    /// The layer that it belongs to: the block with its number, or the first word.
    pub(super) fn layer(&self) -> &str {
        let name = self.remark.split(':').next().unwrap_or_default();
        let numbered = |index: &usize| {
            let part = name.split('.').nth(*index);
            part.is_some_and(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let parts = if numbered(&1) { 2 } else { 1 };
        let end = name.match_indices('.').nth(parts - 1).map_or(name.len(), |(at, _)| at);
        &name[..end]
    }

    /// What it is for, without the layer.
    pub(super) fn label(&self) -> &str {
        match self.remark.strip_prefix(self.layer()) {
            Some(rest) if rest.starts_with('.') => &rest[1..],
            _ => &self.remark,
        }
    }

    /// The same in a word or two, for the inside of a span.
    pub(super) fn short(&self) -> &str {
        let name = self.label().split(':').next().unwrap_or_default();
        match (self.unit, self.operation.as_str()) {
            (TimelineUnit::Vector, operation) => operation,
            (_, "keys") => "scores",
            (_, "values") => "mix",
            _ if self.layer() == name => self.label(),
            _ => name.rsplit('.').next().unwrap_or(name),
        }
    }

    /// What it has in common with its like in other layers and heads.
    fn kind(&self) -> String {
        let label = self.label();
        let name = label.split(':').next().unwrap_or_default();
        let purpose = label.split_once(": ").map_or("", |(_, purpose)| purpose);
        let what = match (self.unit, self.operation.as_str()) {
            (TimelineUnit::Vector, operation) => return operation.to_owned(),
            (_, "keys") => "scores",
            (_, "values") => "mix of the values",
            // A matrix by its name; what no layer numbers, in full.
            _ if self.layer() == name => purpose,
            _ => "",
        };
        if what.is_empty() { name.to_owned() } else { format!("{name}: {what}") }
    }

    /// Its colour.
    pub(super) fn class(&self) -> &'static str {
        match (self.unit, self.operation.as_str()) {
            (TimelineUnit::Vector, _) => "vector",
            (_, "keys") => "keys",
            (_, "values") => "values",
            (_, "embedding") => "embedding",
            _ => "weights",
        }
    }
}
