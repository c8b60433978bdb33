//! Dimensions and weights drawn from a seed.

use crate::network::{BitnetSource, Table, TernaryMatrix};
use crate::numeric::Trit;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::convert::Infallible;

/// The share of zero weights, in percent: what a trained ternary model of this kind shows.
const ZERO_PERCENT: u64 = 36;

/// A trit of random bits, zero as often as in a trained model.
pub(super) fn ternary(bits: u64) -> Trit {
    match (bits >> 1) % 100 {
        percent if percent < ZERO_PERCENT => 0,
        _ if bits & 1 == 0 => -1,
        _ => 1,
    }
}

/// Draws dimensions.
pub(super) struct Choice(pub(super) ChaCha8Rng);

impl Choice {
    /// A whole number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: usize, high: usize) -> usize {
        low + (self.0.next_u64() % (high - low + 1) as u64) as usize
    }

    pub(super) fn of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.between(0, values.len() - 1)]
    }
}

pub(super) struct Seeded {
    pub(super) stream: ChaCha8Rng,
}

impl Seeded {
    pub(super) fn new(seed: u64) -> Seeded {
        Seeded { stream: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Uniform in −1..1, on a grid of 2^-23 that f32 holds exactly.
    pub(super) fn uniform(&mut self) -> f32 {
        (self.stream.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

impl BitnetSource for Seeded {
    type Error = Infallible;

    fn table(&mut self, _: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        let values = (0..rows * columns).map(|_| self.uniform()).collect();
        Ok(Table { rows, columns, values })
    }

    fn norm(&mut self, _: &str, width: usize) -> Result<Vec<f32>, Infallible> {
        Ok((0..width).map(|_| 1.0 + 0.25 * self.uniform()).collect())
    }

    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, Infallible> {
        let trits = (0..rows * columns).map(|_| ternary(self.stream.next_u64())).collect();
        // Keeps the variance of the inputs: 64 % of the columns add one each.
        let scale = 1.25 / (columns as f32).sqrt();
        Ok(TernaryMatrix { name: name.to_owned(), rows, columns, trits, scale })
    }
}
