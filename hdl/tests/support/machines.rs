//! A small machine: what the rings of the machine's blocks share.
#![allow(dead_code)] // each ring uses a part of it

use firmware::machine::MachineParameters;
use weights::config::{Form, Target};
use weights::numeric::Radix;
use weights::packing::Packing;

/// A machine whose every size differs from the others where it may.
pub(crate) fn small() -> MachineParameters {
    MachineParameters {
        form: Form::Dense,
        digit_passes: false,
        streams: false,
        chunks: false,
        lanes: 8,
        slots: 16,
        planes: 3,
        radix: Radix::Bitwise,
        acc_width: 18,
        target: Target::Portable,
        packing: Packing::Base3,
        elements: 4,
        value_width: 18,
        count_width: 7,
        key_value_digits: 4,
        embedding_digits: 5,
        context: 24,
        vocabulary: 50,
        weight_depth: 40,
        key_depth: 13,
        value_depth: 14,
        result_depth: 21,
        temporary_depth: 11,
        constant_depth: 30,
        train_depth: 12,
        train_count: 5,
        scalar_count: 17,
        program_depth: 60,
        state_depth: 0,
        level_count: 0,
        loop_depth: 0,
        plane_depth: 0,
        answers_positions: false,
        functions: true,
        input: None,
        output: None,
        fingerprint: 0,
    }
}
