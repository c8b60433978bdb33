//! Norms over the channels of a vector.
//!
//! ```text
//!  Σ x ─► mean │ x − mean, Σ (x − mean)² ─► 1/√ │ (x − mean) · γ · scalar │ + β
//! ```

use super::super::LowerError;
use super::super::factor::{Factor, epsilon_parts, exp2};
use super::composer::{Composer, Counts};
use super::draft::Draft;
use super::loops::RESCALE;
use super::value::{At, Energy, Value, Vector};
use crate::isa::{Finish, Follow, Join, Multiply, Reduce, Space};
use std::rc::Rc;
use weights::network::Operation;
use weights::numeric::fixed_point::UNIT_WIDTH;

/// What a norm does.
pub(super) struct Norm<'a> {
    pub(super) name: &'a str,
    pub(super) weight: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    pub(super) epsilon: f32,
    /// Whether the mean is taken away first.
    pub(super) centred: bool,
}

impl<'n> Composer<'n> {
    pub(super) fn norm(&mut self, input: &str, norm: &Norm<'_>) -> Result<Value<'n>, LowerError> {
        let x = self.vector(input)?;
        let (name, channels) = (norm.name, norm.weight.len());
        if norm.centred && x.layout.width > channels.next_multiple_of(self.elements()) {
            return Err(self.refuse(
                "its heads are padded, and the padding would count as channels",
                "choose a machine.elements that divides the width of a head",
            ));
        }
        let words = x.layout.width / self.elements();
        let over = if norm.centred { channels } else { x.layout.width };
        let scalar = self.pools.scalars.take(1);
        let mut source = x.at;
        let mut bound = x.bound;
        let squares = |draft: Draft, added: f64| {
            let (mantissa, left) = epsilon_parts(added);
            let draft = draft.reduce(Reduce::Squares, Finish::InverseRoot, scalar.first());
            draft.finish_with(mantissa, left)
        };
        let added =
            f64::from(norm.epsilon) * channels as f64 * exp2(2 * x.fraction) / (x.unit * x.unit);
        let centred = self.scratch(words);
        if norm.centred {
            let level = self.pools.levels.take(1);
            let mean = Factor::nearest(name, "1 / channels", 1.0 / channels as f64, 0)?;
            let draft = Draft::over(over).vector(&x);
            let draft = draft.reduce(Reduce::Sum, Finish::Level, level.first());
            let draft = draft.finish_with(mean.multiplier, mean.shift as i32);
            self.pass(draft, format!("{name}: the mean"))?;
            let draft = Draft::over(over).vector(&x).join(Join::Subtract, 0);
            let draft = draft.b(At::fixed(Space::Level, level.first())).to(centred.0);
            self.pass(squares(draft, added), format!("{name}: less its mean, and squares"))?;
            (source, bound) = (centred.0, 2.0 * bound);
        } else {
            let draft = squares(Draft::over(over).vector(&x), added);
            self.pass(draft, format!("{name}: squares"))?;
        }
        let scaled = self.norm_scale(norm, &x, (source, bound, over), scalar.first(), centred.0)?;
        Ok(Value::Vector(Rc::new(scaled)))
    }

    /// Whether nothing reads the value of the operation at hand but matrices, as counts, once each.
    fn only_counted(&self) -> bool {
        let output = self.operation().output();
        let counts = |it: &Operation| match it {
            Operation::TernaryLinear { .. } => true,
            Operation::DigitLinear { matrix, .. } => matrix.digits == 1,
            _ => false,
        };
        let mut readers = self.network.operations.iter().filter(|it| it.inputs().contains(&output));
        // Where steps or positions are loops, a train may have to be made once more.
        let once = self.network.steps == 1 && !self.phases.block;
        once && output != self.network.output && readers.all(counts)
    }

    /// `x · γ · scalar + β`, where x is at `source`; as counts, if only those are read.
    fn norm_scale(
        &mut self,
        norm: &Norm<'_>,
        x: &Vector,
        (source, bound, over): (At, f64, usize),
        scalar: u32,
        scratch: At,
    ) -> Result<Vector, LowerError> {
        let (name, channels) = (norm.name, norm.weight.len() as f64);
        let width = i64::from(self.machine.value_width);
        let gains: Vec<f64> = norm.weight.iter().map(|&w| f64::from(w) * channels.sqrt()).collect();
        let gain_max = gains.iter().fold(0f64, |largest, gain| largest.max(gain.abs()));
        let (gamma, gamma_fraction) =
            self.real_constant(&format!("{name}: gains"), &gains, &x.layout, width - 2);
        // |x · γ| as a mantissa keeps one bit of room.
        let product_max = bound * exp2(x.fraction) * gain_max.max(1e-9);
        let product_fraction =
            (width - 2) - product_max.max(f64::MIN_POSITIVE).log2().ceil() as i64;
        let product_fraction = product_fraction.clamp(gamma_fraction - 31, gamma_fraction);
        let biases: Vec<f64> =
            norm.bias.unwrap_or_default().iter().map(|&bias| f64::from(bias)).collect();
        let bias_max = biases.iter().fold(0f64, |largest, bias| largest.max(bias.abs()));
        let largest = gain_max + bias_max;
        let fraction = self.fraction(largest);
        let fraction = fraction.min(i64::from(UNIT_WIDTH) + product_fraction);
        // Before its gains a vector is as long as its channels say.
        let energy = match norm.bias {
            Some(_) => Energy::of(largest * channels.sqrt()),
            None => Energy {
                length: channels.sqrt(),
                gains: Some(norm.weight.iter().map(|&gain| f64::from(gain)).collect()),
            },
        };
        let vector = Vector {
            at: Composer::nothing(),
            _area: None,
            layout: Rc::clone(&x.layout),
            fraction,
            unit: 1.0,
            bound: largest,
            energy: Some(energy),
        };
        let output = self.operation().output();
        let plain = bias_max == 0.0;
        let words = x.layout.width / self.elements();
        let draft = Draft::over(over).a(source).b(gamma);
        let draft = draft.join(Join::Multiply, gamma_fraction - product_fraction);
        let draft = draft.follow(Follow::Exponent, scalar);
        let shift = i64::from(UNIT_WIDTH) + product_fraction;
        let counted = plain && over == x.layout.width && self.only_counted();
        if let Some(count) = self.count_fraction(&vector).filter(|_| counted) {
            let draft = draft.multiply(Multiply::Scalar, shift - count);
            let (draft, train) = self.counts_of(&vector, count, draft);
            self.pass(draft, format!("{name}: counts of its gains and scale"))?;
            self.know_train(output, Counts::Fixed, train);
            return Ok(vector);
        }
        let (at, area) = self.temporary(output, words);
        let draft = draft.multiply(Multiply::Scalar, shift - fraction);
        let draft = draft.to(if plain { at } else { scratch });
        self.pass(draft, format!("{name}: its gains and scale"))?;
        if !plain {
            let (beta, beta_fraction) =
                self.real_constant(&format!("{name}: biases"), &biases, &x.layout, fraction);
            if beta_fraction < fraction {
                return Err(self.refuse(format!("its biases reach {bias_max:.1e}"), RESCALE));
            }
            let draft = Draft::over(over).a(scratch).b(beta).join(Join::Add, 0).to(at);
            self.pass(draft, format!("{name}: its biases"))?;
        }
        Ok(Vector { at, _area: area, ..vector })
    }
}
