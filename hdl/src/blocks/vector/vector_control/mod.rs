//! Takes an instruction, walks its words, and hands it over to the writers.
//!
//! ```text
//!  instruction ─► reading: words × groups ─► reads, and a tag with every word
//!                    └─► draining: the fields of the writers, until finished_i ─► done
//! ```
//!
//! One word is read each cycle, except that a word to rotate or to gate takes two reads, and that
//! the words of a store wait until the digits of the word before have left.
//!
//! Two instructions are under way at most: one drains while the next one reads. Words enter the
//! second half of the elements [`HAND_OVER_CYCLES`] after the last write of the instruction before,
//! or later. When that write will be is known from the last read on, so that the next instruction
//! is taken as much earlier as its own way to the second half is long.

mod fields;
mod parameters;

pub use parameters::VectorControl;

use super::digit_writer::{STORE_ADDRESS_WIDTH, quotient};
use super::vector_cycles::HAND_OVER_CYCLES;
use super::vector_fields::{MEMORY_ADDRESS_WIDTH, VectorFields};
use super::word_parts::last_part;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::{RegisterHandle, address_width};
use fields::{DEPTH_WIDTH, Fields, Held, Reach};
use firmware::isa::INSTRUCTION_WIDTH;
use parameters::{GROUPS_WIDTH, WORDS_WIDTH};
use std::sync::Arc;

/// Bits of a position.
pub const POSITION_WIDTH: u32 = 16;

impl VectorControl {
    /// The module `vector_control`.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "takes instructions of the vector unit and walks their words.\n\n\
             One drains while the next one reads. The words of the next one enter the second half \
             {HAND_OVER_CYCLES} cycles after the last write of the one before, or later. A tag \
             goes with the last read of every word, in the cycle of that read."
        );
        let b = Builder::new("vector_control", file!(), &summary);
        b.port_group("Instruction.");
        let bit = uint(1);
        let valid = b.input("instruction_valid_i", bit, "an instruction waits");
        let instruction = b.input("instruction_i", uint(INSTRUCTION_WIDTH), "its bits");
        let position = b.input("position_i", uint(POSITION_WIDTH), "position p of the token");
        b.port_group("Writers.");
        let finished = b.input("finished_i", bit, "last write of the instruction that drains");

        b.section("Wires that lead back.");
        let ends = b.forward("last_read", bit);
        let (depth, overlap) =
            (b.forward("depth", uint(DEPTH_WIDTH)), b.forward("overlap", uint(DEPTH_WIDTH)));

        b.section("Cycles until the last write of the instruction that has read its last word.");
        let left = b.register_reset("left_q", uint(DEPTH_WIDTH), 0);
        let more = b.wire("left_more", left.signal().any());
        left.when(ends, depth - 1).when(more, left.signal() - 1);
        let left = left.signal();

        b.section(
            "Taken when the words before have left the first half, and its own come late enough.",
        );
        let fields = VectorFields::of(&b, instruction);
        let lead = self.lead(&b, &fields);
        let reading = b.register_reset("reading_q", bit, 0);
        let in_time = b.wire("in_time", left.le(lead) & left.le(overlap));
        let ready = b.wire("ready", !reading.signal() & in_time);
        let accept = b.wire("accept", valid & ready);
        reading.when(accept, b.flag(true)).when(ends, b.flag(false));

        b.section("Handed over when nothing drains, or in the last cycle of what does.");
        let waiting = b.register_reset("waiting_q", bit, 0);
        let draining = b.register_reset("draining_q", bit, 0);
        let hand_over = waiting.signal() & (!draining.signal() | finished);
        let hand_over = b.wire("hand_over", hand_over);
        waiting.when(accept, b.flag(true)).when(hand_over, b.flag(false));
        draining.when(hand_over, b.flag(true)).when(finished, b.flag(false));
        let start = b.register_reset("start_q", bit, 0).next(hand_over).signal();
        let reads = b.register_reset("read_start_q", bit, 0).next(accept).signal();
        b.port_group("Flow.");
        b.output("instruction_ready_o", ready, "the instruction is taken if it is valid");
        b.output("done_o", draining.signal() & finished, "an instruction is finished");
        b.output("busy_o", waiting.signal() | draining.signal(), "an instruction is under way");
        b.output("accept_o", accept, "an instruction is taken");
        b.output("read_start_o", reads, "first cycle of the instruction that reads");
        b.output("hand_over_o", hand_over, "the one that reads drains from the next cycle on");
        b.output("start_o", start, "first cycle of the instruction that drains");

        b.section("Fields of the instruction, by meaning.");
        let fields = Fields { control: self, b: &b, fields, accept, hand_over };
        let reach = fields.reach(position);
        let held = fields.hold(&reach, position);
        b.assign(depth, held.depth);
        b.assign(overlap, held.overlap);
        let walked = self.walk(&b, accept, reads, &reach, &held);
        b.assign(ends, walked);
        b.finish()
    }

    /// The reads of an instruction and the tags of its words; yields whether the last one goes.
    fn walk<'m>(
        &self,
        b: &'m Builder,
        accept: Signal<'m>,
        start: Signal<'m>,
        reach: &Reach<'m>,
        held: &Held<'m>,
    ) -> Signal<'m> {
        b.section("A small product: of rotations p * words, of keys p / LANES * columns.");
        let words = b.delay("words_q", accept, reach.words);
        let tile = quotient(b, held.position, self.lanes, POSITION_WIDTH);
        let rows = b.wire("rows", held.rotate.select(held.position, tile));
        let columns = held.columns.extend(STORE_ADDRESS_WIDTH);
        let wide_words = words.extend(STORE_ADDRESS_WIDTH);
        let factor = b.wire("row_words", held.rotate.select(wide_words, columns));
        let offset = b.delay("offset_q", b.flag(true), rows * factor);
        let angle = b.register_reset("angle_q", uint(1), 0);
        let angle = angle.next(start & held.rotate).signal();

        b.section("Which word of which group.");
        let walking = b.register_reset("walking_q", uint(1), 0);
        let second = b.register_reset("second_q", uint(1), 0);
        let first = b.register("first_q", uint(1));
        let words_left = b.register("words_left_q", uint(WORDS_WIDTH));
        let groups_left = b.register("groups_left_q", uint(GROUPS_WIDTH));
        let last = b.wire("last", words_left.signal().is(1));
        let last_group = b.wire("last_group", groups_left.signal().is(1));
        let twice = b.wire("twice", held.rotate | held.gate);
        let waits = self.pace(b, held, walking.signal(), last);
        let step = b.wire("step", walking.signal() & !waits);
        let moves = b.wire("moves", step & (second.signal() | !twice));
        let ends = b.wire("ends", last & last_group);
        let last_read = b.wire("ends_walk", moves & ends);
        walking
            .when(accept, !reach.rotates)
            .when(angle, b.flag(true))
            .when(last_read, b.flag(false));
        second.when(step & twice, !second.signal());
        first.when(accept, b.flag(true)).when(moves, last);
        words_left.when(accept, reach.words).when(moves & last, words);
        words_left.when(moves, words_left.signal() - 1);
        groups_left.when(accept, reach.groups);
        groups_left.when(moves & last, groups_left.signal() - 1);

        b.section("Where the words are. Angles start again with every head.");
        let address = counter(b, "address_q", accept, reach.address, moves);
        let up = counter(b, "up_q", accept, reach.up, moves);
        let constant_read = b.wire("constant_read", step & (held.weighted | held.rotate));
        let constant = b.register("constant_q", uint(MEMORY_ADDRESS_WIDTH));
        let twice_offset = b.concat(&[offset.bits(0, MEMORY_ADDRESS_WIDTH - 1), b.flag(false)]);
        let angles = b.wire("angles", constant.signal() + twice_offset);
        let first_angle = b.delay("first_angle_q", angle, angles);
        let again = moves & last & held.rotate;
        let constant = constant
            .when(accept, reach.constant)
            .when(angle, angles)
            .when(again, first_angle)
            .when(constant_read, constant.signal() + 1)
            .signal();

        b.port_group("Reads.");
        let reads = |space: i128| step & held.space.is(space);
        let result_read = reads(1) & (held.gate | !second.signal());
        b.output("residual_read_o", reads(0), "read X");
        b.output("result_read_o", result_read, "read R");
        b.output("temporary_read_o", reads(2), "read T");
        b.output("address_o", address, "word of X or T");
        let of_results = (held.gate & second.signal()).select(up, address);
        b.output("result_address_o", of_results, "word of R");
        b.output("constant_read_o", constant_read, "read C");
        b.output("constant_address_o", constant, "word of C");
        b.port_group("Tag of a word, with its last read.");
        b.output("valid_o", moves, "a word is on its way");
        b.output("first_o", first.signal(), "first word of its group");
        b.output("last_o", last, "last word of its group");
        b.output("ends_o", ends, "last word of the instruction");
        b.output("offset_o", offset, "keys: p / LANES * columns");
        last_read
    }

    /// Whether a word of a store has to wait: it would complete digits while others still leave.
    fn pace<'m>(
        &self,
        b: &'m Builder,
        held: &Held<'m>,
        walking: Signal<'m>,
        last: Signal<'m>,
    ) -> Signal<'m> {
        let pace_type = uint(address_width(self.digits));
        let pace = b.register_reset("pace_q", pace_type, 0);
        let free = b.wire("digits_gone", pace.signal().is(0));
        let counts = [self.slots, self.lanes].map(|channels| channels / self.elements);
        let completes = match counts {
            [1, 1] => b.flag(true),
            _ => {
                let limit = last_part(b, counts, held.values);
                let part = b.register_reset("part_q", limit.ty(), 0);
                let completes = b.wire("completes", last | part.signal().eq(limit));
                let step = b.wire("part_step", held.store & walking & (free | !completes));
                part.when(step & completes, part.signal().same(0));
                part.when(step, part.signal() + 1);
                completes
            }
        };
        let waits = b.wire("waits", held.store & completes & !free);
        let loads = held.store & walking & completes & free;
        pace.when(loads, pace.signal().same(i128::from(self.digits) - 1));
        pace.when(!free, pace.signal() - 1);
        waits
    }
}

/// A register that is loaded, and counts the words.
fn counter<'m>(
    b: &'m Builder,
    name: &str,
    load: Signal<'m>,
    value: Signal<'m>,
    step: Signal<'m>,
) -> Signal<'m> {
    let register: RegisterHandle<'m> = b.register(name, value.ty());
    register.when(load, value).when(step, register.signal() + 1).signal()
}
