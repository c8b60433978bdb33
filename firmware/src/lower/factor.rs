//! Real factors as instructions have them: 16 bits and a right shift.

use super::LowerError;

/// `multiplier · 2^-shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) multiplier: u32,
    pub(super) shift: u32,
}

/// Largest right shift that a drain, a softmax or a gate makes, dynamic part included.
pub(super) const SHIFT_MAX: i64 = 63;

impl Factor {
    /// Takes a raw sum as it is.
    pub(super) const ONE: Factor = Factor { multiplier: 1, shift: 0 };

    /// The nearest factor; `least` is the smallest exponent that the instruction adds to the shift.
    pub(super) fn nearest(
        layer: &str,
        quantity: &'static str,
        value: f64,
        least: i64,
    ) -> Result<Factor, LowerError> {
        let beyond = || LowerError::Factor { layer: layer.to_owned(), quantity, value };
        if value == 0.0 {
            return Ok(Factor { multiplier: 0, shift: 0 });
        }
        if !value.is_finite() || value < 0.0 {
            return Err(beyond());
        }
        let mut shift = 15 - value.log2().floor() as i64;
        if (value * exp2(shift)).round() >= 65536.0 {
            shift -= 1;
        }
        // A tiny factor keeps the bits that the largest shift leaves it.
        shift = shift.min(SHIFT_MAX);
        if shift < 0 || shift + least < 0 {
            return Err(beyond());
        }
        Ok(Factor { multiplier: (value * exp2(shift)).round() as u32, shift: shift as u32 })
    }

    /// The number that it is.
    #[cfg(test)]
    fn value(self) -> f64 {
        f64::from(self.multiplier) * exp2(-i64::from(self.shift))
    }
}

/// `2^exponent`.
pub(super) fn exp2(exponent: i64) -> f64 {
    (exponent as f64).exp2()
}

/// A non-negative number as `mantissa · 2^left` with 16 bits of mantissa: what a norm adds.
pub(super) fn epsilon_parts(value: f64) -> (u32, i32) {
    if value == 0.0 {
        return (0, 0);
    }
    let mut left = value.log2().floor() as i64 - 15;
    if (value * exp2(-left)).round() >= 65536.0 {
        left += 1;
    }
    // What is below -31 is zero all the same, what is above 31 is limited by the norm.
    ((value * exp2(-left)).round() as u32, left.clamp(-128, 127) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_near() {
        for value in [1e-12, 0.3, 1.0, 1.99999, 511.7, 65535.0] {
            let near = Factor::nearest("x", "factor", value, 0).unwrap();
            assert!((near.value() / value - 1.0).abs() < 2f64.powi(-16), "{value}");
        }
        assert_eq!(Factor::nearest("x", "factor", 0.0, 0).unwrap().multiplier, 0);
        let error = Factor::nearest("blocks.0.q", "scale", 1e6, 0).unwrap_err().to_string();
        assert!(error.starts_with("layer `blocks.0.q`: scale 1e6 is beyond"), "{error}");
        assert!(Factor::nearest("x", "scale", 512.0, -7).is_err());
    }

    #[test]
    fn epsilons_have_sixteen_bits() {
        for value in [1e-20, 0.001, 1.0, 1e9] {
            let (mantissa, left) = epsilon_parts(value);
            assert!((32768..65536).contains(&mantissa));
            assert!((f64::from(mantissa) * exp2(left.into()) / value - 1.0).abs() < 1e-4);
        }
        assert_eq!(epsilon_parts(0.0), (0, 0));
    }
}
