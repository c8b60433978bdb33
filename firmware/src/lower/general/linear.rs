//! Vectors to trains, and trains through matrices.

use super::super::LowerError;
use super::super::factor::{Factor, exp2};
use super::composer::Composer;
use super::draft::Draft;
use super::value::{At, Train, Value, Vector};
use crate::isa::{Action, Finish, Follow, Matrix, Reduce, Space};
use std::rc::Rc;
use weights::network::{DigitMatrix, TernaryMatrix};
use weights::numeric::fixed_point::bit_length;

/// Fraction bits of the counts of a vector that is no spike train, where its values allow.
const COUNT_FRACTION: i64 = 5;

/// Sums of the rows of a matrix: the largest |Σ| for counts up to a bound.
fn row_sum(weights: impl Iterator<Item = i64>, train: &Train) -> f64 {
    let (mut plus, mut minus) = (0i64, 0i64);
    for weight in weights {
        if weight > 0 { plus += weight } else { minus -= weight }
    }
    let sum = if train.signed { plus + minus } else { plus.max(minus) };
    sum as f64 * train.bound as f64
}

impl<'n> Composer<'n> {
    /// The train of a value, made where it is first asked for.
    pub(super) fn train_of(&mut self, name: &'n str) -> Result<Rc<Train>, LowerError> {
        if let Some(train) = self.known_train(name) {
            return Ok(train);
        }
        let vector = self.vector(name)?;
        let most = self.design.machine.count_width;
        let whole = vector.bound.max(1e-6).log2().ceil() as i64;
        let fraction = COUNT_FRACTION.min(i64::from(most) - whole).min(vector.fraction);
        let bound = (vector.bound * exp2(fraction)).round().max(1.0) as u64;
        let bits = bit_length(bound as i64).min(most);
        let train = self.new_train(&vector.layout, vector.unit * exp2(-fraction), bound, true);
        let draft = Draft::over(vector.layout.width).vector(&vector);
        let draft = draft.multiply(crate::isa::Multiply::One, vector.fraction - fraction);
        let draft = draft.train(train.descriptor.first(), train.words.first(), bits);
        self.pass(draft, format!("{name}: its counts"))?;
        self.know_train(name, Rc::clone(&train));
        Ok(train)
    }

    /// The train of a vector for a matrix of several digits: its largest count fills the planes of one
    /// pass, and a scalar says how far the vector was shifted for that.
    pub(super) fn peak_train(
        &mut self,
        name: &str,
        vector: &Vector,
    ) -> Result<Rc<Train>, LowerError> {
        self.peak_train_of(name, vector, vector.layout.width, 0)
    }

    /// The same of `channels` channels, `per_head` words from head to head.
    pub(super) fn peak_train_of(
        &mut self,
        name: &str,
        vector: &Vector,
        channels: usize,
        per_head: usize,
    ) -> Result<Rc<Train>, LowerError> {
        let bits = self.one_pass_bits();
        let scalar = self.pools.scalars.take(1);
        let draft = Draft::over(channels).a(vector.at, per_head);
        let draft = draft.reduce(Reduce::Peak, Finish::PeakScale, scalar.first());
        self.pass(draft.finish_with(bits, 0), format!("{name}: its largest"))?;
        let layout = match per_head {
            0 => Rc::clone(&vector.layout),
            _ => Rc::new(super::super::values::Layout::plain(channels, self.elements())),
        };
        let theta = vector.unit * exp2(-vector.fraction);
        let mut train = (*self.new_train(&layout, theta, (1 << bits) - 1, true)).clone();
        train.largest = vector.unit * vector.bound;
        let draft = Draft::over(channels).a(vector.at, per_head);
        let draft = draft.follow(Follow::Shift, scalar.first());
        let draft = draft.train(train.descriptor.first(), train.words.first(), bits);
        self.pass(draft, format!("{name}: its counts"))?;
        train.scalar = Some(scalar);
        Ok(Rc::new(train))
    }

    /// Bits of counts that go through the array in one pass.
    pub(super) fn one_pass_bits(&self) -> u32 {
        let planes = self.machine.planes;
        let bits = match self.machine.radix {
            weights::numeric::Radix::Bitwise => planes,
            weights::numeric::Radix::Unary => (planes + 1).ilog2(),
        };
        bits.min(self.design.machine.count_width)
    }

    pub(super) fn new_train(
        &mut self,
        layout: &Rc<super::super::values::Layout>,
        theta: f64,
        bound: u64,
        signed: bool,
    ) -> Rc<Train> {
        let bits = bit_length(bound as i64).min(self.design.machine.count_width);
        self.machine.count_width = self.machine.count_width.max(bits);
        let words = layout.width.div_ceil(self.machine.slots as usize);
        let bound = bound.min((1 << bits) - 1);
        Rc::new(Train {
            descriptor: self.pools.descriptors.take(1),
            words: self.pools.trains.take(words),
            layout: Rc::clone(layout),
            theta,
            bound,
            signed,
            scalar: None,
            largest: theta * bound as f64,
        })
    }

    /// Words of R for a result.
    pub(super) fn result(&mut self, name: &str, words: usize) -> (At, super::super::pool::Area) {
        let every = self.phases.crosses(name);
        let area = match every {
            true => self.pools.results.take_unused(words * self.machine.context as usize),
            false => self.pools.results.take(words),
        };
        if every {
            self.keep_area(area.clone());
        }
        let at = At::fixed(Space::Results, area.first());
        (At { per_position: if every { words as u32 } else { 0 }, ..at }, area)
    }

    pub(super) fn linear(
        &mut self,
        input: &'n str,
        matrix: &'n TernaryMatrix,
    ) -> Result<Value<'n>, LowerError> {
        let train = self.train_of(input)?;
        let sum = |row: usize| row_sum(matrix.row(row).iter().map(|&w| i64::from(w)), &train);
        let worst = (0..matrix.rows).map(sum).fold(0.0, f64::max);
        let digits = std::slice::from_ref(&matrix.trits);
        self.product(&matrix.name, digits, worst, f64::from(matrix.scale), &train)
    }

    /// A matrix of several digits; its row scales are a second factor.
    pub(super) fn digit_linear(
        &mut self,
        input: &'n str,
        matrix: &'n DigitMatrix,
    ) -> Result<Value<'n>, LowerError> {
        let vector = self.vector(input)?;
        let train = match matrix.digits {
            1 => self.train_of(input)?,
            _ => self.peak_train(input, &vector)?,
        };
        let sum = |row: usize| row_sum(matrix.row(row).iter().map(|&w| i64::from(w)), &train);
        let worst = (0..matrix.rows).map(sum).fold(0.0, f64::max);
        let largest = matrix.row_scales.iter().fold(0f32, |largest, &scale| largest.max(scale));
        let largest = f64::from(largest);
        let product = self.product(&matrix.name, &matrix.planes(), worst, largest, &train)?;
        let Value::Vector(sums) = product else { unreachable!("a product is a vector") };
        if matrix.row_scales.iter().all(|&scale| f64::from(scale) == largest) {
            return Ok(Value::Vector(sums));
        }
        let relative: Vec<f64> =
            matrix.row_scales.iter().map(|&scale| f64::from(scale) / largest).collect();
        let width = i64::from(self.machine.value_width);
        let name = format!("{}: scales of its rows", matrix.name);
        let (scales, fraction) = self.real_constant(&name, &relative, &sums.layout, width - 2);
        let output = self.operation().output();
        let (at, area) = self.temporary(output, sums.layout.width / self.elements());
        let draft = Draft::over(sums.layout.width).vector(&sums).b(scales, 0);
        let draft = draft.join(crate::isa::Join::Multiply, fraction).to(at);
        self.pass(draft, name)?;
        Ok(Value::Vector(Rc::new(Vector { at, _area: area, ..(*sums).clone() })))
    }

    /// The factor of a product of a train; a scalar may take as much from its shift as a vector can be
    /// shifted for its counts.
    pub(super) fn train_factor(
        &self,
        name: &str,
        train: &Train,
        value: f64,
    ) -> Result<Factor, LowerError> {
        let most = match &train.scalar {
            Some(_) => i64::from(self.machine.value_width) - 1 - i64::from(self.one_pass_bits()),
            None => 0,
        };
        Factor::nearest(name, "scale behind its counts", value, -most)
    }

    /// The largest fraction of a product whose counts follow their peak: its factor's shift must hold
    /// what the scalar takes from it.
    pub(super) fn behind_peak(&self, unit: f64) -> i64 {
        let most = i64::from(self.machine.value_width) - 1 - i64::from(self.one_pass_bits());
        15 - most - unit.log2().floor() as i64 - 1
    }

    /// `scale · W · counts` to R.
    fn product(
        &mut self,
        name: &str,
        digits: &[Vec<weights::numeric::Trit>],
        worst: f64,
        scale: f64,
        train: &Train,
    ) -> Result<Value<'n>, LowerError> {
        self.prove_sum(name, worst)?;
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let unit = scale * train.theta;
        let bound = worst / train.bound as f64 * train.largest * scale;
        let mut fraction = self.fraction(bound);
        if train.scalar.is_some() {
            fraction = fraction.min(self.behind_peak(unit));
        }
        let factor = self.train_factor(name, train, unit * exp2(fraction))?;
        let base = self.store_matrix(name, digits, &layout, &train.layout)?;
        let (at, area) = self.result(output, layout.width / self.elements());
        let lanes = self.machine.lanes as usize;
        let tiles = layout.width.div_ceil(lanes);
        let matrix = Matrix {
            base,
            tiles: tiles as u32,
            stride: train.layout.width.div_ceil(self.machine.slots as usize) as u32,
            digits: digits.len() as u32,
            train: train.descriptor.first(),
            source: train.words.first(),
            address: at.first,
            multiplier: factor.multiplier,
            shift: factor.shift,
            scaling: train.scalar.is_some().into(),
            scalar: train.scalar.as_ref().map_or(0, |scalar| scalar.first()),
            last_rows: (layout.width - (tiles - 1) * lanes) as u32,
            ..Matrix::default()
        };
        let moves = [("address", [at.per_step, at.per_position, 0])];
        self.push(Action::Matrix(matrix), &moves, format!("{name}: its product"))?;
        let vector = Vector { at, _area: Some(area), layout, fraction, unit: 1.0, bound };
        Ok(Value::Vector(Rc::new(vector)))
    }
}
