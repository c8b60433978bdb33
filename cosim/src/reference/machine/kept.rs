//! Kept keys and values: where they lie, and what they are.

/// The words of one head of keys or values in their store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// First word.
    pub(super) base: u32,
    /// Channels of the head, padding included.
    pub(super) channels: usize,
    /// Words of one digit of one tile.
    pub(super) columns: u32,
    /// Words in all.
    pub(super) words: u32,
}

/// What one region holds, as integers: channel by channel, `context` positions each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    context: usize,
    values: Vec<i16>,
}

impl Kept {
    pub(super) fn new(channels: usize, context: usize) -> Kept {
        Kept { context, values: vec![0; channels * context] }
    }

    /// The first `positions` of one channel.
    pub(super) fn channel(&self, channel: usize, positions: usize) -> &[i16] {
        &self.values[channel * self.context..][..positions]
    }

    pub(super) fn put(&mut self, channel: usize, position: usize, value: i64) {
        let value = i16::try_from(value).expect("seven balanced digits fit 16 bits");
        self.values[channel * self.context + position] = value;
    }
}
