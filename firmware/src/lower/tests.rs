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
    println!("{:#?} {} {}", program.parameters, program.logits_unit, program.logits_scalar);
    for proof in &program.widths {
        println!("{proof:?}");
    }
    for (at, (instruction, remark)) in
        program.instructions.iter().zip(&program.remarks).enumerate().take(70)
    {
        println!("{at:4} {:?} {:?} {remark}", instruction.wait, instruction.action);
    }
}
