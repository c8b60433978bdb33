//! The key and value store: every trit comes back where the array looks for it.

mod support;

use hdl::blocks::memory::key_value_store::{KeyValueStore, READ_CYCLES};
use std::collections::BTreeMap;
use support::{Bench, Random};
use weights::numeric::{Trit, offset_bits};

const SHAPES: [(u32, u32, u32, u32); 5] =
    [(2, 2, 2, 3), (4, 8, 5, 12), (8, 4, 16, 7), (16, 2, 3, 2), (2, 16, 33, 100)];

/// Trits by (word, position in the word).
type Kept = BTreeMap<(u64, u32), Vec<Trit>>;

struct StoreBench {
    bench: Bench,
    store: KeyValueStore,
    keys: Kept,
    values: Kept,
}

impl StoreBench {
    fn new(store: KeyValueStore) -> StoreBench {
        let bench = Bench::new(&store.module());
        assert_eq!(bench.latency, READ_CYCLES as usize);
        StoreBench { bench, store, keys: Kept::new(), values: Kept::new() }
    }

    /// Sets up a write of random trits, and keeps in mind what it will change.
    fn write(&mut self, random: &mut Random, values: bool, address: u64, position: u32) {
        let KeyValueStore { lanes, slots, .. } = self.store;
        let longest = lanes.max(slots);
        let trits: Vec<Trit> = (0..longest).map(|_| random.trit()).collect();
        self.bench.set("write_i", 1);
        self.bench.set("values_i", values.into());
        self.bench.set("write_address_i", address);
        self.bench.set("position_i", position.into());
        self.bench.set_bits("high_i", trits.iter().map(|&trit| offset_bits(trit).0));
        self.bench.set_bits("low_i", trits.iter().map(|&trit| offset_bits(trit).1));
        let (kept, positions, channels) = match values {
            false => (&mut self.keys, lanes, slots),
            true => (&mut self.values, slots, lanes),
        };
        kept.insert((address, position % positions), trits[..channels as usize].to_vec());
    }

    /// Compares what was ever written to the word that was read.
    fn compare(&self, values: bool, address: u64, what: &str) {
        let name = if values { "value" } else { "key" };
        let high = self.bench.bits(&format!("{name}_high_o"));
        let low = self.bench.bits(&format!("{name}_low_o"));
        let kept = if values { &self.values } else { &self.keys };
        for (&(_, position), trits) in kept.range((address, 0)..(address + 1, 0)) {
            for (channel, &trit) in trits.iter().enumerate() {
                let (lane, slot) = match values {
                    false => (position as usize, channel),
                    true => (channel, position as usize),
                };
                let index = lane * self.store.slots as usize + slot;
                let found = (high[index], low[index]);
                let place = format!("{what}: {name} word {address}, position {position}");
                assert_eq!(found, offset_bits(trit), "{place}, channel {channel}");
            }
        }
    }
}

/// Reads of both halves every cycle among writes to other words; a pause holds what was read.
#[test]
fn trits_come_back() {
    for (index, (lanes, slots, key_depth, value_depth)) in SHAPES.into_iter().enumerate() {
        let mut random = Random(index as u64);
        let store = KeyValueStore { lanes, slots, key_depth, value_depth };
        let mut bench = StoreBench::new(store);
        let what = format!("{lanes}x{slots}");
        let depths = [key_depth, value_depth].map(u64::from);
        for (values, depth, positions) in [(false, depths[0], lanes), (true, depths[1], slots)] {
            for place in 0..depth * u64::from(positions) {
                let position = (place % u64::from(positions)) as u32;
                bench.write(&mut random, values, place / u64::from(positions), position);
                bench.bench.tick();
            }
        }
        let mut reads: Vec<[u64; 2]> = vec![];
        for _ in 0..2000 {
            let addresses = depths.map(|depth| random.below(depth));
            let pauses = random.once_in(4);
            for (name, address) in ["key", "value"].into_iter().zip(addresses) {
                bench.bench.set(&format!("{name}_read_i"), u64::from(!pauses));
                bench.bench.set(&format!("{name}_address_i"), address);
            }
            bench.bench.set("write_i", 0);
            let snapshot = match (pauses, reads.last()) {
                (true, Some(&held)) => held,
                _ => addresses,
            };
            let half = random.below(2) as usize;
            let address = random.below(depths[half]);
            // Words on their way to the outputs are compared before they change again.
            let busy = address == snapshot[half]
                || address == addresses[half]
                || reads.last().is_some_and(|read| read[half] == address);
            if !busy && !random.once_in(3) {
                let position = random.below(lanes.max(slots).into()) as u32;
                bench.write(&mut random, half == 1, address, position);
            }
            bench.bench.tick();
            if let Some(&read) = reads.last() {
                bench.compare(false, read[0], &what);
                bench.compare(true, read[1], &what);
            }
            if !(pauses && reads.is_empty()) {
                reads.push(snapshot);
            }
        }
    }
}
