//! Passes that are taken while those before them are under way, as early as they may.

use super::bench::{TURN_CYCLES, UnitBench};
use super::model::{Place, channels};
use super::{
    SHAPES, Stream, all_choices, chain, check, latency, made, streaming, values, values_of,
};
use firmware::isa::Pass;
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

/// No lead is shorter than it has to be: one cycle more, and a pass that finds what another has written
/// finds it too early.
#[test]
fn longer_leads_are_too_long() {
    let (mut chains, mut wrong) = (0, 0);
    for index in [0, 4, 7] {
        let (mut maker, mut bench) = streaming(index, 950);
        for _ in 0..4 {
            bench.memories = maker.memories(maker.unit.value_width);
            let (mut program, expected) = chain(&mut maker, &bench.memories.clone(), (60, 1));
            lead(&bench.unit, &mut program);
            let most = |it: &(Pass, Place)| bench.unit.depths().most().min(it.0.lead + 1);
            program.iter_mut().skip(1).for_each(|it| it[0].0.lead = most(&it[0]));
            chains += 1;
            let is_right = |runs: Vec<_>| values(&runs) == values_of(&expected);
            wrong += usize::from(!bench.run(&program).is_ok_and(is_right));
            // What it left behind is gone.
            bench = UnitBench::new(maker.unit.clone());
        }
    }
    println!("{wrong} of {chains} chains are wrong");
    assert!(wrong * 3 > chains * 2, "{wrong} of {chains} chains are wrong");
}
