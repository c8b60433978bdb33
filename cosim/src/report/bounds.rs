//! How far a run is from each bound, and what the best known elsewhere is.

use super::chart::{Part, bar};
use super::words::{grouped, percent, ratio};
use crate::pipeline::machine::MachineReport;
use crate::synth::SynthReport;
use maud::{Markup, html};

/// Bits of a trit, by information.
const TRIT_BITS: f64 = 1.584_962_500_721_156;
/// LUT4 of a ternary × ternary synapse by count of inputs alone.
const SYNAPSE_LUTS: f64 = 1.33;
/// Bits of a bank of the weight store.
const BANK_BITS: f64 = 32.0;

/// A figure beside its bound. Of all figures less is better, but for a share of the cycles.
pub(super) struct Bound {
    /// What is measured.
    pub(super) quantity: &'static str,
    /// Why the bound is one.
    pub(super) reason: &'static str,
    /// The figure.
    pub(super) value: f64,
    /// The bound.
    pub(super) bound: f64,
    /// What must be reached.
    pub(super) target: Option<f64>,
    /// The best known elsewhere.
    pub(super) elsewhere: &'static str,
    /// Shows a value with its unit.
    pub(super) show: fn(f64) -> String,
    /// Whether more is better.
    pub(super) more: bool,
}

impl Bound {
    /// The figure as a multiple of the bound, or the bound as one of the figure: at least 1.
    fn distance(&self) -> f64 {
        if self.more { ratio(self.bound, self.value) } else { ratio(self.value, self.bound) }
    }

    fn reached(&self) -> Option<bool> {
        let target = self.target?;
        Some(if self.more { self.value >= target } else { self.value <= target })
    }
}

/// The bounds of a run of the machine.
pub(super) fn of_machine(report: &MachineReport, boards: &[&SynthReport]) -> Vec<Bound> {
    let mut bounds = Vec::new();
    let trits = f64::from(report.machine.word_trits());
    if report.predictions > 0 {
        bounds.push(array_busy(report.array_utilisation));
        bounds.push(Bound {
            quantity: "cycles a token",
            reason: "the ternary weights pass the array once",
            value: report.cycles_per_token,
            bound: report.weight_cycles,
            target: None,
            elsewhere: "",
            show: grouped,
            more: false,
        });
    }
    if let Some(weights) = report.memories.iter().find(|memory| memory.name == "weights") {
        bounds.push(weight_bits(f64::from(weights.copies) * BANK_BITS / trits));
    }
    let synapses = f64::from(report.machine.synapses());
    let cells = boards.iter().filter_map(|board| board.used("LUT4"));
    bounds.extend(cells.map(|cells| cells_a_synapse(cells.used as f64 / synapses)));
    bounds
}

/// The array's share of the cycles.
pub(super) fn array_busy(utilisation: f64) -> Bound {
    Bound {
        quantity: "array busy",
        reason: "an entry in every cycle",
        value: utilisation,
        bound: 1.0,
        target: Some(0.9),
        elsewhere: "",
        show: percent,
        more: true,
    }
}

/// Bits that a weight takes.
pub(super) fn weight_bits(bits: f64) -> Bound {
    Bound {
        quantity: "bits of a stored weight",
        reason: "information of a trit",
        value: bits,
        bound: TRIT_BITS,
        target: None,
        elsewhere: "1.6, five trits a byte",
        show: |bits| format!("{bits:.3}"),
        more: false,
    }
}

/// Cells of a whole machine for each synapse that it evaluates in a cycle.
fn cells_a_synapse(cells: f64) -> Bound {
    Bound {
        quantity: "LUT4 a synapse, whole machine",
        reason: "inputs of the array alone",
        value: cells,
        bound: SYNAPSE_LUTS,
        target: None,
        elsewhere: "6.0, CUTIE's array",
        show: |cells| format!("{cells:.2}"),
        more: false,
    }
}

pub(super) fn section(bounds: &[Bound]) -> Option<Markup> {
    let longest = bounds.iter().map(Bound::distance).fold(1.0, f64::max);
    (!bounds.is_empty()).then(|| {
        html! {
            section #bounds {
                h2 { "Distance to the bounds" }
                p .why {
                    "The dark part of a bar is the bound, all of it the figure: a bar without a light part "
                    "could not be better."
                }
                table {
                    tr {
                        th { "quantity" } th .number { "here" } th .number { "bound" } th .aside { "because" }
                        th .number { "target" } th .aside { "elsewhere" } th .bar {} th .number { "distance" }
                    }
                    @for bound in bounds { (row(bound, longest)) }
                }
                p .why style="margin:12px 0 0" {
                    "Cells of single blocks and the speed of co-simulation depend on tools and computer, not "
                    "on this run: " code { "spikewright bench" } " measures them beside their bounds. All weights "
                    "are on chip, so no external memory bounds the tokens a second."
                }
            }
        }
    })
}

fn row(bound: &Bound, longest: f64) -> Markup {
    let Bound { quantity, reason, value, target, elsewhere, show, more, .. } = bound;
    let distance = bound.distance();
    let part = |name: &str, class, value| Part { name: name.to_owned(), class, value };
    let parts = [part("bound", "weights", 1.0), part("beyond", "keys", (distance - 1.0).max(0.0))];
    let class = bound.reached().map(|reached| if reached { "good" } else { "bad" });
    html! {
        tr {
            td { (quantity) }
            td .number { b { (show(*value)) } }
            td .number { (show(bound.bound)) }
            td .soft.aside { (reason) }
            td .number {
                @if let (Some(target), Some(class)) = (target, class) {
                    span class={ "mark " (class) } {
                        @if *more { "≥ " } @else { "≤ " } (show(*target)) @if class == "good" { " ✓" } @else { " ✗" }
                    }
                }
            }
            td .soft.aside { (elsewhere) }
            td .bar { (bar(&parts, longest, 14)) }
            td .number { (format!("{distance:.2} ×")) }
        }
    }
}
