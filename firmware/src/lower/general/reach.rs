//! How large values can be: by their channels, and by the length of the vector that they make.
//!
//! A row of a matrix times a vector is at most Σ|w| · max|x|, and at most ‖w‖ · ‖x‖. Behind a norm,
//! whose result is as long as its gains let it be, the second is the smaller one by far.

use super::value::{Energy, Train, Vector};
use weights::network::{DigitMatrix, TernaryMatrix};

/// What the rows of a matrix can make of a train.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reach {
    /// The largest |Σ w · count|.
    pub(super) worst: f64,
    /// The largest |value| where all rows have the largest scale.
    pub(super) alike: f64,
    /// The largest |value| where each row has its own.
    pub(super) bound: f64,
    /// The largest length of the vector of them.
    pub(super) energy: f64,
}

impl Vector {
    /// The largest length of the vector, in units of its mantissas' values.
    pub(super) fn length(&self) -> f64 {
        let box_length = self.bound * (self.layout.places.len() as f64).sqrt();
        self.energy.as_ref().map_or(box_length, |energy| energy.plain().min(box_length))
    }
}

impl Energy {
    /// A length, and no gains.
    pub(super) fn of(length: f64) -> Energy {
        Energy { length, gains: None }
    }

    /// In another unit.
    pub(super) fn times(&self, factor: f64) -> Energy {
        Energy { length: self.length * factor, gains: self.gains.clone() }
    }

    /// The length with its gains.
    fn plain(&self) -> f64 {
        let gains = self.gains.as_deref().unwrap_or(&[1.0]);
        self.length * gains.iter().fold(0f64, |largest, gain| largest.max(gain.abs()))
    }

    fn gain(&self, channel: usize) -> f64 {
        self.gains.as_ref().map_or(1.0, |gains| gains[channel])
    }
}

impl Train {
    /// How long the vector is whose counts these are, `step` the largest value of a count of one.
    pub(super) fn measure(&mut self, vector: &Vector, step: f64) {
        let energy = vector.energy.clone().unwrap_or_else(|| Energy::of(vector.length()));
        (self.energy, self.step) = (energy.times(vector.unit), step);
    }

    /// What rows of weights, each with its scale, make of it.
    fn reach<'w>(
        &self,
        rows: impl Iterator<Item = (f64, &'w mut dyn Iterator<Item = i64>)>,
    ) -> Reach {
        let mut reach = Reach::default();
        let mut largest = 0f64;
        for (scale, weights) in rows {
            let (mut plus, mut minus, mut squares) = (0i64, 0i64, 0f64);
            for (channel, weight) in weights.enumerate() {
                if weight > 0 {
                    plus += weight
                } else {
                    minus -= weight
                }
                squares += (weight as f64 * self.energy.gain(channel)).powi(2);
            }
            let sum = if self.signed { plus + minus } else { plus.max(minus) } as f64;
            reach.worst = reach.worst.max(sum * self.bound as f64);
            // Counts are rounded: each may be half a step off.
            let rounded = (plus + minus) as f64 * self.step / 2.0;
            let long = squares.sqrt() * self.energy.length + rounded;
            let value = long.min(sum * self.largest);
            reach.alike = reach.alike.max(value);
            reach.bound = reach.bound.max(scale * value);
            reach.energy += (scale * value).powi(2);
            largest = largest.max(scale);
        }
        reach.alike *= largest;
        reach.energy = reach.energy.sqrt();
        reach
    }
}

/// What a ternary matrix makes of a train.
pub(super) fn of_ternary(matrix: &TernaryMatrix, train: &Train) -> Reach {
    let mut rows: Vec<_> = (0..matrix.rows)
        .map(|row| matrix.row(row).iter().map(|&weight| i64::from(weight)))
        .collect();
    let scale = f64::from(matrix.scale);
    train.reach(rows.iter_mut().map(|row| (scale, row as &mut dyn Iterator<Item = i64>)))
}

/// What a matrix of several digits makes of a train.
pub(super) fn of_digits(matrix: &DigitMatrix, train: &Train) -> Reach {
    let mut rows: Vec<_> = (0..matrix.rows)
        .map(|row| matrix.row(row).iter().map(|&weight| i64::from(weight)))
        .collect();
    let rows = rows.iter_mut().zip(&matrix.row_scales);
    train.reach(rows.map(|(row, &scale)| (scale.into(), row as &mut dyn Iterator<Item = i64>)))
}
