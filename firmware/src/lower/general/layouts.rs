//! Where the channels of each value lie: heads in whole words where an attention reads or writes
//! them, and the same for whatever shares channels with such a value.
//!
//! Salient channels stand together, so that the train of them alone has as few words as can be that are
//! not empty: only those meet weights, and the added steps cost no other column.

mod gather;

use super::super::layout::Layout;
use gather::{alike, gathered};
use std::collections::BTreeMap;
use std::rc::Rc;
use weights::network::{Network, Operation, RotaryPairing};

/// The layout of every value.
pub(super) struct Layouts {
    layouts: BTreeMap<String, Rc<Layout>>,
}

/// Heads of a value: their number, their width, and which of their channels are neighbours.
type Heads = (usize, usize, RotaryPairing);

impl Layouts {
    pub(super) fn of(network: &Network, elements: usize) -> Layouts {
        let mut heads: BTreeMap<&str, Heads> = BTreeMap::new();
        // Knowledge of heads spreads over operations that keep channels apart, both ways.
        loop {
            let before = heads.len();
            for operation in network.operations.iter().chain(network.operations.iter().rev()) {
                spread(operation, &mut heads);
            }
            if heads.len() == before {
                break;
            }
        }
        let shapes = network.check().unwrap_or_default();
        let orders = gathered(network, |name| heads.contains_key(name));
        let layout = |(name, shape): (&String, &weights::network::Shape)| {
            let weights::network::Shape::Vector(width) = shape else { return None };
            let layout = match heads.get(name.as_str()) {
                Some(&(count, head_width, pairing)) => {
                    Layout::heads(count, head_width, elements, pairing)
                }
                None => match orders.get(name.as_str()) {
                    Some(order) => Layout::ordered(order, elements),
                    None => Layout::plain(*width, elements),
                },
            };
            Some((name.clone(), Rc::new(layout)))
        };
        Layouts { layouts: shapes.iter().filter_map(layout).collect() }
    }

    pub(super) fn of_value(&self, name: &str) -> Rc<Layout> {
        Rc::clone(&self.layouts[name])
    }
}

fn spread<'n>(operation: &'n Operation, heads: &mut BTreeMap<&'n str, Heads>) {
    let neighbours = RotaryPairing::Neighbours;
    match operation {
        Operation::AttentionScores { query, key, shape, .. } => {
            heads.entry(query).or_insert((shape.heads, shape.head_width, neighbours));
            heads.entry(key).or_insert((shape.key_value_heads, shape.head_width, neighbours));
        }
        Operation::WeightedValues { value, output, shape, .. } => {
            heads.entry(value).or_insert((shape.key_value_heads, shape.head_width, neighbours));
            heads.entry(output).or_insert((shape.heads, shape.head_width, neighbours));
        }
        Operation::SpikingAttention { query, key, value, output, shape, .. } => {
            for name in [query, key, value, output] {
                heads.entry(name).or_insert((shape.heads, shape.head_width, neighbours));
            }
        }
        Operation::Rotary { input, output, heads: count, head_width, pairing, .. } => {
            for name in [input, output] {
                heads.insert(name, (*count, *head_width, *pairing));
            }
        }
        _ => {
            let names = alike(operation);
            if let Some(&known) = names.iter().find_map(|name| heads.get(name)) {
                names.into_iter().for_each(|name| {
                    heads.entry(name).or_insert(known);
                });
            }
        }
    }
}
