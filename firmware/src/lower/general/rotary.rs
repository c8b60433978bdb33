//! Rotary positions: the two channels of a pair are neighbours and turn by the angle of the position.
//!
//! ```text
//!  partners · ±sine ─► T │ x · cosine + T
//! ```

use super::super::LowerError;
use super::super::layout::Layout;
use super::cache::Heads;
use super::composer::Composer;
use super::draft::{Draft, Over};
use super::value::{Angles, At, Energy, Value, Vector};
use crate::isa::{Extent, Join, Multiply};
use std::rc::Rc;
use weights::network::RotaryPairing;

/// What a rotation does.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    pub(super) heads: usize,
    pub(super) width: usize,
    pub(super) base: f32,
    pub(super) pairing: RotaryPairing,
}

impl<'n> Composer<'n> {
    pub(super) fn rotary(&mut self, input: &str, turn: Turn) -> Result<Value<'n>, LowerError> {
        let x = self.vector(input)?;
        let output = self.operation().output();
        let layout = Layout::heads(turn.heads, turn.width, self.elements(), turn.pairing);
        if *x.layout != layout {
            return Err(self.refuse(
                format!("the pairs of `{input}` do not lie side by side"),
                "read a matrix, and give all rotations of a value equal heads",
            ));
        }
        let angles = self.angles(turn)?;
        // A pair of the largest channels can turn into one of them.
        let bound = x.bound * std::f64::consts::SQRT_2;
        let fraction = self.fraction(bound).min(x.fraction);
        let shift = angles.fraction + x.fraction - fraction;
        if shift > i64::from(weights::numeric::pass::JOIN_SHIFT_MAX) {
            return Err(self.refuse(
                format!("its values are up to {bound}, which leaves them too few fraction bits"),
                "raise machine.value_width",
            ));
        }
        let (width, words) = (x.layout.width, x.layout.width / self.elements());
        let (partners, _held) = self.scratch(words);
        let draft = Draft::over(width).a(x.at).swap().b(angles.sines);
        let draft = draft.join(Join::Multiply, shift).to(partners);
        self.pass(draft, format!("{output}: partners times sines"))?;
        let (at, area) = self.temporary(output, words);
        let draft = Draft::over(width).a(x.at).b(partners).c(angles.cosines);
        let draft = draft.join(Join::MultiplyAdd, shift).to(at);
        self.pass(draft, format!("{output}: turned"))?;
        let (layout, energy) = (Rc::clone(&x.layout), Some(Energy::of(x.length())));
        let vector = Vector { at, _area: area, layout, fraction, unit: x.unit, bound, energy };
        Ok(Value::Vector(Rc::new(vector)))
    }

    /// The angles where the token stands. Without loops over positions they are fetched once a token,
    /// for as many heads as any rotation of the network has.
    fn angles(&mut self, turn: Turn) -> Result<Angles, LowerError> {
        let Turn { width, base, pairing, .. } = turn;
        let name = format!("rotary {width} channels {pairing:?}, base {base}");
        if let Some(angles) = self.angles.get(&name) {
            return Ok(angles.clone());
        }
        let heads = self.network.operations.iter().map(heads_of).max().unwrap_or(1);
        let (table, fraction) = self.angle_table(&name, turn);
        let words = width.div_ceil(self.elements());
        let every = Heads { groups: heads, shared: 1, width, words };
        let ((cosines, held), (sines, held_too)) =
            (self.scratch(heads * words), self.scratch(heads * words));
        let block = self.phases.block;
        if !block {
            self.open(Over::Positions, Extent::Here, 1, format!("{name}: where the token stands"))?;
        }
        self.each_head(every, &name, |it| {
            for (what, from, to) in
                [("cosines", table, cosines), ("sines", table.plus(words), sines)]
            {
                let draft = Draft::over(words * it.elements()).a(from).multiply(Multiply::One, 0);
                let draft = draft.write_heads(to, every.of_queries(words));
                it.pass(draft, format!("{name}: {what} for a head"))?;
            }
            Ok(())
        })?;
        let angles = Angles { cosines, sines, fraction, _areas: [held, held_too] };
        if !block {
            self.close()?;
            self.angles.insert(name, angles.clone());
        }
        Ok(angles)
    }

    /// Cosines and signed sines of every position, as constants.
    fn angle_table(&mut self, name: &str, turn: Turn) -> (At, i64) {
        let Turn { width, base, pairing, .. } = turn;
        let layout = Layout::heads(1, width, self.elements(), pairing);
        let fraction = i64::from(self.machine.value_width) - 2;
        let one = (fraction as f64).exp2();
        let mut values = Vec::new();
        for position in 0..self.machine.context {
            let mut row = vec![0; 2 * layout.width];
            for &place in &layout.places {
                let exponent = -2.0 * (place / 2) as f64 / width as f64;
                let angle = f64::from(position) * f64::from(base).powf(exponent);
                let sign = if place.is_multiple_of(2) { -1.0 } else { 1.0 };
                row[place] = (angle.cos() * one).round() as i64;
                row[layout.width + place] = (sign * angle.sin() * one).round() as i64;
            }
            values.extend(row);
        }
        let per_position = (2 * layout.width / self.elements()) as u32;
        (self.constant(name, values).each_position(per_position), fraction)
    }
}

/// Heads of a rotation; none of what is no rotation.
fn heads_of(operation: &weights::network::Operation) -> usize {
    match operation {
        weights::network::Operation::Rotary { heads, .. } => *heads,
        _ => 0,
    }
}
