//! A unit as the sequencer sees it: its port, what it has not finished, and the station before it.

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::WAIT_WIDTH;

/// The port of a unit.
#[derive(Clone, Copy)]
pub(super) struct Unit<'m> {
    name: &'static str,
    /// It takes what stands in its station.
    ready: Signal<'m>,
    /// Its oldest instruction is finished.
    done: Signal<'m>,
    /// An instruction is issued to it.
    pub(super) issued: Signal<'m>,
}

/// How far a unit is.
#[derive(Clone, Copy)]
pub(super) struct Progress<'m> {
    /// Its instructions that are issued and not finished.
    pub(super) unfinished: Signal<'m>,
    /// One of them finishes.
    pub(super) done: Signal<'m>,
}

/// The station of a unit.
#[derive(Clone, Copy)]
pub(super) struct Station<'m> {
    /// An instruction stands there.
    pub(super) valid: Signal<'m>,
    /// Another may be issued to it.
    pub(super) free: Signal<'m>,
}

/// What a unit says: that it takes what stands in its station, and that its oldest instruction is
/// finished.
pub(super) fn inputs<'m>(b: &'m Builder, name: &str) -> [Signal<'m>; 2] {
    let meaning = format!("the {name} unit takes an instruction");
    let ready = b.input(&format!("{name}_ready_i"), uint(1), &meaning);
    let done = b.input(&format!("{name}_done_i"), uint(1), "its oldest instruction is finished");
    [ready, done]
}

impl<'m> Unit<'m> {
    /// The unit with these inputs; what is issued to it comes later.
    pub(super) fn of(b: &'m Builder, name: &'static str, inputs: [Signal<'m>; 2]) -> Unit<'m> {
        let [ready, done] = inputs;
        Unit { name, ready, done, issued: b.forward(&format!("{name}_issued"), uint(1)) }
    }

    /// Counts what is unfinished.
    pub(super) fn progress(&self, b: &'m Builder) -> Progress<'m> {
        let Unit { name, issued, done, .. } = *self;
        let count = b.register_reset(&format!("{name}_unfinished_q"), uint(WAIT_WIDTH), 0);
        let value = count.signal();
        let count = count.when(issued & !done, value + 1).when(done & !issued, value - 1);
        Progress { unfinished: count.signal(), done }
    }

    /// The station; `rests` if it stays empty for a cycle.
    pub(super) fn station(&self, b: &'m Builder, rests: bool) -> Station<'m> {
        let Unit { name, ready, issued, .. } = *self;
        let station = b.register_reset(&format!("{name}_station_q"), uint(1), 0);
        let taken = b.wire(&format!("{name}_taken"), station.signal() & ready);
        let valid = station.when(issued, b.flag(true)).when(taken, b.flag(false)).signal();
        let rests = rests.then(|| b.register_reset(&format!("{name}_rests_q"), uint(1), 0));
        let free = rests.map_or(!valid, |rests| !(valid | rests.next(taken).signal()));
        Station { valid, free }
    }
}
