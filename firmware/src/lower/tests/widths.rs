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
    design.machine.count_width = needed(&program, "machine.count_width");
    lower(&network, &design).unwrap();

    let mut narrow = design.clone();
    narrow.array.acc_width -= 1;
    let error = lower(&network, &narrow).unwrap_err();
    assert_eq!(error.key(), Some("array.acc_width"));
    assert_eq!(
        error.to_string(),
        "layer `embedding`: a logit's sum can reach 45945, array.acc_width 16 holds 32767; \
         raise array.acc_width to 17"
    );
    let mut narrow = design.clone();
    narrow.machine.count_width -= 1;
    let error = lower(&network, &narrow).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer `blocks.0.attention.norm`: a count can reach 170, machine.count_width 7 holds 127; \
         raise machine.count_width to 8"
    );
}

/// Frames adapt to the width of values, so only a raw sum can be too wide for it.
#[test]
fn raw_sums_decide_the_narrowest_value() {
    let mut shape = sample::shape();
    (shape.width, shape.hidden) = (400, 700);
    let network = sample::network_of(4, &shape);
    let mut design = Design::bundled();
    design.encoder.mean_count = 8;
    (design.array.acc_width, design.machine.count_width) = (24, 15);
    let with = |value_width| {
        let mut design = design.clone();
        design.machine.value_width = value_width;
        lower(&network, &design)
    };
    let program = with(18).unwrap();
    let raw = program.widths.iter().filter(|width| width.quantity == "a result");
    let least = raw.map(|width| width.needed).max().unwrap();
    assert_eq!(least, 14);
    with(least).unwrap();
    let error = with(least - 1).unwrap_err();
    assert_eq!(error.key(), Some("machine.value_width"));
    let message = error.to_string();
    assert!(message.starts_with("layer `blocks.0.attention.q`: a result can reach 4"), "{message}");
    assert!(message.ends_with("holds 4095; raise machine.value_width to 14"), "{message}");
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
    for quantity in ["a score's sum", "a score", "a mixed sum", "a mixed value", "a gated product"]
    {
        let rows = program.widths.iter().filter(|width| width.quantity == quantity);
        assert_eq!(rows.count(), 2, "{quantity}");
    }
    let residual = |width: &&crate::machine::WidthProof| width.quantity.contains("residual");
    let residuals: Vec<u64> =
        program.widths.iter().filter(residual).map(|width| width.worst).collect();
    assert_eq!(residuals.len(), 5, "the embedding, and two matrices a block");
    assert!(residuals.is_sorted(), "it only grows: {residuals:?}");
    assert!(*residuals.last().unwrap() > 65_536, "the frame uses its bits: {residuals:?}");
}
