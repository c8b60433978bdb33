//! The sequencer: runs the program once a token, issuing in order to the two units.
//!
//! ```text
//!  program ─► fetch ─► issue ─┬─► station ─► matrix unit ─► done ─┐
//!             │          ▲    └─► station ─► vector unit ─► done ─┤
//!  cycle      0 … 1      1          2        unfinished counts ◄──┘
//! ```
//!
//! One instruction a cycle is issued unless it waits: for its own two wait fields, or for the station of
//! its unit. A dependent one is issued with the `done` that it waits for, and there for its unit in the
//! cycle after; the first of a token is issued two cycles after `start_i`. What its unit does not take
//! yet stands in the station, and those behind it go on: whether a unit is ready is known to nobody else.
//!
//! Programs with loops have a [loop stack](crate::blocks::control::loop_stack), and a stage more: an
//! instruction's [pointers](crate::blocks::control::relocation) are chosen before its issue, and
//! added on its way into the station.
//!
//! ```text
//!  program ─► fetch ─► pointers ─► issue ─► sums ─► stations
//!    ▲                     ▲         │ Loop, Next
//!    └─ target ─ loop stack ◄────────┘
//! ```
//!
//! What is behind a `Loop` or a `Next` is fetched when it is issued, and leaves as many cycles
//! later as the first of a token after its start: [`start_cycles`](Sequencer::start_cycles).

mod issue;
mod loops;
mod parameters;
mod unit;

pub use parameters::Sequencer;

use super::instruction::{Fields, Header};
use super::program_store::{HOST_ADDRESS_WIDTH, ProgramStore};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{ANY, End, LONG_WORDS, Matrix};
use issue::{Back, Issue};
use loops::{Kinds, Loops};
use std::sync::Arc;
use unit::{Progress, Unit};

impl Sequencer {
    /// Cycles from the start of a token to its first issue, and from a `Loop` or a `Next` to the
    /// issue behind it.
    pub fn start_cycles(&self) -> u32 {
        if self.has_loops() { 3 } else { 2 }
    }

    fn store(&self) -> ProgramStore {
        let (depth, instruction_words) = (self.program_depth, LONG_WORDS);
        let (bits, contents) = (self.bits.clone(), self.program.clone());
        ProgramStore { depth, instruction_words, bits, contents }
    }

    /// The module `sequencer`.
    pub fn module(&self) -> Arc<Module> {
        let store = self.store();
        let b = Builder::new("sequencer", file!(), &self.summary());
        let bit = uint(1);
        let host = uint(HOST_ADDRESS_WIDTH);
        b.port_group("Host side of the program memory; only while nothing runs.");
        let write = [
            ("write_i", b.input("program_write_i", bit, "store one part of an instruction")),
            ("write_part_i", b.input("program_part_i", host, "which part")),
            ("write_address_i", b.input("program_address_i", host, "which instruction")),
            ("data_i", b.input("program_data_i", uint(32), "its new bits")),
        ];
        b.port_group("Token.");
        let start = b.input("start_i", bit, "run the program; only while nothing runs");
        let asked = b.input("asked_i", bit, "the token's prediction is asked for");
        let stop = b.input("stop_i", bit, "issue nothing more of this token");
        let token = loops::position_input(&b);
        b.port_group("Units.");
        let inputs = ["matrix", "vector"].map(|name| unit::inputs(&b, name));

        b.section("Wires that lead back.");
        let forward = |name: &str| b.forward(name, bit);
        let [matrix, vector] =
            [Unit::of(&b, "matrix", inputs[0]), Unit::of(&b, "vector", inputs[1])];
        let back = Back {
            issued: forward("issued"),
            ends: forward("ends"),
            matrix_issued: matrix.issued,
            vector_issued: vector.issued,
        };
        let loops = self.has_loops().then(|| Loops::forward(self, &b));

        b.section("State: a token runs until its End, then until the units are idle.");
        let progress = [matrix, vector].map(|unit| unit.progress(&b));
        let [of_matrix, of_vector] = progress.map(|of| of.unfinished.any());
        let idle = b.wire("idle", !(of_matrix | of_vector));
        let running = b.register_reset("running_q", bit, 0);
        let draining = b.register_reset("draining_q", bit, 0);
        let leaves = b.wire("leaves", running.signal() & (back.ends | stop));
        let finished = b.wire("finished", (leaves | draining.signal()) & idle);
        let running = running.when(start, b.flag(true)).when(leaves, b.flag(false)).signal();
        let draining = draining.when(finished, b.flag(false)).when(leaves, b.flag(true)).signal();

        b.section("Fetch, ahead of the issue.");
        let fetched = b.register_reset("fetched_q", bit, 0);
        let address = b.register("fetch_address_q", store.address_type());
        let room = loops.as_ref().map_or(back.issued, |loops| loops.room);
        let take = b.wire("take", fetched.signal() & room);
        let wanted = take | !fetched.signal();
        let fetch = match &loops {
            None => b.wire("fetch", running & wanted),
            Some(loops) => b.wire("fetch", running & !loops.busy & wanted),
        };
        let address = address.when(start, address.signal().same(0));
        let address = match &loops {
            None => address,
            Some(loops) => address.when(loops.turns, loops.target),
        };
        address.when(fetch, address.signal() + 1);
        let lost = loops.as_ref().map_or(leaves, |loops| leaves | loops.turns);
        let fetched = fetched.when(lost, b.flag(false)).when(fetch, b.flag(true)).signal();
        let mut inputs = write.to_vec();
        inputs.extend([("read_i", fetch), ("read_address_i", address.signal())]);
        let program = b.instance("store", &store.module(), &inputs);
        let word = program.get("instruction_o");

        let (valid, instruction, placed) = match &loops {
            None => (fetched, word, loops::stand(&b, word, token, back)),
            Some(loops) => loops.relocate(self, &b, (take, word, lost), token, back),
        };
        b.section("Stations: what is issued waits there for its unit.");
        let matrix_station = matrix.station(&b, false);
        b.comment(
            "The vector unit reads its registers for three cycles: it gets no two passes in less.",
        );
        let vector_station = vector.station(&b, true);
        let free = [matrix_station.free, vector_station.free];
        b.section("Issue.");
        let address = b.register("address_q", store.address_type());
        let address = address.when(start, address.signal().same(0));
        let address = match &loops {
            None => address,
            Some(loops) => address.when(loops.turns, loops.target),
        };
        let address = address.when(back.issued, address.signal() + 1).signal();
        let issue =
            self.decide(&b, instruction, address, (valid, stop, asked), (progress, free), back);
        if let Some(loops) = &loops {
            loops.place_stack(self, &b, (start, token), &issue);
        }
        placed.outputs(&b, [matrix_station.valid, vector_station.valid]);
        if self.streams {
            b.section("Whether the last pass is issued once more.");
            let last = b.delay("last_pass_q", back.vector_issued, address);
            let follows = b.delay("follows_q", back.vector_issued, last.eq(address));
            let meaning = "the vector instruction is the last one again, at other addresses";
            b.output("vector_follows_o", follows, meaning);
        }
        outputs(&b, &issue, back.issued, (running | draining, finished));
        b.finish()
    }

    fn summary(&self) -> String {
        let first = if self.has_loops() { "three" } else { "two" };
        let more = match self.has_loops() {
            true => ", and so many after a Loop or a Next",
            false => "",
        };
        format!(
            "runs the program once a token, issuing in order to the stations of the two units.\n\n\
             One instruction a cycle is issued unless it waits. A dependent one is with the done \
             that it waits for, the first of a token {first} cycles after start_i{more}; its unit \
             may take it in the cycle after."
        )
    }

    /// Looks at the instruction: where it goes, what it waits for, whether it ends the token.
    fn decide<'m>(
        &self,
        b: &'m Builder,
        instruction: Signal<'m>,
        address: Signal<'m>,
        (valid, stop, asked): (Signal<'m>, Signal<'m>, Signal<'m>),
        ([matrix, vector], [matrix_free, vector_free]): ([Progress<'m>; 2], [Signal<'m>; 2]),
        back: Back<'m>,
    ) -> Issue<'m> {
        let header = Header::of(b, instruction);
        let unasked = Fields::of(b, instruction, &End::FORMAT).get("unasked");
        let is_end = b.wire("is_end", header.opcode.is(End::FORMAT.opcode.into()));
        let is_matrix = b.wire("is_matrix", header.opcode.is(Matrix::FORMAT.opcode.into()));
        let Kinds { bad: is_bad, pass: is_pass, turn } =
            self.kinds(b, header.opcode, is_end | is_matrix);

        b.comment(&format!(
            "A count is at most {ANY}, so that a wait of {ANY} is none; a unit never has more \
             unfinished. One that finishes is not waited for."
        ));
        let met = |name: &str, unit: Progress<'m>, wait: Signal<'m>| {
            let others = unit.done.select((unit.unfinished - 1).le(wait), unit.unfinished.le(wait));
            b.wire(name, others)
        };
        let matrix_met = met("matrix_met", matrix, header.matrix_wait);
        let vector_met = met("vector_met", vector, header.vector_wait);
        let may_go = b.wire("may_go", valid & !stop & matrix_met & vector_met);
        let (matrix_free, vector_free) =
            (matrix_free & !matrix.unfinished.all(), vector_free & !vector.unfinished.all());
        b.assign(back.matrix_issued, may_go & is_matrix & matrix_free);
        b.assign(back.vector_issued, may_go & is_pass & vector_free);
        let bad = b.wire("bad", may_go & is_bad);
        let turn = turn.map(|[begins, next]| {
            [b.wire("loop_issued", may_go & begins), b.wire("next_issued", may_go & next)]
        });
        let own = may_go & (is_end | is_bad);
        let own = turn.map_or(own, |[begins, next]| own | begins | next);
        b.assign(back.issued, back.matrix_issued | back.vector_issued | own);
        b.assign(back.ends, bad | (may_go & is_end & !(unasked & asked)));
        Issue {
            instruction,
            address,
            bad,
            matrix_waits: valid & !matrix_met,
            vector_waits: valid & !vector_met,
            unit_waits: may_go & !back.issued,
            turn,
        }
    }
}

fn outputs<'m>(
    b: &'m Builder,
    issue: &Issue<'m>,
    issued: Signal<'m>,
    (busy, finished): (Signal<'m>, Signal<'m>),
) {
    b.port_group("To the token loop.");
    b.output("busy_o", busy, "a token is under way");
    b.output("finished_o", finished, "its last instruction is finished");
    b.output("bad_instruction_o", issue.bad, "an opcode without a meaning ended the token");
    b.port_group("For those who watch.");
    b.output("issued_o", issued, "an instruction is issued");
    b.output("issued_address_o", issue.address, "its place in the program");
    b.output("matrix_waits_o", issue.matrix_waits, "the issue waits for the matrix unit's results");
    b.output("vector_waits_o", issue.vector_waits, "the issue waits for the vector unit's results");
    b.output("unit_waits_o", issue.unit_waits, "the issue waits for the station of its unit");
}
