//! The schedule of every matrix for a reader, `3-program.lst`.

use super::{Job, Lowered};
use firmware::cycles::{EngineLatency, vector_cycles};
use std::fmt::Write;

/// Latencies are left out of the prediction: they are hidden while vectors follow each other.
const STEADY: EngineLatency =
    EngineLatency { fill_cycles: 0, tile_cycles: 0, drain_cycles: 0, overlaps_receive: true };

/// The text of `3-program.lst`.
pub fn listing(lowered: &Lowered) -> String {
    let engine = &lowered.engine;
    let mut text = format!(
        "; The tiles of every matrix, in the order of execution.\n\
         ; {} lanes x {} slots x {} planes; a word of the weight memory holds {} trits.\n\
         ; words     addresses in the weight memory; each matrix is loaded from word 0\n\
         ; array     cycles of the array for one vector with the longest train\n\
         ; interval  predicted cycles from vector to vector\n",
        engine.lanes,
        engine.slots,
        engine.planes,
        engine.lanes * engine.slots,
    );
    lowered.jobs.iter().for_each(|job| list(&mut text, job));
    text
}

fn list(text: &mut String, job: &Job) {
    let (tiling, engine) = (&job.layer.tiling, &job.layer.engine);
    let cycles = vector_cycles(engine, tiling, job.plane_count_max, &STEADY);
    let mut put = |line: std::fmt::Arguments| {
        writeln!(text, "{line}").expect("writing to a string cannot fail");
    };
    put(format_args!(
        "\nmatrix {:<4} {}   {} x {}   {} words   planes to {}   sums to {} ({} of {} bits)   \
         array {}   interval {}",
        job.index,
        job.name,
        tiling.rows,
        tiling.columns,
        tiling.words(),
        job.plane_count_max,
        job.proof.worst.current_max,
        job.proof.required_acc_width,
        engine.acc_width,
        cycles.array,
        cycles.interval,
    ));
    for row_tile in 0..tiling.row_tiles {
        let (rows, first) = (tiling.tile_rows(row_tile), row_tile * tiling.column_tiles);
        put(format_args!(
            "  {:#06x}  dot {} rows {}..{}  words {}..{}  columns 0..{}",
            first,
            job.name,
            rows.start,
            rows.end,
            first,
            first + tiling.column_tiles,
            tiling.columns,
        ));
    }
}
