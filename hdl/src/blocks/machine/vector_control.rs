//! Takes an instruction, walks its words, and waits until its last write.
//!
//! ```text
//!  instruction ─► fields, held ─► words × groups ─► reads, and a tag with every word
//!                                                   finished_i ─► done, next instruction
//! ```
//!
//! One word is read each cycle, except that a word to rotate or to gate takes two reads, and that
//! the words of a store wait until the digits of the word before have left. The next instruction
//! is taken in the cycle that finishes this one.

use super::digit_writer::{STORE_ADDRESS_WIDTH, quotient};
use super::vector_fields::VectorFields;
use super::word_parts::last_part;
use crate::builder::Builder;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::uint;
use crate::storage::{RegisterHandle, address_width};
use firmware::isa::{
    Encode, Format, Gate, INSTRUCTION_WIDTH, Measure, Norm, Rotate, Softmax, Store,
};
use std::sync::Arc;

/// Bits of an address in X, R, T or C.
pub const MEMORY_ADDRESS_WIDTH: u32 = 14;
/// Bits of a position.
pub const POSITION_WIDTH: u32 = 16;
/// Cycles from the acceptance of an instruction to its first read.
pub const ACCEPT_CYCLES: u32 = 1;
/// Cycles more before a rotation's first read: its angles have to be found.
pub const ANGLE_CYCLES: u32 = 2;

/// Bits of the words of a group, and of the groups.
const WORDS_WIDTH: u32 = 12;
const GROUPS_WIDTH: u32 = 8;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorControl {
    /// Elements of a word.
    pub elements: u32,
    /// Rows of a word of the key store, channels of a word of the value store.
    pub lanes: u32,
    /// Channels of a word of the key store.
    pub slots: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
}

/// Fields that say where and how far to read, as they come with the instruction.
struct Reach<'m> {
    address: Signal<'m>,
    up: Signal<'m>,
    space: Signal<'m>,
    words: Signal<'m>,
    groups: Signal<'m>,
    constant: Signal<'m>,
    weighted: Signal<'m>,
    rotates: Signal<'m>,
}

/// Registers of the fields that the walk looks at.
struct Held<'m> {
    rotate: Signal<'m>,
    gate: Signal<'m>,
    store: Signal<'m>,
    values: Signal<'m>,
    weighted: Signal<'m>,
    space: Signal<'m>,
    position: Signal<'m>,
    columns: Signal<'m>,
}

impl VectorControl {
    /// The module `vector_control`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "takes an instruction of the vector unit and walks its words.\n\n\
             What is held stays until the instruction is finished. A tag goes with the last read \
             of every word, in the cycle of that read.";
        let b = Builder::new("vector_control", file!(), summary);
        b.port_group("Instruction.");
        let valid = b.input("instruction_valid_i", uint(1), "an instruction waits");
        let instruction = b.input("instruction_i", uint(INSTRUCTION_WIDTH), "its bits");
        let position = b.input("position_i", uint(POSITION_WIDTH), "position p of the token");
        b.port_group("Writers.");
        let finished = b.input("finished_i", uint(1), "the last write of the instruction");

        b.section("Taken when nothing is under way, or in the cycle that finishes it.");
        let busy = b.register_reset("busy_q", uint(1), 0);
        let ready = b.wire("ready", !busy.signal() | finished);
        let accept = b.wire("accept", valid & ready);
        busy.when(accept, b.flag(true)).when(finished, b.flag(false));
        let start = b.register_reset("start_q", uint(1), 0).next(accept).signal();
        b.port_group("Flow.");
        b.output("instruction_ready_o", ready, "the instruction is taken if it is valid");
        b.output("done_o", busy.signal() & finished, "an instruction is finished");
        b.output("busy_o", busy.signal(), "an instruction is under way");
        b.output("accept_o", accept, "an instruction is taken");
        b.output("start_o", start, "first cycle of an instruction");

        b.section("Fields of the instruction, by meaning.");
        let fields = VectorFields::of(&b, instruction);
        let reach = self.reach(&b, &fields, position);
        let held = self.hold(&b, &fields, accept, &reach, position);
        self.walk(&b, accept, start, &reach, &held);
        b.finish()
    }

    fn reach<'m>(
        &self,
        b: &'m Builder,
        fields: &VectorFields<'m>,
        position: Signal<'m>,
    ) -> Reach<'m> {
        const N: Format = Norm::FORMAT;
        const E: Format = Encode::FORMAT;
        const R: Format = Rotate::FORMAT;
        const M: Format = Measure::FORMAT;
        const K: Format = Store::FORMAT;
        const S: Format = Softmax::FORMAT;
        const G: Format = Gate::FORMAT;
        let addresses =
            [(N, "address"), (E, "address"), (R, "address"), (M, "address"), (K, "address")];
        let addresses = [&addresses[..], &[(S, "address"), (G, "gate")]].concat();
        let results = b.literal(1, uint(2));
        let spaces = [N, E, M, K].map(|format| (format, fields.get(&format, "space")));
        let upto = quotient(b, position, self.elements, WORDS_WIDTH);
        let upto = b.wire("words_upto_p", upto + 1);
        let positions = fields.get(&E, "positions");
        let encoded = positions.select(upto, fields.get(&E, "words"));
        let words = |format: Format| (format, fields.get(&format, "words").extend(WORDS_WIDTH));
        let words = [words(N), (E, encoded), words(R), words(M), words(K), words(G)];
        let heads = |format: Format| (format, fields.get(&format, "heads"));
        let groups = [(E, fields.get(&E, "groups")), heads(R), heads(M), heads(K)];
        let constants = [(N, "weight"), (E, "weight"), (R, "table")];
        Reach {
            address: fields.merged("address", MEMORY_ADDRESS_WIDTH, &addresses),
            up: fields.get(&G, "up"),
            space: fields.choose("space", &spaces, results),
            words: fields.choose("words", &words, upto),
            groups: fields.choose("groups", &groups, b.literal(1, uint(GROUPS_WIDTH))),
            constant: fields.merged("constant", MEMORY_ADDRESS_WIDTH, &constants),
            weighted: fields.merged("weighted", 1, &[(N, "weighted"), (E, "weighted")]),
            rotates: fields.is(&R),
        }
    }

    /// Registers that keep the fields, with their ports.
    fn hold<'m>(
        &self,
        b: &'m Builder,
        fields: &VectorFields<'m>,
        accept: Signal<'m>,
        reach: &Reach<'m>,
        position: Signal<'m>,
    ) -> Held<'m> {
        b.port_group("The instruction under way, held.");
        let keep = |name: &str, signal: Signal<'m>, meaning: &str| {
            let held = b.delay(&format!("{name}_q"), accept, signal);
            b.output(&format!("{name}_o"), held, meaning);
            held
        };
        let kind =
            |name: &str, format: &Format, meaning: &str| keep(name, fields.is(format), meaning);
        kind("norm", &Norm::FORMAT, "sums of a vector, and the scale of its counts");
        kind("encode", &Encode::FORMAT, "values to trains");
        let rotate = kind("rotate", &Rotate::FORMAT, "pairs turned by an angle");
        kind("measure", &Measure::FORMAT, "scales of heads");
        let store = kind("store", &Store::FORMAT, "keys or values kept as digits");
        kind("softmax", &Softmax::FORMAT, "scores to weights");
        let gate = kind("gate", &Gate::FORMAT, "gate, sigmoid, up");
        let space = keep("space", reach.space, "0: residual, 1: results, 2: temporaries");
        let weighted = keep("weighted", reach.weighted, "times the weight in C");
        let position = keep("position", position, "position p");
        let merged = |name: &str, width: u32, arms: &[(Format, &str)], meaning: &str| {
            let ports = format!("{name}_field");
            keep(name, fields.merged(&ports, width, arms), meaning)
        };
        let single = |name: &str, format: &Format, field: &str, meaning: &str| {
            keep(name, fields.get(format, field), meaning)
        };
        const N: Format = Norm::FORMAT;
        const E: Format = Encode::FORMAT;
        const R: Format = Rotate::FORMAT;
        const M: Format = Measure::FORMAT;
        const K: Format = Store::FORMAT;
        const S: Format = Softmax::FORMAT;
        const G: Format = Gate::FORMAT;
        let bits = [(N, "bits"), (E, "bits"), (R, "bits"), (M, "bits"), (S, "bits")];
        merged("bits", 4, &bits, "bits of a magnitude");
        merged("shift", 6, &[(R, "shift"), (S, "shift"), (G, "shift")], "first right shift");
        single("product_shift", &G, "product_shift", "right shift of gate times up");
        merged("multiplier", 16, &[(S, "multiplier"), (G, "multiplier")], "factor");
        merged("maximum", 5, &[(S, "maximum")], "register of the largest score");
        single("target", &N, "target", "mean to aim at: mantissa");
        single("target_exponent", &N, "target_exponent", "its exponent");
        single("epsilon", &N, "epsilon", "mantissa of epsilon");
        single("epsilon_shift", &N, "epsilon_shift", "its left shift");
        single("follows", &N, "follows", "it follows the exponent of its input");
        let read = [(N, "input"), (E, "scalar"), (R, "input"), (M, "input"), (K, "scalar")];
        let read = [&read[..], &[(S, "input"), (G, "input")]].concat();
        merged("scalar", 8, &read, "scalar to read");
        let written = [(N, "output"), (R, "output"), (M, "output"), (S, "output")];
        merged("output", 8, &written, "scalar to write");
        let destination = [(E, "destination"), (R, "destination"), (S, "destination")];
        let destination = [&destination[..], &[(G, "destination")]].concat();
        let meaning = "first word of T or of the trains";
        merged("destination", MEMORY_ADDRESS_WIDTH, &destination, meaning);
        let strides = [(E, "stride"), (K, "stride")];
        merged("stride", STORE_ADDRESS_WIDTH, &strides, "words from group to group");
        single("train", &E, "train", "first train");
        let values = single("values", &K, "values", "0: keys, 1: values");
        single("base", &K, "base", "first word in the store");
        let columns = single("columns", &K, "columns", "words of one digit of a tile");
        single("top", &K, "top", "top of the frame");
        merged("deficits", 14, &[(K, "deficits"), (S, "deficits")], "first deficit word");
        single("deficit_stride", &K, "deficit_stride", "deficit words from head to head");
        Held { rotate, gate, store, values, weighted, space, position, columns }
    }

    fn walk<'m>(
        &self,
        b: &'m Builder,
        accept: Signal<'m>,
        start: Signal<'m>,
        reach: &Reach<'m>,
        held: &Held<'m>,
    ) {
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
        walking
            .when(accept, !reach.rotates)
            .when(angle, b.flag(true))
            .when(moves & ends, b.flag(false));
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
