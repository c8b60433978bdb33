//! Lock-step: values of the reference against values of the RTL, and the first difference in words.

use firmware::tiling::Tiling;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Accumulated currents.
    Current,
    /// Spikes of the neurons.
    Spike,
}

/// Where two lists of vectors differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Values that were compared and equal.
    pub equal: u64,
    /// Values that differ, or that only one side has.
    pub different: u64,
    /// Token and channel of the first that differs.
    pub first: Option<(usize, usize)>,
}

/// Compares vector by vector, channel by channel.
pub fn compare(reference: &[Vec<i64>], rtl: &[Vec<i64>]) -> Comparison {
    let mut result = Comparison::default();
    for token in 0..reference.len().max(rtl.len()) {
        let expected = reference.get(token).map_or(&[][..], Vec::as_slice);
        let actual = rtl.get(token).map_or(&[][..], Vec::as_slice);
        for channel in 0..expected.len().max(actual.len()) {
            if expected.get(channel).is_some() && expected.get(channel) == actual.get(channel) {
                result.equal += 1;
            } else {
                result.different += 1;
                result.first.get_or_insert((token, channel));
            }
        }
    }
    result
}

/// One value that differs, with all that is needed to find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which token of the run.
    pub token: usize,
    /// Place of the matrix in the order of execution.
    pub matrix_index: usize,
    /// Name of the matrix.
    pub matrix: String,
    /// Current or spike.
    pub quantity: Quantity,
    /// Row of the matrix.
    pub channel: usize,
    /// Rows of the matrix.
    pub channels: usize,
    /// What it must be.
    pub reference: i64,
    /// What the RTL yields.
    pub rtl: i64,
    /// Row tile that computes it.
    pub row_tile: usize,
    /// Rows of that tile.
    pub rows: Range<usize>,
    /// Words of the weight memory that it reads; none where the weights are wires.
    pub words: Range<usize>,
    /// Cycle of the simulation in which the vector's last value left.
    pub cycle: u64,
}

/// Cycles of the waveform before and after the cycle of a difference.
const WINDOW: (u64, u64) = (200, 20);

impl Difference {
    /// Places a channel on the tiles of its matrix.
    pub fn tile(tiling: &Tiling, channel: usize) -> (usize, Range<usize>, Range<usize>) {
        let row_tile = channel / tiling.lanes;
        let first = row_tile * tiling.column_tiles;
        (row_tile, tiling.tile_rows(row_tile), first..first + tiling.column_tiles)
    }

    /// The order in which differences are looked at: the run's own.
    pub fn order(&self) -> (usize, usize, Quantity, usize) {
        (self.token, self.matrix_index, self.quantity, self.channel)
    }

    /// The cycles worth a look in a waveform.
    pub fn window(&self) -> (u64, u64) {
        (self.cycle.saturating_sub(WINDOW.0), self.cycle + WINDOW.1)
    }

    /// The options that replay it with a waveform, after `spikewright cosim` and those of the run.
    pub fn replay(&self) -> String {
        let (from, to) = self.window();
        format!(
            "--matrix {} --token {} --trace wave.vcd --from {from} --to {to}",
            self.matrix, self.token
        )
    }

    /// The message, with the command that replays it.
    pub fn explain(&self, replay: &str) -> String {
        let Difference { token, matrix, channel, channels, reference, rtl, .. } = self;
        let quantity = match self.quantity {
            Quantity::Current => "current",
            Quantity::Spike => "spike",
        };
        let difference = Signed(i128::from(*rtl) - i128::from(*reference));
        let (rows, words) = (&self.rows, &self.words);
        let weights = match words.is_empty() {
            true => "weights as wires".to_owned(),
            false => format!("weight words {}..{}", words.start, words.end),
        };
        format!(
            "mismatch at token {token}, {matrix}, {quantity} of channel {channel} of {channels}\n  \
             reference   {reference:<8} rtl  {rtl:<8} difference {difference}\n  \
             program     {:#06x}   dot {matrix} rows {}..{}, {weights}\n  \
             cycle       {:<8} replay  {replay}",
            words.start, rows.start, rows.end, self.cycle
        )
    }
}

/// A number, and the power of two that it is: a wrong bit names itself.
struct Signed(i128);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        write!(f, "{}", self.0)?;
        if magnitude.is_power_of_two() {
            let sign = if self.0 < 0 { "-" } else { "" };
            write!(f, " = {sign}2^{}", magnitude.trailing_zeros())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(reference: i64, rtl: i64) -> Difference {
        let tiling = Tiling::new(256, 128, 16, 64).unwrap();
        let (row_tile, rows, words) = Difference::tile(&tiling, 17);
        Difference {
            token: 3,
            matrix_index: 12,
            matrix: "blocks.1.ffn.up".into(),
            quantity: Quantity::Current,
            channel: 17,
            channels: 256,
            reference,
            rtl,
            row_tile,
            rows,
            words,
            cycle: 20431,
        }
    }

    #[test]
    fn the_first_difference_explains_itself() {
        let difference = difference(412, -612);
        let replay = format!("spikewright cosim tiny.toml {}", difference.replay());
        assert_eq!(
            difference.explain(&replay),
            "mismatch at token 3, blocks.1.ffn.up, current of channel 17 of 256\n  \
             reference   412      rtl  -612     difference -1024 = -2^10\n  \
             program     0x0002   dot blocks.1.ffn.up rows 16..32, weight words 2..4\n  \
             cycle       20431    replay  spikewright cosim tiny.toml --matrix blocks.1.ffn.up \
             --token 3 --trace wave.vcd --from 20231 --to 20451"
        );
    }

    #[test]
    fn only_powers_of_two_are_named() {
        let text = |reference, rtl| difference(reference, rtl).explain("");
        assert!(text(0, 3).contains("difference 3\n"));
        assert!(text(0, 1).contains("difference 1 = 2^0\n"));
        assert!(text(i64::MIN, i64::MAX).contains("difference 18446744073709551615\n"));
    }

    #[test]
    fn missing_values_differ() {
        let comparison = compare(&[vec![1, 2], vec![3]], &[vec![1, 5]]);
        assert_eq!(comparison, Comparison { equal: 1, different: 2, first: Some((0, 1)) });
        assert_eq!(compare(&[vec![1]], &[vec![1, 2]]).first, Some((0, 1)));
        assert_eq!(compare(&[vec![7]], &[vec![7]]).different, 0);
    }
}
