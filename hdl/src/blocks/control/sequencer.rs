//! The sequencer: runs the program once a token, issuing in order to the two units.
//!
//! ```text
//!  program ─► fetch ─► issue ─┬─► matrix unit ─► done ─┐
//!             │          ▲    └─► vector unit ─► done ─┤
//!  cycle      0 … 1      2        unfinished counts ◄──┘
//! ```
//!
//! One instruction a cycle leaves unless it waits: for its own two wait fields, or for its unit.
//! A dependent instruction leaves in the cycle after `done`; the first of a token three cycles
//! after `start_i`.
//!
//! Programs with loops have a [loop stack](crate::blocks::control::loop_stack), and a stage more in
//! which [pointers](crate::blocks::control::relocation) are added:
//!
//! ```text
//!  program ─► fetch ─► relocation ─► issue
//!    ▲                     ▲           │ Loop, Next
//!    └─ target ─ loop stack ◄──────────┘
//! ```
//!
//! What is behind a `Loop` or a `Next` is fetched when it is issued, and leaves as many cycles
//! later as the first of a token after its start: [`start_cycles`](Sequencer::start_cycles).

mod issue;
mod loops;
mod parameters;

pub use parameters::Sequencer;

use super::instruction::{Fields, Header};
use super::program_store::{HOST_ADDRESS_WIDTH, ProgramStore};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{ANY, End, HEADER_WIDTH, LONG_WORDS, Matrix, WAIT_WIDTH};
use issue::Issue;
use loops::{Kinds, Loops};
use std::sync::Arc;

/// Wires of the issue that lead back to the state and the fetch.
#[derive(Clone, Copy)]
struct Back<'m> {
    issued: Signal<'m>,
    ends: Signal<'m>,
    matrix_issued: Signal<'m>,
    vector_issued: Signal<'m>,
}

/// What the units say.
struct Units<'m> {
    matrix_ready: Signal<'m>,
    matrix_unfinished: Signal<'m>,
    vector_ready: Signal<'m>,
    vector_unfinished: Signal<'m>,
    stop: Signal<'m>,
}

impl Sequencer {
    /// Cycles from the start of a token to its first issue, and from a `Loop` or a `Next` to the
    /// issue behind it.
    pub fn start_cycles(&self) -> u32 {
        if self.has_loops() { 4 } else { 3 }
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
        let matrix_ready = b.input("matrix_ready_i", bit, "the matrix unit takes an instruction");
        let matrix_done = b.input("matrix_done_i", bit, "its oldest instruction is finished");
        let vector_ready = b.input("vector_ready_i", bit, "the vector unit takes an instruction");
        let vector_done = b.input("vector_done_i", bit, "its oldest instruction is finished");

        b.section("Wires that lead back.");
        let forward = |name: &str| b.forward(name, bit);
        let back = Back {
            issued: forward("issued"),
            ends: forward("ends"),
            matrix_issued: forward("matrix_issued"),
            vector_issued: forward("vector_issued"),
        };
        let room = b.forward("issue_room", bit);
        let loops = self.has_loops().then(|| Loops::forward(self, &b, room));

        b.section("State: a token runs until its End, then until the units are idle.");
        let matrix = unfinished(&b, "matrix_unfinished_q", back.matrix_issued, matrix_done);
        let vector = unfinished(&b, "vector_unfinished_q", back.vector_issued, vector_done);
        let idle = b.wire("idle", !(matrix.any() | vector.any()));
        let running = b.register_reset("running_q", bit, 0);
        let draining = b.register_reset("draining_q", bit, 0);
        let leaves = b.wire("leaves", running.signal() & (back.ends | stop));
        let finished = b.wire("finished", (leaves | draining.signal()) & idle);
        let running = running.when(start, b.flag(true)).when(leaves, b.flag(false)).signal();
        let draining = draining.when(finished, b.flag(false)).when(leaves, b.flag(true)).signal();

        b.section("Fetch, ahead of the issue.");
        let fetched = b.register_reset("fetched_q", bit, 0);
        let address = b.register("fetch_address_q", store.address_type());
        let ahead = loops.as_ref().map_or(room, |loops| loops.room);
        let take = b.wire("take", fetched.signal() & ahead);
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
        fetched.when(lost, b.flag(false)).when(fetch, b.flag(true));
        let mut inputs = write.to_vec();
        inputs.extend([("read_i", fetch), ("read_address_i", address.signal())]);
        let program = b.instance("store", &store.module(), &inputs);

        let units = Units {
            matrix_ready,
            matrix_unfinished: matrix,
            vector_ready,
            vector_unfinished: vector,
            stop,
        };
        let moved = loops.as_ref().map(|loops| {
            let fetched = (take, program.get("instruction_o"), lost);
            loops.relocate(self, &b, fetched, token)
        });
        b.section("Issue.");
        let valid = b.register_reset("valid_q", bit, 0);
        let instruction = match &moved {
            None => b.delay("instruction_q", take, program.get("instruction_o")),
            Some(moved) => moved.instruction,
        };
        let address = b.register("address_q", store.address_type());
        let address = address.when(start, address.signal().same(0));
        let address = match &loops {
            None => address,
            Some(loops) => address.when(loops.turns, loops.target),
        };
        address.when(back.issued, address.signal() + 1);
        let arrives = moved.as_ref().map_or(take, |moved| moved.arrives);
        let valid = valid
            .when(lost, b.flag(false))
            .when(arrives, b.flag(true))
            .when(back.issued, b.flag(false))
            .signal();
        b.assign(room, !valid | back.issued);
        let issue = self.decide(&b, instruction, address.signal(), (valid, asked), &units, back);
        if let Some(loops) = &loops {
            loops.place_stack(self, &b, (start, token), &issue);
        }
        outputs(&b, &issue, back.issued, (running | draining, finished));
        if self.streams {
            b.section("Whether the last pass is issued once more.");
            let last = b.delay("last_pass_q", back.vector_issued, issue.address);
            let meaning = "the vector instruction is the last one again, at other addresses";
            b.output("vector_follows_o", last.eq(issue.address), meaning);
        }
        loops::outputs(&b, instruction, token, loops.as_ref().zip(moved.as_ref()));
        b.finish()
    }

    fn summary(&self) -> String {
        let first = if self.has_loops() { "four" } else { "three" };
        let more = match self.has_loops() {
            true => ", and so many after a Loop or a Next",
            false => "",
        };
        format!(
            "runs the program once a token, issuing in order to the two units.\n\n\
             One instruction a cycle leaves unless it waits. A dependent one leaves in the cycle \
             after done, the first of a token {first} cycles after start_i{more}."
        )
    }

    /// Looks at the instruction: where it goes, what it waits for, whether it ends the token.
    fn decide<'m>(
        &self,
        b: &'m Builder,
        instruction: Signal<'m>,
        address: Signal<'m>,
        (valid, asked): (Signal<'m>, Signal<'m>),
        units: &Units<'m>,
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
         unfinished."
        ));
        let matrix_met = b.wire("matrix_met", units.matrix_unfinished.le(header.matrix_wait));
        let vector_met = b.wire("vector_met", units.vector_unfinished.le(header.vector_wait));
        let may_go = b.wire("may_go", valid & !units.stop & matrix_met & vector_met);
        let matrix_valid =
            b.wire("matrix_valid", may_go & is_matrix & !units.matrix_unfinished.all());
        let vector_valid =
            b.wire("vector_valid", may_go & is_pass & !units.vector_unfinished.all());
        let bad = b.wire("bad", may_go & is_bad);
        b.assign(back.matrix_issued, matrix_valid & units.matrix_ready);
        b.assign(back.vector_issued, vector_valid & units.vector_ready);
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
            matrix_valid,
            vector_valid,
            bad,
            matrix_waits: valid & !matrix_met,
            vector_waits: valid & !vector_met,
            unit_waits: may_go & !back.issued,
            turn,
        }
    }
}

/// How many instructions of a unit are unfinished.
fn unfinished<'m>(b: &'m Builder, name: &str, issued: Signal<'m>, done: Signal<'m>) -> Signal<'m> {
    let register = b.register_reset(name, uint(WAIT_WIDTH), 0);
    let value = register.signal();
    register.when(issued & !done, value + 1).when(done & !issued, value - 1).signal()
}

fn outputs<'m>(
    b: &'m Builder,
    issue: &Issue<'m>,
    issued: Signal<'m>,
    (busy, finished): (Signal<'m>, Signal<'m>),
) {
    b.port_group("To the units.");
    b.output("matrix_valid_o", issue.matrix_valid, "an instruction for the matrix unit");
    b.output("vector_valid_o", issue.vector_valid, "an instruction for the vector unit");
    let width = issue.instruction.width();
    let meaning = format!("its {width} bits, the lowest {HEADER_WIDTH} the header");
    b.output("instruction_o", issue.instruction, &meaning);
    b.port_group("To the token loop.");
    b.output("busy_o", busy, "a token is under way");
    b.output("finished_o", finished, "its last instruction is finished");
    b.output("bad_instruction_o", issue.bad, "an opcode without a meaning ended the token");
    b.port_group("For those who watch.");
    b.output("issued_o", issued, "an instruction is issued");
    b.output("issued_address_o", issue.address, "its place in the program");
    b.output("matrix_waits_o", issue.matrix_waits, "the issue waits for the matrix unit's results");
    b.output("vector_waits_o", issue.vector_waits, "the issue waits for the vector unit's results");
    b.output("unit_waits_o", issue.unit_waits, "the issue waits for its unit to take more");
}
