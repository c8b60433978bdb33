//! Attention: keys and values into the cache where they are made, then head by head.
//!
//! ```text
//!  query ─► train │ keys · query ─► scores ─► e^(s − max) or the scores themselves ─► train
//!                 │ values · train ─► attention output, over the sum where there is a softmax
//! ```

use super::super::LowerError;
use super::super::factor::{Factor, exp2};
use super::cache::Heads;
use super::composer::Composer;
use super::draft::Draft;
use super::elementwise::TABLE_FRACTION;
use super::loops::RESCALE;
use super::value::{At, Cache, Scores, Train, Value, Vector};
use crate::isa::{Action, Finish, Join, Length, Matrix, Multiply, Reduce, Space};
use std::rc::Rc;
use weights::network::{AttentionShape, SpikingHeads};
use weights::numeric::fixed_point::bit_length;
use weights::numeric::pass::FunctionTable;

/// The range of the exponential of a softmax: −16..0.
const REACH: i64 = 16;

/// Fraction bits of its argument, where scores have as many.
const ARGUMENT_FRACTION: i64 = 10;

impl<'n> Composer<'n> {
    pub(super) fn scores(
        &mut self,
        name: &'n str,
        query: &str,
        key: &str,
        shape: &AttentionShape,
    ) -> Result<Value<'n>, LowerError> {
        Ok(Value::Scores(Rc::new(Scores {
            name,
            query: self.vector(query)?,
            shape: *shape,
            keys: self.cache(key, "keys"),
        })))
    }

    /// The query of one head as a train.
    fn query_train(
        &mut self,
        name: &str,
        query: &Vector,
        heads: Heads,
    ) -> Result<Rc<Train>, LowerError> {
        if self.machine.key_value_digits > 1 {
            let channels = heads.words * self.elements();
            let per_head = heads.of_queries(heads.words);
            return self.peak_train_of(
                name,
                query,
                channels,
                Some(per_head),
                self.design.machine.attention_bits,
            );
        }
        let most = self.design.machine.count_width.min(8);
        let whole = query.bound.max(1e-6).log2().ceil() as i64;
        let fraction = (i64::from(most) - whole).min(query.fraction);
        let bound = (query.bound * exp2(fraction)).round().max(1.0) as u64;
        let layout = super::super::layout::Layout::plain(heads.width, self.elements());
        let theta = query.unit * exp2(-fraction);
        let train = self.new_train(&Rc::new(layout), theta, bound, true);
        let bits = bit_length(train.bound as i64);
        let draft = Draft::over(heads.words * self.elements())
            .a_heads(query.at, heads.of_queries(heads.words));
        let draft = draft.multiply(Multiply::One, query.fraction - fraction);
        let draft = draft.train(train.number(), train.words.first(), bits);
        self.pass(draft, format!("{name}: the query of a head"))?;
        Ok(train)
    }

    /// keys · query to R.
    fn head_scores(
        &mut self,
        name: &str,
        (keys, train, heads): (Cache, &Train, Heads),
        factor: Factor,
        (address, maximum): (u32, Option<u32>),
        all: bool,
    ) -> Result<(), LowerError> {
        self.meets(train, self.machine.key_value_digits);
        let matrix = Matrix {
            store: 1,
            base: keys.first,
            tiles: self.machine.context.div_ceil(self.machine.lanes),
            stride: keys.columns,
            digits: self.machine.key_value_digits,
            train: train.number(),
            source: train.words.first(),
            address,
            multiplier: factor.multiplier,
            shift: factor.shift,
            scaling: train.scalar.is_some().into(),
            scalar: train.scalar.as_ref().map_or(0, |scalar| scalar.first()),
            last_rows: 1,
            search: maximum.is_some().into(),
            maximum: maximum.unwrap_or(0),
            ..Matrix::default()
        };
        let [head, group] = heads.of_keys(keys.per_head);
        let moves = [("base", [keys.per_step, 0, head, group, 0])];
        self.push(Action::Matrix(matrix), &moves, format!("{name}: scores of a head"))?;
        if all {
            self.attend_all();
        }
        Ok(())
    }

    /// values · train to R.
    fn head_values(
        &mut self,
        name: &str,
        (values, train): (Cache, &Train),
        (factor, scalar): (Factor, Option<u32>),
        output: At,
        heads: Heads,
        all: bool,
    ) -> Result<(), LowerError> {
        let rows = heads.words * self.elements();
        let lanes = self.machine.lanes as usize;
        let tiles = rows.div_ceil(lanes);
        self.meets(train, self.machine.key_value_digits);
        let matrix = Matrix {
            store: 2,
            base: values.first,
            tiles: tiles as u32,
            stride: values.columns,
            digits: self.machine.key_value_digits,
            train: train.number(),
            source: train.words.first(),
            address: output.first,
            multiplier: factor.multiplier,
            shift: factor.shift,
            scaling: if scalar.is_some() { 2 } else { 0 },
            scalar: scalar.unwrap_or(0),
            last_rows: (rows - (tiles - 1) * lanes) as u32,
            ..Matrix::default()
        };
        let [head, group] = heads.of_keys(values.per_head);
        let [words, group_words] = heads.of_queries(heads.words);
        let moves = [
            ("base", [values.per_step, 0, head, group, 0]),
            ("address", [output.per_step, output.per_position, words, group_words, output.within]),
        ];
        self.push(Action::Matrix(matrix), &moves, format!("{name}: values of a head"))?;
        if all {
            self.attend_all();
        }
        Ok(())
    }

    /// A train over the positions.
    fn position_train(&mut self, bound: u64) -> Rc<Train> {
        let context = self.machine.context as usize;
        let layout = super::super::layout::Layout::plain(context, self.elements());
        self.new_train(&Rc::new(layout), 1.0, bound, false)
    }

    pub(super) fn spiking_attention(
        &mut self,
        name: &'n str,
        [query, key, value]: [&str; 3],
        shape: &SpikingHeads,
    ) -> Result<Value<'n>, LowerError> {
        let (groups, width) = (shape.heads, shape.head_width);
        let words = width.div_ceil(self.elements());
        let heads = Heads { groups, shared: 1, width, words };
        let (query, keys) = (self.vector(query)?, self.cache(key, "keys"));
        let values = self.cache(value, "values");
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let unit = query.unit * keys.theta * values.theta;
        let most = query.bound * keys.bound * heads.width as f64;
        let context = f64::from(self.machine.context);
        let worst = most * values.bound * context;
        self.prove_sum(name, worst)?;
        let (at, area) = self.result(output, layout.width / self.elements());
        let scores =
            self.pools.results.take(self.machine.context.div_ceil(self.machine.elements) as usize);
        self.each_head(heads, name, |it| {
            let train = it.query_train(name, &query, heads)?;
            let all = !shape.causal;
            it.head_scores(name, (keys, &train, heads), Factor::ONE, (scores.first(), None), all)?;
            let counts = it.position_train(most as u64);
            let bits = bit_length(counts.bound as i64);
            let mut draft = Draft::over(0).a(At::fixed(Space::Results, scores.first()));
            draft.pass.length = Length::Attended;
            let draft = draft.train(counts.number(), counts.words.first(), bits);
            it.pass(draft, format!("{name}: scores as counts"))?;
            if all {
                it.attend_all();
            }
            it.head_values(name, (values, &counts), (Factor::ONE, None), at, heads, all)
        })?;
        let fraction = i64::from(shape.scale_shift);
        let bound = worst * exp2(-fraction);
        if bound * exp2(fraction) >= exp2(i64::from(self.machine.value_width) - 1) {
            return Err(self.refuse(
                format!("its sums can reach {worst}"),
                "raise machine.value_width or lower machine.context",
            ));
        }
        let vector = Vector { at, _area: Some(area), layout, fraction, unit, bound, energy: None };
        Ok(Value::Vector(Rc::new(vector)))
    }

    pub(super) fn weighted_values(
        &mut self,
        probabilities: &str,
        value: &str,
    ) -> Result<Value<'n>, LowerError> {
        let Value::Probabilities(scores) = self.value(probabilities) else {
            return Err(self.refuse(
                format!("`{probabilities}` is no softmax's result"),
                "put a softmax between scores and values",
            ));
        };
        let heads = self.heads(&scores.shape);
        let (name, keys, values) = (scores.name, scores.keys, self.cache(value, "values"));
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let query = Rc::clone(&scores.query);
        let (at, area) = self.result(output, layout.width / self.elements());
        let words = self.machine.context.div_ceil(self.machine.elements) as usize;
        let room = self.pools.results.take(words);
        let (maximum, scalar) = (self.pools.maxima.take(1), self.pools.scalars.take(1));
        let all = !scores.shape.causal;
        let weight_bits = match self.machine.key_value_digits {
            1 => self.design.machine.count_width.min(8),
            _ => self.design.machine.attention_bits.min(8),
        };
        let bound = values.bound;
        let fraction = self.fraction(bound).min(14);
        self.each_head(heads, name, |it| {
            let train = it.query_train(name, &query, heads)?;
            let scale = train.theta * keys.theta / (heads.width as f64).sqrt();
            let worst = train.bound as f64 * keys.bound * heads.width as f64;
            it.prove_sum(name, worst)?;
            let largest = worst / train.bound as f64 * train.largest * scale / train.theta;
            let score_fraction = it.fraction_behind(&train, largest, scale).min(14);
            if score_fraction < 0 {
                return Err(it.refuse(format!("its scores can reach {largest:.1e}"), RESCALE));
            }
            let factor = Composer::train_factor(name, &train, scale * exp2(score_fraction))?;
            let place = (room.first(), Some(maximum.first()));
            it.head_scores(name, (keys, &train, heads), factor, place, all)?;
            // Tables of equal arguments are one table.
            let argument = score_fraction.min(ARGUMENT_FRACTION);
            let low = -(REACH << argument);
            let span = REACH.ilog2() + argument as u32;
            let unit = exp2(-argument);
            // One is the largest count, so that a weight of 1 fits its bits.
            let one = exp2(TABLE_FRACTION) * (1.0 - exp2(-i64::from(weight_bits)));
            let table = FunctionTable::new("softmax", (low, span), unit, 0, |x| one * x.exp());
            let table =
                table.map_err(|error| it.refuse(error.to_string(), "lower machine.value_width"))?;
            let exponential = it.table(table)?;
            let counts = it.position_train((1 << weight_bits) - 1);
            let mut draft = Draft::over(0).a(At::fixed(Space::Results, room.first()));
            draft.pass.length = Length::Attended;
            let draft = draft.b(At::fixed(Space::Maximum, maximum.first()));
            let draft = draft.join(Join::Subtract, score_fraction - argument).function(exponential);
            let draft = draft.multiply(Multiply::One, TABLE_FRACTION - i64::from(weight_bits));
            let (train, words) = (counts.number(), counts.words.first());
            let draft = draft.train(train, words, weight_bits);
            let draft = draft.reduce(Reduce::Sum, Finish::Reciprocal, scalar.first());
            it.pass(draft, format!("{name}: softmax of a head"))?;
            if all {
                it.attend_all();
            }
            let worst = f64::from(it.machine.context) * counts.bound as f64 * bound;
            it.prove_sum(name, worst)?;
            let factor = Factor { multiplier: 0, shift: (16 - fraction) as u32 };
            let factor = (factor, Some(scalar.first()));
            it.head_values(name, (values, &counts), factor, at, heads, all)
        })?;
        let unit = values.theta;
        let vector = Vector { at, _area: Some(area), layout, fraction, unit, bound, energy: None };
        Ok(Value::Vector(Rc::new(vector)))
    }
}
