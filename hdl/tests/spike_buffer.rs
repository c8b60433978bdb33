//! `spike_buffer` keeps good frames, drops bad ones whole, and leaves out what is empty.

mod support;

use hdl::blocks::engine::spike_buffer::SpikeBuffer;
use std::collections::VecDeque;
use support::{Bench, Random};

/// One beat: active and negative bits, and whether it ends its frame.
#[derive(Clone, Debug)]
struct Beat {
    active: u64,
    negative: u64,
    last: bool,
}

/// One entry as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    pass: bool,
    column: u64,
    active: u64,
    negative: u64,
}

/// The entries of a frame, or nothing if it must be dropped.
fn entries(buffer: &SpikeBuffer, frame: &[Beat], column_tiles: u64) -> Option<Vec<Entry>> {
    let entry = |(index, beat): (usize, &Beat)| {
        let column = index as u64 % column_tiles;
        let (pass, active, negative) = (column == 0, beat.active, beat.negative);
        (pass || active != 0 || !buffer.skip_empty).then_some(Entry {
            pass,
            column,
            active,
            negative,
        })
    };
    let entries: Vec<Entry> = frame.iter().enumerate().filter_map(entry).collect();
    let whole = (frame.len() as u64).is_multiple_of(column_tiles);
    (whole && entries.len() <= buffer.depth as usize).then_some(entries)
}

struct Source {
    beats: VecDeque<Beat>,
    offered: bool,
}

struct Reader {
    index: u64,
    read: Vec<Entry>,
    vectors: Vec<Vec<Entry>>,
}

/// A cycle: the source offers or pauses, the reader fetches or pauses. Whether a frame is dropped.
fn cycle(bench: &mut Bench, source: &mut Source, reader: &mut Reader, random: &mut Random) -> bool {
    source.offered = !source.beats.is_empty() && (source.offered || !random.once_in(3));
    bench.set("s_axis_tvalid", source.offered.into());
    if let Some(beat) = source.beats.front() {
        bench.set("s_axis_tdata", beat.active | beat.negative << TRITS);
        bench.set("s_axis_tlast", beat.last.into());
    }
    let fetch = bench.is("valid_o") && !random.once_in(3);
    let last = reader.index + 1 == bench.get("count_o");
    bench.set("read_i", fetch.into());
    bench.set("index_i", reader.index);
    bench.set("release_i", (fetch && last).into());
    bench.settle();
    let taken = source.offered && bench.is("s_axis_tready");
    let dropped = bench.is("bad_frame_o");
    bench.tick();
    if taken {
        source.beats.pop_front();
        source.offered = false;
    }
    if !fetch {
        return dropped;
    }
    reader.index += 1;
    reader.read.push(Entry {
        pass: bench.is("pass_o"),
        column: bench.get("column_o"),
        active: bench.get("active_o"),
        negative: bench.get("negative_o"),
    });
    if last {
        reader.index = 0;
        reader.vectors.push(std::mem::take(&mut reader.read));
    }
    dropped
}

const TRITS: u32 = 3;

fn buffer(skip_empty: bool) -> SpikeBuffer {
    SpikeBuffer { slots: TRITS, planes: 1, depth: 8, column_width: 3, skip_empty }
}

fn frame(random: &mut Random, beats: u64) -> Vec<Beat> {
    let beat = |index| {
        let active = if random.once_in(2) { 0 } else { random.below(8) };
        Beat { active, negative: active & random.below(8), last: index + 1 == beats }
    };
    (0..beats).map(beat).collect()
}

/// Random frames, good, open and too long, with pauses on both sides: the reader sees the good
/// ones entry by entry, and each dropped one raises `bad_frame_o` once.
#[test]
fn random_frames() {
    for skip_empty in [false, true] {
        for column_tiles in [1, 2, 3, 5, 8] {
            let buffer = buffer(skip_empty);
            let mut bench = Bench::new(&buffer.module());
            let mut random = Random(column_tiles);
            bench.set("accept_i", 1);
            bench.set("last_column_i", column_tiles - 1);
            let frames: Vec<Vec<Beat>> = (0..200)
                .map(|_| {
                    let whole =
                        column_tiles * random.within(1, 12 / column_tiles as i64 + 1) as u64;
                    let beats = if random.once_in(4) { random.below(14) + 1 } else { whole };
                    frame(&mut random, beats)
                })
                .collect();
            let expected: Vec<Option<Vec<Entry>>> =
                frames.iter().map(|frame| entries(&buffer, frame, column_tiles)).collect();
            let dropped = expected.iter().filter(|entries| entries.is_none()).count();
            assert!(dropped > 0);
            let mut source = Source { beats: frames.concat().into(), offered: false };
            let mut reader = Reader { index: 0, read: vec![], vectors: vec![] };
            let mut reported = 0;
            for _ in 0..8000 {
                let dropped = cycle(&mut bench, &mut source, &mut reader, &mut random);
                reported += usize::from(dropped);
            }
            let expected: Vec<Vec<Entry>> = expected.into_iter().flatten().collect();
            let what = format!("{column_tiles} tiles, skip_empty {skip_empty}");
            assert_eq!(reader.vectors.len(), expected.len(), "{what}");
            for (vector, expected) in expected.iter().enumerate() {
                assert_eq!(&reader.vectors[vector], expected, "{what}, vector {vector}");
            }
            assert_eq!(reported, dropped, "{what}");
        }
    }
}

/// Offers one beat; whether it is taken.
fn offer(bench: &mut Bench, active: u64, last: bool) -> bool {
    bench.set("s_axis_tvalid", 1);
    bench.set("s_axis_tdata", active);
    bench.set("s_axis_tlast", last.into());
    bench.settle();
    let taken = bench.is("s_axis_tready");
    bench.tick();
    bench.set("s_axis_tvalid", 0);
    bench.settle();
    taken
}

/// Two vectors fit, one being read; a third waits until one is released.
#[test]
fn two_vectors_fit() {
    let mut bench = Bench::new(&buffer(false).module());
    bench.set("accept_i", 1);
    assert!(!bench.is("valid_o"));
    assert!(offer(&mut bench, 1, true));
    assert!(bench.is("valid_o"));
    assert!(offer(&mut bench, 2, true));
    assert!(!offer(&mut bench, 4, true), "both halves are taken");
    for active in [1, 2] {
        bench.set("read_i", 1);
        bench.set("release_i", 1);
        bench.tick();
        bench.set("read_i", 0);
        bench.set("release_i", 0);
        bench.settle();
        assert_eq!(bench.get("active_o"), active);
    }
    assert!(!bench.is("valid_o"));
    assert!(offer(&mut bench, 4, true));
    assert!(bench.is("valid_o"));
}

/// Without `accept_i` no vector begins; one that has begun is taken to its end.
#[test]
fn a_begun_vector_is_finished() {
    let mut bench = Bench::new(&buffer(false).module());
    assert!(!offer(&mut bench, 1, false));
    bench.set("accept_i", 1);
    assert!(offer(&mut bench, 1, false));
    assert!(bench.is("filling_o"));
    bench.set("accept_i", 0);
    assert!(offer(&mut bench, 2, true));
    assert!(!bench.is("filling_o"));
    assert!(bench.is("valid_o"));
    assert_eq!(bench.get("count_o"), 2);
    assert!(!offer(&mut bench, 1, true));
}

/// A reset in mid-frame forgets what had arrived of it.
#[test]
fn a_reset_forgets_the_frame() {
    let mut bench = Bench::new(&buffer(false).module());
    bench.set("accept_i", 1);
    bench.set("last_column_i", 1);
    assert!(offer(&mut bench, 1, false));
    bench.set("rst_i", 1);
    bench.tick();
    bench.set("rst_i", 0);
    assert!(offer(&mut bench, 5, false));
    assert!(offer(&mut bench, 6, true));
    assert!(bench.is("valid_o"));
    assert_eq!(bench.get("count_o"), 2);
    bench.set("read_i", 1);
    bench.tick();
    assert_eq!((bench.get("active_o"), bench.is("pass_o")), (5, true));
}
