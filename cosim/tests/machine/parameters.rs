//! The machine that random programs run on.

use firmware::machine::MachineParameters;
use weights::config::{Form, Target};
use weights::numeric::Radix;
use weights::packing::Packing;

pub(crate) const LANES: u32 = 8;
pub(crate) const ELEMENTS: u32 = 4;
pub(crate) const CONTEXT: u32 = 21;
pub(crate) const VOCABULARY: u32 = 21;
pub(crate) const KEY_VALUE_HEADS: u32 = 2;
pub(crate) const DIGITS: u32 = 3;
pub(crate) const EMBEDDING_DIGITS: u32 = 4;
pub(crate) const VALUE_WIDTH: u32 = 18;

/// The machine of a random program.
pub(crate) fn parameters(seed: u64, slots: u32) -> MachineParameters {
    MachineParameters {
        form: Form::Dense,
        digit_passes: false,
        streams: false,
        chunks: false,
        lanes: LANES,
        slots,
        planes: 3,
        radix: if seed.is_multiple_of(3) { Radix::Unary } else { Radix::Bitwise },
        acc_width: 30,
        target: Target::Portable,
        packing: Packing::TwoBit,
        elements: ELEMENTS,
        value_width: VALUE_WIDTH,
        count_width: 15,
        key_value_digits: DIGITS,
        embedding_digits: EMBEDDING_DIGITS,
        context: CONTEXT,
        vocabulary: VOCABULARY,
        weight_depth: 400,
        key_depth: 100,
        value_depth: 100,
        result_depth: 120,
        temporary_depth: 40,
        constant_depth: 200,
        train_depth: 64,
        train_count: 16,
        scalar_count: 32,
        program_depth: 64,
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
