//! A program in its loops, before its pointers are chosen.

use super::line::Line;
use crate::isa::Action;

/// An instruction, or a loop with what it repeats.
pub(super) enum Node {
    Line(Line),
    Loop { head: Box<Line>, body: Vec<Node>, end: Box<Line> },
}

/// The loops of a program.
pub(super) fn tree(lines: Vec<Line>) -> Vec<Node> {
    let mut open: Vec<(Option<Line>, Vec<Node>)> = vec![(None, vec![])];
    for line in lines {
        match line.action {
            Action::Loop(_) => open.push((Some(line), vec![])),
            Action::Next(_) => {
                let Some((Some(head), body)) = open.pop() else { unreachable!("loops nest") };
                let (_, around) = open.last_mut().unwrap_or_else(|| unreachable!("loops nest"));
                around.push(Node::Loop { head: Box::new(head), body, end: Box::new(line) });
            }
            _ => {
                let (_, around) = open.last_mut().unwrap_or_else(|| unreachable!("loops nest"));
                around.push(Node::Line(line));
            }
        }
    }
    open.swap_remove(0).1
}

/// The program of loops.
pub(super) fn flat(nodes: Vec<Node>) -> Vec<Line> {
    let mut lines = vec![];
    nodes.into_iter().for_each(|node| flatten(node, 0, &mut lines));
    lines
}

/// Appends what stands in so many loops.
fn flatten(node: Node, level: u32, lines: &mut Vec<Line>) {
    match node {
        Node::Line(line) => lines.push(line),
        Node::Loop { head, body, mut end } => {
            if let Action::Next(next) = &mut end.action {
                next.level = level;
            }
            lines.push(*head);
            body.into_iter().for_each(|node| flatten(node, level + 1, lines));
            lines.push(*end);
        }
    }
}
