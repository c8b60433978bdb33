//! Numbers that look drawn, the same in every run.

use weights::numeric::Trit;

/// Draws of one seed.
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// A spike in so many percent of the draws, of either sign.
    pub(super) fn spike(&mut self, percent: u64) -> Trit {
        match self.below(100) < percent {
            true => 2 * self.below(2) as Trit - 1,
            false => 0,
        }
    }
}
