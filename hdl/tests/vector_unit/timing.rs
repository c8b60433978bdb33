//! What the unit says of its cycles.

use super::bench::early;
use firmware::isa::Action;
use hdl::blocks::vector::vector_cycles::{Kind, VectorCycles};
use hdl::blocks::vector::vector_unit::VectorUnit;

/// What `VectorCycles` says of an instruction.
pub(crate) fn cycles(unit: VectorUnit, action: &Action, position: usize) -> u64 {
    let cycles = VectorCycles { unit };
    let upto = (position as u64) / u64::from(unit.elements) + 1;
    match action {
        Action::Norm(i) => cycles.norm(i.words.into(), i.weighted == 1),
        Action::Encode(i) => {
            let words = if i.positions == 1 { upto } else { i.words.into() };
            cycles.encode(words * u64::from(i.groups), i.weighted == 1)
        }
        Action::Rotate(i) => cycles.rotate((i.words * i.heads).into()),
        Action::Measure(i) => cycles.measure((i.words * i.heads).into()),
        Action::Store(i) => cycles.store(i.words.into(), i.heads.into(), i.values == 1),
        Action::Softmax(_) => cycles.softmax(upto),
        Action::Gate(i) => cycles.gate(i.words.into()),
        _ => unreachable!("no instruction of the vector unit"),
    }
}

/// How long before the done of `first` the unit takes `second`.
pub(crate) fn overlap(unit: VectorUnit, first: &Action, second: &Action) -> i64 {
    let kind = |action: &Action| match action {
        Action::Norm(norm) => (Kind::Norm, norm.weighted == 1),
        Action::Encode(encode) => (Kind::Encode, encode.weighted == 1),
        Action::Rotate(_) => (Kind::Rotate, false),
        Action::Measure(_) => (Kind::Measure, false),
        Action::Store(_) => (Kind::Store, false),
        Action::Softmax(_) => (Kind::Softmax, false),
        Action::Gate(_) => (Kind::Gate, false),
        _ => unreachable!("no instruction of the vector unit"),
    };
    if early(first, second) {
        return -1;
    }
    let ((first, _), (second, weighted)) = (kind(first), kind(second));
    VectorCycles { unit }.overlap(first).min(second.lead(weighted)).into()
}
