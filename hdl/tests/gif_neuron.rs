//! `gif_neuron` equals `numeric::neuron_step` for the whole product of rule choices.

mod support;

use hdl::blocks::vector::gif_neuron::GifNeuron;
use support::{Bench, Random};
use weights::neuron::{LastStep, Leak, NeuronRule, Quantise, Reset, SpikeRange, State, Threshold};
use weights::numeric::{self, NeuronStep};

/// Every rule with a membrane of 8 bits that the checks admit.
fn rules() -> Vec<NeuronRule> {
    let mut rules = vec![];
    for leak in [Leak::None, Leak::Shift(2), Leak::Decay(3)] {
        for quantise in [Quantise::Floor, Quantise::NearestEven] {
            for reset in [Reset::Soft, Reset::Hard, Reset::SpikelmCode] {
                for last_step in [LastStep::Same, LastStep::Remainder] {
                    let one = |range, threshold| NeuronRule {
                        leak,
                        quantise,
                        range,
                        reset,
                        state: State::PerStep,
                        threshold,
                        last_step,
                        membrane_width: 8,
                    };
                    rules.extend(ranges_and_thresholds(one));
                }
            }
        }
    }
    rules.retain(|rule| rule.check().is_ok());
    rules
}

fn ranges_and_thresholds(
    one: impl Fn(SpikeRange, Threshold) -> NeuronRule,
) -> impl Iterator<Item = NeuronRule> {
    let ranges = [
        SpikeRange::Unsigned(1),
        SpikeRange::Unsigned(4),
        SpikeRange::Signed(1),
        SpikeRange::Signed(3),
        SpikeRange::Unbounded,
    ];
    let thresholds = [
        Threshold::PowerOfTwo(0),
        Threshold::PowerOfTwo(1),
        Threshold::PowerOfTwo(4),
        Threshold::PerChannel,
    ];
    let pairs = ranges.into_iter().flat_map(move |range| thresholds.map(|one| (range, one)));
    pairs.map(move |(range, threshold)| one(range, threshold)).collect::<Vec<_>>().into_iter()
}

/// What one stimulus is, for messages.
#[derive(Clone, Copy, Debug)]
struct Stimulus {
    membrane: i64,
    current: i64,
    theta: i64,
    fresh: bool,
    last: bool,
}

fn stimulus(random: &mut Random, rule: &NeuronRule, current_max: i64) -> Stimulus {
    let extreme = |random: &mut Random, max: i64| match random.below(6) {
        0 => max,
        1 => -max - 1,
        _ => random.within(-max - 1, max),
    };
    Stimulus {
        membrane: extreme(random, rule.membrane_range().1),
        current: extreme(random, current_max),
        theta: numeric::threshold(rule, random.within(1, 127)),
        fresh: random.once_in(4),
        last: random.once_in(2),
    }
}

fn drive(bench: &mut Bench, rule: &NeuronRule, stimulus: Stimulus) {
    bench.set_signed("membrane_i", stimulus.membrane);
    bench.set_signed("current_i", stimulus.current);
    bench.set("fresh_i", stimulus.fresh.into());
    if rule.threshold == Threshold::PerChannel {
        bench.set("threshold_i", stimulus.theta as u64);
    }
    if rule.last_step == LastStep::Remainder && rule.range != SpikeRange::Unbounded {
        bench.set("last_i", stimulus.last.into());
    }
}

fn expected(rule: &NeuronRule, stimulus: Stimulus) -> NeuronStep {
    let Stimulus { membrane, current, theta, fresh, last } = stimulus;
    numeric::neuron_step(rule, theta, if fresh { 0 } else { membrane }, current, last)
}

/// Spike, membrane and saturation of every rule, with membranes and currents at their extremes,
/// while the pipeline is held now and then.
#[test]
fn every_rule() {
    let rules = rules();
    assert!(rules.len() > 300, "{} rules", rules.len());
    for (index, rule) in rules.iter().enumerate() {
        let module = GifNeuron { rule: *rule, current_width: 7, saturates: true }.module();
        let mut bench = Bench::new(&module);
        let mut random = Random(index as u64);
        let mut inside = vec![];
        for _ in 0..200 {
            let next = stimulus(&mut random, rule, 63);
            let advance = !random.once_in(5);
            drive(&mut bench, rule, next);
            bench.set("advance_i", advance.into());
            bench.tick();
            if !advance {
                continue;
            }
            inside.push(next);
            if let Some(first) = inside.len().checked_sub(bench.latency) {
                let oldest = inside[first];
                let found = NeuronStep {
                    spike: bench.get_signed("spike_o"),
                    membrane: bench.get_signed("membrane_o"),
                    saturated: bench.is("saturated_o"),
                };
                assert_eq!(found, expected(rule, oldest), "{rule:?}, {oldest:?}");
            }
        }
    }
}

/// Without saturation, where no sum leaves the membrane, the results are the same.
#[test]
fn proven_widths_need_no_saturation() {
    for (index, rule) in rules().iter().enumerate() {
        let module = GifNeuron { rule: *rule, current_width: 6, saturates: false }.module();
        let mut bench = Bench::new(&module);
        bench.set("advance_i", 1);
        let mut random = Random(index as u64);
        let mut inside = vec![];
        while inside.len() < 60 {
            let next = stimulus(&mut random, rule, 31);
            if expected(rule, next).saturated {
                continue;
            }
            inside.push(next);
            drive(&mut bench, rule, next);
            bench.tick();
            if let Some(first) = inside.len().checked_sub(bench.latency) {
                let step = expected(rule, inside[first]);
                let found = (bench.get_signed("spike_o"), bench.get_signed("membrane_o"));
                assert_eq!(found, (step.spike, step.membrane), "{rule:?}, {:?}", inside[first]);
            }
        }
    }
}
