//! The queue of instructions that started.

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::isa::Matrix;
use std::collections::BTreeMap;

/// Instructions that may be under way between the walker and the drain.
pub const QUEUE_DEPTH: u32 = 16;

/// A tile or a group of an embedding that arrives.
pub(super) struct Arrival<'m> {
    pub(super) arrives: Signal<'m>,
    /// It is a group of the row reader.
    pub(super) read: Signal<'m>,
    /// What arrives next is the first of its instruction; known before it arrives.
    pub(super) fresh: Signal<'m>,
    /// It is the last of its instruction.
    pub(super) last: Signal<'m>,
}

/// The instruction whose tile comes next.
pub(super) struct Head<'m> {
    fields: BTreeMap<&'static str, Signal<'m>>,
}

pub(super) fn parameter_width(name: &str) -> u32 {
    match name {
        "rows" => Matrix::FORMAT.field("last_rows").width,
        "further_vectors" => Matrix::FORMAT.field("vectors").width,
        _ => Matrix::FORMAT.field(name).width,
    }
}

impl<'m> Head<'m> {
    /// A queue of the instructions that started, and its oldest; what all tell alike needs no place in it.
    pub(super) fn of_queue(
        b: &'m Builder,
        start: Signal<'m>,
        (names, inputs): (impl Iterator<Item = (&'static str, &'static str)>, &[Signal<'m>]),
        leaves: Signal<'m>,
        same: &BTreeMap<&'static str, i64>,
    ) -> Head<'m> {
        let constant = |(&name, &value): (&&'static str, &i64)| {
            let ty = uint(parameter_width(name));
            (name, b.constant(&name.to_uppercase(), value.into(), ty, "of every instruction"))
        };
        let mut fields: BTreeMap<_, _> = same.iter().map(constant).collect();
        if inputs.is_empty() {
            let nothing = b.concat(&[start, leaves]);
            b.unused("moves", nothing, "All instructions tell the same.");
            return Head { fields };
        }
        let address = uint(address_width(QUEUE_DEPTH));
        let pointer = |name: &str, step: Signal<'m>| {
            let register = b.register_reset(name, address, 0);
            register.when(step, register.signal() + 1).signal()
        };
        let write_at = pointer("write_at_q", start);
        let read_at = pointer("read_at_q", leaves);
        let parts: Vec<Signal> = inputs.iter().rev().copied().collect();
        let parameters = b.concat(&parts);
        let queue = b.memory("instructions", QUEUE_DEPTH, parameters.ty(), &[]).distributed();
        queue.write(start, write_at, parameters);
        let head = b.delay("head_q", b.flag(true), queue.word(read_at));
        let mut low = 0;
        for (name, _) in names {
            let width = parameter_width(name);
            fields.insert(name, b.wire(&format!("head_{name}"), head.bits(low, width)));
            low += width;
        }
        Head { fields }
    }

    pub(super) fn get(&self, name: &str) -> Signal<'m> {
        *self.fields.get(name).unwrap_or_else(|| panic!("no parameter {name}"))
    }
}

/// Whether nothing that started is unfinished.
pub(super) fn under_way<'m>(b: &'m Builder, start: Signal<'m>, finished: Signal<'m>) -> Signal<'m> {
    let register = b.register_reset("unfinished_q", uint(address_width(QUEUE_DEPTH) + 1), 0);
    let count = register.signal();
    register.when(start & !finished, count + 1).when(finished & !start, count - 1);
    b.wire("quiet", count.is(0))
}
