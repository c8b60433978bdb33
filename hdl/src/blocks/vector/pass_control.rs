//! Takes passes one after the other, and walks their words.
//!
//! ```text
//!  instruction ─► word 0: phase 0, 1 … │ word 1: phase 0, 1 … │ …  ─► last read ─► depth ─► done
//! ```
//!
//! A word is read in as many cycles as the pass has phases; a tag goes with its last one. The words
//! of a key or a value wait until the digits of the word of the store before have left. The next
//! pass is taken when the one before is done: it finds all that was written. Where the program has
//! streams, a pass that follows itself is taken behind the last read of the one before, and another as
//! many cycles before that one's done as its lead says.

use super::pass_cycles::{ACCEPT_CYCLES, PassDepths};
use super::word_parts::last_part;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::isa::WAIT_WIDTH;
use std::sync::Arc;

/// Bits of the index of an element.
pub const INDEX_WIDTH: u32 = 16;
/// Bits of a phase.
pub const PHASE_WIDTH: u32 = 2;
/// Bits of a number of cycles from the last read to the last write.
pub const DEPTH_WIDTH: u32 = 6;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PassControl {
    /// Elements of a word.
    pub elements: u32,
    /// Channels of a word of the value store.
    pub lanes: u32,
    /// Channels of a word of the key store.
    pub slots: u32,
    /// Balanced ternary digits of a key or value; 0 if none are kept.
    pub digits: u32,
    /// The most cycles from a last read to a last write, where passes may be under way one behind the other.
    pub stream: Option<u32>,
}

/// What says how far the passes under way are.
struct Flow<'m> {
    ready: Signal<'m>,
    accept: Signal<'m>,
    start: Signal<'m>,
    done: Signal<'m>,
    busy: Signal<'m>,
}

impl PassControl {
    /// The module `pass_control`.
    pub fn module(&self) -> Arc<Module> {
        let next = match self.stream {
            None => "The next pass is taken when the one before is done.",
            Some(_) => {
                "The next pass is taken behind the last read of the one before: the same one at \
                 other addresses at once, another when no more than its lead of cycles are left \
                 until that is done. At most seven are under way, and done in their order."
            }
        };
        let summary = format!(
            "takes passes and walks their words.\n\n\
             The first read is {ACCEPT_CYCLES} cycles after the acceptance. A tag goes with the \
             last read of every word, in the cycle of that read. {next}"
        );
        let b = Builder::new("pass_control", file!(), &summary);
        let bit = uint(1);
        b.port_group("Instruction.");
        let valid = b.input("instruction_valid_i", bit, "a pass waits");
        b.port_group("The pass, held.");
        let last_element =
            b.input("last_element_i", uint(INDEX_WIDTH), "index of the last element");
        let last_phase = b.input("last_phase_i", uint(PHASE_WIDTH), "last phase of a word");
        let depth = b.input("depth_i", uint(DEPTH_WIDTH), "from the last read to the last write");

        b.section("Wires that lead back.");
        let last_read = b.forward("last_read", bit);
        let (step, moves) = (b.forward("step", bit), b.forward("moves", bit));

        let (flow, reads) = match self.stream {
            None => (one_by_one(&b, valid, last_read, depth), None),
            Some(most) => {
                let reads = b.forward("reads", bit);
                (streams(&b, valid, (reads, last_read), depth, most), Some(reads))
            }
        };
        let Flow { ready, accept, start, done, busy } = flow;

        b.section("Which word, in which phase.");
        let reading = b.register_reset("reading_q", bit, 0);
        let word_width = INDEX_WIDTH - self.elements.trailing_zeros();
        let left = b.register("words_left_q", uint(word_width));
        let (first, last) = (b.register("first_q", bit), b.register("last_q", bit));
        let phase = b.register("phase_q", uint(PHASE_WIDTH));
        let last_word = last_element.bits(self.elements.trailing_zeros(), word_width);
        let ends_word = b.wire("ends_word", phase.signal().eq(last_phase));
        let low = last_element.bits(0, self.elements.trailing_zeros());
        b.unused("last_element", low, "It says how much of the last word counts.");
        let going = reading.signal() & ends_word;
        let waits = self.pace(&b, going, last.signal());
        b.assign(step, waits.map_or(reading.signal(), |waits| reading.signal() & !waits));
        b.assign(moves, step & ends_word);
        b.assign(last_read, moves & last.signal());
        let reading = reading.when(start, b.flag(true)).when(last_read, b.flag(false)).signal();
        if let Some(reads) = reads {
            b.assign(reads, reading);
        }
        // Known before the words are read: the next pass waits for the last one.
        let left = left.when(start, last_word).when(moves, left.signal() - 1).signal();
        let first = first.when(start, b.flag(true)).when(moves, b.flag(false)).signal();
        let last = last.when(start, last_word.is(0)).when(moves, left.is(1)).signal();
        phase.when(start | moves, phase.signal().same(0)).when(step, phase.signal() + 1);

        b.port_group("Flow.");
        b.output("instruction_ready_o", ready, "the pass is taken if it is valid");
        b.output("accept_o", accept, "it is taken");
        b.output("start_o", start, "the cycle after that");
        b.output("done_o", done, "its last write happens");
        b.output("busy_o", busy, "a pass is under way");
        b.port_group("Reads.");
        b.output("step_o", step, "words are read");
        b.output("phase_o", phase.signal(), "in this phase");
        b.port_group("Tag of a word, with its last read.");
        b.output("moves_o", moves, "a word is on its way");
        b.output("first_o", first, "first word of the pass");
        b.output("last_o", last, "last word of the pass");
        b.finish()
    }

    /// Whether a word has to wait: it would complete a word of a store while the digits of the one
    /// before still leave.
    fn pace<'m>(&self, b: &'m Builder, going: Signal<'m>, last: Signal<'m>) -> Option<Signal<'m>> {
        // A single digit has left when the next word can be complete.
        if self.digits <= 1 {
            return None;
        }
        b.port_group("Keys and values.");
        let going = b.wire("going", going);
        let keeps = b.input("keeps_i", uint(1), "it keeps a key or a value");
        let counts = [self.slots, self.lanes].map(|channels| channels / self.elements);
        let values =
            (counts[0] != counts[1]).then(|| b.input("values_i", uint(1), "0: a key, 1: a value"));
        b.section("The digits of the word of the store before.");
        let pace = b.register_reset("pace_q", uint(address_width(self.digits)), 0);
        let free = b.wire("digits_gone", pace.signal().is(0));
        let completes = match counts {
            [1, 1] => b.flag(true),
            _ => {
                let limit = last_part(b, counts, values.unwrap_or(keeps));
                let part = b.register_reset("part_q", limit.ty(), 0);
                let completes = b.wire("completes", last | part.signal().eq(limit));
                let step = b.wire("part_step", keeps & going & (free | !completes));
                part.when(step & completes, part.signal().same(0));
                part.when(step, part.signal() + 1);
                completes
            }
        };
        let waits = b.wire("waits", keeps & going & completes & !free);
        let loads = keeps & going & completes & free;
        pace.when(loads, pace.signal().same(i128::from(self.digits) - 1));
        pace.when(!free, pace.signal() - 1);
        Some(waits)
    }
}

/// Passes one after the other.
fn one_by_one<'m>(
    b: &'m Builder,
    valid: Signal<'m>,
    last_read: Signal<'m>,
    depth: Signal<'m>,
) -> Flow<'m> {
    let bit = uint(1);
    b.section("Cycles until the last write.");
    let left = b.register_reset("left_q", uint(DEPTH_WIDTH), 0);
    let counting = b.wire("counting", left.signal().any());
    left.when(last_read, depth).when(counting, left.signal() - 1);

    b.section("One pass at a time: taken when the one before is done.");
    let busy = b.register_reset("busy_q", bit, 0);
    let done = b.wire("done", left.signal().is(1));
    let ready = b.wire("ready", !busy.signal() | done);
    let accept = b.wire("accept", valid & ready);
    let busy = busy.when(accept, b.flag(true)).when(done, b.flag(false)).signal();
    let start = b.register_reset("start_q", bit, 0).next(accept).signal();
    debug_assert_eq!(ACCEPT_CYCLES, 2);
    Flow { ready, accept, start, done, busy }
}

/// Passes one after the other, word behind word where they may be.
fn streams<'m>(
    b: &'m Builder,
    valid: Signal<'m>,
    (reading, last_read): (Signal<'m>, Signal<'m>),
    depth: Signal<'m>,
    most: u32,
) -> Flow<'m> {
    let bit = uint(1);
    b.port_group("The pass that waits.");
    let follows = b.input("follows_i", bit, "it is the pass under way, at other addresses");
    let meaning = "cycles before the done of the one before in which it may be taken";
    let lead = b.input("lead_i", uint(DEPTH_WIDTH), meaning);
    b.section("Cycles until the passes under way are done: a one falls down a line.");
    let line = b.register_reset("dones_q", uint(most), 0);
    let high = b.literal(1, uint(most)).shift_left_by(b.wire("depth_less_one", depth - 1));
    let new = b.wire("new_done", last_read.repeat(most) & high);
    let line_q = line.signal();
    line.next(b.concat(&[b.flag(false), line_q.bits(1, most - 1)]) | new);
    let done = b.wire("done", line_q.bit(0));

    b.section("Cycles until the last of them is.");
    let left = b.register_reset("left_q", uint(DEPTH_WIDTH), 0);
    let counting = b.wire("counting", left.signal().any());
    let left = left.when(last_read, depth - 1).when(counting, left.signal() - 1).signal();
    // The last read is known late, so both comparisons are made before.
    let soon = b.wire("soon", last_read.select(depth.le(lead), left.le(lead)));

    b.section(
        "Passes under way: another waits for its turn to read, and until few cycles are left.",
    );
    let under_way = b.register_reset("under_way_q", uint(WAIT_WIDTH), 0);
    let count = under_way.signal();
    let starts = b.forward("starts", bit);
    let turn = b.wire("turn", last_read | !(starts | reading));
    let ready = b.wire("ready", turn & (follows | soon));
    let accept = b.wire("accept", valid & ready);
    under_way.when(accept & !done, count + 1).when(done & !accept, count - 1);
    let start = b.register_reset("start_q", bit, 0).next(accept).signal();
    b.assign(starts, start);
    Flow { ready, accept, start, done, busy: count.any() }
}

/// The number of cycles that belongs to what a pass does: the largest of those that hold.
pub(super) fn depth<'m>(
    b: &'m Builder,
    depths: &PassDepths,
    [vector, train, digits, finish]: [Option<Signal<'m>>; 4],
) -> Signal<'m> {
    let cycles = |cycles: u32| b.literal(cycles.into(), uint(DEPTH_WIDTH));
    let mut longer: Vec<(u32, Signal)> = [
        (depths.vector, vector),
        (depths.train, train),
        (depths.digits, digits),
        (depths.finish, finish),
    ]
    .into_iter()
    .filter_map(|(cycles, does)| Some((cycles, does?)))
    .collect();
    longer.sort_by_key(|(cycles, _)| *cycles);
    let chosen = longer
        .into_iter()
        .fold(cycles(depths.result), |rest, (depth, does)| does.select(cycles(depth), rest));
    b.wire("deepest", chosen)
}
