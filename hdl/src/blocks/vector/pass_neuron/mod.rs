//! The fourth stage of an element: a generalised integrate-and-fire neuron.
//!
//! ```text
//!  membrane_i ─►(× leak)─►(+ current)─► v ─┬─► compare with θ ──────┬─► spike ─┬─► spike_o
//!                                          └─► >> n, round, clamp ──┘          │
//!                                               v − (θ · spike, v or 0) ◄──────┘─► membrane_o
//! ```
//!
//! Bit-exact to [`numeric::pass::Rule`](weights::numeric::pass::Rule) where
//! [`is_executable`](weights::numeric::pass::Rule::is_executable) holds: a threshold that is no
//! power of two is compared with. Exponents of thresholds are at most [`EXPONENT_MAX`].

use super::delay_line::delayed;
use super::limit::limit;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::{sint, uint};
use firmware::isa::SpikeLevels;
use firmware::pass_choices::PassChoices;
use std::sync::Arc;

mod rule;

/// Largest exponent of a threshold that is a power of two.
pub const EXPONENT_MAX: u32 = 23;
/// Cycles from the membrane to the current.
pub const CURRENT_CYCLES: u32 = 2;
/// Cycles from the membrane to an operand that is the threshold.
pub const THETA_CYCLES: u32 = 3;

/// Levels that are multiples of a threshold that is a power of two.
const MULTIPLES: [SpikeLevels; 3] =
    [SpikeLevels::Unsigned, SpikeLevels::Signed, SpikeLevels::Unbounded];
/// Levels that are found by comparing.
const COMPARED: [SpikeLevels; 2] = [SpikeLevels::Binary, SpikeLevels::Ternary];

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassNeuron {
    /// Bits of a value, and of a membrane.
    pub value_width: u32,
    /// The rules that the program uses.
    pub choices: PassChoices,
}

impl PassNeuron {
    /// Bits of a threshold, signed.
    fn theta_width(&self) -> u32 {
        self.value_width.max(EXPONENT_MAX + 2)
    }

    /// Bits of the difference of v and what a spike takes.
    fn rest_width(&self) -> u32 {
        self.theta_width() + 1
    }

    fn has_multiples(&self) -> bool {
        self.choices.remainders || MULTIPLES.iter().any(|level| self.choices.levels.contains(level))
    }

    fn has_compared(&self) -> bool {
        COMPARED.iter().any(|level| self.choices.levels.contains(level))
    }

    /// The module `pass_neuron`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "the neuron of one element.\n\n\
             Its spike comes 4 cycles after the current, the membrane a cycle later. Bit-exact to \
             numeric::pass::Rule.";
        let b = Builder::new("pass_neuron", file!(), summary);
        let now = b.flag(true);
        let value = sint(self.value_width);
        let masked = b.input("masked_i", uint(1), "a cycle before its membrane: beyond the last");
        let nothing = b.literal(0, value);
        b.port_group("Its current, 2 cycles after the membrane.");
        let current = b.input("current_i", value, "current");
        let (v, rules) = self.integrate(&b, current);
        let saturated = delayed(&b, "v_saturated", v.saturated, 3);
        let v = v.value;
        let spike = self.fire(&b, &rules, v);
        let v = delayed(&b, "v_late", v, 2);

        b.stage("what it takes from the membrane.");
        let taken = self.taken(&b, &rules, v, &spike);
        let v = b.delay("v_left_q", now, v);
        let value_late = b.delay("spike_late_q", now, spike.value);

        b.stage("the membrane after the reset.");
        let width = self.rest_width();
        let rest = limit(&b, "rest", v.extend(width) - taken.extend(width), self.value_width);
        let membrane = b.delay("membrane_q", now, masked.select(nothing, rest.value));
        let spiking = delayed(&b, "spiking_late", rules.spiking, 3);
        let saturated = spiking & !masked & (saturated | rest.saturated);
        let saturated = b.delay("saturated_q", now, saturated);
        b.port_group("Result.");
        b.output("spike_o", value_late, "the spike, a cycle before the membrane");
        b.output("membrane_o", membrane, "the membrane");
        b.output("saturated_o", saturated, "it, or the membrane, had to be limited");
        b.finish()
    }
}
