//! Lowering of sample networks.

use super::*;
use weights::sample;

#[test]
fn the_sample_becomes_a_program() {
    let program = lower(&sample::network(1), &Design::bundled()).unwrap();
    assert_eq!(program.instructions.len(), program.remarks.len());
    assert_eq!(program.parameters.program_depth as usize, program.instructions.len());
}

#[test]
fn the_real_model_becomes_a_program() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let folder = std::path::PathBuf::from(shared).join("models/tinystories-bitnet-1m");
    let program = lower(&weights::import::import(&folder).unwrap(), &Design::tinystories());
    let program = program.unwrap_or_else(|error| panic!("{error}"));
    use crate::machine_cycles::{MachineLatency, dense, token_cycles};
    for position in [0, 15, 31, 63] {
        let cycles = token_cycles(
            &program,
            &MachineLatency::default(),
            position,
            true,
            dense(&program, position),
        );
        println!(
            "{position}: {} array {} vector {} mw {} vw {} uw {}",
            cycles.total,
            cycles.array_busy,
            cycles.vector_busy,
            cycles.matrix_waits,
            cycles.vector_waits,
            cycles.unit_waits
        );
        for timing in cycles.timings.iter().skip(1).take(60) {
            println!("{timing:?} {}", program.remarks[timing.address]);
        }
    }
}
