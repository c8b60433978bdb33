//! The exact time of vectors on a `layer_engine`, in every form: a recurrence over tiles.
//!
//! ```text
//!  receive   │ vector 0 │ vector 1 │      │ vector 2 │       a half of the buffer must be free
//!  array                │ tile 0 │ tile 1 │ tile 0 │ …        an entry a cycle; the last waits for room
//!  results                       │ groups │ groups │ …        a group of rows a cycle
//! ```
//!
//! An entry is what costs the array a cycle. Per pass of planes these are
//!
//! | form | entries | cycles to receive |
//! |---|---|---|
//! | dense | ceil(columns / slots), or those with a spike if empty ones are skipped | as many beats |
//! | event | columns that spike, at least 1 | Σ over beats of max(1, columns that spike) |
//! | baked | 1 | 1 |
//!
//! so with `row_tiles` = ceil(rows / lanes) the array takes `row_tiles · entries` cycles a vector, and
//! of the baked form `entry_cycles` for each entry, a cycle for each bit of its widest sum.
//! A unary train of events needs only one entry for a whole silent vector, not one a pass.
//!
//! The recurrence holds while both streams never wait.

use crate::engine::EngineParameters;
use crate::tiling::Tiling;
use serde::Serialize;
use weights::config::Form;
use weights::numeric::{Radix, Trit};

/// What one vector costs, whatever went before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VectorLoad {
    /// Cycles to receive it.
    pub receive: u64,
    /// Entries that the array takes in each row tile.
    pub entries: u64,
}

/// Latencies of the generated hardware, in cycles, and the tiles that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FormTiming {
    /// From the first beat to the first cycle in which an entry is stored.
    pub receive_latency: u64,
    /// From a tile's last entry to the cycle in which its first rows can leave.
    pub sums_latency: u64,
    /// From there to their beat of results.
    pub drain_latency: u64,
    /// Groups of rows that must pass before the next vector's first.
    pub group_spacing: u64,
    /// From one entry to the next, at least.
    pub entry_cycles: u64,
    /// Tiles of sums that wait or are on their way, at most.
    pub tiles_held: usize,
}

impl VectorLoad {
    /// The load of a train: planes of one trit a column, first plane first.
    pub fn new(engine: &EngineParameters, train: &[Vec<Trit>]) -> VectorLoad {
        let columns = train.first().map_or(0, Vec::len);
        let spikes = |pass: &[Vec<Trit>], column: usize| pass.iter().any(|row| row[column] != 0);
        // The last pass is full; the first holds what is left.
        let passes = train.rchunks(engine.planes).map(|pass| {
            let beats: Vec<u64> = (0..columns)
                .step_by(engine.slots)
                .map(|first| {
                    let beat = first..(first + engine.slots).min(columns);
                    beat.filter(|&column| spikes(pass, column)).count() as u64
                })
                .collect();
            beats
        });
        let (mut receive, mut entries) = (0, 0);
        for beats in passes {
            let events: u64 = beats.iter().sum();
            let kept = beats.iter().skip(1).filter(|&&events| events > 0).count() as u64 + 1;
            let (arrive, cost) = match engine.form {
                Form::Event if engine.radix == Radix::Unary => (busy(&beats), events),
                Form::Event => (busy(&beats), events.max(1)),
                Form::Dense if engine.skip_empty => (beats.len() as u64, kept),
                Form::Dense | Form::Baked => (beats.len() as u64, beats.len() as u64),
            };
            receive += arrive;
            entries += cost;
        }
        VectorLoad { receive, entries: entries.max(1) }
    }
}

/// Cycles from one entry of a matrix to the next, at least: of the baked form the bits of its widest
/// sum, which leave one a cycle.
pub fn entry_cycles(engine: &EngineParameters, trits: &[Trit], columns: usize) -> u64 {
    if engine.form != Form::Baked {
        return 1;
    }
    let weights = |row: &[Trit]| row.iter().filter(|&&trit| trit != 0).count() as u64;
    let weights_max = trits.chunks(columns).map(weights).max().unwrap_or(0).max(1);
    let magnitude_width = match engine.radix {
        Radix::Bitwise => engine.planes as u64,
        Radix::Unary => u64::from(usize::BITS - engine.planes.leading_zeros()),
    };
    magnitude_width + 1 + u64::from(u64::BITS - (weights_max - 1).leading_zeros())
}

/// Cycles that the event finder needs for the beats of a pass.
fn busy(beats: &[u64]) -> u64 {
    beats.iter().map(|&events| events.max(1)).sum()
}

/// Cycles from the first beat of all to the last result of each vector, both included.
pub fn vector_ends(
    engine: &EngineParameters,
    tiling: &Tiling,
    loads: &[VectorLoad],
    timing: &FormTiming,
) -> Vec<u64> {
    let groups = |tile: usize| tiling.tile_rows(tile).len().div_ceil(engine.neurons) as u64;
    let vector_groups: u64 = (0..tiling.row_tiles).map(groups).sum();
    let spacing = (timing.group_spacing + 1).saturating_sub(vector_groups);
    let (mut receive, mut step, mut leave) = (timing.receive_latency, 0, 0);
    let (mut read, mut left, mut ends) = (vec![], Vec::<u64>::new(), vec![]);
    for (vector, load) in loads.iter().enumerate() {
        // Two halves: this vector's must have been read.
        let free = vector.checked_sub(2).map_or(0, |before: usize| read[before] + 1);
        receive = receive.max(free) + load.receive;
        step = step.max(receive);
        let mut last = step;
        for tile in 0..tiling.row_tiles {
            let room = left.len().checked_sub(timing.tiles_held).map_or(0, |held| left[held] + 1);
            last = (step + (load.entries - 1) * timing.entry_cycles).max(room);
            step = last + timing.entry_cycles;
            leave = leave.max(last + timing.sums_latency) + groups(tile);
            left.push(leave - 1);
        }
        read.push(last);
        ends.push(leave + timing.drain_latency);
        leave += spacing;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::sample;

    fn load(form: Form, radix: Radix, train: &[Vec<Trit>]) -> (u64, u64) {
        let engine = EngineParameters { form, radix, slots: 2, planes: 2, ..sample() };
        let load = VectorLoad::new(&engine, train);
        (load.receive, load.entries)
    }

    #[test]
    fn silent_columns_cost_events_nothing() {
        // Three planes: the first pass holds the first alone.
        let train = [vec![0, 0, 0, 0, 0], vec![1, 0, 0, 0, 0], vec![-1, 0, 1, 1, 0]];
        assert_eq!(load(Form::Dense, Radix::Bitwise, &train), (6, 6));
        assert_eq!(load(Form::Event, Radix::Bitwise, &train), (3 + 4, 1 + 3));
        assert_eq!(load(Form::Event, Radix::Unary, &train), (3 + 4, 3));
        assert_eq!(load(Form::Event, Radix::Unary, &train[..1]), (3, 1));
    }

    #[test]
    fn the_slowest_part_sets_the_pace() {
        let engine = EngineParameters { lanes: 4, neurons: 2, ..sample() };
        let timing = FormTiming {
            receive_latency: 0,
            sums_latency: 5,
            drain_latency: 3,
            group_spacing: 1,
            entry_cycles: 1,
            tiles_held: 4,
        };
        let tiling = Tiling::new(8, 20, 4, 5).unwrap();
        let ends = |entries| {
            let loads = [VectorLoad { receive: entries, entries }; 6];
            let ends = vector_ends(&engine, &tiling, &loads, &timing);
            (ends[0], ends[5] - ends[4])
        };
        // Receive, two tiles of entries, five from the last to the sums, two groups, three to leave.
        assert_eq!(ends(10), (10 + 20 - 1 + 5 + 2 + 3, 20));
        assert_eq!(ends(1).1, 4, "results leave two groups a tile");
    }
}
