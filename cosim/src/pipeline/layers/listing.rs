//! The schedule of every matrix for a reader, `3-program.lst`.

use super::{Job, Lowered};
use firmware::cycles::{EngineLatency, vector_cycles};
use std::fmt::Write;
use weights::config::Form;

/// Latencies are left out of the prediction: they are hidden while vectors follow each other.
const STEADY: EngineLatency =
    EngineLatency { fill_cycles: 0, tile_cycles: 0, drain_cycles: 0, overlaps_receive: true };

/// The text of `3-program.lst`.
pub fn listing(lowered: &Lowered) -> String {
    let engine = &lowered.engine;
    let array = match engine.form {
        Form::Baked => format!(
            "; Each matrix is an engine of its own, {} planes at once: its weights are wires.\n",
            engine.planes
        ),
        Form::Dense | Form::Event => format!(
            "; {} lanes x {} slots x {} planes; a word of the weight memory holds {} trits.\n\
             ; words     addresses in the weight memory; each matrix is loaded from word 0\n",
            engine.lanes,
            engine.slots,
            engine.planes,
            engine.lanes * engine.word_slots(),
        ),
    };
    let mut text = format!(
        "; The tiles of every matrix, in the order of execution.\n{array}\
         ; array     cycles of the array for one vector with the longest train\n\
         ; interval  predicted cycles from vector to vector\n"
    );
    lowered.jobs.iter().for_each(|job| list(&mut text, job));
    text
}

fn list(text: &mut String, job: &Job) {
    let (tiling, engine) = (&job.layer.tiling, &job.layer.engine);
    let cycles = vector_cycles(engine, tiling, job.plane_count_max, &STEADY);
    // Entries of a baked matrix follow each other after some cycles; nothing else slows down.
    let array = cycles.array * job.layer.entry_cycles();
    let wired = engine.form == Form::Baked;
    let mut put = |line: std::fmt::Arguments| {
        writeln!(text, "{line}").expect("writing to a string cannot fail");
    };
    put(format_args!(
        "\nmatrix {:<4} {}   {} x {}   {}   planes to {}   sums to {} ({} of {} bits)   \
         array {}   interval {}",
        job.index,
        job.name,
        tiling.rows,
        tiling.columns,
        if wired { "wires".to_owned() } else { format!("{} words", tiling.words()) },
        job.plane_count_max,
        job.proof.worst.current_max,
        job.proof.required_acc_width,
        engine.acc_width,
        array,
        cycles.interval.max(array),
    ));
    for row_tile in 0..tiling.row_tiles {
        let (rows, first) = (tiling.tile_rows(row_tile), row_tile * tiling.column_tiles);
        let words = match wired {
            true => String::new(),
            false => format!("words {}..{}  ", first, first + tiling.column_tiles),
        };
        put(format_args!(
            "  {first:#06x}  dot {} rows {}..{}  {words}columns 0..{}",
            job.name, rows.start, rows.end, tiling.columns,
        ));
    }
}
