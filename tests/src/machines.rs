//! Small language models of every shape, each with a machine of its own.
//!
//! Layers, heads, grouped heads, odd dimensions, contexts from one position on, every encoder: what
//! the random draw might miss, the first configurations fix by hand.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use weights::config::{Design, DesignFile, Target};
use weights::network::{AttentionShape, BitnetShape, Function, Network};
use weights::numeric::Radix;
use weights::packing::Packing;
use weights::sample;

/// A network, the design of its machine, and what the machine is told.
#[derive(Clone, Debug)]
pub struct MachineCase {
    /// What it is, in a line.
    pub name: String,
    /// The network.
    pub network: Network,
    /// The design.
    pub design: Design,
    /// Token ids of the prompt; fewer than the context.
    pub prompt: Vec<u32>,
    /// Predictions asked for.
    pub generate: usize,
}

/// How many cases there are.
pub const CASES: u64 = 48;

/// The case of an index below [`CASES`].
pub fn machine_case(index: u64) -> MachineCase {
    let mut random = ChaCha8Rng::seed_from_u64(0x5a1_0000 + index);
    let mut shape = random_shape(&mut random);
    let mut design = random_design(&mut random, index);
    match index {
        // One position: the attention sees nothing but itself.
        0 => shape.context = 1,
        // One head of two channels, one plane, one block.
        1 => {
            shape.attention =
                AttentionShape { heads: 1, key_value_heads: 1, head_width: 2, causal: true };
            shape.blocks = 1;
        }
        // Four query heads share one key head.
        2 => {
            shape.attention =
                AttentionShape { heads: 4, key_value_heads: 1, head_width: 6, causal: true };
        }
        // A context that fills its last tile, and one that does not.
        3 => shape.context = 16,
        4 => shape.context = 17,
        _ => {}
    }
    design.name = format!("machine-{index}");
    design.array.target = if index % 4 == 1 { Target::Ecp5 } else { Target::Portable };
    design.machine.context = shape.context;
    let network = sample::network_of(index + 1, &shape);
    let room = shape.context;
    let prompt_length = random.random_range(1..=room.min(5));
    let prompt =
        (0..prompt_length).map(|_| random.random_range(0..shape.vocabulary as u32)).collect();
    // Now and then more is asked for than the context holds.
    let generate = random.random_range(1..=(room - prompt_length + 2).min(7));
    let name = describe(&design, &shape);
    MachineCase { name, network, design, prompt, generate }
}

fn describe(design: &Design, shape: &BitnetShape) -> String {
    let array = &design.array;
    format!(
        "{}x{}x{} {:?} {:?} {:?}, V {}; width {}, hidden {}, {} blocks, heads {}/{} of {}, vocabulary {}, \
         context {}",
        array.lanes,
        array.slots,
        array.planes,
        array.radix,
        array.target,
        design.weight_store.packing,
        design.machine.elements,
        shape.width,
        shape.hidden,
        shape.blocks,
        shape.attention.heads,
        shape.attention.key_value_heads,
        shape.attention.head_width,
        shape.vocabulary,
        shape.context,
    )
}

fn random_shape(random: &mut ChaCha8Rng) -> BitnetShape {
    let key_value_heads = random.random_range(1..=3);
    BitnetShape {
        width: random.random_range(3..=40),
        hidden: random.random_range(3..=44),
        blocks: random.random_range(1..=3),
        attention: AttentionShape {
            heads: key_value_heads * random.random_range(1..=2),
            key_value_heads,
            head_width: 2 * random.random_range(1..=6),
            causal: true,
        },
        gate: Function::Silu,
        vocabulary: random.random_range(5..=70),
        context: random.random_range(2..=20),
        sub_norms: true,
        epsilon: [1e-20, 1e-6, 1e-3][random.random_range(0..3)],
        rotary_base: 10000.0,
        tied: random.random(),
        begin_token: Some(1),
        end_tokens: BTreeSet::new(),
    }
}

fn random_design(random: &mut ChaCha8Rng, index: u64) -> Design {
    let mut design = DesignFile::bundled().design;
    let elements = 2 << random.random_range(0..3);
    let array = &mut design.array;
    array.lanes = elements << random.random_range(0..2);
    array.slots = elements << random.random_range(0..2);
    array.planes = random.random_range(1..=8);
    array.radix = if index % 3 == 2 { Radix::Unary } else { Radix::Bitwise };
    array.acc_width = 24;
    let bits = match array.radix {
        Radix::Bitwise => array.planes as u32,
        // What one pass holds.
        Radix::Unary => random.random_range(1..=(array.planes as u32 + 1).ilog2()),
    };
    design.weight_store.packing = if random.random() { Packing::Base3 } else { Packing::TwoBit };
    let machine = &mut design.machine;
    machine.elements = elements;
    machine.value_width = random.random_range(18..=20);
    machine.key_value_digits = random.random_range(2..=5);
    machine.embedding_digits = random.random_range(2..=5);
    machine.attention_bits = bits;
    machine.head_bits = bits;
    design
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_a_network_that_fits_its_context() {
        for index in 0..CASES {
            let case = machine_case(index);
            assert!(case.network.check().is_ok(), "{}", case.name);
            assert!(case.prompt.len() <= case.network.context, "{}", case.name);
        }
    }
}
