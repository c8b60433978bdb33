//! The neuron rules by enumeration, each against the published formula of its system.
//!
//! The formulas are written down again here in floating point, on grids where every intermediate
//! value is exact, so that they share nothing with the integers that they check.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use weights::neuron::presets::{
    int2spike, spikegpt, spikellm, spikelm_code, spikelm_paper, spikingbert,
};
use weights::neuron::{
    LastStep, Leak, NeuronRule, Quantise, Reset, RuleError, SpikeRange, State, Threshold,
};
use weights::numeric::{count, neuron_step, neuron_token, threshold};

/// All sequences of `length` choices.
fn sequences<const LENGTH: usize>(choices: &[i64]) -> impl Iterator<Item = [i64; LENGTH]> {
    let total = choices.len().pow(LENGTH as u32);
    (0..total).map(move |index| {
        let place = |step: usize| index / choices.len().pow(step as u32) % choices.len();
        std::array::from_fn(|step| choices[place(step)])
    })
}

/// The spikes and the membrane that a token leaves.
fn token(rule: &NeuronRule, theta: i64, currents: &[i64]) -> (Vec<i64>, i64) {
    let mut membrane = 0;
    let spikes = neuron_token(rule, theta, &mut membrane, currents);
    (spikes, membrane)
}

/// The currents of SpikeLLM: the quantised value first, then nothing.
fn quantised(value: i64, steps: usize) -> Vec<i64> {
    let mut currents = vec![0; steps];
    currents[0] = value;
    currents
}

/// SpikeLLM: for every code of b + a bits, the spikes of 2^a steps add up to it and leave nothing,
/// and no step but the last emits more than 2^b − 1.
#[test]
fn spikellm_spikes_add_up_to_every_code() {
    for (bits, added) in (2..=4).flat_map(|bits| (0..=2).map(move |added| (bits, added))) {
        let rule = spikellm(bits, 12);
        for code in 0..1 << (bits + added) {
            let (spikes, membrane) = token(&rule, 1, &quantised(code, 1 << added));
            assert_eq!(spikes.iter().sum::<i64>(), code, "{bits} + {added} bits");
            assert_eq!(membrane, 0);
            let (_, earlier) = spikes.split_last().expect("at least one step");
            assert!(earlier.iter().all(|spike| (0..1 << bits).contains(spike)), "{spikes:?}");
        }
    }
}

/// SpikeLLM as released, without the corrected last step, loses exactly the codes above
/// T·(2^b − 1): for 4 bits 31 gives 30 in two steps, and 61, 62 and 63 give 60 in four.
#[test]
fn spikellm_without_correction_loses_the_top_codes() {
    let lost = |bits, added| -> Vec<(i64, i64)> {
        let rule = NeuronRule { last_step: LastStep::Same, ..spikellm(bits, 12) };
        let sum = |code| token(&rule, 1, &quantised(code, 1usize << added)).0.iter().sum();
        let codes = (0..1i64 << (bits + added)).map(|code| (code, sum(code)));
        codes.filter(|(code, sum)| code != sum).collect()
    };
    assert_eq!(lost(4, 0), []);
    assert_eq!(lost(4, 1), [(31, 30)]);
    assert_eq!(lost(4, 2), [(61, 60), (62, 60), (63, 60)]);
    for (bits, added) in (2..=4).flat_map(|bits| (0..=2).map(move |added| (bits, added))) {
        let top = (1 << added) * ((1 << bits) - 1);
        let expected: Vec<_> = (top + 1..1 << (bits + added)).map(|code| (code, top)).collect();
        assert_eq!(lost(bits, added), expected, "{bits} + {added} bits");
    }
}

/// SpikeLM as in the paper equals m = ¼·m·(1 − |s|) + x, s = clamp(round(m / α), −1, 1), for all
/// sequences of four inputs on a quarter-threshold grid, ties included.
#[test]
fn spikelm_paper_equals_the_formula() {
    // Three leaks divide by 64, so multiples of 64 stay whole; α = 256 is four of them.
    let rule = spikelm_paper(8, 24);
    let inputs: Vec<i64> = (-10..=10).map(|quarter| quarter * 64).collect();
    for currents in sequences::<4>(&inputs) {
        let (mut m, mut s) = (0.0f64, 0.0f64);
        let formula = currents.map(|x| {
            m = 0.25 * m * (1.0 - s.abs()) + x as f64;
            s = (m / 256.0).round_ties_even().clamp(-1.0, 1.0);
            s as i64
        });
        let (spikes, membrane) = token(&rule, 256, &currents);
        assert_eq!(spikes, formula, "{currents:?}");
        assert_eq!(membrane as f64, m * (1.0 - s.abs()), "{currents:?}");
    }
}

/// SpikeLM as released equals m = ¼·m·(α − out) + x, out = α·clamp(round(m / α), −1, 1), for α of
/// ½, 1 and 2: a spike of −1 does not reset, it doubles.
#[test]
fn spikelm_code_equals_the_formula() {
    for (alpha, shift) in [(2.0f64, 1u32), (1.0, 2), (0.5, 3)] {
        // Three leaks stay whole on this grid, and the threshold is four of its units.
        let (unit, exponent) = (1i64 << (3 * shift), 3 * shift + 2);
        let scale = (1i64 << exponent) as f64 / alpha;
        let rule = spikelm_code(exponent, scale.log2() as u32, 32);
        assert_eq!(rule.leak, Leak::Shift(shift));
        let inputs: Vec<i64> = (-9..=9).map(|quarter| quarter * unit).collect();
        for currents in sequences::<4>(&inputs) {
            let (mut m, mut out) = (0.0f64, 0.0f64);
            let formula = currents.map(|x| {
                m = 0.25 * m * (alpha - out) + x as f64 / scale;
                out = alpha * (m / alpha).round_ties_even().clamp(-1.0, 1.0);
                (out / alpha) as i64
            });
            let (spikes, membrane) = token(&rule, 1 << exponent, &currents);
            assert_eq!(spikes, formula, "α = {alpha} {currents:?}");
            assert_eq!(membrane as f64, m * (1.0 - out / alpha) * scale, "α = {alpha}");
        }
    }
}

/// SpikeGPT equals v = (v + u) / 2, s = [v ≥ 1], v = s ? 0 : v over six tokens, with the membrane
/// kept doubled.
#[test]
fn spikegpt_equals_the_formula() {
    // Five halvings of multiples of 64 stay whole; the unit is 256.
    let rule = spikegpt(8, 24);
    let inputs: Vec<i64> = [-3, 0, 1, 3, 4, 6, 9].map(|quarter| quarter * 64).to_vec();
    for currents in sequences::<6>(&inputs) {
        let (mut v, mut membrane) = (0.0f64, 0);
        for current in currents {
            v = (v + current as f64 / 256.0) / 2.0;
            let s = i64::from(v >= 1.0);
            v *= (1 - s) as f64;
            let spikes = neuron_token(&rule, threshold(&rule, 0), &mut membrane, &[current]);
            assert_eq!(spikes, [s], "{currents:?}");
            assert_eq!(membrane as f64, 2.0 * v * 256.0, "{currents:?}");
        }
    }
}

/// SpikingBERT: T steps of a constant current give ⌊T·i/θ⌋ spikes, so the rate lies within 1/T of
/// clip(i/θ, 0, 1), for every current from −θ to 2θ.
#[test]
fn spikingbert_rates_are_clipped_ratios() {
    let rule = spikingbert(Leak::None, 20);
    for (theta, steps) in
        [1, 2, 3, 7, 16, 37].into_iter().flat_map(|t| [1, 4, 25, 125].map(|n| (t, n)))
    {
        for current in -theta..=2 * theta {
            let (spikes, _) = token(&rule, theta, &vec![current; steps]);
            let sum: i64 = spikes.iter().sum();
            assert_eq!(sum, steps as i64 * current.clamp(0, theta) / theta, "{current} / {theta}");
            let ratio = (current as f64 / theta as f64).clamp(0.0, 1.0);
            let off = (sum as f64 / steps as f64 - ratio).abs();
            assert!(off <= 1.0 / steps as f64, "{current} / {theta}: {off}");
        }
    }
}

/// Int2Spike's neuron emits the count of each value, and forgets it before the next token.
#[test]
fn int2spike_emits_the_count() {
    let rules = (0..=5).map(|n| (int2spike(Threshold::PowerOfTwo(n), 16), 1 << n));
    let channels = (1..=9).map(|theta| (int2spike(Threshold::PerChannel, 16), theta));
    for (rule, theta) in rules.chain(channels) {
        assert_eq!(threshold(&rule, theta), theta);
        let mut membrane = 0;
        for x in -300..=300 {
            let spikes = neuron_token(&rule, theta, &mut membrane, &[x]);
            assert_eq!(spikes, [count(x, theta)], "{x} / {theta}");
        }
    }
}

/// Both leaks round the part they shift to nearest, ties up, as exact arithmetic does.
#[test]
fn leaks_round_ties_up() {
    for (k, u) in (1..=6u32).flat_map(|k| (-300..=300i64).map(move |u| (k, u))) {
        let shifted = (u as f64 / f64::from(1 << k) + 0.5).floor() as i64;
        for (leak, expected) in
            [(Leak::None, u), (Leak::Shift(k), shifted), (Leak::Decay(k), u - shifted)]
        {
            let rule = spikingbert(leak, 24);
            let step = neuron_step(&rule, 1 << 20, u, 5, false);
            assert_eq!((step.spike, step.membrane), (0, expected + 5), "{leak:?} of {u}");
        }
    }
}

/// The membrane clamps at both edges of its width and says so, when it integrates and when a reset
/// doubles it; on the edge itself it does not.
#[test]
fn saturation_is_seen_at_both_edges() {
    let rule = spikingbert(Leak::None, 8);
    let after = |u, current| {
        let step = neuron_step(&rule, 1 << 20, u, current, false);
        (step.membrane, step.saturated)
    };
    assert_eq!([after(100, 27), after(100, 28)], [(127, false), (127, true)]);
    assert_eq!([after(-100, -28), after(-100, -29)], [(-128, false), (-128, true)]);
    let rule = NeuronRule { membrane_width: 8, ..spikelm_code(4, 4, 8) };
    let doubled = |current| {
        let step = neuron_step(&rule, 16, 0, current, false);
        (step.spike, step.membrane, step.saturated)
    };
    assert_eq!([doubled(-64), doubled(-65)], [(-1, -128, false), (-1, -128, true)]);
}

/// A membrane per step starts each token at zero, a membrane per token lives on.
#[test]
fn state_decides_what_a_token_inherits() {
    for (state, spikes) in [(State::PerStep, [0, 0, 0]), (State::PerToken, [0, 1, 0])] {
        let rule = NeuronRule { state, ..spikingbert(Leak::None, 12) };
        let mut membrane = 0;
        let actual = [5, 5, 5].map(|current| neuron_token(&rule, 8, &mut membrane, &[current])[0]);
        assert_eq!(actual, spikes, "{state:?}");
    }
}

/// The range and the width of a spike, for every form of range.
#[test]
fn spike_ranges_and_widths() {
    let of = |range, last_step| {
        let rule = NeuronRule { range, last_step, ..spikellm(4, 12) };
        (rule.spike_range(), rule.spike_width())
    };
    assert_eq!(of(SpikeRange::Unsigned(1), LastStep::Same), ((0, 1), 2));
    assert_eq!(of(SpikeRange::Signed(1), LastStep::Same), ((-1, 1), 2));
    assert_eq!(of(SpikeRange::Unsigned(4), LastStep::Same), ((0, 15), 5));
    assert_eq!(of(SpikeRange::Signed(4), LastStep::Same), ((-15, 15), 5));
    assert_eq!(of(SpikeRange::Unsigned(4), LastStep::Remainder), ((0, 15), 12));
    assert_eq!(of(SpikeRange::Unbounded, LastStep::Same), ((-2048, 2047), 12));
}

/// Every preset is a legal rule, and each limit of a rule is refused just beyond it.
#[test]
fn rules_are_checked_at_their_limits() {
    let base = spikellm(4, 12);
    let legal = [
        base,
        spikelm_paper(4, 12),
        spikelm_code(5, 4, 12),
        spikegpt(9, 12),
        spikingbert(Leak::Decay(11), 12),
        int2spike(Threshold::PerChannel, 48),
        NeuronRule { range: SpikeRange::Signed(11), ..base },
        NeuronRule { range: SpikeRange::Signed(1), ..spikellm(1, 2) },
    ];
    for rule in legal {
        assert_eq!(rule.check(), Ok(()), "{rule:?}");
    }
    let shift = |what, value, min, max| RuleError::Shift { what, value, min, max, width: 12 };
    let illegal = [
        (NeuronRule { membrane_width: 1, ..base }, RuleError::MembraneWidth(1)),
        (NeuronRule { membrane_width: 49, ..base }, RuleError::MembraneWidth(49)),
        (NeuronRule { leak: Leak::Shift(0), ..base }, shift("leak shift", 0, 1, 11)),
        (NeuronRule { leak: Leak::Decay(12), ..base }, shift("leak shift", 12, 1, 11)),
        (NeuronRule { range: SpikeRange::Signed(0), ..base }, shift("spike bits", 0, 1, 11)),
        (NeuronRule { range: SpikeRange::Unsigned(12), ..base }, shift("spike bits", 12, 1, 11)),
        (spikegpt(10, 12), shift("threshold exponent", 11, 0, 10)),
    ];
    for (rule, error) in illegal {
        assert_eq!(rule.check(), Err(error));
    }
    let excluded = [
        NeuronRule { threshold: Threshold::PerChannel, ..base },
        NeuronRule { reset: Reset::SpikelmCode, ..base },
        NeuronRule { last_step: LastStep::Remainder, ..spikelm_code(5, 4, 12) },
    ];
    for rule in excluded {
        assert!(matches!(rule.check(), Err(RuleError::Combination(..))), "{rule:?}");
    }
}

fn any_rule() -> impl Strategy<Value = NeuronRule> {
    let leak = prop_oneof![
        Just(Leak::None),
        (1u32..12).prop_map(Leak::Shift),
        (1u32..12).prop_map(Leak::Decay)
    ];
    let range = prop_oneof![
        Just(SpikeRange::Unbounded),
        (1u32..12).prop_map(SpikeRange::Unsigned),
        (1u32..12).prop_map(SpikeRange::Signed)
    ];
    let floor = prop_oneof![Just(Quantise::Floor), Just(Quantise::NearestEven)];
    let reset = prop_oneof![Just(Reset::Soft), Just(Reset::Hard)];
    (leak, range, floor, reset).prop_map(|(leak, range, quantise, reset)| NeuronRule {
        leak,
        range,
        quantise,
        reset,
        ..int2spike(Threshold::PerChannel, 13)
    })
}

proptest! {
    /// Any rule keeps its spike and its membrane in their ranges and widths, and a soft reset loses
    /// nothing: what was there is what was emitted and what stays.
    #[test]
    fn every_rule_stays_in_range(
        rule in any_rule(),
        theta in 1i64..100,
        u in -4096i64..4096,
        current in -6000i64..6000,
    ) {
        let step = neuron_step(&rule, theta, u, current, false);
        let (least, most) = rule.spike_range();
        prop_assert!((least..=most).contains(&step.spike));
        let half = 1i64 << (rule.spike_width() - 1);
        prop_assert!((-half..half).contains(&step.spike));
        let (least, most) = rule.membrane_range();
        prop_assert!((least..=most).contains(&step.membrane));
        if rule.reset == Reset::Soft && rule.leak == Leak::None && !step.saturated {
            prop_assert_eq!(theta * step.spike + step.membrane, u + current);
        }
    }
}
