//! The unit of passes against `weights::numeric::pass`: every write, every cycle, every choice.

mod bench;
mod leads;
mod maker;
mod model;
#[path = "../support/mod.rs"]
mod support;

use bench::{Run, TURN_CYCLES, UnitBench};
use firmware::isa::{ANY, Function, Pass, Reduce};
use firmware::machine::MachineParameters;
use firmware::machine_cycles::{MachineLatency, PassLatency};
use firmware::pass_choices::PassChoices;
use hdl::blocks::vector::pass_unit::PassUnit;
use maker::{Maker, tables};
use model::{Place, Writes, channels, execute};
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use support::Random;
use weights::config::Design;
use weights::numeric::Radix;
use weights::numeric::pass::Choice;
use weights::sample;

/// Elements, lanes, slots, bits of a value, bits of a count, digits, radix.
const SHAPES: [(u32, u32, u32, u32, u32, u32, Radix); 8] = [
    (2, 2, 2, 18, 6, 4, Radix::Bitwise),
    (2, 8, 4, 24, 4, 2, Radix::Unary),
    (4, 4, 16, 18, 8, 4, Radix::Bitwise),
    (4, 16, 4, 24, 12, 5, Radix::Unary),
    (8, 8, 8, 24, 12, 4, Radix::Bitwise),
    (8, 32, 16, 18, 6, 3, Radix::Unary),
    (8, 16, 16, 16, 11, 1, Radix::Bitwise),
    (16, 16, 32, 21, 7, 6, Radix::Bitwise),
];

fn unit(index: usize, choices: PassChoices) -> PassUnit {
    let (elements, lanes, slots, value_width, count_width, digits, radix) = SHAPES[index];
    let streams = index % 2 == 1;
    PassUnit { elements, lanes, slots, value_width, count_width, digits, radix, streams, choices }
}

/// A unit that makes every choice and takes passes while others are under way, and who makes them.
fn streaming(index: usize, seed: u64) -> (Maker, UnitBench) {
    let unit = PassUnit { streams: true, ..unit(index, PassChoices::all(tables())) };
    let random = Random(seed + index as u64);
    (Maker { random, unit: unit.clone() }, UnitBench::new(unit))
}

/// The latencies of the cycle model, and the machine that they are those of.
fn latency(unit: &PassUnit) -> (PassLatency, MachineParameters) {
    static SAMPLE: LazyLock<MachineParameters> = LazyLock::new(|| {
        let program = firmware::lower::lower(&sample::network(1), &Design::bundled());
        program.expect("the sample fits").parameters
    });
    let machine = MachineParameters {
        elements: unit.elements,
        lanes: unit.lanes,
        slots: unit.slots,
        radix: unit.radix,
        key_value_digits: unit.digits,
        functions: unit.choices.has_functions(),
        ..*SAMPLE
    };
    (MachineLatency::of(&machine).pass, machine)
}

/// What the cycle model says of a pass.
fn cycles(unit: &PassUnit, pass: &Pass, place: Place) -> u64 {
    let (latency, machine) = latency(unit);
    latency.cycles(pass, channels(pass, place) as u32, &machine)
}

/// Passes that follow each other, in streams of up to so many turns, and what each stream writes.
fn chain(
    maker: &mut Maker,
    start: &model::Memories,
    (count, turns): (usize, usize),
) -> (Vec<Stream>, Vec<Writes>) {
    let (mut later, mut program, mut expected) = (start.clone(), vec![], vec![]);
    while program.len() < count {
        let place = maker.place();
        let pass = maker.pass(place);
        let Some(writes) = execute(&maker.unit, &pass, place, &later) else { continue };
        let before = later.clone();
        later.apply(&writes);
        let (mut stream, mut all) = (vec![(pass, place)], writes);
        for _ in 1..turns {
            let place = maker.place();
            let Some(pass) = maker.turn(&pass, place) else { continue };
            // It may find nothing of those before it.
            let writes = execute(&maker.unit, &pass, place, &later);
            if let (Some(writes), true) =
                (&writes, writes == execute(&maker.unit, &pass, place, &before))
            {
                later.apply(writes);
                all.extend(writes.clone());
                stream.push((pass, place));
            }
        }
        program.push(stream);
        expected.push(all);
    }
    (program, expected)
}

/// Turns of a pass, or a single one.
type Stream = Vec<(Pass, Place)>;

/// All writes of a chain, those of each memory in order.
fn values(runs: &[Run]) -> Writes {
    values_of(runs.iter().map(|run| &run.writes))
}

/// The same of what each of its streams writes.
fn values_of<'a>(each: impl IntoIterator<Item = &'a Writes>) -> Writes {
    let mut all = Writes::default();
    each.into_iter().for_each(|writes| all.extend(writes.clone()));
    all
}

/// Runs a chain and compares every write and every cycle.
fn check(bench: &mut UnitBench, program: &[Stream], expected: &[Writes]) {
    let runs = bench.run(program).expect("every pass ends");
    let (elements, width) = (bench.unit.elements, bench.unit.value_width);
    let leads = program.iter().any(|stream| stream[0].0.lead > 0);
    match leads {
        // Writes of several passes are between each other, those of a memory in order.
        true => {
            let (found, expected) = (values(&runs), values_of(expected));
            let what = format!("{elements} × {width}, ");
            assert_eq!(found.temporaries, expected.temporaries, "{what}T");
            assert_eq!(found.states, expected.states, "{what}S");
            assert_eq!(found.scalars, expected.scalars, "{what}scalars");
            assert_eq!(found.store, expected.store, "{what}keys and values");
            assert_eq!(found, expected, "{what}the rest");
        }
        false => {
            for ((run, expected), stream) in runs.iter().zip(expected).zip(program) {
                let (turns, (pass, place)) = (stream.len(), stream[0]);
                let what = format!("{elements} × {width}, {turns}, {place:?}: {pass:?}");
                assert_eq!(run.writes, *expected, "{what}");
            }
        }
    }
    let (latency, machine) = latency(&bench.unit);
    let (mut dones, mut digits_gone): (Vec<u64>, u64) = Default::default();
    let (mut last_read, mut last_taken) = (0, 0);
    for (run, stream) in runs.iter().zip(program) {
        for (turn, (pass, place)) in stream.iter().enumerate() {
            let done = dones.last().copied();
            let counted = dones.len().checked_sub(ANY.into()).map_or(0, |oldest| dones[oldest] + 1);
            let earliest = match turn {
                0 => done.map_or(0, |done| done - u64::from(pass.lead)).max(last_read),
                _ => last_read.max(last_taken + TURN_CYCLES),
            };
            last_taken = run.taken[turn];
            assert_eq!(last_taken, earliest.max(counted), "{elements}, turn {turn}: {pass:?}");
            let first = last_taken + latency.accept_cycles;
            let gone = u64::saturating_sub(digits_gone, first);
            let channels = channels(pass, *place) as u32;
            let (reads, gone) = latency.reads(pass, channels, &machine, gone);
            digits_gone = first + gone;
            last_read = first + reads - 1;
            dones.push(last_read + latency.depth(pass));
            assert_eq!(run.done[turn], dones[dones.len() - 1], "{elements}, turn {turn}: {pass:?}");
        }
    }
}

/// The choices that a pass makes, by stage and name.
fn made(pass: &Pass) -> Vec<String> {
    let mut made = vec![
        format!("length {}", pass.length.name()),
        format!("a_space {}", pass.a_space.name()),
        format!("a_restart {}", pass.a_restart.name()),
        format!("join {}", pass.join.name()),
        format!("function {}", pass.function.name()),
        format!("multiply {}", pass.multiply.name()),
        format!("follow {}", pass.follow.name()),
        format!("destination {}", pass.destination.name()),
        format!("emit {}", pass.emit.name()),
        format!("reduce {}", pass.reduce.name()),
        format!("phases {}", pass.phases()),
        format!("swap {}", pass.a_swap),
        format!("spiking {}", pass.spiking),
    ];
    if pass.reads_b() {
        made.push(format!("b_space {}", pass.b_space.name()));
        made.push(format!("b_restart {}", pass.b_restart.name()));
    }
    if pass.reads_c() {
        made.push(format!("c_space {}", pass.c_space.name()));
        made.push(format!("c_restart {}", pass.c_restart.name()));
    }
    if pass.spiking == 1 {
        let (quantiser, levels) = (pass.quantiser.name(), pass.levels.name());
        made.push(format!("neuron {quantiser} {levels} {}", pass.theta.name()));
        made.push(format!("reset {} {levels}", pass.reset.name()));
        made.push(format!("remainder {} {levels}", pass.remainder));
        made.push(format!("membrane_restart {}", pass.membrane_restart));
    }
    if pass.reduce != Reduce::Nothing {
        made.push(format!("finish {} {}", pass.reduce.name(), pass.finish.name()));
    }
    made
}

/// Every choice that the instruction set has and the hardware executes.
fn all_choices() -> BTreeSet<String> {
    use firmware::isa::{
        Coded, Destination, Emit, Finish, Follow, Function, Join, Length, Multiply, Quantiser,
        Restart, RuleReset, Space, SpikeLevels, Theta,
    };
    let mut all = BTreeSet::new();
    let mut add = |stage: &str, names: Vec<&str>| {
        all.extend(names.into_iter().map(|name| format!("{stage} {name}")));
    };
    add("length", Length::names());
    for operand in ["a", "b", "c"] {
        add(&format!("{operand}_space"), Space::names());
        add(&format!("{operand}_restart"), Restart::names());
    }
    add("join", Join::names());
    add("function", Function::names()[..2 + tables().len()].to_vec());
    add("multiply", Multiply::names());
    add("follow", Follow::names());
    add("destination", Destination::names());
    add("emit", Emit::names());
    add("reduce", Reduce::names());
    add("phases", vec!["1", "2", "3", "4"]);
    for flag in ["swap", "spiking", "membrane_restart"] {
        add(flag, vec!["0", "1"]);
    }
    for reduce in &Reduce::names()[1..] {
        add(&format!("finish {reduce}"), Finish::names());
    }
    for &levels in SpikeLevels::ALL {
        let mut rules = vec![];
        for &quantiser in Quantiser::ALL {
            rules.extend(Theta::ALL.iter().map(|&theta| (quantiser, theta)));
        }
        for (quantiser, theta) in rules {
            let pass = Pass { spiking: 1, quantiser, levels, theta, ..Pass::default() };
            if pass.rule().is_executable() {
                all.insert(format!(
                    "neuron {} {} {}",
                    quantiser.name(),
                    levels.name(),
                    theta.name()
                ));
            }
        }
        for &reset in RuleReset::ALL {
            let theta = Theta::PowerOfTwo;
            let pass = Pass { spiking: 1, reset, levels, theta, ..Pass::default() };
            if pass.rule().is_executable() {
                all.insert(format!("reset {} {}", reset.name(), levels.name()));
            }
        }
        all.extend([0, 1].map(|remainder| format!("remainder {remainder} {}", levels.name())));
    }
    all
}

/// Random passes without a gap in every shape, until every choice of every stage was made.
#[test]
fn every_choice() {
    let mut seen = BTreeSet::new();
    let mut passes = 0;
    for index in 0..SHAPES.len() {
        let unit = unit(index, PassChoices::all(tables()));
        let mut maker = Maker { random: Random(index as u64), unit: unit.clone() };
        let mut bench = UnitBench::new(unit);
        for round in 0..6 {
            let narrow = 2 + maker.below(maker.unit.value_width - 2);
            let width = [maker.unit.value_width, narrow][round % 2];
            bench.memories = maker.memories(width);
            let (program, expected) = chain(&mut maker, &bench.memories.clone(), (25, 1));
            check(&mut bench, &program, &expected);
            seen.extend(program.iter().flatten().flat_map(|(pass, _)| made(pass)));
            passes += program.len();
        }
    }
    let all = all_choices();
    let missing: Vec<&String> = all.difference(&seen).collect();
    println!("{passes} passes made {} of {} choices", all.len() - missing.len(), all.len());
    assert!(missing.is_empty(), "no pass made {missing:?}");
    assert!(seen.is_subset(&all), "unknown: {:?}", seen.difference(&all));
}

/// Streams of turns of every pass: each write, each cycle, and what goes on beside what.
#[test]
fn streams() {
    let mut seen = BTreeSet::new();
    let (mut turns, mut most) = (0, 0);
    for index in 0..SHAPES.len() {
        let (mut maker, mut bench) = streaming(index, 700);
        for _ in 0..5 {
            bench.memories = maker.memories(maker.unit.value_width);
            let (program, expected) = chain(&mut maker, &bench.memories.clone(), (12, 10));
            check(&mut bench, &program, &expected);
            let streams = program.iter().filter(|stream| stream.len() > 1);
            seen.extend(streams.flat_map(|stream| made(&stream[0].0)));
            turns += program.iter().map(Vec::len).sum::<usize>();
            most = most.max(program.iter().map(Vec::len).max().unwrap_or(0));
        }
    }
    let all = all_choices();
    let missing: Vec<&String> = all.difference(&seen).collect();
    println!("{turns} turns, up to {most} in a stream; {} of {} choices", seen.len(), all.len());
    assert_eq!(most, 10, "no stream is as long as it may be");
    assert!(missing.len() * 20 < all.len(), "streams never have {missing:?}");
}

/// A unit that has only what a few passes choose does the same.
#[test]
fn specialised() {
    for round in 0..24 {
        let index = round % SHAPES.len();
        let all = unit(index, PassChoices::all(tables()));
        let mut maker = Maker { random: Random(500 + round as u64), unit: all };
        let memories = maker.memories(maker.unit.value_width);
        let (program, expected) = loop {
            let (program, expected) = chain(&mut maker, &memories, (1 + round % 4, 1));
            let writes =
                |writes: &Writes| !(writes.temporaries.is_empty() && writes.states.is_empty());
            // Every third unit has no stage of functions.
            let plain = |(pass, _): &(Pass, Place)| pass.function == Function::Nothing;
            let meant = round % 3 > 0 || program.iter().flatten().all(plain);
            if meant && expected.iter().any(writes) {
                break (program, expected);
            }
        };
        let mut choices = PassChoices { tables: tables(), ..PassChoices::default() };
        program.iter().flatten().for_each(|(pass, _)| choices.add(pass));
        let mut bench = UnitBench::new(unit(index, choices));
        bench.memories = memories;
        check(&mut bench, &program, &expected);
    }
}

/// A reset in any cycle of any pass silences the unit, and the next one is unharmed.
#[test]
fn reset_between() {
    for index in [1, 2, 5] {
        let unit = unit(index, PassChoices::all(tables()));
        let mut maker = Maker { random: Random(200 + index as u64), unit: unit.clone() };
        let mut bench = UnitBench::new(unit);
        bench.memories = maker.memories(maker.unit.value_width);
        for _ in 0..40 {
            let memories = bench.memories.clone();
            let (program, _) = chain(&mut maker, &memories, (1, 1));
            let (pass, place) = program[0][0];
            let last = cycles(&bench.unit, &pass, place);
            bench.interrupt(&pass, place, maker.random.below(last));
            let memories = bench.memories.clone();
            let (program, expected) = chain(&mut maker, &memories, (1, 1));
            check(&mut bench, &program, &expected);
        }
    }
}
