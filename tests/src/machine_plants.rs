//! Planted faults in the printed machine.

use crate::machine_check::{Host, Whole};
use crate::machines::MachineCase;
use crate::plants::{Plant, plants};
use weights::config::{Design, DesignFile};
use weights::network::{AttentionShape, BitnetShape, Function};
use weights::numeric::Radix;
use weights::packing::Packing;
use weights::sample;

/// The network of every planted machine: a context of two key tiles, odd widths, one block.
fn shape() -> BitnetShape {
    BitnetShape {
        width: 7,
        hidden: 9,
        blocks: 1,
        attention: AttentionShape { heads: 2, key_value_heads: 1, head_width: 4, causal: true },
        gate: Function::Silu,
        vocabulary: 13,
        context: 7,
        epsilon: 1e-6,
        rotary_base: 10000.0,
        tied: true,
        begin_token: Some(1),
        end_token: None,
    }
}

fn whole(name: &str, host: Host, set: impl Fn(&mut Design)) -> Whole {
    let mut design = DesignFile::bundled().design;
    design.name = name.to_owned();
    design.array.planes = 2;
    design.array.acc_width = 20;
    design.neuron.neurons = 1;
    design.encoder.mean_count = 2;
    design.machine.elements = 2;
    design.machine.value_width = 18;
    design.machine.key_value_digits = 3;
    design.machine.embedding_digits = 3;
    design.machine.context = shape().context;
    set(&mut design);
    let network = sample::network_of(3, &shape());
    let case =
        MachineCase { name: name.to_owned(), network, design, prompt: vec![3, 11, 5], generate: 5 };
    Whole::new(case, host)
}

fn set_bitwise(design: &mut Design) {
    (design.array.lanes, design.array.slots) = (4, 4);
    design.array.radix = Radix::Bitwise;
    design.weight_store.packing = Packing::Base3;
    (design.machine.attention_bits, design.machine.head_bits) = (2, 2);
}

/// Square, bitwise, base3.
pub fn bitwise() -> Whole {
    whole("bitwise", Host::Registers, set_bitwise)
}

/// More lanes than slots, unary, two bits a trit.
pub fn unary() -> Whole {
    whole("unary", Host::Registers, |design| {
        (design.array.lanes, design.array.slots) = (4, 2);
        design.array.radix = Radix::Unary;
        design.weight_store.packing = Packing::TwoBit;
        (design.machine.attention_bits, design.machine.head_bits) = (1, 1);
    })
}

/// The bitwise one behind a serial line.
pub fn line() -> Whole {
    whole("line", Host::Serial, set_bitwise)
}

plants! { Whole:
}
