//! A matrix cut into tiles, and the tiles into the words of the weight memory.
//!
//! ```text
//!            slots   slots
//!          ┌───────┬───────┐
//!    lanes │ word 0│ word 1│    word address = row_tile · column_tiles + column_tile
//!          ├───────┼───────┤    trit in a word = lane · slots + slot
//!    lanes │ word 2│ word 3│    beyond the matrix: weight 0
//!          └───────┴───────┘
//! ```
//!
//! A row tile is worked off column by column, so a word address only ever counts up.

use serde::Serialize;
use std::ops::Range;
use weights::numeric::Trit;

/// Largest count of row tiles, and of column tiles: no memory of a machine is deeper.
pub const TILES_MAX: usize = 1 << 16;

/// A matrix of `rows` × `columns` on an array of `lanes` × `slots`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Tiling {
    /// Rows of the matrix: results of one vector.
    pub rows: usize,
    /// Columns of the matrix: channels of one vector.
    pub columns: usize,
    /// Rows that the array covers at once.
    pub lanes: usize,
    /// Columns that the array covers at once.
    pub slots: usize,
    /// ceil(rows / lanes).
    pub row_tiles: usize,
    /// ceil(columns / slots).
    pub column_tiles: usize,
}

/// Why a matrix cannot be tiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilingError {
    /// A side of the matrix or of the array is zero.
    #[error("{0} is 0; a layer and an array have at least one row and one column")]
    Zero(&'static str),
    /// There are more tiles than any machine has words.
    #[error(
        "{matrix} {value} makes {tiles} tiles of {array}, at most {TILES_MAX} are possible; \
         use a larger array"
    )]
    Tiles {
        /// Which side of the matrix.
        matrix: &'static str,
        /// Its length.
        value: usize,
        /// Tiles along it.
        tiles: usize,
        /// Which side of the array.
        array: &'static str,
    },
    /// The weights are not as many as the matrix has places.
    #[error("a matrix of {rows} x {columns} has {expected} weights, there are {actual}")]
    Weights {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
        /// rows × columns.
        expected: usize,
        /// Weights that were given.
        actual: usize,
    },
}

impl Tiling {
    /// Cuts a matrix for an array.
    ///
    /// # Errors
    /// If a side is zero, or the tiles are more than [`TILES_MAX`].
    pub fn new(
        rows: usize,
        columns: usize,
        lanes: usize,
        slots: usize,
    ) -> Result<Self, TilingError> {
        for (name, value) in
            [("rows", rows), ("columns", columns), ("lanes", lanes), ("slots", slots)]
        {
            if value == 0 {
                return Err(TilingError::Zero(name));
            }
        }
        let tiles = |matrix, value: usize, array, side| match value.div_ceil(side) {
            tiles if tiles > TILES_MAX => Err(TilingError::Tiles { matrix, value, tiles, array }),
            tiles => Ok(tiles),
        };
        let row_tiles = tiles("rows", rows, "lanes", lanes)?;
        let column_tiles = tiles("columns", columns, "slots", slots)?;
        Ok(Tiling { rows, columns, lanes, slots, row_tiles, column_tiles })
    }

    /// Words of the weight memory that the matrix takes.
    pub const fn words(&self) -> usize {
        self.row_tiles * self.column_tiles
    }

    /// The matrix rows of a row tile; fewer than `lanes` in the last.
    pub fn tile_rows(&self, row_tile: usize) -> Range<usize> {
        let first = row_tile * self.lanes;
        first.min(self.rows)..(first + self.lanes).min(self.rows)
    }

    /// The words of the weight memory in the order of their addresses, each of lanes × slots trits.
    ///
    /// `trits` is the matrix, row by row.
    ///
    /// # Errors
    /// If there are not rows × columns trits.
    pub fn weight_words(
        &self,
        trits: &[Trit],
    ) -> Result<impl Iterator<Item = Vec<Trit>>, TilingError> {
        if self.rows.checked_mul(self.columns) != Some(trits.len()) {
            return Err(TilingError::Weights {
                rows: self.rows,
                columns: self.columns,
                expected: self.rows.saturating_mul(self.columns),
                actual: trits.len(),
            });
        }
        let tiling = *self;
        Ok((0..tiling.words()).map(move |address| tiling.weight_word(trits, address)))
    }

    fn weight_word(&self, trits: &[Trit], address: usize) -> Vec<Trit> {
        let (row_tile, column_tile) = (address / self.column_tiles, address % self.column_tiles);
        let first = column_tile * self.slots;
        let length = self.slots.min(self.columns - first);
        let mut word = vec![0; self.lanes * self.slots];
        for (lane, row) in self.tile_rows(row_tile).enumerate() {
            let source = row * self.columns + first;
            word[lane * self.slots..][..length].copy_from_slice(&trits[source..source + length]);
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Vec<Trit> {
        (0..rows * columns).map(|index| (index * 7 / 3 % 3) as Trit - 1).collect()
    }

    #[test]
    fn words_hold_every_weight_once() {
        for (rows, columns, lanes, slots) in
            [(1, 1, 1, 1), (7, 11, 4, 5), (8, 10, 4, 5), (3, 2, 4, 5), (5, 9, 1, 2), (2, 3, 8, 1)]
        {
            let tiling = Tiling::new(rows, columns, lanes, slots).unwrap();
            let trits = matrix(rows, columns);
            let words: Vec<_> = tiling.weight_words(&trits).unwrap().collect();
            assert_eq!(words.len(), tiling.words());
            for row in 0..tiling.row_tiles * lanes {
                for column in 0..tiling.column_tiles * slots {
                    let address = row / lanes * tiling.column_tiles + column / slots;
                    let stored = words[address][row % lanes * slots + column % slots];
                    let inside = row < rows && column < columns;
                    let expected = if inside { trits[row * columns + column] } else { 0 };
                    assert_eq!(stored, expected, "row {row}, column {column}");
                }
            }
        }
    }

    #[test]
    fn wrong_shapes_are_named() {
        let message = |rows, columns, lanes, slots| {
            Tiling::new(rows, columns, lanes, slots).unwrap_err().to_string()
        };
        assert!(message(0, 1, 1, 1).starts_with("rows is 0;"));
        assert!(message(1, 1, 1, 0).starts_with("slots is 0;"));
        assert_eq!(
            message(1, 70000, 1, 1),
            "columns 70000 makes 70000 tiles of slots, at most 65536 are possible; \
             use a larger array"
        );
        let tiling = Tiling::new(2, 3, 1, 1).unwrap();
        assert_eq!(
            tiling.weight_words(&[0; 5]).err().unwrap().to_string(),
            "a matrix of 2 x 3 has 6 weights, there are 5"
        );
        let huge = Tiling::new(usize::MAX, usize::MAX, usize::MAX, usize::MAX).unwrap();
        assert!(huge.weight_words(&[]).is_err());
    }
}
