//! One token as a picture: a strip a layer, all at one scale, with what each unit does and what
//! the issue waits for. Wider without a script: the strips are as wide as the chosen button says.

use super::chart::{along, key, marks};
use super::words::{grouped, percent, ratio};
use crate::pipeline::machine::{Timeline, TimelineEntry, TimelineUnit};
use maud::{Markup, html};

/// Heights in pixels: a row of a unit, the row of the issue, gaps.
const ROW: u32 = 22;
const ISSUE_ROW: u32 = 7;
const GAP: u32 = 3;
/// How much wider the strips can be made.
const ZOOMS: [u32; 3] = [1, 3, 8];
/// Width of a strip on a usual screen, and of a letter in it, in pixels.
const STRIP: f64 = 1080.0;
const LETTER: f64 = 6.6;
/// A layer below this part of the longest shares a strip with the one before it.
const SHORT: f64 = 0.25;

/// The cycles from the first work of a layer to that of the next: the strips are the token, as lines
/// are a text.
pub(super) struct Strip<'a> {
    timeline: &'a Timeline,
    /// The layer, or several short ones.
    pub(super) names: Vec<&'a str>,
    /// First cycle.
    pub(super) begin: u64,
    /// First cycle of the next strip.
    pub(super) end: u64,
}

pub(super) fn section(timeline: &Timeline) -> Markup {
    let strips = strips(timeline);
    let scale = strips.iter().map(Strip::cycles).max().unwrap_or(1) as f64;
    html! {
        section #timeline .zoomed {
            @for zoom in ZOOMS {
                input type="radio" name="zoom" id={ "zoom-" (zoom) } checked[zoom == 1];
            }
            h2 { "The token, layer by layer" }
            p .why {
                "The strips follow each other like the lines of a text, all at one scale, in cycles. Upper row: "
                "matrix unit; lower: vector unit; thin: what the issue waits for. Point at a span for its "
                "instruction."
            }
            div .zoom {
                "Width" @for zoom in ZOOMS { label for={ "zoom-" (zoom) } { "×" (zoom) } }
            }
            div .scroll { div .strips {
                (axis(scale))
                @for strip in &strips { (strip.show(scale)) }
            } }
            (meaning())
        }
    }
}

/// The layers in the order of the program, the short ones with those beside them.
pub(super) fn strips(timeline: &Timeline) -> Vec<Strip<'_>> {
    let mut strips: Vec<Strip> = Vec::new();
    for entry in timeline.instructions.iter().filter(|entry| entry.last >= entry.first) {
        let (name, begin) = (entry.layer(), entry.first);
        match strips.last_mut() {
            Some(strip) if strip.names == [name] => strip.begin = strip.begin.min(begin),
            _ => strips.push(Strip { timeline, names: vec![name], begin, end: timeline.cycles }),
        }
    }
    // Work of a layer may begin while the one before it still goes on, but not before that began.
    let mut next = timeline.cycles;
    for strip in strips.iter_mut().rev() {
        strip.end = next;
        strip.begin = strip.begin.min(next);
        next = strip.begin;
    }
    if let Some(first) = strips.first_mut() {
        first.begin = 0;
    }
    join(strips)
}

fn join(strips: Vec<Strip<'_>>) -> Vec<Strip<'_>> {
    let longest = strips.iter().map(Strip::cycles).max().unwrap_or(0) as f64;
    let short = |strip: &Strip| (strip.cycles() as f64) < SHORT * longest;
    let mut joined: Vec<Strip> = Vec::new();
    for mut strip in strips {
        match joined.last_mut() {
            Some(before) if short(before) || short(&strip) => {
                before.names.append(&mut strip.names);
                before.end = strip.end;
            }
            _ => joined.push(strip),
        }
    }
    joined
}

impl Strip<'_> {
    fn cycles(&self) -> u64 {
        self.end.saturating_sub(self.begin)
    }

    fn show(&self, scale: f64) -> Markup {
        let rows = |unit| {
            let inside =
                |entry: &&TimelineEntry| entry.first < self.end && entry.last >= self.begin;
            let entries = self.timeline.instructions.iter().filter(inside);
            rows(entries.filter(|entry| entry.unit == unit))
        };
        let (matrix, vector) = (rows(TimelineUnit::Matrix), rows(TimelineUnit::Vector));
        let busy: u64 =
            matrix.iter().flatten().map(|entry| self.clip(entry.first, entry.last + 1).1).sum();
        let row_y = |row: usize| row as u32 * (ROW + GAP);
        let vector_row = matrix.len().max(1);
        let issue_y = row_y(vector_row + vector.len().max(1));
        let width = along(ratio(self.cycles() as f64, scale));
        let share = percent(ratio(busy as f64, self.cycles() as f64));
        html! {
            figure .strip {
                figcaption {
                    b { (self.names.join(", ")) }
                    span .soft {
                        " from " (grouped(self.begin as f64)) " · " (grouped(self.cycles() as f64))
                        " cycles · matrix unit " (share)
                    }
                }
                svg height=(issue_y + ISSUE_ROW) {
                    rect .track width=(width) height=(issue_y - GAP) rx="3" {}
                    @for (row, entries) in matrix.iter().enumerate() {
                        @for entry in entries { (self.span(entry, row_y(row), scale)) }
                    }
                    @for (row, entries) in vector.iter().enumerate() {
                        @for entry in entries { (self.span(entry, row_y(vector_row + row), scale)) }
                    }
                    @for entry in &self.timeline.instructions { (self.waits(entry, issue_y, scale)) }
                }
            }
        }
    }

    /// The part of some cycles that lies in the strip: its first cycle from the strip's, its length.
    fn clip(&self, begin: u64, end: u64) -> (u64, u64) {
        let (begin, end) = (begin.max(self.begin), end.min(self.end));
        (begin.saturating_sub(self.begin), end.saturating_sub(begin))
    }

    fn span(&self, entry: &TimelineEntry, y: u32, scale: f64) -> Markup {
        let (begin, cycles) = self.clip(entry.first, entry.last + 1);
        let (x, width) = (along(ratio(begin as f64, scale)), along(ratio(cycles as f64, scale)));
        html! {
            svg class=(entry.class()) x=(x) y=(y) width=(width) height=(ROW) {
                title {
                    (entry.remark) "\n" (format!("{:#06x}", entry.address)) " " (entry.operation)
                    ", cycles " (grouped(entry.first as f64)) " to " (grouped(entry.last as f64))
                    " (" (grouped((entry.last + 1 - entry.first) as f64)) "), issued "
                    (grouped(entry.issued as f64)) ", taken " (grouped(entry.taken as f64)) ", done " (grouped(entry.done as f64))
                }
                rect width="100%" height=(ROW) rx="2" {}
                @if let Some(class) = fitting(entry.short(), ratio(cycles as f64, scale)) {
                    text class=(class) x="4" y="15" { (entry.short()) }
                }
            }
        }
    }

    /// What an instruction waits for at the issue: results first, then the station of its unit.
    fn waits(&self, entry: &TimelineEntry, y: u32, scale: f64) -> Markup {
        let results = entry.matrix_met.max(entry.vector_met).min(entry.issued).max(entry.ready);
        let (class, what) = match entry.matrix_met >= entry.vector_met {
            true => ("weights", "results of the matrix unit"),
            false => ("vector", "results of the vector unit"),
        };
        let pieces = [
            (class, what, entry.ready, results),
            ("idle", "the station of its unit", results, entry.issued),
        ];
        html! {
            @for (class, what, first, after) in pieces {
                @let (begin, cycles) = self.clip(first, after);
                @if cycles > 0 {
                    rect class=(class) x=(along(ratio(begin as f64, scale))) y=(y) height=(ISSUE_ROW)
                        width=(along(ratio(cycles as f64, scale))) {
                        title { (entry.remark) " waits " (grouped((after - first) as f64)) " cycles for " (what) }
                    }
                }
            }
        }
    }
}

/// From which width on a text fits into a part of a strip: the class that shows it from there.
fn fitting(text: &str, part: f64) -> Option<&'static str> {
    let needed = LETTER * text.chars().count() as f64 + 8.0;
    let classes = ["", "wide", "widest"];
    let fits = |zoom: &u32| part * STRIP * f64::from(*zoom) >= needed;
    ZOOMS.iter().position(fits).map(|zoom| classes[zoom])
}

/// Spans that overlap go to rows of their own; most often one row is enough.
fn rows<'a>(entries: impl Iterator<Item = &'a TimelineEntry>) -> Vec<Vec<&'a TimelineEntry>> {
    let mut rows: Vec<Vec<&TimelineEntry>> = Vec::new();
    for entry in entries.filter(|entry| entry.last >= entry.first) {
        let free = |row: &&mut Vec<&TimelineEntry>| {
            row.last().is_none_or(|before| before.last < entry.first)
        };
        match rows.iter_mut().find(free) {
            Some(row) => row.push(entry),
            None => rows.push(vec![entry]),
        }
    }
    rows
}

fn axis(scale: f64) -> Markup {
    html! {
        svg height="18" {
            text .axis x="0" y="12" { "0" }
            @for mark in marks(scale * 0.96, 8) {
                text .axis x=(along(ratio(mark, scale))) y="12" text-anchor="middle" { (grouped(mark)) }
            }
        }
    }
}

fn meaning() -> Markup {
    let keys = [
        ("weights", "weights × train"),
        ("keys", "kept keys or values × train"),
        ("embedding", "embedding"),
        ("vector", "vector unit"),
    ];
    let waits = [
        ("weights", "waits for the matrix unit's results"),
        ("vector", "for the vector unit's"),
        ("idle", "for its unit to be free"),
    ];
    html! {
        ul .legend { @for (class, name) in keys { li { (key(class)) (name) } } }
        ul .legend { li .soft { "Thin row:" } @for (class, name) in waits { li { (key(class)) (name) } } }
    }
}
