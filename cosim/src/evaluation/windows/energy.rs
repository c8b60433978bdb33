//! Energies by a stated table: operations times picojoules, arithmetic alone, 45 nm.
//!
//! Source of the figures: Horowitz, "Computing's energy problem" (ISSCC 2014), which the papers of
//! spiking language models use too. Reading memories is not in them.

use super::Tally;
use serde::Serialize;

/// pJ of a 32-bit float multiply-accumulate: 3.7 for the product, 0.9 for the sum.
const FLOAT_PRODUCT: f64 = 4.6;
/// pJ of a 32-bit float addition.
const FLOAT_ADDITION: f64 = 0.9;
/// pJ of a 32-bit integer addition.
const INTEGER_ADDITION: f64 = 0.1;
/// pJ of an 8-bit integer addition.
const BYTE_ADDITION: f64 = 0.03;
/// pJ of an 8-bit integer product and its addition to a sum of 32 bits.
const BYTE_PRODUCT: f64 = 0.2 + INTEGER_ADDITION;
/// The rate that SpikeGPT's paper assumes.
const ASSUMED_RATE: f64 = 0.15;

/// One way to compute the matrices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Energy {
    /// In words.
    pub name: String,
    /// Operations a token.
    pub operations: f64,
    /// Picojoules a token.
    pub picojoules: f64,
}

fn energy(name: &str, operations: f64, picojoules: f64) -> Energy {
    Energy { name: name.to_owned(), operations, picojoules }
}

/// Energies of a token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Energies {
    /// The matrices, computed in several ways.
    pub matrices: Vec<Energy>,
    /// The attention in spikes, and softmax attention of the same shape; empty without spiking
    /// attention.
    pub attention: Vec<Energy>,
}

impl Energies {
    /// Energies of what was counted.
    pub fn new(tally: &Tally) -> Energies {
        let tokens = tally.tokens.max(1) as f64;
        let sum = |count: &dyn Fn(&super::MatrixTally) -> u64| {
            tally.matrices.iter().map(count).sum::<u64>() as f64
        };
        let synapses = sum(&|matrix| matrix.synapses);
        let weights = sum(&|matrix| matrix.weights);
        let of_kind = |spiking: bool, count: &dyn Fn(&super::MatrixTally) -> u64| {
            sum(&|matrix| if matrix.spiking == spiking { count(matrix) } else { 0 }) / tokens
        };
        let spike_additions = of_kind(true, &|matrix| matrix.additions);
        let value_additions = of_kind(false, &|matrix| matrix.additions);
        let value_products = of_kind(false, &|matrix| matrix.synapses * matrix.products);
        let active = of_kind(true, &|matrix| matrix.active);
        let mut matrices = vec![
            energy("dense, FP32 multiply-accumulate", synapses, synapses * FLOAT_PRODUCT),
            energy("dense, int8 multiply-accumulate", synapses, synapses * BYTE_PRODUCT),
            energy("ternary × int8, additions", weights, weights * INTEGER_ADDITION),
        ];
        if !tally.layers.is_empty() {
            let operations = active + value_products;
            let picojoules = active * FLOAT_ADDITION + value_products * FLOAT_PRODUCT;
            let name = "measured rates as papers count: FP32 additions, FP32 products of values";
            matrices.push(energy(name, operations, picojoules));
        }
        if !tally.layers.is_empty() && tally.attention.ands == 0 {
            let assumed = synapses * ASSUMED_RATE;
            let name = "the assumed rate 0.15 of SpikeGPT's paper everywhere, FP32 additions";
            matrices.push(energy(name, assumed, assumed * FLOAT_ADDITION));
        }
        let additions = spike_additions + value_additions;
        let name = "this network: additions of spikes, and of values where there are none, int32";
        matrices.push(energy(name, additions, additions * INTEGER_ADDITION));
        Energies { matrices, attention: attention(tally, tokens) }
    }
}

fn attention(tally: &Tally, tokens: f64) -> Vec<Energy> {
    let counts = &tally.attention;
    if counts.ands == 0 {
        return Vec::new();
    }
    let of = |count: u64| count as f64 / tokens;
    let (popcounts, values) = (of(counts.popcount_additions), of(counts.value_additions));
    let products = of(counts.softmax_products);
    vec![
        energy("softmax, FP32 multiply-accumulate, one step", products, products * FLOAT_PRODUCT),
        energy("softmax, int8 multiply-accumulate, one step", products, products * BYTE_PRODUCT),
        energy(
            "spikes, all steps: ones of popcounts as int8, scores under values as int32 additions",
            popcounts + values,
            popcounts * BYTE_ADDITION + values * INTEGER_ADDITION,
        ),
    ]
}
