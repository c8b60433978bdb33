//! Loops over heads, and over steps that go together, with every turn written out.
//!
//! ```text
//!  heads │ A │ heads │ B │        A 0, A 1, B 0, A 2, B 1, …
//! ```
//!
//! Between loops instructions change places, across one none does; and a turn of a loop costs the sequencer
//! some cycles, which is much where a head is one word. The program grows with heads and steps, up to
//! [`TURNS_MAX`] turns.

use super::draft::Over;
use super::line::Line;
use super::tree::{Node, flat, tree};
use crate::isa::Action;

/// Most turns that are written out: of a loop over heads, or of several with those within.
pub(super) const TURNS_MAX: u32 = 16;

/// Writes out the loops over heads, and over steps if they go together, that are short enough.
pub(super) fn unroll(lines: Vec<Line>, steps_together: bool) -> Vec<Line> {
    let is_meant = |over: Over| match over {
        Over::Heads | Over::Groups => true,
        Over::Steps => steps_together,
        _ => false,
    };
    flat(tree(lines).into_iter().flat_map(|node| unrolled(node, &is_meant).0).collect())
}

/// What becomes of a node, and how many turns are written out in it.
fn unrolled(node: Node, is_meant: &impl Fn(Over) -> bool) -> (Vec<Node>, u32) {
    let Node::Loop { head, body, end } = node else { return (vec![node], 1) };
    let inner = body.into_iter().map(|node| unrolled(node, is_meant));
    let (inner, written): (Vec<Vec<Node>>, Vec<u32>) = inner.unzip();
    let body: Vec<Node> = inner.into_iter().flatten().collect();
    let most = written.into_iter().max().unwrap_or(1);
    match (head.over.filter(|over| is_meant(*over)), &head.action) {
        (Some(over), Action::Loop(turn)) if turn.count * most <= TURNS_MAX => {
            let turns = turn.count;
            let all = (0..turns).flat_map(|turn| body.iter().map(move |it| at(it, over, turn)));
            (all.collect(), turns * most)
        }
        _ => (vec![Node::Loop { head, body, end }], most),
    }
}

/// A node in a turn of the loop around it.
fn at(node: &Node, over: Over, turn: u32) -> Node {
    match node {
        Node::Line(line) => Node::Line(line.at(over, turn)),
        Node::Loop { head, body, end } => Node::Loop {
            head: head.clone(),
            body: body.iter().map(|it| at(it, over, turn)).collect(),
            end: end.clone(),
        },
    }
}
