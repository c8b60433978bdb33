//! The gated product of a feed-forward part, and the residual's additions.

use super::LowerError;
use super::bounds::{Coefficients, signed_limit};
use super::emitter::{Emitter, Width};
use super::factor::{Factor, exp2};
use super::values::{Raw, Value, Vector};
use crate::isa::{Action, Gate};
use std::rc::Rc;
use weights::numeric::fixed_point::SIGMOID_FRACTION_WIDTH;

/// Pieces of a product: as many as the matrix of its second factor has.
const GATE_PIECES: usize = super::linear::GATE_PIECES;

impl<'n> Emitter<'n> {
    pub(super) fn silu(&mut self, input: &'n str) -> Result<Value<'n>, LowerError> {
        match self.value(input) {
            Value::Raw(raw) => Ok(Value::Opened(raw)),
            _ => Err(self.refuse_input(input, "a ternary matrix's result")),
        }
    }

    pub(super) fn multiply(
        &mut self,
        left: &'n str,
        right: &'n str,
    ) -> Result<Value<'n>, LowerError> {
        let (gate, up) = match (self.value(left), self.value(right)) {
            (Value::Opened(gate), Value::Raw(up)) | (Value::Raw(up), Value::Opened(gate)) => {
                (gate, up)
            }
            (Value::Opened(_), _) => {
                return Err(self.refuse_input(right, "a ternary matrix's result"));
            }
            _ => return Err(self.refuse_input(left, "a silu's result")),
        };
        if !Rc::ptr_eq(&gate.counts, &up.counts) {
            return Err(self.refuse(
                "its factors come from different norms",
                "feed gate and up from one norm",
            ));
        }
        let counts = Rc::clone(&gate.counts);
        let name = gate.matrix.name.clone();
        let product = product_max(&gate, &up);
        let limit = signed_limit(self.machine.value_width);
        let product_shift = ((product + 1.0) / limit).log2().ceil().max(0.0) as u32;
        let worst = product * exp2(-i64::from(product_shift)) + 0.5;
        self.prove(&name, "a gated product", worst, Width::Value)?;
        let argument = gate.unit * exp2(SIGMOID_FRACTION_WIDTH.into());
        let least = counts.bound.exponent_min;
        let factor = Factor::nearest(&name, "the sigmoid's argument", argument, least)?;

        let (elements, lanes) = (self.machine.elements as usize, self.machine.lanes as usize);
        let words = gate.layout.width / elements;
        let area = self.pools.temporaries.take(words);
        let tiles = gate.layout.width.div_ceil(lanes);
        let pieces = GATE_PIECES.min(tiles);
        for piece in 0..pieces {
            let edge = |piece: usize| (piece * tiles / pieces * lanes / elements).min(words) as u32;
            let (first, end) = (edge(piece), edge(piece + 1));
            let action = Gate {
                gate: gate.area.first() + first,
                up: up.area.first() + first,
                words: end - first,
                multiplier: factor.multiplier,
                shift: factor.shift,
                product_shift,
                input: counts.scalar.first(),
                destination: area.first() + first,
            };
            let rows = first as usize * elements..end as usize * elements;
            let remark = format!("{name}: silu times {}, channels {rows:?}", up.matrix.name);
            self.push(Action::Gate(action), remark);
        }
        Ok(Value::Vector(Rc::new(Vector {
            space: 2,
            area,
            layout: gate.layout.clone(),
            unit: gate.unit * up.unit * exp2(product_shift.into()),
            follows: Some(counts),
        })))
    }

    pub(super) fn add(&mut self, left: &'n str, right: &'n str) -> Result<Value<'n>, LowerError> {
        match (self.value(left), self.value(right)) {
            (Value::Residual, Value::Added) | (Value::Added, Value::Residual) => {
                Ok(Value::Residual)
            }
            (Value::Residual, _) => {
                Err(self.refuse_input(right, "a ternary matrix's result that only it reads"))
            }
            _ => Err(self.refuse_input(left, "the residual")),
        }
    }
}

/// The largest |gate · up| over the channels.
fn product_max(gate: &Raw<'_>, up: &Raw<'_>) -> f64 {
    let raw = |raw: &Raw<'_>, row: usize| {
        raw.counts.bound.raw(Coefficients::row(raw.matrix.row(row))).floor()
    };
    (0..gate.matrix.rows).map(|row| raw(gate, row) * raw(up, row)).fold(0.0, f64::max)
}
