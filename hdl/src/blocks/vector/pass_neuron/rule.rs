//! The rule of a neuron: integrate, fire, and what a spike takes.

use super::{CURRENT_CYCLES, EXPONENT_MAX, MULTIPLES, PassNeuron, THETA_CYCLES};
use crate::blocks::vector::choice::Chosen;
use crate::blocks::vector::delay_line::delayed;
use crate::blocks::vector::limit::{Limited, limit, signed};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{Pass, Quantiser, RuleReset, SpikeLevels, Theta};
use weights::numeric::pass::{LEAK_FRACTION, LEAK_WIDTH};

/// Bits of an exponent.
const EXPONENT_WIDTH: u32 = 5;

/// The choices of a rule, in the cycle of v.
pub(super) struct Rules<'m> {
    pub(super) spiking: Signal<'m>,
    quantiser: Chosen<'m, Quantiser>,
    levels: Chosen<'m, SpikeLevels>,
    reset: Chosen<'m, RuleReset>,
    /// The threshold; for multiples its exponent alone is looked at.
    theta: Option<Signal<'m>>,
    exponent: Option<Signal<'m>>,
    /// Largest level, where some rule has one.
    top: Option<Signal<'m>>,
    /// All that is left is emitted, where some rule does that.
    remainder: Option<Signal<'m>>,
}

/// A spike, and whether it was found as a multiple where both can be.
pub(super) struct Spike<'m> {
    pub(super) value: Signal<'m>,
    multiple: Option<Signal<'m>>,
}

impl PassNeuron {
    /// Three cycles: the leak, and the current on top of it.
    pub(super) fn integrate<'m>(
        &self,
        b: &'m Builder,
        current: Signal<'m>,
    ) -> (Limited<'m>, Rules<'m>) {
        let now = b.flag(true);
        let width = self.value_width;
        let inputs = self.inputs(b);
        b.port_group("Its membrane.");
        let membrane = b.input("membrane_i", sint(width), "membrane before the step");
        let leak = b.input("leak_i", uint(LEAK_WIDTH), "its leak, times 2^16");
        b.stage("the membrane times the leak.");
        let leak = signed(b, "leak", leak);
        let product_width = width + leak.width();
        let product = membrane.extend(product_width) * leak.extend(product_width);
        let product = b.delay("product_q", now, product);
        b.stage("what is left of it.");
        let half = product.same(1 << (LEAK_FRACTION - 1));
        let rounded = b.wire("rounded", product + half);
        b.unused("rounded", rounded.bits(0, LEAK_FRACTION), "Rounded away.");
        let left = rounded.bits(LEAK_FRACTION, product_width - LEAK_FRACTION).as_sint();
        let left = b.delay("left_q", now, left);
        b.stage("the current on top of that, saturated.");
        debug_assert_eq!(b.latency(), CURRENT_CYCLES + 1);
        let sum_width = left.width() + 1;
        let v = limit(b, "v", left.extend(sum_width) + current.extend(sum_width), width);
        let v_value = b.delay("v_q", now, v.value);
        let saturated = b.delay("v_saturated_q", now, v.saturated);
        let rules = self.rules(b, inputs);
        (Limited { value: v_value, saturated }, rules)
    }

    /// The fields of the rule, with the membrane.
    fn inputs<'m>(&self, b: &'m Builder) -> Rules<'m> {
        let choices = &self.choices;
        b.port_group("The rule, in the cycle of the membrane.");
        let flag = |name: &str, meaning: &str| b.input(name, uint(1), meaning);
        let spiking = flag("spiking_i", "there is one");
        let quantiser = Chosen::input(b, "quantiser", &choices.quantisers, "how v / θ is rounded");
        let levels = Chosen::input(b, "levels", &choices.levels, "which spikes there are");
        let reset = Chosen::input(b, "reset", &choices.resets, "what a spike takes");
        let bounded = [SpikeLevels::Unsigned, SpikeLevels::Signed];
        let top = levels.makes(&bounded).then(|| {
            let bits = uint(Pass::FORMAT.field("level_bits").width);
            let bits = b.input("level_bits_i", bits, "bits of their levels");
            let above = b.literal(1, uint(self.value_width)).shift_left_by(bits);
            (above - 1).as_sint()
        });
        let remainder = (choices.remainders && (self.has_compared() || top.is_some()))
            .then(|| flag("remainder_i", "all that is left is emitted"));
        let theta = Chosen::input(b, "theta", &choices.thetas, "the form of the threshold");
        let threshold = theta.makes(&[Theta::Constant, Theta::PowerOfTwo]).then(|| {
            let width = Pass::FORMAT.field("threshold").width;
            b.input("threshold_i", uint(width), "the threshold, or its exponent")
        });
        let exponent = theta.makes(&[Theta::PowerOfTwo]).then(|| {
            let threshold = threshold.unwrap_or_else(|| unreachable!("it has an exponent"));
            if theta.makes_only(&[Theta::PowerOfTwo, Theta::Channel]) {
                let above = threshold.bits(EXPONENT_WIDTH, threshold.width() - EXPONENT_WIDTH);
                b.unused("threshold", above, "An exponent has five bits.");
            }
            threshold.bits(0, EXPONENT_WIDTH)
        });
        let theta = self.has_compared().then(|| self.theta(b, &theta, threshold, exponent));
        Rules { spiking, quantiser, levels, reset, theta, exponent, top, remainder }
    }

    /// The threshold in the cycle of v.
    fn theta<'m>(
        &self,
        b: &'m Builder,
        theta: &Chosen<'m, Theta>,
        threshold: Option<Signal<'m>>,
        exponent: Option<Signal<'m>>,
    ) -> Signal<'m> {
        let width = self.theta_width();
        let constant = || match threshold {
            Some(threshold) => threshold.extend(width).as_sint(),
            None => unreachable!("a constant threshold is in the instruction"),
        };
        let power = || match exponent {
            Some(exponent) => b.literal(1, uint(width)).shift_left_by(exponent).as_sint(),
            None => unreachable!("an exponent is in the instruction"),
        };
        let late = theta.later("late", THETA_CYCLES);
        let channel = || {
            let meaning = "threshold, 3 cycles after the membrane";
            b.input("channel_i", sint(self.value_width), meaning).extend(width)
        };
        let fixed = theta.makes(&[Theta::Constant, Theta::PowerOfTwo]).then(|| {
            let [constants, powers] =
                [Theta::Constant, Theta::PowerOfTwo].map(|form| theta.makes(&[form]));
            let fixed = match (constants, powers) {
                (true, true) => theta.is(&[Theta::PowerOfTwo]).select(power(), constant()),
                (true, false) => constant(),
                (false, _) => power(),
            };
            delayed(b, "fixed_theta", b.wire("fixed_theta", fixed), THETA_CYCLES)
        });
        let chosen = late.pick(&[
            (&[Theta::Channel], &channel),
            (&[Theta::Constant, Theta::PowerOfTwo], &|| {
                fixed.unwrap_or_else(|| unreachable!("it is in the instruction"))
            }),
        ]);
        b.wire("chosen_theta", chosen)
    }

    /// The fields in the cycle of v.
    fn rules<'m>(&self, b: &'m Builder, inputs: Rules<'m>) -> Rules<'m> {
        let wait = |name: &str, signal: Signal<'m>| delayed(b, name, signal, THETA_CYCLES);
        Rules {
            spiking: wait("spiking", inputs.spiking),
            quantiser: inputs.quantiser.later("late", THETA_CYCLES),
            levels: inputs.levels.later("late", THETA_CYCLES),
            reset: inputs.reset.later("late", THETA_CYCLES),
            theta: inputs.theta,
            exponent: inputs
                .exponent
                .filter(|_| self.has_multiples())
                .map(|exponent| wait("exponent", exponent)),
            top: inputs.top.map(|top| wait("top", top)),
            remainder: inputs.remainder.map(|remainder| wait("remainder", remainder)),
        }
    }

    /// Two cycles: the spike that v gives.
    pub(super) fn fire<'m>(&self, b: &'m Builder, rules: &Rules<'m>, v: Signal<'m>) -> Spike<'m> {
        b.stage("v against the threshold.");
        let next = |name: &str, code| delayed(b, name, code, 1);
        let levels = rules.levels.later("rounding", 1);
        let compared = self.has_compared().then(|| self.compare(b, rules, v));
        let multiple = self.has_multiples().then(|| self.divide(b, rules, v));
        b.stage("the spike.");
        let remainder = rules.remainder.map(|remainder| next("remainder_rounding", remainder));
        let multiple = multiple.map(|quotient| self.clamp(b, rules, &levels, remainder, quotient));
        let spike = match (compared, multiple) {
            (Some(compared), None) => (compared, None),
            (None, Some(multiple)) => (multiple, None),
            (Some(compared), Some(multiple)) => {
                let of_levels = levels.is(&MULTIPLES);
                let chosen = remainder.map_or(of_levels, |remainder| of_levels | remainder);
                let chosen = b.wire("is_multiple", chosen);
                let asked = rules.reset.makes(&[RuleReset::Soft]);
                let kept = asked.then(|| b.delay("multiple_q", b.flag(true), chosen));
                (chosen.select(multiple, compared), kept)
            }
            (None, None) => unreachable!("a rule has levels"),
        };
        Spike { value: b.delay("spike_q", b.flag(true), spike.0), multiple: spike.1 }
    }

    /// Binary and ternary spikes: which side of θ, or of half of it, v is on; a cycle later.
    fn compare<'m>(&self, b: &'m Builder, rules: &Rules<'m>, v: Signal<'m>) -> Signal<'m> {
        let now = b.flag(true);
        let Some(theta) = rules.theta else { unreachable!("it is compared with") };
        let width = theta.width() + 1;
        let wide_theta = theta.extend(width);
        let twice = rules
            .quantiser
            .makes(&[Quantiser::NearestEven])
            .then(|| b.wire("twice_v", b.concat(&[v, b.flag(false)]).as_sint()).extend(width));
        let twice = || twice.unwrap_or_else(|| unreachable!("it is rounded to nearest"));
        let reaches = || theta.le(v.extend(theta.width()));
        let up = rules.quantiser.pick(&[
            (&[Quantiser::NearestEven], &|| wide_theta.lt(twice())),
            (&[Quantiser::Floor], &reaches),
        ]);
        let up = b.delay("up_q", now, up);
        if !rules.levels.makes(&[SpikeLevels::Ternary]) {
            let zeros = b.literal(0, uint(self.value_width - 1));
            return b.concat(&[zeros, up]).as_sint();
        }
        let below_half = || {
            let sum = b.wire("twice_v_and_theta", wide_theta + twice());
            b.unused("twice_v_and_theta", sum.bits(0, width - 1), "Its sign is enough.");
            sum.top_bit()
        };
        let down = rules.quantiser.pick(&[
            (&[Quantiser::NearestEven], &below_half),
            (&[Quantiser::Floor], &|| v.top_bit()),
        ]);
        let down = match rules.levels.makes_only(&[SpikeLevels::Ternary]) {
            true => down,
            false => down & rules.levels.is(&[SpikeLevels::Ternary]),
        };
        let down = b.delay("down_q", now, down);
        b.concat(&[down.repeat(self.value_width - 1), up | down]).as_sint()
    }

    /// `v / 2^n`: rounded down, and in the highest bit of the rest whether one more is nearer.
    fn divide<'m>(&self, b: &'m Builder, rules: &Rules<'m>, v: Signal<'m>) -> Signal<'m> {
        let now = b.flag(true);
        let Some(exponent) = rules.exponent else { unreachable!("a multiple has an exponent") };
        let wide = b.concat(&[v, b.literal(0, uint(EXPONENT_MAX))]).as_sint();
        let wide = b.wire("wide_v", wide);
        let quotient = b.delay("quotient_q", now, wide.shift_right_by(exponent));
        let floor = quotient.bits(EXPONENT_MAX, self.value_width).as_sint();
        let nearest_up = || {
            let half = quotient.bit(EXPONENT_MAX - 1);
            let odd = quotient.bit(EXPONENT_MAX);
            half & (odd | quotient.bits(0, EXPONENT_MAX - 1).any())
        };
        if rules.quantiser.makes_only(&[Quantiser::Floor]) {
            b.unused("rest_of_v", quotient.bits(0, EXPONENT_MAX), "Rounded down.");
            return b.wire("multiple", floor);
        }
        let quantiser = rules.quantiser.later("rounding", 1);
        let up = quantiser.pick(&[
            (&[Quantiser::NearestEven], &nearest_up),
            (&[Quantiser::Floor], &|| b.flag(false)),
        ]);
        let up = b.wire("rounds_up", up);
        b.wire("multiple", floor + up.extend(self.value_width).as_sint())
    }

    /// The quotient within the levels.
    fn clamp<'m>(
        &self,
        b: &'m Builder,
        rules: &Rules<'m>,
        levels: &Chosen<'m, SpikeLevels>,
        remainder: Option<Signal<'m>>,
        quotient: Signal<'m>,
    ) -> Signal<'m> {
        let Some(top) = rules.top else { return quotient };
        let top = b.delay("top_level_q", b.flag(true), top);
        let mut bounded = levels.is(&[SpikeLevels::Unsigned, SpikeLevels::Signed]);
        if let Some(remainder) = remainder {
            bounded = bounded & !remainder;
        }
        let bounded = b.wire("bounded", bounded);
        let lowest = levels.pick(&[
            (&[SpikeLevels::Signed], &|| top.negate()),
            (&[SpikeLevels::Unsigned], &|| top.same(0)),
        ]);
        let lowest = b.wire("lowest_level", lowest);
        let above = bounded & top.lt(quotient);
        let below = bounded & quotient.lt(lowest);
        above.select(top, below.select(lowest, quotient))
    }

    /// What a spike takes from the membrane, a cycle after it.
    pub(super) fn taken<'m>(
        &self,
        b: &'m Builder,
        rules: &Rules<'m>,
        v: Signal<'m>,
        spike: &Spike<'m>,
    ) -> Signal<'m> {
        let width = self.theta_width();
        let some = spike.value.any();
        let wait = |name: &str, signal| delayed(b, name, signal, 2);
        let multiple = || match rules.exponent {
            Some(exponent) => {
                let exponent = wait("exponent_taking", exponent);
                b.wire("wide_spike", spike.value.extend(width)).shift_left_by(exponent)
            }
            None => unreachable!("a multiple has an exponent"),
        };
        let compared = || match rules.theta {
            Some(theta) => {
                let theta = wait("theta_taking", theta);
                let signed = spike.value.top_bit().select(theta.negate(), theta);
                some.select(signed, theta.same(0))
            }
            None => unreachable!("it was compared with"),
        };
        let soft = || match (self.has_compared(), spike.multiple) {
            (true, Some(is_multiple)) => is_multiple.select(multiple(), compared()),
            (true, None) => compared(),
            (false, _) => multiple(),
        };
        let wide_v = || b.wire("v_taking", v.extend(width));
        let hard = || some.select(v.extend(width), b.literal(0, sint(width)));
        let code = || {
            let v = wide_v();
            let signed = spike.value.top_bit().select(v.negate(), v);
            some.select(signed, v.same(0))
        };
        let reset = rules.reset.later("taking", 2);
        let taken = reset.pick(&[
            (&[RuleReset::Hard], &hard),
            (&[RuleReset::SpikelmCode], &code),
            (&[RuleReset::Soft], &soft),
        ]);
        b.delay("taken_q", b.flag(true), taken)
    }
}
