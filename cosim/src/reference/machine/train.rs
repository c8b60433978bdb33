//! Trains as the train store keeps them.

use weights::numeric::Radix;
use weights::numeric::fixed_point::bit_length;

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
    /// Spikes in the radix of the machine.
    pub(super) spikes: u32,
    /// Σ |count|.
    pub(super) magnitude_sum: u32,
}

impl Train {
    /// The train of `counts`, padded to whole words.
    pub(super) fn new(mut counts: Vec<i16>, slots: usize, first: u32, radix: Radix) -> Train {
        counts.resize(counts.len().next_multiple_of(slots), 0);
        let words = counts.chunks_exact(slots).enumerate();
        let spiking = words.filter(|(_, word)| word.iter().any(|&count| count != 0));
        let columns = spiking.map(|(column, _)| column as u32).collect();
        let magnitudes = counts.iter().map(|count| u32::from(count.unsigned_abs()));
        let magnitude_sum = magnitudes.clone().sum();
        let (magnitude, spikes) = match radix {
            Radix::Bitwise => magnitudes.fold((0, 0), |(or, sum), magnitude| {
                (or | magnitude, sum + magnitude.count_ones())
            }),
            Radix::Unary => (magnitudes.max().unwrap_or(0), magnitude_sum),
        };
        Train { counts, first, columns, magnitude, spikes, magnitude_sum }
    }

    /// One count a channel.
    pub(super) fn counts(&self) -> &[i16] {
        &self.counts
    }

    /// Planes that it needs, at least one.
    pub(super) fn planes(&self, radix: Radix) -> u32 {
        match radix {
            Radix::Bitwise => bit_length(i64::from(self.magnitude)).max(1),
            Radix::Unary => self.magnitude.max(1),
        }
    }
}
