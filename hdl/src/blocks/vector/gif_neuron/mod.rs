//! Generalised integrate-and-fire neuron: one neuron per cycle, every rule.
//!
//! ```text
//!  membrane_i ─► leak ─►(+)─► v ─► quantise ─► clamp ─► spike_o
//!  current_i ────────────┘    └──────────────► reset ─► membrane_o
//! ```
//!
//! Bit-exact to [`numeric::neuron_step`](weights::numeric::neuron_step).
//!
//! A threshold of 2^n divides by choosing wires. A threshold per channel divides bit by bit, one
//! pipeline stage for each bit of the spike; as the remainder of that division is the membrane
//! after a soft reset, the reset is free.

mod integer_threshold;
mod parameters;
mod power_of_two;
mod stages;

pub use parameters::GifNeuron;

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use stages::{Fired, Integrated, saturate};
use std::sync::Arc;
use weights::neuron::{LastStep, Leak, NeuronRule, Quantise, Reset, SpikeRange, Threshold};

impl GifNeuron {
    /// Whether the last step of a token is special: a count without bounds has nothing left.
    pub fn asks_for_last_step(&self) -> bool {
        self.rule.last_step == LastStep::Remainder && self.rule.range != SpikeRange::Unbounded
    }

    /// The module `gif_neuron`.
    pub fn module(&self) -> Arc<Module> {
        let rule = &self.rule;
        let width = rule.membrane_width;
        let b = Builder::new("gif_neuron", file!(), &self.summary());
        b.port_group("Flow control.");
        let advance = b.input("advance_i", uint(1), "every stage moves on; low holds them all");
        b.port_group("One neuron.");
        let current = b.input("current_i", sint(self.current_width), "input current of this step");
        let membrane = b.input("membrane_i", sint(width), "membrane u before this step");
        let fresh = b.input("fresh_i", uint(1), "1: the membrane starts at zero");
        let threshold = (rule.threshold == Threshold::PerChannel)
            .then(|| b.input("threshold_i", uint(width - 1), "threshold, at least 1"));
        let last = self
            .asks_for_last_step()
            .then(|| b.input("last_i", uint(1), "last step of a token: emit the remainder"));

        b.stage("take the inputs; a fresh membrane clears its register.");
        let u = b.delay("u_q", advance, fresh.select(membrane.same(0), membrane));
        let current = b.delay("current_q", advance, current);
        let threshold = threshold.map(|signal| b.delay("threshold_taken_q", advance, signal));
        let last = last.map(|signal| b.delay("last_taken_q", advance, signal));

        b.stage("leak and integrate.");
        let (v, saturated) = self.integrate(&b, u, current);
        let integrated = Integrated {
            v: b.delay("v_q", advance, v),
            threshold: threshold.map(|signal| b.delay("threshold_q", advance, signal)),
            last: last.map(|signal| b.delay("last_q", advance, signal)),
            saturated: saturated.map(|signal| b.delay("integrate_saturated_q", advance, signal)),
        };

        let fired = match rule.threshold {
            Threshold::PowerOfTwo(n) => power_of_two::fire(&b, self, n, advance, integrated),
            Threshold::PerChannel => integer_threshold::fire(&b, self, advance, integrated),
        };
        b.port_group("The same neuron, later.");
        b.output("spike_o", fired.spike, "spike s of this step");
        b.output("membrane_o", fired.membrane, "membrane u' after the reset");
        if let Some(saturated) = fired.saturated {
            b.output("saturated_o", saturated, "the membrane did not fit and was clamped");
        }
        b.finish()
    }

    fn summary(&self) -> String {
        let NeuronRule { leak, quantise, range, reset, threshold, membrane_width, .. } = self.rule;
        let leak = match leak {
            Leak::None => "leak(u) = u".to_string(),
            Leak::Shift(k) => format!("leak(u) = u / 2^{k}, ties up"),
            Leak::Decay(k) => format!("leak(u) = u - u / 2^{k}, ties up"),
        };
        let threshold = match threshold {
            Threshold::PowerOfTwo(n) => format!("theta = 2^{n}"),
            Threshold::PerChannel => "theta = threshold_i".to_string(),
        };
        let quantise = match quantise {
            Quantise::Floor => "rounded down",
            Quantise::NearestEven => "to nearest, ties to even",
        };
        let range = match range {
            SpikeRange::Unsigned(_) | SpikeRange::Signed(_) => {
                let (min, max) = self.rule.spike_range();
                format!("{min}..{max}")
            }
            SpikeRange::Unbounded => "any count".to_string(),
        };
        let reset = match reset {
            Reset::Soft => "v - theta * s",
            Reset::Hard => "s = 0 ? v : 0",
            Reset::SpikelmCode => "v * (1 - s)",
        };
        format!(
            "generalised integrate-and-fire neuron, one per cycle.\n\n  \
             v  = leak(u) + i           {leak}\n  \
             s  = clamp(v / theta)      {quantise}, {range}, {threshold}\n  \
             u' = {reset:<21} {membrane_width} bits, kept by the caller between steps"
        )
    }

    /// The membrane after leak and current, clamped where the block saturates.
    fn integrate<'m>(
        &self,
        b: &'m Builder,
        u: Signal<'m>,
        current: Signal<'m>,
    ) -> (Signal<'m>, Option<Signal<'m>>) {
        let width = self.rule.membrane_width;
        let sum_width = match self.saturates {
            true => width.max(self.current_width) + 1,
            false => width,
        };
        assert!(current.width() <= sum_width, "a wider current needs a membrane that saturates");
        let current = b.wire("current", current.extend(sum_width));
        let sum = match self.rule.leak {
            Leak::None => u.extend(sum_width) + current,
            Leak::Shift(k) => {
                let (high, dropped) = shifted(b, u, k);
                let high = b.wire("fraction", high.extend(sum_width));
                let one = b.flag(true);
                let pair = |value: Signal<'m>, below| b.concat(&[value.as_uint(), below]);
                upper(b, "sum_and_half", pair(high, one) + pair(current, dropped))
            }
            Leak::Decay(k) => {
                let (high, dropped) = shifted(b, u, k);
                let pair = |value: Signal<'m>, below| b.concat(&[value.as_uint(), below]);
                let whole = pair(u, b.flag(false)) - pair(high, dropped);
                let leaked = b.wire("leaked", upper(b, "leaked_and_half", whole));
                leaked.extend(sum_width) + current
            }
        };
        if !self.saturates {
            return (b.wire("v", sum), None);
        }
        let sum = b.wire("sum", sum);
        let (v, saturated) = saturate(b, "v", sum, width);
        (v, Some(saturated))
    }
}

/// u / 2^k rounded down, and the highest bit that the shift drops.
fn shifted<'m>(b: &'m Builder, u: Signal<'m>, k: u32) -> (Signal<'m>, Signal<'m>) {
    b.comment(
        "Rounding to nearest, ties up, adds the highest dropped bit: it rides below the operands \
         as a carry.",
    );
    (b.wire("shifted", u.shift_right(k)), b.wire("dropped", u.bit(k - 1)))
}

/// All but the lowest bit, which only carried.
fn upper<'m>(b: &'m Builder, name: &str, value: Signal<'m>) -> Signal<'m> {
    let value = b.wire(name, value);
    b.unused(name, value.bit(0), "The lowest bit only carries in.");
    value.bits(1, value.width() - 1).as_sint()
}
