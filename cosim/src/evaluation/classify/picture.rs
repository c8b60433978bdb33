//! Accuracy and energy over the number of time steps, as one SVG.

use super::table::{Classification, StepRow};
use maud::{Markup, html};

/// Size of the picture and of its two panels, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 620.0;
const UPPER: (f64, f64) = (40.0, 210.0);
const LOWER: (f64, f64) = (250.0, 350.0);

/// Colours of the executors, in their order.
const COLOURS: [&str; 4] = ["#1f6feb", "#d1480f", "#1a7f37", "#8250df"];

/// A vertical scale.
struct Scale {
    low: f64,
    high: f64,
    panel: (f64, f64),
}

impl Scale {
    /// From `low` up to the largest value, never without extent.
    fn up_to(values: impl Iterator<Item = f64>, low: f64, panel: (f64, f64)) -> Scale {
        let high = values.fold(low, f64::max);
        Scale { low, high: if high > low { high } else { low + 1.0 }, panel }
    }

    fn y(&self, value: f64) -> f64 {
        let (top, bottom) = self.panel;
        bottom - (value - self.low) / (self.high - self.low) * (bottom - top)
    }
}

impl Classification {
    /// The picture; empty without a row.
    pub fn picture(&self) -> String {
        let Some(first) = self.rows.first() else { return String::new() };
        let accuracies = || self.rows.iter().flat_map(|row| &row.columns).map(|it| it.accuracy);
        // The majority class is what a network without any knowledge reaches.
        let floor = accuracies().fold(self.majority, f64::min);
        let accuracy = Scale::up_to(accuracies(), floor, UPPER);
        let energies: Vec<f64> = self.rows.iter().map(|row| self.millijoules(row)).collect();
        let energy = Scale::up_to(energies.iter().copied(), 0.0, LOWER);
        let places: Vec<f64> = self.rows.iter().map(|row| self.x(row.steps)).collect();
        let lines = (0..first.columns.len()).map(|executor| {
            let of = |row: &StepRow| row.columns.get(executor).map_or(floor, |it| it.accuracy);
            (executor, self.rows.iter().map(of).collect::<Vec<f64>>())
        });
        let percent = |value: f64| format!("{:.1} %", 100.0 * value);
        html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(HEIGHT)
                viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } font-family="sans-serif" font-size="12" {
                rect width="100%" height="100%" fill="white" {}
                text x=(LEFT) y="20" font-size="14" { (self.network) ": " (self.texts) " texts" }
                (axis(&accuracy, "accuracy", percent))
                (axis(&energy, "mJ a text", |value| format!("{value:.4}")))
                @for (executor, values) in lines {
                    @let colour = COLOURS[executor % COLOURS.len()];
                    (curve(&places, &values, &accuracy, colour))
                    text x=(RIGHT) y=(20 + 14 * executor) text-anchor="end" fill=(colour) {
                        (first.columns[executor].executor)
                    }
                }
                (curve(&places, &energies, &energy, "#57606a"))
                @for (row, x) in self.rows.iter().zip(&places) {
                    text x=(x) y=(LOWER.1 + 18.0) text-anchor="middle" { (row.steps) }
                }
                text x=((LEFT + RIGHT) / 2.0) y=(LOWER.1 + 38.0) text-anchor="middle" { "steps" }
            }
        }
        .into_string()
    }

    /// Steps double from mark to mark.
    fn x(&self, steps: usize) -> f64 {
        let exponents = || self.rows.iter().map(|row| (row.steps as f64).log2());
        let (low, high) = (exponents().fold(f64::MAX, f64::min), exponents().fold(0.0, f64::max));
        let part = if high > low { ((steps as f64).log2() - low) / (high - low) } else { 0.5 };
        LEFT + 20.0 + part * (RIGHT - LEFT - 40.0)
    }
}

/// The frame of a panel with its lowest and highest value.
fn axis(scale: &Scale, name: &str, show: impl Fn(f64) -> String) -> Markup {
    let (top, bottom) = scale.panel;
    html! {
        rect x=(LEFT) y=(top) width=(RIGHT - LEFT) height=(bottom - top) fill="none"
            stroke="#d0d7de" {}
        text x=(LEFT + 6.0) y=(top + 14.0) fill="#57606a" { (name) }
        @for value in [scale.low, scale.high] {
            text x=(LEFT - 6.0) y=(scale.y(value) + 4.0) text-anchor="end" { (show(value)) }
        }
    }
}

fn curve(places: &[f64], values: &[f64], scale: &Scale, colour: &str) -> Markup {
    let points: Vec<String> = places
        .iter()
        .zip(values)
        .map(|(x, value)| format!("{x:.1},{:.1}", scale.y(*value)))
        .collect();
    html! {
        polyline points=(points.join(" ")) fill="none" stroke=(colour) stroke-width="2" {}
        @for (x, value) in places.iter().zip(values) {
            circle cx=(format!("{x:.1}")) cy=(format!("{:.1}", scale.y(*value))) r="3"
                fill=(colour) { title { (value) } }
        }
    }
}
