//! Attention: queries become trains, keys are kept, scores get their frame.
//!
//! With q = c · 2^-e counts of a query head and a key kept as digits k of deficit d under a top:
//!
//! ```text
//!  score = unit · (Σ c k) · 2^-e · 2^-d      unit = unit_q · unit_k · 2^top / √head_width
//! ```

use super::LowerError;
use super::bounds::peak_exponent_min;
use super::emitter::Emitter;
use super::factor::exp2;
use super::values::{Scores, Turned, Value};
use crate::isa::{Action, Encode, Store};
use std::rc::Rc;
use weights::network::AttentionShape;
use weights::numeric::fixed_point::digit_magnitude_bits;

impl<'n> Emitter<'n> {
    fn turned(&self, name: &str) -> Result<Rc<Turned>, LowerError> {
        match self.value(name) {
            Value::Turned(turned) => Ok(turned),
            _ => Err(self.refuse_input(name, "a rotary's result")),
        }
    }

    pub(super) fn attention_scores(
        &mut self,
        name: &str,
        query: &'n str,
        key: &'n str,
        shape: &AttentionShape,
    ) -> Result<Value<'n>, LowerError> {
        let query_name = query;
        let (query, key) = (self.turned(query)?, self.turned(key)?);
        let alike = (query.heads, key.heads) == (shape.heads, shape.key_value_heads)
            && query.head_width == key.head_width;
        if !alike {
            return Err(self.refuse(
                "its query or key is turned in other heads than it has",
                "give rotary and attention the same heads",
            ));
        }
        let (slots, elements) = (self.machine.slots as usize, self.machine.elements as usize);
        let train_words = (query.head_words * elements).div_ceil(slots);
        let trains = self.pools.descriptors.take(query.heads);
        let words = self.pools.trains.take(query.heads * train_words);
        let bits = self.design.machine.attention_bits;
        for piece in self.head_pieces(query_name, query.heads) {
            let first = piece.start as u32;
            let encode = Encode {
                space: 2,
                address: query.area.first() + first * query.head_words as u32,
                words: query.head_words as u32,
                groups: piece.len() as u32,
                scalar: query.scalars.first() + first,
                bits,
                train: trains.first() + first,
                destination: words.first() + first * train_words as u32,
                stride: train_words as u32,
                ..Encode::default()
            };
            let remark = format!("{}: counts of {} heads", query.name, piece.len());
            self.push(Action::Encode(encode), remark);
        }

        let digits = self.machine.key_value_digits;
        let key_bits = digit_magnitude_bits(digits);
        let top = -peak_exponent_min(key.real_max, key_bits, key.exponent_min);
        let columns = train_words;
        let tiles = self.machine.context.div_ceil(self.machine.lanes) as usize;
        let stride = tiles * digits as usize * columns;
        let deficit_words = self.machine.context.div_ceil(self.machine.elements) as usize;
        let (keys, deficits) = self.keep(0, name, key.heads * stride, key.heads * deficit_words)?;
        let store = Store {
            space: 2,
            address: key.area.first(),
            words: key.head_words as u32,
            heads: key.heads as u32,
            values: 0,
            base: keys,
            columns: columns as u32,
            stride: stride as u32,
            scalar: key.scalars.first(),
            top: top as i32,
            deficits,
            deficit_stride: deficit_words as u32,
        };
        self.push(Action::Store(store), format!("{}: keep {} keys", key.name, key.heads));

        let root = (shape.head_width as f64).sqrt();
        Ok(Value::Scores(Rc::new(Scores {
            name: name.to_owned(),
            heads: query.heads,
            key_value_heads: key.heads,
            head_width: shape.head_width,
            head_words: query.head_words,
            trains,
            words,
            train_words,
            scalars: query.scalars.clone(),
            keys,
            key_stride: stride,
            key_columns: columns,
            deficits,
            unit: query.unit * key.unit * exp2(top) / root,
            exponent_min: peak_exponent_min(query.real_max, bits, query.exponent_min),
        })))
    }
}
