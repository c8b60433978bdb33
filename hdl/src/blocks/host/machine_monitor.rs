//! The machine's memory of what went wrong, and how much was done.
//!
//! ```text
//!  events ─► sticky errors, counters ─► registers
//! ```

use super::axi_registers::port_meaning;
use super::machine_registers::port_name;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::registers::Field;
use std::sync::Arc;

/// Errors that last until the text is cleared: the field, the event's port, what it is.
pub const ERRORS: [(Field, &str, &str); 3] = [
    (Field::BadCode, "bad_code_i", "a weight word held no code"),
    (Field::BadInstruction, "bad_instruction_i", "an opcode had no meaning"),
    (Field::BadToken, "bad_token_i", "a token was dropped"),
];

/// Counters: the field, the event's port, what it is.
pub const COUNTERS: [(Field, &str, &str); 10] = [
    (Field::Cycles, "busy_i", "a token is under way"),
    (Field::Tokens, "moved_i", "a token is done"),
    (Field::Instructions, "issued_i", "an instruction is issued"),
    (Field::ArrayCycles, "array_busy_i", "an entry enters the array"),
    (Field::VectorCycles, "vector_busy_i", "the vector unit works"),
    (Field::DrainWaits, "drain_waits_i", "the array waits for results to drain"),
    (Field::MatrixWaits, "matrix_waits_i", "the issue waits for results of the matrix unit"),
    (Field::VectorWaits, "vector_waits_i", "the issue waits for results of the vector unit"),
    (Field::UnitWaits, "unit_waits_i", "the issue waits for the station of its unit"),
    (Field::Saturations, "saturated_i", "a result was limited"),
];

/// Bits of a counter; it stays at its largest value.
const COUNTER_WIDTH: u32 = 32;

/// The module `machine_monitor`.
pub fn machine_monitor() -> Arc<Module> {
    let b = Builder::new(
        "machine_monitor",
        file!(),
        "remembers errors and counts.\n\n\
         Errors last, and counters stay at their largest value, until a new text begins.",
    );
    let bit = uint(1);
    let clear = b.input("begins_text_i", bit, "forget");
    b.port_group("Errors.");
    let errors = ERRORS.map(|(field, port, meaning)| (field, b.input(port, bit, meaning)));
    b.port_group("Events.");
    let events = COUNTERS.map(|(field, port, meaning)| (field, b.input(port, bit, meaning)));

    b.section("Errors.");
    let errors = errors.map(|(field, event)| {
        let register = b.register_reset(&format!("{}_q", field.spec().name), bit, 0);
        let value = register.when(event, b.flag(true)).when(clear, b.flag(false)).signal();
        (field, value)
    });
    b.section("Counters.");
    let counters = events.map(|(field, event)| {
        (field, counter(&b, &format!("{}_q", field.spec().name), event, clear))
    });
    b.port_group("To the registers.");
    for (field, value) in errors.into_iter().chain(counters) {
        let spec = field.spec();
        b.output(&format!("{}_o", port_name(spec)), value, &port_meaning(spec));
    }

    b.properties();
    let cleared = b.register_reset("cleared_q", bit, 1).next(clear).signal();
    for (field, value) in errors.into_iter().chain(counters) {
        let name = field.spec().name;
        let before = b.register(&format!("{name}_before_q"), value.ty()).next(value).signal();
        let meaning = "It never goes back before it is cleared.";
        b.assert_property(&format!("{name}_lasts"), cleared | before.le(value), meaning);
    }
    b.finish()
}

fn counter<'m>(b: &'m Builder, name: &str, event: Signal<'m>, clear: Signal<'m>) -> Signal<'m> {
    let register = b.register_reset(name, uint(COUNTER_WIDTH), 0);
    let value = register.signal();
    register.when(clear, value.same(0)).when(event & !value.all(), value + 1).signal()
}
