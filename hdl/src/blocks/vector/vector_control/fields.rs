//! The fields of the instructions under way: where the one that reads goes, what the one that
//! drains needs.
//!
//! ```text
//!  instruction_i ─► field ─► reading_*_q, from accept on ─► *_q, from the hand-over on
//! ```

use super::parameters::{GROUPS_WIDTH, VectorControl, WORDS_WIDTH};
use crate::blocks::vector::digit_writer::{STORE_ADDRESS_WIDTH, quotient};
use crate::blocks::vector::vector_cycles::Kind;
use crate::blocks::vector::vector_fields::{MEMORY_ADDRESS_WIDTH, VectorFields};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{Encode, Format, Gate, Measure, Norm, Rotate, Softmax, Store};

/// Bits of a number of cycles from the last read of an instruction to its last write.
pub(super) const DEPTH_WIDTH: u32 = 5;

/// Fields that say where and how far to read, as they come with the instruction.
pub(super) struct Reach<'m> {
    pub(super) address: Signal<'m>,
    pub(super) up: Signal<'m>,
    space: Signal<'m>,
    pub(super) words: Signal<'m>,
    pub(super) groups: Signal<'m>,
    pub(super) constant: Signal<'m>,
    weighted: Signal<'m>,
    pub(super) rotates: Signal<'m>,
}

/// Registers of the fields that the walk looks at.
pub(super) struct Held<'m> {
    pub(super) rotate: Signal<'m>,
    pub(super) gate: Signal<'m>,
    pub(super) store: Signal<'m>,
    pub(super) values: Signal<'m>,
    pub(super) weighted: Signal<'m>,
    pub(super) space: Signal<'m>,
    pub(super) position: Signal<'m>,
    pub(super) columns: Signal<'m>,
    /// Cycles from the last read to the last write.
    pub(super) depth: Signal<'m>,
    /// Cycles before the last write from which on another instruction may be taken.
    pub(super) overlap: Signal<'m>,
}

/// An instruction by its fields, and when it moves on.
pub(super) struct Fields<'a, 'm> {
    pub(super) control: &'a VectorControl,
    pub(super) b: &'m Builder,
    pub(super) fields: VectorFields<'m>,
    pub(super) accept: Signal<'m>,
    pub(super) hand_over: Signal<'m>,
}

const N: Format = Norm::FORMAT;
const E: Format = Encode::FORMAT;
const R: Format = Rotate::FORMAT;
const M: Format = Measure::FORMAT;
const K: Format = Store::FORMAT;
const S: Format = Softmax::FORMAT;
const G: Format = Gate::FORMAT;

impl VectorControl {
    /// How early an instruction may be taken.
    pub(super) fn lead<'m>(&self, b: &'m Builder, fields: &VectorFields<'m>) -> Signal<'m> {
        let lead = |kind: Kind, weighted| kind.lead(weighted);
        by_kind(b, fields, "lead", &lead)
    }
}

/// A number of cycles for each kind of instruction, weighted or not.
fn by_kind<'m>(
    b: &'m Builder,
    fields: &VectorFields<'m>,
    name: &str,
    cycles: &dyn Fn(Kind, bool) -> u32,
) -> Signal<'m> {
    let number = |cycles: u32| b.literal(cycles.into(), uint(DEPTH_WIDTH));
    let arm = |kind: Kind| {
        let format = kind.format();
        let plain = number(cycles(kind, false));
        if !kind.may_weigh() || cycles(kind, true) == cycles(kind, false) {
            return (format, plain);
        }
        (format, fields.get(&format, "weighted").select(number(cycles(kind, true)), plain))
    };
    fields.choose(name, &Kind::ALL.map(arm), number(0))
}

impl<'m> Fields<'_, 'm> {
    pub(super) fn reach(&self, position: Signal<'m>) -> Reach<'m> {
        let Fields { control, b, fields, .. } = self;
        let addresses =
            [(N, "address"), (E, "address"), (R, "address"), (M, "address"), (K, "address")];
        let addresses = [&addresses[..], &[(S, "address"), (G, "gate")]].concat();
        let results = b.literal(1, uint(2));
        let spaces = [N, E, M, K].map(|format| (format, fields.get(&format, "space")));
        let upto = quotient(b, position, control.elements, WORDS_WIDTH);
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

    /// A field of the instruction that reads.
    fn read(&self, name: &str, signal: Signal<'m>, meaning: &str) -> Signal<'m> {
        let held = self.b.delay(&format!("reading_{name}_q"), self.accept, signal);
        self.b.output(&format!("reading_{name}_o"), held, meaning);
        held
    }

    /// A field of the instruction that drains; yields that of the one that reads.
    fn drain(&self, name: &str, signal: Signal<'m>, meaning: &str) -> Signal<'m> {
        let held = self.b.delay(&format!("reading_{name}_q"), self.accept, signal);
        self.pass(name, held, meaning);
        held
    }

    /// Hands a field over that the instruction has while it reads.
    fn pass(&self, name: &str, reading: Signal<'m>, meaning: &str) {
        let drains = self.b.delay(&format!("{name}_q"), self.hand_over, reading);
        self.b.output(&format!("{name}_o"), drains, meaning);
    }

    /// Registers that keep the fields, with their ports.
    pub(super) fn hold(&self, reach: &Reach<'m>, position: Signal<'m>) -> Held<'m> {
        let Fields { control, b, fields, accept, .. } = self;
        b.port_group("The instruction that reads, held.");
        let rotate = self.read("rotate", fields.is(&R), "pairs turned by an angle");
        let softmax = self.read("softmax", fields.is(&S), "scores to weights");
        let gate = self.read("gate", fields.is(&G), "gate, sigmoid, up");
        let weighted = self.read("weighted", reach.weighted, "times the weight in C");
        let counts = (fields.is(&N) | fields.is(&E)) & !reach.weighted;
        let early = counts | fields.is(&M) | fields.is(&K);
        self.read("early", early, "no first product");
        let space = self.read("space", reach.space, "0: residual, 1: results, 2: temporaries");
        let shifts = [(R, "shift"), (S, "shift"), (G, "shift")];
        self.read("shift", self.merged("shift", 6, &shifts), "first right shift");
        let product = fields.get(&G, "product_shift");
        self.read("product_shift", product, "right shift of gate times up");
        let multiplier = self.merged("multiplier", 16, &[(S, "multiplier"), (G, "multiplier")]);
        self.read("multiplier", multiplier, "factor");
        let maximum = self.merged("maximum", 5, &[(S, "maximum")]);
        self.read("maximum", maximum, "register of the largest score");
        let read = [(N, "input"), (E, "scalar"), (R, "input"), (M, "input"), (K, "scalar")];
        let read = [&read[..], &[(S, "input"), (G, "input")]].concat();
        self.read("scalar", self.merged("scalar", 8, &read), "first scalar to read");

        b.port_group("The instruction that drains, held.");
        self.drain("norm", fields.is(&N), "sums of a vector, and the scale of its counts");
        self.drain("encode", fields.is(&E), "values to trains");
        self.pass("rotate", rotate, "pairs turned by an angle");
        self.drain("measure", fields.is(&M), "scales of heads");
        let store = self.drain("store", fields.is(&K), "keys or values kept as digits");
        self.pass("softmax", softmax, "scores to weights");
        self.pass("gate", gate, "gate, sigmoid, up");
        self.pass("weighted", weighted, "times the weight in C");
        let position = self.drain("position", position, "position p");
        let (values, columns) = self.results();
        let depth = |kind: Kind, weighted| control.cycles.depth(kind, weighted);
        let overlap = |kind: Kind, _| control.cycles.overlap(kind);
        let depth = by_kind(b, fields, "depth_field", &depth);
        let overlap = by_kind(b, fields, "overlap_field", &overlap);
        Held {
            rotate,
            gate,
            store,
            values,
            weighted,
            space,
            position,
            columns,
            depth: b.delay("depth_q", *accept, depth),
            overlap: b.delay("overlap_q", *accept, overlap),
        }
    }

    fn merged(&self, name: &str, width: u32, arms: &[(Format, &str)]) -> Signal<'m> {
        self.fields.merged(&format!("{name}_field"), width, arms)
    }

    /// What the writers need; yields `values` and `columns` of the instruction that reads.
    fn results(&self) -> (Signal<'m>, Signal<'m>) {
        let merged = |name: &str, width: u32, arms: &[(Format, &str)], meaning: &str| {
            self.drain(name, self.merged(name, width, arms), meaning);
        };
        let single = |name: &str, format: &Format, field: &str, meaning: &str| {
            self.drain(name, self.fields.get(format, field), meaning)
        };
        let bits = [(N, "bits"), (E, "bits"), (R, "bits"), (M, "bits"), (S, "bits")];
        merged("bits", 4, &bits, "bits of a magnitude");
        single("target", &N, "target", "mean to aim at: mantissa");
        single("target_exponent", &N, "target_exponent", "its exponent");
        single("epsilon", &N, "epsilon", "mantissa of epsilon");
        single("epsilon_shift", &N, "epsilon_shift", "its left shift");
        single("follows", &N, "follows", "it follows the exponent of its input");
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
        (values, columns)
    }
}
