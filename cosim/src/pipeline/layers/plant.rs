//! Faults on purpose: what a check is worth shows when something is wrong.

use super::{Job, Lowered};
use crate::pipeline::PipelineError;
use weights::packing::{Packing, unpack, unpack_word};

/// What to plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Plant {
    /// Corrupt one current of the reference by 16.
    Reference,
    /// Flip one bit of a packed weight, as the engine loads it; change one weight that is wires.
    Weight,
    /// Write a byte that is no code of the packing, as the engine loads it.
    Code,
}

/// What was planted, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Planted {
    /// What kind of fault.
    pub kind: String,
    /// The matrix.
    pub matrix: String,
    /// Where and what.
    pub place: String,
}

impl Plant {
    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Plant::Reference => "reference",
            Plant::Weight => "weight",
            Plant::Code => "code",
        }
    }

    /// Plants the fault into the matrix in the middle of the network.
    ///
    /// # Errors
    /// If no weight would show in this run, or there are no codes because the weights are wires.
    pub fn apply(self, lowered: &mut Lowered) -> Result<Planted, PipelineError> {
        let middle = lowered.jobs.len() / 2;
        let job = &mut lowered.jobs[middle];
        let place = match self {
            Plant::Reference => Some(corrupt_reference(job)),
            Plant::Weight if job.layer.image.is_empty() => change_wire(job),
            Plant::Weight => flip_weight(job),
            Plant::Code => break_code(job),
        };
        let (reason, remedy) = match self {
            Plant::Code => ("the weights of form baked are wires, not codes", "plant a weight"),
            _ => ("no weight that could change shows in the currents", "run more tokens"),
        };
        let place = place.ok_or(PipelineError::Plant { plant: self.name(), reason, remedy })?;
        Ok(Planted { kind: self.name().to_owned(), matrix: job.name.clone(), place })
    }
}

fn corrupt_reference(job: &mut Job) -> String {
    let token = job.records.len() / 2;
    let currents = &mut job.records[token].currents;
    let channel = currents.len() / 3;
    currents[channel] += 16;
    format!("current of token {token}, channel {channel}, raised by 16")
}

/// The first bit whose flip leaves a code and changes a current of the run.
fn flip_weight(job: &mut Job) -> Option<String> {
    let engine = &job.layer.engine;
    let (trits, banks) = (engine.lanes * engine.word_slots(), engine.banks());
    let bytes: Vec<u8> = job.layer.image[..banks].iter().flat_map(|w| w.to_le_bytes()).collect();
    let before = unpack_word(&bytes, trits, engine.packing).ok()?;
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(after) = unpack_word(&flipped, trits, engine.packing) else { continue };
        if shows(job, &before, &after) {
            job.layer.image[bit / 32] ^= 1 << (bit % 32);
            return Some(format!("bit {} of bank {} of word 0 flipped", bit % 32, bit / 32));
        }
    }
    None
}

/// The first weight of a baked matrix whose column ever spikes.
fn change_wire(job: &mut Job) -> Option<String> {
    let spikes = |column: &usize| job.records.iter().any(|record| record.counts[*column] != 0);
    let column = (0..job.layer.tiling.columns).find(spikes)?;
    let trit = &mut job.layer.trits[column];
    *trit = if *trit > 0 { -1 } else { *trit + 1 };
    Some(format!("weight of row 0, column {column} made {trit}"))
}

/// Whether replacing word 0 changes a current.
fn shows(job: &Job, before: &[i8], after: &[i8]) -> bool {
    let slots = job.layer.engine.word_slots();
    (0..job.layer.engine.lanes.min(job.layer.tiling.rows)).any(|lane| {
        let row = lane * slots..(lane + 1) * slots;
        job.records.iter().any(|record| {
            let changes = before[row.clone()].iter().zip(&after[row.clone()]).zip(&record.counts);
            let sum: i64 =
                changes.map(|((old, new), &count)| i64::from(new - old) * i64::from(count)).sum();
            sum != 0
        })
    })
}

fn break_code(job: &mut Job) -> Option<String> {
    if job.layer.image.is_empty() {
        return None;
    }
    let packing: Packing = job.layer.engine.packing;
    let per_byte = packing.trits_per_byte();
    let bad = (0..=u8::MAX).find(|&byte| unpack(&[byte], per_byte, packing).is_err())?;
    // The last word: a fault at the end of the image is as visible as one at its beginning.
    let word = job.layer.tiling.words() - 1;
    let bank = &mut job.layer.image[word * job.layer.engine.banks()];
    *bank = *bank & !0xFF | u32::from(bad);
    Some(format!("byte 0 of word {word} set to {bad:#04x}"))
}
