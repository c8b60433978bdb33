//! Trains as the train store keeps them.

use super::TrainCost;
use weights::numeric::Radix;

/// One train: its counts, and what its descriptor says.
#[derive(Clone, Debug, Default)]
pub(super) struct Train {
    /// One a channel, whole words of `slots`.
    counts: Vec<i16>,
    /// First word in the train store.
    pub(super) first: u32,
    /// Columns of the words that hold a spike, ascending.
    pub(super) columns: Vec<u32>,
    /// The or (bitwise) or the maximum (unary) of the magnitudes.
    pub(super) magnitude: u32,
    pub(super) bitwise: TrainCost,
    pub(super) unary: TrainCost,
}

impl Train {
    /// The train of `counts`, padded to whole words.
    pub(super) fn new(mut counts: Vec<i16>, slots: usize, first: u32, radix: Radix) -> Train {
        counts.resize(counts.len().next_multiple_of(slots), 0);
        let words = counts.chunks_exact(slots).enumerate();
        let spiking = words.filter(|(_, word)| word.iter().any(|&count| count != 0));
        let columns = spiking.map(|(column, _)| column as u32).collect();
        let magnitudes = counts.iter().map(|count| u32::from(count.unsigned_abs()));
        let magnitude = match radix {
            Radix::Bitwise => magnitudes.fold(0, |or, magnitude| or | magnitude),
            Radix::Unary => magnitudes.max().unwrap_or(0),
        };
        let bitwise = TrainCost::of(&counts, Radix::Bitwise);
        let unary = TrainCost::of(&counts, Radix::Unary);
        Train { counts, first, columns, magnitude, bitwise, unary }
    }

    /// One count a channel.
    pub(super) fn counts(&self) -> &[i16] {
        &self.counts
    }
}
