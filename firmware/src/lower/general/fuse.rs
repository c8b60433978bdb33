//! Two passes that are one: what the first writes and only the second reads need not be written.
//!
//! ```text
//!  a + b ─► T │ T ─► neuron, train, …          a + b ─► neuron, train, …
//!  a + b ─► T │ T ─► Σ                         a + b ─► T, Σ
//! ```
//!
//! The stages of a pass stand in this order, so a pass of a join alone goes into one that joins nothing,
//! and a pass that only gathers into the one that makes what it gathers. Values saturate where they did.

use super::draft::Moves;
use super::line::Line;
use crate::control::turns_max;
use crate::isa::{
    Action, Destination, Emit, Follow, Function, Join, Length, Multiply, Pass, Reduce, Restart,
    Space, Theta,
};
use crate::machine::MachineParameters;

/// Joins passes that follow each other, as far as they can be one.
pub(super) fn fuse(lines: &[Line], machine: &MachineParameters) -> Vec<Line> {
    let placed = placed(lines);
    let mut fused: Vec<Line> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let before = fused.last();
        let one = before.and_then(|before| {
            // No loop begins or ends between the two.
            let first = Placed { line: before, around: placed[at].around.clone() };
            let joined = || joined(&first, line, &placed[at + 1..], machine);
            gathered(before, line).or_else(joined)
        });
        match one {
            Some(one) => {
                fused.pop();
                fused.push(one);
            }
            None => fused.push(line.clone()),
        }
    }
    fused
}

/// An instruction and the loops around it.
struct Placed<'a> {
    line: &'a Line,
    around: Vec<&'a Line>,
}

fn placed(lines: &[Line]) -> Vec<Placed<'_>> {
    let mut around: Vec<&Line> = vec![];
    let mut placed = Vec::with_capacity(lines.len());
    for line in lines {
        placed.push(Placed { line, around: around.clone() });
        match line.action {
            Action::Loop(_) => around.push(line),
            Action::Next(_) => drop(around.pop()),
            _ => {}
        }
    }
    placed
}

fn moves(line: &Line, field: &str) -> Moves {
    let known = line.moves.iter().find(|(known, _)| *known == field);
    known.map(|(_, moves)| *moves).unwrap_or_default()
}

/// Two passes of which the second takes what the first writes, as it is.
fn taken<'a>(first: &'a Line, second: &'a Line) -> Option<(&'a Pass, &'a Pass)> {
    let (Action::Pass(from), Action::Pass(to)) = (&first.action, &second.action) else {
        return None;
    };
    let written = from.destination == Destination::Temporaries && from.reduce == Reduce::Nothing;
    let read = to.a_space == Space::Temporaries
        && to.a == from.write
        && moves(first, "write") == moves(second, "a")
        && (to.a_restart, to.a_swap) == (Restart::Keep, 0)
        && (to.join, to.join_shift) == (Join::Take, 0);
    let alike = (from.length, from.channels) == (to.length, to.channels) && first.all == second.all;
    (written && read && alike).then_some((from, to))
}

/// Whether a pass does nothing between its join and its write.
fn is_plain(pass: &Pass) -> bool {
    pass.function == Function::Nothing
        && (pass.multiply, pass.shift) == (Multiply::One, 0)
        && pass.follow == Follow::Nothing
        && pass.spiking == 0
}

/// The first pass, gathering what the second only gathers.
fn gathered(first: &Line, second: &Line) -> Option<Line> {
    let (from, to) = taken(first, second)?;
    let only = is_plain(to)
        && to.destination == Destination::Nothing
        && to.emit == Emit::Nothing
        && to.reduce != Reduce::Nothing;
    only.then(|| {
        let pass = Pass {
            reduce: to.reduce,
            finish: to.finish,
            factor: to.factor,
            finish_shift: to.finish_shift,
            output: to.output,
            ..*from
        };
        let mut one = Line { action: Action::Pass(pass), ..first.clone() };
        one.moves.push(("output", moves(second, "output")));
        one.remark = format!("{}; {}", first.remark, second.remark);
        one
    })
}

/// The second pass, joining what the first only joins, if nobody else reads that.
fn joined(
    placed: &Placed<'_>,
    second: &Line,
    behind: &[Placed<'_>],
    machine: &MachineParameters,
) -> Option<Line> {
    let first = placed.line;
    let (from, to) = taken(first, second)?;
    let restarts = [from.a_restart, from.b_restart, from.c_restart];
    let only = is_plain(from)
        && from.emit == Emit::Nothing
        && restarts.iter().all(|&restart| restart == Restart::Keep);
    let free = matches!(to.multiply, Multiply::One | Multiply::Scalar)
        && !(to.spiking == 1 && to.theta == Theta::Channel);
    if !(only && free && is_dead(placed, behind, machine)) {
        return None;
    }
    let pass = Pass {
        a_space: from.a_space,
        a: from.a,
        a_swap: from.a_swap,
        b_space: from.b_space,
        b: from.b,
        c_space: from.c_space,
        c: from.c,
        join: from.join,
        join_shift: from.join_shift,
        ..*to
    };
    let mut one = Line { action: Action::Pass(pass.phased()), ..second.clone() };
    one.moves.retain(|(field, _)| !["a", "b", "c"].contains(field));
    one.moves.extend(["a", "b", "c"].map(|field| (field, moves(first, field))));
    one.remark = format!("{}; {}", first.remark, second.remark);
    Some(one)
}

/// Whether words of T that a pass writes are not read again: the first of those behind that touches them
/// writes them for another value.
fn is_dead(placed: &Placed<'_>, behind: &[Placed<'_>], machine: &MachineParameters) -> bool {
    let Action::Pass(pass) = &placed.line.action else { return false };
    let meets = |own: u32, first: u32, further: u32| {
        first <= pass.write + own && pass.write <= first + further
    };
    // Reads are taken as far as they may reach, writes where they surely are: in the first turn.
    let (all, surely) = (placed.further("write", machine), words(pass, machine) - 1);
    for other in behind {
        let Action::Pass(of) = &other.line.action else { continue };
        let operands = [("a", of.a_space, of.a), ("b", of.b_space, of.b), ("c", of.c_space, of.c)];
        let reads = operands.into_iter().any(|(field, space, first)| {
            space == Space::Temporaries && meets(all, first, other.further(field, machine))
        });
        if reads {
            return false;
        }
        let further = words(of, machine) - 1;
        if of.destination == Destination::Temporaries && meets(surely, of.write, further) {
            return true;
        }
    }
    true
}

fn words(pass: &Pass, machine: &MachineParameters) -> u32 {
    let channels = match pass.length {
        Length::Channels => pass.channels,
        Length::Attended => machine.context,
    };
    channels.div_ceil(machine.elements).max(1)
}

impl Placed<'_> {
    /// How many words beyond its first one an address of a pass reaches at most in all turns.
    fn further(&self, field: &str, machine: &MachineParameters) -> u32 {
        let (line, Action::Pass(pass)) = (self.line, &self.line.action) else { return 0 };
        let spread = |turn: &&Line| match &turn.action {
            Action::Loop(action) => {
                line.stride(field, turn) * (turns_max(action, machine.context) - 1)
            }
            _ => 0,
        };
        words(pass, machine) - 1 + self.around.iter().map(spread).sum::<u32>()
    }
}
