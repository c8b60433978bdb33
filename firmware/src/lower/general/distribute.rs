//! Loops over heads, over the positions within a chunk and over steps that go together, taken apart: each pass
//! goes through all of them before the next one does.
//!
//! ```text
//!  within │ A B heads │ C D         within │ A    within │ B    within, heads │ C    within, heads │ D
//! ```
//!
//! So the turns of a pass follow each other word behind word ([`streams`](super::streams)), and the way
//! through the vector unit is waited for once a loop, not once a turn. What turns have used one after
//! the other, words that are written before they are read, each has to itself then: such words are taken
//! for every turn, behind all others. Where they cannot be, because a turn finds what the one before has
//! left or because there are not so many registers, what shares them stays in one loop.

use super::super::accesses::accesses;
use super::super::ranges::Range;
use super::draft::Over;
use super::line::{Line, advanced};
use super::tree::{Node, flat, tree};
use crate::control::turns_max;
use crate::isa::{Action, Pointers};
use crate::machine::{MachineParameters, Memory};
use std::collections::BTreeMap;

/// Memories whose words turns can have for themselves.
pub(super) const PRIVATE: [Memory; 7] = [
    Memory::Results,
    Memory::Temporaries,
    Memory::Trains,
    Memory::Descriptors,
    Memory::Scalars,
    Memory::Levels,
    Memory::Maxima,
];

/// Words that an address of an instruction reaches.
struct Touch {
    item: usize,
    range: Range,
    writes: bool,
    /// Whether turns of the loop have words of their own already.
    moved: bool,
    /// The largest address that the instruction can have there.
    most: u32,
}

/// Words that no turn has for itself, and who uses them.
struct Shared {
    range: Range,
    first_item: usize,
    last_item: usize,
    /// Whether a turn may have its own: it writes them before it reads them.
    fresh: bool,
    most: u32,
}

impl Shared {
    fn items(&self) -> (usize, usize) {
        (self.first_item, self.last_item)
    }
}

/// A distribution on its way.
struct Distribution<'a> {
    machine: &'a MachineParameters,
    steps_together: bool,
    /// Words of each memory that are taken.
    depths: BTreeMap<Memory, u32>,
    /// The same with those of the turns: of the loop at hand, and at most.
    taken: BTreeMap<Memory, u32>,
    most: BTreeMap<Memory, u32>,
}

/// Takes loops over heads, within chunks and over steps together apart; `depths` grow by what turns have
/// for themselves.
pub(super) fn distribute(
    lines: Vec<Line>,
    machine: &MachineParameters,
    steps_together: bool,
    depths: &mut BTreeMap<Memory, u32>,
) -> Vec<Line> {
    let (taken, most) = (depths.clone(), depths.clone());
    let depths_now = depths.clone();
    let mut work = Distribution { machine, steps_together, depths: depths_now, taken, most };
    let nodes = work.nodes(tree(lines), true);
    *depths = work.most;
    flat(nodes)
}

impl Distribution<'_> {
    /// Takes the loops among nodes apart; the words of turns lie behind all others in those that are
    /// `outermost`, and behind those of the loop around in all others.
    fn nodes(&mut self, nodes: Vec<Node>, outermost: bool) -> Vec<Node> {
        let mut apart = vec![];
        for node in nodes {
            let Node::Loop { head, body, end } = node else {
                apart.push(node);
                continue;
            };
            let over = match head.over {
                Some(over @ (Over::Within | Over::Heads | Over::Groups)) => over,
                Some(over @ Over::Steps) if self.steps_together => over,
                _ => {
                    let body = self.nodes(body, outermost);
                    apart.push(Node::Loop { head, body, end });
                    continue;
                }
            };
            let body = self.nodes(body, false);
            apart.extend(self.split(over, (head, body, end)));
            if outermost {
                // Nothing of a turn outlives its loop.
                self.taken.clone_from(&self.depths);
            }
        }
        apart
    }

    fn split(
        &mut self,
        over: Over,
        (head, mut body, end): (Box<Line>, Vec<Node>, Box<Line>),
    ) -> Vec<Node> {
        let Action::Loop(turn) = head.action else { unreachable!("the head of a loop is one") };
        let turns = turns_max(&turn, self.machine.context);
        let mut touches = vec![];
        for (item, node) in body.iter().enumerate() {
            self.touches(node, (item, over), &mut vec![], &mut touches);
        }
        let (own, tied): (Vec<Shared>, Vec<Shared>) =
            shared(&touches).into_iter().partition(|it| it.fresh);
        let mut bound: Vec<(usize, usize)> = tied.iter().map(Shared::items).collect();
        for own in own {
            // Where there are not so many registers, who shares them stays together.
            match self.take(&own, turns) {
                None => bound.push(own.items()),
                Some(first) => body
                    .iter_mut()
                    .for_each(|node| self.place(node, &own, first, over, &mut vec![])),
            }
        }
        apart(&bound, (head, body, end))
    }

    /// Words for every turn, behind all others; none if addresses do not reach that far.
    fn take(&mut self, own: &Shared, turns: u32) -> Option<u32> {
        let first = self.taken[&own.range.memory];
        let end = first + own.range.words * turns;
        (end - 1 <= own.most).then(|| {
            self.taken.insert(own.range.memory, end);
            let most = self.most.entry(own.range.memory).or_default();
            *most = (*most).max(end);
            first
        })
    }

    /// The words that each address of a node reaches; `inner` are the loops between.
    fn touches(
        &self,
        node: &Node,
        (item, over): (usize, Over),
        inner: &mut Vec<Line>,
        touches: &mut Vec<Touch>,
    ) {
        match node {
            Node::Loop { head, body, .. } => {
                inner.push((**head).clone());
                body.iter().for_each(|node| self.touches(node, (item, over), inner, touches));
                inner.pop();
            }
            Node::Line(line) => {
                let all = self.of_line(line, inner);
                touches.extend(all.into_iter().map(|(field, range, writes)| {
                    let moves = line.moves.iter().find(|(known, _)| *known == field);
                    let moved = moves.is_some_and(|(_, moves)| moves[over as usize] != 0);
                    Touch { item, range, writes, moved, most: line.most(field) }
                }));
            }
        }
    }

    /// For each address of an instruction: reads first, as it does them.
    fn of_line(&self, line: &Line, inner: &[Line]) -> Vec<(&'static str, Range, bool)> {
        let fixed = accesses(&line.action, self.machine);
        let mut all = vec![];
        for &field in Pointers::moved(&line.action) {
            let further = accesses(&advanced(&line.action, field, 1), self.machine);
            let spread: u32 = inner.iter().map(|turn| self.reach(line, field, turn)).sum();
            let both =
                [(&fixed.reads, &further.reads, false), (&fixed.writes, &further.writes, true)];
            for (before, behind, writes) in both {
                let own = before.iter().zip(behind).filter(|(before, behind)| before != behind);
                all.extend(own.map(|(range, _)| {
                    (field, Range { words: range.words + spread, ..*range }, writes)
                }));
            }
        }
        all.sort_by_key(|(_, _, writes)| *writes);
        all
    }

    fn reach(&self, line: &Line, field: &str, turn: &Line) -> u32 {
        let Action::Loop(action) = &turn.action else { return 0 };
        line.stride(field, turn) * (turns_max(action, self.machine.context) - 1)
    }

    /// Gives the addresses of a node that lie in shared words those of its turn.
    fn place(&self, node: &mut Node, own: &Shared, first: u32, over: Over, inner: &mut Vec<Line>) {
        match node {
            Node::Loop { head, body, .. } => {
                inner.push((**head).clone());
                body.iter_mut().for_each(|node| self.place(node, own, first, over, inner));
                inner.pop();
            }
            Node::Line(line) => {
                let lies = |(field, range, _): &(&'static str, Range, bool)| {
                    let moves = line.moves.iter().find(|(known, _)| known == field);
                    let moved = moves.is_some_and(|(_, moves)| moves[over as usize] != 0);
                    !moved && range.meets(&own.range)
                };
                let mut fields: Vec<&'static str> =
                    self.of_line(line, inner).iter().filter(|it| lies(it)).map(|it| it.0).collect();
                fields.dedup();
                for field in fields {
                    line.advance(field, first - own.range.first);
                    line.step(field, over, own.range.words);
                }
            }
        }
    }
}

/// Words that several items use and no turn has for itself, those together that overlap.
fn shared(touches: &[Touch]) -> Vec<Shared> {
    let mut all: Vec<(usize, &Touch)> =
        touches.iter().enumerate().filter(|(_, touch)| !touch.moved).collect();
    all.sort_by_key(|(_, touch)| (touch.range.memory, touch.range.first));
    let mut found: Vec<(Range, Vec<(usize, &Touch)>)> = vec![];
    for (order, touch) in all {
        match found.last_mut() {
            Some((range, users)) if range.meets(&touch.range) => {
                let end = touch.range.first + touch.range.words;
                range.words = range.words.max(end - range.first);
                users.push((order, touch));
            }
            _ => found.push((touch.range, vec![(order, touch)])),
        }
    }
    found
        .into_iter()
        .filter(|(_, users)| users.iter().any(|(_, touch)| touch.writes))
        .map(|(range, mut users)| {
            users.sort_by_key(|(order, _)| *order);
            let items = users.iter().map(|(_, touch)| touch.item);
            let known = PRIVATE.contains(&range.memory);
            Shared {
                range,
                first_item: items.clone().min().unwrap_or(0),
                last_item: items.max().unwrap_or(0),
                fresh: known && users[0].1.writes,
                most: users.iter().map(|(_, touch)| touch.most).min().unwrap_or(0),
            }
        })
        .collect()
}

/// Whether a loop may end behind an item.
fn is_cut(bound: &[(usize, usize)], item: usize) -> bool {
    !bound.iter().any(|&(first, last)| first <= item && item < last)
}

/// One loop for each run of items that nothing binds.
fn apart(
    bound: &[(usize, usize)],
    (head, body, end): (Box<Line>, Vec<Node>, Box<Line>),
) -> Vec<Node> {
    let mut loops: Vec<Vec<Node>> = vec![vec![]];
    let last = body.len() - 1;
    for (item, node) in body.into_iter().enumerate() {
        if let Some(items) = loops.last_mut() {
            items.push(node);
        }
        if item < last && is_cut(bound, item) {
            loops.push(vec![]);
        }
    }
    let whole = |body| Node::Loop { head: head.clone(), body, end: end.clone() };
    loops.into_iter().map(whole).collect()
}
