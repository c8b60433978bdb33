//! The fourth stage: a generalised integrate-and-fire neuron, its membrane in the state memory.
//!
//! ```text
//! v = leak · u + i ;   s = clamp(quantise(v / θ)) ;   u' = reset(v, s)
//! ```

use super::{choices, limit};
use crate::numeric::{divide_nearest_even, round_shift};
use serde::Serialize;

/// Fraction bits of a leak: a leak of 1 is `2^16`.
pub const LEAK_FRACTION: u32 = 16;
/// Bits of a leak: below 4.
pub const LEAK_WIDTH: u32 = 18;

/// How `v / θ` becomes an integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantiser {
    /// Towards minus infinity: has it reached the threshold.
    #[default]
    Floor,
    /// To nearest, ties to even.
    NearestEven,
}

choices!(Quantiser { Floor = "floor", NearestEven = "nearest_even" });

/// Which spikes there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikeLevels {
    /// 0 and 1.
    #[default]
    Binary,
    /// −1, 0 and 1.
    Ternary,
    /// `0..=2^bits − 1`, for a threshold that is a power of two.
    Unsigned,
    /// `−(2^bits − 1)..=2^bits − 1`, for a threshold that is a power of two.
    Signed,
    /// Every count, for a threshold that is a power of two.
    Unbounded,
}

choices!(SpikeLevels {
    Binary = "binary",
    Ternary = "ternary",
    Unsigned = "unsigned",
    Signed = "signed",
    Unbounded = "unbounded",
});

/// What a spike takes from the membrane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleReset {
    /// `v − θ · s`.
    #[default]
    Soft,
    /// Everything: `s = 0 ? v : 0`.
    Hard,
    /// As SpikeLM's released code: `v · (1 − s)`, so that a spike of −1 doubles it; ternary only.
    SpikelmCode,
}

choices!(RuleReset { Soft = "soft", Hard = "hard", SpikelmCode = "spikelm_code" });

/// Where the threshold comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Theta {
    /// The number of the instruction.
    #[default]
    Constant,
    /// `2^n` with the number of the instruction as n.
    PowerOfTwo,
    /// Operand c: a number a channel.
    Channel,
}

choices!(Theta { Constant = "constant", PowerOfTwo = "power_of_two", Channel = "channel" });

/// A rule. Membrane, current and threshold are integers of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Factor of the membrane, times 2^16; below 4.
    pub leak: u32,
    /// Rounding of `v / θ`.
    pub quantiser: Quantiser,
    /// The spikes.
    pub levels: SpikeLevels,
    /// Bits of the levels, where they have some.
    pub bits: u32,
    /// The reset.
    pub reset: RuleReset,
    /// The form of the threshold.
    pub theta: Theta,
    /// θ, or its exponent.
    pub threshold: u32,
    /// Whether all that is left is emitted, beyond the levels: the last step of SpikeLLM's neuron.
    pub remainder: bool,
}

/// What one step yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpikeStep {
    /// The spike.
    pub spike: i64,
    /// The membrane after the reset.
    pub membrane: i64,
}

impl Rule {
    /// Whether the hardware has the rule: a threshold that is no power of two is compared with, not
    /// divided by, so its spikes are binary (floor) or ternary (to nearest). The reset of SpikeLM's
    /// code goes with ternary spikes alone, a remainder excluded: the membrane is not multiplied.
    pub fn is_executable(&self) -> bool {
        let compared = match self.levels {
            SpikeLevels::Binary => self.quantiser == Quantiser::Floor,
            SpikeLevels::Ternary => self.quantiser == Quantiser::NearestEven,
            _ => false,
        };
        let ternary = self.levels == SpikeLevels::Ternary && !self.remainder;
        let code = self.reset != RuleReset::SpikelmCode || ternary;
        let divided = self.theta == Theta::PowerOfTwo;
        (divided || (compared && !self.remainder)) && code && self.leak < 1 << LEAK_WIDTH
    }

    /// The threshold, where operand c is `channel`.
    #[inline]
    pub fn theta(&self, channel: i64) -> i64 {
        match self.theta {
            Theta::Constant => i64::from(self.threshold),
            Theta::PowerOfTwo => 1 << self.threshold,
            Theta::Channel => channel,
        }
    }

    /// One step of a neuron with membrane `u`; membranes saturate in `width` bits. `theta` is
    /// positive.
    #[inline]
    pub fn step(
        &self,
        theta: i64,
        u: i64,
        current: i64,
        width: u32,
        saturations: &mut u32,
    ) -> SpikeStep {
        debug_assert!(theta > 0);
        let leaked = round_shift(u * i64::from(self.leak), LEAK_FRACTION);
        let v = limit(leaked + current, width, saturations);
        let quotient = match self.quantiser {
            Quantiser::Floor => v.div_euclid(theta),
            Quantiser::NearestEven => divide_nearest_even(v, theta),
        };
        let top = (1i64 << self.bits) - 1;
        let spike = match self.levels {
            _ if self.remainder => quotient,
            SpikeLevels::Binary => quotient.clamp(0, 1),
            SpikeLevels::Ternary => quotient.clamp(-1, 1),
            SpikeLevels::Unsigned => quotient.clamp(0, top),
            SpikeLevels::Signed => quotient.clamp(-top, top),
            SpikeLevels::Unbounded => quotient,
        };
        let rest = match self.reset {
            RuleReset::Soft => v - theta * spike,
            RuleReset::Hard => i64::from(spike == 0) * v,
            RuleReset::SpikelmCode => v * (1 - spike),
        };
        SpikeStep { spike, membrane: limit(rest, width, saturations) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: u32 = 1 << LEAK_FRACTION;

    #[test]
    fn a_membrane_at_the_threshold_fires() {
        let rule =
            Rule { leak: ONE / 2, threshold: 100, reset: RuleReset::Hard, ..Rule::default() };
        let step = |u, current| rule.step(100, u, current, 24, &mut 0);
        assert_eq!(step(100, 50), SpikeStep { spike: 1, membrane: 0 });
        assert_eq!(step(100, 49), SpikeStep { spike: 0, membrane: 99 });
        assert!(rule.is_executable());
    }

    #[test]
    fn half_a_threshold_is_no_ternary_spike() {
        let rule = Rule {
            leak: ONE,
            quantiser: Quantiser::NearestEven,
            levels: SpikeLevels::Ternary,
            reset: RuleReset::SpikelmCode,
            ..Rule::default()
        };
        let spike = |v| rule.step(10, 0, v, 24, &mut 0);
        assert_eq!([-6, -5, 5, 6].map(|v| spike(v).spike), [-1, 0, 0, 1]);
        assert_eq!([-6, -5, 5, 6].map(|v| spike(v).membrane), [-12, -5, 5, 0]);
    }

    #[test]
    fn the_last_step_emits_the_remainder() {
        let rule = Rule {
            leak: ONE,
            levels: SpikeLevels::Unsigned,
            bits: 4,
            theta: Theta::PowerOfTwo,
            ..Rule::default()
        };
        let first = rule.step(1, 0, 31, 24, &mut 0);
        assert_eq!(first, SpikeStep { spike: 15, membrane: 16 });
        let last = Rule { remainder: true, ..rule }.step(1, first.membrane, 0, 24, &mut 0);
        assert_eq!(last, SpikeStep { spike: 16, membrane: 0 });
        let compared = Rule { theta: Theta::Constant, ..rule };
        assert!(rule.is_executable() && !compared.is_executable());
    }
}
