//! Width proofs: what just fits is taken, one bit less is refused.

use super::*;
use pretty_assertions::assert_eq;

/// The most bits that any number of a width needs.
fn needed(program: &Program, key: &str) -> u32 {
    let widths = program.widths.iter().filter(|width| width.key == key);
    widths.map(|width| width.needed).max().unwrap()
}

#[test]
fn one_bit_too_narrow_is_refused() {
    let network = sample::network(1);
    let program = lower(&network, &Design::bundled()).unwrap();
    let mut design = Design::bundled();
    design.array.acc_width = needed(&program, "array.acc_width");
    lower(&network, &design).unwrap();

    let mut narrow = design.clone();
    narrow.array.acc_width -= 1;
    let error = lower(&network, &narrow).unwrap_err();
    assert_eq!(error.key(), Some("array.acc_width"));
    assert_eq!(
        error.to_string(),
        "layer `blocks.0.attention`: a sum can reach 38400, array.acc_width 16 holds 32767; \
         raise array.acc_width to 17"
    );
    // Counts of fewer bits are coarser.
    let mut narrow = design.clone();
    narrow.machine.count_width = 4;
    lower(&network, &narrow).unwrap();
}

#[test]
fn every_layer_states_its_widths() {
    let network = sample::network(1);
    let program = lower(&network, &Design::bundled()).unwrap();
    for matrix in network.ternary_matrices() {
        let sums =
            program.widths.iter().filter(|w| w.layer == matrix.name && w.quantity == "a sum");
        assert_eq!(sums.count(), 1, "{}", matrix.name);
    }
}
