//! Float tables: the token's row, dense layers behind the neurons, and the logits.

use super::super::LowerError;
use super::super::factor::{Factor, exp2};
use super::super::layout::Layout;
use super::super::quantised::Quantised;
use super::composer::Composer;
use super::draft::Draft;
use super::value::{At, Logits, Train, Value, Vector};
use crate::isa::{Action, Finish, Matrix, Multiply, Reduce, Space};
use std::rc::Rc;
use weights::network::Operation;

impl<'n> Composer<'n> {
    pub(super) fn token_row(&mut self, name: &str) -> Result<Value<'n>, LowerError> {
        let table = Quantised::new(&self.network.tables[name], self.machine.embedding_digits);
        let output = self.operation().output();
        let rows = Layout::plain(table.integers.len() / table.columns, self.elements());
        let layout = self.layouts.of_value(output);
        let digits = table.digits(self.machine.embedding_digits);
        let base = self.store_table(name, &digits, &rows, &layout)?;
        let largest = table.column_max().into_iter().fold(0.0, f64::max);
        let fraction = self.fraction(largest).min(i64::from(self.machine.value_width) - 4);
        let factor = Factor::nearest(name, "the embedding's unit", table.unit * exp2(fraction), 0)?;
        let columns = self.machine.table_word().columns as usize;
        // A row comes in whole words of the store.
        let words = layout.width.next_multiple_of(columns) / self.elements();
        let area = self.pools.results.take(words);
        let at = At::fixed(Space::Results, area.first());
        let matrix = Matrix {
            store: 3,
            base,
            tiles: 1,
            stride: layout.width.div_ceil(columns) as u32,
            digits: self.machine.embedding_digits,
            address: area.first(),
            multiplier: factor.multiplier,
            shift: factor.shift,
            last_rows: 1,
            ..Matrix::default()
        };
        self.push(Action::Matrix(matrix), &[], format!("{name}: the token's row"))?;
        let (unit, bound, energy) = (1.0, largest, None);
        let vector = Vector { at, _area: Some(area), layout, fraction, unit, bound, energy };
        Ok(Value::Vector(Rc::new(vector)))
    }

    /// A float table times a vector; `bias` joins as one more column. The network's output gives the
    /// prediction too.
    pub(super) fn dense(
        &mut self,
        name: &'n str,
        input: &'n str,
        bias: Option<&[f32]>,
        is_output: bool,
    ) -> Result<Value<'n>, LowerError> {
        let source = &self.network.tables[name];
        let (train, table) = match bias {
            None => {
                let vector = self.vector(input)?;
                (self.peak_train(input, &vector)?, source.clone())
            }
            Some(bias) => self.with_bias(input, source, bias)?,
        };
        let quantised = Quantised::new(&table, self.machine.embedding_digits);
        let rows = Layout::plain(table.rows, self.elements());
        let digits = quantised.digits(self.machine.embedding_digits);
        let stored = match bias {
            None if self.rows_lie_like(name, &train.layout) => name.to_owned(),
            None => format!("{name}, in another order"),
            Some(_) => format!("{name}, with its bias"),
        };
        let base = self.store_matrix(&stored, &digits, &rows, &train.layout)?;
        let worst = quantised.row_sum_max() as f64 * train.bound as f64;
        self.prove_sum(name, worst)?;
        let unit = quantised.unit * train.theta;
        let bound = worst / train.bound as f64 * train.largest * quantised.unit;
        let fraction = self.fraction_behind(&train, bound, unit);
        let factor = Composer::train_factor(name, &train, unit * exp2(fraction))?;
        let area = self.pools.results.take(rows.width.div_ceil(self.elements()));
        let maximum = self.pools.maxima.take(1);
        self.meets(&train, self.machine.embedding_digits);
        let lanes = self.machine.lanes as usize;
        let tiles = table.rows.div_ceil(lanes);
        let matrix = Matrix {
            base,
            tiles: tiles as u32,
            stride: self.stride(&train)?,
            digits: self.machine.embedding_digits,
            train: train.number(),
            source: train.words.first(),
            address: area.first(),
            multiplier: factor.multiplier,
            shift: factor.shift,
            scaling: train.scalar.is_some().into(),
            scalar: train.scalar.as_ref().map_or(0, |scalar| scalar.first()),
            last_rows: (table.rows - (tiles - 1) * lanes) as u32,
            search: if is_output { 2 } else { 0 },
            maximum: maximum.first(),
            ..Matrix::default()
        };
        let what = if is_output { "logits and prediction" } else { "its product" };
        self.push(Action::Matrix(matrix), &[], format!("{name}: {what}"))?;
        let at = At::fixed(Space::Results, area.first());
        let layout = Rc::new(rows);
        if is_output {
            let (address, unit) = (area.first(), exp2(-fraction));
            self.logits = Some(Logits {
                address,
                count: table.rows as u32,
                unit,
                _areas: [area.clone(), maximum],
            });
        }
        let (unit, energy) = (1.0, None);
        let vector = Vector { at, _area: Some(area), layout, fraction, unit, bound, energy };
        Ok(Value::Vector(Rc::new(vector)))
    }

    /// Whether the rows of a table, where they are looked up, have the layout of a train: then the table
    /// is stored once for both.
    fn rows_lie_like(&self, name: &str, layout: &Layout) -> bool {
        self.network.operations.iter().all(|it| match it {
            Operation::Embed { table, output, .. } if table == name => {
                *self.layouts.of_value(output) == *layout
            }
            _ => true,
        })
    }

    /// The input with a channel more that is always one, and the table with its bias as a column.
    fn with_bias(
        &mut self,
        input: &'n str,
        table: &weights::network::Table,
        bias: &[f32],
    ) -> Result<(Rc<Train>, weights::network::Table), LowerError> {
        let vector = self.vector(input)?;
        let limit = i64::from(self.machine.value_width);
        let vector = self.plain(&vector, limit)?;
        let elements = self.elements();
        // The bias column would coarsen the whole table if it were large: its input takes its scale.
        let largest = |values: &[f32]| values.iter().fold(0f32, |most, x| most.max(x.abs()));
        let ratio = f64::from(largest(bias)) / f64::from(largest(&table.values)).max(1e-9);
        let one = ratio.max(1e-3).log2().ceil().exp2();
        let bound = vector.bound.max(one);
        let words = vector.layout.width / elements;
        let area = self.pools.temporaries.take(words + 1);
        let at = At::fixed(Space::Temporaries, area.first());
        // Whole numbers, such as spikes, gain the bits that the one needs.
        let needed = vector.fraction.max(-one.log2() as i64);
        let fraction = self.fraction(bound).min(needed);
        let draft = Draft::over(vector.layout.width).vector(&vector).to(at);
        let draft = match needed > vector.fraction {
            false => draft.multiply(Multiply::One, vector.fraction - fraction),
            true => {
                let up = vec![1 << (needed - vector.fraction); vector.layout.width];
                let up = self.constant("powers of two", up);
                draft.b(up).multiply(Multiply::B, needed - fraction)
            }
        };
        self.pass(draft, format!("{input}: beside a one"))?;
        let constant = self.constant("one", vec![(one * exp2(fraction)).round() as i64]);
        let draft = Draft::over(1).a(constant).to(at.plus(words));
        self.pass(draft, "a one for the bias".to_owned())?;
        let mut layout = (*vector.layout).clone();
        layout.places.push(layout.width);
        layout.width += elements;
        let layout = Rc::new(layout);
        let (unit, energy) = (1.0, None);
        let joined = Vector { at, _area: Some(area), layout, fraction, unit, bound, energy };
        let (channels, per_head) = (joined.layout.width, None);
        let bits = self.design.machine.head_bits;
        let train = self.peak_train_of(input, &joined, channels, per_head, bits)?;
        let mut values = Vec::with_capacity(table.rows * (table.columns + 1));
        for (row, &bias) in table.values.chunks_exact(table.columns).zip(bias) {
            values.extend_from_slice(row);
            values.push((f64::from(bias) / one) as f32);
        }
        let columns = table.columns + 1;
        Ok((train, weights::network::Table { rows: table.rows, columns, values }))
    }

    /// A scalar that is 1, for the logits: their unit is known.
    pub(super) fn unit_scalar(&mut self) -> Result<u32, LowerError> {
        let scalar = self.pools.scalars.take(1);
        let zero = self.constant("zero", vec![0]);
        let draft = Draft::over(1).a(zero).reduce(Reduce::Peak, Finish::PeakScale, scalar.first());
        self.pass(draft.finish_with(8, 0), "the scalar of the logits".to_owned())?;
        let first = scalar.first();
        self.keep_area(scalar);
        Ok(first)
    }
}
