//! A matrix of several balanced ternary digits a weight, with a scale a row.

use super::matrix::checksum;
use crate::numeric::Trit;
use crate::numeric::fixed_point::balanced_digits;
use serde::{Serialize, Serializer};

/// Most digits of a weight: 9841 is the largest magnitude, which 16 bits hold.
pub const DIGITS_MAX: u32 = 9;

/// The largest magnitude of `digits` balanced ternary digits: `(3^digits − 1) / 2`.
pub const fn digit_limit(digits: u32) -> i64 {
    (3i64.pow(digits) - 1) / 2
}

/// A matrix of integers that `digits` balanced ternary digits write: `y = g · (D·x)`, where
/// `D = d0 + 3·d1 + 9·d2 + …`, each d a trit, and g has a value for each row.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitMatrix {
    /// Name, such as `blocks.1.ffn.up`.
    pub name: String,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// Digits of a weight, 1..=[`DIGITS_MAX`].
    pub digits: u32,
    /// Row-major, `rows × columns`, each of a magnitude up to [`digit_limit`].
    pub values: Vec<i16>,
    /// The value of 1 in each row; positive and finite.
    pub row_scales: Vec<f32>,
}

impl DigitMatrix {
    /// The integers of one output row.
    ///
    /// # Panics
    /// If `row` is not below [`rows`](DigitMatrix::rows).
    pub fn row(&self, row: usize) -> &[i16] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// The trits of each digit, most significant first, row-major: what the weight store holds.
    ///
    /// # Panics
    /// If a value has more digits than the matrix.
    pub fn planes(&self) -> Vec<Vec<Trit>> {
        let mut planes = vec![Vec::with_capacity(self.values.len()); self.digits as usize];
        for &value in &self.values {
            for (plane, digit) in planes.iter_mut().zip(balanced_digits(value.into(), self.digits))
            {
                plane.push(digit);
            }
        }
        planes
    }

    /// The first thing that is wrong with its numbers: what, its value, what it must be.
    pub(super) fn fault(&self) -> Option<(String, String, &'static str)> {
        if !(1..=DIGITS_MAX).contains(&self.digits) {
            return Some(("digits".to_owned(), self.digits.to_string(), "in 1..=9"));
        }
        let usable = |scale: &f32| scale.is_finite() && *scale > 0.0;
        if let Some(row) = self.row_scales.iter().position(|scale| !usable(scale)) {
            let value = self.row_scales[row].to_string();
            return Some((format!("scale of row {row}"), value, "finite and positive"));
        }
        let limit = digit_limit(self.digits);
        let at = self.values.iter().position(|&value| i64::from(value).abs() > limit)?;
        let what = format!("value at row {}, column {}", at / self.columns, at % self.columns);
        Some((what, self.values[at].to_string(), "within what its digits hold"))
    }
}

impl Serialize for DigitMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Summary<'a> {
            name: &'a str,
            rows: usize,
            columns: usize,
            digits: u32,
            zero_count: usize,
            scale_minimum: f32,
            scale_maximum: f32,
            checksum: String,
        }
        let extreme = |start: f32, pick: fn(f32, f32) -> f32| {
            self.row_scales.iter().copied().fold(start, pick)
        };
        let scales = self.row_scales.iter().flat_map(|scale| scale.to_le_bytes());
        Summary {
            name: &self.name,
            rows: self.rows,
            columns: self.columns,
            digits: self.digits,
            zero_count: self.values.iter().filter(|&&value| value == 0).count(),
            scale_minimum: extreme(f32::INFINITY, f32::min),
            scale_maximum: extreme(0.0, f32::max),
            checksum: checksum(self.values.iter().flat_map(|v| v.to_le_bytes()).chain(scales)),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> DigitMatrix {
        DigitMatrix {
            name: "m".to_owned(),
            rows: 2,
            columns: 2,
            digits: 2,
            values: vec![4, -4, 2, 0],
            row_scales: vec![0.5, 1.0],
        }
    }

    #[test]
    fn planes_stand_for_the_values() {
        let matrix = matrix();
        let planes = matrix.planes();
        // 2 = 3 − 1
        assert_eq!(planes, [[1, -1, 1, 0], [1, -1, -1, 0]]);
        for (index, &value) in matrix.values.iter().enumerate() {
            let sum = 3 * i16::from(planes[0][index]) + i16::from(planes[1][index]);
            assert_eq!(sum, value);
        }
    }

    #[test]
    fn faults_name_their_place() {
        assert_eq!(matrix().fault(), None);
        let mut wrong = matrix();
        wrong.values[3] = 5;
        assert_eq!(wrong.fault().unwrap().0, "value at row 1, column 1");
        wrong.row_scales[1] = 0.0;
        assert_eq!(wrong.fault().unwrap().0, "scale of row 1");
        wrong.digits = 10;
        assert_eq!(wrong.fault().unwrap().0, "digits");
    }
}
