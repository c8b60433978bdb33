//! Every pass of every token finds what those before it have written, by the cycles of the model.

use super::super::{lower, position_orders};
use crate::control::Control;
use crate::isa::{Action, Length, Pass, Unit};
use crate::machine::Program;
use crate::machine_cycles::{Link, MachineLatency, dense, token_cycles};
use weights::config::Design;
use weights::network::Network;
use weights::sample;

/// A pass of a token, its addresses moved and its length known.
struct Taken {
    address: usize,
    pass: Pass,
    taken: u64,
    done: u64,
}

/// The passes of the token at a position.
fn taken(program: &Program, position: u32) -> Vec<Taken> {
    let latency = MachineLatency::of(&program.parameters);
    let cycles = token_cycles(program, &latency, position, true, dense(program));
    let mut timings = cycles.timings.iter();
    let (mut control, mut taken) = (Control::new(position), vec![]);
    while let Some(instruction) = program.instructions.get(control.next()) {
        let action = instruction.moved(&control.pointers());
        let (address, attended) = (control.next(), control.attended(instruction));
        if Control::ends(instruction, true) {
            break;
        }
        control.advance(instruction);
        if action.unit() == Unit::Sequencer {
            continue;
        }
        let timing = timings.next().expect("every instruction has its cycles");
        assert_eq!(timing.address, address);
        let Action::Pass(mut pass) = action else { continue };
        if pass.length == Length::Attended {
            (pass.length, pass.channels) = (Length::Channels, attended + 1);
        }
        taken.push(Taken { address, pass, taken: timing.taken, done: timing.done });
    }
    taken
}

/// Holds all pairs of passes of a token that are under way together to their gap; yields how many.
fn check(program: &Program, position: u32) -> usize {
    let latency = MachineLatency::of(&program.parameters).pass;
    let taken = taken(program, position);
    let mut together = 0;
    for (at, after) in taken.iter().enumerate() {
        let under_way = taken[..at].iter().rev().take(8).filter(|it| it.done > after.taken);
        // Turns of one pass are another matter.
        for before in under_way.filter(|it| it.address != after.address) {
            let pair = (&before.pass, &after.pass);
            let gap = latency.gap(&program.parameters, pair, |_, _, _| Link::Addressed);
            let last_read = before.done - latency.depth(&before.pass);
            let [first, second] = [before, after].map(|it| &program.remarks[it.address]);
            assert!(after.taken >= last_read + gap, "{position}: {first} | {second}");
            together += 1;
        }
    }
    together
}

fn design(seed: u64) -> Design {
    let mut design = Design::bundled();
    design.array.acc_width = 24;
    design.machine.value_width = 24;
    design.machine.elements = [2, 4, 8][seed as usize % 3];
    design
}

fn networks(seed: u64) -> Vec<Network> {
    let llama = sample::spikellm(seed, &sample::spikellm_shape(seed));
    vec![
        sample::spikelm(seed, &sample::spikelm_shape(seed)),
        sample::spikingbert(seed, &sample::spikingbert_shape(seed)),
        sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)),
        sample::spikegpt(seed, &sample::spikegpt_shape(seed)),
        llama.network().expect("its matrices are integers"),
    ]
}

#[test]
fn passes_find_what_those_before_them_wrote() {
    let (mut together, mut programs) = (0, 0);
    for seed in 0..12 {
        for network in networks(seed) {
            let Ok(orders) = position_orders(&network, &design(seed)) else { continue };
            for (_, program) in orders {
                let context = program.parameters.context.max(1);
                let positions = [0, 1, 2, 3, context / 2, context - 1];
                let pairs = positions.map(|position| check(&program, position.min(context - 1)));
                together += pairs.iter().sum::<usize>();
                programs += 1;
            }
        }
    }
    println!("{together} pairs under way together in {programs} programs");
    assert!(together > 10_000 && programs > 100, "{together} in {programs}");
}

/// The check sees leads of a cycle more.
#[test]
#[should_panic(expected = " | ")]
fn a_lead_that_is_too_long_is_seen() {
    let mut program = lower(&sample::spikegpt(1, &sample::spikegpt_shape(1)), &design(1)).unwrap();
    assert!(program.parameters.streams);
    for instruction in &mut program.instructions {
        if let Action::Pass(pass) = &mut instruction.action {
            pass.lead += 1;
        }
    }
    check(&program, 3);
}
