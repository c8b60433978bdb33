//! The table of configurations, and a sample of it.
//!
//! One line is one configuration: lanes, slots, planes, neurons; rows and columns of the matrix;
//! radix; packing; rule.

use crate::configuration::Configuration;
use crate::rules::*;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use weights::config::Form;
use weights::numeric::Radix::{Bitwise, Unary};
use weights::packing::Packing::{Base3, TwoBit};

/// Largest engine in a sample, in synapses per cycle.
const SAMPLE_COST_MAX: usize = 600;

/// All configurations.
pub fn all() -> Vec<Configuration> {
    let dense = [edges(), odd_sizes(), published_rules(), other_rules(), skipping(), large()];
    [dense.concat(), carry_cells(), events(), baked()].concat()
}

/// Configurations of a sample beyond those that every feature needs.
const SAMPLE_MORE: usize = 4;

/// A few small ones that together have every feature that small ones have, and some more.
pub fn sample(seed: u64) -> Vec<Configuration> {
    let mut open: Vec<Configuration> =
        all().into_iter().filter(|one| one.cost() <= SAMPLE_COST_MAX).collect();
    open.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut missing: BTreeSet<String> = open.iter().flat_map(Configuration::features).collect();
    let mut chosen = vec![];
    while !missing.is_empty() {
        let gain = |one: &Configuration| one.features().intersection(&missing).count();
        let best = (0..open.len()).max_by_key(|&index| gain(&open[index])).unwrap_or(0);
        let best = open.swap_remove(best);
        missing.retain(|feature| !best.features().contains(feature));
        chosen.push(best);
    }
    chosen.extend(open.into_iter().take(SAMPLE_MORE));
    chosen
}

/// The configurations that a ring runs: all with `SPIKEWRIGHT_ALL=1`, else a sample.
pub fn asked_for(seed: u64) -> Vec<Configuration> {
    if crate::asked_for("SPIKEWRIGHT_ALL") { all() } else { sample(seed) }
}

/// One of something.
fn edges() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([1, 1, 1, 1], (1, 1), Unary, TwoBit, spikingbert_if()),
        new([1, 1, 1, 1], (1, 1), Bitwise, Base3, int2spike()).planes_max(1),
        new([1, 1, 1, 1], (5, 7), Bitwise, Base3, spikellm()),
        new([1, 1, 2, 1], (3, 1), Unary, Base3, spikelm_paper()),
        new([1, 8, 1, 1], (1, 24), Bitwise, TwoBit, spikegpt()),
        new([8, 1, 1, 8], (9, 1), Bitwise, TwoBit, narrowest()).steps(1),
        new([8, 1, 4, 2], (8, 5), Unary, Base3, spikingbert_lif()),
        new([2, 2, 1, 1], (1, 1), Bitwise, TwoBit, hard_channels()),
        new([4, 4, 2, 4], (4, 4), Bitwise, Base3, int2spike_channels()).steps(1),
        new([1, 128, 1, 1], (2, 128), Unary, Base3, signed_channels()).planes_max(2),
        new([64, 1, 1, 1], (64, 2), Bitwise, TwoBit, spikelm_code()).planes_max(2),
        new([64, 1, 1, 64], (65, 1), Unary, Base3, narrow()),
    ]
}

/// Sizes that divide nothing.
fn odd_sizes() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([2, 3, 1, 2], (5, 8), Unary, TwoBit, spikingbert_lif()),
        new([3, 2, 1, 1], (7, 3), Bitwise, Base3, spikelm_paper()),
        new([3, 5, 2, 3], (10, 11), Bitwise, TwoBit, signed_remainder()),
        new([3, 7, 3, 1], (8, 15), Unary, Base3, spikellm()),
        new([5, 3, 4, 5], (12, 10), Bitwise, Base3, hard_channels()),
        new([5, 9, 1, 1], (11, 20), Bitwise, TwoBit, nearest_channels()),
        new([6, 5, 3, 3], (13, 17), Bitwise, TwoBit, spikingbert_lif()),
        new([6, 10, 2, 2], (19, 31), Unary, Base3, int2spike()),
        new([7, 11, 1, 7], (15, 23), Unary, TwoBit, spikegpt()),
        new([7, 13, 2, 1], (6, 40), Bitwise, Base3, spikelm_code()),
        new([9, 6, 3, 3], (20, 13), Bitwise, Base3, signed_floor_channels()),
        new([10, 4, 4, 5], (23, 9), Unary, TwoBit, signed_channels()),
        new([11, 17, 1, 11], (12, 18), Bitwise, Base3, spikelm_code_tight()),
        new([12, 7, 2, 6], (30, 29), Bitwise, TwoBit, spikingbert_if()).roomy(),
        new([13, 3, 3, 13], (14, 4), Unary, Base3, wide_channels()).steps(1),
        new([15, 9, 1, 3], (31, 28), Bitwise, TwoBit, widest()).roomy(),
        new([21, 12, 1, 7], (43, 25), Unary, Base3, narrow()),
        new([24, 20, 1, 12], (50, 61), Bitwise, Base3, spikingbert_lif()),
        new([27, 5, 2, 9], (28, 16), Bitwise, TwoBit, spikelm_code_channels()),
    ]
}

/// Every system's rule, in an array that suits it.
fn published_rules() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([4, 8, 2, 2], (10, 19), Bitwise, Base3, spikellm()).steps(4),
        new([4, 8, 2, 2], (10, 19), Unary, TwoBit, spikellm()).steps(1),
        new([4, 8, 1, 4], (10, 19), Unary, Base3, spikelm_paper()).steps(4),
        new([4, 8, 1, 4], (10, 19), Unary, TwoBit, spikelm_paper()).roomy(),
        new([4, 8, 1, 1], (10, 19), Unary, Base3, spikelm_code()).steps(4),
        new([4, 8, 1, 2], (10, 19), Bitwise, TwoBit, spikelm_code_tight()),
        new([4, 8, 1, 2], (9, 16), Unary, Base3, spikegpt()).roomy(),
        new([4, 8, 1, 2], (9, 17), Unary, TwoBit, spikingbert_if()).steps(8),
        new([4, 8, 1, 2], (9, 15), Unary, Base3, spikingbert_lif()).steps(8).roomy(),
        new([4, 8, 4, 4], (12, 24), Bitwise, Base3, int2spike()).steps(1),
        new([4, 8, 4, 1], (12, 24), Bitwise, TwoBit, int2spike_channels()).steps(1),
    ]
}

/// Forms of the rule that no system publishes.
fn other_rules() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([4, 6, 2, 2], (9, 14), Bitwise, TwoBit, spikelm_code_channels()),
        new([4, 6, 2, 4], (9, 14), Unary, Base3, signed_channels()).roomy(),
        new([4, 6, 2, 1], (9, 14), Bitwise, Base3, signed_floor_channels()).steps(5),
        new([4, 6, 2, 2], (9, 14), Unary, TwoBit, hard_channels()).roomy(),
        new([4, 6, 2, 4], (9, 14), Bitwise, Base3, nearest_channels()),
        new([4, 6, 2, 1], (9, 14), Unary, TwoBit, signed_remainder()).steps(5),
        new([4, 6, 2, 4], (9, 14), Bitwise, TwoBit, unbounded_remainder()),
        new([4, 6, 2, 2], (9, 14), Bitwise, Base3, narrow()),
        new([4, 6, 2, 4], (9, 14), Unary, TwoBit, narrowest()),
        new([4, 6, 2, 1], (9, 14), Bitwise, TwoBit, widest()).steps(2),
        new([4, 6, 2, 2], (9, 14), Bitwise, Base3, wide_channels()).steps(2),
    ]
}

/// Beats without a spike are left out.
fn skipping() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([1, 1, 1, 1], (1, 6), Unary, TwoBit, spikingbert_if()).skip_empty(),
        new([2, 1, 2, 1], (5, 9), Bitwise, Base3, spikellm()).skip_empty(),
        new([4, 3, 1, 2], (6, 24), Bitwise, TwoBit, spikelm_paper()).skip_empty(),
        new([5, 2, 3, 5], (11, 15), Bitwise, Base3, hard_channels()).skip_empty(),
        new([6, 4, 2, 3], (7, 32), Unary, Base3, spikelm_code()).skip_empty().roomy(),
        new([8, 16, 4, 4], (24, 100), Bitwise, Base3, int2spike_channels()).skip_empty(),
        new([12, 5, 1, 4], (25, 40), Unary, TwoBit, spikegpt()).skip_empty(),
        new([16, 8, 2, 8], (33, 57), Bitwise, Base3, signed_remainder()).skip_empty(),
    ]
}

/// Dots of an ECP5's carry cells.
fn carry_cells() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([1, 1, 1, 1], (5, 7), Bitwise, Base3, spikellm()).on_ecp5(),
        new([3, 2, 1, 1], (7, 3), Unary, TwoBit, spikelm_paper()).on_ecp5(),
        new([4, 6, 2, 2], (10, 14), Bitwise, Base3, spikingbert_lif()).on_ecp5(),
        new([5, 9, 3, 5], (11, 20), Unary, Base3, hard_channels()).on_ecp5().skip_empty(),
        new([7, 13, 2, 1], (6, 40), Bitwise, TwoBit, spikelm_code()).on_ecp5(),
        new([8, 127, 1, 2], (17, 128), Bitwise, TwoBit, spikegpt()).planes_max(4).on_ecp5(),
        new([6, 128, 2, 3], (13, 256), Bitwise, Base3, int2spike()).planes_max(4).on_ecp5(),
    ]
}

/// Columns that spike, one a cycle.
fn events() -> Vec<Configuration> {
    let new = Configuration::new;
    let shapes = vec![
        new([1, 1, 1, 1], (1, 1), Unary, TwoBit, spikingbert_if()),
        new([1, 1, 1, 1], (5, 7), Bitwise, Base3, spikellm()),
        new([1, 8, 2, 1], (3, 24), Bitwise, TwoBit, spikegpt()).roomy(),
        new([3, 5, 2, 3], (10, 11), Bitwise, TwoBit, signed_remainder()),
        new([5, 3, 4, 5], (12, 10), Unary, Base3, hard_channels()),
        new([8, 16, 4, 2], (30, 100), Bitwise, Base3, int2spike_channels()),
        new([16, 7, 1, 8], (33, 57), Unary, Base3, spikelm_paper()).steps(4),
        new([13, 16, 8, 13], (26, 40), Bitwise, TwoBit, int2spike()).planes_max(9),
        new([64, 32, 2, 16], (100, 70), Bitwise, Base3, spikellm()).planes_max(2),
    ];
    shapes.into_iter().map(|one| one.form(Form::Event)).collect()
}

/// Matrices that are logic: one tile each way.
fn baked() -> Vec<Configuration> {
    let new = Configuration::new;
    let shapes = vec![
        new([1, 1, 1, 1], (1, 1), Unary, TwoBit, spikingbert_if()),
        new([4, 7, 2, 2], (3, 5), Bitwise, Base3, spikellm()),
        new([12, 10, 4, 4], (12, 10), Unary, TwoBit, hard_channels()),
        new([16, 16, 1, 8], (15, 16), Bitwise, Base3, spikingbert_lif()),
        new([20, 31, 3, 5], (20, 30), Bitwise, TwoBit, int2spike_channels()).roomy(),
    ];
    shapes.into_iter().map(|one| one.form(Form::Baked)).collect()
}

/// Wide arrays.
fn large() -> Vec<Configuration> {
    let new = Configuration::new;
    vec![
        new([16, 16, 1, 4], (48, 64), Unary, Base3, spikingbert_lif()),
        new([16, 32, 2, 16], (40, 70), Bitwise, TwoBit, spikellm()),
        new([32, 16, 1, 8], (64, 48), Unary, TwoBit, spikelm_paper()),
        new([16, 64, 4, 4], (32, 128), Bitwise, Base3, spikingbert_lif()).planes_max(6),
        new([33, 31, 1, 11], (70, 64), Bitwise, Base3, signed_channels()).planes_max(3),
        new([8, 127, 1, 2], (17, 128), Bitwise, TwoBit, spikegpt()).planes_max(4),
        new([6, 128, 2, 3], (13, 256), Bitwise, Base3, int2spike()).planes_max(4),
        new([64, 16, 1, 16], (130, 40), Bitwise, Base3, hard_channels()).planes_max(3),
        new([63, 10, 2, 21], (64, 25), Unary, TwoBit, spikelm_code()),
        new([64, 64, 1, 8], (96, 65), Bitwise, Base3, spikingbert_lif()).planes_max(3),
        new([64, 128, 4, 16], (65, 129), Bitwise, Base3, int2spike()).planes_max(5),
    ]
}
