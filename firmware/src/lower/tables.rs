//! The embedding and the output head: float tables as balanced ternary digits.

use super::LowerError;
use super::bounds::signed_limit;
use super::emitter::{Emitter, Logits, Width};
use super::factor::{Factor, exp2};
use super::quantised::Quantised;
use super::values::{Layout, Value};
use crate::isa::{Action, End, Matrix};

impl<'n> Emitter<'n> {
    /// The first word of a table in the weight store, which it enters when it is first needed.
    fn table_base(&mut self, name: &str, table: &Quantised) -> Result<u32, LowerError> {
        let stored = format!("table {name}");
        if let Some(&base) = self.tables.get(&stored) {
            return Ok(base);
        }
        let elements = self.machine.elements as usize;
        let rows = Layout::plain(table.integers.len() / table.columns, elements);
        let columns = Layout::plain(table.columns, elements);
        let digits = table.digits(self.machine.embedding_digits);
        let base = self.store_matrix(name, &digits, &rows, &columns)?;
        self.tables.insert(stored, base);
        Ok(base)
    }

    pub(super) fn embed(&mut self, name: &str) -> Result<Value<'n>, LowerError> {
        if self.index != 0 {
            return Err(self.refuse(
                "the machine embeds once, before all else",
                "begin the network with its one embedding",
            ));
        }
        let table = Quantised::new(&self.network.tables[name], self.machine.embedding_digits);
        let base = self.table_base(name, &table)?;
        let factor = table.unit * exp2(self.residual.fraction);
        let factor = Factor::nearest(name, "the embedding's unit", factor, 0)?;
        self.prove(name, "the embedded residual", self.residual.worst[name], Width::Value)?;
        let matrix = Matrix {
            store: 3,
            base,
            tiles: 1,
            stride: table.columns.div_ceil(self.machine.slots as usize) as u32,
            digits: self.machine.embedding_digits,
            destination: 1,
            multiplier: factor.multiplier,
            shift: factor.shift,
            last_rows: 1,
            ..Matrix::default()
        };
        self.push(Action::Matrix(matrix), format!("{name}: the token's row"));
        Ok(Value::Residual)
    }

    pub(super) fn head(&mut self, name: &str, input: &'n str) -> Result<Value<'n>, LowerError> {
        let Value::Counts(counts) = self.value(input) else {
            return Err(self.refuse_input(input, "a norm's result"));
        };
        if self.index + 1 != self.network.operations.len() {
            return Err(self.refuse("operations follow the head", "end the network with its head"));
        }
        let table = Quantised::new(&self.network.tables[name], self.machine.embedding_digits);
        let base = self.table_base(name, &table)?;
        let rows = table.integers.len() / table.columns;
        let worst = (table.row_sum_max() * counts.bound.count_max) as f64;
        self.prove(name, "a logit's sum", worst, Width::Accumulator)?;
        let factor = Factor::below(signed_limit(self.machine.value_width) / worst.max(1.0));
        self.prove(name, "a logit", worst * factor.value(), Width::Value)?;

        let lanes = self.machine.lanes as usize;
        let (tiles, words) = (rows.div_ceil(lanes), rows.div_ceil(self.machine.elements as usize));
        let area = self.pools.results.take(words);
        let maximum = self.pools.maxima.take(1);
        let matrix = Matrix {
            base,
            tiles: tiles as u32,
            stride: table.columns.div_ceil(self.machine.slots as usize) as u32,
            digits: self.machine.embedding_digits,
            train: counts.train.first(),
            source: counts.words.first(),
            address: area.first(),
            multiplier: factor.multiplier,
            shift: factor.shift,
            last_rows: (rows - (tiles - 1) * lanes) as u32,
            search: 2,
            maximum: maximum.first(),
            ..Matrix::default()
        };
        self.push(Action::Matrix(matrix), format!("{name}: logits and prediction"));
        self.logits = Some(Logits {
            address: area.first(),
            unit: counts.gain * table.unit / factor.value(),
            scalar: counts.scalar.first(),
            _areas: [area, maximum],
        });
        Ok(Value::Logits)
    }

    /// Ends the token here unless its prediction is asked for: before the norm of the head.
    pub(super) fn end_unasked(&mut self) {
        let remark = "nobody asks for the prediction".to_owned();
        self.push(Action::End(End { unasked: 1 }), remark);
    }
}
