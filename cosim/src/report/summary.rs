//! The first screen: what was run, whether the RTL equals the reference, the figures, the flow.

use maud::{Markup, html};

/// The line at the top.
pub(super) struct Title<'a> {
    /// What kind of run it was.
    pub(super) kind: &'static str,
    /// Name of the design.
    pub(super) design: &'a str,
    /// What was run on what.
    pub(super) what: String,
    /// Whether the RTL equals the reference.
    pub(super) equal: bool,
    /// A fault that was planted on purpose.
    pub(super) planted: Option<String>,
    /// The first difference, in words.
    pub(super) difference: Option<String>,
}

impl Title<'_> {
    /// The verdict in three words.
    pub(super) fn verdict(&self) -> &'static str {
        if self.equal { "RTL = reference" } else { "RTL ≠ reference" }
    }

    pub(super) fn show(&self) -> Markup {
        let (class, mark) = if self.equal { ("good", "✓") } else { ("bad", "✗") };
        html! {
            header {
                div {
                    p .kind { "Spikewright report · " (self.kind) }
                    h1 { (self.design) }
                    p .soft { (self.what) }
                }
                p class={ "verdict " (class) } { (self.verdict()) " " (mark) }
            }
            @if let Some(planted) = &self.planted {
                p .notice { b { "A fault was planted on purpose. " } (planted) }
            }
            @if let Some(difference) = &self.difference {
                div .difference { b { "The first difference" } pre { (difference) } }
            }
        }
    }
}

/// A figure that must be seen first.
pub(super) struct Tile {
    /// The figure.
    pub(super) figure: String,
    /// Its unit, smaller.
    pub(super) unit: &'static str,
    /// What it is.
    pub(super) name: &'static str,
    /// What it compares with.
    pub(super) beside: String,
}

pub(super) fn tiles(tiles: &[Tile]) -> Markup {
    html! {
        div .tiles {
            @for Tile { figure, unit, name, beside } in tiles {
                div .tile {
                    (name)
                    b { (figure) @if !unit.is_empty() { " " small { (unit) } } }
                    span .soft { (beside) }
                }
            }
        }
    }
}

/// A step of the flow with its check.
pub(super) struct Step {
    /// Its name.
    pub(super) name: &'static str,
    /// Its one figure.
    pub(super) figure: String,
    /// What the figure counts.
    pub(super) unit: String,
    /// What was checked.
    pub(super) check: String,
    /// Whether the check passed.
    pub(super) passed: bool,
}

impl Step {
    /// A step whose check stops the run if it fails, so that a report means that it passed.
    pub(super) fn passed(name: &'static str, figure: String, unit: &str, check: &str) -> Step {
        Step { name, figure, unit: unit.to_owned(), check: check.to_owned(), passed: true }
    }
}

pub(super) fn flow(steps: &[Step]) -> Markup {
    html! {
        ol .flow {
            @for Step { name, figure, unit, check, passed } in steps {
                li .failed[!passed] {
                    @if *passed { span .mark.good { "✓" } } @else { span .mark.bad { "✗" } }
                    h3 { (name) }
                    b { (figure) }
                    p .soft { (unit) br; (check) }
                }
            }
        }
    }
}
