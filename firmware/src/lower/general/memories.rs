//! Words of memories for values, state, constants, tables and matrices.

use super::super::LowerError;
use super::super::bounds::{signed_bits, signed_limit};
use super::super::layout::Layout;
use super::super::pool::Area;
use super::super::sizes::{STORE_WORDS_MAX, limit_words};
use super::composer::Composer;
use super::value::{At, Train};
use crate::isa::{Function, Matrix, Space};
use crate::machine::{Memory, MemoryArea, StoredMatrix, WidthProof, WordShape};
use weights::numeric::Trit;
use weights::numeric::pass::FunctionTable;

impl Composer<'_> {
    /// Words of T, for one position or for all of them where later loops read the value.
    pub(super) fn temporary(&mut self, name: &str, words: usize) -> (At, Option<Area>) {
        if self.phases.is_arrival(self.index) && self.phases.crosses(name) {
            // It must outlive the tokens that follow.
            return (self.state(name, words, true), None);
        }
        let (at, area) = self.room(Memory::Temporaries, name, words);
        (at, Some(area))
    }

    /// Words of R or T for a value: for one position, for those of a chunk, or for all.
    pub(super) fn room(&mut self, memory: Memory, name: &str, words: usize) -> (At, Area) {
        let (pool, space) = match memory {
            Memory::Results => (&self.pools.results, Space::Results),
            _ => (&self.pools.temporaries, Space::Temporaries),
        };
        let every = self.phases.crosses(name);
        let bundle = self.bundle();
        let copies = bundle.map_or(1, |bundle| bundle.count as usize);
        let area = match every {
            false => pool.take(words * copies),
            true => {
                let context = self.machine.context as usize;
                let key = (memory, name.to_owned());
                let area = self.everywhere.entry(key);
                area.or_insert_with(|| pool.take_unused(words * context)).clone()
            }
        };
        let (at, words) = (At::fixed(space, area.first()), words as u32);
        let at = match (every, bundle) {
            (true, _) => at.each_position(words),
            (false, Some(bundle)) => bundle.each(at, words),
            (false, None) => at,
        };
        (at, area)
    }

    /// Words of T that live within one operation.
    pub(super) fn scratch(&mut self, words: usize) -> (At, Area) {
        let area = self.pools.temporaries.take(words);
        (At::fixed(Space::Temporaries, area.first()), area)
    }

    /// Words of S that belong to `name` for good, for each position if the text is a block.
    pub(super) fn state(&mut self, name: &str, words: usize, positions: bool) -> At {
        if let Some(&at) = self.states.get(name) {
            return at;
        }
        let per_position = if positions && self.phases.block { words as u32 } else { 0 };
        let count = if per_position > 0 { words * self.machine.context as usize } else { words };
        let area = self.pools.state.take(count);
        let at = At::fixed(Space::State, area.first()).each_position(per_position);
        self.area(Memory::State, name, area.first(), area.words());
        self.kept.push(area);
        self.states.insert(name.to_owned(), at);
        at
    }

    /// Constants in whole words, equal ones once.
    pub(super) fn constant(&mut self, name: &str, mut values: Vec<i64>) -> At {
        let elements = self.elements();
        values.resize(values.len().next_multiple_of(elements), 0);
        let mut places = (self.first_constant..self.constants.len()).step_by(elements);
        if let Some(place) = places.find(|&place| self.constants[place..].starts_with(&values)) {
            return At::fixed(Space::Constants, (place / elements) as u32);
        }
        let first = (self.constants.len() / elements) as u32;
        let words = (values.len() / elements) as u32;
        self.constants.extend(values);
        self.area(Memory::Constants, name, first, words);
        At::fixed(Space::Constants, first)
    }

    /// Real numbers as constants of a layout: the largest fraction up to `most` that holds them.
    pub(super) fn real_constant(
        &mut self,
        name: &str,
        values: &[f64],
        layout: &Layout,
        most: i64,
    ) -> (At, i64) {
        let largest = values.iter().fold(0f64, |largest, x| largest.max(x.abs()));
        let width = i64::from(self.machine.value_width);
        let whole = largest.max(1e-9).log2().floor() as i64 + 1;
        let fraction = (width - 1 - whole).min(most);
        let limit = signed_limit(self.machine.value_width);
        let mut words = vec![0; layout.width];
        for (&place, &value) in layout.places.iter().zip(values) {
            let scaled = (value * (fraction as f64).exp2()).round();
            words[place] = scaled.clamp(-limit, limit) as i64;
        }
        (self.constant(name, words), fraction)
    }

    pub(super) fn area(&mut self, memory: Memory, name: &str, first: u32, words: u32) {
        self.areas.push(MemoryArea { memory, name: name.to_owned(), first, words });
    }

    /// A table of the program, equal ones once.
    pub(super) fn table(&mut self, table: FunctionTable) -> Result<Function, LowerError> {
        let known = self.tables.iter().position(|known| *known == table);
        let index = known.unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        });
        Function::table(index).ok_or_else(|| {
            self.refuse(
                "it needs a ninth function table",
                "use fewer functions, or the same fractions for them",
            )
        })
    }

    /// Lays a matrix into the weight store once.
    pub(super) fn store_matrix(
        &mut self,
        name: &str,
        digits: &[Vec<Trit>],
        rows: &Layout,
        columns: &Layout,
    ) -> Result<u32, LowerError> {
        self.store_words(name, digits, (rows, columns), self.machine.matrix_word())
    }

    /// The same of a table that is looked up row by row; where its words are those of a matrix, the
    /// two are one.
    pub(super) fn store_table(
        &mut self,
        name: &str,
        digits: &[Vec<Trit>],
        rows: &Layout,
        columns: &Layout,
    ) -> Result<u32, LowerError> {
        let word = self.machine.table_word();
        if word == self.machine.matrix_word() {
            return self.store_matrix(name, digits, rows, columns);
        }
        self.store_words(&format!("{name}, row by row"), digits, (rows, columns), word)
    }

    /// Words of one digit of one tile that a train walks.
    pub(super) fn stride(&self, train: &Train) -> Result<u32, LowerError> {
        let columns = train.layout.width;
        let words = columns.div_ceil(self.machine.matrix_word().columns as usize);
        let most = (1 << Matrix::FORMAT.field("stride").width) - 1;
        match words <= most {
            true => Ok(words as u32),
            false => Err(self.refuse(
                format!("it has {columns} columns, {words} words; an instruction walks {most}"),
                match self.machine.has_events() {
                    true => "write array.form = \"dense\"",
                    false => "raise array.slots",
                },
            )),
        }
    }

    fn store_words(
        &mut self,
        name: &str,
        digits: &[Vec<Trit>],
        (rows, columns): (&Layout, &Layout),
        word: WordShape,
    ) -> Result<u32, LowerError> {
        if let Some(&base) = self.stored.get(name) {
            return Ok(base);
        }
        let (word_rows, word_columns) = (word.rows as usize, word.columns as usize);
        let height = rows.width.next_multiple_of(word_rows);
        let width = columns.width.next_multiple_of(word_columns);
        let base = self.weight_words;
        let words = height / word_rows * digits.len() * (width / word_columns);
        self.weight_words += words as u64;
        limit_words("weight store", self.weight_words, STORE_WORDS_MAX)?;
        let lay = |trits: &Vec<Trit>| {
            let mut laid = vec![0; height * width];
            for (row, source) in trits.chunks_exact(columns.places.len()).enumerate() {
                let start = rows.places[row] * width;
                for (&place, &trit) in columns.places.iter().zip(source) {
                    laid[start + place] = trit;
                }
            }
            laid
        };
        let digits = digits.iter().map(lay).collect();
        let (name, base) = (name.to_owned(), base as u32);
        let words = (self.weight_words - u64::from(base)) as u32;
        self.area(Memory::Weights, &name, base, words);
        self.stored.insert(name.clone(), base);
        self.matrices.push(StoredMatrix { name, base, word, rows: height, columns: width, digits });
        Ok(base)
    }

    /// States and checks a sum of the array.
    pub(super) fn prove_sum(&mut self, layer: &str, worst: f64) -> Result<(), LowerError> {
        let given = self.machine.acc_width;
        let (needed, worst) = (signed_bits(worst), worst.floor() as u64);
        let (layer, key, quantity) = (layer.to_owned(), "array.acc_width", "a sum");
        let proof = WidthProof { layer: layer.clone(), quantity, worst, needed, key, given };
        if !self.widths.contains(&proof) {
            self.widths.push(proof);
        }
        if needed <= given {
            return Ok(());
        }
        let limit = signed_limit(given) as u64;
        Err(LowerError::Width { layer, quantity, worst, key, given, limit, needed })
    }
}
