//! The file that a host loads into the machine, `2-weights.bin`. All numbers are little-endian,
//! 32 bits.
//!
//! | offset | words | meaning |
//! |---|---|---|
//! | 0 | 2 | the letters `SPIKEMCH` |
//! | 8 | 1 | version of this layout: 1 |
//! | 12 | 1 | packing: 0 `two_bit`, 1 `base3` |
//! | 16 | 4 | lanes, slots, elements, bits of a value |
//! | 32 | 1 | 32-bit banks of one word of the weight store |
//! | 36 | 3 | banks of weights, words of the program, constants that follow |
//! | 48 | … | weights bank by bank, the program eleven words an instruction, constants as 32 bits |

use firmware::image::MachineImage;
use firmware::machine::MachineParameters;
use weights::packing::Packing;

const MAGIC: &[u8; 8] = b"SPIKEMCH";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 48;

/// The bytes of `2-weights.bin`.
pub fn program_file(machine: &MachineParameters, image: &MachineImage) -> Vec<u8> {
    let program: Vec<u32> = image.program.iter().flatten().copied().collect();
    let header = [
        VERSION,
        u32::from(machine.packing == Packing::Base3),
        machine.lanes,
        machine.slots,
        machine.elements,
        machine.value_width,
        machine.banks() as u32,
        image.weights.len() as u32,
        program.len() as u32,
        image.constants.len() as u32,
    ];
    let mut bytes = MAGIC.to_vec();
    let mut put = |word: u32| bytes.extend_from_slice(&word.to_le_bytes());
    header.into_iter().for_each(&mut put);
    image.weights.iter().copied().for_each(&mut put);
    program.into_iter().for_each(&mut put);
    image.constants.iter().for_each(|&value| put(value as u32));
    debug_assert!(bytes.len() >= HEADER_BYTES, "the header is as documented");
    bytes
}
