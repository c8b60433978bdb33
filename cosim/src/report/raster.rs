//! Where the spikes are: a picture a neuron layer, neurons over tokens and steps, with rates.

use super::operations::operations;
use super::words::percent;
use crate::spikes::{LayerSpikes, SpikeRecord};
use maud::{Markup, html};
use std::fmt::Write;

/// Most neurons and vectors of a picture: beyond, points are smaller than pixels.
const NEURONS_MAX: usize = 128;
const VECTORS_MAX: usize = 512;
/// Height of a neuron in pixels, where there are few of them.
const NEURON: usize = 3;
const HEIGHT_MAX: usize = 256;

/// The section of a run whose network has neurons; nothing for one without.
pub fn section(record: &SpikeRecord) -> Option<Markup> {
    if record.layers.is_empty() {
        return None;
    }
    let across = if record.steps == 1 { "tokens" } else { "tokens and their steps" };
    Some(html! {
        section #spikes {
            h2 { "Where the spikes are" }
            p .why {
                "Neurons downwards, " (across) " to the right; a mark is a spike. The rate is that of all "
                "neurons of the layer over the whole run."
            }
            @for layer in &record.layers { (picture(layer)) }
            @if let Some(saved) = operations(record) { (saved) }
        }
    })
}

fn picture(layer: &LayerSpikes) -> Markup {
    let neurons = layer.neurons.min(NEURONS_MAX);
    let vectors = layer.vectors.len().min(VECTORS_MAX);
    let height = (NEURON * neurons).clamp(NEURON, HEIGHT_MAX);
    let cut = neurons < layer.neurons || vectors < layer.vectors.len();
    html! {
        figure .raster {
            figcaption {
                b { (layer.name) } " " (percent(layer.rate()))
                span .soft {
                    " · " (layer.neurons) " neurons"
                    @if cut { ", the first " (neurons) " and " (vectors) " vectors shown" }
                }
            }
            svg width="100%" height=(height) preserveAspectRatio="none" role="img"
                viewBox={ "0 0 " (vectors) " " (neurons) } {
                title { (layer.name) ": " (percent(layer.rate())) " of the neurons spike" }
                rect .track width=(vectors) height=(neurons) {}
                @for (class, positive) in [("spike", true), ("spike-negative", false)] {
                    @let path = path(layer, neurons, vectors, positive);
                    @if !path.is_empty() { path class=(class) d=(path) {} }
                }
            }
        }
    }
}

/// The spikes of one sign: a run of neighbouring neurons is one rectangle.
fn path(layer: &LayerSpikes, neurons: usize, vectors: usize, positive: bool) -> String {
    let mut path = String::new();
    for (x, vector) in layer.vectors.iter().take(vectors).enumerate() {
        let fired = vector.spikes.iter().filter(|(_, level)| (*level > 0) == positive);
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for &(neuron, _) in fired.filter(|(neuron, _)| (*neuron as usize) < neurons) {
            match runs.last_mut() {
                Some((begin, length)) if *begin + *length == neuron as usize => *length += 1,
                _ => runs.push((neuron as usize, 1)),
            }
        }
        for (y, length) in runs {
            write!(path, "M{x} {y}h1v{length}h-1z").expect("a text takes everything");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_where_a_neuron_fires() {
        let mut record = SpikeRecord::new(2);
        record.take("blocks.0.ffn", 0, 0, &[0, 1, 1, -1]);
        record.take("blocks.0.ffn", 0, 1, &[0, 0, 0, 0]);
        record.take("blocks.0.ffn", 1, 0, &[2, 0, 1, 0]);
        let layer = &record.layers[0];
        assert_eq!(path(layer, 4, 3, true), "M0 1h1v2h-1zM2 0h1v1h-1zM2 2h1v1h-1z");
        assert_eq!(path(layer, 4, 3, false), "M0 3h1v1h-1z");
        // what lies beyond the picture is not drawn
        assert_eq!(path(layer, 2, 1, true), "M0 1h1v1h-1z");
        let page = section(&record).unwrap().into_string();
        assert!(page.contains("viewBox=\"0 0 3 4\""), "{page}");
        assert!(page.contains("tokens and their steps") && page.contains("41.7"), "{page}");
        assert!(section(&SpikeRecord::new(1)).is_none());
    }

    #[test]
    fn a_large_layer_is_cut_and_says_so() {
        let mut record = SpikeRecord::new(1);
        record.take("wide", 0, 0, &vec![1; NEURONS_MAX + 1]);
        let page = section(&record).unwrap().into_string();
        assert!(page.contains("the first 128 and 1 vectors shown"), "{page}");
        assert!(page.contains("M0 0h1v128h-1z"), "{page}");
    }
}
