//! Vectors to the spikes of a code, once for all matrices that read them.
//!
//! ```text
//!  counts   Σ|x| ─► power of two │ x over it ─► train
//!  levels   max x, max −x ─► S, 1/S, Z │ (x + Z·S) / S ─► neuron of 4 bits ─► − Z ─► train
//!                                      └ the same with more bits for salient channels
//! ```
//!
//! The levels of a salient channel go through the array as one count: what its steps add up to. The
//! range of a vector reaches from its smallest to its largest channel, zero included.

use super::super::LowerError;
use super::super::factor::{Factor, exp2};
use super::super::pool::Area;
use super::composer::Composer;
use super::draft::Draft;
use super::value::{At, Coded, LevelScale, Part, Train, Value, Vector};
use crate::isa::{
    Finish, Follow, Join, Multiply, Pass, Quantiser, Reduce, RuleReset, Space, SpikeLevels, Theta,
};
use std::rc::Rc;
use weights::network::{GIF_BITS, LevelCode, SpikeCode};
use weights::numeric::fixed_point::{CountTarget, UNIT_WIDTH, bit_length};
use weights::numeric::pass::FunctionTable;

/// Fraction bits of a level before it is rounded.
const LEVEL_FRACTION: i64 = 8;

/// The largest level of a channel that is not salient.
const PLAIN_TOP: i64 = (1 << GIF_BITS) - 1;

/// The most that steps emit, where that is less than there are levels.
fn emitted(code: &LevelCode) -> Option<i64> {
    Some(code.emitted_max()).filter(|&most| most < code.salient_top())
}

/// The registers of a scale: S, 1 / S and Z · S, and Z.
struct Scale {
    level: Area,
    fraction: i64,
    reciprocal: Area,
    zero: Area,
    zero_point: Area,
}

/// What becomes of the levels of some channels.
struct Channels<'a> {
    /// Bits of a level.
    bits: u32,
    /// How much finer levels are than their scale, in bits.
    finer: u32,
    /// The largest level that is emitted, where it is less than the bits hold.
    emitted: Option<i64>,
    /// The zero point of these levels.
    zero_point: &'a Area,
    /// The factor of each channel: zero where it is none of these.
    mask: Option<At>,
}

fn level(area: &Area) -> At {
    At::fixed(Space::Level, area.first())
}

impl<'n> Composer<'n> {
    pub(super) fn encode(
        &mut self,
        input: &'n str,
        code: &'n SpikeCode,
    ) -> Result<Value<'n>, LowerError> {
        let x = self.vector(input)?;
        let parts = match code {
            SpikeCode::Counts { mean_count } => vec![self.counts(&x, *mean_count)?],
            SpikeCode::Levels(code) => self.level_parts(&x, code)?,
        };
        Ok(Value::Coded(Rc::new(Coded { parts })))
    }

    fn counts(&mut self, x: &Vector, mean_count: f64) -> Result<Part, LowerError> {
        let name = self.operation().output();
        let channels = x.layout.places.len();
        let root = std::f64::consts::SQRT_2;
        // A threshold is at least a mantissa's unit, and at least the mean over k √2.
        let most = (root * mean_count * channels as f64).min(x.bound * exp2(x.fraction)) + 1.0;
        let (given, needed) = (self.design.machine.count_width, bit_length(most as i64));
        if needed > given {
            let limit = (1 << given) - 1;
            let (layer, quantity, worst) = (name.to_owned(), "a count", most as u64);
            let key = "machine.count_width";
            return Err(LowerError::Width { layer, quantity, worst, key, given, limit, needed });
        }
        let target = CountTarget::new(mean_count, channels);
        let scalar = self.pools.scalars.take(1);
        let draft = Draft::over(x.layout.width).vector(x);
        let draft = draft.reduce(Reduce::Magnitudes, Finish::CountScale, scalar.first());
        let draft = draft.finish_with(target.mantissa as u32, target.exponent as i32);
        self.pass(draft, format!("{name}: the power of two of its mean"))?;
        let theta = x.unit * exp2(-x.fraction);
        let mut train = (*self.new_train(&x.layout, theta, most as u64, true)).clone();
        // The mean of magnitudes is no more than the root of that of squares.
        let mean = x.length() / (channels as f64).sqrt();
        let threshold = (root * mean / mean_count).max(exp2(-x.fraction));
        train.largest = x.unit * (x.bound + threshold / 2.0);
        train.measure(x, x.unit * threshold);
        train.taken = ((threshold * exp2(x.fraction)).log2().ceil() as i64).max(0);
        let draft = Draft::over(x.layout.width).vector(x).follow(Follow::Shift, scalar.first());
        let draft = draft.train(train.number(), train.words.first(), needed);
        self.pass(draft, format!("{name}: counts"))?;
        train.scalar = Some(scalar);
        Ok(Part { train: Rc::new(train), scale: None })
    }

    fn level_parts(&mut self, x: &Rc<Vector>, code: &LevelCode) -> Result<Vec<Part>, LowerError> {
        let name = self.operation().output();
        let (largest, smallest) = (self.pools.levels.take(1), self.pools.levels.take(1));
        let width = x.layout.width;
        let draft = Draft::over(width).vector(x);
        let draft = draft.reduce(Reduce::Largest, Finish::Level, largest.first());
        self.pass(draft.finish_with(1, 0), format!("{name}: its largest"))?;
        let draft = Draft::over(width).a(Composer::nothing()).b(x.at).join(Join::Subtract, 0);
        let draft = draft.reduce(Reduce::Largest, Finish::Level, smallest.first());
        self.pass(draft.finish_with(1, 0), format!("{name}: its smallest, negated"))?;
        let range = (&largest, &smallest);
        match code.tied && !code.salient.is_empty() {
            true => Ok(vec![self.one_sum(x, range, code)?]),
            false => self.two_sums(x, range, code),
        }
    }

    /// Salient channels with a scale of their own.
    fn two_sums(
        &mut self,
        x: &Vector,
        range: (&Area, &Area),
        code: &LevelCode,
    ) -> Result<Vec<Part>, LowerError> {
        let (all, none) = (code.salient.len() == x.layout.places.len(), code.salient.is_empty());
        let mut parts = Vec::new();
        if !all {
            let scale = self.scale(x, range, PLAIN_TOP, 0)?;
            let mask = (!none).then(|| self.mask(x, code, false, 1));
            let (zero_point, finer) = (&scale.zero_point, 0);
            let of = Channels { bits: GIF_BITS, finer, emitted: None, zero_point, mask };
            parts.push(self.part(x, &scale, PLAIN_TOP, of)?);
        }
        if !none {
            let top = code.salient_top();
            let scale = self.scale(x, range, top, 0)?;
            let mask = (!all).then(|| self.mask(x, code, true, 1));
            let (zero_point, emitted) = (&scale.zero_point, emitted(code));
            let bits = GIF_BITS + code.added_bits;
            let of = Channels { bits, finer: 0, emitted, zero_point, mask };
            parts.push(self.part(x, &scale, top, of)?);
        }
        Ok(parts)
    }

    /// The scale of salient channels is that of the others over their steps: a level of the others
    /// weighs as many salient ones as there are steps.
    fn one_sum(
        &mut self,
        x: &Vector,
        range: (&Area, &Area),
        code: &LevelCode,
    ) -> Result<Part, LowerError> {
        let name = self.operation().output();
        let (width, words) = (x.layout.width, x.layout.width / self.elements());
        let scale = self.scale(x, range, PLAIN_TOP, code.added_bits)?;
        let zero_point = self.pools.levels.take(1);
        let draft = Draft::over(1).a(level(&scale.zero_point));
        let draft = draft.reduce(Reduce::Sum, Finish::Level, zero_point.first());
        self.pass(draft.finish_with(code.steps(), 0), format!("{name}: finer zero point"))?;
        let (others, _held) = self.scratch(words);
        let mask = Some(self.mask(x, code, false, code.steps().into()));
        let plain = &scale.zero_point;
        let of = Channels { bits: GIF_BITS, finer: 0, emitted: None, zero_point: plain, mask };
        let draft = self.codes(x, &scale, of)?.to(others);
        self.pass(draft, format!("{name}: levels of the others"))?;
        let (salient, _held_too) = self.scratch(words);
        let mask = Some(self.mask(x, code, true, 1));
        let (bits, finer) = (GIF_BITS + code.added_bits, code.added_bits);
        let of = Channels { bits, finer, emitted: emitted(code), zero_point: &zero_point, mask };
        let draft = self.codes(x, &scale, of)?.to(salient);
        self.pass(draft, format!("{name}: levels of salient channels"))?;
        let train = self.level_train(x, code.salient_top(), PLAIN_TOP);
        let draft = Draft::over(width).a(salient).b(others).join(Join::Add, 0);
        let draft = draft.train(train.number(), train.words.first(), bits);
        self.pass(draft, format!("{name}: all levels"))?;
        let fraction = scale.fraction + i64::from(code.added_bits);
        let scale = LevelScale { level: scale.level, fraction, unit: x.unit };
        Ok(Part { train, scale: Some(scale) })
    }

    /// The scale of `top` levels over a range, its reciprocal and its zero point.
    fn scale(
        &mut self,
        x: &Vector,
        (largest, smallest): (&Area, &Area),
        top: i64,
        finer: u32,
    ) -> Result<Scale, LowerError> {
        let name = self.operation().output();
        let most = 2.0 * x.bound / top as f64;
        let width = i64::from(self.machine.value_width);
        // A scale as fine as its values allow, and as the shifts behind it do.
        let fraction = width - 2 - most.max(1e-6).log2().ceil() as i64;
        let finest = x.fraction + LEVEL_FRACTION - 1 - i64::from(finer);
        let fraction = fraction.clamp(x.fraction, finest.max(x.fraction));
        let register = || self.pools.levels.take(1);
        let (scale, zero_point, zero) = (register(), register(), register());
        let reciprocal = self.pools.scalars.take(1);
        let one = |from: At| Draft::over(1).a(from);
        let to = |draft: Draft, area: &Area| {
            draft.reduce(Reduce::Sum, Finish::Level, area.first()).finish_with(1, 0)
        };
        // Half the range, which fits where the range may not.
        let factor = exp2(fraction - x.fraction + 1) / top as f64;
        let factor = Factor::nearest(name, "1 / levels", factor, 0)?;
        let draft = one(level(largest)).b(level(smallest)).join(Join::Add, 1);
        let draft = to(draft, &scale).finish_with(factor.multiplier, factor.shift as i32);
        self.pass(draft, format!("{name}: the scale of {} levels", top + 1))?;
        let draft = one(level(&scale)).reduce(Reduce::Sum, Finish::Reciprocal, reciprocal.first());
        self.pass(draft, format!("{name}: its reciprocal"))?;
        let shift = i64::from(UNIT_WIDTH) + x.fraction - fraction;
        let draft = one(level(smallest)).multiply(Multiply::Scalar, shift);
        let draft = draft.follow(Follow::Exponent, reciprocal.first());
        self.pass(to(draft, &zero_point), format!("{name}: its zero point"))?;
        let draft = one(level(&zero_point)).b(level(&scale));
        let draft = draft.join(Join::Multiply, fraction - x.fraction);
        self.pass(to(draft, &zero), format!("{name}: the value of its zero point"))?;
        Ok(Scale { level: scale, fraction, reciprocal, zero, zero_point })
    }

    /// A pass that makes the levels of some channels, less their zero point.
    fn codes(&mut self, x: &Vector, scale: &Scale, of: Channels) -> Result<Draft, LowerError> {
        let name = self.operation().output();
        let (width, words) = (x.layout.width, x.layout.width / self.elements());
        let membranes = self.state(&format!("membranes of {words} words"), words, false);
        let (levels, held) = self.scratch(words);
        // A vector as large as its width allows is halved before its zero point is added.
        let limit = exp2(i64::from(self.machine.value_width) - 1);
        let halved = i64::from(2.0 * x.bound * exp2(x.fraction) >= limit);
        let finer = i64::from(of.finer);
        let shift =
            i64::from(UNIT_WIDTH) + x.fraction - halved - scale.fraction - LEVEL_FRACTION - finer;
        let draft = Draft::over(width).vector(x).b(level(&scale.zero)).join(Join::Add, halved);
        let draft = draft.multiply(Multiply::Scalar, shift);
        let mut draft = draft.follow(Follow::Exponent, scale.reciprocal.first()).to(levels);
        draft.pass = Pass {
            spiking: 1,
            quantiser: Quantiser::NearestEven,
            levels: SpikeLevels::Unsigned,
            level_bits: of.bits,
            reset: RuleReset::Soft,
            theta: Theta::PowerOfTwo,
            threshold: LEVEL_FRACTION as u32,
            membrane: membranes.first,
            membrane_restart: 1,
            ..draft.pass
        };
        self.pass(draft, format!("{name}: levels of {} bits", of.bits))?;
        if let Some(most) = of.emitted {
            let cut = |x: f64| x.min(most as f64);
            let table = FunctionTable::new("last_step", (0, 9), 1.0, 0, cut);
            let table = table.map_err(|error| self.refuse(error.to_string(), "add fewer bits"))?;
            let table = self.table(table)?;
            let draft = Draft::over(width).a(levels).function(table).to(levels);
            self.pass(draft, format!("{name}: what their steps emit"))?;
        }
        drop(held);
        let draft = Draft::over(width).a(levels).b(level(of.zero_point)).join(Join::Subtract, 0);
        Ok(match of.mask {
            Some(mask) => draft.c(mask).multiply(Multiply::C, 0),
            None => draft,
        })
    }

    /// The levels of some channels as a train.
    fn part(
        &mut self,
        x: &Vector,
        scale: &Scale,
        top: i64,
        of: Channels,
    ) -> Result<Part, LowerError> {
        let (name, bits) = (self.operation().output(), of.bits);
        let draft = self.codes(x, scale, of)?;
        let train = self.level_train(x, top, top);
        let draft = draft.train(train.number(), train.words.first(), bits);
        self.pass(draft, format!("{name}: spikes of {bits} bits"))?;
        let (level, fraction) = (scale.level.clone(), scale.fraction);
        let scale = Some(LevelScale { level, fraction, unit: x.unit });
        Ok(Part { train, scale })
    }

    /// A train of counts up to `most`, rounded to one of `levels` parts of the range.
    fn level_train(&mut self, x: &Vector, most: i64, levels: i64) -> Rc<Train> {
        let mut train = (*self.new_train(&x.layout, 1.0, most as u64, true)).clone();
        // No two channels are further apart than this.
        let range = (2.0 * x.bound).min(std::f64::consts::SQRT_2 * x.length());
        let step = range / levels as f64;
        train.largest = x.unit * (x.bound + step);
        train.measure(x, x.unit * step);
        Rc::new(train)
    }

    /// A factor for the salient channels, or for the others; zero elsewhere.
    fn mask(&mut self, x: &Vector, code: &LevelCode, salient: bool, factor: i64) -> At {
        let mut values = vec![0; x.layout.width];
        for (channel, &place) in x.layout.places.iter().enumerate() {
            if code.salient.binary_search(&channel).is_ok() == salient {
                values[place] = factor;
            }
        }
        self.constant("channels of a code", values)
    }
}
