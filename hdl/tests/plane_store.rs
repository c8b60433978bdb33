//! The plane store: every trit of every plane comes back, and the word of one plane touches no other.

mod support;

use hdl::blocks::memory::plane_store::PlaneStore;
use support::{Bench, Random};

/// Planes, slots, words, and whether it is made of LUTs.
const SHAPES: [(u32, u32, u32, bool); 5] =
    [(2, 4, 3, true), (2, 2, 5, true), (3, 8, 2, false), (8, 16, 12, true), (8, 4, 40, false)];

/// What a word of a plane holds: spikes, and their signs.
type Word = (u64, u64);

/// Writes to any plane among reads of all: a read has what was there before its cycle, and a pause
/// holds it.
#[test]
fn words_of_every_plane_come_back() {
    for (index, (planes, slots, depth, distributed)) in SHAPES.into_iter().enumerate() {
        let mut random = Random(index as u64 + 1);
        let store = PlaneStore { planes, slots, depth, distributed };
        let mut bench = Bench::new(&store.module());
        let mut kept = vec![vec![Word::default(); depth as usize]; planes as usize];
        let write = |bench: &mut Bench, random: &mut Random, place: (u64, u64)| {
            let word = (random.below(1 << slots), random.below(1 << slots));
            bench.set("write_i", 1);
            bench.set("write_address_i", place.0);
            bench.set("plane_i", place.1);
            bench.set("active_i", word.0);
            bench.set("negative_i", word.1);
            word
        };
        for address in 0..depth as usize {
            for (plane, words) in kept.iter_mut().enumerate() {
                words[address] = write(&mut bench, &mut random, (address as u64, plane as u64));
                bench.tick();
            }
        }
        let mut shown: Option<Vec<Word>> = None;
        for _ in 0..3000 {
            let (reads, writes) = (!random.once_in(4), random.once_in(2));
            let from = random.below(depth.into());
            bench.set("matrix_read_i", reads.into());
            bench.set("matrix_address_i", from);
            if reads {
                shown = Some(kept.iter().map(|words| words[from as usize]).collect());
            }
            bench.set("write_i", 0);
            let to = random.below(depth.into());
            // A block RAM never has a word read in the cycle that writes it.
            if writes && (distributed || !reads || to != from) {
                let plane = random.below(planes.into());
                kept[plane as usize][to as usize] = write(&mut bench, &mut random, (to, plane));
            }
            bench.tick();
            let Some(expected) = &shown else { continue };
            let (active, negative) =
                (bench.bits("matrix_active_o"), bench.bits("matrix_negative_o"));
            for (plane, word) in expected.iter().enumerate() {
                let of = |bits: &[bool]| {
                    let own = &bits[plane * slots as usize..][..slots as usize];
                    own.iter().enumerate().fold(0, |sum, (at, &bit)| sum | u64::from(bit) << at)
                };
                let found = (of(&active), of(&negative));
                assert_eq!(found, *word, "{planes} planes of {slots}, plane {plane}");
            }
        }
    }
}
