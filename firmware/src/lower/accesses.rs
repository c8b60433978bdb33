//! What an instruction reads and writes, from its fields alone.
//!
//! Whatever depends on the position is taken at its largest: all positions of the context.

use super::pass_accesses::pass_accesses;
use super::ranges::{Accesses, Range};
use crate::isa::{Action, Matrix};
use crate::machine::{MachineParameters, Memory};

/// The scalar that the vector unit reads as soon as it takes `action`, while the instruction before
/// may still be unfinished; everything else it reads when that is done.
pub fn argument(action: &Action) -> Option<Range> {
    let scalar = match action {
        Action::Softmax(softmax) => softmax.input,
        Action::Gate(gate) => gate.input,
        _ => return None,
    };
    Some(Range { memory: Memory::Scalars, first: scalar, words: 1 })
}

/// The memory of a `space` field.
fn space(code: u32) -> Memory {
    match code {
        0 => Memory::Residual,
        1 => Memory::Results,
        _ => Memory::Temporaries,
    }
}

/// What `action` reads and writes on a machine.
pub fn accesses(action: &Action, machine: &MachineParameters) -> Accesses {
    let mut set = Accesses::default();
    let position_words = machine.context.div_ceil(machine.elements);
    match action {
        Action::End(_) => set.read(Memory::Prediction, 0, 1),
        Action::Loop(_) | Action::Next(_) => {}
        Action::Pass(pass) => pass_accesses(&mut set, pass, machine),
        Action::Matrix(matrix) => matrix_accesses(&mut set, matrix, machine),
        Action::Norm(norm) => {
            set.read(space(norm.space), norm.address, norm.words);
            if norm.follows == 1 {
                set.read(Memory::Scalars, norm.input, 1);
            }
            set.write(Memory::Scalars, norm.output, 1);
        }
        Action::Encode(encode) => {
            let words = if encode.positions == 1 { position_words } else { encode.words };
            let train_words = (words * machine.elements).div_ceil(machine.slots);
            set.read(space(encode.space), encode.address, words * encode.groups);
            set.read(Memory::Scalars, encode.scalar, encode.groups);
            set.write(Memory::Descriptors, encode.train, encode.groups);
            let last = encode.groups.saturating_sub(1) * encode.stride;
            set.write(Memory::Trains, encode.destination, last + train_words);
        }
        Action::Rotate(rotate) => {
            let words = rotate.words * rotate.heads;
            set.read(Memory::Results, rotate.address, words);
            set.read(Memory::Scalars, rotate.input, 1);
            set.write(Memory::Temporaries, rotate.destination, words);
            set.write(Memory::Scalars, rotate.output, rotate.heads);
        }
        Action::Measure(measure) => {
            set.read(space(measure.space), measure.address, measure.words * measure.heads);
            set.read(Memory::Scalars, measure.input, 1);
            set.write(Memory::Scalars, measure.output, measure.heads);
        }
        Action::Store(store) => {
            set.read(space(store.space), store.address, store.words * store.heads);
            set.read(Memory::Scalars, store.scalar, store.heads);
            let (kept, deficits) = match store.values {
                0 => (Memory::Keys, Memory::KeyDeficits),
                _ => (Memory::Values, Memory::ValueDeficits),
            };
            set.write(kept, store.base, store.stride * store.heads);
            set.write(deficits, store.deficits, store.deficit_stride * store.heads);
        }
        Action::Softmax(softmax) => {
            set.read(Memory::Results, softmax.address, position_words);
            set.read(Memory::Maxima, softmax.maximum, 1);
            set.read(Memory::Scalars, softmax.input, 1);
            set.read(Memory::ValueDeficits, softmax.deficits, position_words);
            set.write(Memory::Temporaries, softmax.destination, position_words);
            set.write(Memory::Scalars, softmax.output, 2);
        }
        Action::Gate(gate) => {
            set.read(Memory::Results, gate.gate, gate.words);
            set.read(Memory::Results, gate.up, gate.words);
            set.read(Memory::Scalars, gate.input, 1);
            set.write(Memory::Temporaries, gate.destination, gate.words);
        }
    }
    set
}

/// Words of one result of a product.
pub(super) fn result_words(matrix: &Matrix, machine: &MachineParameters) -> u32 {
    ((matrix.tiles.max(1) - 1) * machine.lanes + matrix.last_rows).div_ceil(machine.elements)
}

fn matrix_accesses(set: &mut Accesses, matrix: &Matrix, machine: &MachineParameters) {
    let position_words = machine.context.div_ceil(machine.elements);
    let mut words =
        result_words(matrix, machine) + matrix.vectors.max(1).saturating_sub(1) * matrix.deficits;
    match matrix.store {
        1 => {
            let tiles = machine.context.div_ceil(machine.lanes);
            set.read(Memory::Keys, matrix.base, tiles * matrix.digits * matrix.stride);
            set.read(Memory::KeyDeficits, matrix.deficits, position_words);
            words = position_words;
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
    let destination = if matrix.destination == 0 { Memory::Results } else { Memory::Residual };
    if matrix.destination == 2 {
        set.read(destination, matrix.address, words);
    }
    set.write(destination, matrix.address, words);
    if matrix.search != 0 {
        set.write(Memory::Maxima, matrix.maximum, 1);
    }
    if matrix.search == 2 {
        set.write(Memory::Prediction, 0, 1);
    }
}
