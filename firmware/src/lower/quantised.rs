//! A float table in integers.

use weights::network::Table;
use weights::numeric::Trit;
use weights::numeric::fixed_point::balanced_digits;

/// A table in integers that `digits` balanced ternary digits hold: `value ≈ unit · integer`.
pub(super) struct Quantised {
    pub(super) columns: usize,
    pub(super) integers: Vec<i64>,
    pub(super) unit: f64,
}

impl Quantised {
    pub(super) fn new(table: &Table, digits: u32) -> Quantised {
        let limit = (3i64.pow(digits) - 1) / 2;
        let largest = table.values.iter().fold(0f32, |largest, v| largest.max(v.abs()));
        let unit = if largest == 0.0 { 1.0 } else { f64::from(largest) / limit as f64 };
        let integer = |&value: &f32| (f64::from(value) / unit).round() as i64;
        let integers = table.values.iter().map(integer).collect();
        Quantised { columns: table.columns, integers, unit }
    }

    /// The largest magnitude of each column.
    pub(super) fn column_max(&self) -> Vec<f64> {
        let mut largest = vec![0f64; self.columns];
        for row in self.integers.chunks_exact(self.columns) {
            for (largest, &integer) in largest.iter_mut().zip(row) {
                *largest = largest.max(integer.unsigned_abs() as f64 * self.unit);
            }
        }
        largest
    }

    /// The largest Σ |integer| of a row.
    pub(super) fn row_sum_max(&self) -> u64 {
        let sum = |row: &[i64]| row.iter().map(|integer| integer.unsigned_abs()).sum();
        self.integers.chunks_exact(self.columns).map(sum).max().unwrap_or(0)
    }

    /// Its digits, most significant first, each row by row.
    pub(super) fn digits(&self, digits: u32) -> Vec<Vec<Trit>> {
        let mut planes = vec![Vec::with_capacity(self.integers.len()); digits as usize];
        for &integer in &self.integers {
            for (plane, digit) in planes.iter_mut().zip(balanced_digits(integer, digits)) {
                plane.push(digit);
            }
        }
        planes
    }
}
