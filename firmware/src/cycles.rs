//! The cycle model of `layer_engine`: how long one vector takes, as a formula.
//!
//! ```text
//!  receive   │ entries │
//!  array               │fill│ tile 0 │ tile 1 │stall│ tile 2 │
//!  results                           │ beats 0     │ beats 1 │ │ beats 2 │drain│
//! ```
//!
//! With `entries` = passes × column tiles, and `beats[t]` = ceil(rows of tile t / neurons):
//!
//! ```text
//!  receive = entries                                     one beat a cycle
//!  array   = row_tiles · entries                         one entry a cycle
//!  stall   = Σ max(0, beats[t] − entries), t < last      the next tile's sums wait for a free output
//!  tail    = beats[last]                                 the last tile's results
//!  total   = receive + fill + array + (row_tiles − 1) · tile + stall + tail + drain
//! ```
//!
//! When vectors follow without a gap, the next one starts `fill + array + tile latencies + stall`
//! after this one, plus `receive` if there is only one spike buffer, plus what the last tile's
//! results still hold up.
//!
//! `fill`, `tile` and `drain` are latencies of the generated hardware, so the hardware supplies them
//! as [`EngineLatency`]. The formula assumes that both streams never wait; what they wait for in
//! practice stands in the counters.

use crate::engine::EngineParameters;
use crate::stream::ResultLayout;
use crate::tiling::Tiling;
use serde::Serialize;

/// Latencies of the generated hardware, in cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EngineLatency {
    /// From the last beat received to the first entry in the array.
    pub fill_cycles: u64,
    /// Between the last entry of a row tile and the first of the next.
    pub tile_cycles: u64,
    /// From the last entry in the array to the first result, where nothing stalls.
    pub drain_cycles: u64,
    /// Whether the next frame is received while the array works on this one.
    pub overlaps_receive: bool,
}

/// The cycles of one vector, by cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VectorCycles {
    /// Beats that arrive.
    pub receive: u64,
    /// Entries that the array takes.
    pub array: u64,
    /// The array waits for results to leave.
    pub stall: u64,
    /// Results of the last row tile leave.
    pub tail: u64,
    /// Latencies: fill, between row tiles, drain.
    pub latency: u64,
    /// All of the above: from the first beat received to the last result sent.
    pub total: u64,
    /// From one vector to the next when they follow without a gap.
    pub interval: u64,
}

impl VectorCycles {
    /// From the first beat of the first vector to the last result of the last.
    pub const fn of_vectors(&self, vectors: u64) -> u64 {
        match vectors {
            0 => 0,
            _ => self.total + (vectors - 1) * self.interval,
        }
    }

    /// Part of the time between vectors in which the array works: 0 to 1.
    pub fn array_utilisation(&self) -> f64 {
        self.array as f64 / self.interval as f64
    }
}

/// Predicts the cycles of one vector of `plane_count` planes.
pub fn vector_cycles(
    engine: &EngineParameters,
    tiling: &Tiling,
    plane_count: usize,
    latency: &EngineLatency,
) -> VectorCycles {
    let entries = tiling.entries(plane_count, engine.planes) as u64;
    let row_tiles = tiling.row_tiles as u64;
    let full_beats = (engine.lanes / engine.neurons) as u64;
    let tail = ResultLayout::new(tiling, engine).beats() as u64 - (row_tiles - 1) * full_beats;
    let array = row_tiles * entries;
    let stall = (row_tiles - 1) * full_beats.saturating_sub(entries);
    let between_tiles = (row_tiles - 1) * latency.tile_cycles;
    let fixed = latency.fill_cycles + between_tiles + latency.drain_cycles;
    let total = entries + fixed + array + stall + tail;
    // With one spike buffer the next frame is received after the array, while the last results
    // leave; what is left of them then delays the end of the next vector's first row tile.
    let array_work = latency.fill_cycles + array + between_tiles + stall;
    let interval = match latency.overlaps_receive {
        true => array_work + tail.saturating_sub(entries),
        false => entries + array_work + tail.saturating_sub(2 * entries),
    };
    VectorCycles { receive: entries, array, stall, tail, latency: fixed, total, interval }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::sample;

    const LATENCY: EngineLatency =
        EngineLatency { fill_cycles: 2, tile_cycles: 1, drain_cycles: 5, overlaps_receive: false };

    /// The module's formula, read literally.
    fn total(tiling: &Tiling, entries: u64, neurons: usize) -> u64 {
        let beats: Vec<u64> = (0..tiling.row_tiles)
            .map(|tile| tiling.tile_rows(tile).len().div_ceil(neurons) as u64)
            .collect();
        let (last, others) = beats.split_last().unwrap();
        let stall: u64 = others.iter().map(|beats| beats.saturating_sub(entries)).sum();
        let tiles = tiling.row_tiles as u64;
        entries + 2 + tiles * entries + (tiles - 1) + stall + last + 5
    }

    #[test]
    fn the_sum_equals_the_formula() {
        for (rows, columns, plane_count) in
            [(1, 1, 1), (16, 40, 5), (13, 5, 1), (4, 6, 2), (9, 5, 1)]
        {
            for neurons in [1, 2, 4] {
                let engine = EngineParameters { neurons, ..sample() };
                let tiling = Tiling::new(rows, columns, 4, 5).unwrap();
                let cycles = vector_cycles(&engine, &tiling, plane_count, &LATENCY);
                let entries = tiling.entries(plane_count, engine.planes) as u64;
                assert_eq!(cycles.total, total(&tiling, entries, neurons));
                let VectorCycles { receive, array, stall, tail, latency, .. } = cycles;
                assert_eq!(cycles.total, receive + array + stall + tail + latency);
                assert_eq!(cycles.of_vectors(3), cycles.total + 2 * cycles.interval);
                assert_eq!(cycles.of_vectors(0), 0);
            }
        }
    }

    #[test]
    fn overlapping_hides_the_receiving() {
        let tiling = Tiling::new(16, 40, 4, 5).unwrap();
        let overlapped = EngineLatency { overlaps_receive: true, ..LATENCY };
        let alone = vector_cycles(&sample(), &tiling, 5, &LATENCY);
        let together = vector_cycles(&sample(), &tiling, 5, &overlapped);
        assert_eq!(alone.total, together.total);
        assert_eq!(alone.interval - together.interval, 24);
        assert!(together.array_utilisation() > 0.94);
    }
}
