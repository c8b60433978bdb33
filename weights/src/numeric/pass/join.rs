//! The first stage: up to three operands become one value.

use super::{choices, limit};
use crate::numeric::round_shift;
use serde::Serialize;

/// How the operands are joined; every result is shifted right to nearest, and saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// `a`
    #[default]
    Take,
    /// `a + b`
    Add,
    /// `a − b`
    Subtract,
    /// `max(a, b)`
    Maximum,
    /// `a · b`
    Multiply,
    /// `a · c + b · 2^shift`: b is added behind the shift.
    MultiplyAdd,
    /// `c · (a − b) + b · 2^shift`: from b towards a.
    Interpolate,
}

choices!(Join {
    Take = "take",
    Add = "add",
    Subtract = "subtract",
    Maximum = "maximum",
    Multiply = "multiply",
    MultiplyAdd = "multiply_add",
    Interpolate = "interpolate",
});

/// Largest shift of a join: b moved up by it must stay within 62 bits.
pub const JOIN_SHIFT_MAX: u32 = 31;

impl Join {
    /// Whether b takes part.
    pub fn reads_b(self) -> bool {
        self != Join::Take
    }

    /// Whether c takes part.
    pub fn reads_c(self) -> bool {
        matches!(self, Join::MultiplyAdd | Join::Interpolate)
    }

    /// The joined value; `shift` is at most 31.
    #[inline]
    pub fn value(self, [a, b, c]: [i64; 3], shift: u32, width: u32, saturations: &mut u32) -> i64 {
        debug_assert!(shift <= JOIN_SHIFT_MAX);
        let wide = match self {
            Join::Take => a,
            Join::Add => a + b,
            Join::Subtract => a - b,
            Join::Maximum => a.max(b),
            Join::Multiply => a * b,
            Join::MultiplyAdd => a * c + (b << shift),
            Join::Interpolate => c * (a - b) + (b << shift),
        };
        limit(round_shift(wide, shift), width, saturations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b_is_added_behind_the_shift() {
        let join = |join: Join, operands, shift| join.value(operands, shift, 24, &mut 0);
        assert_eq!(join(Join::MultiplyAdd, [3, 5, 128], 8), 5 + 2, "1.5 rounds up");
        assert_eq!(join(Join::Interpolate, [9, 5, 64], 8), 6);
        assert_eq!(join(Join::Multiply, [-3, 128, 0], 8), -1, "ties go up");
        assert_eq!(join(Join::Maximum, [-3, -8, 0], 0), -3);
        let mut saturations = 0;
        assert_eq!(Join::Add.value([8_388_607, 1, 0], 0, 24, &mut saturations), 8_388_607);
        assert_eq!(saturations, 1);
    }
}
