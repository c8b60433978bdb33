//! What the spikes of a run save: additions of a token, beside those of dense matrices.

use super::words::grouped;
use crate::spikes::{MatrixSpikes, SpikeRecord};
use firmware::energy::{ADD_8, ADD_32, ADD_FLOAT, MULTIPLY_8, MULTIPLY_ADD, Price};
use maud::{Markup, html};

/// The rate that SpikeGPT's paper assumes for all neurons.
const ASSUMED_RATE: f64 = 0.15;

/// One way to compute the matrices: its name, operations of a token, picojoules of one.
type Way = (&'static str, f64, f64);

/// The part of the page; nothing for a record without matrices.
pub(super) fn operations(record: &SpikeRecord) -> Option<Markup> {
    if record.matrices.is_empty() || record.tokens == 0 {
        return None;
    }
    let (all, spiking) =
        (record.matrices.len(), record.matrices.iter().filter(|it| it.spiking).count());
    let rates = record.layers.iter().map(|layer| layer.rate()).sum::<f64>();
    let rate = rates / record.layers.len().max(1) as f64;
    let groups = [
        ("matrices that see spikes", true, spiking),
        ("matrices that see values", false, all - spiking),
    ];
    Some(html! {
        h3 { "What they save" }
        p .why {
            @if spiking == 0 {
                "No matrix sees spikes: the neurons stand behind values, and save no addition of a matrix. "
            } @else {
                (spiking) " of " (all) " matrices see spikes: there a product is one addition for each "
                "spike and row. "
            }
            @if spiking < all && spiking > 0 {
                "The others see values, whose every one is an addition too. "
            }
            "Mean rate " (format!("{rate:.3}")) "; SpikeGPT's paper assumes " (ASSUMED_RATE) "."
        }
        @for (what, spiking, count) in groups.into_iter().filter(|(_, _, count)| *count > 0) {
            table {
                tr {
                    th { (count) " " (what) ", a token" }
                    th .number { "operations" } th .number { "nJ" }
                }
                @for (way, operations, price) in ways(record, spiking) {
                    tr {
                        td { (way) }
                        td .number { (grouped(operations)) }
                        td .number { (format!("{:.1}", operations * price / 1000.0)) }
                    }
                }
            }
        }
        p .soft {
            "Prices: "
            @for Price { operation, picojoules, .. } in [MULTIPLY_ADD, ADD_FLOAT, MULTIPLY_8, ADD_8, ADD_32] {
                (operation) " " (picojoules) " pJ, "
            }
            "of arithmetic alone (Horowitz 2014, 45 nm)."
        }
    })
}

/// The matrices of one kind, computed in several ways.
fn ways(record: &SpikeRecord, spiking: bool) -> Vec<Way> {
    let tokens = record.tokens as f64;
    let sum = |of: fn(&MatrixSpikes) -> u64| {
        let those = record.matrices.iter().filter(|matrix| matrix.spiking == spiking);
        those.map(|matrix| of(matrix) as f64).sum::<f64>() / tokens
    };
    // A dense network has one product a token, whatever the steps.
    let steps = record.steps.max(1) as f64;
    let (synapses, weights) = (sum(|it| it.synapses), sum(|it| it.weights));
    let dense = if spiking { synapses / steps } else { synapses };
    let ternary = if spiking { weights / steps } else { weights };
    let mut ways = vec![
        ("dense, FP32 multiply-accumulate", dense, MULTIPLY_ADD.picojoules),
        ("dense, int8 multiply-accumulate", dense, MULTIPLY_8.picojoules + ADD_32.picojoules),
        ("ternary × int8, additions", ternary, ADD_32.picojoules),
    ];
    if spiking {
        let assumed = synapses * ASSUMED_RATE;
        ways.push(("assumed rate 0.15, FP32 additions", assumed, ADD_FLOAT.picojoules));
    }
    ways.push(("as executed: additions of ones", sum(|it| it.additions), ADD_32.picojoules));
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_have_their_operations() {
        let matrix = |name: &str, spiking, additions| MatrixSpikes {
            name: name.to_owned(),
            spiking,
            synapses: 8000,
            weights: 6000,
            additions,
        };
        let matrices = vec![matrix("a", true, 1400), matrix("b", false, 9000)];
        let record = SpikeRecord { steps: 2, tokens: 4, matrices, ..SpikeRecord::default() };
        let operations = |spiking| {
            ways(&record, spiking).into_iter().map(|(_, count, _)| count).collect::<Vec<_>>()
        };
        assert_eq!(operations(true), [1000.0, 1000.0, 750.0, 300.0, 350.0]);
        assert_eq!(operations(false), [2000.0, 2000.0, 1500.0, 2250.0]);
        let page = super::operations(&record).unwrap().into_string();
        assert!(page.contains("1 of 2 matrices see spikes"), "{page}");
        assert_eq!(super::operations(&SpikeRecord::new(1)).map(|page| page.into_string()), None);
    }
}
