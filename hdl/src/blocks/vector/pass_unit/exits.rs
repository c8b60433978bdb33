//! Where words leave the stages: behind the last that does something to them.
//!
//! ```text
//!  reads ─► join ─┬─► function, multiply ─┬─► neuron ─┬─► results
//!                 └───────────────────────┴───────────┘
//! ```
//!
//! Words do not overtake: the next pass begins when none of its words would be at an exit before, or with,
//! those of the one before.

use super::tag::Tag;
use crate::blocks::vector::choice::Chosen;
use crate::blocks::vector::delay_line::delayed;
use crate::blocks::vector::pass_control::DEPTH_WIDTH;
use crate::blocks::vector::pass_cycles::{JOINED, PRODUCT_SAVES, PassStages};
use crate::blocks::vector::pass_fields::PassFields;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{Exit, Follow, Function, Multiply};
use firmware::pass_choices::PassChoices;

/// One of the exits of a program.
struct Way<'m> {
    exit: Exit,
    /// Whether the words of the pass leave there; nothing for the last, where all others do.
    held: Option<Signal<'m>>,
    /// The same of the word that is there.
    is: Option<Signal<'m>>,
    /// Whether a word leaves there, where there may be words of several passes.
    leaves: Option<Signal<'m>>,
}

/// The exits of a program, in the order of the stages.
pub(super) struct Exits<'m> {
    stages: PassStages,
    streams: bool,
    ways: Vec<Way<'m>>,
}

impl<'m> Exits<'m> {
    /// The cycle in which a word is at its exit, a cycle before its results.
    fn at(&self, exit: Exit) -> u32 {
        match exit {
            Exit::Join => JOINED,
            Exit::Product => self.stages.scaled(),
            Exit::Neuron => self.stages.result() - 1,
        }
    }

    /// Those of a program, and which of them the pass has that is under way.
    pub(super) fn of(
        b: &'m Builder,
        stages: PassStages,
        streams: bool,
        choices: &PassChoices,
        fields: &PassFields<'m>,
    ) -> Exits<'m> {
        let exits = &choices.exits;
        if exits.len() < 2 {
            let only = |&exit| Way { exit, held: None, is: None, leaves: None };
            return Exits { stages, streams, ways: exits.iter().map(only).collect() };
        }
        b.section("Where the words of the pass leave the stages.");
        let spiking = exits.contains(&Exit::Neuron).then(|| fields.held("spiking"));
        let joins = exits.contains(&Exit::Join).then(|| {
            let function =
                Chosen::of(b, "function", &choices.functions, || fields.held("function"));
            let multiply =
                Chosen::of(b, "multiply", &choices.multiplies, || fields.held("multiply"));
            let follow = Chosen::of(b, "follow", &choices.follows, || fields.held("follow"));
            let plain = function.is(&[Function::Nothing])
                & multiply.is(&[Multiply::One])
                & follow.is(&[Follow::Nothing])
                & fields.held("shift").is(0);
            b.wire("joins_only", spiking.map_or(plain, |spiking| plain & !spiking))
        });
        let way = |&exit: &Exit| {
            // What leaves nowhere else leaves at the last.
            let now = match exit {
                _ if exits.last() == Some(&exit) => None,
                Exit::Join => joins,
                _ => match (joins, spiking) {
                    (Some(joins), Some(spiking)) => Some(!(joins | spiking)),
                    (_, spiking) => spiking.map(|spiking| !spiking),
                },
            };
            let name = format!("leaves_{}_q", format!("{exit:?}").to_lowercase());
            let held = now.map(|now| b.delay(&name, b.flag(true), now));
            Way { exit, held, is: held, leaves: None }
        };
        let mut all = Exits { stages, streams, ways: exits.iter().map(way).collect() };
        if streams {
            for index in 0..all.ways.len() {
                let at = all.at(all.ways[index].exit);
                let name = format!("leaves_{:?}", all.ways[index].exit).to_lowercase();
                let late = all.ways[index].held.map(|held| delayed(b, &name, held, at));
                all.ways[index].is = late;
            }
        }
        all
    }

    /// What belongs to the exit of the pass; `of` is told the cycle in which a word is there.
    pub(super) fn pick(&self, of: impl Fn(u32) -> Signal<'m>) -> Signal<'m> {
        self.pick_exit(|exit| of(self.at(exit)))
    }

    /// The same by the exit.
    pub(super) fn pick_exit(&self, of: impl Fn(Exit) -> Signal<'m>) -> Signal<'m> {
        let mut ways = self.ways.iter().rev();
        let last = ways.next().expect("a program of passes has an exit");
        ways.fold(of(last.exit), |rest, way| match way.leaves.or(way.is) {
            Some(is) => is.select(of(way.exit), rest),
            None => rest,
        })
    }

    /// Whether the word of results was at that exit, where others may have been at another.
    pub(super) fn left(&self, b: &'m Builder, exit: Exit) -> Option<Signal<'m>> {
        let way = self.ways.iter().find(|way| way.exit == exit)?;
        let name = format!("left_{exit:?}_q").to_lowercase();
        way.leaves.map(|leaves| b.register_reset(&name, uint(1), 0).next(leaves).signal())
    }

    /// Cycles from a last read to the last write of the pass, where they are `deepest` behind a neuron.
    pub(super) fn depth(&self, b: &'m Builder, deepest: Signal<'m>) -> Signal<'m> {
        let less = |exit: Exit| {
            let saves = match exit {
                Exit::Join => self.stages.join_saves(),
                Exit::Product => PRODUCT_SAVES,
                Exit::Neuron => 0,
            };
            b.literal(saves.into(), uint(DEPTH_WIDTH))
        };
        let mut ways = self.ways.iter().rev();
        let last = ways.next().expect("a program of passes has an exit");
        let less = ways.fold(less(last.exit), |rest, way| match way.held {
            Some(is) => is.select(less(way.exit), rest),
            None => rest,
        });
        b.wire("depth", deepest - less)
    }

    /// The tag of a word of results, and whether the word at its exit is the last.
    pub(super) fn tags(
        &mut self,
        b: &'m Builder,
        control: &Outputs<'m>,
        closes: bool,
    ) -> (Tag<'m>, Signal<'m>) {
        let bit = uint(1);
        let longest = self.ways.last().map_or(0, |way| self.at(way.exit));
        let line = |port: &str, strobe: bool| {
            let mut line = vec![control.get(&format!("{port}_o"))];
            for cycle in 1..=longest {
                let name = format!("{port}_{cycle}_q");
                let mut before = line[line.len() - 1];
                if !strobe {
                    line.push(b.delay(&name, b.flag(true), before));
                    continue;
                }
                let left = self.ways.iter().find(|way| self.at(way.exit) + 1 == cycle);
                if let Some(is) = left.and_then(|way| way.is) {
                    before = before & !is;
                }
                line.push(b.register_reset(&name, bit, 0).next(before).signal());
            }
            line
        };
        let (moves, first, last) = (line("moves", true), line("first", false), line("last", false));
        let at_exit = |way: &Way<'m>| {
            let here = moves[self.at(way.exit) as usize];
            let name = format!("{:?}_leaves", way.exit).to_lowercase();
            match way.is {
                None => here,
                Some(is) if self.streams => b.wire(&name, here & is),
                Some(is) => here & is,
            }
        };
        let each: Vec<Signal> = self.ways.iter().map(at_exit).collect();
        if self.streams && each.len() > 1 {
            for (way, leaves) in self.ways.iter_mut().zip(&each) {
                way.leaves = Some(*leaves);
            }
        }
        let leaves = each.into_iter().reduce(|any, one| any | one);
        let leaves = leaves.unwrap_or_else(|| b.flag(false));
        let first = b.wire("first_next", self.pick(|cycle| first[cycle as usize]));
        let last = b.wire("last_next", self.pick(|cycle| last[cycle as usize]));
        let valid = b.register_reset("result_q", bit, 0).next(leaves).signal();
        let tag = Tag {
            valid,
            first: b.delay("result_first_q", b.flag(true), first),
            last: if closes { b.delay("result_last_q", b.flag(true), last) } else { last },
        };
        (tag, last)
    }
}
