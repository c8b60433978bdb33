//! `result_queue` hands tiles on group by group, and never loses or reorders one.

mod support;

use hdl::blocks::result_queue::ResultQueue;
use std::collections::VecDeque;
use support::{Bench, Random};

/// A group of rows as a reader sees it; rows that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    rows: Vec<u64>,
    keep: u64,
    last: bool,
}

/// A tile on its way.
#[derive(Clone)]
struct Tile {
    sums: Vec<u64>,
    rows: usize,
    last: bool,
}

impl Tile {
    fn random(queue: &ResultQueue, random: &mut Random) -> Tile {
        let sums = (0..queue.lanes).map(|_| random.below(1 << queue.acc_width)).collect();
        let last = random.once_in(3);
        let full = !last || random.once_in(2);
        let rows = if full { queue.lanes.into() } else { 1 + random.below(queue.lanes.into()) };
        Tile { sums, rows: rows as usize, last }
    }

    fn groups(&self, neurons: usize) -> Vec<Group> {
        let existing = &self.sums[..self.rows];
        let count = existing.chunks(neurons).len();
        let group = |(index, rows): (usize, &[u64])| Group {
            rows: rows.to_vec(),
            keep: (1 << rows.len()) - 1,
            last: self.last && index + 1 == count,
        };
        existing.chunks(neurons).enumerate().map(group).collect()
    }
}

fn group(bench: &Bench, queue: &ResultQueue) -> Group {
    let (bits, keep) = (bench.bits("rows_o"), bench.get("keep_o"));
    let width = queue.acc_width as usize;
    let value = |bits: &[bool]| bits.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit));
    let rows = bits.chunks(width).take(keep.count_ones() as usize).map(value).collect();
    Group { rows, keep, last: bench.is("last_o") }
}

/// Tiles are noted when there is room, arrive later, and are taken with pauses: every group comes
/// out once, in order, with the rows that exist and the mark of a vector's end.
#[test]
fn random_tiles() {
    for (lanes, neurons, acc_width, depth) in
        [(1, 1, 4, 2), (4, 2, 8, 4), (4, 4, 5, 2), (6, 1, 7, 8), (9, 3, 20, 4), (10, 5, 13, 16)]
    {
        let queue = ResultQueue { lanes, neurons, acc_width, depth };
        let mut bench = Bench::new(&queue.module());
        let mut random = Random(lanes.into());
        let mut on_the_way: VecDeque<Tile> = VecDeque::new();
        let (mut expected, mut found, mut fullest) = (vec![], vec![], 0);
        for _ in 0..3000 {
            let note = bench.is("room_o") && random.once_in(2);
            bench.set("note_i", note.into());
            let next = Tile::random(&queue, &mut random);
            bench.set("note_rows_i", next.rows as u64);
            bench.set("note_last_i", next.last.into());
            let arrives = on_the_way.front().filter(|_| random.once_in(2)).cloned();
            bench.set("arrive_i", arrives.is_some().into());
            if let Some(tile) = &arrives {
                let bit = |index: usize| {
                    tile.sums[index / acc_width as usize] >> (index % acc_width as usize) & 1 == 1
                };
                bench.set_bits("sums_i", (0..(lanes * acc_width) as usize).map(bit));
                on_the_way.pop_front();
            }
            let take = bench.is("valid_o") && !random.once_in(4);
            bench.set("take_i", take.into());
            bench.settle();
            if take {
                found.push(group(&bench, &queue));
            }
            bench.tick();
            if note {
                expected.extend(next.groups(neurons as usize));
                on_the_way.push_back(next);
            }
            fullest = fullest.max(on_the_way.len());
        }
        let what = format!("{queue:?}");
        assert!(found.len() > 500, "{what}: {} groups", found.len());
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{what}, group {index}");
        }
        assert!(fullest > depth as usize / 2, "{what}: never more than {fullest} tiles");
    }
}

/// The queue says when it is full and when it is empty.
#[test]
fn full_and_empty() {
    let queue = ResultQueue { lanes: 2, neurons: 2, acc_width: 4, depth: 4 };
    let mut bench = Bench::new(&queue.module());
    assert!(bench.is("empty_o") && bench.is("room_o") && !bench.is("valid_o"));
    bench.set("note_i", 1);
    bench.set("note_rows_i", 2);
    for _ in 0..4 {
        assert!(bench.is("room_o"));
        bench.tick();
        assert!(!bench.is("empty_o"));
    }
    assert!(!bench.is("room_o"), "four tiles are on their way");
    bench.set("note_i", 0);
    bench.set("arrive_i", 1);
    bench.tick();
    bench.set("arrive_i", 0);
    bench.set("take_i", 1);
    bench.settle();
    assert!(bench.is("valid_o"));
    bench.tick();
    assert!(bench.is("room_o") && !bench.is("valid_o") && !bench.is("empty_o"));
}

/// The queue of an engine is deep enough for the pipeline, and never deeper than a LUT memory.
#[test]
fn depth_follows_the_pipeline() {
    for (lanes, neurons, latency, depth) in
        [(4, 1, 9, 8), (4, 4, 1, 4), (64, 1, 20, 4), (1, 1, 30, 16), (8, 8, 12, 16)]
    {
        assert_eq!(ResultQueue::new(lanes, neurons, 8, latency).depth, depth);
    }
}
