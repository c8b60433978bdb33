//! The model against sums by hand.

use super::*;
use crate::lower::lower;
use weights::config::Design;
use weights::sample;

#[test]
fn totals_are_consistent() {
    let program = lower(&sample::network(1), &Design::bundled()).unwrap();
    let latency = MachineLatency::default();
    for position in [0, 7, 8, 63] {
        let cycles = token_cycles(&program, &latency, position, true, dense(&program, position));
        println!("{position}: {} {:.2}", cycles.total, cycles.array_utilisation());
        assert_eq!(cycles.timings.len() + 2, program.instructions.len());
    }
}
