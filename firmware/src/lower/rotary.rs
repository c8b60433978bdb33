//! Rotary positions: queries and keys turn by the angle of their position.

use super::LowerError;
use super::bounds::{Coefficients, signed_limit};
use super::emitter::{Emitter, Width};
use super::factor::exp2;
use super::values::{Raw, Turned, Value};
use crate::isa::{Action, Rotate};
use std::ops::Range;
use std::rc::Rc;
use weights::network::{Operation, RotaryPairing};
use weights::numeric::fixed_point::digit_magnitude_bits;

/// Pieces of a query.
const QUERY_PIECES: usize = 2;

impl<'n> Emitter<'n> {
    pub(super) fn rotary(
        &mut self,
        input: &'n str,
        head_width: usize,
        base: f32,
        pairing: RotaryPairing,
    ) -> Result<Value<'n>, LowerError> {
        let Value::Raw(raw) = self.value(input) else {
            return Err(self.refuse_input(input, "a ternary matrix's result"));
        };
        let output = self.network.operations[self.index].output();
        let bits = match self.sole_consumer(output) {
            Some(Operation::AttentionScores { query, .. }) if query == output => {
                self.design.machine.attention_bits
            }
            Some(Operation::AttentionScores { .. }) => {
                digit_magnitude_bits(self.machine.key_value_digits)
            }
            _ => {
                return Err(self.refuse(
                    "its result is read by something else than one attention_scores",
                    "order the operations as in a BitNet block",
                ));
            }
        };
        let name = &raw.matrix.name;
        let elements = self.machine.elements as usize;
        let heads = raw.matrix.rows / head_width;
        let head_words = head_width.div_ceil(elements);
        let (raw_max, real_max) = turned_bounds(&raw, head_width, pairing);

        // Cosines are rounded to the grid of their width, results to integers.
        let fraction = self.machine.value_width - 2;
        let raw_max = raw_max * (1.0 + exp2(1 - i64::from(fraction)));
        let limit = signed_limit(self.machine.value_width) - 1.0;
        let guard = (limit / raw_max.max(1.0)).log2().floor().clamp(0.0, fraction.into()) as u32;
        let scaled = |bound: f64| bound * exp2(guard.into()) + 1.0;
        self.prove(name, "a turned result", scaled(raw_max), Width::Value)?;

        let area = self.pools.temporaries.take(heads * head_words);
        let scalars = self.pools.scalars.take(heads);
        let table = self.rotary_table(head_width, base);
        for piece in self.head_pieces(output, heads) {
            let words = (piece.start * head_words) as u32;
            let action = Rotate {
                address: raw.area.first() + words,
                words: head_words as u32,
                heads: piece.len() as u32,
                table,
                shift: fraction - guard,
                destination: area.first() + words,
                bits,
                input: raw.counts.scalar.first(),
                output: scalars.first() + piece.start as u32,
            };
            self.push(Action::Rotate(action), format!("{name}: turn {} heads", piece.len()));
        }
        Ok(Value::Turned(Rc::new(Turned {
            name: name.clone(),
            area,
            heads,
            head_width,
            head_words,
            scalars,
            unit: raw.unit * exp2(-i64::from(guard)),
            real_max: scaled(real_max),
            exponent_min: raw.counts.bound.exponent_min,
        })))
    }

    /// Heads of a rotary's result, in pieces: those of a query, so that the first scores need not
    /// wait for the last head.
    pub(super) fn head_pieces(&self, output: &str, heads: usize) -> Vec<Range<usize>> {
        let is_query = |operation: &Operation| matches!(operation, Operation::AttentionScores { query, .. } if query == output);
        let pieces = match self.sole_consumer(output).is_some_and(is_query) {
            true => QUERY_PIECES.min(heads),
            false => 1,
        };
        (0..pieces).map(|piece| piece * heads / pieces..(piece + 1) * heads / pieces).collect()
    }

    /// The table of cosines and sines of a head width, made when it is first needed.
    fn rotary_table(&mut self, head_width: usize, base: f32) -> u32 {
        let name = format!("rotary {head_width} channels, base {base}");
        if let Some(&first) = self.tables.get(&name) {
            return first;
        }
        let elements = self.machine.elements as usize;
        let one = exp2(i64::from(self.machine.value_width) - 2);
        let mut values = Vec::new();
        for position in 0..self.machine.context {
            let angle = |channel: usize| {
                let exponent = -2.0 * (channel / 2) as f64 / head_width as f64;
                f64::from(position) * f64::from(base).powf(exponent)
            };
            for word in 0..head_width.div_ceil(elements) {
                let channels = || word * elements..(word + 1) * elements;
                let fixed = |value: f64| (value * one).round() as i64;
                let inside = |channel: usize| f64::from(u8::from(channel < head_width));
                values.extend(channels().map(|c| fixed(inside(c) * angle(c).cos())));
                let sign = |channel: usize| if channel.is_multiple_of(2) { -1.0 } else { 1.0 };
                values.extend(channels().map(|c| fixed(inside(c) * sign(c) * angle(c).sin())));
            }
        }
        let first = self.keep_constants(&name, values);
        self.tables.insert(name, first);
        first
    }
}

/// The largest |y| and |y| · 2^-f of turned raw sums, over all pairs.
fn turned_bounds(raw: &Raw<'_>, head_width: usize, pairing: RotaryPairing) -> (f64, f64) {
    let half = head_width / 2;
    let (first, step) = match pairing {
        RotaryPairing::Halves => (1, half),
        RotaryPairing::Neighbours => (2, 1),
    };
    let mut largest = (0f64, 0f64);
    for head in 0..raw.matrix.rows / head_width {
        for pair in 0..half {
            let row = head * head_width + pair * first;
            let (a, b) = (raw.matrix.row(row), raw.matrix.row(row + step));
            let turned = Coefficients::turned(a, b);
            let bound = &raw.counts.bound;
            largest.0 = largest.0.max(bound.raw(turned));
            largest.1 = largest.1.max(bound.real(turned));
        }
    }
    largest
}
