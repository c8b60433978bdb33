//! The file of the packed weights, `2-weights.bin`. All numbers are little-endian, 32 bits.
//!
//! | offset | words | meaning |
//! |---|---|---|
//! | 0 | 2 | the letters `SPIKEWTS` |
//! | 8 | 1 | version of this layout: 1 |
//! | 12 | 1 | packing: 0 `two_bit`, 1 `base3` |
//! | 16 | 2 | lanes, slots |
//! | 24 | 1 | 32-bit banks of one word of the weight memory |
//! | 28 | 1 | number of matrices n |
//! | 32 | 8·n | per matrix: offset and bytes of its name; rows, columns; offset of its image, banks; offset of its thresholds, thresholds |
//! | … | | names, filled up to whole words |
//! | … | | per matrix: the image, bank by bank as the driver writes it, then the thresholds |
//!
//! A matrix whose weights are wires has no image: 0 banks.
//! Offsets count bytes from the beginning of the file.

use super::{Job, Lowered};
use weights::packing::Packing;

const MAGIC: &[u8; 8] = b"SPIKEWTS";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 32;
const ENTRY_BYTES: usize = 32;

/// The bytes of `2-weights.bin`.
///
/// # Panics
/// If the file would exceed 4 GiB: a design's limits keep it far below.
pub fn weight_file(lowered: &Lowered) -> Vec<u8> {
    let engine = &lowered.engine;
    let mut bytes = MAGIC.to_vec();
    let packing = u32::from(engine.packing == Packing::Base3);
    let (lanes, slots) = (engine.lanes as u32, engine.slots as u32);
    let jobs = &lowered.jobs;
    let header = [VERSION, packing, lanes, slots, engine.banks() as u32, jobs.len() as u32];
    put(&mut bytes, header);
    debug_assert_eq!(bytes.len(), HEADER_BYTES, "the header is as documented");

    let names_at = HEADER_BYTES + ENTRY_BYTES * jobs.len();
    let names: String = jobs.iter().map(|job| job.name.as_str()).collect();
    let (mut name_at, mut image_at) = (names_at, names_at + names.len().next_multiple_of(4));
    for job in jobs {
        let (image, thresholds) = (&job.layer.image, &job.layer.thresholds);
        let thresholds_at = image_at + 4 * image.len();
        let (rows, columns) = (job.layer.tiling.rows, job.layer.tiling.columns);
        let entry = [
            name_at,
            job.name.len(),
            rows,
            columns,
            image_at,
            image.len(),
            thresholds_at,
            thresholds.len(),
        ];
        put(
            &mut bytes,
            entry.map(|value| u32::try_from(value).expect("a weight file below 4 GiB")),
        );
        name_at += job.name.len();
        image_at = thresholds_at + 4 * thresholds.len();
    }
    bytes.extend_from_slice(names.as_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    jobs.iter().for_each(|job| put_matrix(&mut bytes, job));
    bytes
}

fn put_matrix(bytes: &mut Vec<u8>, job: &Job) {
    put(bytes, job.layer.image.iter().copied());
    // The driver refuses a threshold beyond 32 bits, and calibration does not make one.
    put(bytes, job.layer.thresholds.iter().map(|&threshold| threshold as u32));
}

fn put(bytes: &mut Vec<u8>, words: impl IntoIterator<Item = u32>) {
    bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
}
