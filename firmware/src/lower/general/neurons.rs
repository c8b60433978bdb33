//! Neurons: a current becomes spikes, the membrane stays in S.

use super::super::LowerError;
use super::super::factor::exp2;
use super::super::layout::Layout;
use super::composer::{Composer, Counts};
use super::draft::Draft;
use super::elementwise::TABLE_FRACTION;
use super::value::{At, Membrane, Value, Vector};
use crate::isa::{
    Join, Multiply, Pass, Quantiser, Restart, RestartAt, RuleReset, Space, SpikeLevels, Theta,
};
use crate::machine::Memory;
use std::rc::Rc;
use weights::network::{NeuronLayer, Operation};
use weights::neuron::{LastStep, Quantise, Reset, SpikeRange, State};
use weights::numeric::pass::{LEAK_FRACTION, LEAK_WIDTH};

impl<'n> Composer<'n> {
    pub(super) fn neuron(
        &mut self,
        input: &'n str,
        neuron: &NeuronLayer,
    ) -> Result<Value<'n>, LowerError> {
        let x = self.vector(input)?;
        let output = self.operation().output();
        let (_, threshold, amplitude) = neuron.at(self.step);
        // The membrane is kept over gain, so that the current is added as it is.
        let gain = f64::from(neuron.gain) * x.unit;
        let (fraction, leak) = self.leak(neuron, gain, &x)?;
        let theta = f64::from(threshold) / gain * exp2(fraction);
        let (quantiser, (levels, bits)) = self.levels(neuron)?;
        let exact = theta.log2().fract() == 0.0;
        let compared = matches!(levels, SpikeLevels::Binary | SpikeLevels::Ternary);
        let (form, number) = match (compared, exact) {
            (true, _) => (Theta::Constant, theta.round()),
            (false, true) => (Theta::PowerOfTwo, theta.log2()),
            (false, false) => {
                return Err(self.refuse(
                    format!("a threshold of {threshold} is no power of two in its unit"),
                    "use thresholds that are powers of two where spikes have levels",
                ));
            }
        };
        if !(1.0..8_388_608.0).contains(&number) && form == Theta::Constant {
            return Err(self.refuse(
                format!("its threshold {threshold} is beyond the range of its current"),
                "raise machine.value_width",
            ));
        }
        let words = x.layout.width / self.elements();
        let membranes = self.state(&format!("{output}: membranes"), words, true);
        let mut draft = Draft::over(x.layout.width).vector(&x);
        draft = draft.multiply(Multiply::One, x.fraction - fraction);
        draft.pass = Pass {
            spiking: 1,
            leak,
            quantiser,
            levels,
            level_bits: bits,
            reset: match neuron.reset {
                Reset::Soft => RuleReset::Soft,
                Reset::Hard => RuleReset::Hard,
                Reset::SpikelmCode => RuleReset::SpikelmCode,
            },
            theta: form,
            threshold: number as u32,
            remainder: u32::from(
                neuron.last_step == LastStep::Remainder && self.step + 1 == self.network.steps,
            ),
            membrane: membranes.first,
            membrane_restart: 1,
            restart_at: match neuron.state {
                State::PerToken => RestartAt::Text,
                State::PerStep if self.steps_loop() => RestartAt::Loop0,
                State::PerStep => RestartAt::Never,
            },
            ..draft.pass
        };
        let At { per_step, per_position, within, .. } = membranes;
        draft.moves.push(("membrane", [per_step, per_position, 0, 0, within]));
        if !draft.pass.rule().is_executable() {
            return Err(self.refuse(
                "its rule combines levels, rounding and reset in a way the machine has not",
                "use binary spikes with floor, or ternary ones to nearest",
            ));
        }
        self.spikes(draft, &x.layout, (levels, bits), f64::from(amplitude))
    }

    /// The fraction of a membrane and its leak, a mantissa. The unit of a current may follow the step, as
    /// that of an attention over values with a threshold a step does: what the step before has left in
    /// its own unit is brought to this one's by the leak.
    fn leak(
        &mut self,
        neuron: &NeuronLayer,
        gain: f64,
        x: &Vector,
    ) -> Result<(i64, u32), LowerError> {
        let output = self.operation().output().to_owned();
        let (leak, threshold, _) = neuron.at(self.step);
        let (leak, threshold) = (f64::from(leak), f64::from(threshold));
        let before = self.membranes.get(&output).copied();
        let left = before.map_or(0.0, |before| leak.abs() * before.left / gain);
        let most = (x.bound * self.growth(neuron)).max(x.bound + left);
        // What a reset leaves is stored: that of the released code doubles it.
        let stored = if neuron.reset == Reset::SpikelmCode { 2.0 * most } else { most };
        let finest = self.fraction(stored).min(x.fraction);
        let largest = f64::from((1u32 << LEAK_WIDTH) - 1) * exp2(-i64::from(LEAK_FRACTION));
        let worth = |fraction: i64| gain * exp2(-fraction);
        let brought =
            |fraction: i64| before.map_or(leak, |before| leak * before.worth / worth(fraction));
        // A coarser membrane takes less of a factor.
        let fits = |fraction: &i64| brought(*fraction).abs() <= largest;
        let coarsest = finest - i64::from(LEAK_WIDTH);
        let fraction = (coarsest..=finest).rev().find(fits).ok_or_else(|| {
            self.refuse(
                format!(
                    "its membrane would grow by a factor beyond {largest:.1} from step to step"
                ),
                "use thresholds that are closer to each other",
            )
        })?;
        let left = match neuron.reset {
            // Ternary spikes to nearest: what is beyond half a threshold is cleared.
            Reset::Hard if neuron.range == SpikeRange::Signed(1) => {
                (stored * gain).min(threshold / 2.0)
            }
            _ => stored * gain,
        };
        let first = before.map_or(worth(fraction), |before| before.first);
        self.membranes.insert(output, Membrane { worth: worth(fraction), first, left });
        let last = self.step + 1 == self.network.steps;
        if neuron.state == State::PerToken && last && worth(fraction) != first {
            return Err(self.refuse(
                "the unit of its current follows the step, and its membrane lives on to the next token",
                "clear membranes at each token, or give all steps one threshold",
            ));
        }
        let fresh = neuron.state == State::PerStep && self.step == 0 && !self.steps_loop();
        let leak = if fresh { 0.0 } else { brought(fraction) };
        Ok((fraction, (leak * exp2(LEAK_FRACTION.into())).round() as u32))
    }

    /// How many times the largest current a membrane can hold, if currents and leak are those of this
    /// step at all steps.
    fn growth(&self, neuron: &NeuronLayer) -> f64 {
        let steps = self.network.steps as f64;
        let keeps = neuron.leak.iter().fold(0.0, |most, leak| leak.abs().max(most));
        let forever = 1.0 / (1.0 - f64::from(keeps));
        match neuron.state {
            State::PerToken if keeps < 1.0 => forever,
            State::PerToken => 16.0,
            State::PerStep if neuron.leak.len() > 1 => 1.0,
            State::PerStep if keeps < 1.0 => steps.min(forever),
            State::PerStep => 2.0 * steps,
        }
    }

    /// Spikes of the token before: those of a neuron, which are bounded before they are known.
    pub(super) fn previous(&mut self, input: &'n str) -> Result<Value<'n>, LowerError> {
        let writer = self.network.operations.iter().find(|it| it.output() == input);
        let Some(Operation::Neuron { neuron, .. }) = writer else {
            return Err(self.refuse(
                format!(
                    "`{input}` is no spike of a neuron, and nothing bounds what comes back of it"
                ),
                "put a neuron behind what enters a matrix again",
            ));
        };
        if self.phases.block {
            return Err(self.refuse(
                "its network reads texts whole, position beside position",
                "take recurrences out of networks that are not causal",
            ));
        }
        let (_, _, amplitude) = neuron.at(self.step);
        let (levels, bits) = self.levels(neuron)?.1;
        let layout = self.layouts.of_value(self.operation().output());
        let draft = Draft::over(layout.width).a(self.left(input, layout.width));
        let draft = draft.restart([Restart::Zero, Restart::Keep, Restart::Keep], RestartAt::Text);
        self.spikes(draft, &layout, (levels, bits), f64::from(amplitude))
    }

    /// Where the spikes of a neuron lie from one token to the next: in words of T that nothing else has,
    /// since the membranes take the writes of S.
    fn left(&mut self, spikes: &str, width: usize) -> At {
        let name = format!("{spikes}: of the token before");
        if let Some(&at) = self.states.get(&name) {
            return at;
        }
        let area = self.pools.temporaries.take_unused(width / self.elements());
        let at = At::fixed(Space::Temporaries, area.first());
        self.area(Memory::Temporaries, &name, area.first(), area.words());
        self.kept.push(area);
        self.states.insert(name, at);
        at
    }

    /// Spikes to a train where matrices read them, to T where others do, or the next token does.
    pub(super) fn spikes(
        &mut self,
        mut draft: Draft,
        layout: &Rc<Layout>,
        (levels, bits): (SpikeLevels, u32),
        amplitude: f64,
    ) -> Result<Value<'n>, LowerError> {
        let output = self.operation().output();
        let bound = match levels {
            SpikeLevels::Binary | SpikeLevels::Ternary => 1,
            SpikeLevels::Unsigned | SpikeLevels::Signed => (1u64 << bits) - 1,
            SpikeLevels::Unbounded => (1 << self.design.machine.count_width) - 1,
        };
        let signed = !matches!(levels, SpikeLevels::Binary | SpikeLevels::Unsigned);
        let phase = self.phases.phase(self.index);
        let (mut to_matrix, mut to_others, mut to_next) = (false, false, false);
        for (index, operation) in self.network.operations.iter().enumerate() {
            to_next |= matches!(operation, Operation::Previous { input, .. } if input == output);
            if !operation.inputs().contains(&output) {
                continue;
            }
            let linear = matches!(
                operation,
                Operation::TernaryLinear { .. } | Operation::DigitLinear { .. }
            );
            let here = self.phases.phase(index) == phase;
            to_matrix |= linear && here;
            to_others |= !linear || !here;
        }
        if to_matrix {
            let bundle = self.bundle().filter(|_| self.order.shares && bound == 1);
            let train = match bundle {
                Some(_) => self.new_vectors(layout, amplitude, signed),
                None => self.new_train(layout, amplitude, bound, signed),
            };
            let bits = weights::numeric::fixed_point::bit_length(train.bound as i64);
            draft = match bundle {
                Some(bundle) => draft.plane(train.words.first(), bundle.over),
                None => draft.train(train.number(), train.words.first(), bits),
            };
            self.know_train(output, Counts::Fixed, train);
        }
        let mut vector = Vector {
            at: Composer::nothing(),
            _area: None,
            layout: Rc::clone(layout),
            fraction: 0,
            unit: amplitude,
            bound: bound as f64,
            energy: None,
        };
        if to_next {
            vector.at = self.left(output, layout.width);
            draft = draft.to(vector.at);
        } else if to_others || !to_matrix {
            let (at, area) = self.temporary(output, layout.width / self.elements());
            (vector.at, vector._area) = (at, area);
            draft = draft.to(at);
        }
        self.pass(draft, format!("{output}: spikes"))?;
        // Whole numbers gain fraction bits where they meet others.
        Ok(Value::Vector(Rc::new(vector)))
    }

    fn levels(&self, neuron: &NeuronLayer) -> Result<(Quantiser, (SpikeLevels, u32)), LowerError> {
        let quantiser = match neuron.quantise {
            Quantise::Floor => Quantiser::Floor,
            Quantise::NearestEven => Quantiser::NearestEven,
        };
        let (levels, bits) = match neuron.range {
            SpikeRange::Unsigned(1) => (SpikeLevels::Binary, 1),
            SpikeRange::Signed(1) => (SpikeLevels::Ternary, 1),
            SpikeRange::Unsigned(bits) => (SpikeLevels::Unsigned, bits),
            SpikeRange::Signed(bits) => (SpikeLevels::Signed, bits),
            SpikeRange::Unbounded => (SpikeLevels::Unbounded, 0),
        };
        if bits > 15 {
            return Err(self.refuse("its spikes have more than 15 bits", "use fewer levels"));
        }
        Ok((quantiser, (levels, bits)))
    }

    /// The mean over the steps: a sum in S, then a factor.
    pub(super) fn step_sum(&mut self, input: &'n str) -> Result<(), LowerError> {
        let vector = self.vector(input)?;
        let limit = i64::from(self.machine.value_width);
        let x = match vector.unit == 1.0 {
            true => vector,
            false => self.plain(&vector, limit)?,
        };
        let steps = self.network.steps as f64;
        let own = self.fraction(x.bound * steps).min(x.fraction);
        let fraction = *self.sums.entry(input.to_owned()).or_insert(own);
        let words = x.layout.width / self.elements();
        let sum = self.state(&format!("{input}: sum over steps"), words, true);
        let draft = Draft::over(x.layout.width).vector(&x);
        let first = self.step == 0 && !self.steps_loop();
        let draft = match first {
            true => draft.multiply(Multiply::One, x.fraction - fraction),
            false => {
                let one = vec![1i64 << TABLE_FRACTION; x.layout.width];
                let one = self.constant("one", one);
                // x · 2^16 down to the fraction of the sum, which is added behind the shift.
                let shift = TABLE_FRACTION + x.fraction - fraction;
                draft.b(sum).c(one).join(Join::MultiplyAdd, shift)
            }
        };
        let restarts = [Restart::Keep, Restart::Zero, Restart::Keep];
        let at = if self.steps_loop() { RestartAt::Loop0 } else { RestartAt::Never };
        self.pass(draft.restart(restarts, at).to(sum), format!("{input}: summed over steps"))
    }

    pub(super) fn step_mean(&mut self, input: &'n str) -> Result<Value<'n>, LowerError> {
        let vector = self.vector(input)?;
        let bound = vector.bound * vector.unit;
        let limit = i64::from(self.machine.value_width);
        let steps = self.network.steps as f64;
        let fraction = self.sums[input];
        let words = vector.layout.width / self.elements();
        let at = self.state(&format!("{input}: sum over steps"), words, true);
        let layout = Rc::clone(&vector.layout);
        // The factor 1 / steps is a unit: the next consumer applies it.
        let unit = 1.0 / steps;
        let bound = bound * steps;
        let sum = Rc::new(Vector { at, _area: None, layout, fraction, unit, bound, energy: None });
        if self.phases.block {
            return Ok(Value::Vector(sum));
        }
        self.plain(&sum, limit).map(Value::Vector)
    }
}
