//! One loop in two languages: what does driving a model from Rust cost?

use hdl::language::simulation::{Direction, PortIndex, Simulation};

use super::shim::mask_of;

/// Drives random inputs for `cycles` ticks and folds all outputs into a checksum.
///
/// Every input gets new random bits before each tick, every output is read after it. The same loop
/// stands in the shim as [`bare_loop`](super::VerilatedModel::bare_loop): for the same seed and a
/// fresh simulation the checksums are equal, and the two times can be compared.
pub fn drive<S: Simulation>(simulation: &mut S, cycles: u64, seed: u64) -> u64 {
    let mut inputs = Vec::new();
    let mut outputs = Vec::new();
    let mut words_max = 1;
    for (index, port) in simulation.ports().iter().enumerate() {
        words_max = words_max.max(port.ty.words());
        let list = match port.direction {
            Direction::Input => &mut inputs,
            Direction::Output => &mut outputs,
        };
        let words = port.ty.words();
        let mask = mask_of(port.ty.width - 64 * (words as u32 - 1));
        list.push((PortIndex(index), words, mask));
    }
    let mut words = vec![0; words_max];
    let mut state = seed;
    let mut sum = 0_u64;
    for _ in 0..cycles {
        for &(port, count, mask) in &inputs {
            // As a harness writes its ports: the usual sizes with a length that the compiler sees.
            match count {
                1 => simulation.write(port, &[next(&mut state) & mask]),
                2 => {
                    let low = next(&mut state);
                    simulation.write(port, &[low, next(&mut state) & mask]);
                }
                _ => {
                    words[..count].fill_with(|| next(&mut state));
                    words[count - 1] &= mask;
                    simulation.write(port, &words[..count]);
                }
            }
        }
        simulation.tick();
        for &(port, count, _) in &outputs {
            if count == 1 {
                sum = sum.rotate_left(5) ^ simulation.read_u64(port);
                continue;
            }
            simulation.read(port, &mut words[..count]);
            for word in &words[..count] {
                sum = sum.rotate_left(5) ^ word;
            }
        }
    }
    sum
}

/// The generator of the shim, where it is explained.
#[inline]
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let random = (*state ^ (*state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    random ^ (random >> 32)
}
