//! Quantiser and reset for a threshold per channel: restoring division, one bit a stage.
//!
//! A quotient of B bits stops at 2^B − 1 by itself, so the range needs no comparison of its own,
//! and the remainder is what a soft reset leaves.

use super::{Fired, GifNeuron, Integrated, saturate};
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use weights::neuron::{Quantise, Reset, SpikeRange};

/// A division on its way through the stages.
#[derive(Clone, Copy)]
struct Division<'m> {
    /// What is left to divide, signed; a magnitude if the range is signed.
    remainder: Signal<'m>,
    /// The divisor, unsigned.
    threshold: Signal<'m>,
    /// Quotient bits so far, most significant first.
    quotient: Option<Signal<'m>>,
    /// Sign of v; only if the range is signed.
    negative: Option<Signal<'m>>,
    /// v itself; only for the reset that doubles it.
    v: Option<Signal<'m>>,
    saturated: Option<Signal<'m>>,
}

pub(super) fn fire<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    advance: Signal<'m>,
    input: Integrated<'m>,
) -> Fired<'m> {
    let rule = &neuron.rule;
    let (bits, signed) = match rule.range {
        SpikeRange::Unsigned(bits) => (bits, false),
        SpikeRange::Signed(bits) => (bits, true),
        SpikeRange::Unbounded => (rule.membrane_width, true),
    };
    let mut division = start(b, neuron, signed, advance, input);
    let rounds = signed || rule.quantise == Quantise::NearestEven;
    for bit in (0..bits).rev() {
        b.stage(&format!("quotient bit {bit}."));
        let next = divide_step(b, division, bit);
        if bit == 0 && !rounds {
            return finish_unrounded(b, neuron, advance, next);
        }
        division = hold(b, &format!("_{bit}"), advance, next);
    }
    b.stage("round.");
    let rounded = round(b, neuron, division);
    let rounded = hold(b, "_rounded", advance, rounded);
    b.stage("sign and reset.");
    finish(b, neuron, advance, rounded)
}

/// Registers a division between two stages.
fn hold<'m>(b: &'m Builder, tag: &str, advance: Signal<'m>, d: Division<'m>) -> Division<'m> {
    let delay = |name: &str, signal| b.delay(&format!("{name}{tag}_q"), advance, signal);
    Division {
        remainder: delay("remainder", d.remainder),
        threshold: match tag {
            "_rounded" => d.threshold,
            _ => delay("divisor", d.threshold),
        },
        quotient: d.quotient.map(|signal| delay("quotient", signal)),
        negative: d.negative.map(|signal| delay("negative", signal)),
        v: d.v.map(|signal| delay("v", signal)),
        saturated: d.saturated.map(|signal| delay("saturated", signal)),
    }
}

fn start<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    signed: bool,
    advance: Signal<'m>,
    input: Integrated<'m>,
) -> Division<'m> {
    let Some(threshold) = input.threshold else {
        unreachable!("a rule with a threshold per channel has a threshold port")
    };
    let v = (neuron.rule.reset == Reset::SpikelmCode).then_some(input.v);
    let (remainder, saturated) = (input.v, input.saturated);
    let whole = Division { remainder, threshold, quotient: None, negative: None, v, saturated };
    if !signed {
        return whole;
    }
    b.stage("magnitude.");
    let wide = b.wire("wide_v", input.v.extend(input.v.width() + 1));
    let negative = b.wire("negative", input.v.top_bit());
    let magnitude = b.wire("magnitude", negative.select(wide.negate(), wide));
    let parts = Division { remainder: magnitude, negative: Some(negative), ..whole };
    hold(b, "_whole", advance, parts)
}

/// Quotient bit `bit`: one if the threshold, shifted left by `bit`, still fits the remainder.
fn divide_step<'m>(b: &'m Builder, d: Division<'m>, bit: u32) -> Division<'m> {
    let width = d.remainder.width();
    let name = |what: &str| format!("{what}_{bit}");
    let high = b.wire(&name("high"), d.remainder.bits(bit, width - bit).as_sint());
    let trial_width = high.width().max(d.threshold.width() + 1) + 1;
    let divisor = d.threshold.extend(trial_width).as_sint();
    let trial = b.wire(&name("trial"), high.extend(trial_width) - divisor);
    let fits = b.wire(&name("fits"), !trial.top_bit());
    let left = match bit {
        0 => trial.truncate(width).as_uint(),
        _ => b.concat(&[trial.bits(0, width - bit), d.remainder.bits(0, bit)]),
    };
    let spare = trial_width - 1 - (width - bit);
    if spare > 0 {
        let zeros = trial.bits(width - bit, spare);
        b.unused(&name("zeros"), zeros, "A difference that fits is no longer than its minuend.");
    }
    let remainder = b.wire(&name("remainder"), fits.select(left.as_sint(), d.remainder));
    let quotient = match d.quotient {
        Some(above) => b.wire(&name("quotient"), b.concat(&[above, fits])),
        None => fits,
    };
    Division { remainder, quotient: Some(quotient), ..d }
}

/// Unsigned range, rounded down: the division is already the answer.
fn finish_unrounded<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    advance: Signal<'m>,
    d: Division<'m>,
) -> Fired<'m> {
    let Some(quotient) = d.quotient else { unreachable!("a spike has at least one bit") };
    let quotient = b.wire("level", quotient);
    let spike = b.wire("spike", quotient.extend(quotient.width() + 1).as_sint());
    let left = match neuron.rule.reset {
        Reset::Hard => quotient.any().select(d.remainder.same(0), d.remainder),
        _ => d.remainder,
    };
    Fired {
        spike: b.delay("spike_q", advance, spike),
        membrane: b.delay("membrane_q", advance, left),
        saturated: d.saturated.map(|signal| b.delay("saturated_q", advance, signal)),
    }
}

/// One more or not: by the remainder against half a threshold, or by the sign.
fn round<'m>(b: &'m Builder, neuron: &GifNeuron, d: Division<'m>) -> Division<'m> {
    let Some(quotient) = d.quotient else { unreachable!("a spike has at least one bit") };
    let up = match (neuron.rule.quantise, d.negative) {
        (Quantise::Floor, Some(negative)) => {
            b.comment("Down means away from zero for a negative value with a remainder.");
            negative & d.remainder.any()
        }
        _ => {
            b.comment("To nearest: up above one half; at exactly one half up to an even quotient.");
            let twice_width = d.remainder.width().max(d.threshold.width()) + 1;
            let twice = b.concat(&[d.remainder.as_uint(), b.flag(false)]).as_sint();
            let twice = b.wire("twice", twice);
            let whole = b.wire("whole", d.threshold.extend(twice_width).as_sint());
            whole.lt(twice) | (whole.eq(twice) & quotient.bit(0))
        }
    };
    let up = match neuron.rule.range {
        SpikeRange::Unbounded => up,
        _ => up & !quotient.all(),
    };
    let up = b.wire("round_up", up);
    let divisor = d.threshold.extend(d.remainder.width()).as_sint();
    let remainder = b.wire("rounded_remainder", up.select(d.remainder - divisor, d.remainder));
    let level = b.wire("level", quotient + up.extend(quotient.width()));
    Division { remainder, quotient: Some(level), ..d }
}

/// Puts the sign back and resets.
fn finish<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    advance: Signal<'m>,
    d: Division<'m>,
) -> Fired<'m> {
    let rule = &neuron.rule;
    let Some(level) = d.quotient else { unreachable!("a spike has at least one bit") };
    let magnitude = b.wire("spike_magnitude", level.extend(rule.spike_width()).as_sint());
    let signed = |magnitude: Signal<'m>| match d.negative {
        Some(negative) => negative.select(magnitude.negate(), magnitude),
        None => magnitude,
    };
    let spike = b.wire("spike", signed(magnitude));
    let (membrane, reset_saturated) = match (rule.reset, d.v) {
        (Reset::SpikelmCode, Some(v)) => {
            b.unused("remainder", d.remainder, "This reset works on the membrane itself.");
            spikelm_reset(b, neuron, v, spike)
        }
        (reset, _) => {
            let left = b.wire("left", signed(d.remainder));
            let kept = left.truncate(rule.membrane_width);
            if left.width() > rule.membrane_width {
                b.unused("left_top", left.top_bit(), "The membrane holds every remainder.");
            }
            match reset {
                Reset::Hard => (level.any().select(kept.same(0), kept), None),
                _ => (kept, None),
            }
        }
    };
    let saturated = match (d.saturated, reset_saturated) {
        (Some(before), Some(now)) => Some(before | now),
        (before, now) => before.or(now),
    };
    Fired {
        spike: b.delay("spike_q", advance, spike),
        membrane: b.delay("membrane_q", advance, membrane),
        saturated: saturated.map(|signal| b.delay("saturated_q", advance, signal)),
    }
}

/// v · (1 − s): a spike of +1 clears, 0 keeps, −1 doubles.
pub(super) fn spikelm_reset<'m>(
    b: &'m Builder,
    neuron: &GifNeuron,
    v: Signal<'m>,
    spike: Signal<'m>,
) -> (Signal<'m>, Option<Signal<'m>>) {
    let doubled = b.wire("doubled", b.concat(&[v.as_uint(), b.flag(false)]).as_sint());
    let (doubled, saturated) = match neuron.saturates {
        true => {
            let (clamped, saturated) = saturate(b, "twice_v", doubled, v.width());
            (clamped, Some(spike.top_bit() & saturated))
        }
        false => {
            b.unused(
                "doubled_top",
                doubled.top_bit(),
                "The widths are proven: it copies the sign.",
            );
            (doubled.truncate(v.width()), None)
        }
    };
    b.comment("(1 - s): a spike of +1 clears, 0 keeps, -1 doubles.");
    let kept = b.wire("kept", spike.bit(0).select(v.same(0), v));
    (b.wire("remaining", spike.top_bit().select(doubled, kept)), saturated)
}
