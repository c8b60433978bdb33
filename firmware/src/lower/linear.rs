//! Ternary matrices: raw sums to R, or added to the residual.

use super::LowerError;
use super::bounds::Coefficients;
use super::emitter::{Emitter, Width};
use super::factor::{Factor, exp2};
use super::values::{Counts, Layout, Raw, Value};
use crate::isa::{Action, Matrix};
use std::rc::Rc;
use weights::network::{Operation, RotaryPairing, TernaryMatrix};

/// Pieces of the second factor of a product: the vector unit multiplies one while the array works
/// on the next.
pub(super) const GATE_PIECES: usize = 8;

impl<'n> Emitter<'n> {
    pub(super) fn linear(
        &mut self,
        input: &'n str,
        matrix: &'n TernaryMatrix,
    ) -> Result<Value<'n>, LowerError> {
        let Value::Counts(counts) = self.value(input) else {
            return Err(self.refuse_input(input, "a norm's result"));
        };
        let output = self.network.operations[self.index].output();
        let elements = self.machine.elements as usize;
        let plain = Layout::plain(matrix.rows, elements);
        let (layout, pieces) = match self.sole_consumer(output) {
            Some(Operation::Add { left, right, .. }) => {
                let residual = if left == output { right } else { left };
                return self.linear_added(matrix, &counts, residual);
            }
            Some(Operation::Rotary { heads, head_width, pairing, output, .. }) => {
                let layout = Layout::heads(*heads, *head_width, elements, *pairing);
                (layout, self.head_pieces(output, *heads).len())
            }
            Some(Operation::WeightedValues { shape, .. }) => {
                let (heads, width) = (shape.key_value_heads, shape.head_width);
                (Layout::heads(heads, width, elements, RotaryPairing::Neighbours), 1)
            }
            Some(Operation::Apply { .. }) => (plain, 1),
            Some(Operation::Multiply { .. }) => (plain, GATE_PIECES),
            _ => {
                return Err(self.refuse(
                    "its result is read by something else than one rotary, weighted_values, \
                     apply, multiply or add",
                    "order the operations as in a BitNet block",
                ));
            }
        };
        self.linear_raw(matrix, counts, layout, pieces)
    }

    /// States the widths of a matrix's sums; yields its largest sum.
    fn prove_sums(&mut self, matrix: &TernaryMatrix, counts: &Counts) -> Result<f64, LowerError> {
        let raw = |row| counts.bound.raw(Coefficients::row(matrix.row(row)));
        let worst = (0..matrix.rows).map(raw).fold(0.0, f64::max);
        self.prove(&matrix.name, "a sum", worst, Width::Accumulator)?;
        Ok(worst)
    }

    fn linear_raw(
        &mut self,
        matrix: &'n TernaryMatrix,
        counts: Rc<Counts>,
        layout: Layout,
        pieces: usize,
    ) -> Result<Value<'n>, LowerError> {
        let worst = self.prove_sums(matrix, &counts)?;
        self.prove(&matrix.name, "a result", worst, Width::Value)?;
        let area = self.pools.results.take(layout.width / self.machine.elements as usize);
        let digits = std::slice::from_ref(&matrix.trits);
        let base = self.store_matrix(&matrix.name, digits, &layout, &counts.layout)?;
        self.push_matrix(matrix, &counts, base, layout.width, pieces, |matrix, first_word| {
            matrix.address = area.first() + first_word;
            (matrix.multiplier, matrix.shift) = (Factor::ONE.multiplier, Factor::ONE.shift);
        });
        let unit = f64::from(matrix.scale) * counts.gain;
        Ok(Value::Raw(Rc::new(Raw { area, layout, unit, counts, matrix })))
    }

    fn linear_added(
        &mut self,
        matrix: &'n TernaryMatrix,
        counts: &Counts,
        residual: &str,
    ) -> Result<Value<'n>, LowerError> {
        if !matches!(self.value(residual), Value::Residual) {
            return Err(self.refuse_input(residual, "the residual"));
        }
        if self.later_consumers(residual).count() > 1 {
            return Err(self.refuse(
                format!("`{residual}` is read again after this is added to it"),
                "order the operations as in a BitNet block",
            ));
        }
        self.prove_sums(matrix, counts)?;
        let worst = self.residual.worst[&matrix.name];
        self.prove(&matrix.name, "the residual behind it", worst, Width::Value)?;
        let unit = f64::from(matrix.scale) * counts.gain * exp2(self.residual.fraction);
        let least = counts.bound.exponent_min;
        let factor = Factor::nearest(&matrix.name, "scale times gain", unit, least)?;
        let layout = Layout::plain(matrix.rows, self.machine.elements as usize);
        let digits = std::slice::from_ref(&matrix.trits);
        let base = self.store_matrix(&matrix.name, digits, &layout, &counts.layout)?;
        self.push_matrix(matrix, counts, base, layout.width, 1, |matrix, first_word| {
            matrix.address = first_word;
            matrix.destination = 2;
            (matrix.multiplier, matrix.shift) = (factor.multiplier, factor.shift);
            matrix.scaling = 1;
            matrix.scalar = counts.scalar.first();
        });
        Ok(Value::Added)
    }

    /// Pushes a matrix of `rows` places in pieces of whole tiles; `finish` gets the first word of
    /// the result that a piece writes.
    fn push_matrix(
        &mut self,
        matrix: &TernaryMatrix,
        counts: &Counts,
        base: u32,
        rows: usize,
        pieces: usize,
        finish: impl Fn(&mut Matrix, u32),
    ) {
        let lanes = self.machine.lanes as usize;
        let tiles = rows.div_ceil(lanes);
        let pieces = pieces.min(tiles);
        let stride = counts.layout.width.div_ceil(self.machine.slots as usize);
        for piece in 0..pieces {
            let (first, end) = (piece * tiles / pieces, (piece + 1) * tiles / pieces);
            let mut action = Matrix {
                base: base + (first * stride) as u32,
                tiles: (end - first) as u32,
                stride: stride as u32,
                digits: 1,
                train: counts.train.first(),
                source: counts.words.first(),
                last_rows: (rows.min(end * lanes) - (end - 1) * lanes) as u32,
                ..Matrix::default()
            };
            finish(&mut action, (first * lanes) as u32 / self.machine.elements);
            let part = match pieces {
                1 => String::new(),
                _ => format!(", rows {}..{}", first * lanes, rows.min(end * lanes)),
            };
            let name = &matrix.name;
            let norm = &counts.name;
            self.push(Action::Matrix(action), format!("{name}: of the counts of {norm}{part}"));
        }
    }
}
