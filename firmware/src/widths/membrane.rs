//! How far a membrane can go: interval arithmetic over the steps of a rule.
//!
//! One step maps an interval of membranes u and an interval of currents, −I..=I, to
//!
//! ```text
//!  v  in  leak(u_min) − I ..= leak(u_max) + I        every leak is monotone
//!  u' in  the hull of reset(v, s) over the spikes s that v can emit
//! ```
//!
//! What a spike leaves of v:
//!
//! | v | soft | hard | SpikeLM code |
//! |---|---|---|---|
//! | within the spike range | the remainder: 0..θ or −θ/2..=θ/2 | the remainder or 0 | the remainder, 0 or 2v |
//! | above it | v − θ·s_max | 0 | 0 |
//! | below it | v − θ·s_min | 0, or v itself where s_min = 0 | 2v |
//!
//! The bound is the hull of every v and u' that can occur. If membranes are cleared with each
//! token, that takes `steps` steps; if they live on, the interval is followed until it no longer
//! grows. Without a leak and without a reset that takes as much as a current can bring, it grows for
//! ever: the membrane is unbounded and its saturation is part of the behaviour.

use serde::Serialize;
use weights::neuron::{LastStep, Leak, NeuronRule, Quantise, Reset, SpikeRange, State, Threshold};
use weights::numeric::round_shift;

/// Steps after which a membrane that still grows counts as unbounded.
const STEPS_MAX: u32 = 1 << 20;

/// Magnitudes beyond this are unbounded: no membrane is that wide, and i64 stays exact below it.
const MAGNITUDE_MAX: i64 = 1 << 60;

/// The smallest and the largest threshold of a layer, in the unit of the currents; positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ThresholdRange {
    /// Smallest.
    pub min: i64,
    /// Largest.
    pub max: i64,
}

impl ThresholdRange {
    /// The threshold of a rule that fixes it, or nothing where thresholds are per channel.
    pub const fn of_rule(rule: &NeuronRule) -> Option<Self> {
        match rule.threshold {
            Threshold::PowerOfTwo(n) => Some(ThresholdRange { min: 1 << n, max: 1 << n }),
            Threshold::PerChannel => None,
        }
    }

    /// The range of the channels' thresholds, or nothing if there are none.
    pub fn of_channels(thresholds: &[i64]) -> Option<Self> {
        let (min, max) = (thresholds.iter().min()?, thresholds.iter().max()?);
        Some(ThresholdRange { min: *min, max: *max })
    }
}

/// What a membrane can reach, before and after the reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MembraneBound {
    /// It stays between these values.
    Bounded {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// It can grow with every token, or beyond 60 bits.
    Unbounded,
}

impl MembraneBound {
    /// Whether the membranes of a rule hold it, so that they never saturate.
    pub fn fits(&self, rule: &NeuronRule) -> bool {
        let (lowest, highest) = rule.membrane_range();
        match *self {
            MembraneBound::Bounded { min, max } => lowest <= min && max <= highest,
            MembraneBound::Unbounded => false,
        }
    }

    /// The narrowest membrane that never saturates, in bits, or nothing if there is none.
    pub fn required_width(&self) -> Option<u32> {
        match *self {
            MembraneBound::Bounded { min, max } => {
                let bits = |value: i64| i64::BITS - (value ^ (value >> 63)).leading_zeros() + 1;
                Some(bits(min).max(bits(max)))
            }
            MembraneBound::Unbounded => None,
        }
    }
}

/// Bounds the membranes of a rule that receive currents up to `current_max` in magnitude.
///
/// `steps` is the count of steps of a token. The bound is one of exact arithmetic: if it fits the
/// membrane's width, no saturation ever happens and the hardware computes exact values too. It may
/// be wider than what can really occur, never narrower.
///
/// # Panics
/// If the thresholds are not positive, or the smallest is above the largest.
pub fn membrane_bound(
    rule: &NeuronRule,
    thresholds: ThresholdRange,
    current_max: u64,
    steps: u32,
) -> MembraneBound {
    let ThresholdRange { min, max } = thresholds;
    assert!(1 <= min && min <= max, "thresholds {min}..={max} must be positive and in order");
    // The last step may multiply the membrane by any spike: no interval worth having is left.
    if rule.reset == Reset::SpikelmCode && rule.last_step == LastStep::Remainder {
        return MembraneBound::Unbounded;
    }
    let current = i64::try_from(current_max).unwrap_or(i64::MAX);
    let step_limit = match rule.state {
        State::PerStep => steps.min(STEPS_MAX),
        State::PerToken => STEPS_MAX,
    };
    let mut hull = Interval { min: 0, max: 0 };
    let mut membrane = hull;
    for _ in 0..step_limit {
        let Some(v) = membrane.leak(rule.leak).widen(current) else {
            return MembraneBound::Unbounded;
        };
        let after = v.reset(rule, thresholds);
        hull = hull.hull(v).hull(after);
        // Intervals are kept growing: a step that starts from a smaller one stays inside, so the
        // first step that adds nothing ends the search.
        let next = membrane.hull(after);
        if next == membrane {
            return hull.bounded();
        }
        membrane = next;
    }
    match rule.state == State::PerStep && steps <= STEPS_MAX {
        true => hull.bounded(),
        false => MembraneBound::Unbounded,
    }
}

/// All integers from `min` to `max`; always holds 0, the membrane after clearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Interval {
    min: i64,
    max: i64,
}

impl Interval {
    fn leak(self, leak: Leak) -> Self {
        let leaked = |u: i64| match leak {
            Leak::None => u,
            Leak::Shift(k) => round_shift(u, k),
            Leak::Decay(k) => u - round_shift(u, k),
        };
        Interval { min: leaked(self.min), max: leaked(self.max) }
    }

    /// Adds a current; nothing if the sum leaves the range in which this arithmetic is exact.
    fn widen(self, current: i64) -> Option<Self> {
        let min = self.min.checked_sub(current).filter(|&min| min >= -MAGNITUDE_MAX)?;
        let max = self.max.checked_add(current).filter(|&max| max <= MAGNITUDE_MAX)?;
        Some(Interval { min, max })
    }

    fn hull(self, other: Self) -> Self {
        Interval { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    fn bounded(self) -> MembraneBound {
        MembraneBound::Bounded { min: self.min, max: self.max }
    }

    /// What a spike can leave of a v in this interval, by the table of this module.
    fn reset(self, rule: &NeuronRule, thresholds: ThresholdRange) -> Self {
        let remainder = remainder(rule.quantise, thresholds.max);
        match rule.reset {
            Reset::Soft => self.soft(rule, thresholds.min).hull(remainder),
            Reset::Hard => {
                // Only a v that emits no spike is left: it is within the range, or below a range
                // that starts at 0.
                let below = match rule.range {
                    SpikeRange::Unsigned(_) => self.min,
                    SpikeRange::Signed(_) | SpikeRange::Unbounded => 0,
                };
                Interval { min: below.min(remainder.min), max: remainder.max }
            }
            Reset::SpikelmCode => {
                let doubled = Interval { min: self.min.saturating_mul(2), max: 0 };
                doubled.hull(remainder)
            }
        }
        .clip_to_reachable(self, rule)
    }

    /// A v beyond the spike range keeps what the largest spike could not take.
    fn soft(self, rule: &NeuronRule, threshold: i64) -> Self {
        let (spike_min, spike_max) = match rule.range {
            SpikeRange::Unbounded => return Interval { min: 0, max: 0 },
            SpikeRange::Unsigned(_) | SpikeRange::Signed(_) => rule.spike_range(),
        };
        let max = self.max.saturating_sub(threshold.saturating_mul(spike_max)).max(0);
        let min = self.min.saturating_sub(threshold.saturating_mul(spike_min)).min(0);
        Interval { min, max }
    }

    /// With spikes of 0 and above and θ > 0, a reset never raises a positive v, so a small current
    /// need not pay for a large threshold. Rounding to nearest may still leave −θ/2.
    fn clip_to_reachable(self, v: Self, rule: &NeuronRule) -> Self {
        let raises_nothing = matches!(rule.range, SpikeRange::Unsigned(_))
            && rule.last_step == LastStep::Same
            && rule.reset != Reset::SpikelmCode;
        match raises_nothing {
            true => Interval { min: self.min, max: self.max.min(v.max) },
            false => self,
        }
    }
}

/// What is left of a v within the spike range after its spike is subtracted.
fn remainder(quantise: Quantise, threshold: i64) -> Interval {
    match quantise {
        Quantise::Floor => Interval { min: 0, max: threshold - 1 },
        Quantise::NearestEven => Interval { min: -(threshold / 2), max: threshold / 2 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::neuron::presets;
    use weights::numeric::{neuron_step, threshold};

    const WIDE: u32 = 40;

    fn rules() -> Vec<NeuronRule> {
        let mut rules = vec![
            presets::spikellm(2, WIDE),
            presets::spikelm_paper(3, WIDE),
            presets::spikelm_code(3, 4, WIDE),
            presets::spikegpt(2, WIDE),
            presets::spikingbert(Leak::None, WIDE),
            presets::spikingbert(Leak::Decay(3), WIDE),
            presets::int2spike(Threshold::PerChannel, WIDE),
        ];
        for quantise in [Quantise::Floor, Quantise::NearestEven] {
            for range in [SpikeRange::Unsigned(2), SpikeRange::Signed(2), SpikeRange::Unbounded] {
                for reset in [Reset::Soft, Reset::Hard] {
                    rules.push(NeuronRule { quantise, range, reset, ..rules[1] });
                }
            }
        }
        rules
    }

    /// Every membrane that all sequences of extreme and small currents reach stays in the bound.
    #[test]
    fn no_sequence_leaves_the_bound() {
        const STEPS: u32 = 6;
        for rule in rules() {
            for (current_max, theta) in [(1u64, 5i64), (9, 5), (40, 8), (3, 1)] {
                let rule = NeuronRule { state: State::PerStep, ..rule };
                let theta = threshold(&rule, theta);
                let range = ThresholdRange { min: theta, max: theta };
                let bound = membrane_bound(&rule, range, current_max, STEPS);
                let MembraneBound::Bounded { min, max } = bound else { panic!("{rule:?}") };
                let top = current_max as i64;
                let currents = [-top, -1, top / 2, top];
                for sequence in 0..currents.len().pow(STEPS) {
                    let (mut u, mut rest) = (0, sequence);
                    for step in 0..STEPS {
                        let current = currents[rest % currents.len()];
                        rest /= currents.len();
                        let result = neuron_step(&rule, theta, u, current, step + 1 == STEPS);
                        assert!(!result.saturated);
                        u = result.membrane;
                        assert!((min..=max).contains(&u), "{rule:?} {current_max}: {u} {bound:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn integrators_over_tokens_are_unbounded_and_leaks_bound_them() {
        let range = ThresholdRange { min: 16, max: 16 };
        let integrate =
            NeuronRule { state: State::PerToken, ..presets::spikingbert(Leak::None, 20) };
        assert_eq!(membrane_bound(&integrate, range, 100, 4), MembraneBound::Unbounded);
        // Below zero nothing fires and half stays: u = round(u/2) - 100 ends at -199. Above, a spike
        // leaves at most 15 of the threshold 16, and round(15/2) + 100 = 108.
        let leaky = presets::spikegpt(3, 20);
        let bound = membrane_bound(&leaky, range, 100, 1);
        assert_eq!(bound, MembraneBound::Bounded { min: -199, max: 108 });
        assert_eq!(bound.required_width(), Some(9));
        assert!(bound.fits(&leaky));
    }

    #[test]
    fn a_reset_that_takes_more_than_a_current_brings_bounds_too() {
        let rule = NeuronRule {
            range: SpikeRange::Signed(3),
            reset: Reset::Soft,
            leak: Leak::None,
            state: State::PerToken,
            ..presets::spikelm_paper(4, 20)
        };
        let range = ThresholdRange::of_rule(&rule).unwrap();
        let bound = membrane_bound(&rule, range, 100, 1);
        assert_eq!(bound, MembraneBound::Bounded { min: -108, max: 108 });
        assert_eq!(membrane_bound(&rule, range, 113, 1), MembraneBound::Unbounded);
    }

    #[test]
    fn widths_and_ranges() {
        let width = |min, max| MembraneBound::Bounded { min, max }.required_width();
        assert_eq!(width(-128, 127), Some(8));
        assert_eq!(width(-129, 0), Some(9));
        assert_eq!(width(0, 0), Some(1));
        assert_eq!(ThresholdRange::of_channels(&[]), None);
        let range = ThresholdRange::of_channels(&[7, 3, 9]);
        assert_eq!(range, Some(ThresholdRange { min: 3, max: 9 }));
    }
}
