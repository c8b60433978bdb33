//! Operations of each channel by itself.

use super::super::LowerError;
use super::super::factor::exp2;
use super::composer::Composer;
use super::draft::{Draft, Over};
use super::loops::RESCALE;
use super::value::{At, Energy, Value, Vector};
use crate::isa::{Extent, Function as Table, Join, Multiply, Restart, RestartAt, Space};
use std::rc::Rc;
use weights::network::{Function, Gate, Operation};
use weights::numeric::pass::{FunctionTable, JOIN_SHIFT_MAX};

/// Fraction bits of what function tables yield.
pub(super) const TABLE_FRACTION: i64 = 16;

/// Fraction bits of their arguments, where values have as many: tables of equal arguments are one.
const ARGUMENT_FRACTION: i64 = 14;

impl<'n> Composer<'n> {
    /// A new vector for the operation at hand, in T.
    pub(super) fn output(&mut self, like: &Vector, fraction: i64, bound: f64) -> Vector {
        let name = self.operation().output();
        let words = like.layout.width / self.elements();
        let (at, area) = self.temporary(name, words);
        let layout = Rc::clone(&like.layout);
        Vector { at, _area: area, layout, fraction, unit: 1.0, bound, energy: None }
    }

    /// The same vector with a unit of 1 and at most `fraction` fraction bits.
    pub(super) fn plain(
        &mut self,
        vector: &Rc<Vector>,
        fraction: i64,
    ) -> Result<Rc<Vector>, LowerError> {
        if vector.unit == 1.0 && vector.fraction <= fraction {
            return Ok(Rc::clone(vector));
        }
        let words = vector.layout.width / self.elements();
        let (at, area) = self.scratch(words);
        let bound = vector.bound * vector.unit;
        let mut fraction = self.fraction(bound).min(fraction);
        let draft = Draft::over(vector.layout.width).vector(vector);
        let draft = match vector.unit == 1.0 {
            true => draft.multiply(Multiply::One, vector.fraction - fraction),
            false => {
                // A constant of one word would do if operands could stand still.
                let units = vec![vector.unit; vector.layout.places.len()];
                let width = i64::from(self.machine.value_width);
                let (unit, unit_fraction) =
                    self.real_constant("units", &units, &vector.layout, width - 2);
                let both = unit_fraction + vector.fraction;
                fraction = fraction.min(both);
                draft.b(unit).multiply(Multiply::B, both - fraction)
            }
        };
        self.pass(draft.to(at), "in the unit of its consumer".to_owned())?;
        let layout = Rc::clone(&vector.layout);
        let energy = vector.energy.as_ref().map(|energy| energy.times(vector.unit));
        Ok(Rc::new(Vector { at, _area: Some(area), layout, fraction, unit: 1.0, bound, energy }))
    }

    pub(super) fn add(&mut self, left: &str, right: &str) -> Result<Value<'n>, LowerError> {
        let (left, right) = (self.vector(left)?, self.vector(right)?);
        let limit = i64::from(self.machine.value_width);
        let (left, right) = (self.plain(&left, limit)?, self.plain(&right, limit)?);
        let (fine, coarse) =
            if left.fraction < right.fraction { (right, left) } else { (left, right) };
        let bound = fine.bound + coarse.bound;
        let fraction = self.fraction(bound).min(fine.fraction).min(self.useful(bound));
        let name = self.operation().output();
        let down_most = i64::from(JOIN_SHIFT_MAX);
        let mut result = self.output(&fine, fraction, bound);
        result.energy = Some(Energy::of(fine.length() + coarse.length()));
        let draft = if fine.fraction == coarse.fraction {
            let draft = Draft::over(fine.layout.width).vector(&fine).b(coarse.at);
            draft.join(Join::Add, fine.fraction - fraction)
        } else if fraction <= coarse.fraction && fine.fraction - coarse.fraction <= down_most {
            // The finer one comes down to the other on its way.
            let one = self.constant("ones", vec![1; fine.layout.width]);
            let draft = Draft::over(fine.layout.width).vector(&fine).b(coarse.at).c(one);
            let draft = draft.join(Join::MultiplyAdd, fine.fraction - coarse.fraction);
            draft.multiply(Multiply::One, coarse.fraction - fraction)
        } else {
            // Whole numbers, such as spikes, come up to the fraction of the other.
            let fine = self.plain(&fine, fraction.max(coarse.fraction))?;
            let up = fine.fraction - coarse.fraction;
            if up > limit - 2 {
                let most = coarse.bound.max(fine.bound);
                return Err(self.refuse(format!("one of the two can reach {most:.1e}"), RESCALE));
            }
            let up = self.constant("powers of two", vec![1 << up; fine.layout.width]);
            let draft = Draft::over(fine.layout.width).vector(&coarse).b(fine.at).c(up);
            let draft = draft.join(Join::MultiplyAdd, 0);
            draft.multiply(Multiply::One, fine.fraction - fraction)
        };
        self.pass(draft.to(result.at), format!("{name}: sum"))?;
        Ok(Value::Vector(Rc::new(result)))
    }

    pub(super) fn bias(&mut self, input: &str, bias: &[f32]) -> Result<Value<'n>, LowerError> {
        let vector = self.vector(input)?;
        let limit = i64::from(self.machine.value_width);
        let vector = self.plain(&vector, limit)?;
        let biases: Vec<f64> = bias.iter().map(|&bias| f64::from(bias)).collect();
        let largest = biases.iter().fold(0f64, |largest, bias| largest.max(bias.abs()));
        let bound = vector.bound + largest;
        let name = self.operation().output();
        let (constant, constant_fraction) =
            self.real_constant(name, &biases, &vector.layout, vector.fraction);
        let vector = self.plain(&vector, constant_fraction)?;
        let fraction = self.fraction(bound).min(vector.fraction).min(self.useful(bound));
        let result = self.output(&vector, fraction, bound);
        let draft = Draft::over(vector.layout.width).vector(&vector).b(constant);
        let draft = draft.join(Join::Add, vector.fraction - fraction).to(result.at);
        self.pass(draft, format!("{name}: biases"))?;
        Ok(Value::Vector(Rc::new(result)))
    }

    pub(super) fn multiply(&mut self, left: &str, right: &str) -> Result<Value<'n>, LowerError> {
        let (left, right) = (self.vector(left)?, self.vector(right)?);
        let limit = i64::from(self.machine.value_width);
        let (left, right) = (self.plain(&left, limit)?, self.plain(&right, limit)?);
        let bound = left.bound * right.bound;
        let length = (left.length() * right.bound).min(left.bound * right.length());
        let both = left.fraction + right.fraction;
        let fraction = self.fraction(bound).min(both).min(self.useful(bound));
        let mut result = self.output(&left, fraction, bound);
        result.energy = Some(Energy::of(length));
        let draft = Draft::over(left.layout.width).vector(&left).b(right.at);
        let draft = draft.multiply(Multiply::B, both - fraction).to(result.at);
        let name = self.operation().output();
        self.pass(draft, format!("{name}: product"))?;
        Ok(Value::Vector(Rc::new(result)))
    }

    /// A table over the arguments that a vector can have, at most `-reach..reach`.
    fn table_over(
        &mut self,
        name: &str,
        vector: &Vector,
        reach: i64,
        function: impl Fn(f64) -> f64,
    ) -> Result<Table, LowerError> {
        let argument = vector.fraction.min(ARGUMENT_FRACTION);
        if argument < 0 {
            return Err(self.refuse(format!("its input can reach {:.1e}", vector.bound), RESCALE));
        }
        let low = -(reach << argument);
        let span = (2 * reach).ilog2() + argument as u32;
        let unit = exp2(-argument);
        let fraction = TABLE_FRACTION as u32;
        let table = FunctionTable::new(name, (low, span), unit, fraction, function)
            .map_err(|error| self.refuse(error.to_string(), "choose another value_width"))?;
        self.table(table)
    }

    pub(super) fn apply(
        &mut self,
        function: Function,
        input: &str,
    ) -> Result<Value<'n>, LowerError> {
        let vector = self.vector(input)?;
        let limit = i64::from(self.machine.value_width);
        let x = self.plain(&vector, limit)?;
        let dropped = (x.fraction - ARGUMENT_FRACTION).max(0);
        let name = self.operation().output();
        let of = |x: f64| function.value(x);
        let draft = Draft::over(x.layout.width).vector(&x);
        let (draft, fraction, bound) = match function {
            Function::Sigmoid | Function::Tanh => {
                let table = match function {
                    Function::Sigmoid => self.table_over("sigmoid", &x, 16, of)?,
                    _ => self.table_over("tanh", &x, 8, of)?,
                };
                let fraction = self.fraction(1.0).min(TABLE_FRACTION);
                let draft = draft.function(table);
                let draft = draft.multiply(Multiply::One, TABLE_FRACTION - fraction);
                (draft.join(Join::Take, dropped), fraction, 1.0)
            }
            Function::Relu => (draft.join(Join::Maximum, 0), x.fraction, x.bound),
            Function::SquaredRelu => {
                let bound = x.bound * x.bound;
                let fraction = self.fraction(bound).min(2 * x.fraction).min(self.useful(bound));
                let draft = draft.join(Join::Maximum, 0);
                (draft.multiply(Multiply::A, 2 * x.fraction - fraction), fraction, bound)
            }
            _ => {
                let Some(Gate { name, reach, value }) = function.gate() else {
                    return Err(self.refuse("no pass makes it", "use a function of another kind"));
                };
                let table = self.table_over(name, &x, reach, value)?;
                let draft = draft.join(Join::Take, dropped).function(table);
                (draft.multiply(Multiply::A, TABLE_FRACTION), x.fraction, x.bound)
            }
        };
        let mut result = self.output(&x, fraction, bound);
        if !matches!(function, Function::Sigmoid | Function::Tanh | Function::SquaredRelu) {
            // None of the others makes a value larger.
            result.energy = x.energy.clone();
        }
        self.pass(draft.to(result.at), format!("{name}: {function:?}"))?;
        Ok(Value::Vector(Rc::new(result)))
    }

    /// A row of constants for each position.
    pub(super) fn position_row(&mut self, table: &str) -> Result<Value<'n>, LowerError> {
        let rows = &self.network.tables[table];
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let context = self.machine.context as usize;
        let largest = rows.values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let fraction = self.fraction(f64::from(largest));
        let scale = exp2(fraction);
        let mut values = Vec::with_capacity(context * layout.width);
        for row in rows.values.chunks_exact(rows.columns).take(context) {
            let mut words = vec![0; layout.width];
            for (&place, &value) in layout.places.iter().zip(row) {
                words[place] = (f64::from(value) * scale).round() as i64;
            }
            values.extend(words);
        }
        let per_position = (layout.width / self.elements()) as u32;
        let constant = self.constant(table, values);
        let at = constant.each_position(per_position);
        let bound = f64::from(largest);
        let (unit, energy) = (1.0, None);
        let vector = Vector { at, _area: None, layout, fraction, unit, bound, energy };
        if self.phases.block {
            return Ok(Value::Vector(Rc::new(vector)));
        }
        // Without loops over positions the row is fetched to where it does not move.
        let (fixed, area) = self.scratch(per_position as usize);
        self.open(Over::Positions, Extent::Here, 1, format!("{table}: where the token stands"))?;
        let draft = Draft::over(vector.layout.width).vector(&vector).to(fixed);
        self.pass(draft, format!("{table}: the row of the position"))?;
        self.close()?;
        Ok(Value::Vector(Rc::new(Vector { at: fixed, _area: Some(area), ..vector })))
    }

    /// `previous + μ · (x − previous)`; x becomes the previous one behind its last shift.
    pub(super) fn token_shift(
        &mut self,
        input: &'n str,
        mix: &[f32],
    ) -> Result<Value<'n>, LowerError> {
        let x = self.vector(input)?;
        let words = x.layout.width / self.elements();
        let previous = self.state(&format!("{input}: previous"), words, false);
        let name = self.operation().output();
        let mixes: Vec<f64> = mix.iter().map(|&mix| f64::from(mix)).collect();
        let spread = |mix: &f64| mix.abs() + (1.0 - mix).abs();
        let bound = x.bound * mixes.iter().map(spread).fold(1.0, f64::max);
        let (constant, mix_fraction) = self.real_constant(name, &mixes, &x.layout, 16);
        let fraction = self.fraction(bound).min(x.fraction);
        let result = self.output(&x, fraction, bound);
        let draft = Draft::over(x.layout.width).vector(&x).b(previous).c(constant);
        let draft = draft.join(Join::Interpolate, mix_fraction);
        let draft = draft.multiply(Multiply::One, x.fraction - fraction).to(result.at);
        let restarts = [Restart::Keep, Restart::Zero, Restart::Keep];
        self.pass(draft.restart(restarts, RestartAt::Text), format!("{name}: shift"))?;
        let later = &self.network.operations[self.index + 1..];
        let shifts = |it: &&Operation| matches!(it, Operation::TokenShift { input: other, .. } if other == input);
        if later.iter().find(shifts).is_none() {
            let draft = Draft::over(x.layout.width).vector(&x).to(previous);
            self.pass(draft, format!("{input}: kept for the next token"))?;
        }
        Ok(Value::Vector(Rc::new(result)))
    }

    /// Zero where nothing is read.
    pub(super) fn nothing() -> At {
        At::fixed(Space::Nothing, 0)
    }
}
