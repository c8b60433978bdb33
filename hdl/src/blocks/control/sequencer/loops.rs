//! Loops, pointers and positions of the sequencer.

use super::issue::Issue;
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
    /// The stage takes an instruction.
    pub(super) room: Signal<'m>,
    issue_room: Signal<'m>,
    pointers: Signal<'m>,
    position: Signal<'m>,
    first: Signal<'m>,
}

/// An instruction at the issue.
pub(super) struct Moved<'m> {
    /// It comes.
    pub(super) arrives: Signal<'m>,
    /// Its bits, moved as a pass.
    pub(super) instruction: Signal<'m>,
    as_matrix: Signal<'m>,
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
    pub(super) fn forward(of: &Sequencer, b: &'m Builder, issue_room: Signal<'m>) -> Loops<'m> {
        Loops {
            turns: b.forward("turns", uint(1)),
            target: b.forward("target", of.store().address_type()),
            busy: b.forward("pointers_busy", uint(1)),
            room: b.forward("relocation_room", uint(1)),
            issue_room,
            pointers: b.forward("pointers", uint(POINTERS_WIDTH)),
            position: b.forward("position", uint(TOKEN_WIDTH)),
            first: b.forward("first", uint(of.loop_depth)),
        }
    }

    /// The stage between the fetch and the issue.
    pub(super) fn relocate(
        &self,
        of: &Sequencer,
        b: &'m Builder,
        (take, fetched, lost): (Signal<'m>, Signal<'m>, Signal<'m>),
        token: Signal<'m>,
    ) -> Moved<'m> {
        b.section("Pointers are added to addresses.");
        let waits = b.register_reset("chosen_q", uint(1), 0);
        let arrives = b.wire("advance", waits.signal() & self.issue_room);
        b.assign(self.room, !waits.signal() | arrives);
        waits.when(lost, b.flag(false)).when(take, b.flag(true)).when(arrives, b.flag(false));
        let inputs = [
            ("take_i", take),
            ("instruction_i", fetched),
            ("advance_i", arrives),
            ("pointers_i", self.pointers),
            ("token_position_i", token),
            ("position_i", self.position),
            ("first_i", self.first),
        ];
        let relocation = Relocation { loop_depth: of.loop_depth }.module();
        let placed = b.instance("relocation", &relocation, &inputs);
        Moved {
            arrives,
            instruction: placed.get("instruction_o"),
            as_matrix: placed.get("matrix_instruction_o"),
            attended: placed.get("attended_o"),
            restarts: placed.get("restarts_o"),
        }
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

/// Where the instruction stands.
pub(super) fn outputs<'m>(
    b: &'m Builder,
    instruction: Signal<'m>,
    token: Signal<'m>,
    loops: Option<(&Loops<'m>, &Moved<'m>)>,
) {
    let (as_matrix, position, attended, restarts) = match loops {
        Some((loops, moved)) => (moved.as_matrix, loops.position, moved.attended, moved.restarts),
        None => {
            let restart_at = Fields::of(b, instruction, &Pass::FORMAT).get("restart_at");
            let restarts = relocation::restarts(b, restart_at, token, None);
            (instruction.bits(0, INSTRUCTION_WIDTH), token, token, restarts)
        }
    };
    b.port_group("Where the instruction stands.");
    b.output("matrix_instruction_o", as_matrix, "its bits as the matrix unit has them");
    b.output("position_o", position, "p");
    b.output("attended_o", attended, "the last position that it attends");
    b.output("restarts_o", restarts, "its state begins anew");
}
