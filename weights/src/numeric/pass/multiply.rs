//! The third stage: a second factor, and a shift that may follow a scalar.

use super::{choices, limit};
use crate::numeric::fixed_point::{Scale, limited_shift};
use crate::numeric::round_shift;
use serde::Serialize;

/// What the value is multiplied with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Multiply {
    /// Nothing.
    #[default]
    One,
    /// Operand a, as it was read.
    A,
    /// Operand b.
    B,
    /// Operand c.
    C,
    /// The mantissa of the scalar.
    Scalar,
}

choices!(Multiply { One = "one", A = "a", B = "b", C = "c", Scalar = "scalar" });

/// What the scalar adds to the right shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Follow {
    /// Nothing.
    #[default]
    Nothing,
    /// Its shift.
    Shift,
    /// Its exponent.
    Exponent,
}

choices!(Follow { Nothing = "nothing", Shift = "shift", Exponent = "exponent" });

impl Follow {
    /// What is added to the shift.
    #[inline]
    pub fn more(self, scalar: Scale) -> i64 {
        match self {
            Follow::Nothing => 0,
            Follow::Shift => i64::from(scalar.shift),
            Follow::Exponent => scalar.exponent,
        }
    }
}

impl Multiply {
    /// `value · factor`, shifted right by `shift + more`, limited to 0..=63, to nearest; saturated.
    /// `more` is what the scalar and the function add.
    #[inline]
    pub fn value(
        self,
        value: i64,
        operands: [i64; 3],
        scalar: Scale,
        (shift, more): (u32, i64),
        width: u32,
        saturations: &mut u32,
    ) -> i64 {
        let factor = match self {
            Multiply::One => 1,
            Multiply::A => operands[0],
            Multiply::B => operands[1],
            Multiply::C => operands[2],
            Multiply::Scalar => scalar.mantissa,
        };
        limit(round_shift(value * factor, limited_shift(shift, more)), width, saturations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_follows_the_scalar() {
        let scalar = Scale { mantissa: 3, shift: 2, exponent: -1 };
        let value = |follow: Follow| {
            let more = follow.more(scalar);
            Multiply::Scalar.value(10, [0; 3], scalar, (1, more), 24, &mut 0)
        };
        assert_eq!([value(Follow::Nothing), value(Follow::Shift)], [15, 4]);
        assert_eq!(value(Follow::Exponent), 30);
        assert_eq!(Multiply::C.value(10, [0, 0, 7], scalar, (0, 0), 24, &mut 0), 70);
    }
}
