//! Matrices of levels: raw sums, then the scale of the token and those of the rows.
//!
//! ```text
//!  one sum    W·c ─► · S · g
//!  two sums   W·c ─► · S │ W·c' ─► · S' + the other │ · g
//! ```

use super::super::LowerError;
use super::super::factor::{Factor, exp2};
use super::composer::Composer;
use super::draft::Draft;
use super::reach::Reach;
use super::value::{At, Coded, Energy, LevelScale, Train, Vector};
use crate::isa::{Join, Multiply, Space};
use std::rc::Rc;
use weights::numeric::Trit;
use weights::numeric::pass::JOIN_SHIFT_MAX;

/// A matrix as its digits and the scales of its rows.
pub(super) struct Digits<'a> {
    pub(super) name: &'a str,
    pub(super) planes: &'a [Vec<Trit>],
    pub(super) row_scales: &'a [f32],
}

/// Raw sums in R and what one of them is worth: the level times two to the shift.
struct Sums<'a> {
    vector: Vector,
    dropped: i64,
    scale: &'a LevelScale,
}

impl<'n> Composer<'n> {
    /// The counts that a code consists of, where they are in one unit.
    pub(super) fn counted(&self, input: &str) -> Option<Rc<Train>> {
        match self.coded(input)?.parts.as_slice() {
            [part] if part.scale.is_none() => Some(Rc::clone(&part.train)),
            _ => None,
        }
    }

    /// `g · W · x` of a code with scales of the token; `reach` says what the rows make of a train.
    pub(super) fn coded_product(
        &mut self,
        coded: &Coded,
        matrix: &Digits<'_>,
        reach: impl Fn(&Train) -> Reach,
    ) -> Result<Vector, LowerError> {
        let reaches: Vec<Reach> = coded.parts.iter().map(|part| reach(&part.train)).collect();
        // Each part was bounded as if it were the whole vector, so that the coarsest bounds their sum.
        let most = |of: fn(&Reach) -> f64| reaches.iter().map(of).fold(1e-9, f64::max);
        let largest = matrix.row_scales.iter().fold(0f32, |largest, &scale| largest.max(scale));
        let unit =
            coded.parts.iter().find_map(|part| part.scale.as_ref()).map_or(1.0, |it| it.unit);
        // Before the scales of rows and the unit.
        let unscaled = most(|it| it.alike) / f64::from(largest) / unit;
        let mut sums = Vec::new();
        for (part, reach) in coded.parts.iter().zip(&reaches) {
            let scale = part.scale.as_ref().expect("levels have a scale of their token");
            sums.push(self.sums(matrix, &part.train, reach, scale)?);
        }
        let width = i64::from(self.machine.value_width);
        let within = |it: &Sums| it.scale.fraction - it.dropped;
        let coarsest = sums.iter().map(within).min().unwrap_or(0);
        let finest = sums.iter().map(within).max().unwrap_or(0);
        let fraction = (width - 2 - unscaled.log2().ceil() as i64).min(coarsest);
        if finest - fraction > i64::from(JOIN_SHIFT_MAX) {
            return Err(self.refuse(
                format!("its sums of levels can reach {unscaled}, beyond what shifts take back"),
                "choose another machine.value_width",
            ));
        }
        let layout = Rc::clone(&sums[0].vector.layout);
        let words = layout.width / self.elements();
        let name = format!("{}: scales of its rows", matrix.name);
        let scales: Vec<f64> =
            matrix.row_scales.iter().map(|&scale| unit * f64::from(scale)).collect();
        let (scales, scale_fraction) = self.real_constant(&name, &scales, &layout, width + 7);
        let bound = most(|it| it.bound);
        let both = fraction + scale_fraction;
        let out = self.fraction(bound).min(both).min(self.useful(bound));
        let output = self.operation().output();
        let (at, area) = self.temporary(output, words);
        let level = |it: &Sums| At::fixed(Space::Level, it.scale.level.first());
        let first = &sums[0];
        let draft = Draft::over(layout.width).vector(&first.vector).b(level(first));
        let draft = draft.join(Join::Multiply, within(first) - fraction);
        let draft = match sums.get(1) {
            None => draft.c(scales).multiply(Multiply::C, both - out),
            Some(second) => {
                let (scratch, _held) = self.scratch(words);
                self.pass(draft.to(scratch), format!("{}: in their unit", matrix.name))?;
                let draft = Draft::over(layout.width).vector(&second.vector).b(scratch);
                let draft =
                    draft.c(level(second)).join(Join::MultiplyAdd, within(second) - fraction);
                self.pass(draft.to(scratch), format!("{}: both sums", matrix.name))?;
                Draft::over(layout.width).a(scratch).b(scales).multiply(Multiply::B, both - out)
            }
        };
        self.pass(draft.to(at), name)?;
        let energy = Some(Energy::of(most(|it| it.energy)));
        Ok(Vector { at, _area: area, layout, fraction: out, unit: 1.0, bound, energy })
    }

    /// Raw sums to R.
    fn sums<'a>(
        &mut self,
        matrix: &Digits<'_>,
        train: &Train,
        reach: &Reach,
        scale: &'a LevelScale,
    ) -> Result<Sums<'a>, LowerError> {
        let width = i64::from(self.machine.value_width);
        let needed = reach.worst.max(1.0).log2().floor() as i64 + 2;
        let dropped = (needed - width).max(0);
        let factor = Factor { multiplier: 1, shift: dropped as u32 };
        let at = (0, reach.worst * exp2(-dropped));
        let vector = self.matrix_of(matrix.name, matrix.planes, reach.worst, train, factor, at)?;
        Ok(Sums { vector, dropped, scale })
    }
}
