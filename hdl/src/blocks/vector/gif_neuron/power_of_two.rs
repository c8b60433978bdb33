//! Quantiser and reset for a threshold of 2^n: dividing is dropping n bits.

use super::integer_threshold::spikelm_reset;
use super::{Fired, GifNeuron, Integrated};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use weights::neuron::{LastStep, Quantise, Reset, SpikeRange};

pub(super) fn fire<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    n: u32,
    advance: Signal<'m>,
    input: Integrated<'m>,
) -> Fired<'m> {
    b.stage("quantise and clamp.");
    let quotient = quotient(b, neuron.rule.quantise, n, input.v);
    let spike = clamp(b, neuron, quotient, input.last);
    let held = b.delay("held_q", advance, input.v);
    let spike_q = b.delay("clamped_q", advance, spike);
    let saturated = input.saturated.map(|signal| b.delay("clamp_saturated_q", advance, signal));

    b.stage("reset.");
    let (membrane, reset_saturated) = reset(b, neuron, n, held, spike_q);
    let saturated = match (saturated, reset_saturated) {
        (Some(before), Some(now)) => Some(before | now),
        (before, now) => before.or(now),
    };
    Fired {
        spike: b.delay("spike_q", advance, spike_q),
        membrane: b.delay("membrane_q", advance, membrane),
        saturated: saturated.map(|signal| b.delay("saturated_q", advance, signal)),
    }
}

/// v / 2^n, rounded by the rule, as wide as v.
fn quotient<'m>(b: &'m Builder, quantise: Quantise, n: u32, v: Signal<'m>) -> Signal<'m> {
    if n == 0 {
        return v;
    }
    let floor = v.shift_right(n);
    if quantise == Quantise::Floor {
        return b.wire("quotient", floor);
    }
    b.comment("To nearest: up above one half; at exactly one half up only to an even quotient.");
    let odd = v.bit(n);
    let beyond_half = if n > 1 { v.bits(0, n - 1).any() | odd } else { odd };
    let up = b.wire("round_up", v.bit(n - 1) & beyond_half);
    let one = b.wire("increment", up.extend(v.width()).as_sint());
    b.wire("quotient", floor + one)
}

/// The quotient within the rule's range, as wide as a spike.
fn clamp<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    quotient: Signal<'m>,
    last: Option<Signal<'m>>,
) -> Signal<'m> {
    let rule = &neuron.rule;
    if rule.range == SpikeRange::Unbounded {
        return quotient;
    }
    let (min, max) = rule.spike_range();
    let (min, max) = (quotient.same(min.into()), quotient.same(max.into()));
    let above = b.wire("above_range", max.lt(quotient));
    let below = b.wire("below_range", quotient.lt(min));
    let clamped = above.select(max, below.select(min, quotient));
    let clamped = b.wire("clamped", clamped);
    match (rule.last_step, last) {
        (LastStep::Remainder, Some(last)) => {
            b.comment("The last step emits all that is left, beyond the range.");
            b.wire("spike", last.select(quotient, clamped))
        }
        _ => {
            let width = rule.spike_width();
            if clamped.width() > width {
                let sign_copies = clamped.bits(width, clamped.width() - width);
                b.unused(
                    "sign_copies",
                    sign_copies,
                    "The range fits a spike; these copy its sign.",
                );
            }
            b.wire("spike", clamped.truncate(width))
        }
    }
}

/// The membrane after the spike, and whether it had to be clamped.
fn reset<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    n: u32,
    v: Signal<'m>,
    spike: Signal<'m>,
) -> (Signal<'m>, Option<Signal<'m>>) {
    let width = v.width();
    match neuron.rule.reset {
        Reset::Hard => (b.wire("remaining", spike.any().select(v.same(0), v)), None),
        Reset::Soft => {
            let taken = b.wire("taken", spike.extend(width));
            (b.wire("remaining", v - taken.shift_left(n)), None)
        }
        Reset::SpikelmCode => spikelm_reset(b, neuron, v, spike),
    }
}
