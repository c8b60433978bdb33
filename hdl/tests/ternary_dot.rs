//! `ternary_dot` equals `numeric::dot` for every number of slots.

mod support;

use hdl::blocks::array::ternary_dot::{TernaryDot, dot_width};
use support::{Bench, Random};
use weights::config::Target;
use weights::numeric::{self, Trit};

#[test]
fn every_number_of_slots() {
    every_number_of_slots_of(Target::Portable);
}

#[test]
fn every_number_of_slots_in_carry_cells() {
    every_number_of_slots_of(Target::Ecp5);
}

/// A result every cycle, as many cycles late as the module says, for every width up to 128 slots:
/// extremes first, then random trits.
fn every_number_of_slots_of(target: Target) {
    for slots in 1..=128u32 {
        let module = TernaryDot { slots, target }.module();
        let mut bench = Bench::new(&module);
        let mut random = Random(slots.into());
        let mut expected = vec![];
        for cycle in 0..60 {
            let mut trits = |fixed: Option<Trit>| -> Vec<Trit> {
                (0..slots).map(|_| fixed.unwrap_or_else(|| random.trit())).collect()
            };
            let (weights, spikes) = match cycle {
                0 => (trits(Some(1)), trits(Some(1))),
                1 => (trits(Some(-1)), trits(Some(1))),
                2 => (trits(Some(1)), trits(Some(-1))),
                3 => (trits(Some(-1)), trits(Some(-1))),
                4 => (trits(None), trits(Some(0))),
                5 => (trits(Some(0)), trits(None)),
                6 => (trits(None), trits(Some(1))),
                7 => (trits(None), trits(Some(-1))),
                _ => (trits(None), trits(None)),
            };
            bench.set_bits("high_i", weights.iter().map(|&weight| weight == 1));
            bench.set_bits("low_i", weights.iter().map(|&weight| weight >= 0));
            bench.set_bits("active_i", spikes.iter().map(|&spike| spike != 0));
            bench.set_bits("negative_i", spikes.iter().map(|&spike| spike < 0));
            expected.push(numeric::dot(&weights, &spikes));
            bench.tick();
            if let Some(vector) = (cycle + 1usize).checked_sub(bench.latency) {
                let found = bench.get_signed("dot_o");
                assert_eq!(found, expected[vector], "{slots} slots, vector {vector}");
            }
        }
        assert_eq!(module.port_type("dot_o").map(|ty| ty.width), Some(dot_width(slots)));
    }
}
