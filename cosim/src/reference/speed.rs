//! How fast the kernel is, next to the loop that anyone would write first.

use super::{PackedMatrix, PackedTrain, Trace, naive_currents};
use std::hint::black_box;
use std::time::{Duration, Instant};
use weights::network::{DigitMatrix, Network, Operation};

/// Synapses per second on one thread, over the same vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelSpeed {
    /// The bit-packed kernel, packing of the counts included.
    pub packed: f64,
    /// One multiplication a synapse.
    pub naive: f64,
}

/// Measures both over the vectors of `trace`, again and again for about `time` each.
///
/// # Panics
/// If the trace is empty or of another network.
pub fn kernel_speed(network: &Network, trace: &Trace, time: Duration) -> KernelSpeed {
    assert!(trace.vector_count() > 0, "speed needs vectors");
    let matrices: Vec<_> = network.ternary_matrices().collect();
    let packed: Vec<_> = matrices.iter().map(|matrix| PackedMatrix::new(matrix)).collect();
    let synapses: usize = matrices
        .iter()
        .zip(&trace.matrices)
        .map(|(matrix, records)| matrix.trits.len() * records.len())
        .sum();
    let measure = |run: &dyn Fn(usize, &[i32])| {
        let (begin, mut passes) = (Instant::now(), 0usize);
        while passes == 0 || begin.elapsed() < time {
            for (index, records) in trace.matrices.iter().enumerate() {
                records.iter().for_each(|record| run(index, &record.counts));
            }
            passes += 1;
        }
        (synapses * passes) as f64 / begin.elapsed().as_secs_f64()
    };
    KernelSpeed {
        packed: measure(&|index, counts| {
            black_box(packed[index].currents(&PackedTrain::new(counts)));
        }),
        naive: measure(&|index, counts| {
            black_box(naive_currents(matrices[index], counts));
        }),
    }
}

/// The products of a matrix of digits, one multiplication a synapse.
fn naive_sums(matrix: &DigitMatrix, counts: &[i32]) -> Vec<i64> {
    let dot = |row: usize| {
        let products = matrix.row(row).iter().zip(counts);
        products.map(|(&value, &count)| i64::from(value) * i64::from(count)).sum()
    };
    (0..matrix.rows).map(dot).collect()
}

/// Tokens per second of a loop of one multiplication a synapse over all matrices of trits or digits,
/// on every thread of the pool, for about `time`: nothing else of a token is computed.
pub fn naive_tokens_per_second(network: &Network, time: Duration) -> f64 {
    let matrices: Vec<_> = network.ternary_matrices().collect();
    let digits = network.operations.iter().filter_map(|operation| match operation {
        Operation::DigitLinear { matrix, .. } => Some(matrix),
        _ => None,
    });
    let digits: Vec<&DigitMatrix> = digits.collect();
    let columns = matrices.iter().map(|matrix| matrix.columns);
    let columns = columns.chain(digits.iter().map(|matrix| matrix.columns)).max().unwrap_or(0);
    let counts: Vec<i32> = (0..columns as i32).map(|column| column * 5 % 13 - 6).collect();
    let tokens = rayon::broadcast(|_| {
        let (begin, mut tokens) = (Instant::now(), 0usize);
        while tokens == 0 || begin.elapsed() < time {
            for matrix in &matrices {
                black_box(naive_currents(matrix, black_box(&counts[..matrix.columns])));
            }
            for matrix in &digits {
                black_box(naive_sums(matrix, black_box(&counts[..matrix.columns])));
            }
            tokens += 1;
        }
        tokens as f64 / begin.elapsed().as_secs_f64()
    });
    tokens.into_iter().sum()
}
