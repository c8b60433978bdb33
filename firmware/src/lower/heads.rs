//! Softmax and mixing, head by head: while the vector unit works on one head, the array works on
//! its neighbours.
//!
//! ```text
//!  array    scores 0 │ scores 1 │          │ mix 0 │ scores 2 │ mix 1 │
//!  vector            │ softmax 0, counts 0 │ softmax 1, counts 1 │ …
//! ```
//!
//! The mixed values: with counts c of weights w = e >> d and digits v of a value of deficit d,
//!
//! ```text
//!  Σ e value / Σ e = unit_v · 2^top · (Σ c v) · m · 2^-(16 + f)
//! ```
//!
//! where m and f, the reciprocal of Σ e and the shift of the counts, are the softmax's scalar.

use super::LowerError;
use super::bounds::{Coefficients, peak_exponent_min, signed_limit};
use super::emitter::{Emitter, Width};
use super::factor::{Factor, exp2};
use super::pool::Area;
use super::values::{Layout, Raw, Scores, Value, Vector};
use crate::isa::{Action, Encode, Matrix, Measure, Softmax, Store};
use std::f64::consts::LOG2_E;
use std::rc::Rc;
use weights::network::RotaryPairing;
use weights::numeric::fixed_point::{OCTAVE_FRACTION_WIDTH, UNIT_WIDTH, digit_magnitude_bits};

/// Heads that are under way at the same time, each with room of its own.
const HEADS_UNDER_WAY: usize = 5;
/// How far `reciprocal` is off at most, as a factor: half of 1/256, and rounding.
const RECIPROCAL_ERROR: f64 = 1.0 + 1.0 / 400.0;

/// Room for one head under way.
struct Room {
    scores: Area,
    weights: Area,
    train: Area,
    words: Area,
    scalars: Area,
    maximum: Area,
}

/// The values that a block keeps.
struct Kept {
    base: u32,
    stride: usize,
    columns: usize,
    tiles: usize,
    deficits: u32,
    deficit_words: usize,
    top: i64,
}

impl<'n> Emitter<'n> {
    pub(super) fn softmax(&mut self, input: &'n str) -> Result<Value<'n>, LowerError> {
        match self.value(input) {
            Value::Scores(scores) => Ok(Value::Probabilities(scores)),
            _ => Err(self.refuse_input(input, "attention scores")),
        }
    }

    pub(super) fn weighted_values(
        &mut self,
        probabilities: &'n str,
        value: &'n str,
    ) -> Result<Value<'n>, LowerError> {
        let Value::Probabilities(scores) = self.value(probabilities) else {
            return Err(self.refuse_input(probabilities, "a softmax's result"));
        };
        let Value::Raw(raw) = self.value(value) else {
            return Err(self.refuse_input(value, "a ternary matrix's result"));
        };
        if raw.matrix.rows != scores.key_value_heads * scores.head_width {
            return Err(self.refuse(
                "its value has other heads than its scores",
                "give both halves of an attention the same heads",
            ));
        }
        let kept = self.keep_values(&scores, &raw)?;
        let frame = Frame::new(self, &scores)?;
        let factor = self.mixing_factor(&scores, &raw)?;
        let rooms: Vec<Room> =
            (0..scores.heads.min(HEADS_UNDER_WAY)).map(|_| self.room()).collect();
        let mixed = self.pools.results.take(scores.heads * scores.head_words);
        for head in 0..scores.heads {
            let room = &rooms[head % rooms.len()];
            self.weigh_head(&scores, &kept, &frame, room, head);
            self.mix_head(&scores, &kept, factor, room, head, &mixed);
        }
        let (heads, width) = (scores.heads, scores.head_width);
        let elements = self.machine.elements as usize;
        Ok(Value::Vector(Rc::new(Vector {
            space: 1,
            area: mixed,
            layout: Layout::heads(heads, width, elements, RotaryPairing::Neighbours),
            unit: raw.unit * exp2(kept.top + i64::from(factor.shift) - i64::from(UNIT_WIDTH)),
            follows: None,
        })))
    }

    /// Measures and stores the values of a token.
    fn keep_values(&mut self, scores: &Scores, raw: &Raw<'_>) -> Result<Kept, LowerError> {
        let digits = self.machine.key_value_digits;
        let bits = digit_magnitude_bits(digits);
        let counts = &raw.counts;
        let real = |row| counts.bound.real(Coefficients::row(raw.matrix.row(row)));
        let real_max = (0..raw.matrix.rows).map(real).fold(0.0, f64::max);
        let top = -peak_exponent_min(real_max, bits, counts.bound.exponent_min);
        let (heads, words) = (scores.key_value_heads as u32, scores.head_words as u32);
        let scalars = self.pools.scalars.take(scores.key_value_heads);
        let measure = Measure {
            space: 1,
            address: raw.area.first(),
            words,
            heads,
            bits,
            input: counts.scalar.first(),
            output: scalars.first(),
        };
        let name = &raw.matrix.name;
        self.push(Action::Measure(measure), format!("{name}: scales of {heads} heads"));

        let (lanes, slots) = (self.machine.lanes, self.machine.slots);
        let tiles = (words * self.machine.elements).div_ceil(lanes) as usize;
        let columns = self.machine.context.div_ceil(slots) as usize;
        let stride = tiles * digits as usize * columns;
        let deficit_words = self.machine.context.div_ceil(self.machine.elements) as usize;
        let (base, deficits) = self.keep(
            1,
            &scores.name,
            scores.key_value_heads * stride,
            scores.key_value_heads * deficit_words,
        )?;
        let store = Store {
            space: 1,
            address: raw.area.first(),
            words,
            heads,
            values: 1,
            base,
            columns: columns as u32,
            stride: stride as u32,
            scalar: scalars.first(),
            top: top as i32,
            deficits,
            deficit_stride: deficit_words as u32,
        };
        self.push(Action::Store(store), format!("{name}: keep {heads} values"));
        Ok(Kept { base, stride, columns, tiles, deficits, deficit_words, top })
    }

    /// The shift that keeps mixed values in their width; its factor is the softmax's.
    fn mixing_factor(&mut self, scores: &Scores, raw: &Raw<'_>) -> Result<Factor, LowerError> {
        let bits = self.design.machine.attention_bits;
        let digit_max = digit_max(self.machine.key_value_digits);
        let positions = f64::from(self.machine.context);
        let count_max = exp2(bits.into()) - 1.0;
        let name = &raw.matrix.name;
        self.prove(name, "a mixed sum", positions * count_max * digit_max, Width::Accumulator)?;
        // Rounding the counts can double the weights, or add half a count a position.
        let rounding = (1.0 + positions * exp2(-i64::from(bits))).min(2.0);
        let largest = digit_max * rounding * RECIPROCAL_ERROR;
        let limit = signed_limit(self.machine.value_width) - 1.0;
        let guard = (limit / largest).log2().floor().clamp(0.0, f64::from(UNIT_WIDTH));
        self.prove(&scores.name, "a mixed value", largest * guard.exp2() + 1.0, Width::Value)?;
        Ok(Factor { multiplier: 0, shift: UNIT_WIDTH - guard as u32 })
    }

    fn room(&self) -> Room {
        let machine = &self.machine;
        let words = machine.context.div_ceil(machine.elements) as usize;
        Room {
            scores: self.pools.results.take(words),
            weights: self.pools.temporaries.take(words),
            train: self.pools.descriptors.take(1),
            words: self.pools.trains.take(machine.context.div_ceil(machine.slots) as usize),
            scalars: self.pools.scalars.take(2),
            maximum: self.pools.maxima.take(1),
        }
    }

    /// Scores and softmax weights of one head, and their counts.
    fn weigh_head(
        &mut self,
        scores: &Scores,
        kept: &Kept,
        frame: &Frame,
        room: &Room,
        head: usize,
    ) {
        let key_head = head / (scores.heads / scores.key_value_heads);
        let positions = self.machine.context.div_ceil(self.machine.elements);
        let scalar = scores.scalars.first() + head as u32;
        let deficits = (key_head * kept.deficit_words) as u32;
        let bits = self.design.machine.attention_bits;
        let matrix = Matrix {
            store: 1,
            base: scores.keys + (key_head * scores.key_stride) as u32,
            tiles: self.machine.context.div_ceil(self.machine.lanes),
            stride: scores.key_columns as u32,
            digits: self.machine.key_value_digits,
            train: scores.trains.first() + head as u32,
            source: scores.words.first() + (head * scores.train_words) as u32,
            address: room.scores.first(),
            multiplier: frame.drain.multiplier,
            shift: frame.drain.shift,
            last_rows: 1,
            search: 1,
            maximum: room.maximum.first(),
            deficits: scores.deficits + deficits,
            ..Matrix::default()
        };
        let name = &scores.name;
        self.push(Action::Matrix(matrix), format!("{name}: scores of head {head}"));
        let softmax = Softmax {
            address: room.scores.first(),
            maximum: room.maximum.first(),
            multiplier: frame.octaves.multiplier,
            shift: frame.octaves.shift,
            input: scalar,
            deficits: kept.deficits + deficits,
            destination: room.weights.first(),
            bits,
            output: room.scalars.first(),
        };
        self.push(Action::Softmax(softmax), format!("{name}: softmax of head {head}"));
        let encode = Encode {
            space: 2,
            address: room.weights.first(),
            words: positions,
            groups: 1,
            positions: 1,
            scalar: room.scalars.first(),
            bits,
            train: room.train.first(),
            destination: room.words.first(),
            stride: room.words.words(),
            ..Encode::default()
        };
        self.push(Action::Encode(encode), format!("{name}: counts of head {head}"));
    }

    /// The values of one head, mixed by its counts.
    fn mix_head(
        &mut self,
        scores: &Scores,
        kept: &Kept,
        factor: Factor,
        room: &Room,
        head: usize,
        mixed: &Area,
    ) {
        let value_head = head / (scores.heads / scores.key_value_heads);
        let rows = scores.head_words as u32 * self.machine.elements;
        let tiles = kept.tiles as u32;
        let matrix = Matrix {
            store: 2,
            base: kept.base + (value_head * kept.stride) as u32,
            tiles,
            stride: kept.columns as u32,
            digits: self.machine.key_value_digits,
            train: room.train.first(),
            source: room.words.first(),
            address: mixed.first() + (head * scores.head_words) as u32,
            shift: factor.shift,
            scaling: 2,
            scalar: room.scalars.first() + 1,
            last_rows: rows - (tiles - 1) * self.machine.lanes,
            ..Matrix::default()
        };
        let name = &scores.name;
        self.push(Action::Matrix(matrix), format!("{name}: mix the values of head {head}"));
    }
}

/// The largest magnitude of a kept key's or value's integer: rounding may carry one bit up.
fn digit_max(digits: u32) -> f64 {
    exp2(digit_magnitude_bits(digits).into())
}

/// How scores are scaled on their way into R, and from there into octaves.
struct Frame {
    drain: Factor,
    octaves: Factor,
}

impl Frame {
    fn new(emitter: &mut Emitter<'_>, scores: &Scores) -> Result<Frame, LowerError> {
        let count_max = exp2(emitter.design.machine.attention_bits.into()) - 1.0;
        let digit_max = digit_max(emitter.machine.key_value_digits);
        let worst = count_max * digit_max * scores.head_width as f64;
        let name = &scores.name;
        emitter.prove(name, "a score's sum", worst, Width::Accumulator)?;
        let drain = Factor::below((signed_limit(emitter.machine.value_width) - 1.0) / worst);
        emitter.prove(name, "a score", worst * drain.value() + 1.0, Width::Value)?;
        let octave = exp2(OCTAVE_FRACTION_WIDTH.into()) * LOG2_E;
        let octaves = octave * scores.unit / drain.value();
        let quantity = "octaves of a score's unit";
        let octaves = Factor::nearest(name, quantity, octaves, scores.exponent_min)?;
        Ok(Frame { drain, octaves })
    }
}
