//! Loops, pointers and positions of the sequencer.

use super::issue::{Back, Issue};
use super::parameters::Sequencer;
use crate::blocks::control::instruction::Fields;
use crate::blocks::control::loop_stack::{LoopStack, POINTERS_WIDTH};
use crate::blocks::control::relocation::{self, Relocation};
use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{INSTRUCTION_WIDTH, Loop, Next, Pass};

/// Wires of the loops, and of the stage that adds pointers.
pub(super) struct Loops<'m> {
    /// A Loop or a Next is issued: what is behind it is fetched anew.
    pub(super) turns: Signal<'m>,
    /// Address of what is behind it.
    pub(super) target: Signal<'m>,
    /// Nothing is fetched: the pointers are on their way.
    pub(super) busy: Signal<'m>,
    /// Another instruction may come to have its pointers chosen.
    pub(super) room: Signal<'m>,
    pointers: Signal<'m>,
    position: Signal<'m>,
    first: Signal<'m>,
}

/// What stands in the stations of the units.
pub(super) struct Placed<'m> {
    matrix_instruction: Signal<'m>,
    matrix_attended: Signal<'m>,
    instruction: Signal<'m>,
    position: Signal<'m>,
    attended: Signal<'m>,
    restarts: Signal<'m>,
}

/// Which instruction it is, but for matrices and ends.
pub(super) struct Kinds<'m> {
    pub(super) bad: Signal<'m>,
    pub(super) pass: Signal<'m>,
    /// Loop and Next, if there are loops.
    pub(super) turn: Option<[Signal<'m>; 2]>,
}

/// The position of the token.
pub(super) fn position_input(b: &Builder) -> Signal<'_> {
    b.input("position_i", uint(TOKEN_WIDTH), "position of the token, from the cycle after start_i")
}

impl Sequencer {
    /// Whether the program has loops.
    pub(super) fn has_loops(&self) -> bool {
        self.loop_depth > 0
    }

    fn stack(&self) -> LoopStack {
        let Sequencer { loop_depth: depth, context, chunks, .. } = *self;
        LoopStack { depth, context, address_type: self.store().address_type(), chunks }
    }

    /// Cycles that a loop takes more that runs once, here.
    pub fn here_cycles(&self) -> u32 {
        self.stack().here_cycles()
    }

    pub(super) fn kinds<'m>(
        &self,
        b: &'m Builder,
        opcode: Signal<'m>,
        other: Signal<'m>,
    ) -> Kinds<'m> {
        let is = |name: &str, code: u32| b.wire(name, opcode.is(code.into()));
        let pass = is("is_pass", Pass::FORMAT.opcode);
        let turn = self
            .has_loops()
            .then(|| [is("is_loop", Loop::FORMAT.opcode), is("is_next", Next::FORMAT.opcode)]);
        let known = turn.map_or(other | pass, |[begins, next]| other | pass | begins | next);
        Kinds { bad: b.wire("is_bad", !known), pass, turn }
    }
}

impl<'m> Loops<'m> {
    /// Declares the wires that lead back.
    pub(super) fn forward(of: &Sequencer, b: &'m Builder) -> Loops<'m> {
        Loops {
            turns: b.forward("turns", uint(1)),
            target: b.forward("target", of.store().address_type()),
            busy: b.forward("pointers_busy", uint(1)),
            room: b.forward("room", uint(1)),
            pointers: b.forward("pointers", uint(POINTERS_WIDTH)),
            position: b.forward("position", uint(TOKEN_WIDTH)),
            first: b.forward("first", uint(of.loop_depth)),
        }
    }

    /// The stage between the fetch and the issue, and the sums behind it: whether an instruction stands at
    /// the issue, its bits, and what is in the stations.
    pub(super) fn relocate(
        &self,
        of: &Sequencer,
        b: &'m Builder,
        (take, fetched, lost): (Signal<'m>, Signal<'m>, Signal<'m>),
        token: Signal<'m>,
        back: Back<'m>,
    ) -> (Signal<'m>, Signal<'m>, Placed<'m>) {
        b.section("Pointers are chosen before the issue, and added behind it.");
        let valid = b.register_reset("valid_q", uint(1), 0);
        b.assign(self.room, !valid.signal() | back.issued);
        let valid = valid
            .when(lost, b.flag(false))
            .when(take, b.flag(true))
            .when(back.issued, b.flag(false));
        let inputs = [
            ("take_i", take),
            ("instruction_i", fetched),
            ("matrix_issued_i", back.matrix_issued),
            ("pass_issued_i", back.vector_issued),
            ("pointers_i", self.pointers),
            ("token_position_i", token),
            ("position_i", self.position),
            ("first_i", self.first),
        ];
        let relocation = Relocation { loop_depth: of.loop_depth }.module();
        let relocated = b.instance("relocation", &relocation, &inputs);
        let placed = Placed {
            matrix_instruction: relocated.get("matrix_instruction_o"),
            matrix_attended: relocated.get("matrix_attended_o"),
            instruction: relocated.get("pass_instruction_o"),
            position: relocated.get("pass_position_o"),
            attended: relocated.get("pass_attended_o"),
            restarts: relocated.get("pass_restarts_o"),
        };
        (valid.signal(), relocated.get("instruction_o"), placed)
    }

    /// The loop stack.
    pub(super) fn place_stack(
        &self,
        of: &Sequencer,
        b: &'m Builder,
        (start, token): (Signal<'m>, Signal<'m>),
        issue: &Issue<'m>,
    ) {
        let Some([begins, next]) = issue.turn else { return };
        b.section("Loops.");
        b.assign(self.turns, begins | next);
        let inputs = [
            ("start_i", start),
            ("token_position_i", token),
            ("loop_i", begins),
            ("next_i", next),
            ("instruction_i", issue.instruction.bits(0, INSTRUCTION_WIDTH)),
            ("behind_i", b.wire("behind", issue.address + 1)),
        ];
        let drives = [
            ("target_o", self.target),
            ("busy_o", self.busy),
            ("pointers_o", self.pointers),
            ("position_o", self.position),
            ("first_o", self.first),
        ];
        b.instance_driving("loops", &of.stack().module(), &inputs, &drives);
    }
}

/// The stations where there are no loops: instructions stand at the position of the token.
pub(super) fn stand<'m>(
    b: &'m Builder,
    instruction: Signal<'m>,
    token: Signal<'m>,
    back: Back<'m>,
) -> Placed<'m> {
    b.section("What is in the stations.");
    let as_matrix = instruction.bits(0, INSTRUCTION_WIDTH);
    let pass = b.delay("pass_instruction_q", back.vector_issued, instruction);
    let restart_at = Fields::of(b, pass, &Pass::FORMAT).get("restart_at");
    Placed {
        matrix_instruction: b.delay("matrix_instruction_q", back.matrix_issued, as_matrix),
        matrix_attended: token,
        instruction: pass,
        position: token,
        attended: token,
        restarts: relocation::restarts(b, restart_at, token, None),
    }
}

impl Placed<'_> {
    /// What the units see of their stations; `valid` if something stands there.
    pub(super) fn outputs(&self, b: &Builder, [matrix_valid, vector_valid]: [Signal<'_>; 2]) {
        let Placed { matrix_instruction, matrix_attended, .. } = *self;
        let attends = "the last position that it attends";
        b.port_group("Station of the matrix unit.");
        b.output("matrix_valid_o", matrix_valid, "an instruction stands there");
        b.output("matrix_instruction_o", matrix_instruction, "its bits");
        b.output("matrix_attended_o", matrix_attended, attends);
        let Placed { instruction, position, attended, restarts, .. } = *self;
        b.port_group("Station of the vector unit.");
        b.output("vector_valid_o", vector_valid, "an instruction stands there");
        b.output("vector_instruction_o", instruction, "its bits");
        b.output("vector_position_o", position, "p");
        b.output("vector_attended_o", attended, attends);
        b.output("vector_restarts_o", restarts, "its state begins anew");
    }
}
