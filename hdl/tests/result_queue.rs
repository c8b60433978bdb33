//! `result_queue` and `result_register` hand tiles on group by group, and never lose or reorder one.

mod support;

use hdl::blocks::engine::result_queue::ResultQueue;
use hdl::blocks::engine::result_register::ResultRegister;
use hdl::blocks::engine::result_tile::ResultTile;
use hdl::language::module::Module;
use std::collections::VecDeque;
use std::sync::Arc;
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
    fn random(shape: ResultTile, random: &mut Random) -> Tile {
        let lanes = shape.lanes.into();
        let sums = (0..lanes).map(|_| random.below(1 << shape.acc_width)).collect();
        let last = random.once_in(3);
        let full = !last || random.once_in(2);
        let rows = if full { lanes } else { 1 + random.below(lanes) };
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

fn group(bench: &Bench, shape: ResultTile) -> Group {
    let (bits, keep) = (bench.bits("rows_o"), bench.get("keep_o"));
    let width = shape.acc_width as usize;
    let value = |bits: &[bool]| bits.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit));
    let rows = bits.chunks(width).take(keep.count_ones() as usize).map(value).collect();
    Group { rows, keep, last: bench.is("last_o") }
}

/// Tiles are noted when there is room, arrive later, and are taken with pauses: every group comes
/// out once, in order, with the rows that exist and the mark of a vector's end.
fn random_tiles(module: &Arc<Module>, tile: ResultTile, depth: usize) {
    let mut bench = Bench::new(module);
    let mut random = Random(tile.lanes.into());
    let mut on_the_way: VecDeque<Tile> = VecDeque::new();
    let (mut expected, mut found, mut fullest) = (vec![], vec![], 0);
    for _ in 0..3000 {
        let note = bench.is("room_o") && random.once_in(2);
        bench.set("note_i", note.into());
        let next = Tile::random(tile, &mut random);
        bench.set("note_rows_i", next.rows as u64);
        bench.set("note_last_i", next.last.into());
        let arrives = on_the_way.front().filter(|_| random.once_in(2)).cloned();
        bench.set("arrive_i", arrives.is_some().into());
        if let Some(arrived) = &arrives {
            let width = tile.acc_width as usize;
            let bit = |index: usize| arrived.sums[index / width] >> (index % width) & 1 == 1;
            bench.set_bits("sums_i", (0..tile.lanes as usize * width).map(bit));
            on_the_way.pop_front();
        }
        let take = bench.is("valid_o") && !random.once_in(4);
        bench.set("take_i", take.into());
        bench.settle();
        if take {
            found.push(group(&bench, tile));
        }
        bench.tick();
        if note {
            expected.extend(next.groups(tile.neurons as usize));
            on_the_way.push_back(next);
        }
        fullest = fullest.max(on_the_way.len());
    }
    let what = format!("{}, {tile:?}, {depth} tiles", module.name);
    assert!(found.len() > 500, "{what}: {} groups", found.len());
    for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "{what}, group {index}");
    }
    assert!(found.len() <= expected.len(), "{what}: groups that nobody sent");
    assert!(fullest > depth / 2, "{what}: never more than {fullest} tiles");
    assert!(fullest <= depth, "{what}: {fullest} tiles");
}

#[test]
fn random_tiles_of_a_queue() {
    for (lanes, neurons, acc_width, depth) in
        [(1, 1, 4, 2), (4, 2, 8, 4), (4, 4, 5, 2), (6, 1, 7, 8), (9, 3, 20, 4), (10, 5, 13, 16)]
    {
        let tile = ResultTile { lanes, neurons, acc_width };
        random_tiles(&ResultQueue { tile, depth }.module(), tile, depth as usize);
    }
}

#[test]
fn random_tiles_of_a_register() {
    for (lanes, neurons, acc_width) in [(1, 1, 4), (4, 4, 5), (6, 2, 7), (9, 3, 20), (64, 8, 9)] {
        let tile = ResultTile { lanes, neurons, acc_width };
        random_tiles(&ResultRegister { tile }.module(), tile, 1);
    }
}

/// The queue says when it is full and when it is empty.
#[test]
fn full_and_empty() {
    let tile = ResultTile { lanes: 2, neurons: 2, acc_width: 4 };
    let queue = ResultQueue { tile, depth: 4 };
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
        let tile = ResultTile { lanes, neurons, acc_width: 8 };
        assert_eq!(ResultQueue::new(tile, latency).depth, depth);
    }
}
