//! Parameters of the vector unit.

use firmware::machine::MachineParameters;
use firmware::machine_memories::{Material, function_material};
use weights::numeric::Radix;

/// Parameters of the block; what they mean stands at [`MachineParameters`].
#[derive(Clone, Copy, Debug)]
pub struct VectorUnit {
    /// Elements of a word, 2..=16.
    pub elements: u32,
    /// Rows of the array, a multiple of `elements`.
    pub lanes: u32,
    /// Columns of the array, a multiple of `elements`.
    pub slots: u32,
    /// Bits of a value, 16..=24; softmax weights need 17.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// What the tables of functions are made of.
    pub functions: Material,
}

impl From<&MachineParameters> for VectorUnit {
    fn from(machine: &MachineParameters) -> VectorUnit {
        VectorUnit {
            elements: machine.elements,
            lanes: machine.lanes,
            slots: machine.slots,
            value_width: machine.value_width,
            count_width: machine.count_width,
            digits: machine.key_value_digits,
            radix: machine.radix,
            functions: function_material(machine.elements),
        }
    }
}
