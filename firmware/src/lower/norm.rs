//! Norms: a vector becomes the counts of a train.

use super::LowerError;
use super::bounds::CountBound;
use super::emitter::Emitter;
use super::factor::{epsilon_parts, exp2};
use super::gain::Gain;
use super::values::{Counts, Layout, Value, Vector};
use crate::isa::{Action, Encode, Norm};
use std::rc::Rc;
use weights::network::Operation;
use weights::numeric::fixed_point::CountTarget;

/// A vector that a norm reads.
struct Input {
    space: u32,
    address: u32,
    layout: Layout,
    unit: f64,
    follows: Option<Rc<Counts>>,
}

impl<'n> Emitter<'n> {
    fn norm_input(&self, name: &str) -> Result<Input, LowerError> {
        match self.value(name) {
            Value::Residual => Ok(Input {
                space: 0,
                address: 0,
                layout: Layout::plain(self.residual.channels, self.machine.elements as usize),
                unit: exp2(-self.residual.fraction),
                follows: None,
            }),
            Value::Vector(vector) => {
                let Vector { space, area, layout, unit, follows } = &*vector;
                let (layout, follows) = (layout.clone(), follows.clone());
                Ok(Input { space: *space, address: area.first(), layout, unit: *unit, follows })
            }
            _ => Err(self.refuse_input(name, "the residual, mixed values or a gate's product")),
        }
    }

    pub(super) fn rms_norm(
        &mut self,
        name: &str,
        input: &'n str,
        weight: &[f32],
        epsilon: f32,
    ) -> Result<Value<'n>, LowerError> {
        let input = self.norm_input(input)?;
        if self.index + 2 == self.network.operations.len() {
            self.end_unasked();
        }
        let (channels, elements) = (weight.len(), self.machine.elements as usize);
        let words = input.layout.width / elements;
        let gain = Gain::new(weight);
        let constants = gain.relative.map(|relative| self.norm_weights(name, &relative, &input));

        // ε · channels in units of the squares; where the frame follows f, at f = 0.
        let added = f64::from(epsilon) * channels as f64 / (input.unit * input.unit);
        let largest = input.follows.as_ref().map_or(0, |counts| 4 * counts.bound.exponent_max);
        let vanishes = added * exp2(largest) < 0.5;
        let (epsilon, epsilon_shift) = if vanishes { (0, 0) } else { epsilon_parts(added) };
        let follows = input.follows.as_ref().filter(|_| !vanishes);

        let value_bits = i64::from(self.machine.value_width) - 1;
        let squares_max = input.layout.width as f64 * exp2(2 * value_bits) + exp2(47);
        let plain = vanishes && constants.is_none();
        let output = self.network.operations[self.index].output();
        let peak = self.later_consumers(output).any(|c| matches!(c, Operation::Head { .. }));
        let target = CountTarget::new(f64::from(self.design.encoder.mean_count), channels);
        let bits = if peak { self.design.machine.head_bits } else { 0 };
        let bound = match peak {
            true => CountBound::peak(bits, channels, squares_max),
            false => CountBound::mean(target, channels, plain, squares_max),
        };
        let count_bits = self.prove_counts(name, bound.count_max)?;

        let train_words = input.layout.width.div_ceil(self.machine.slots as usize);
        let scalar = self.pools.scalars.take(1);
        let train = self.pools.descriptors.take(1);
        let destination = self.pools.trains.take(train_words);
        let norm = Norm {
            space: input.space,
            address: input.address,
            words: words as u32,
            weighted: constants.is_some().into(),
            weight: constants.unwrap_or(0),
            bits,
            target: target.mantissa as u32,
            target_exponent: target.exponent as i32,
            epsilon,
            epsilon_shift,
            follows: follows.is_some().into(),
            input: follows.map_or(0, |counts| counts.scalar.first()),
            output: scalar.first(),
        };
        self.push(Action::Norm(norm), format!("{name}: the scale of its counts"));
        let encode = Encode {
            space: input.space,
            address: input.address,
            words: words as u32,
            groups: 1,
            positions: 0,
            weighted: norm.weighted,
            weight: norm.weight,
            scalar: scalar.first(),
            bits: count_bits,
            train: train.first(),
            destination: destination.first(),
            stride: train_words as u32,
        };
        self.push(Action::Encode(encode), format!("{name}: its counts"));
        Ok(Value::Counts(Rc::new(Counts {
            name: name.to_owned(),
            train,
            words: destination,
            scalar,
            gain: gain.gain,
            bound,
            layout: input.layout,
        })))
    }

    /// The weights of a norm as constants, in the places of its input's channels.
    fn norm_weights(&mut self, name: &str, relative: &[f64], input: &Input) -> u32 {
        let one = exp2(i64::from(self.machine.value_width) - 2);
        let mut values = vec![0; input.layout.width];
        for (&place, &weight) in input.layout.places.iter().zip(relative) {
            values[place] = (weight * one).round() as i64;
        }
        self.keep_constants(&format!("{name}: weights"), values)
    }
}
