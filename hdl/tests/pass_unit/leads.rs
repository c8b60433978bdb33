//! Passes that are taken while those before them are under way, as early as they may.

use super::bench::{TURN_CYCLES, UnitBench};
use super::maker::Maker;
use super::model::{Memories, Place, Writes, channels, execute};
use super::{
    SHAPES, Stream, all_choices, chain, check, latency, made, streaming, values, values_of,
};
use firmware::isa::{Destination, Emit, Finish, Length, Multiply, Pass, Reduce, Space};
use firmware::machine_cycles::Link;
use hdl::blocks::vector::pass_unit::PassUnit;
use std::collections::BTreeSet;

/// Gives the first pass of every stream its lead: it finds all that those before it have written.
fn lead(unit: &PassUnit, program: &mut [Stream]) {
    let (latency, machine) = latency(unit);
    // Passes before, and cycles from their last read to that of the last one so far.
    let mut recent: Vec<(Pass, u64)> = vec![];
    for stream in program {
        let mut gap = 0;
        if let Some(&(last, _)) = recent.last() {
            let needed = |(before, away): &(Pass, u64)| {
                let link = |_, _, _| Link::Addressed;
                let turn = |(turn, (pass, _)): (u64, &(Pass, Place))| {
                    let gap = latency.gap(&machine, (before, pass), link);
                    gap.saturating_sub(away + turn * TURN_CYCLES)
                };
                (0..).zip(stream.iter()).map(turn).max().unwrap_or(0)
            };
            gap = recent.iter().map(needed).max().unwrap_or(0);
            stream[0].0.lead = latency.depth(&last).saturating_sub(gap) as u32;
        }
        for (pass, place) in stream {
            let channels = channels(pass, *place) as u32;
            let (reads, _) = latency.reads(pass, channels, &machine, 0);
            recent.iter_mut().for_each(|it| it.1 += gap + latency.accept_cycles + reads - 1);
            recent.retain(|it| it.1 < 64);
            recent.push((*pass, 0));
            gap = 0;
        }
    }
}

/// Passes that follow others as early as they may: each write, each cycle.
#[test]
fn leads() {
    let mut seen = BTreeSet::new();
    let (mut passes, mut early, mut most) = (0, 0, 0);
    for index in 0..SHAPES.len() {
        let (mut maker, mut bench) = streaming(index, 900);
        for round in 0..6 {
            bench.memories = maker.memories(maker.unit.value_width);
            let turns = [1, 4][round % 2];
            let (mut program, expected) = chain(&mut maker, &bench.memories.clone(), (25, turns));
            lead(&bench.unit, &mut program);
            check(&mut bench, &program, &expected);
            seen.extend(program.iter().flatten().flat_map(|(pass, _)| made(pass)));
            let leads = program.iter().map(|stream| stream[0].0.lead);
            most = leads.clone().max().unwrap_or(0).max(most);
            passes += program.len();
            early += leads.filter(|&lead| lead > 0).count();
        }
    }
    let all = all_choices();
    println!("{early} of {passes} passes are early, up to {most} cycles");
    assert!(early * 2 > passes && most > 20, "{early} of {passes}, up to {most} cycles");
    let missing: Vec<&String> = all.difference(&seen).collect();
    assert!(missing.len() * 20 < all.len(), "passes are never early with {missing:?}");
}

/// What the second of two passes finds of what the first has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finds {
    /// Nothing: it must not overtake it.
    Nothing,
    Words,
    Scalar,
    Level,
}

impl Finds {
    /// The pass that shows what it finds behind `before`, made of a random one.
    fn pass(self, before: &Pass, random: Pass) -> Option<Pass> {
        let plain = Pass {
            channels: random.channels,
            length: random.length,
            destination: Destination::Temporaries,
            write: random.write,
            ..Pass::default()
        };
        let is_level = before.finish == Finish::Level;
        match self {
            // A writer has one pass at a time, which is not held to the cycle here.
            Finds::Nothing => Some(Pass {
                emit: if before.emit == Emit::Nothing { random.emit } else { Emit::Nothing },
                reduce: if before.reduce == Reduce::Nothing {
                    random.reduce
                } else {
                    Reduce::Nothing
                },
                ..random
            }),
            // Digits of keys and values hold up words for as long as is known in the unit only.
            Finds::Words if [Emit::Keys, Emit::Values].contains(&before.emit) => None,
            Finds::Words => {
                let (a_space, destination) = match before.destination {
                    Destination::State => (Space::State, Destination::Temporaries),
                    _ => (Space::Temporaries, Destination::State),
                };
                let channels = random.channels.min(before.channels);
                let (a, write) = (before.write, before.write);
                Some(Pass { channels, a_space, a, shift: 1, destination, write, ..plain })
            }
            _ if before.reduce == Reduce::Nothing || is_level != (self == Finds::Level) => None,
            Finds::Scalar => Some(Pass {
                a_space: Space::Results,
                multiply: Multiply::Scalar,
                shift: 8,
                scalar: before.output,
                ..plain
            }),
            Finds::Level => Some(Pass { a_space: Space::Level, a: before.output, ..plain }),
        }
    }
}

/// Two passes one behind the other.
struct Pair {
    program: [(Pass, Place); 2],
    expected: [Writes; 2],
    memories: Memories,
}

impl Pair {
    /// A random one whose second pass is held up by just that.
    fn draw(maker: &mut Maker, unit: &PassUnit, finds: Finds) -> Pair {
        loop {
            let memories = maker.memories(unit.value_width);
            let Some((first, written)) = Pair::pass(maker, &memories, Some) else { continue };
            let mut later = memories.clone();
            later.apply(&written);
            let second = Pair::pass(maker, &later, |random| finds.pass(&first.0, random));
            let Some((second, last_written)) = second else { continue };
            let pair =
                Pair { program: [first, second], expected: [written, last_written], memories };
            let [order, all] = pair.gaps(unit);
            if all > 0 && (all > order) == (finds != Finds::Nothing) {
                return pair;
            }
        }
    }

    /// A random pass, changed, that writes results of as many channels as it says; and what it writes.
    fn pass(
        maker: &mut Maker,
        memories: &Memories,
        change: impl Fn(Pass) -> Option<Pass>,
    ) -> Option<((Pass, Place), Writes)> {
        let place = maker.place();
        let pass = change(maker.pass(place))?.phased();
        if pass.length != Length::Channels || pass.destination == Destination::Nothing {
            return None;
        }
        Some(((pass, place), execute(&maker.unit, &pass, place, memories)?))
    }

    /// The gap that order asks for, and what is found too.
    fn gaps(&self, unit: &PassUnit) -> [u64; 2] {
        let (latency, machine) = latency(unit);
        let [first, second] = self.program.map(|it| it.0);
        [Link::None, Link::Addressed]
            .map(|link| latency.gap(&machine, (&first, &second), |_, _, _| link))
    }

    /// Whether all is written that should be, with a lead that is so many cycles too long.
    fn is_right(&self, bench: &mut UnitBench, longer: u64) -> bool {
        let [_, gap] = self.gaps(&bench.unit);
        let [first, mut second] = self.program;
        second.0.lead = (latency(&bench.unit).0.depth(&first.0) - gap + longer) as u32;
        bench.memories = self.memories.clone();
        let found = bench.run(&[vec![first], vec![second]]);
        found.is_ok_and(|runs| values(&runs) == values_of(&self.expected))
    }
}

/// No lead is shorter than it has to be: a cycle more, and a pass finds what the one before has written
/// too early, or overtakes it. Some pairs are right even so, by the values that they happen to have, or as
/// registers that are read too late are alike.
#[test]
fn longer_leads_are_too_long() {
    let least = [(Finds::Words, 95), (Finds::Scalar, 95), (Finds::Level, 85), (Finds::Nothing, 85)];
    for (finds, least) in least {
        let (mut pairs, mut wrong) = (0, 0);
        for index in [0, 4, 7] {
            let (mut maker, mut bench) = streaming(index, 950);
            for _ in 0..30 {
                let pair = Pair::draw(&mut maker, &bench.unit, finds);
                assert!(pair.is_right(&mut bench, 0), "{:?}", pair.program);
                pairs += 1;
                if !pair.is_right(&mut bench, 1) {
                    wrong += 1;
                    // What it left behind is gone.
                    bench = UnitBench::new(maker.unit.clone());
                }
            }
        }
        println!("{wrong} of {pairs} pairs are wrong; the second finds: {finds:?}");
        assert!(wrong * 100 >= pairs * least, "{finds:?}: {wrong} of {pairs} pairs are wrong");
    }
}
