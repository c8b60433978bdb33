//! Vectors to trains, and trains through matrices.

use super::super::LowerError;
use super::super::bounds::signed_bits;
use super::super::factor::{Factor, exp2};
use super::coded::Digits;
use super::composer::{Composer, Counts};
use super::draft::{Draft, Over, PerHead};
use super::reach::{self, Reach};
use super::value::{At, Energy, Train, Value, Vector};
use crate::isa::{Action, Finish, Follow, Matrix, Reduce};
use crate::machine::Memory;
use std::rc::Rc;
use weights::network::{DigitMatrix, Readout, TernaryMatrix};
use weights::numeric::fixed_point::bit_length;

/// The root mean square of normal values whose mean magnitude is one, √(π/2).
const NORMAL_MEAN: f64 = 1.2533;

/// Most digits of a weight in one instruction.
const DIGITS_MAX: usize = 7;

/// Largest shift of a join.
const JOIN_SHIFT_MAX: i64 = weights::numeric::pass::JOIN_SHIFT_MAX as i64;

impl<'n> Composer<'n> {
    /// The train of a value, made where it is first asked for.
    pub(super) fn train_of(&mut self, name: &'n str) -> Result<Rc<Train>, LowerError> {
        let known = self.known_train(name, Counts::Fixed);
        if let Some(train) = known.or_else(|| self.counted(name)) {
            return Ok(train);
        }
        let vector = self.vector(name)?;
        let Some(fraction) = self.count_fraction(&vector) else {
            // What is proven of the values is far above what they are: a square, say.
            let most = self.design.machine.count_width;
            let train = self.peak_train_of(name, &vector, vector.layout.width, None, most)?;
            self.know_train(name, Counts::Fixed, Rc::clone(&train));
            return Ok(train);
        };
        let draft = Draft::over(vector.layout.width).vector(&vector);
        let draft = draft.multiply(crate::isa::Multiply::One, vector.fraction - fraction);
        let (draft, train) = self.counts_of(&vector, fraction, draft);
        self.pass(draft, format!("{name}: its counts"))?;
        self.know_train(name, Counts::Fixed, Rc::clone(&train));
        Ok(train)
    }

    /// The fraction of the counts of a vector, where all that it can be is counted.
    pub(super) fn count_fraction(&self, vector: &Vector) -> Option<i64> {
        let whole = vector.bound.max(f64::MIN_POSITIVE).log2().ceil() as i64;
        // Counts of a mean magnitude; smaller values, as small gains make them, have as many.
        let counts = f64::from(self.design.encoder.mean_count) * NORMAL_MEAN;
        let mean = vector.length() / (vector.layout.places.len() as f64).sqrt();
        let small = -mean.clamp(f64::MIN_POSITIVE, 1.0).log2().ceil() as i64;
        let wanted = (counts.log2().round() as i64 + small).min(vector.fraction);
        let most = i64::from(self.design.machine.count_width) - whole;
        (wanted <= most).then_some(wanted)
    }

    /// Lets a pass whose result has that fraction emit the train of a vector.
    pub(super) fn counts_of(
        &mut self,
        vector: &Vector,
        fraction: i64,
        draft: Draft,
    ) -> (Draft, Rc<Train>) {
        let bound = (vector.bound * exp2(fraction)).round().max(1.0) as u64;
        let bits = bit_length(bound as i64).min(self.design.machine.count_width);
        let theta = vector.unit * exp2(-fraction);
        let mut train = (*self.new_train(&vector.layout, theta, bound, true)).clone();
        train.measure(vector, theta);
        (draft.train(train.number(), train.words.first(), bits), Rc::new(train))
    }

    /// The train of a vector for a matrix of several digits: its largest count fills the bits of the
    /// head's counts, and a scalar says how far the vector was shifted for that.
    pub(super) fn peak_train(
        &mut self,
        name: &'n str,
        vector: &Vector,
    ) -> Result<Rc<Train>, LowerError> {
        if let Some(train) = self.known_train(name, Counts::Peak) {
            return Ok(train);
        }
        let bits = self.design.machine.head_bits;
        let train = self.peak_train_of(name, vector, vector.layout.width, None, bits)?;
        self.know_train(name, Counts::Peak, Rc::clone(&train));
        Ok(train)
    }

    /// The same of `channels` channels, those of a head where it moves from head to head, in counts
    /// of `bits` bits.
    pub(super) fn peak_train_of(
        &mut self,
        name: &str,
        vector: &Vector,
        channels: usize,
        per_head: Option<PerHead>,
        bits: u32,
    ) -> Result<Rc<Train>, LowerError> {
        let scalar = self.pools.scalars.take(1);
        let head = per_head.unwrap_or_default();
        let draft = Draft::over(channels).a_heads(vector.at, head);
        let draft = draft.reduce(Reduce::Peak, Finish::PeakScale, scalar.first());
        self.pass(draft.finish_with(bits, 0), format!("{name}: its largest"))?;
        let layout = match per_head {
            None => Rc::clone(&vector.layout),
            Some(_) => Rc::new(super::super::layout::Layout::plain(channels, self.elements())),
        };
        let theta = vector.unit * exp2(-vector.fraction);
        let mut train = (*self.new_train(&layout, theta, (1 << bits) - 1, true)).clone();
        train.largest = vector.unit * vector.bound;
        train.measure(vector, train.largest * exp2(1 - i64::from(bits)));
        let draft = Draft::over(channels).a_heads(vector.at, head);
        let draft = draft.follow(Follow::Shift, scalar.first());
        let draft = draft.train(train.number(), train.words.first(), bits);
        self.pass(draft, format!("{name}: its counts"))?;
        train.scalar = Some(scalar);
        train.taken = i64::from(self.machine.value_width) - 1 - i64::from(bits);
        Ok(Rc::new(train))
    }

    pub(super) fn new_train(
        &mut self,
        layout: &Rc<super::super::layout::Layout>,
        theta: f64,
        bound: u64,
        signed: bool,
    ) -> Rc<Train> {
        let bits = bit_length(bound as i64).min(self.design.machine.count_width);
        self.machine.count_width = self.machine.count_width.max(bits);
        let words = layout.width.div_ceil(self.machine.slots as usize);
        let bound = bound.min((1 << bits) - 1);
        Rc::new(Train {
            descriptor: Some(self.pools.descriptors.take(1)),
            vectors: false,
            words: self.pools.trains.take(words),
            layout: Rc::clone(layout),
            theta,
            bound,
            signed,
            scalar: None,
            largest: theta * bound as f64,
            energy: Energy::of(f64::INFINITY),
            step: 0.0,
            taken: 0,
        })
    }

    /// The same of spikes that are one plane for each position of a chunk.
    pub(super) fn new_vectors(
        &mut self,
        layout: &Rc<super::super::layout::Layout>,
        theta: f64,
        signed: bool,
    ) -> Rc<Train> {
        let words = layout.width.div_ceil(self.machine.slots as usize);
        Rc::new(Train {
            descriptor: None,
            vectors: true,
            words: self.pools.planes.take(words),
            layout: Rc::clone(layout),
            theta,
            bound: 1,
            signed,
            scalar: None,
            largest: theta,
            energy: Energy::of(f64::INFINITY),
            step: 0.0,
            taken: 0,
        })
    }

    /// Words of R for a result.
    pub(super) fn result(&mut self, name: &str, words: usize) -> (At, super::super::pool::Area) {
        self.room(Memory::Results, name, words)
    }

    pub(super) fn linear(
        &mut self,
        input: &'n str,
        matrix: &'n TernaryMatrix,
    ) -> Result<Value<'n>, LowerError> {
        let digits = std::slice::from_ref(&matrix.trits);
        if let (None, Some(coded)) = (self.counted(input), self.coded(input)) {
            let row_scales = &vec![matrix.scale; matrix.rows];
            let of = Digits { name: &matrix.name, planes: digits, row_scales };
            let reach = |train: &Train| reach::of_ternary(matrix, train);
            return self.coded_product(&coded, &of, reach).map(|it| Value::Vector(Rc::new(it)));
        }
        let train = self.train_of(input)?;
        let reach = reach::of_ternary(matrix, &train);
        let scale = (f64::from(matrix.scale), self.useful(reach.alike));
        let product = self.product(&matrix.name, digits, reach, scale, &train)?;
        Ok(Value::Vector(Rc::new(product)))
    }

    /// A matrix of several digits; its row scales are a second factor.
    pub(super) fn digit_linear(
        &mut self,
        input: &'n str,
        matrix: &'n DigitMatrix,
    ) -> Result<Value<'n>, LowerError> {
        let train = match (self.counted(input), self.coded(input)) {
            (None, Some(coded)) => {
                let (planes, row_scales) = (&matrix.planes(), &matrix.row_scales);
                let of = Digits { name: &matrix.name, planes, row_scales };
                let reach = |train: &Train| reach::of_digits(matrix, train);
                return self.coded_product(&coded, &of, reach).map(|it| Value::Vector(Rc::new(it)));
            }
            (Some(train), _) => train,
            _ if matrix.digits == 1 => self.train_of(input)?,
            _ => {
                let vector = self.vector(input)?;
                self.peak_train(input, &vector)?
            }
        };
        let reach = reach::of_digits(matrix, &train);
        let largest = matrix.row_scales.iter().fold(0f32, |largest, &scale| largest.max(scale));
        let largest = f64::from(largest);
        let alike = matrix.row_scales.iter().all(|&scale| f64::from(scale) == largest);
        let most = if alike { self.useful(reach.alike) } else { i64::MAX };
        let sums = self.product(&matrix.name, &matrix.planes(), reach, (largest, most), &train)?;
        if alike {
            return Ok(Value::Vector(Rc::new(sums)));
        }
        let relative: Vec<f64> =
            matrix.row_scales.iter().map(|&scale| f64::from(scale) / largest).collect();
        let width = i64::from(self.machine.value_width);
        let name = format!("{}: scales of its rows", matrix.name);
        let (scales, scale_fraction) =
            self.real_constant(&name, &relative, &sums.layout, width - 2);
        let most = sums.fraction + scale_fraction;
        let fraction = self.fraction(reach.bound).min(most).min(self.useful(reach.bound));
        let fraction = fraction.max(most - JOIN_SHIFT_MAX);
        let output = self.operation().output();
        let (at, area) = self.temporary(output, sums.layout.width / self.elements());
        let draft = Draft::over(sums.layout.width).vector(&sums).b(scales);
        let draft = draft.join(crate::isa::Join::Multiply, most - fraction).to(at);
        self.pass(draft, name)?;
        let bound = reach.bound;
        Ok(Value::Vector(Rc::new(Vector { at, _area: area, fraction, bound, ..sums })))
    }

    /// The factor of a product of a train; a scalar may take as much from its shift as a vector can be
    /// shifted for its counts.
    pub(super) fn train_factor(
        name: &str,
        train: &Train,
        value: f64,
    ) -> Result<Factor, LowerError> {
        Factor::nearest(name, "scale behind its counts", value, -train.taken)
    }

    /// The largest fraction of a product of a train in this unit: its factor has 16 bits, and where its
    /// counts follow a scalar, the factor's shift must hold what the scalar takes from it.
    pub(super) fn fraction_behind(&self, train: &Train, bound: f64, unit: f64) -> i64 {
        self.fraction(bound).min(14 - train.taken - unit.log2().floor() as i64)
    }

    /// Whether the value of this operation is what the host takes.
    fn leaves(&self) -> bool {
        let network = self.network;
        network.readout == Readout::Vector && self.operation().output() == network.output
    }

    /// The fraction of a product that the host takes: none of whole numbers, and never so many bits that
    /// it could saturate.
    fn fraction_outside(
        &self,
        name: &str,
        train: &Train,
        bound: f64,
        unit: f64,
    ) -> Result<i64, LowerError> {
        let (width, needed) = (self.machine.value_width, signed_bits(bound));
        if needed > width {
            return Err(LowerError::Width {
                layer: name.to_owned(),
                quantity: "a product",
                worst: bound as u64,
                key: "machine.value_width",
                given: width,
                limit: (1 << (width - 1)) - 1,
                needed,
            });
        }
        let room = i64::from(width - needed);
        let is_whole = unit.fract() == 0.0 && train.scalar.is_none();
        Ok(if is_whole { 0 } else { self.fraction_behind(train, bound, unit).min(room) })
    }

    /// `scale · W · counts` to R, in at most so many fraction bits.
    fn product(
        &mut self,
        name: &str,
        digits: &[Vec<weights::numeric::Trit>],
        reach: Reach,
        (scale, most): (f64, i64),
        train: &Train,
    ) -> Result<Vector, LowerError> {
        let unit = scale * train.theta;
        let (bound, energy) = (reach.alike, Some(Energy::of(reach.energy)));
        let fraction = match self.leaves() {
            true => self.fraction_outside(name, train, bound, unit)?,
            false => self.fraction_behind(train, bound, unit).min(most),
        };
        let factor = Composer::train_factor(name, train, unit * exp2(fraction))?;
        let at = (fraction, bound);
        let sums = self.matrix_of(name, digits, reach.worst, train, factor, at)?;
        Ok(Vector { energy, ..sums })
    }

    /// Says that a train meets weights of so many digits: the lanes must keep digits apart whose counts
    /// take more than one pass.
    pub(super) fn meets(&mut self, train: &Train, digits: u32) {
        let bitwise = self.machine.radix == weights::numeric::Radix::Bitwise;
        let passes = bit_length(train.bound as i64) > self.machine.planes;
        let dense = bitwise && !self.machine.has_events();
        self.machine.digit_passes |= dense && digits > 1 && passes;
    }

    /// `factor · W · counts` to R; `worst` is the largest sum, and results have a fraction and a bound.
    pub(super) fn matrix_of(
        &mut self,
        name: &str,
        digits: &[Vec<weights::numeric::Trit>],
        worst: f64,
        train: &Train,
        factor: Factor,
        (fraction, bound): (i64, f64),
    ) -> Result<Vector, LowerError> {
        self.prove_sum(name, worst)?;
        if digits.len() > DIGITS_MAX {
            return Err(self.refuse(
                format!(
                    "its weights have {} digits, an instruction takes {DIGITS_MAX}",
                    digits.len()
                ),
                "quantise it to fewer digits, or to two terms",
            ));
        }
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let base = self.store_matrix(name, digits, &layout, &train.layout)?;
        let (at, area) = self.result(output, layout.width / self.elements());
        self.meets(train, digits.len() as u32);
        let lanes = self.machine.lanes as usize;
        let tiles = layout.width.div_ceil(lanes);
        let bundle = self.bundle().filter(|_| train.vectors);
        if bundle.is_some() {
            self.leave_bundle()?;
        }
        let matrix = Matrix {
            vectors: bundle.map_or(0, |bundle| bundle.count),
            // A chunk may end early, as the text does.
            within: bundle.is_some_and(|bundle| bundle.over == Over::Within).into(),
            apart: bundle.map_or(0, |bundle| bundle.apart(at)),
            base,
            tiles: tiles as u32,
            stride: self.stride(train)?,
            digits: digits.len() as u32,
            train: train.number(),
            source: train.words.first(),
            address: at.first,
            multiplier: factor.multiplier,
            shift: factor.shift,
            scaling: train.scalar.is_some().into(),
            scalar: train.scalar.as_ref().map_or(0, |scalar| scalar.first()),
            last_rows: (layout.width - (tiles - 1) * lanes) as u32,
            ..Matrix::default()
        };
        let moves = [("address", [at.per_step, at.per_position, 0, 0, at.within])];
        self.push(Action::Matrix(matrix), &moves, format!("{name}: its product"))?;
        Ok(Vector { at, _area: Some(area), layout, fraction, unit: 1.0, bound, energy: None })
    }
}
