//! What an instruction reads and writes, from its fields alone.
//!
//! Whatever depends on the position is taken at its largest: all positions of the context.

use super::pass_accesses::pass_accesses;
use super::ranges::Accesses;
use crate::isa::{Action, Matrix};
use crate::machine::{MachineParameters, Memory};

/// What `action` reads and writes on a machine.
pub fn accesses(action: &Action, machine: &MachineParameters) -> Accesses {
    let mut set = Accesses::default();
    match action {
        Action::End(_) => set.read(Memory::Prediction, 0, 1),
        Action::Loop(_) | Action::Next(_) => {}
        Action::Pass(pass) => pass_accesses(&mut set, pass, machine),
        Action::Matrix(matrix) => matrix_accesses(&mut set, matrix, machine),
    }
    set
}

/// Words of one result of a product.
pub(super) fn result_words(matrix: &Matrix, machine: &MachineParameters) -> u32 {
    ((matrix.tiles.max(1) - 1) * machine.lanes + matrix.last_rows).div_ceil(machine.elements)
}

fn matrix_accesses(set: &mut Accesses, matrix: &Matrix, machine: &MachineParameters) {
    let mut words =
        result_words(matrix, machine) + matrix.vectors.max(1).saturating_sub(1) * matrix.apart;
    match matrix.store {
        1 => {
            let tiles = machine.context.div_ceil(machine.lanes);
            set.read(Memory::Keys, matrix.base, tiles * matrix.digits * matrix.stride);
            words = machine.context.div_ceil(machine.elements);
        }
        2 => {
            let store_words = matrix.tiles * matrix.digits * matrix.stride;
            set.read(Memory::Values, matrix.base, store_words);
        }
        3 => words = matrix.stride * machine.table_word().columns / machine.elements,
        _ => {}
    }
    if matrix.vectors > 0 {
        set.read(Memory::Planes, matrix.source, matrix.stride);
    } else if matrix.store != 3 {
        set.read(Memory::Trains, matrix.source, matrix.stride);
        set.read(Memory::Descriptors, matrix.train, 1);
    }
    if matrix.scaling != 0 {
        set.read(Memory::Scalars, matrix.scalar, 1);
    }
    set.write(Memory::Results, matrix.address, words);
    if matrix.search != 0 {
        set.write(Memory::Maxima, matrix.maximum, 1);
    }
    if matrix.search == 2 {
        set.write(Memory::Prediction, 0, 1);
    }
}
