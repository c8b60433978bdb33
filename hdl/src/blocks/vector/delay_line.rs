//! A signal some cycles later, kept in a small memory that turns round.
//!
//! ```text
//!  signal ─► [ 16 or 32 words ] ─► register ─► later
//!               ▲ place_q, one on in every cycle
//! ```
//!
//! In LUT RAM a word of 16 places costs what two or three registers do.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Most cycles of a line.
const CYCLES_MAX: u32 = 32;

/// Below that many cycles registers are as small.
pub(super) const REGISTERS_MAX: u32 = 3;

/// The module `delay_<cycles>_<width>`.
fn delay_line(cycles: u32, width: u32) -> Arc<Module> {
    assert!(cycles <= CYCLES_MAX, "{cycles} cycles are more than {CYCLES_MAX}");
    let name = format!("delay_{cycles}_{width}");
    let summary = format!("a signal {cycles} cycles later, in a memory that turns round.");
    let b = Builder::new(&name, file!(), &summary);
    let signal = b.input("data_i", uint(width), "signal");
    let depth = cycles.next_power_of_two().max(16);
    let place_type = uint(depth.trailing_zeros());
    b.section("One place on in every cycle.");
    let place = b.register_reset("place_q", place_type, 0);
    let place = place.next(place.signal() + 1).signal();
    let words = b.memory("words", depth, uint(width), &[]).distributed();
    words.write(b.flag(true), place, signal);
    b.add_latency(cycles);
    let from = b.wire("from", place - (i128::from(cycles) - 1));
    let later = b.delay("later_q", b.flag(true), words.word(from));
    b.output("data_o", later, "the same, later");
    b.finish()
}

/// `signal` so many cycles later.
pub(super) fn delayed<'m>(
    b: &'m Builder,
    name: &str,
    signal: Signal<'m>,
    cycles: u32,
) -> Signal<'m> {
    if cycles > REGISTERS_MAX {
        let line = delay_line(cycles, signal.width());
        let later = b.instance(name, &line, &[("data_i", signal.as_uint())]).get("data_o");
        return if signal.ty().signed { later.as_sint() } else { later };
    }
    (1..=cycles)
        .fold(signal, |before, cycle| b.delay(&format!("{name}_{cycle}_q"), b.flag(true), before))
}
