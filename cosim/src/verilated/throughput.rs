//! One loop in two languages: what does driving a model from Rust cost?

use hdl::simulation::{Direction, PortIndex, Simulation};

use super::shim::mask_of;

/// Drives random inputs for `cycles` ticks and folds all outputs into a checksum.
///
/// Every input gets new random bits before each tick, every output is read after it. The same loop
/// stands in the shim as [`bare_loop`](super::VerilatedModel::bare_loop): for the same seed and a
/// fresh simulation the checksums are equal, and the two times can be compared. The seed must not
/// be zero.
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
    let mut random = seed;
    let mut sum = 0_u64;
    for _ in 0..cycles {
        for &(port, count, mask) in &inputs {
            for word in &mut words[..count] {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                *word = random;
            }
            words[count - 1] &= mask;
            simulation.write(port, &words[..count]);
        }
        simulation.tick();
        for &(port, count, _) in &outputs {
            simulation.read(port, &mut words[..count]);
            for word in &words[..count] {
                sum = sum.rotate_left(5) ^ word;
            }
        }
    }
    sum
}
