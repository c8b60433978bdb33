//! The engine's control: when vectors are accepted, what went wrong, and how much was done.
//!
//! ```text
//!  registers ─► shape check ─► accept_o
//!  events    ─► sticky errors, counters ─► registers
//! ```

use crate::blocks::host::axi_registers::port_meaning;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::registers::Field;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct EngineControl {
    /// Rows that a matrix may have.
    pub rows_max: u32,
    /// Column tiles that a matrix may have.
    pub column_tiles_max: u32,
}

/// Bits of a counter; it stays at its largest value.
const COUNTER_WIDTH: u32 = 32;

impl EngineControl {
    /// The module `engine_control`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "engine_control",
            file!(),
            "accepts vectors, remembers errors, counts.\n\n\
             Errors last, and counters stay at their largest value, until they are cleared.",
        );
        let bit = uint(1);
        let of = |field: Field| uint(field.spec().width);
        b.port_group("Registers.");
        let run = b.input("run_i", bit, "accept vectors");
        let clear = b.input("clear_i", bit, "forget; only acts while nothing runs");
        let rows = b.input("rows_i", of(Field::Rows), "rows of the matrix");
        let tiles = b.input("column_tiles_i", of(Field::ColumnTiles), "column tiles");
        let steps = b.input("steps_i", of(Field::Steps), "vectors of a token");
        b.port_group("Events.");
        let offered = b.input("offered_i", bit, "a beat of spikes is offered");
        let busy = b.input("busy_i", bit, "a vector is inside");
        let bad_code = b.input("bad_code_i", bit, "a weight word held no code");
        let bad_frame = b.input("bad_frame_i", bit, "a vector was dropped");
        let beyond = b.input("beyond_i", bit, "a tile lies beyond the weight store");
        let saturated = b.input("saturated_i", bit, "a membrane was clamped");
        let array = b.input("array_i", bit, "the array takes an entry");
        let stall = b.input("stall_i", bit, "the array waits for results to leave");
        let result = b.input("result_i", bit, "an output beat leaves");
        let result_last = b.input("result_last_i", bit, "it is the last of its vector");

        b.section("Shape.");
        let rows_fit = (!rows.is(0)) & rows.le(rows.same(self.rows_max.into()));
        let tiles_fit = (!tiles.is(0)) & tiles.le(tiles.same(self.column_tiles_max.into()));
        let shape_fits = b.wire("shape_fits", rows_fit & tiles_fit & !steps.is(0));
        let cleared = b.wire("cleared", clear & !busy);

        b.section("Errors.");
        let bad_shape = beyond | (run & offered & !shape_fits);
        let errors = [
            (Field::BadCode, bad_code),
            (Field::BadFrame, bad_frame),
            (Field::BadShape, bad_shape),
            (Field::Saturated, saturated),
        ]
        .map(|(field, event)| {
            let name = format!("{}_q", field.spec().name);
            let register = b.register_reset(&name, bit, 0);
            let value = register.when(cleared, b.flag(false)).when(event, b.flag(true)).signal();
            (field, value)
        });

        b.section("Counters.");
        let counters = [
            (Field::Cycles, run | busy),
            (Field::ArrayCycles, array),
            (Field::StallCycles, stall),
            (Field::Vectors, result & result_last),
            (Field::Results, result),
            (Field::Saturations, saturated),
        ]
        .map(|(field, event)| (field, counter(&b, field.spec().name, event, cleared)));

        b.port_group("To the engine.");
        b.output("accept_o", run & shape_fits, "take new vectors");
        b.output("clear_o", cleared, "forget membranes and the step");
        b.port_group("To the registers.");
        b.output("busy_o", busy, "a vector is inside");
        for (field, value) in errors.into_iter().chain(counters) {
            let spec = field.spec();
            b.output(&format!("{}_o", spec.name), value, &port_meaning(spec));
        }
        b.finish()
    }
}

fn counter<'m>(b: &'m Builder, name: &str, event: Signal<'m>, cleared: Signal<'m>) -> Signal<'m> {
    let register = b.register_reset(&format!("{name}_q"), uint(COUNTER_WIDTH), 0);
    let value = register.signal();
    register.when(cleared, value.same(0)).when(event & !value.all(), value + 1).signal()
}
